/*
 * The first good verdict of a message: told to whoever remembers, and asked for once the signer's
 * certificate has ended or its authority is gone, so that an archive stays readable.
 */
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/time.h"
#include "crypt/digest.h"
#include "smime/judge.h"

/* Each piece with its length before it, so that no two lists of pieces are the same octets. */
static signet_status add(sn_digest *digest, const void *data, size_t size, signet_error *err)
{
	uint8_t length[8];
	signet_status status;

	for (size_t i = 0; i < sizeof(length); i++)
		length[i] = (uint8_t)((uint64_t)size >> (56 - 8 * i));
	status = sn_digest_write(digest, length, sizeof(length), err);
	return status == SIGNET_OK && size != 0 ? sn_digest_write(digest, data, size, err) : status;
}

/* What the verdict is bound to besides the content: an outer From is not signed. */
static signet_status add_sender(sn_digest *digest, const sn_sender *sender, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < sender->from_count && status == SIGNET_OK; i++)
		status = add(digest, sender->from[i], strlen(sender->from[i]), err);
	if (status == SIGNET_OK && sender->shown != NULL)
		status = add(digest, sender->shown, strlen(sender->shown), err);
	return status;
}

static signet_status add_signers(sn_digest *digest, const sn_signed_level *sig, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < sig->signer_count && status == SIGNET_OK; i++) {
		const sn_signer *signer = &sig->signers[i];
		const char *fingerprint = signet_cert_fingerprint(signer->cert);

		status = add(digest, signer->info.signature.data, signer->info.signature.size, err);
		if (status == SIGNET_OK)
			status = add(digest, fingerprint, strlen(fingerprint), err);
	}
	return status;
}

/* A signature stands for its content only if it was verified over that, now. */
static bool is_intact(const sn_signed_level *sig)
{
	for (size_t i = 0; i < sig->signer_count; i++)
		if (sig->signers[i].state != SN_CMS_SIGNATURE_GOOD || sig->signers[i].cert == NULL)
			return false;
	return sig->signer_count != 0;
}

static signet_status digest_of(const sn_plan *plan, const sn_sender *sender, uint8_t value[32],
    bool *known_out, signet_error *err)
{
	uint8_t octets[SN_DIGEST_MAX];
	sn_digest *digest = NULL;
	size_t size = 0;
	bool known = false;
	signet_status status =
	    sn_digest_new(plan->ctx, sn_alg_by_name(SN_ALG_DIGEST, "sha256"), &digest, err);

	for (size_t i = 0; i < plan->level_limit && status == SIGNET_OK; i++) {
		const sn_level *level = &plan->levels[i];

		if (level->kind == SN_LEVEL_UNSEEN || level->kind == SN_LEVEL_LEAF)
			break;
		if (level->kind != SN_LEVEL_SIGNED)
			continue;
		known = level->failed == SIGNET_OK && is_intact(&level->sig);
		if (!known)
			break;
		status = add_signers(digest, &level->sig, err);
	}
	if (status == SIGNET_OK && known)
		status = add_sender(digest, sender, err);
	if (status == SIGNET_OK)
		status = sn_digest_finish(digest, octets, &size, err);
	sn_digest_free(&digest);
	if (status == SIGNET_OK && known)
		memcpy(value, octets, 32);
	*known_out = status == SIGNET_OK && known;
	return status;
}

/* Reasons that come with the years alone; one that is revoked or too weak says more than that. */
static bool is_of_age(const char *reason)
{
	static const char *const reasons[] = { "cert-expired", "expired-since", "issuer-unknown" };

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reason != NULL && strcmp(reason, reasons[i]) == 0)
			return true;
	return false;
}

static bool has_aged(const signet_result *result)
{
	bool any = false;

	for (size_t i = 0; i < result->layer_count; i++)
		for (size_t k = 0; k < result->layers[i].signer_count; k++) {
			const sn_signer_result *signer = &result->layers[i].signers[k];

			if (signer->status == SIGNET_SIGNER_VALID)
				continue;
			if (signer->status != SIGNET_SIGNER_UNTRUSTED || !is_of_age(signer->reason))
				return false;
			any = true;
		}
	return any;
}

static signet_status tell(signet_result *result, int64_t time, signet_error *err)
{
	char text[SN_TIME_TEXT];
	signet_status status;

	sn_time_format(time, text);
	status = sn_result_problem(result, SN_NO_LAYER, "was-valid", err,
	    "the message was valid when it was first opened here, on %.10s", text);
	return status == SIGNET_OK ? sn_result_problem_arg(result, "time", text, err) : status;
}

static signet_status recall(const sn_plan *plan, const uint8_t digest[32], signet_result *result,
    signet_error *err)
{
	const signet_first_verdicts *memory = plan->options->first_verdicts;
	int64_t time = 0;
	bool found = false;
	signet_status status = memory->get(memory->user, digest, &time, &found, err);

	/* one of a later time would be a word about another day than the one that is asked about */
	if (status != SIGNET_OK || !found || time > plan->options->time)
		return status;
	return tell(result, time, err);
}

signet_status sn_judge_remember(const sn_plan *plan, const sn_sender *sender,
    signet_result *result, signet_error *err)
{
	const signet_open_options *options = plan->options;
	const bool is_good = result->verdict == SIGNET_VERDICT_VALID;
	uint8_t digest[32];
	bool known = false;
	signet_status status;

	if (options->first_verdicts == NULL || plan->is_below ||
	    (options->mode != SIGNET_OPEN && options->mode != SIGNET_VERIFY) ||
	    (!is_good && (result->verdict != SIGNET_VERDICT_UNTRUSTED || !has_aged(result))))
		return SIGNET_OK;
	status = digest_of(plan, sender, digest, &known, err);
	if (status != SIGNET_OK || !known)
		return status;
	return is_good ? options->first_verdicts->put(
	    options->first_verdicts->user, digest, options->time, err) :
	    recall(plan, digest, result, err);
}
