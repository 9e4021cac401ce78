#include "smime/judge.h"

#include <stdio.h>

#include "base/mem.h"

typedef struct walk {
	sn_plan *plan;
	signet_result *result;
	const sn_sender *sender;
	sn_findings findings;
	sn_release release;
	bool ended;             /* nothing below counts any more */
	bool any_signed;
} walk;

static void finding(walk *w, signet_verdict verdict)
{
	w->findings.applies[verdict] = true;
}

/* From here on the report says nothing (collapse rule); what of the content may leave all the
 * same is the entity right below. */
static void end_at(walk *w, size_t index)
{
	w->ended = true;
	w->release.index = index + 1;
}

static signet_status malformed(walk *w, size_t index, signet_error *err)
{
	const sn_level *level = &w->plan->levels[index];
	char offset[24];
	signet_status status;

	finding(w, SIGNET_VERDICT_MALFORMED);
	end_at(w, index);
	status = sn_result_problem(w->result, SN_NO_LAYER,
	    level->failed == SIGNET_E_LIMIT ? "limit" : "malformed", err, "%s", level->error.text);
	if (status != SIGNET_OK || level->error.offset == SIGNET_NO_OFFSET)
		return status;
	(void)snprintf(offset, sizeof(offset), "%llu", (unsigned long long)level->error.offset);
	return sn_result_problem_arg(w->result, "offset", offset, err);
}

static signet_status undecryptable(walk *w, size_t index, int layer, signet_error *err)
{
	const sn_encrypted_level *enc = &w->plan->levels[index].enc;

	if (w->plan->is_locked) {
		end_at(w, index);
		return sn_result_problem(w->result, layer, "inner-encrypted", err, "%s",
		    "an encrypted part below an unprotected message is not decrypted unless asked for "
		    "(--inner)");
	}
	finding(w, SIGNET_VERDICT_UNDECRYPTABLE);
	end_at(w, index);
	switch (enc->unlock) {
	case SN_UNLOCK_NO_ALGORITHM:
		return sn_result_problem(w->result, layer, "algorithm-unavailable", err,
		    "the message is for you, but it is encrypted with an algorithm that is not available here");
	case SN_UNLOCK_NO_PASSPHRASE:
		return sn_result_problem(w->result, layer, "passphrase", err,
		    "the message is for you, but the private key could not be unlocked: the passphrase "
		    "is missing or wrong");
	case SN_UNLOCK_WRONG_PASSWORD:
		return sn_result_problem(w->result, layer, "passphrase", err,
		    "the message is encrypted to a password, and it is not the one given");
	case SN_UNLOCK_NO_PASSWORD:
		return sn_result_problem(w->result, layer, "no-recipient", err,
		    "the message is encrypted to a password, and none was given (--password-file)");
	case SN_UNLOCK_NO_ORIGINATOR:
		return sn_result_problem(w->result, layer, "originator-missing", err,
		    "the message is for you, but it was encrypted by a key whose certificate is not "
		    "at hand here");
	case SN_UNLOCK_UNTRIED:
	case SN_UNLOCK_NO_RECIPIENT:
	case SN_UNLOCK_DONE:
		break;
	}
	return sn_result_problem(w->result, layer, "no-recipient", err,
	    "the message is encrypted, but not to any key that is at hand here");
}

static signet_status report_encrypted(walk *w, size_t index, signet_error *err)
{
	sn_encrypted_level *enc = &w->plan->levels[index].enc;
	sn_layer_result *layer;
	char oid[SN_OID_TEXT];
	signet_status status = sn_result_add_layer(w->result, &layer, err);

	if (status != SIGNET_OK)
		return status;
	layer->type = SIGNET_LAYER_ENCRYPTED;
	layer->is_aead = enc->is_aead;
	layer->recipients = enc->recipients;
	layer->recipient_count = enc->recipient_count;
	enc->recipients = NULL;
	enc->recipient_count = 0;
	if (enc->cipher != NULL) {
		layer->algorithm = enc->cipher->name;
		if (enc->cipher->weak)
			return sn_result_problem(w->result, (int)w->result->layer_count - 1, "weak-algorithm",
			    err, "the message is encrypted with %s, which can be broken", enc->cipher->name);
		return SIGNET_OK;
	}
	sn_oid_text((sn_span){ enc->cipher_oid, enc->cipher_oid_size }, oid);
	status = sn_strdup(w->plan->ctx, oid, &layer->algorithm_text, err);
	layer->algorithm = layer->algorithm_text;
	return status;
}

static signet_status encrypted(walk *w, size_t index, signet_error *err)
{
	const sn_level *level = &w->plan->levels[index];
	const int layer = (int)w->result->layer_count;
	signet_status status = report_encrypted(w, index, err);

	if (status != SIGNET_OK)
		return status;
	if (level->enc.unlock != SN_UNLOCK_DONE)
		return undecryptable(w, index, layer, err);
	w->result->encrypted = true;
	if (level->is_proven)
		return SIGNET_OK;
	end_at(w, index);
	if (level->enc.is_aead) {
		finding(w, SIGNET_VERDICT_TAMPERED);
		return sn_result_problem(w->result, layer, "decrypt-failed", err,
		    "the encrypted message was altered, or its key was: the authentication tag does not "
		    "match");
	}
	finding(w, SIGNET_VERDICT_UNAUTHENTICATED);
	return sn_result_problem(w->result, layer, "unauthenticated", err,
	    "the message is encrypted in a way that anyone can alter on the way, and no intact "
	    "signature inside says that nobody did");
}

static signet_status signed_level(walk *w, size_t index, signet_error *err)
{
	const sn_signed_level *sig = &w->plan->levels[index].sig;
	signet_status status;

	/* what was not verified must not be taken for good */
	if (!sig->is_judged && sig->signer_count != 0)
		return signet_fail(err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET,
		    "the signatures of layer %zu were not verified", index);
	status = sn_judge_signed(w->plan, index, w->sender, w->result, &w->findings, err);
	w->any_signed = w->any_signed || w->plan->levels[index].sig.signer_count != 0;
	if (w->findings.applies[SIGNET_VERDICT_TAMPERED])
		end_at(w, index);
	return status;
}

static signet_status compressed(walk *w, signet_error *err)
{
	sn_layer_result *layer;
	signet_status status = sn_result_add_layer(w->result, &layer, err);

	if (status != SIGNET_OK)
		return status;
	layer->type = SIGNET_LAYER_COMPRESSED;
	layer->algorithm = "zlib";
	return SIGNET_OK;
}

static signet_status certs_only(walk *w, size_t index, signet_error *err)
{
	w->ended = true;
	w->release.index = index;
	return sn_result_problem(w->result, SN_NO_LAYER, "certs-only", err,
	    "the message carries certificates only: nothing is signed or encrypted");
}

static signet_status level_verdict(walk *w, size_t index, signet_error *err)
{
	const sn_level *level = &w->plan->levels[index];

	if (level->failed != SIGNET_OK)
		return malformed(w, index, err);
	if (level->is_certs_only)
		return certs_only(w, index, err);
	if (level->is_deferred) {
		/* below something that will never be proven: given out as it is */
		w->ended = true;
		w->release.index = index;
		return SIGNET_OK;
	}
	switch (level->kind) {
	case SN_LEVEL_SIGNED: return signed_level(w, index, err);
	case SN_LEVEL_ENCRYPTED: return encrypted(w, index, err);
	case SN_LEVEL_COMPRESSED: return compressed(w, err);
	case SN_LEVEL_UNSEEN:
	case SN_LEVEL_LEAF:
		w->ended = true;
		w->release.index = index;
		w->release.is_held = level->kind == SN_LEVEL_LEAF;
		return SIGNET_OK;
	}
	return SIGNET_OK;
}

/* The first in the order of INTERFACE; a good layer makes up for one that is only not trusted. */
static signet_verdict first_of(const walk *w)
{
	const bool *applies = w->findings.applies;

	for (int v = SIGNET_VERDICT_MALFORMED; v <= SIGNET_VERDICT_UNAUTHENTICATED; v++)
		if (applies[v])
			return (signet_verdict)v;
	if (applies[SIGNET_VERDICT_VALID])
		return SIGNET_VERDICT_VALID;
	for (int v = SIGNET_VERDICT_IMPOSTOR; v <= SIGNET_VERDICT_UNTRUSTED; v++)
		if (applies[v])
			return (signet_verdict)v;
	return w->result->encrypted ? SIGNET_VERDICT_UNSIGNED : SIGNET_VERDICT_UNPROTECTED;
}

/* decrypt looks at encryption alone: 0, 1, 2, 4, 5, 65, never at trust. */
static signet_verdict verdict_of_decrypt(const walk *w)
{
	const sn_plan *plan = w->plan;
	const bool *applies = w->findings.applies;

	if (plan->levels[0].kind != SN_LEVEL_ENCRYPTED)
		return applies[SIGNET_VERDICT_MALFORMED] ? SIGNET_VERDICT_MALFORMED :
		    SIGNET_VERDICT_UNPROTECTED;
	for (int v = SIGNET_VERDICT_MALFORMED; v <= SIGNET_VERDICT_UNAUTHENTICATED; v++)
		if (applies[v])
			return (signet_verdict)v;
	return SIGNET_VERDICT_VALID;
}

/* decrypt leaves the first signature, and all that is in it, where it is. */
static bool decrypt_ends_at(const walk *w, size_t index)
{
	const sn_level *level = &w->plan->levels[index];

	return w->plan->options->mode == SIGNET_DECRYPT && level->failed == SIGNET_OK &&
	    (level->kind == SN_LEVEL_SIGNED ||
	        (index == 0 && level->kind != SN_LEVEL_ENCRYPTED));
}

/* --inner opens the first part: that it cannot be is no longer its own affair. */
static void count_inner(walk *w)
{
	const signet_result *result = w->result;

	if (!w->plan->options->inner || w->plan->is_below || result->part_count == 0)
		return;
	switch (result->parts[0].result->verdict) {
	case SIGNET_VERDICT_MALFORMED:
	case SIGNET_VERDICT_UNDECRYPTABLE:
	case SIGNET_VERDICT_UNAUTHENTICATED:
		finding(w, result->parts[0].result->verdict);
		break;
	case SIGNET_VERDICT_VALID:
	case SIGNET_VERDICT_TAMPERED:
	case SIGNET_VERDICT_IMPOSTOR:
	case SIGNET_VERDICT_UNTRUSTED:
	case SIGNET_VERDICT_UNSIGNED:
	case SIGNET_VERDICT_UNPROTECTED:
		break;
	}
}

/* A part below an unprotected root: intact and trusted there is "only a part is covered" here. */
static signet_status count_parts(walk *w, signet_error *err)
{
	const signet_result *result = w->result;
	signet_status status = SIGNET_OK;

	count_inner(w);
	for (size_t i = 0; i < result->part_count && status == SIGNET_OK; i++) {
		switch (result->parts[i].result->verdict) {
		case SIGNET_VERDICT_TAMPERED:
			finding(w, SIGNET_VERDICT_TAMPERED);
			status = sn_result_problem(w->result, SN_NO_LAYER, "part-tampered", err,
			    "part %s was signed and has been altered", result->parts[i].path);
			break;
		case SIGNET_VERDICT_VALID:
		case SIGNET_VERDICT_IMPOSTOR:
			finding(w, SIGNET_VERDICT_IMPOSTOR);
			status = sn_result_problem(w->result, SN_NO_LAYER, "covers-part", err,
			    "only part %s of the message is signed, not the whole", result->parts[i].path);
			break;
		case SIGNET_VERDICT_UNTRUSTED:
			finding(w, SIGNET_VERDICT_UNTRUSTED);
			status = sn_result_problem(w->result, SN_NO_LAYER, "covers-part", err,
			    "only part %s of the message is signed, not the whole", result->parts[i].path);
			break;
		case SIGNET_VERDICT_MALFORMED:
			status = sn_result_problem(w->result, SN_NO_LAYER, "part-malformed", err,
			    "part %s claims to be protected and cannot be read", result->parts[i].path);
			break;
		case SIGNET_VERDICT_UNDECRYPTABLE:
		case SIGNET_VERDICT_UNAUTHENTICATED:
		case SIGNET_VERDICT_UNSIGNED:
		case SIGNET_VERDICT_UNPROTECTED:
			status = sn_result_problem(w->result, SN_NO_LAYER, "part-encrypted", err,
			    "part %s is protected, the message around it is not", result->parts[i].path);
			break;
		}
	}
	return status;
}

static bool released_by_mode(const sn_plan *plan, signet_verdict verdict)
{
	switch (verdict) {
	case SIGNET_VERDICT_VALID:
		return plan->options->mode != SIGNET_INSPECT;
	case SIGNET_VERDICT_UNTRUSTED:
	case SIGNET_VERDICT_IMPOSTOR:
	case SIGNET_VERDICT_UNSIGNED:
	case SIGNET_VERDICT_UNPROTECTED:
		return plan->options->mode == SIGNET_OPEN || plan->options->mode == SIGNET_DECRYPT;
	case SIGNET_VERDICT_TAMPERED:
	case SIGNET_VERDICT_UNAUTHENTICATED:
	case SIGNET_VERDICT_UNDECRYPTABLE:
	case SIGNET_VERDICT_MALFORMED:
		return false;
	}
	return false;
}

/* The level whose octets would leave lies below proven encryption only. */
static bool is_readable(const walk *w)
{
	for (size_t i = 0; i < w->release.index; i++) {
		const sn_level *level = &w->plan->levels[i];

		if (level->kind == SN_LEVEL_ENCRYPTED && !level->is_proven)
			return false;
	}
	return true;
}

/* What --show-altered and --allow-unauthenticated let out, and what --require keeps back. */
static bool may_leave(const walk *w)
{
	const signet_open_options *options = w->plan->options;
	/* a valid part is no valid message */
	const signet_verdict verdict =
	    w->plan->is_below && w->result->verdict == SIGNET_VERDICT_VALID ?
	    SIGNET_VERDICT_IMPOSTOR : w->result->verdict;

	if (options->mode == SIGNET_OPEN || options->mode == SIGNET_DECRYPT) {
		if (verdict == SIGNET_VERDICT_TAMPERED && options->show_altered)
			return is_readable(w) && w->result->part_count == 0;
		if (verdict == SIGNET_VERDICT_UNAUTHENTICATED && options->allow_unauthenticated)
			return true;
	}
	if (!released_by_mode(w->plan, verdict))
		return false;
	switch (options->require) {
	case SIGNET_REQUIRE_ANY: return true;
	case SIGNET_REQUIRE_SIGNED: return w->result->is_signed;
	case SIGNET_REQUIRE_VALID: return verdict == SIGNET_VERDICT_VALID;
	}
	return false;
}

static signet_status copy_from(walk *w, signet_error *err)
{
	const sn_sender *sender = w->sender;
	signet_status status;

	if (sender->is_bare || sender->from_count == 0)
		return SIGNET_OK;
	status = sn_strdup(w->plan->ctx, sender->from[0], &w->result->from, err);
	return status == SIGNET_OK && sender->outer != NULL ?
	    sn_strdup(w->plan->ctx, sender->outer, &w->result->from_outer, err) : status;
}

static signet_status judge_levels(walk *w, signet_error *err)
{
	signet_status status = copy_from(w, err);

	for (size_t i = 0; i < w->plan->level_limit && status == SIGNET_OK && !w->ended; i++) {
		if (decrypt_ends_at(w, i)) {
			w->ended = true;
			w->release.index = i;
			w->release.is_held = w->plan->levels[i].kind == SN_LEVEL_LEAF;
		} else
			status = level_verdict(w, i, err);
	}
	for (size_t i = 0; i < w->result->layer_count; i++)
		w->result->layers[i].covers_part = w->plan->is_below;
	return status == SIGNET_OK ? count_parts(w, err) : status;
}

/*
 * Content that was held was written before all of its header section was known, or before it was
 * known that nobody vouches for the protected From: then it is written anew.
 */
static void choose_header(walk *w)
{
	sn_plan *plan = w->plan;

	if (!sn_payload_counts(plan) || w->release.index != plan->payload.index)
		return;
	plan->keeps_outer_from = sn_result_has_problem(w->result, "from-mismatch");
	if (plan->keeps_outer_from || plan->payload.scheme == SN_PAYLOAD_WRAPPED)
		w->release.is_held = false;
}

signet_status sn_judge(sn_plan *plan, signet_result *result, sn_release *release_out,
    signet_error *err)
{
	sn_sender sender = { 0 };
	walk w = { .plan = plan, .result = result, .sender = &sender };
	signet_status status = sn_payload_settle(plan, err);

	if (status == SIGNET_OK)
		status = sn_sender_read(plan, &sender, err);
	if (status == SIGNET_OK)
		status = judge_levels(&w, err);
	if (status != SIGNET_OK)
		goto out;
	result->verdict = plan->options->mode == SIGNET_DECRYPT ? verdict_of_decrypt(&w) : first_of(&w);
	w.release.may_leave = may_leave(&w);
	if (plan->options->mode == SIGNET_DECRYPT && result->verdict == SIGNET_VERDICT_UNPROTECTED)
		status = sn_result_problem(result, SN_NO_LAYER, "not-encrypted", err, "%s",
		    "no encryption is outermost: there was nothing to decrypt");
	if (status != SIGNET_OK)
		goto out;
	status = sn_judge_header(plan, &sender, result, err);
	if (status != SIGNET_OK)
		goto out;
	choose_header(&w);
	status = sn_judge_remember(plan, &sender, result, err);
	if (status != SIGNET_OK)
		goto out;
	if (result->verdict == SIGNET_VERDICT_VALID && plan->options->mode != SIGNET_DECRYPT)
		status = sn_judge_harvest(plan, &sender, result, err);
	if (status == SIGNET_OK)
		*release_out = w.release;
out:
	sn_sender_clear(plan, &sender);
	return status;
}
