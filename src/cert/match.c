/* Whether a certificate is the one that an identifier in CMS means. */
#include <openssl/err.h>

#include "cert/cert_int.h"

/* The value without the zero octets in front that say nothing. */
static sn_span shortened(sn_span serial)
{
	while (serial.size > 1 && serial.data[0] == 0 && (serial.data[1] & 0x80) == 0) {
		serial.data++;
		serial.size--;
	}
	return serial;
}

/*
 * RFC 5280 7.1 by libcrypto's canonical form, which path building uses too: string types, case of
 * ASCII and white space make no difference.
 */
static bool names_match(sn_span a, sn_span b)
{
	const unsigned char *p = a.data;
	const unsigned char *q = b.data;
	X509_NAME *x = d2i_X509_NAME(NULL, &p, (long)a.size);
	X509_NAME *y = d2i_X509_NAME(NULL, &q, (long)b.size);
	const bool match = x != NULL && y != NULL && p == a.data + a.size &&
	    q == b.data + b.size && X509_NAME_cmp(x, y) == 0;

	X509_NAME_free(x);
	X509_NAME_free(y);
	ERR_clear_error();
	return match;
}

bool sn_cert_is_issuer_serial(const signet_cert *cert, sn_span issuer, sn_span serial)
{
	if (!sn_span_equal(shortened(cert->serial), shortened(serial)))
		return false;
	return sn_span_equal(cert->issuer, issuer) || names_match(cert->issuer, issuer);
}

bool sn_cert_is_key_id(const signet_cert *cert, sn_span key_id)
{
	return key_id.size != 0 && sn_span_equal(cert->key_id, key_id);
}
