/* Orders OCSP answers from cert/ocsp_answer.h, and the links of a CA's log. */
#include <signet/ca.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "cert/cert.h"
#include "cert/ocsp_answer.h"
#include "crypt/digest.h"

enum { ANSWER_MAX = 1 << 20 };

static signet_status look(const signet_ca_ocsp *options, const sn_ocsp_cert_id *id,
    sn_ocsp_single *single, signet_error *err)
{
	static const sn_ocsp_state states[] = {
		[SIGNET_CA_GOOD] = SN_OCSP_GOOD,
		[SIGNET_CA_REVOKED] = SN_OCSP_REVOKED,
		[SIGNET_CA_UNKNOWN] = SN_OCSP_UNKNOWN,
	};
	signet_ca_status said = { .state = SIGNET_CA_UNKNOWN, .reason = -1 };
	char serial[2 * SN_OCSP_SERIAL_MAX + 1];
	sn_span octets = id->serial;

	if (octets.size > SN_OCSP_SERIAL_MAX)
		return signet_fail(err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET, "a long serial number");
	if (octets.size > 1 && octets.data[0] == 0)
		octets = (sn_span){ octets.data + 1, octets.size - 1 };
	sn_hex_encode(octets.data, octets.size, serial);
	options->look(options->user, serial, &said);
	single->state = states[said.state];
	single->revoked_at = said.revoked_at;
	single->reason = said.reason;
	return SIGNET_OK;
}

/* RFC 5019 2.2.3: who asks about others' certificates only is not authorized to ask here. */
static signet_status collect(signet_context *ctx, const signet_ca_ocsp *options,
    const sn_ocsp_question *question, sn_ocsp_single *singles, bool *ours_out, signet_error *err)
{
	signet_status status = SIGNET_OK;

	*ours_out = false;
	for (size_t i = 0; status == SIGNET_OK && i < question->count; i++) {
		bool is_ours = false;

		singles[i] = (sn_ocsp_single){
			.cert_id = question->asked[i].der, .state = SN_OCSP_UNKNOWN, .reason = -1
		};
		status =
		    sn_ocsp_is_issuer(ctx, &question->asked[i], options->issuer, &is_ours, err);
		if (status == SIGNET_OK && is_ours)
			status = look(options, &question->asked[i], &singles[i], err);
		*ours_out = *ours_out || is_ours;
	}
	return status;
}

static signet_status sign(signet_context *ctx, const signet_ca_ocsp *options,
    const sn_ocsp_question *question, const sn_ocsp_single *singles, sn_buf *out, signet_error *err)
{
	const sn_ocsp_answer answer = {
		.singles = singles,
		.count = question->count,
		.nonce = question->nonce,
		.produced_at = options->now,
		.this_update = options->now,
		.next_update = options->next_update,
	};
	signet_cert *signer = signet_identity_cert(options->signer);
	signet_key *key = NULL;
	signet_status status = signet_identity_key(options->signer, &key, err);

	if (status != SIGNET_OK)
		return status;
	return sn_ocsp_answer_write(
	    ctx, &answer, signer, key, !signet_cert_equal(signer, options->issuer), out, err);
}

static signet_status answer(signet_context *ctx, const signet_ca_ocsp *options, sn_span request,
    sn_buf *out, signet_ca_answer_kind *kind_out, signet_error *err)
{
	sn_ocsp_single singles[SN_OCSP_ASKED_MAX];
	sn_ocsp_question question;
	bool is_ours;
	signet_status status;

	*kind_out = SIGNET_CA_ANSWER_ERROR;
	if (sn_ocsp_question_read(request, &question, NULL) != SIGNET_OK)
		return sn_ocsp_error_write(SN_OCSP_MALFORMED_REQUEST, out, err);
	status = collect(ctx, options, &question, singles, &is_ours, err);
	if (status != SIGNET_OK)
		return status;
	if (!is_ours)
		return sn_ocsp_error_write(SN_OCSP_UNAUTHORIZED, out, err);
	*kind_out =
	    question.nonce.size != 0 ? SIGNET_CA_ANSWER_NONCE : SIGNET_CA_ANSWER_SHARED;
	return sign(ctx, options, &question, singles, out, err);
}

signet_status signet_ca_answer(signet_context *ctx, const signet_ca_ocsp *options,
    const uint8_t *request, size_t size, signet_sink *out, signet_ca_answer_kind *kind_out,
    signet_error *err)
{
	signet_ca_answer_kind kind;
	sn_buf written;
	signet_status status;

	sn_buf_init(&written, ctx, ANSWER_MAX, "an OCSP answer");
	status = answer(ctx, options, (sn_span){ request, size }, &written, &kind, err);
	if (status == SIGNET_OK)
		status = out->write(out, written.data, written.size, err);
	if (status == SIGNET_OK)
		*kind_out = kind;
	sn_buf_clear(&written);
	return status;
}

signet_status signet_ca_question(signet_context *ctx, const signet_cert *issuer,
    const char *serial, const char *digest, signet_sink *out, signet_error *err)
{
	sn_buf written;
	signet_status status;

	if (!sn_ascii_equal(digest, "sha1") && !sn_ascii_equal(digest, "sha256"))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "an OCSP request is by sha1 or sha256, not \"%.20s\"", digest);
	sn_buf_init(&written, ctx, SN_OCSP_QUESTION_MAX, "an OCSP request");
	status = sn_ocsp_question_write(ctx, issuer, serial, digest, &written, err);
	if (status == SIGNET_OK)
		status = out->write(out, written.data, written.size, err);
	sn_buf_clear(&written);
	return status;
}

signet_status signet_ca_log_link(signet_context *ctx, const char *before, const void *line,
    size_t size, char link_out[SIGNET_CA_LINK + 1], signet_error *err)
{
	uint8_t value[SN_DIGEST_MAX];
	sn_digest *digest = NULL;
	size_t value_size = 0;
	signet_status status;

	status = sn_digest_new(ctx, sn_alg_by_name(SN_ALG_DIGEST, "sha256"), &digest, err);
	if (status == SIGNET_OK)
		status = sn_digest_write(digest, before, strlen(before), err);
	if (status == SIGNET_OK)
		status = sn_digest_write(digest, line, size, err);
	if (status == SIGNET_OK)
		status = sn_digest_finish(digest, value, &value_size, err);
	if (status == SIGNET_OK)
		sn_hex_encode(value, value_size, link_out);
	sn_digest_free(&digest);
	return status;
}
