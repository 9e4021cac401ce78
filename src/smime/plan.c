#include <string.h>

#include "base/mem.h"
#include "smime/level.h"

signet_status sn_plan_init(sn_plan *plan, signet_context *ctx, const signet_open_options *options,
    signet_error *err)
{
	*plan = (sn_plan){ .ctx = ctx, .options = options };
	sn_buf_init(&plan->outer_header, ctx, ctx->limits.header, "the header section");
	sn_buf_init(&plan->payload.section, ctx, ctx->limits.header, "the protected header section");
	plan->level_limit = ctx->limits.layers + 1;
	plan->levels = sn_calloc(ctx, plan->level_limit, sizeof(*plan->levels), err);
	if (plan->levels == NULL)
		return SIGNET_E_MEMORY;
	for (size_t i = 0; i < plan->level_limit; i++) {
		sn_buf_init(&plan->levels[i].enc.attributes, ctx, ctx->limits.attributes,
		    "the set of authenticated attributes");
		sn_buf_init(&plan->levels[i].sig.revocation, ctx, ctx->limits.certificates,
		    "the revocation information");
	}
	return SIGNET_OK;
}

static void clear_signers(sn_plan *plan, sn_signed_level *level)
{
	for (size_t i = 0; i < level->signer_count; i++) {
		sn_free(plan->ctx, level->signers[i].der);
		signet_cert_unref(&level->signers[i].cert);
	}
	sn_free(plan->ctx, level->signers);
	level->signers = NULL;
	level->signer_count = 0;
	level->bad_certs = 0;
	level->is_collected = false;
	signet_cert_list_free(&level->certs);
	sn_buf_reset(&level->revocation);
	level->is_stapled = false;
}

static void clear_recipients(sn_plan *plan, sn_encrypted_level *level)
{
	for (size_t i = 0; i < level->recipient_count; i++) {
		sn_free(plan->ctx, level->recipients[i].id);
		sn_free(plan->ctx, level->recipients[i].algorithm);
	}
	sn_free(plan->ctx, level->recipients);
	level->recipients = NULL;
	level->recipient_count = 0;
	for (size_t i = 0; i < level->mine_count; i++)
		sn_free(plan->ctx, level->mine[i].der);
	level->mine_count = 0;
	level->has_password = false;
	signet_cert_list_free(&level->originators);
	level->is_collected = false;
}

static void clear_parts(sn_plan *plan)
{
	for (size_t i = 0; i < plan->part_count; i++)
		sn_free(plan->ctx, plan->parts[i].path);
	sn_free(plan->ctx, plan->parts);
	plan->parts = NULL;
	plan->part_count = 0;
}

signet_status sn_plan_inquiry(sn_plan *plan, sn_inquiry **inquiry_out, signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (plan->inquiry == NULL)
		status = sn_inquiry_new(plan->ctx, plan->options->network, plan->options->time,
		    &plan->inquiry, err);
	if (status == SIGNET_OK)
		*inquiry_out = plan->inquiry;
	return status;
}

void sn_plan_clear(sn_plan *plan)
{
	for (size_t i = 0; plan->levels != NULL && i < plan->level_limit; i++) {
		sn_level *level = &plan->levels[i];

		clear_signers(plan, &level->sig);
		sn_buf_clear(&level->sig.revocation);
		sn_content_digest_free(&level->sig.digest);
		clear_recipients(plan, &level->enc);
		sn_secret_wipe(&level->enc.key);
		sn_buf_clear(&level->enc.attributes);
	}
	sn_free(plan->ctx, plan->levels);
	plan->levels = NULL;
	sn_buf_clear(&plan->outer_header);
	sn_payload_clear(plan->ctx, &plan->payload);
	clear_parts(plan);
	if (!plan->inquiry_is_lent)
		sn_inquiry_free(&plan->inquiry);
	signet_identity_array_free(plan->ctx, &plan->identities, plan->identity_count);
	plan->identity_count = 0;
}

/* What was collected whole stays; what a pass broke off in the middle of is collected again. */
void sn_plan_begin_pass(sn_plan *plan)
{
	for (size_t i = 0; i < plan->level_limit; i++) {
		sn_level *level = &plan->levels[i];

		level->failed = SIGNET_OK;
		level->is_deferred = false;
		if (!level->sig.is_collected)
			clear_signers(plan, &level->sig);
		if (!level->enc.is_collected)
			clear_recipients(plan, &level->enc);
		level->enc.is_finished = false;
	}
	sn_buf_reset(&plan->outer_header);
	clear_parts(plan);
}

static signet_status add_identity(void *user, signet_identity *identity, signet_error *err)
{
	sn_plan *plan = user;
	signet_identity **grown;

	if (plan->identity_count == 0 || (plan->identity_count & (plan->identity_count - 1)) == 0) {
		const size_t room = plan->identity_count == 0 ? 1 : plan->identity_count * 2;

		grown = sn_realloc(plan->ctx, plan->identities, room * sizeof(*grown), err);
		if (grown == NULL)
			return SIGNET_E_MEMORY;
		plan->identities = grown;
	}
	plan->identities[plan->identity_count++] = signet_identity_ref(identity);
	return SIGNET_OK;
}

signet_status sn_plan_load_identities(sn_plan *plan, signet_error *err)
{
	const signet_open_options *options = plan->options;
	signet_status status = SIGNET_OK;

	if (plan->identities_loaded)
		return SIGNET_OK;
	for (size_t i = 0; i < options->identity_count && status == SIGNET_OK; i++)
		status = add_identity(plan, options->identities[i], err);
	if (status == SIGNET_OK && options->source != NULL &&
	    options->source->decryption_identities != NULL)
		status = options->source->decryption_identities(options->source->user, add_identity,
		    plan, err);
	plan->identities_loaded = status == SIGNET_OK;
	return status;
}

signet_status sn_plan_add_part(sn_plan *plan, const char *path, uint64_t begin, size_t *index_out,
    signet_error *err)
{
	signet_status status;

	if ((plan->part_count & (plan->part_count - 1)) == 0) {
		const size_t room = plan->part_count == 0 ? 1 : plan->part_count * 2;
		sn_part *grown = sn_realloc(plan->ctx, plan->parts, room * sizeof(*grown), err);

		if (grown == NULL)
			return SIGNET_E_MEMORY;
		plan->parts = grown;
	}
	plan->parts[plan->part_count] = (sn_part){ .begin = begin, .end = begin };
	status = sn_strdup(plan->ctx, path, &plan->parts[plan->part_count].path, err);
	if (status != SIGNET_OK)
		return status;
	*index_out = plan->part_count++;
	return SIGNET_OK;
}

bool sn_plan_is_below_unproven(const sn_plan *plan, size_t index, bool count_signed)
{
	for (size_t i = 0; i < index; i++) {
		const sn_level *level = &plan->levels[i];

		if (level->is_proven)
			continue;
		if (level->kind == SN_LEVEL_ENCRYPTED ||
		    (count_signed && level->kind == SN_LEVEL_SIGNED))
			return true;
	}
	return false;
}

signet_status sn_level_contain(sn_level *level, signet_status status, const signet_error *error,
    signet_error *err)
{
	if (signet_status_exit(status) != 65) {
		if (err != NULL)
			*err = *error;
		return status;
	}
	if (level->failed == SIGNET_OK) {
		level->failed = status;
		level->error = *error;
	}
	return SIGNET_OK;
}

/* A span that pointed into from, pointing to the same octets of the copy to. */
static void rebase(sn_span *span, sn_span from, const uint8_t *to)
{
	if (span->data >= from.data && span->data <= from.data + from.size)
		span->data = to + (span->data - from.data);
}

static void rebase_algorithm(sn_cms_algorithm *algorithm, sn_span from, const uint8_t *to)
{
	rebase(&algorithm->der, from, to);
	rebase(&algorithm->oid, from, to);
	rebase(&algorithm->parameters, from, to);
}

static void rebase_identifier(sn_cms_identifier *id, sn_span from, const uint8_t *to)
{
	rebase(&id->issuer, from, to);
	rebase(&id->serial, from, to);
	rebase(&id->key_id, from, to);
}

signet_status sn_signed_level_add_signer(sn_plan *plan, sn_signed_level *level,
    const sn_cms_signer *info, signet_error *err)
{
	const size_t count = level->signer_count;
	sn_signer *signer;
	signet_status status;

	if ((count & (count - 1)) == 0) {
		const size_t room = count == 0 ? 1 : count * 2;
		sn_signer *grown = sn_realloc(plan->ctx, level->signers, room * sizeof(*grown), err);

		if (grown == NULL)
			return SIGNET_E_MEMORY;
		level->signers = grown;
	}
	signer = &level->signers[count];
	/* good is nobody before that has been found out */
	*signer = (sn_signer){ .info = *info, .digest = sn_cms_signer_digest(info),
		.state = SN_CMS_SIGNATURE_UNSUPPORTED };
	status = sn_dup(plan->ctx, info->der.data, info->der.size, &signer->der, err);
	if (status != SIGNET_OK)
		return status;
	rebase(&signer->info.der, info->der, signer->der);
	rebase_identifier(&signer->info.id, info->der, signer->der);
	rebase_algorithm(&signer->info.digest, info->der, signer->der);
	rebase(&signer->info.signed_attributes, info->der, signer->der);
	rebase_algorithm(&signer->info.signature_algorithm, info->der, signer->der);
	rebase(&signer->info.signature, info->der, signer->der);
	rebase(&signer->info.unsigned_attributes, info->der, signer->der);
	level->signer_count++;
	return SIGNET_OK;
}

signet_status sn_encrypted_level_add_mine(sn_plan *plan, sn_encrypted_level *level,
    const sn_cms_recipient *info, signet_identity *identity, const signet_kek *kek,
    signet_error *err)
{
	sn_recipient *mine;
	signet_status status;

	if (level->mine_count == SN_MY_RECIPIENTS)
		return SIGNET_OK;
	mine = &level->mine[level->mine_count];
	*mine = (sn_recipient){ .info = *info, .identity = identity, .kek = kek,
		.index = level->recipient_count };
	status = sn_dup(plan->ctx, info->der.data, info->der.size, &mine->der, err);
	if (status != SIGNET_OK)
		return status;
	rebase(&mine->info.der, info->der, mine->der);
	rebase_identifier(&mine->info.id, info->der, mine->der);
	rebase_algorithm(&mine->info.key_encryption, info->der, mine->der);
	rebase(&mine->info.encrypted_key, info->der, mine->der);
	rebase_identifier(&mine->info.originator_id, info->der, mine->der);
	rebase_algorithm(&mine->info.originator_algorithm, info->der, mine->der);
	rebase(&mine->info.originator_point, info->der, mine->der);
	rebase(&mine->info.ukm, info->der, mine->der);
	rebase_algorithm(&mine->info.key_derivation, info->der, mine->der);
	rebase(&mine->info.encapsulated, info->der, mine->der);
	rebase_algorithm(&mine->info.wrap, info->der, mine->der);
	level->mine_count++;
	return SIGNET_OK;
}
