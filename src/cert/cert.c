#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "cert/cert_int.h"
#include "crypt/decoded.h"
#include "crypt/digest.h"
#include "crypt/evp.h"

static void destroy(signet_cert *cert)
{
	signet_context *ctx = cert->ctx;

	sn_public_key_unref(&cert->public_key);
	X509_free(cert->x509);
	sn_texts_clear(&cert->addresses);
	sn_free(ctx, cert->subject_text);
	sn_free(ctx, cert->issuer_text);
	sn_free(ctx, cert->serial_text);
	sn_free(ctx, cert->der);
	sn_free(ctx, cert);
	sn_context_unref(&ctx);
}

/*
 * libcrypto's own view, for path validation. X509_new_ex makes the key be looked for in the
 * context's library context.
 */
static signet_status read_x509(signet_cert *cert, signet_error *err)
{
	const unsigned char *p = cert->der;

	cert->x509 = sn_decoded_get(cert->ctx, cert->digest);
	if (cert->x509 != NULL)
		return SIGNET_OK;
	cert->x509 = X509_new_ex(sn_context_libctx(cert->ctx), NULL);
	if (cert->x509 == NULL)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a certificate");
	if (d2i_X509(&cert->x509, &p, (long)cert->size) == NULL)
		return sn_crypto_fail(err, SIGNET_E_MALFORMED, "cannot read a certificate");
	if (p != cert->der + cert->size)
		return signet_fail(err, SIGNET_E_MALFORMED, 0, "a certificate has something after its end");
	/* read the extensions once, now: afterwards threads share the object */
	(void)X509_get_extension_flags(cert->x509);
	ERR_clear_error();
	sn_decoded_keep(cert->ctx, cert->digest, cert->x509);
	return SIGNET_OK;
}

static signet_status name_text(signet_cert *cert, sn_span name, char **text_out, signet_error *err)
{
	sn_buf text;
	signet_status status;

	sn_buf_init(&text, cert->ctx, SN_CERT_NAME_MAX, "a distinguished name");
	status = sn_name_text(cert->ctx, name, &text, err);
	if (status == SIGNET_OK)
		status = sn_strndup(cert->ctx, text.data != NULL ? (const char *)text.data : "", text.size,
		    text_out, err);
	sn_buf_clear(&text);
	return status;
}

/* The value in hex as openssl shows it: no leading zero octets, a negative one with '-'. */
static signet_status serial_text(signet_cert *cert, signet_error *err)
{
	const sn_span serial = cert->serial;
	const bool is_negative = (serial.data[0] & 0x80) != 0;
	uint8_t *value = NULL;
	char *text = NULL;
	size_t from = 0;
	signet_status status;

	status = sn_dup(cert->ctx, serial.data, serial.size, &value, err);
	if (status != SIGNET_OK)
		return status;
	if (is_negative) {
		unsigned carry = 1;

		for (size_t i = serial.size; i > 0; i--) {
			carry += (uint8_t)~value[i - 1];
			value[i - 1] = (uint8_t)carry;
			carry >>= 8;
		}
	}
	while (from + 1 < serial.size && value[from] == 0)
		from++;
	text = sn_alloc(cert->ctx, 2 * (serial.size - from) + 2, err);
	if (text != NULL) {
		text[0] = '-';
		sn_hex_encode(value + from, serial.size - from, text + is_negative);
		cert->serial_text = text;
	}
	sn_free(cert->ctx, value);
	return text != NULL ? SIGNET_OK : SIGNET_E_MEMORY;
}

/* A key that cannot be used leaves a certificate that can still be shown. */
static signet_status read_key(signet_cert *cert, signet_error *err)
{
	EVP_PKEY *pkey = X509_get0_pubkey(cert->x509);
	ASN1_OBJECT *algorithm = NULL;
	char oid[SN_OID_TEXT];
	signet_status status;

	if (pkey != NULL) {
		status = sn_public_key_from_evp(cert->ctx, pkey, &cert->public_key, &cert->key_error);
		if (status == SIGNET_E_MEMORY)
			return signet_fail(err, status, SIGNET_NO_OFFSET, "no memory for a public key");
		if (status == SIGNET_OK) {
			(void)strncpy(cert->key_name, sn_public_key_name(cert->public_key),
			    sizeof(cert->key_name) - 1);
			return SIGNET_OK;
		}
	}
	(void)X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, X509_get_X509_PUBKEY(cert->x509));
	sn_oid_text((sn_span){ OBJ_get0_data(algorithm), OBJ_length(algorithm) }, oid);
	(void)memcpy(cert->key_name, oid, sizeof(oid));
	if (pkey == NULL)
		(void)sn_crypto_fail(&cert->key_error, SIGNET_E_UNAVAILABLE,
		    "cannot use the public key (algorithm %s) of %.100s", oid, cert->subject_text);
	return SIGNET_OK;
}

sn_span sn_cert_key_bits(const signet_cert *cert)
{
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(cert->x509);

	return (sn_span){ ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits) };
}

/* RFC 5280 4.2.1.2 (1): SHA-1 of the bits of subjectPublicKey stands in for a missing extension. */
static signet_status read_key_id(signet_cert *cert, signet_error *err)
{
	const ASN1_OCTET_STRING *stated = X509_get0_subject_key_id(cert->x509);
	const sn_span key = sn_cert_key_bits(cert);
	size_t size = 0;
	signet_status status;

	if (stated != NULL && ASN1_STRING_length(stated) > 0) {
		cert->key_id =
		    (sn_span){ ASN1_STRING_get0_data(stated), (size_t)ASN1_STRING_length(stated) };
		return SIGNET_OK;
	}
	status = sn_digest_once(cert->ctx, sn_alg_by_name(SN_ALG_DIGEST, "sha1"),
	    key.data, key.size, cert->key_id_digest, &size, err);
	if (status == SIGNET_OK)
		cert->key_id = (sn_span){ cert->key_id_digest, size };
	return status;
}

static signet_status fill(signet_cert *cert, signet_error *err)
{
	size_t size;
	signet_status status;

	status = sn_cert_parse(cert, err);
	if (status != SIGNET_OK)
		return status;
	status = sn_digest_once(cert->ctx, sn_alg_by_name(SN_ALG_DIGEST, "sha256"), cert->der,
	    cert->size, cert->digest, &size, err);
	if (status != SIGNET_OK)
		return status;
	sn_hex_encode(cert->digest, sizeof(cert->digest), cert->fingerprint);
	status = read_x509(cert, err);
	if (status != SIGNET_OK)
		return status;
	status = name_text(cert, cert->subject, &cert->subject_text, err);
	if (status != SIGNET_OK)
		return status;
	status = name_text(cert, cert->issuer, &cert->issuer_text, err);
	if (status != SIGNET_OK)
		return status;
	status = serial_text(cert, err);
	if (status != SIGNET_OK)
		return status;
	status = sn_addresses_read(cert->alternative_names, cert->subject, &cert->addresses,
	    &cert->address_is_subject, err);
	if (status != SIGNET_OK)
		return status;
	status = read_key(cert, err);
	return status == SIGNET_OK ? read_key_id(cert, err) : status;
}

signet_status signet_cert_new(signet_context *ctx, const uint8_t *der, size_t size,
    signet_cert **cert_out, signet_error *err)
{
	signet_cert *cert;
	signet_status status;

	if (size > ctx->limits.certificates)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "a certificate of %zu octets is larger than the limit of %zu", size,
		    ctx->limits.certificates);
	if (size == 0)
		return signet_fail(err, SIGNET_E_MALFORMED, 0, "a certificate is missing");
	cert = sn_calloc(ctx, 1, sizeof(*cert), err);
	if (cert == NULL)
		return SIGNET_E_MEMORY;
	cert->ctx = sn_context_ref(ctx);
	cert->addresses.ctx = ctx;
	atomic_init(&cert->references, 1);
	status = sn_dup(ctx, der, size, &cert->der, err);
	if (status != SIGNET_OK)
		goto out;
	cert->size = size;
	status = fill(cert, err);
	if (status != SIGNET_OK)
		goto out;
	*cert_out = cert;
	cert = NULL;
out:
	signet_cert_unref(&cert);
	return status;
}

signet_cert *signet_cert_ref(signet_cert *cert)
{
	(void)atomic_fetch_add_explicit(&cert->references, 1, memory_order_relaxed);
	return cert;
}

void signet_cert_unref(signet_cert **cert)
{
	signet_cert *dropped = *cert;

	*cert = NULL;
	if (dropped != NULL &&
	    atomic_fetch_sub_explicit(&dropped->references, 1, memory_order_acq_rel) == 1)
		destroy(dropped);
}

signet_status sn_cert_from_x509(signet_context *ctx, X509 *x509, signet_cert **cert_out,
    signet_error *err)
{
	unsigned char *der = NULL;
	const int size = i2d_X509(x509, &der);
	signet_status status;

	if (size <= 0)
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot encode a certificate");
	status = signet_cert_new(ctx, der, (size_t)size, cert_out, err);
	OPENSSL_free(der);
	return status;
}

const char *signet_cert_subject(const signet_cert *cert) { return cert->subject_text; }
const char *signet_cert_issuer(const signet_cert *cert) { return cert->issuer_text; }
const char *signet_cert_serial(const signet_cert *cert) { return cert->serial_text; }
const char *signet_cert_fingerprint(const signet_cert *cert) { return cert->fingerprint; }
int64_t signet_cert_not_before(const signet_cert *cert) { return cert->not_before; }
int64_t signet_cert_not_after(const signet_cert *cert) { return cert->not_after; }
const char *signet_cert_key_algorithm(const signet_cert *cert) { return cert->key_name; }

const uint8_t *signet_cert_der(const signet_cert *cert, size_t *size_out)
{
	*size_out = cert->size;
	return cert->der;
}

const char *signet_cert_address(const signet_cert *cert, size_t index)
{
	return sn_texts_get(&cert->addresses, index);
}

bool signet_cert_has_address(const signet_cert *cert, const char *address)
{
	for (size_t i = 0; i < cert->addresses.count; i++)
		if (sn_email_equal(cert->addresses.texts[i], address))
			return true;
	return false;
}

bool signet_cert_equal(const signet_cert *a, const signet_cert *b)
{
	return a == b || memcmp(a->digest, b->digest, SN_CERT_DIGEST) == 0;
}

bool signet_cert_has_key(const signet_cert *cert, const signet_key *key)
{
	bool equal;

	if (cert->public_key == NULL)
		return false;
	equal = EVP_PKEY_eq(sn_public_key_evp(cert->public_key), sn_key_evp(key)) == 1;
	ERR_clear_error();
	return equal;
}

bool signet_cert_has_same_key(const signet_cert *a, const signet_cert *b)
{
	return a->public_key != NULL && b->public_key != NULL &&
	       sn_public_key_equal(a->public_key, b->public_key);
}

const uint8_t *signet_cert_key_info(const signet_cert *cert, size_t *size_out)
{
	*size_out = cert->key_info.size;
	return cert->key_info.data;
}

signet_status signet_key_new_backend(const signet_cert *cert,
    const signet_key_backend *backend, signet_key **key_out, signet_error *err)
{
	const sn_public_key *public_key = NULL;
	signet_status status = sn_cert_usable_key(cert, &public_key, err);

	if (status == SIGNET_OK)
		status = sn_key_from_backend(public_key, backend, key_out, err);
	return status;
}

X509 *sn_cert_x509(const signet_cert *cert) { return cert->x509; }
sn_span sn_cert_der(const signet_cert *cert) { return (sn_span){ cert->der, cert->size }; }
sn_span sn_cert_issuer_der(const signet_cert *cert) { return cert->issuer; }
sn_span sn_cert_subject_der(const signet_cert *cert) { return cert->subject; }
sn_span sn_cert_serial_octets(const signet_cert *cert) { return cert->serial; }
sn_span sn_cert_key_id(const signet_cert *cert) { return cert->key_id; }
sn_span sn_cert_capabilities(const signet_cert *cert) { return cert->capabilities; }
const sn_public_key *sn_cert_public_key(const signet_cert *cert) { return cert->public_key; }
bool sn_cert_address_is_subject(const signet_cert *cert) { return cert->address_is_subject; }

signet_status sn_cert_usable_key(const signet_cert *cert, const sn_public_key **key_out,
    signet_error *err)
{
	if (cert->public_key == NULL) {
		if (err != NULL)
			*err = cert->key_error;
		return cert->key_error.status;
	}
	*key_out = cert->public_key;
	return SIGNET_OK;
}

signet_status signet_cert_key_fingerprint(
    const signet_cert *cert, char text[SIGNET_KEY_FINGERPRINT], signet_error *err)
{
	uint8_t hash[SN_DIGEST_MAX];
	size_t size = 0;
	signet_status status = sn_digest_once(cert->ctx, sn_alg_by_name(SN_ALG_DIGEST, "sha256"),
	    cert->key_info.data, cert->key_info.size, hash, &size, err);

	if (status == SIGNET_OK)
		sn_hex_encode(hash, size, text);
	return status;
}
