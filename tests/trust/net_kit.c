#include "net_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "cert/x509.h"
#include "crypt/evp.h"

static net_page *find_page(net *n, const char *url)
{
	for (size_t i = 0; i < n->page_count; i++)
		if (strcmp(n->pages[i].url, url) == 0)
			return &n->pages[i];
	return NULL;
}

static signet_status fetch(void *user, const signet_fetch_request *request,
    signet_fetch_answer *answer, signet_error *err)
{
	net *n = user;
	net_page *page = find_page(n, request->url);
	signet_status status = SIGNET_OK;

	n->asked++;
	if (page == NULL || page->status != SIGNET_OK) {
		if (page != NULL)
			page->asked++;
		answer->body->abort(answer->body);
		return signet_fail(err, page == NULL ? SIGNET_E_UNAVAILABLE : page->status,
		    SIGNET_NO_OFFSET, "nobody answers");
	}
	page->asked++;
	answer->status = page->code;
	if (page->answer != NULL) {
		sn_buf_reset(&page->body);
		page->answer(page->user, (sn_span){ request->body, request->body_size }, &page->body);
	}
	if (page->body.size > request->max_size) {
		answer->body->abort(answer->body);
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET, "too long");
	}
	if (page->body.size > 0)
		status = answer->body->write(answer->body, page->body.data, page->body.size, err);
	return status == SIGNET_OK ? answer->body->finish(answer->body, err) : status;
}

static signet_status cache_get(void *user, const char *key, int64_t now, signet_sink *value,
    bool *found_out, signet_error *err)
{
	const net *n = user;
	const net_kept *kept = net_find(n, key);
	signet_status status;

	if (n->cache_fails)
		return signet_fail(err, SIGNET_E_IO, SIGNET_NO_OFFSET, "the disk is gone");
	*found_out = kept != NULL && kept->until > now;
	if (!*found_out)
		return SIGNET_OK;
	status = value->write(value, kept->value.data, kept->value.size, err);
	return status == SIGNET_OK ? value->finish(value, err) : status;
}

static signet_status cache_put(void *user, const char *key, const uint8_t *data, size_t size,
    int64_t until, signet_error *err)
{
	net *n = user;
	net_kept *kept = (net_kept *)net_find(n, key);

	if (n->cache_fails)
		return signet_fail(err, SIGNET_E_IO, SIGNET_NO_OFFSET, "the disk is gone");
	if (kept == NULL) {
		assert_true(n->kept_count < NET_KEPT);
		kept = &n->kept[n->kept_count++];
		sn_buf_init(&kept->value, n->k->ctx, NET_BODY, "what is kept");
		(void)snprintf(kept->key, sizeof(kept->key), "%s", key);
	}
	sn_buf_reset(&kept->value);
	kept->until = until;
	return sn_buf_append(&kept->value, data, size, err);
}

void net_init(net *n, kit *k)
{
	*n = (net){ .k = k };
	n->fetch = (signet_fetch){ fetch, n };
	n->cache = (signet_cache){ cache_get, cache_put, n };
	n->network = (signet_network){ .fetch = &n->fetch };
}

void net_clear(net *n)
{
	for (size_t i = 0; i < n->page_count; i++)
		sn_buf_clear(&n->pages[i].body);
	for (size_t i = 0; i < n->kept_count; i++)
		sn_buf_clear(&n->kept[i].value);
}

net_page *net_add(net *n, const char *url, int code, const void *body, size_t size)
{
	net_page *page = &n->pages[n->page_count++];

	assert_true(n->page_count <= NET_PAGES);
	*page = (net_page){ .url = url, .code = code };
	sn_buf_init(&page->body, n->k->ctx, NET_BODY, "a page");
	if (size > 0)
		must(sn_buf_append(&page->body, body, size, &n->k->err), &n->k->err);
	return page;
}

const net_kept *net_find(const net *n, const char *key)
{
	for (size_t i = 0; i < n->kept_count; i++)
		if (strcmp(n->kept[i].key, key) == 0)
			return &n->kept[i];
	return NULL;
}

static OCSP_CERTID *make_id(const ocsp_spec *spec)
{
	const char *name = spec->certid_digest != NULL ? spec->certid_digest : "SHA1";
	const signet_cert *issuer = spec->about_issuer != NULL ? spec->about_issuer : spec->issuer;
	EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
	OCSP_CERTID *id = OCSP_cert_to_id(md, sn_cert_x509(spec->cert), sn_cert_x509(issuer));

	EVP_MD_free(md);
	assert_non_null(id);
	return id;
}

static void add_status(OCSP_BASICRESP *basic, const ocsp_spec *spec)
{
	OCSP_CERTID *id = make_id(spec);
	const int64_t revoked = spec->revoked_at != 0 ? spec->revoked_at : FORGE_AT - 1000;
	ASN1_TIME *when = ASN1_TIME_set(NULL, (time_t)revoked);
	ASN1_TIME *from =
	    ASN1_TIME_set(NULL, (time_t)(FORGE_AT + (spec->from != 0 ? spec->from : -3600)));
	ASN1_TIME *to = ASN1_TIME_set(NULL, (time_t)(FORGE_AT + (spec->to != 0 ? spec->to : 3600)));
	const int state = spec->is_revoked ? V_OCSP_CERTSTATUS_REVOKED
	    : spec->is_unknown             ? V_OCSP_CERTSTATUS_UNKNOWN
					   : V_OCSP_CERTSTATUS_GOOD;

	assert_non_null(ASN1_TIME_to_generalizedtime(from, &from));
	assert_non_null(ASN1_TIME_to_generalizedtime(to, &to));
	assert_non_null(OCSP_basic_add1_status(basic, id, state, spec->reason,
	    spec->is_revoked ? when : NULL, from, spec->to == -1 ? NULL : to));
	OCSP_CERTID_free(id);
	ASN1_TIME_free(when);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
}

static OCSP_BASICRESP *make_basic(kit *k, const ocsp_spec *spec)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	const signet_cert *signer = spec->signer != NULL ? spec->signer : spec->issuer;
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	add_status(basic, spec);
	if (spec->nonce != NULL)
		assert_int_equal(OCSP_basic_add1_nonce(
				     basic, (unsigned char *)spec->nonce, (int)spec->nonce_size), 1);
	assert_int_equal(EVP_DigestSignInit_ex(context, NULL,
			     spec->digest != NULL ? spec->digest : "SHA256",
			     sn_context_libctx(k->ctx), NULL, sn_key_evp(spec->key), NULL), 1);
	assert_int_equal(OCSP_basic_sign_ctx(basic, sn_cert_x509(signer), context, NULL,
			     (spec->by_key ? OCSP_RESPID_KEY : 0UL) |
				 (spec->without_certs ? OCSP_NOCERTS : 0UL)), 1);
	EVP_MD_CTX_free(context);
	return basic;
}

void ocsp_make(kit *k, const ocsp_spec *spec, sn_buf *out)
{
	OCSP_BASICRESP *basic = spec->failure != 0 ? NULL : make_basic(k, spec);
	OCSP_RESPONSE *response;
	unsigned char *der = NULL;
	int size;

	if (basic != NULL && spec->flip != 0) {
		const ASN1_OCTET_STRING *signature = OCSP_resp_get0_signature(basic);

		((uint8_t *)ASN1_STRING_get0_data(signature))
		    [(size_t)ASN1_STRING_length(signature) - spec->flip] ^= 1;
	}
	response = OCSP_response_create(spec->failure, basic);
	assert_non_null(response);
	size = i2d_OCSP_RESPONSE(response, &der);
	assert_true(size > 0);
	must(sn_buf_append(out, der, (size_t)size, &k->err), &k->err);
	OPENSSL_free(der);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
}

sn_span ocsp_nonce_of(sn_span request, uint8_t *room, size_t size)
{
	const unsigned char *p = request.data;
	OCSP_REQUEST *parsed = d2i_OCSP_REQUEST(NULL, &p, (long)request.size);
	int at;
	size_t length = 0;

	assert_non_null(parsed);
	at = OCSP_REQUEST_get_ext_by_NID(parsed, NID_id_pkix_OCSP_Nonce, -1);
	if (at >= 0) {
		const ASN1_OCTET_STRING *value =
		    X509_EXTENSION_get_data(OCSP_REQUEST_get_ext(parsed, at));

		/* an OCTET STRING in the OCTET STRING */
		length = (size_t)ASN1_STRING_length(value) - 2;
		assert_true(length <= size);
		memcpy(room, ASN1_STRING_get0_data(value) + 2, length);
	}
	OCSP_REQUEST_free(parsed);
	return (sn_span){ room, length };
}
