/*
 * Where answers are looked for, from what tells nobody anything to what does: the message itself, the
 * cache, a responder, a distribution point; and the issuers that a path lacks.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "base/mem.h"
#include "crypt/secret.h"
#include "trust/trust_int.h"

enum {
	CRL_OCTETS = 20 << 20,
	ANSWER_OCTETS = 256 << 10,
	ISSUER_OCTETS = 256 << 10,
	ISSUER_URLS = 8,
	ISSUERS_OF_URL = 16,
	ISSUER_DAYS = 7
};

typedef struct search {
	sn_inquiry *inquiry;
	const signet_trust *trust;
	const signet_cert *cert;
	const signet_cert *issuer;
	sn_standing *standing;
} search;

static bool is_settled(const sn_standing *standing)
{
	return standing->state == SN_REVOCATION_GOOD || standing->state == SN_REVOCATION_REVOKED;
}

/* A proof that it was revoked wins over one that it was not. */
static signet_status judge_answer(const search *s, const sn_ocsp_answer *answer, signet_error *err)
{
	sn_standing found = { .state = SN_REVOCATION_UNCHECKED };
	const signet_status status =
	    sn_ocsp_judge(s->inquiry, s->trust, answer, s->cert, s->issuer, &found, err);

	if (status == SIGNET_OK && (found.state == SN_REVOCATION_REVOKED ||
				       (found.state == SN_REVOCATION_GOOD && !is_settled(s->standing))))
		*s->standing = found;
	return status;
}

static signet_status look_at_answers(const search *s, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < s->inquiry->answer_count && status == SIGNET_OK &&
	     s->standing->state != SN_REVOCATION_REVOKED; i++)
		status = judge_answer(s, &s->inquiry->answers[i], err);
	return status;
}

static signet_status recall_answer(const search *s, signet_error *err)
{
	const sn_ocsp_answer *answer = NULL;
	bool found = false;
	sn_buf value;
	signet_status status;

	sn_buf_init(&value, s->inquiry->ctx, ANSWER_OCTETS, "an OCSP answer");
	status = sn_inquiry_recall(s->inquiry, "ocsp", signet_cert_fingerprint(s->cert), ANSWER_OCTETS,
	    &value, &found, err);
	if (status == SIGNET_OK && found)
		status = sn_inquiry_add_answer(
		    s->inquiry, (sn_span){ value.data, value.size }, NULL, &answer, err);
	if (status == SIGNET_OK && answer != NULL)
		status = judge_answer(s, answer, err);
	sn_buf_clear(&value);
	return status;
}

static signet_status recall_crl(const search *s, const char *url, bool *found_out,
    signet_error *err)
{
	X509_CRL *crl = NULL;
	bool found = false;
	sn_buf value;
	signet_status status;

	sn_buf_init(&value, s->inquiry->ctx, CRL_OCTETS, "a revocation list");
	status = sn_inquiry_recall(s->inquiry, "crl", url, CRL_OCTETS, &value, &found, err);
	if (status == SIGNET_OK && found)
		status = sn_inquiry_add_crl(
		    s->inquiry, (sn_span){ value.data, value.size }, &crl, err);
	*found_out = crl != NULL;
	sn_buf_clear(&value);
	return status;
}

static signet_status recall(const search *s, signet_error *err)
{
	sn_urls urls = { .count = 0 };
	bool found = false;
	signet_status status = recall_answer(s, err);

	if (status != SIGNET_OK || is_settled(s->standing))
		return status;
	status = sn_urls_of_points(s->inquiry->ctx, s->cert, &urls, err);
	for (size_t i = 0; i < urls.count && status == SIGNET_OK; i++)
		status = recall_crl(s, urls.url[i], &found, err);
	sn_urls_clear(s->inquiry->ctx, &urls);
	return status;
}

/* An answer that proved something is kept, whole, as long as it says that it holds. */
static void keep_answer(const search *s, const sn_buf *response)
{
	if (is_settled(s->standing) && s->standing->next_update != SN_TIME_NONE)
		sn_inquiry_remember(s->inquiry, "ocsp", signet_cert_fingerprint(s->cert),
		    (sn_span){ response->data, response->size }, s->standing->next_update);
	else if (!is_settled(s->standing))
		(void)snprintf(s->inquiry->why, sizeof(s->inquiry->why),
		    "the responder's answer proves nothing about this certificate now");
}

static signet_status ask_responder(const search *s, const char *url, signet_error *err)
{
	uint8_t nonce[SN_OCSP_NONCE];
	sn_buf request, response;
	char what[96];
	sn_question question = { .what = what, .url = url, .max = ANSWER_OCTETS,
		.accept = "Accept: application/ocsp-response",
		.content_type = "Content-Type: application/ocsp-request" };
	const sn_ocsp_answer *answer = NULL;
	bool found = false;
	signet_status status = sn_random(s->inquiry->ctx, nonce, sizeof(nonce), err);

	sn_buf_init(&request, s->inquiry->ctx, ANSWER_OCTETS, "an OCSP request");
	sn_buf_init(&response, s->inquiry->ctx, ANSWER_OCTETS, "an OCSP answer");
	(void)snprintf(what, sizeof(what), "ocsp %.80s", signet_cert_fingerprint(s->cert));
	if (status == SIGNET_OK)
		status = sn_ocsp_request(s->inquiry->ctx, s->cert, s->issuer, nonce, &request, err);
	question.body = (sn_span){ request.data, request.size };
	if (status == SIGNET_OK)
		status = sn_inquiry_ask(s->inquiry, &question, &response, &found, err);
	if (status == SIGNET_OK && found)
		status = sn_inquiry_add_answer(
		    s->inquiry, (sn_span){ response.data, response.size }, nonce, &answer, err);
	if (status == SIGNET_OK && answer != NULL) {
		status = judge_answer(s, answer, err);
		keep_answer(s, &response);
	}
	sn_buf_clear(&request);
	sn_buf_clear(&response);
	return status;
}

static signet_status ask_responders(const search *s, signet_error *err)
{
	sn_urls urls = { .count = 0 };
	signet_status status =
	    sn_urls_of_access(s->inquiry->ctx, s->cert, NID_ad_OCSP, &urls, err);

	for (size_t i = 0; i < urls.count && status == SIGNET_OK && !is_settled(s->standing); i++)
		status = ask_responder(s, urls.url[i], err);
	sn_urls_clear(s->inquiry->ctx, &urls);
	return status;
}

static signet_status fetch_crl(const search *s, const char *url, bool *found_out,
    signet_error *err)
{
	const sn_question question = { .what = "crl", .url = url, .max = CRL_OCTETS,
		.accept = "Accept: application/pkix-crl" };
	X509_CRL *crl = NULL;
	bool found = false;
	sn_buf value;
	signet_status status;

	sn_buf_init(&value, s->inquiry->ctx, CRL_OCTETS, "a revocation list");
	status = sn_inquiry_ask(s->inquiry, &question, &value, &found, err);
	if (status == SIGNET_OK && found)
		status = sn_inquiry_add_crl(
		    s->inquiry, (sn_span){ value.data, value.size }, &crl, err);
	if (status == SIGNET_OK && found && crl == NULL)
		(void)snprintf(s->inquiry->why, sizeof(s->inquiry->why),
		    "what the distribution point sent is no revocation list");
	*found_out = crl != NULL;
	sn_buf_clear(&value);
	return status;
}

/* Of several places for the same list the first that has it will do; a delta comes as well. */
static signet_status fetch_crls(const search *s, signet_error *err)
{
	const bool has_delta =
	    X509_get_ext_by_NID(sn_cert_x509(s->cert), NID_freshest_crl, -1) >= 0;
	sn_urls urls = { .count = 0 };
	bool found = false;
	signet_status status = sn_urls_of_points(s->inquiry->ctx, s->cert, &urls, err);

	for (size_t i = 0; i < urls.count && status == SIGNET_OK && (!found || has_delta); i++)
		status = fetch_crl(s, urls.url[i], &found, err);
	sn_urls_clear(s->inquiry->ctx, &urls);
	return status;
}

signet_status sn_learn(sn_inquiry *inquiry, const signet_trust *trust, sn_reach reach,
    const signet_cert *cert, const signet_cert *issuer, sn_standing *standing, signet_error *err)
{
	const search s = { inquiry, trust, cert, issuer, standing };
	signet_status status;

	switch (reach) {
	case SN_REACH_MESSAGE: return look_at_answers(&s, err);
	case SN_REACH_CACHE: return recall(&s, err);
	case SN_REACH_NETWORK:
		status = ask_responders(&s, err);
		return status == SIGNET_OK && !is_settled(standing) ? fetch_crls(&s, err) : status;
	}
	return SIGNET_OK;
}

signet_status sn_learn_keep_crl(sn_inquiry *inquiry, const signet_cert *cert, X509_CRL *crl,
    signet_error *err)
{
	const int64_t until = sn_asn1_time(X509_CRL_get0_nextUpdate(crl));
	sn_urls urls = { .count = 0 };
	unsigned char *der = NULL;
	int size;
	signet_status status;

	if (inquiry->network == NULL || inquiry->network->cache == NULL || until == SN_TIME_NONE)
		return SIGNET_OK;
	status = sn_urls_of_points(inquiry->ctx, cert, &urls, err);
	size = status == SIGNET_OK && urls.count > 0 ? i2d_X509_CRL(crl, &der) : 0;
	for (size_t i = 0; size > 0 && i < urls.count; i++) {
		char key[SN_URL_MAX + 8];

		/* under the place that it came from */
		(void)snprintf(key, sizeof(key), "crl %s", urls.url[i]);
		for (size_t k = 0; k < inquiry->asked_count; k++)
			if (strcmp(inquiry->asked[k], key) == 0) {
				sn_inquiry_remember(
				    inquiry, "crl", urls.url[i], (sn_span){ der, (size_t)size }, until);
				i = urls.count;
				break;
			}
	}
	OPENSSL_free(der);
	sn_urls_clear(inquiry->ctx, &urls);
	return status;
}

/* What is there by that name already does not count: it did not help. */
static signet_status add_issuers(sn_inquiry *inquiry, const sn_buf *data, const signet_cert *cert,
    bool *found_out, signet_error *err)
{
	const sn_span wanted = sn_cert_issuer_der(cert);
	signet_cert_list *list = NULL;
	signet_status status = signet_cert_list_new(inquiry->ctx, &list, err);

	if (status == SIGNET_OK)
		status = signet_cert_list_read(list, data->data, data->size, NULL, err);
	if (signet_status_exit(status) == 65) {
		(void)snprintf(inquiry->why, sizeof(inquiry->why), "what was sent is no certificate");
		status = SIGNET_OK;
	}
	for (size_t i = 0; status == SIGNET_OK && i < ISSUERS_OF_URL && i < signet_cert_list_count(list);
	    i++) {
		signet_cert *one = signet_cert_list_get(list, i);
		const size_t before = signet_cert_list_count(inquiry->issuers);

		status = signet_cert_list_add(inquiry->issuers, one, err);
		if (signet_cert_list_count(inquiry->issuers) > before &&
		    sn_span_equal(sn_cert_subject_der(one), wanted))
			*found_out = true;
	}
	signet_cert_list_free(&list);
	return status;
}

static signet_status get_issuers(sn_inquiry *inquiry, const signet_cert *cert, const char *url,
    bool *found_out, signet_error *err)
{
	const sn_question question = { .what = "issuer", .url = url, .max = ISSUER_OCTETS,
		.accept = "Accept: application/pkix-cert, application/pkcs7-mime" };
	bool have = false, was_kept = false;
	sn_buf data;
	signet_status status;

	sn_buf_init(&data, inquiry->ctx, ISSUER_OCTETS, "an issuer's certificate");
	status = sn_inquiry_recall(inquiry, "issuer", url, ISSUER_OCTETS, &data, &was_kept, err);
	if (status == SIGNET_OK && was_kept)
		status = add_issuers(inquiry, &data, cert, found_out, err);
	if (status == SIGNET_OK && !*found_out) {
		sn_buf_reset(&data);
		status = sn_inquiry_ask(inquiry, &question, &data, &have, err);
	}
	if (status == SIGNET_OK && have)
		status = add_issuers(inquiry, &data, cert, found_out, err);
	if (status == SIGNET_OK && have && *found_out)
		sn_inquiry_remember(inquiry, "issuer", url, (sn_span){ data.data, data.size },
		    inquiry->at + (int64_t)ISSUER_DAYS * 24 * 60 * 60);
	sn_buf_clear(&data);
	return status;
}

signet_status sn_learn_issuers(sn_inquiry *inquiry, const signet_cert *cert, bool *found_out,
    signet_error *err)
{
	sn_urls urls = { .count = 0 };
	signet_status status = sn_urls_of_access(inquiry->ctx, cert, NID_ad_ca_issuers, &urls, err);

	*found_out = false;
	for (size_t i = 0; i < urls.count && status == SIGNET_OK && !*found_out &&
	     inquiry->issuer_urls < ISSUER_URLS; i++) {
		inquiry->issuer_urls++;
		status = get_issuers(inquiry, cert, urls.url[i], found_out, err);
	}
	sn_urls_clear(inquiry->ctx, &urls);
	return status;
}
