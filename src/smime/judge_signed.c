/* One signed level: who signed, whether it is intact, trusted, and the From. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "ber/value.h"
#include "cert/email.h"
#include "crypt/public_key.h"
#include "smime/judge.h"

/* Clocks differ; more than this in the future is no clock. */
enum { FUTURE_SECONDS = 24 * 60 * 60 };

typedef struct bench {
	sn_plan *plan;
	size_t index;
	const sn_sender *sender;
	signet_result *result;
	size_t layer;               /* in result */
	bool any_trusted;
	bool any_intact;
	bool any_bad;
} bench;

static sn_layer_result *layer_of(const bench *b)
{
	return &b->result->layers[b->layer];
}

/* "ecdsa-p256", "rsa-pkcs1", "ed25519" */
static void name_algorithm(const sn_signer *signer, char text[32])
{
	const sn_alg *alg = sn_alg_by_oid(SN_ALG_SIGNATURE, signer->info.signature_algorithm.oid);
	const char *key = signer->cert != NULL ? signet_cert_key_algorithm(signer->cert) : NULL;

	text[0] = '\0';
	if (alg == NULL)
		return;
	if (strcmp(alg->name, "ecdsa") == 0 && key != NULL && strncmp(key, "p-", 2) == 0)
		(void)snprintf(text, 32, "ecdsa-p%s", key + 2);
	else if (strcmp(alg->name, "ecdsa") == 0 && key != NULL)
		(void)snprintf(text, 32, "ecdsa-%s", key);
	else
		(void)snprintf(text, 32, "%s", alg->name);
}

static signet_status name_missing(bench *b, const sn_signer *signer, sn_signer_result *out,
    signet_error *err)
{
	const sn_cms_identifier *id = &signer->info.id;
	const sn_span octets = id->is_key_id ? id->key_id : id->serial;
	signet_context *ctx = b->plan->ctx;
	sn_buf text;
	signet_status status = SIGNET_OK;

	sn_buf_init(&text, ctx, ctx->limits.signer_info * 4, "a signer's name");
	if (!id->is_key_id)
		status = sn_name_text(ctx, id->issuer, &text, err);
	if (signet_status_exit(status) == 65)
		status = SIGNET_OK;
	if (status == SIGNET_OK && !id->is_key_id)
		status = sn_strndup(ctx, (const char *)text.data, text.size, &out->issuer, err);
	sn_buf_reset(&text);
	if (status == SIGNET_OK && id->is_key_id)
		status = sn_buf_append_text(&text, "ski:", err);
	for (size_t i = 0; i < octets.size && status == SIGNET_OK; i++)
		status = sn_buf_printf(&text, err, "%02x", octets.data[i]);
	if (status == SIGNET_OK)
		status = sn_strndup(ctx, (const char *)text.data, text.size, &out->serial, err);
	sn_buf_clear(&text);
	return status;
}

static signet_status problem(bench *b, const char *code, const char *text, const char *who,
    signet_error *err)
{
	signet_status status = sn_result_problem(b->result, (int)b->layer, code, err, "%s", text);

	if (status == SIGNET_OK && who != NULL)
		status = sn_result_problem_arg(b->result, "signer", who, err);
	return status;
}

static const char *who_of(const sn_signer *signer)
{
	const char *address = signer->cert != NULL ? signet_cert_address(signer->cert, 0) : NULL;

	if (address != NULL)
		return address;
	return signer->cert != NULL ? signet_cert_subject(signer->cert) : "the signer";
}

/* SHA-1 and MD5 signatures can be forged, DSA is withdrawn; their signer is not believed. */
static signet_status judge_weakness(bench *b, const sn_signer *signer, sn_signer_result *out,
    signet_error *err)
{
	const sn_cms_algorithm *used = &signer->info.signature_algorithm;
	const char *weak = sn_signature_weakness(
	    sn_alg_by_oid(SN_ALG_SIGNATURE, used->oid), used->parameters, signer->digest);
	char text[120];
	signet_status status;

	if (weak == NULL || !sn_weakness_counts(weak, b->plan->options->time))
		return SIGNET_OK;
	if (out->status == SIGNET_SIGNER_VALID)
		out->reason = "weak-algorithm";
	out->status = SIGNET_SIGNER_UNTRUSTED;
	(void)snprintf(text, sizeof(text),
	    "the signature uses %s, which is too weak to prove who made it", weak);
	status = problem(b, "weak-algorithm", text, who_of(signer), err);
	return status == SIGNET_OK ? sn_result_problem_arg(b->result, "algorithm", weak, err) : status;
}

static bool is_within(const signet_cert *cert, int64_t time)
{
	return time != SN_TIME_NONE && time >= signet_cert_not_before(cert) &&
	    time < signet_cert_not_after(cert);
}

/* An expired certificate, and a signature that says it is older: nothing proves the time. */
static signet_status tell_expired(bench *b, const sn_signer *signer, sn_signer_result *out,
    signet_error *err)
{
	char until[SN_TIME_TEXT];
	char signed_at[SN_TIME_TEXT];
	char text[400];
	signet_status status;

	sn_time_format(signet_cert_not_after(signer->cert), until);
	status = sn_result_problem_arg(b->result, "not_after", until, err);
	if (status != SIGNET_OK || !is_within(signer->cert, out->signing_time))
		return status;
	out->reason = "expired-since";
	sn_time_format(out->signing_time, signed_at);
	(void)snprintf(text, sizeof(text), "the certificate of %.150s was valid until %s; the message says "
	    "that it was signed before, at %s, but nothing proves that", who_of(signer), until, signed_at);
	status = problem(b, out->reason, text, who_of(signer), err);
	return status == SIGNET_OK ? sn_result_problem_arg(b->result, "not_after", until, err) : status;
}

/* When and why; a time of signing before that is only the signer's word. */
static signet_status tell_revoked(const bench *b, const sn_chain_verdict *chain, signet_error *err)
{
	char time[SN_TIME_TEXT];
	signet_status status = SIGNET_OK;

	if (chain->revoked_at != SN_TIME_NONE) {
		sn_time_format(chain->revoked_at, time);
		status = sn_result_problem_arg(b->result, "revoked_at", time, err);
	}
	if (status == SIGNET_OK && chain->revocation_reason != NULL)
		status = sn_result_problem_arg(
		    b->result, "revocation_reason", chain->revocation_reason, err);
	return status;
}

static signet_status tell_untrusted(bench *b, const sn_signer *signer,
    const sn_chain_verdict *chain, sn_signer_result *out, signet_error *err)
{
	signet_status status = problem(b, chain->reason, chain->text, who_of(signer), err);

	if (status == SIGNET_OK && strcmp(chain->reason, "cert-revoked") == 0)
		return tell_revoked(b, chain, err);
	if (status != SIGNET_OK || strcmp(chain->reason, "cert-expired") != 0 ||
	    b->plan->options->time < signet_cert_not_after(signer->cert))
		return status;
	return tell_expired(b, signer, out, err);
}

/* CRLs and OCSP answers that came with the signature, once. */
static signet_status hand_over_stapled(bench *b, sn_inquiry *inquiry, signet_error *err)
{
	sn_signed_level *sig = &b->plan->levels[b->index].sig;
	sn_ber_list list = sn_ber_list_of((sn_span){ sig->revocation.data, sig->revocation.size }, 0);
	signet_status status = SIGNET_OK;

	while (status == SIGNET_OK && !sig->is_stapled && !sn_ber_list_is_empty(&list)) {
		sn_ber_item item;

		status = sn_ber_list_next(&list, "RevocationInfoChoice", &item, err);
		if (status == SIGNET_OK)
			status = sn_inquiry_add_stapled(inquiry, item.der, err);
	}
	sig->is_stapled = true;
	return status;
}

/* The network learns of it only once every signature of the level has verified. */
static signet_status evaluate(bench *b, const sn_signer *signer, sn_chain_verdict *chain_out,
    signet_error *err)
{
	const sn_level *level = &b->plan->levels[b->index];
	const signet_open_options *options = b->plan->options;
	sn_chain_request request = { .trust = options->trust, .leaf = signer->cert,
		.more = level->sig.certs, .purpose = SN_PURPOSE_SIGN, .at = options->time,
		.may_ask = level->is_proven };
	signet_status status = sn_plan_inquiry(b->plan, &request.inquiry, err);

	if (status == SIGNET_OK)
		status = hand_over_stapled(b, request.inquiry, err);
	return status == SIGNET_OK ? sn_chain_evaluate(b->plan->ctx, &request, chain_out, err) : status;
}

static signet_status judge_trust(bench *b, const sn_signer *signer, sn_signer_result *out,
    signet_error *err)
{
	const signet_open_options *options = b->plan->options;
	sn_chain_verdict chain = { 0 };
	signet_status status = SIGNET_OK;

	out->status = SIGNET_SIGNER_UNTRUSTED;
	if (options->trust == NULL) {
		out->reason = "issuer-unknown";
		return problem(b, out->reason, "no certification authority is trusted: nothing says who "
		    "the signer is", who_of(signer), err);
	}
	status = evaluate(b, signer, &chain, err);
	if (status != SIGNET_OK)
		return status;
	out->revocation = chain.revocation;
	if (chain.state == SN_CHAIN_VALID)
		out->status = SIGNET_SIGNER_VALID;
	else {
		out->reason = chain.reason;
		status = tell_untrusted(b, signer, &chain, out, err);
	}
	if (status == SIGNET_OK && chain.state == SN_CHAIN_VALID &&
	    chain.revocation == SN_REVOCATION_UNKNOWN)
		status = problem(b, "revocation-unknown", chain.text, who_of(signer), err);
	sn_chain_verdict_clear(b->plan->ctx, &chain);
	return status;
}

static signet_status judge_bad(bench *b, const sn_signer *signer, sn_signer_result *out,
    signet_error *err)
{
	char text[400];
	const char *what = "the signature does not belong to this content: one of them was altered";

	b->any_bad = true;
	out->status = SIGNET_SIGNER_INVALID;
	out->reason = "signature-invalid";
	if (signer->state == SN_CMS_SIGNATURE_DIGEST_BAD) {
		out->reason = "digest-mismatch";
	} else if (signer->state == SN_CMS_SIGNATURE_FORM_BAD) {
		out->reason = signer->reason != NULL ? signer->reason : "attribute-malformed";
		what = "the signature is not of the form that the standard demands";
	}
	if (signer->state == SN_CMS_SIGNATURE_DIGEST_BAD)
		(void)snprintf(text, sizeof(text), "the text does not match what %.300s signed",
		    who_of(signer));
	else
		(void)snprintf(text, sizeof(text), "%s (signer: %.200s)", what, who_of(signer));
	return problem(b, out->reason, text, who_of(signer), err);
}

static signet_status judge_unsupported(bench *b, const sn_signer *signer, sn_signer_result *out,
    signet_error *err)
{
	out->status = SIGNET_SIGNER_UNVERIFIABLE;
	out->reason = signer->reason != NULL ? signer->reason : "algorithm-unavailable";
	if (signer->cert == NULL)
		return problem(b, "certificate-missing", "the signer's certificate is not in the message: "
		    "the signature cannot be verified", NULL, err);
	return problem(b, out->reason, "the signature uses an algorithm that is not available here",
	    who_of(signer), err);
}

static void match_from(const bench *b, const sn_signer *signer, sn_signer_result *out)
{
	if (b->sender->is_bare || signer->cert == NULL)
		return;
	out->matches_from = SN_NO;
	for (size_t i = 0; i < b->sender->from_count; i++)
		if (signet_cert_has_address(signer->cert, b->sender->from[i]))
			out->matches_from = SN_YES;
}

static signet_status read_attributes(bench *b, const sn_signer *signer, sn_signer_result *out,
    signet_error *err)
{
	sn_cms_attributes attributes;
	const char *form;

	if (!signer->info.has_signed_attributes ||
	    sn_cms_attributes_read(&signer->info, &attributes, &form, NULL) != SIGNET_OK ||
	    !attributes.has_signing_time)
		return SIGNET_OK;
	out->signing_time = attributes.signing_time;
	if (out->signing_time > b->plan->options->time + FUTURE_SECONDS)
		return problem(b, "signing-time-future",
		    "the signature says that it was made in the future", who_of(signer), err);
	if (b->sender->date != SN_TIME_NONE && !b->sender->is_bare &&
	    (out->signing_time > b->sender->date + FUTURE_SECONDS ||
	        out->signing_time < b->sender->date - FUTURE_SECONDS))
		return problem(b, "date-mismatch",
		    "the Date of the message is more than a day away from the time of the signature",
		    who_of(signer), err);
	return SIGNET_OK;
}

static signet_status judge_signer(bench *b, const sn_signer *signer, signet_error *err)
{
	sn_signer_result *out;
	signet_status status = sn_result_add_signer(b->result, layer_of(b), &out, err);

	if (status != SIGNET_OK)
		return status;
	if (signer->cert != NULL)
		out->cert = signet_cert_ref(signer->cert);
	else
		status = name_missing(b, signer, out, err);
	out->digest = signer->digest != NULL ? signer->digest->name : NULL;
	name_algorithm(signer, out->algorithm);
	match_from(b, signer, out);
	if (status == SIGNET_OK)
		status = read_attributes(b, signer, out, err);
	if (status != SIGNET_OK)
		return status;
	switch (signer->state) {
	case SN_CMS_SIGNATURE_GOOD:
		b->any_intact = true;
		status = judge_trust(b, signer, out, err);
		if (status == SIGNET_OK)
			status = judge_weakness(b, signer, out, err);
		b->any_trusted = b->any_trusted || out->status == SIGNET_SIGNER_VALID;
		return status;
	case SN_CMS_SIGNATURE_BAD:
	case SN_CMS_SIGNATURE_DIGEST_BAD:
	case SN_CMS_SIGNATURE_FORM_BAD:
		return judge_bad(b, signer, out, err);
	case SN_CMS_SIGNATURE_UNSUPPORTED:
		return judge_unsupported(b, signer, out, err);
	}
	return SIGNET_OK;
}

/* Whether a signer of that standing has the address in the certificate. */
static bool has_signer(const bench *b, const char *address, signet_signer_status status)
{
	const sn_layer_result *layer = layer_of(b);

	for (size_t i = 0; i < layer->signer_count; i++)
		if (layer->signers[i].status == status && layer->signers[i].cert != NULL &&
		    signet_cert_has_address(layer->signers[i].cert, address))
			return true;
	return false;
}

static bool trusted_has_address(const bench *b)
{
	const sn_layer_result *layer = layer_of(b);

	for (size_t i = 0; i < layer->signer_count; i++)
		if (layer->signers[i].status == SIGNET_SIGNER_VALID &&
		    signet_cert_address(layer->signers[i].cert, 0) != NULL)
			return true;
	return false;
}

/* Why a trusted signer is not the one who is shown. */
static signet_status tell_impostor(bench *b, const char *missing, signet_error *err)
{
	const sn_sender *sender = b->sender;
	const sn_layer_result *layer = layer_of(b);
	const char *who = NULL;
	char text[400];

	for (size_t i = 0; i < layer->signer_count && who == NULL; i++)
		if (layer->signers[i].status == SIGNET_SIGNER_VALID)
			who = signet_cert_address(layer->signers[i].cert, 0);
	if (sender->from_count == 0)
		return problem(b, "from-missing", "the message has no From: nothing says whom the "
		    "signature is to be held against", who, err);
	if (!trusted_has_address(b))
		return problem(b, "certificate-without-address",
		    "the signer's certificate holds no e-mail address", NULL, err);
	if (sender->from_count > 1 && sender->field_count == 1)
		(void)snprintf(text, sizeof(text),
		    "the message is from %zu addresses, and %s has not signed it", sender->from_count, missing);
	else
		(void)snprintf(text, sizeof(text), "the message says it is from %s, but it was signed by %s",
		    missing, who);
	if (sender->field_count > 1)
		return problem(b, "from-fields", "the message has more than one From field, and not all "
		    "of them name the signer", who, err);
	if (sender->from_count > 1)
		return problem(b, "from-several", text, who, err);
	if (sender->sender != NULL && has_signer(b, sender->sender, SIGNET_SIGNER_VALID))
		return problem(b, "sender-only", text, who, err);
	return problem(b, "sender-mismatch", text, who, err);
}

/* RFC 8550 3: an address in the subject counts where there is none in subjectAltName. */
static signet_status tell_subject(bench *b, signet_error *err)
{
	const sn_layer_result *layer = layer_of(b);

	for (size_t i = 0; i < layer->signer_count; i++)
		if (layer->signers[i].matches_from == SN_YES && layer->signers[i].cert != NULL &&
		    sn_cert_address_is_subject(layer->signers[i].cert))
			return problem(b, "address-in-subject", "the signer's address stands in the name of the "
			    "certificate only, where authorities check it less", NULL, err);
	return SIGNET_OK;
}

static signet_status judge_shown(bench *b, sn_findings *findings, signet_error *err)
{
	bool is_true = false;
	signet_status status =
	    sn_judge_shown(b->sender, (int)b->layer, b->result, &is_true, err);

	findings->applies[is_true ? SIGNET_VERDICT_VALID : SIGNET_VERDICT_IMPOSTOR] = true;
	return status == SIGNET_OK ? tell_subject(b, err) : status;
}

/* Whether every From is a trusted signer; if not, which verdicts apply. */
static signet_status judge_sender(bench *b, sn_findings *findings, signet_error *err)
{
	const sn_sender *sender = b->sender;
	const char *missing = NULL;

	if (sender->is_bare || b->plan->options->ignore_sender) {
		findings->applies[b->any_trusted ? SIGNET_VERDICT_VALID : SIGNET_VERDICT_UNTRUSTED] = true;
		return SIGNET_OK;
	}
	for (size_t i = 0; i < sender->from_count && missing == NULL; i++)
		if (!has_signer(b, sender->from[i], SIGNET_SIGNER_VALID))
			missing = sender->from[i];
	if (missing == NULL && sender->from_count != 0 && !sender->is_damaged)
		return judge_shown(b, findings, err);
	if (!b->any_trusted) {
		findings->applies[SIGNET_VERDICT_UNTRUSTED] = true;
		return SIGNET_OK;
	}
	findings->applies[SIGNET_VERDICT_IMPOSTOR] = true;
	if (missing == NULL && sender->from_count != 0)
		return problem(b, "from-malformed", "the From cannot be read to its end: what is shown "
		    "may not be who signed", NULL, err);
	return tell_impostor(b, missing, err);
}

signet_status sn_judge_signed(sn_plan *plan, size_t index, const sn_sender *sender,
    signet_result *result, sn_findings *findings, signet_error *err)
{
	const sn_signed_level *sig = &plan->levels[index].sig;
	bench b = { .plan = plan, .index = index, .sender = sender, .result = result,
		.layer = result->layer_count };
	sn_layer_result *layer;
	signet_status status = sn_result_add_layer(result, &layer, err);

	if (status != SIGNET_OK)
		return status;
	layer->type = SIGNET_LAYER_SIGNED;
	layer->is_opaque = !sig->is_clear;
	for (size_t i = 0; i < sig->signer_count && status == SIGNET_OK; i++)
		status = judge_signer(&b, &sig->signers[i], err);
	if (status != SIGNET_OK)
		return status;
	if (sig->signer_count == 0)
		return problem(&b, "no-signer", "the SignedData has no signer", NULL, err);
	if (plan->levels[index].is_unclosed) {
		status = problem(&b, "unclosed-multipart",
		    "the end of the multipart/signed is missing; the signature is complete", NULL, err);
		if (status != SIGNET_OK)
			return status;
	}
	if (b.any_bad) {
		findings->applies[SIGNET_VERDICT_TAMPERED] = true;
		return SIGNET_OK;
	}
	if (!b.any_intact) {
		findings->applies[SIGNET_VERDICT_UNTRUSTED] = true;
		return SIGNET_OK;
	}
	result->is_signed = true;
	return judge_sender(&b, findings, err);
}
