#include "crypt/pbe.h"

#include "crypt/der_int.h"

#define ITERATIONS_MAX 10000000u
#define SCRYPT_MAX ((uint64_t)1 << 26)

/* 1.2.840.113549.1.5.13 and .12, 1.3.6.1.4.1.11591.4.11 */
static const uint8_t oid_pbes2[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d };
static const uint8_t oid_pbkdf2[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c };
static const uint8_t oid_scrypt[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b };

typedef enum cost { COST_FINE, COST_TOO_MUCH, COST_MALFORMED } cost;

static bool is(sn_span oid, const uint8_t *octets, size_t size)
{
	return sn_span_equal(oid, (sn_span){ octets, size });
}

/* A salt and a number of iterations: RFC 8018 A.2 and A.3, RFC 7292 B */
static cost cost_of_iterations(sn_span parameters)
{
	sn_span fields, salt;
	uint32_t iterations;

	if (!sn_der_take(&parameters, SN_DER_SEQUENCE, &fields) ||
	    !sn_der_take(&fields, SN_DER_OCTET_STRING, &salt) ||
	    !sn_der_take_number(&fields, &iterations))
		return COST_MALFORMED;
	return iterations <= ITERATIONS_MAX ? COST_FINE : COST_TOO_MUCH;
}

/* RFC 7914 7.1: salt, N, r, p */
static cost cost_of_scrypt(sn_span parameters)
{
	sn_span fields, salt;
	uint32_t n, r, p;

	if (!sn_der_take(&parameters, SN_DER_SEQUENCE, &fields) ||
	    !sn_der_take(&fields, SN_DER_OCTET_STRING, &salt) ||
	    !sn_der_take_number(&fields, &n) || !sn_der_take_number(&fields, &r) ||
	    !sn_der_take_number(&fields, &p))
		return COST_MALFORMED;
	if ((uint64_t)n * r > SCRYPT_MAX || (uint64_t)n * r * p > SCRYPT_MAX)
		return COST_TOO_MUCH;
	return COST_FINE;
}

/* RFC 8018 A.4: keyDerivationFunc, encryptionScheme */
static cost cost_of_pbes2(sn_span parameters)
{
	sn_span fields, oid, inside;

	if (!sn_der_take(&parameters, SN_DER_SEQUENCE, &fields) ||
	    !sn_der_take_algorithm(&fields, &oid, &inside))
		return COST_MALFORMED;
	if (is(oid, oid_scrypt, sizeof(oid_scrypt)))
		return cost_of_scrypt(inside);
	/* another function is libcrypto's to refuse */
	return is(oid, oid_pbkdf2, sizeof(oid_pbkdf2)) ? cost_of_iterations(inside) : COST_FINE;
}

signet_status sn_pbe_check(sn_span algorithm, const char *what, signet_error *err)
{
	sn_span oid, parameters;
	cost found = COST_MALFORMED;

	if (sn_der_take_algorithm(&algorithm, &oid, &parameters))
		found = is(oid, oid_pbes2, sizeof(oid_pbes2)) ? cost_of_pbes2(parameters)
							      : cost_of_iterations(parameters);
	switch (found) {
	case COST_FINE: break;
	case COST_TOO_MUCH:
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "the passphrase of %s is to be hashed more than %u times, which takes too long",
		    what, ITERATIONS_MAX);
	case COST_MALFORMED:
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the encryption of %s is malformed", what);
	}
	return SIGNET_OK;
}
