/* Looks at a fresh certificate with others' eyes before it is handed out. */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "cert/cert_int.h"
#include "cert/issue.h"
#include "crypt/evp.h"

typedef struct checking {
	X509_STORE *store;
	X509_STORE_CTX *work;
	STACK_OF(X509) *between;
} checking;

static void clear(checking *c)
{
	X509_STORE_CTX_free(c->work);
	X509_STORE_free(c->store);
	sk_X509_free(c->between);
}

/* The last of the chain is believed, self-signed or not. */
static bool fill(checking *c, const signet_cert *issuer, const signet_cert_list *chain)
{
	const size_t count = chain == NULL ? 0 : signet_cert_list_count(chain);
	const signet_cert *top = count == 0 ? issuer : signet_cert_list_get(chain, count - 1);

	if (c->store == NULL || c->work == NULL || c->between == NULL ||
	    X509_STORE_add_cert(c->store, sn_cert_x509(top)) != 1 ||
	    sk_X509_push(c->between, sn_cert_x509(issuer)) == 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (sk_X509_push(c->between, sn_cert_x509(signet_cert_list_get(chain, i))) == 0)
			return false;
	return true;
}

static int64_t later(int64_t time, const signet_cert *cert)
{
	return signet_cert_not_before(cert) > time ? signet_cert_not_before(cert) : time;
}

/* The first moment at which all of them hold, if there is one. */
static int64_t begin_of(
    const signet_cert *cert, const signet_cert *issuer, const signet_cert_list *chain)
{
	const size_t count = chain == NULL ? 0 : signet_cert_list_count(chain);
	int64_t time = later(signet_cert_not_before(cert), issuer);

	for (size_t i = 0; i < count; i++)
		time = later(time, signet_cert_list_get(chain, i));
	return time;
}

static const char *explain(int code)
{
	switch (code) {
	case X509_V_ERR_PERMITTED_VIOLATION:
	case X509_V_ERR_EXCLUDED_VIOLATION:
		return "it breaks the name constraints of an authority above, as libcrypto reads them";
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
		return "there are more authorities above than one of them allows";
	case X509_V_ERR_CERT_HAS_EXPIRED: return "an authority above has expired";
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		return "the signature does not fit the authority's certificate";
	default: return X509_verify_cert_error_string(code);
	}
}

/*
 * RFC 5280 4.2.1.9: the last certificate of a path does not count. A new authority is not meant to
 * be the last one, so it is counted here.
 */
static signet_status check_depth(const signet_cert *cert, const signet_cert *issuer,
    const signet_cert_list *chain, signet_error *err)
{
	const size_t count = chain == NULL ? 0 : signet_cert_list_count(chain);

	for (size_t i = 0; signet_cert_is_ca(cert) && i <= count; i++) {
		const signet_cert *above = i == 0 ? issuer : signet_cert_list_get(chain, i - 1);
		const long allowed = X509_get_pathlen(sn_cert_x509(above));

		if (allowed >= 0 && (size_t)allowed < i + 1)
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "the authority %.80s allows %ld authorit%s below it: no further one",
			    signet_cert_subject(above), allowed, allowed == 1 ? "y" : "ies");
	}
	return SIGNET_OK;
}

signet_status sn_issue_check(signet_context *ctx, const signet_cert *cert,
    const signet_cert *issuer, const signet_cert_list *chain, signet_error *err)
{
	OSSL_LIB_CTX *libctx = sn_context_libctx(ctx);
	checking c = { X509_STORE_new(), X509_STORE_CTX_new_ex(libctx, NULL), sk_X509_new_null() };
	X509_VERIFY_PARAM *param;
	signet_status status = check_depth(cert, issuer, chain, err);

	if (status != SIGNET_OK)
		goto out;
	if (!fill(&c, issuer, chain) ||
	    X509_STORE_CTX_init(c.work, c.store, sn_cert_x509(cert), c.between) != 1) {
		status = sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory to check a certificate");
		goto out;
	}
	param = X509_STORE_CTX_get0_param(c.work);
	(void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	X509_VERIFY_PARAM_set_time(param, (time_t)begin_of(cert, issuer, chain));
	if (X509_verify_cert(c.work) != 1) {
		const int code = X509_STORE_CTX_get_error(c.work);

		status = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "nobody would accept the certificate of %.80s: %.120s",
		    signet_cert_subject(cert), explain(code));
	}
	ERR_clear_error();
out:
	clear(&c);
	return status;
}
