/* SignedData at a level: gathering it while it passes, and judging its signatures. */
#include "smime/signed.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "crypt/public_key.h"

enum { ALIKE_MAX = 8 };  /* certificates tried for one signer */

/* "sha-256", "SHA1", "sha3-256" (RFC 8551 3.5.3.2) as the table names them. */
static const sn_alg *digest_by_micalg(const char *name, size_t size)
{
	char text[24];
	size_t used = 0;

	for (size_t i = 0; i < size && used + 1 < sizeof(text); i++)
		if (!(name[i] == '-' && used == 3))
			text[used++] = (char)sn_ascii_lower((uint8_t)name[i]);
	text[used] = '\0';
	return sn_alg_by_name(SN_ALG_DIGEST, text);
}

static signet_status want_micalg(sn_content_digest *digest, const char *micalg, signet_error *err)
{
	bool found = false;

	for (const char *p = micalg; p != NULL && *p != '\0';) {
		const size_t size = strcspn(p, ", \t");
		const sn_alg *alg = digest_by_micalg(p, size);

		if (alg != NULL) {
			signet_status status = sn_content_digest_want(digest, alg, err);

			if (status != SIGNET_OK)
				return status;
			found = true;
		}
		p += size;
		p += strspn(p, ", \t");
	}
	return found ? SIGNET_OK :
	    sn_content_digest_want(digest, sn_alg_by_name(SN_ALG_DIGEST, "sha256"), err);
}

static signet_status want_signers(sn_signed_level *sig, signet_error *err)
{
	for (size_t i = 0; i < sig->signer_count; i++) {
		signet_status status;

		if (sn_cms_signer_wants_content(&sig->signers[i].info))
			sn_content_digest_want_content(sig->digest);
		if (sig->signers[i].digest == NULL)
			continue;
		status = sn_content_digest_want(sig->digest, sig->signers[i].digest, err);
		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}

static signet_status begin_digest(const sn_plan *plan, sn_level *level, bool text,
    signet_error *err)
{
	sn_content_digest_free(&level->sig.digest);
	return sn_content_digest_new(plan->ctx, text, &level->sig.digest, err);
}

signet_status sn_signed_begin_clear(sn_pass *pass, sn_level *level, const char *micalg,
    signet_error *err)
{
	signet_status status = begin_digest(pass->plan, level, true, err);

	if (status != SIGNET_OK)
		return status;
	return level->sig.is_collected ? want_signers(&level->sig, err) :
	    want_micalg(level->sig.digest, micalg, err);
}

signet_status sn_signed_begin_opaque(sn_pass *pass, sn_level *level, signet_error *err)
{
	level->sig.is_clear = false;
	return level->sig.is_judged ? SIGNET_OK : begin_digest(pass->plan, level, false, err);
}

signet_status sn_signed_begin_detached(sn_plan *plan, sn_level *level, signet_error *err)
{
	signet_status status = begin_digest(plan, level, true, err);

	level->sig.is_clear = true;
	return status == SIGNET_OK ? want_signers(&level->sig, err) : status;
}

bool sn_signed_is_unforgeable(const sn_signed_level *sig)
{
	for (size_t i = 0; i < sig->signer_count; i++) {
		const sn_signer *signer = &sig->signers[i];
		const sn_alg *alg =
		    sn_alg_by_oid(SN_ALG_SIGNATURE, signer->info.signature_algorithm.oid);

		if (signer->state == SN_CMS_SIGNATURE_GOOD && signer->digest != NULL &&
		    alg != NULL &&
		    sn_signature_weakness(alg, signer->info.signature_algorithm.parameters,
			signer->digest) == NULL)
			return true;
	}
	return false;
}

bool sn_signed_wants_more(const sn_plan *plan, const sn_level *level)
{
	const sn_signed_level *sig = &level->sig;

	for (size_t i = 0; sig->digest != NULL && i < sig->signer_count; i++) {
		const sn_alg *alg = sig->signers[i].digest;

		if (sn_cms_signer_wants_content(&sig->signers[i].info) &&
		    !sn_content_digest_has_content(sig->digest))
			return true;
		if (alg != NULL && sn_alg_is_available(plan->ctx, alg) &&
		    !sn_content_digest_has(sig->digest, alg))
			return true;
	}
	return false;
}

/* digestAlgorithms come before the content, but are a hint as well: a signer may name another. */
static signet_status want_announced(sn_cms_stage *self, const sn_cms_event *event,
    signet_error *err)
{
	sn_level *level = sn_stage_level(&self->stage);
	const sn_alg *alg = sn_alg_by_oid(SN_ALG_DIGEST, event->algorithm.oid);

	if (self->is_clear || level->sig.is_judged || alg == NULL)
		return SIGNET_OK;
	return sn_content_digest_want(level->sig.digest, alg, err);
}

static signet_status begin_content(sn_cms_stage *self, const sn_cms_event *event,
    signet_error *err)
{
	sn_level *level = sn_stage_level(&self->stage);
	sn_signed_level *sig = &level->sig;
	signet_status status = SIGNET_OK;

	if (event->oid.size > sizeof(sig->content_type))
		return signet_fail(err, SIGNET_E_MALFORMED, event->offset,
		    "the eContentType is longer than any in use");
	memcpy(sig->content_type, event->oid.data, event->oid.size);
	sig->content_type_size = event->oid.size;
	sig->has_content = event->has_content;
	if (self->is_clear)
		return !event->has_content ? SIGNET_OK : signet_fail(err, SIGNET_E_MALFORMED,
		    event->offset, "the signature part of the multipart/signed carries content of its own");
	if (!event->has_content)
		return SIGNET_OK;
	if (!sig->is_judged && sig->is_collected)
		status = want_signers(sig, err);
	return status == SIGNET_OK ? sn_cms_stage_open_inner(self, err) : status;
}

static signet_status content(sn_cms_stage *self, const sn_cms_event *event, signet_error *err)
{
	sn_signed_level *sig = &sn_stage_level(&self->stage)->sig;
	signet_status status = SIGNET_OK;

	if (self->inner == NULL)
		return SIGNET_OK;
	if (!sig->is_judged)
		status = sn_content_digest_write(sig->digest, event->data.data, event->data.size, err);
	return status == SIGNET_OK ?
	    self->inner->sink.write(&self->inner->sink, event->data.data, event->data.size, err) :
	    status;
}

static signet_status content_end(sn_cms_stage *self, signet_error *err)
{
	sn_signed_level *sig = &sn_stage_level(&self->stage)->sig;
	signet_status status = SIGNET_OK;

	if (self->inner == NULL)
		return SIGNET_OK;
	if (!sig->is_judged)
		status = sn_content_digest_finish(sig->digest, err);
	return status == SIGNET_OK ? self->inner->sink.finish(&self->inner->sink, err) : status;
}

/* A certificate that cannot be read is left out: it may not even be the signer's. */
static signet_status certificate(sn_cms_stage *self, const sn_cms_event *event, signet_error *err)
{
	sn_plan *plan = self->stage.pass->plan;
	sn_signed_level *sig = &sn_stage_level(&self->stage)->sig;
	signet_cert *cert = NULL;
	signet_status status = SIGNET_OK;

	if (!event->is_x509 || (sig->certs != NULL &&
				   signet_cert_list_count(sig->certs) + sig->bad_certs >= SN_CERTS_READ))
		return SIGNET_OK;
	if (sig->certs == NULL)
		status = signet_cert_list_new(plan->ctx, &sig->certs, err);
	if (status != SIGNET_OK)
		return status;
	status = signet_cert_new(plan->ctx, event->data.data, event->data.size, &cert, err);
	if (signet_status_exit(status) == 65) {
		sig->bad_certs++;
		return SIGNET_OK;
	}
	if (status == SIGNET_OK)
		status = signet_cert_list_add(sig->certs, cert, err);
	signet_cert_unref(&cert);
	return status;
}

signet_status sn_cms_stage_signed(sn_cms_stage *self, const sn_cms_event *event,
    signet_error *err)
{
	sn_plan *plan = self->stage.pass->plan;
	sn_level *level = sn_stage_level(&self->stage);

	switch (event->kind) {
	case SN_CMS_DIGEST_ALGORITHM: return want_announced(self, event, err);
	case SN_CMS_CONTENT_TYPE: return begin_content(self, event, err);
	case SN_CMS_CONTENT: return content(self, event, err);
	case SN_CMS_CONTENT_END: return content_end(self, err);
	case SN_CMS_CERTIFICATE:
		return level->sig.is_collected ? SIGNET_OK : certificate(self, event, err);
	case SN_CMS_CRL:
		return level->sig.is_collected ? SIGNET_OK :
		    sn_buf_append(&level->sig.revocation, event->data.data, event->data.size, err);
	case SN_CMS_SIGNER:
		return level->sig.is_collected ? SIGNET_OK :
		    sn_signed_level_add_signer(plan, &level->sig, &event->signer, err);
	case SN_CMS_END:
		level->sig.is_collected = true;
		return SIGNET_OK;
	default:
		return SIGNET_OK;
	}
}

sn_span sn_signed_digest_for(const sn_signed_level *sig, const sn_alg *alg, sn_span wanted)
{
	const sn_span exact = sn_content_digest_exact(sig->digest, alg);
	const sn_span crlf = sn_content_digest_crlf(sig->digest, alg);

	return crlf.size != 0 && sn_span_equal(crlf, wanted) ? crlf : exact;
}

/* One signer under one certificate, over each form that the content may have had. */
static signet_status try_cert(sn_plan *plan, sn_signed_level *sig, sn_signer *signer,
    const signet_cert *cert, signet_error *err)
{
	const sn_span type = { sig->content_type, sig->content_type_size };
	const bool is_set = sn_content_digest_is_attribute_set(sig->digest);
	const bool whole = sn_cms_signer_wants_content(&signer->info);
	const sn_span exact = whole ? sn_content_digest_exact_content(sig->digest) :
	    sn_content_digest_exact(sig->digest, signer->digest);
	const sn_span crlf = whole ? sn_content_digest_crlf_content(sig->digest) :
	    sn_content_digest_crlf(sig->digest, signer->digest);
	signet_status status = sn_cms_signer_verify(plan->ctx, &signer->info, cert, type, exact,
	    is_set, &signer->state, &signer->reason, err);

	if (status != SIGNET_OK || crlf.size == 0 || signer->state == SN_CMS_SIGNATURE_GOOD)
		return status;
	/* exact octets first, then their CRLF form */
	return sn_cms_signer_verify(plan->ctx, &signer->info, cert, type, crlf, is_set,
	    &signer->state, &signer->reason, err);
}

/*
 * Two certificates may have the same issuer and serial: the one whose key verifies counts. No more than
 * a few are tried: a message holds thousands that are alike, and each costs a signature's verification.
 */
static signet_status judge_signer(sn_plan *plan, sn_signed_level *sig, sn_signer *signer,
    signet_error *err)
{
	const size_t count = sig->certs == NULL ? 0 : signet_cert_list_count(sig->certs);

	size_t tried = 0;

	signer->state = SN_CMS_SIGNATURE_UNSUPPORTED;
	signer->reason = "certificate-missing";
	for (size_t i = 0; i < count && tried < ALIKE_MAX; i++) {
		signet_cert *cert = signet_cert_list_get(sig->certs, i);
		signet_status status;

		if (!sn_cms_identifier_is(&signer->info.id, cert))
			continue;
		tried++;
		signet_cert_unref(&signer->cert);
		signer->cert = signet_cert_ref(cert);
		if (signer->digest == NULL || !sn_alg_is_available(plan->ctx, signer->digest)) {
			signer->reason = "algorithm-unavailable";
			return SIGNET_OK;
		}
		status = try_cert(plan, sig, signer, cert, err);
		if (status != SIGNET_OK || signer->state == SN_CMS_SIGNATURE_GOOD)
			return status;
	}
	return SIGNET_OK;
}

signet_status sn_signed_judge(sn_plan *plan, sn_level *level, signet_error *err)
{
	sn_signed_level *sig = &level->sig;
	bool some_good = false;
	bool none_bad = true;

	for (size_t i = 0; i < sig->signer_count; i++) {
		signet_status status = judge_signer(plan, sig, &sig->signers[i], err);

		if (status != SIGNET_OK)
			return status;
		if (sig->signers[i].state == SN_CMS_SIGNATURE_GOOD)
			some_good = true;
		else if (sig->signers[i].state != SN_CMS_SIGNATURE_UNSUPPORTED)
			none_bad = false;
	}
	sig->is_judged = true;
	level->is_proven = some_good && none_bad;
	return SIGNET_OK;
}
