/*
 * Asking, with bounds. A host that did not answer is not asked again for this message: a sender who
 * names dead responders for each certificate costs his reader one time-out for each of at most three
 * hosts.
 */
#include "trust/inquiry.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "crypt/evp.h"
#include "trust/trust_int.h"

enum {
	REQUESTS_MAX = 24,
	DEAD_HOSTS_MAX = 3,
	WORK_MAX = 256,
	STAPLED_CRLS_MAX = 4096,
	KEY_MAX = SN_URL_MAX + 128,
	HOST_MAX = 256
};

signet_status sn_inquiry_new(signet_context *ctx, const signet_network *network, int64_t at,
    sn_inquiry **inquiry_out, signet_error *err)
{
	sn_inquiry *inquiry = sn_calloc(ctx, 1, sizeof(*inquiry), err);
	signet_status status;

	if (inquiry == NULL)
		return SIGNET_E_MEMORY;
	inquiry->ctx = sn_context_ref(ctx);
	inquiry->network = network;
	inquiry->at = at;
	inquiry->work = WORK_MAX;
	inquiry->crls = sk_X509_CRL_new_null();
	if (inquiry->crls == NULL)
		status = sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for revocation lists");
	else
		status = signet_cert_list_new(ctx, &inquiry->issuers, err);
	if (status == SIGNET_OK) {
		*inquiry_out = inquiry;
		inquiry = NULL;
	}
	sn_inquiry_free(&inquiry);
	return status;
}

static void free_texts(signet_context *ctx, char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sn_free(ctx, texts[i]);
}

void sn_inquiry_free(sn_inquiry **inquiry)
{
	sn_inquiry *freed = *inquiry;
	signet_context *ctx;

	*inquiry = NULL;
	if (freed == NULL)
		return;
	ctx = freed->ctx;
	sk_X509_CRL_pop_free(freed->crls, X509_CRL_free);
	for (size_t i = 0; i < freed->answer_count; i++)
		sn_free(ctx, freed->answers[i].der);
	free_texts(ctx, freed->asked, freed->asked_count);
	free_texts(ctx, freed->dead, freed->dead_count);
	signet_cert_list_free(&freed->issuers);
	sn_free(ctx, freed);
	sn_context_unref(&ctx);
}

const signet_cert_list *sn_inquiry_issuers(const sn_inquiry *inquiry) { return inquiry->issuers; }
unsigned sn_inquiry_requests(const sn_inquiry *inquiry) { return inquiry->requests; }

bool sn_inquiry_spend(sn_inquiry *inquiry, size_t signatures)
{
	if (signatures > inquiry->work) {
		inquiry->work = 0;
		return false;
	}
	inquiry->work -= (unsigned)signatures;
	return true;
}

/* What cannot be read is no error: *crl_out stays NULL. */
signet_status sn_inquiry_add_crl(sn_inquiry *inquiry, sn_span der, X509_CRL **crl_out,
    signet_error *err)
{
	const unsigned char *p = der.data;
	X509_CRL *crl;

	*crl_out = NULL;
	if (der.size > LONG_MAX || sk_X509_CRL_num(inquiry->crls) >= STAPLED_CRLS_MAX)
		return SIGNET_OK;
	crl = X509_CRL_new_ex(sn_context_libctx(inquiry->ctx), NULL);
	if (crl == NULL)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a revocation list");
	if (d2i_X509_CRL(&crl, &p, (long)der.size) == NULL) {
		X509_CRL_free(crl);
		ERR_clear_error();
		return SIGNET_OK;
	}
	if (sk_X509_CRL_push(inquiry->crls, crl) == 0) {
		X509_CRL_free(crl);
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a revocation list");
	}
	*crl_out = crl;
	return SIGNET_OK;
}

/* RFC 6960 4.2.1: only "successful" carries anything; tryLater, unauthorized ... say so. */
static OCSP_BASICRESP *basic_of(sn_inquiry *inquiry, sn_span der)
{
	const unsigned char *p = der.data;
	OCSP_RESPONSE *response = der.size > LONG_MAX ? NULL : d2i_OCSP_RESPONSE(NULL, &p, (long)der.size);
	OCSP_BASICRESP *basic = NULL;

	if (response == NULL || p != der.data + der.size)
		(void)snprintf(inquiry->why, sizeof(inquiry->why), "what the responder sent is no OCSP answer");
	else if (OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		(void)snprintf(inquiry->why, sizeof(inquiry->why), "the responder says \"%.40s\"",
		    OCSP_response_status_str(OCSP_response_status(response)));
	else
		basic = OCSP_response_get1_basic(response);
	OCSP_RESPONSE_free(response);
	ERR_clear_error();
	return basic;
}

signet_status sn_inquiry_add_answer(sn_inquiry *inquiry, sn_span response, const uint8_t *nonce,
    const sn_ocsp_answer **answer_out, signet_error *err)
{
	sn_ocsp_answer *answer = &inquiry->answers[inquiry->answer_count];
	OCSP_BASICRESP *basic;
	unsigned char *der = NULL;
	int size;
	signet_status status;

	*answer_out = NULL;
	if (inquiry->answer_count == SN_ANSWERS)
		return SIGNET_OK;
	basic = basic_of(inquiry, response);
	if (basic == NULL)
		return SIGNET_OK;
	size = i2d_OCSP_BASICRESP(basic, &der);
	OCSP_BASICRESP_free(basic);
	if (size <= 0)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for an OCSP answer");
	*answer = (sn_ocsp_answer){ .size = (size_t)size, .has_nonce = nonce != NULL };
	if (nonce != NULL)
		memcpy(answer->nonce, nonce, sizeof(answer->nonce));
	status = sn_dup(inquiry->ctx, der, (size_t)size, &answer->der, err);
	OPENSSL_free(der);
	if (status != SIGNET_OK)
		return status;
	inquiry->answer_count++;
	*answer_out = answer;
	return SIGNET_OK;
}

/* OtherRevocationInfoFormat (RFC 5652 10.2.1) of id-ri-ocsp-response (RFC 5940 2.1). */
static bool is_ocsp_response(sn_span choice, sn_span *response_out)
{
	static const uint8_t oid[] = { 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x10, 0x02 };
	const unsigned char *p = choice.data;
	long size = 0;
	int tag = 0, class = 0;
	const bool is_one = choice.size <= LONG_MAX &&
	    (ASN1_get_object(&p, &size, &tag, &class, (long)choice.size) & 0x81) == 0 &&
	    tag == 1 && class == V_ASN1_CONTEXT_SPECIFIC;

	ERR_clear_error();
	if (!is_one || (size_t)size < sizeof(oid) || memcmp(p, oid, sizeof(oid)) != 0)
		return false;
	*response_out = (sn_span){ p + sizeof(oid), (size_t)size - sizeof(oid) };
	return true;
}

signet_status sn_inquiry_add_stapled(sn_inquiry *inquiry, sn_span choice, signet_error *err)
{
	const sn_ocsp_answer *answer;
	X509_CRL *crl;
	sn_span response;

	if (is_ocsp_response(choice, &response))
		return sn_inquiry_add_answer(inquiry, response, NULL, &answer, err);
	return sn_inquiry_add_crl(inquiry, choice, &crl, err);
}

static bool has_text(char *const *texts, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(texts[i], text) == 0)
			return true;
	return false;
}

/* "example.com" of "http://me@Example.com:8080/x": another port is no other host. */
static void host_of(const char *url, char host[HOST_MAX])
{
	const char *begin = strstr(url, "://");
	const char *user;
	size_t size;

	begin = begin != NULL ? begin + 3 : url;
	size = strcspn(begin, "/?#");
	user = memchr(begin, '@', size);
	if (user != NULL) {
		size -= (size_t)(user + 1 - begin);
		begin = user + 1;
	}
	if (*begin != '[' && memchr(begin, ':', size) != NULL)
		size = (size_t)((const char *)memchr(begin, ':', size) - begin);
	if (size >= HOST_MAX)
		size = HOST_MAX - 1;
	for (size_t i = 0; i < size; i++)
		host[i] = (char)sn_ascii_lower((uint8_t)begin[i]);
	host[size] = '\0';
}

/* Whether the question may be put; notes that it was. */
static signet_status note_asked(sn_inquiry *inquiry, const sn_question *question, const char *host,
    bool *may_out, signet_error *err)
{
	char key[KEY_MAX];
	signet_status status;

	*may_out = false;
	(void)snprintf(key, sizeof(key), "%.100s %s", question->what, question->url);
	if (has_text(inquiry->asked, inquiry->asked_count, key))
		return SIGNET_OK;
	if (has_text(inquiry->dead, inquiry->dead_count, host)) {
		(void)snprintf(inquiry->why, sizeof(inquiry->why), "%.80s does not answer", host);
		return SIGNET_OK;
	}
	if (inquiry->dead_count >= DEAD_HOSTS_MAX || inquiry->requests >= REQUESTS_MAX ||
	    inquiry->asked_count == SN_ASKED) {
		(void)snprintf(inquiry->why, sizeof(inquiry->why), "too much was asked for this message");
		return SIGNET_OK;
	}
	status = sn_strdup(inquiry->ctx, key, &inquiry->asked[inquiry->asked_count], err);
	if (status != SIGNET_OK)
		return status;
	inquiry->asked_count++;
	inquiry->requests++;
	*may_out = true;
	return SIGNET_OK;
}

/* Want of memory is ours; everything else is no answer. */
static signet_status no_answer(sn_inquiry *inquiry, signet_status status, const char *host,
    const signet_error *error, signet_error *err)
{
	(void)snprintf(inquiry->why, sizeof(inquiry->why), "%.60s: %.90s", host, error->text);
	if (status == SIGNET_E_MEMORY) {
		if (err != NULL)
			*err = *error;
		return status;
	}
	if (status == SIGNET_E_LIMIT || inquiry->dead_count == SN_DEAD_HOSTS)
		return SIGNET_OK;
	status = sn_strdup(inquiry->ctx, host, &inquiry->dead[inquiry->dead_count], err);
	if (status == SIGNET_OK)
		inquiry->dead_count++;
	return status;
}

static signet_status send(sn_inquiry *inquiry, const sn_question *question, signet_sink *sink,
    int *code_out, signet_error *err)
{
	const char *headers[2] = { question->accept, question->content_type };
	const signet_fetch_request request = {
		.url = question->url,
		.headers = headers,
		.header_count = question->content_type != NULL ? 2 : 1,
		.body = question->body.data,
		.body_size = question->body.size,
		.max_size = question->max,
	};
	signet_fetch_answer answer = { .body = sink };
	const signet_status status = inquiry->network->fetch->fetch(
	    inquiry->network->fetch->user, &request, &answer, err);

	*code_out = answer.status;
	return status;
}

static signet_status take(signet_sink *sink, sn_buf *value, signet_error *err)
{
	size_t size = 0;
	const uint8_t *data = signet_sink_memory_get(sink, &size);

	return data != NULL ? sn_buf_append(value, data, size, err) : SIGNET_OK;
}

signet_status sn_inquiry_ask(sn_inquiry *inquiry, const sn_question *question, sn_buf *answer,
    bool *found_out, signet_error *err)
{
	char host[HOST_MAX];
	signet_sink *sink = NULL;
	signet_error error = { .text = "" };
	int code = 0;
	bool may = false;
	signet_status status;

	*found_out = false;
	if (inquiry->network == NULL || inquiry->network->fetch == NULL)
		return SIGNET_OK;
	host_of(question->url, host);
	status = note_asked(inquiry, question, host, &may, err);
	if (status != SIGNET_OK || !may)
		return status;
	status = signet_sink_memory_new(inquiry->ctx, question->max, &sink, err);
	if (status != SIGNET_OK)
		return status;
	status = send(inquiry, question, sink, &code, &error);
	if (status != SIGNET_OK)
		status = no_answer(inquiry, status, host, &error, err);
	else if (code != 200)
		(void)snprintf(inquiry->why, sizeof(inquiry->why), "%.80s answers with status %d", host, code);
	else {
		status = take(sink, answer, err);
		*found_out = status == SIGNET_OK;
	}
	signet_sink_free(&sink);
	return status;
}

static void key_of(char key[KEY_MAX], const char *what, const char *name)
{
	(void)snprintf(key, KEY_MAX, "%s %s", what, name);
}

signet_status sn_inquiry_recall(sn_inquiry *inquiry, const char *what, const char *name, size_t max,
    sn_buf *value, bool *found_out, signet_error *err)
{
	const signet_cache *cache = inquiry->network != NULL ? inquiry->network->cache : NULL;
	char key[KEY_MAX];
	signet_sink *sink = NULL;
	bool found = false;
	signet_status status;

	*found_out = false;
	if (cache == NULL)
		return SIGNET_OK;
	key_of(key, what, name);
	status = signet_sink_memory_new(inquiry->ctx, max, &sink, err);
	if (status != SIGNET_OK)
		return status;
	if (cache->get(cache->user, key, inquiry->at, sink, &found, NULL) == SIGNET_OK && found) {
		status = take(sink, value, err);
		*found_out = status == SIGNET_OK;
	}
	signet_sink_free(&sink);
	return status;
}

void sn_inquiry_remember(sn_inquiry *inquiry, const char *what, const char *name, sn_span value,
    int64_t until)
{
	const signet_cache *cache = inquiry->network != NULL ? inquiry->network->cache : NULL;
	char key[KEY_MAX];

	if (cache == NULL || until <= inquiry->at)
		return;
	key_of(key, what, name);
	/* a cache that is full or read-only costs a question more next time */
	if (cache->put(cache->user, key, value.data, value.size, until, NULL) != SIGNET_OK)
		sn_log(inquiry->ctx, SIGNET_LOG_INFO, "cannot keep \"%.200s\" in the cache", key);
}
