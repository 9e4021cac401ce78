/*
 * Other recipients for an encrypted message. The first look unwraps the content-encryption key and
 * holds the tag against it; the copy puts new RecipientInfos in the place of the old.
 */
#include <signet/rewrap.h>

#include <string.h>

#include "base/mem.h"
#include "ber/writer.h"
#include "cms/recipient.h"
#include "smime/compose_int.h"
#include "smime/edit.h"
#include "smime/stage.h"

struct signet_rewrap {
	signet_context *ctx;
	signet_rewrap_options options;
	signet_open_options open; /* the same for the stages that find the key */
	signet_cert_list *certs;
	sn_cms_rsa_way rsa_way;
};

enum {
	RECIPIENT_INFOS_MAX = 256 << 20,
	DATA = 2,  /* which frame is EnvelopedData */
	INSIDE = 3 /* which one stands in it */
};

/* What is known of a message. */
typedef struct work {
	signet_rewrap *rewrap;
	sn_edit edit;
	sn_plan plan;
	/* the look */
	bool is_aead;
	sn_cms_frame frames[INSIDE]; /* ContentInfo, content, EnvelopedData */
	sn_cms_frame set;            /* recipientInfos */
	uint64_t set_end;
	uint64_t version, version_offset;
	size_t version_size;
	size_t recipients;
	bool has_attribute_cert; /* originatorInfo: of version 2 */
	bool has_other_cert;     /* and of another kind */
	bool has_unprotected;
	bool is_plain; /* every RecipientInfo that stays has version 0 */
	bool has_password_or_other;
	/* what is put in */
	sn_buf infos;
	sn_buf version_item;
	sn_cms_splice splice;
} work;

signet_status signet_rewrap_new(signet_context *ctx, const signet_rewrap_options *options,
    signet_rewrap **rewrap_out, signet_error *err)
{
	sn_cms_rsa_way rsa_way;
	signet_rewrap *rewrap;
	signet_status status;

	if (options->version != SIGNET_REWRAP_OPTIONS_VERSION)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "options of version %u, which this library does not know", options->version);
	if (!sn_cms_rsa_way_by_name(options->key_transport, &rsa_way))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the key transport \"%.40s\" is none of auto, pkcs1, oaep, kem",
		    options->key_transport);
	rewrap = sn_calloc(ctx, 1, sizeof(*rewrap), err);
	if (rewrap == NULL)
		return SIGNET_E_MEMORY;
	rewrap->ctx = ctx;
	rewrap->options = *options;
	rewrap->rsa_way = rsa_way;
	rewrap->open = (signet_open_options)SIGNET_OPEN_OPTIONS_INIT;
	rewrap->open.mode = SIGNET_DECRYPT;
	rewrap->open.form = options->form;
	rewrap->open.identities = options->identities;
	rewrap->open.identity_count = options->identity_count;
	rewrap->open.source = options->source;
	rewrap->open.password = options->password;
	rewrap->open.password_size = options->password_size;
	rewrap->open.keks = options->keks;
	rewrap->open.kek_count = options->kek_count;
	status = signet_cert_list_new(ctx, &rewrap->certs, err);
	if (status == SIGNET_OK) {
		*rewrap_out = rewrap;
		rewrap = NULL;
	}
	signet_rewrap_free(&rewrap);
	return status;
}

void signet_rewrap_free(signet_rewrap **rewrap)
{
	if (*rewrap == NULL)
		return;
	signet_cert_list_free(&(*rewrap)->certs);
	sn_free((*rewrap)->ctx, *rewrap);
	*rewrap = NULL;
}

signet_status signet_rewrap_add_recipient(
    signet_rewrap *rewrap, const char *address, signet_cert *cert, signet_error *err)
{
	const size_t limit = rewrap->ctx->limits.recipients;
	signet_status status =
	    sn_compose_check_cert(cert, sn_compose_name_of(address, cert), err);

	if (status == SIGNET_OK && signet_cert_list_count(rewrap->certs) >= limit)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "more recipients than the limit of %zu", limit);
	return status == SIGNET_OK ? signet_cert_list_add(rewrap->certs, cert, err) : status;
}

/* --- the look --- */

static void note_recipient(work *w, const sn_cms_recipient *info, const sn_cms_outline *outline)
{
	w->set = outline->frames[INSIDE];
	w->recipients++;
	if (!w->rewrap->options.keep)
		return;
	if (info->version != 0)
		w->is_plain = false;
	if (info->kind == SN_CMS_PASSWORD || info->kind == SN_CMS_KEM ||
	    info->kind == SN_CMS_OTHER_RECIPIENT)
		w->has_password_or_other = true;
}

/* Behind the recipientInfos stands the encryptedContentInfo: it begins where they end. */
static void note_outline(work *w, const sn_cms_outline *outline)
{
	memcpy(w->frames, outline->frames, sizeof(w->frames));
	w->set_end = outline->frames[INSIDE].offset;
	w->version = outline->version;
	w->version_size = outline->version_size;
	w->version_offset = w->frames[DATA].offset + w->frames[DATA].header_size;
}

static signet_status look_event(
    void *user, const sn_cms_event *event, const sn_cms_outline *outline, signet_error *err)
{
	work *w = user;

	(void)err;
	switch (event->kind) {
	case SN_CMS_TYPE: w->is_aead = event->type == SN_CMS_AUTH_ENVELOPED; break;
	case SN_CMS_ORIGINATOR_CERT:
		if (event->data.data[0] == SN_BER_CONTEXT_CONSTRUCTED(2))
			w->has_attribute_cert = true;
		if (event->data.data[0] == SN_BER_CONTEXT_CONSTRUCTED(3))
			w->has_other_cert = true;
		break;
	case SN_CMS_RECIPIENT: note_recipient(w, &event->recipient, outline); break;
	case SN_CMS_ENCRYPTION: note_outline(w, outline); break;
	case SN_CMS_UNPROTECTED_ATTRIBUTES: w->has_unprotected = true; break;
	case SN_CMS_NEED_MORE:
	case SN_CMS_DIGEST_ALGORITHM:
	case SN_CMS_CONTENT_TYPE:
	case SN_CMS_CONTENT:
	case SN_CMS_CONTENT_END:
	case SN_CMS_CERTIFICATE:
	case SN_CMS_CRL:
	case SN_CMS_SIGNER:
	case SN_CMS_COMPRESSION:
	case SN_CMS_AUTHENTICATED_ATTRIBUTES:
	case SN_CMS_MAC:
	case SN_CMS_END: break;
	}
	return SIGNET_OK;
}

/* One pass of the stages, which decrypt to nowhere; the first one looks at the object as well. */
static signet_status run_pass(work *w, signet_error *err)
{
	sn_pass pass = { .plan = &w->plan };
	sn_stage *stage = NULL;
	signet_status status;

	sn_plan_begin_pass(&w->plan);
	status = sn_stage_sniff_new(&pass, &stage, err);
	if (status == SIGNET_OK && w->edit.passes == 0)
		status = sn_edit_look(&w->edit, look_event, w, &stage->sink, err);
	else if (status == SIGNET_OK)
		status = sn_edit_feed(&w->edit, &stage->sink, err);
	sn_stage_free(&stage);
	return status;
}

static signet_status check_unlocked(const sn_level *level, signet_error *err)
{
	const char *const none = "no recipient of this message matches a key here";

	if (level->failed != SIGNET_OK)
		return signet_fail(err, level->failed, level->error.offset, "%s", level->error.text);
	if (level->kind != SN_LEVEL_ENCRYPTED)
		return signet_fail(err, SIGNET_E_UNPROTECTED, SIGNET_NO_OFFSET,
		    "the outermost layer of this message is not encryption");
	switch (level->enc.unlock) {
	case SN_UNLOCK_DONE: return SIGNET_OK;
	case SN_UNLOCK_UNTRIED:
	case SN_UNLOCK_NO_RECIPIENT: break;
	case SN_UNLOCK_NO_PASSWORD:
		return signet_fail(err, SIGNET_E_NO_KEY, SIGNET_NO_OFFSET,
		    "this message is encrypted to a password: give --password-file");
	case SN_UNLOCK_WRONG_PASSWORD:
		return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET,
		    "this message is encrypted to a password, and it is not the one given");
	case SN_UNLOCK_NO_ORIGINATOR:
		return signet_fail(err, SIGNET_E_NO_KEY, SIGNET_NO_OFFSET,
		    "the certificate of the key by which this message was encrypted is not at hand");
	case SN_UNLOCK_NO_ALGORITHM:
		return signet_fail(err, SIGNET_E_NO_KEY, SIGNET_NO_OFFSET,
		    "this message is for a key here, but uses an algorithm that is not available");
	case SN_UNLOCK_NO_PASSPHRASE:
		return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET,
		    "the key that this message is for stays locked: its passphrase is missing or wrong");
	}
	return signet_fail(err, SIGNET_E_NO_KEY, SIGNET_NO_OFFSET, "%s", none);
}

/* The key is in the plan afterwards, and right as far as that can be known. */
static signet_status find_key(work *w, signet_error *err)
{
	const sn_level *level = &w->plan.levels[0];
	signet_status status = run_pass(w, err);

	if (status == SIGNET_OK)
		status = check_unlocked(level, err);
	/* the tag covers attributes that stand behind the ciphertext */
	if (status == SIGNET_OK && level->enc.attributes.size != 0 && !level->enc.attributes_used)
		status = run_pass(w, err);
	if (status == SIGNET_OK)
		status = check_unlocked(level, err);
	if (status != SIGNET_OK)
		return status;
	/* nothing is said of the padding of CBC: that would be an oracle */
	if (level->enc.is_aead && !(level->enc.is_finished && level->enc.is_intact))
		return signet_fail(err, SIGNET_E_DECRYPT, SIGNET_NO_OFFSET,
		    "the authentication tag does not match: the message was altered");
	return SIGNET_OK;
}

/* --- what is put in --- */

static signet_status write_infos(work *w, sn_buf *infos, signet_error *err)
{
	signet_rewrap *rewrap = w->rewrap;
	const sn_encrypted_level *enc = &w->plan.levels[0].enc;
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < signet_cert_list_count(rewrap->certs) && status == SIGNET_OK; i++) {
		const size_t at = infos->size;
		unsigned version = 0;

		status = sn_cms_recipient_write(rewrap->ctx,
		    signet_cert_list_get(rewrap->certs, i), rewrap->rsa_way, &enc->key,
		    enc->cipher->key_size, infos, &version, err);
		if (version != 0)
			w->is_plain = false;
		/* a KEMRecipientInfo is an OtherRecipientInfo */
		if (status == SIGNET_OK && infos->data[at] == SN_BER_CONTEXT_CONSTRUCTED(4))
			w->has_password_or_other = true;
	}
	return status;
}

/* The whole set, or with keep what is added at its end. */
static signet_status make_recipients(work *w, signet_error *err)
{
	const size_t limit = w->rewrap->ctx->limits.recipients;
	const size_t count = signet_cert_list_count(w->rewrap->certs);
	sn_ber_writer writer;
	signet_status status;
	size_t set;

	if (count == 0)
		return signet_fail(
		    err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "there is nobody to encrypt to");
	if (w->rewrap->options.keep && w->recipients + count > limit)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "old and new recipients together are more than the limit of %zu", limit);
	if (w->rewrap->options.keep)
		return write_infos(w, &w->infos, err);
	sn_ber_writer_init(&writer, &w->infos, err);
	set = sn_ber_writer_begin(&writer, SN_BER_SET);
	status = write_infos(w, &w->infos, err);
	if (status != SIGNET_OK)
		return status;
	sn_ber_writer_end_set_of(&writer, set);
	return sn_ber_writer_finish(&writer);
}

/*
 * RFC 5652 6.1. That originatorInfo has CRLs of another kind is taken from the version that it came
 * with: it stays as it is.
 */
static unsigned version_of(const work *w)
{
	const bool has_originator = w->set.offset != w->version_offset + w->version_size;

	if (w->has_other_cert || (has_originator && w->version == 4))
		return 4;
	if (w->has_attribute_cert || w->has_password_or_other)
		return 3;
	return !has_originator && !w->has_unprotected && w->is_plain ? 0 : 2;
}

/* RFC 5083 2.1: that of AuthEnvelopedData is 0 whatever is in it. */
static signet_status splice_version(work *w, signet_error *err)
{
	const unsigned version = version_of(w);
	sn_ber_writer writer;

	if (w->is_aead || w->version == version)
		return SIGNET_OK;
	sn_ber_writer_init(&writer, &w->version_item, err);
	sn_ber_writer_uint(&writer, version);
	if (sn_ber_writer_finish(&writer) != SIGNET_OK)
		return sn_ber_writer_finish(&writer);
	return sn_cms_splice_replace(&w->splice, w->version_offset, w->version_size,
	    (sn_span){ w->version_item.data, w->version_item.size }, err);
}

static signet_status splice_recipients(work *w, signet_error *err)
{
	const sn_span infos = { w->infos.data, w->infos.size };
	signet_status status;

	if (!w->rewrap->options.keep)
		return sn_cms_splice_replace(
		    &w->splice, w->set.offset, w->set_end - w->set.offset, infos, err);
	/* before the two octets that end an indefinite length */
	status = sn_cms_splice_replace(
	    &w->splice, w->set.is_indefinite ? w->set_end - 2 : w->set_end, 0, infos, err);
	return status == SIGNET_OK ? sn_cms_splice_grow(&w->splice, &w->set, err) : status;
}

static signet_status make_splice(work *w, signet_error *err)
{
	signet_status status = make_recipients(w, err);

	sn_cms_splice_init(&w->splice);
	if (status == SIGNET_OK)
		status = splice_recipients(w, err);
	if (status == SIGNET_OK)
		status = splice_version(w, err);
	for (size_t i = INSIDE; i-- > 0 && status == SIGNET_OK;)
		status = sn_cms_splice_grow(&w->splice, &w->frames[i], err);
	return status;
}

static signet_status rewrite(work *w, signet_sink *out, signet_error *err)
{
	signet_status status = find_key(w, err);

	if (status == SIGNET_OK)
		status = make_splice(w, err);
	return status == SIGNET_OK ? sn_edit_copy(&w->edit, &w->splice, out, err) : status;
}

signet_status signet_rewrap_write(
    signet_rewrap *rewrap, signet_input *input, signet_sink *out, signet_error *err)
{
	signet_context *ctx = rewrap->ctx;
	work w = { .rewrap = rewrap, .is_plain = true };
	signet_status status = sn_plan_init(&w.plan, ctx, &rewrap->open, err);

	sn_buf_init(&w.infos, ctx, RECIPIENT_INFOS_MAX, "the recipients");
	sn_buf_init(&w.version_item, ctx, 16, "the version of EnvelopedData");
	if (status == SIGNET_OK) {
		/* what is inside is not looked at */
		if (w.plan.level_limit > 1)
			w.plan.levels[1].is_forced_leaf = true;
		status = sn_edit_init(&w.edit, ctx, input, rewrap->options.form, err);
	}
	if (status == SIGNET_OK)
		status = rewrite(&w, out, err);
	if (status != SIGNET_OK)
		out->abort(out);
	sn_edit_clear(&w.edit);
	sn_buf_clear(&w.version_item);
	sn_buf_clear(&w.infos);
	sn_plan_clear(&w.plan);
	return status;
}
