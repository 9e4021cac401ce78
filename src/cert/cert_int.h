/* What the files of cert share: the certificate itself, names, e-mail addresses in DER, PEM. */
#ifndef SN_CERT_CERT_INT_H
#define SN_CERT_CERT_INT_H

#include <stdatomic.h>

#include "ber/value.h"
#include "ber/writer.h"
#include "cert/cert.h"
#include "cert/email.h"
#include "cert/x509.h"

enum {
	SN_CERT_DIGEST = 32,            /* SHA-256 */
	SN_CERT_KEY_ID_DIGEST = 20,     /* SHA-1 */
	SN_CERT_ADDRESSES_MAX = 256,
	SN_CERT_KEY_NAME = 160,         /* a name, or the OID of a key that is not known */
	SN_CERT_NAME_MAX = 1 << 20      /* octets of the text of a name */
};

/* A growing list of texts, freed by sn_texts_clear. */
typedef struct sn_texts {
	const signet_context *ctx;
	char **texts;
	size_t count;
	size_t room;
} sn_texts;

signet_status sn_texts_add(sn_texts *texts, const char *text, size_t size, signet_error *err)
    SIGNET_CHECKED;
const char *sn_texts_get(const sn_texts *texts, size_t index);
void sn_texts_clear(sn_texts *texts);

/* Spans point into der, which is the certificate's own copy. */
struct signet_cert {
	signet_context *ctx;
	X509 *x509;
	uint8_t *der;
	size_t size;
	sn_span serial;
	sn_span issuer;
	sn_span subject;
	sn_span key_info;               /* subjectPublicKeyInfo */
	sn_span alternative_names;      /* the value of subjectAltName, or empty */
	sn_span capabilities;
	sn_span key_id;
	uint8_t key_id_digest[SN_CERT_KEY_ID_DIGEST];
	int64_t not_before;
	int64_t not_after;
	char *subject_text;
	char *issuer_text;
	char *serial_text;
	uint8_t digest[SN_CERT_DIGEST];
	char fingerprint[2 * SN_CERT_DIGEST + 1];
	char key_name[SN_CERT_KEY_NAME];
	sn_public_key *public_key;      /* NULL: libcrypto or signet cannot use it */
	signet_error key_error;         /* why */
	sn_texts addresses;
	bool address_is_subject;
	atomic_size_t references;
};

/* Fills the spans and times from der (RFC 5280 4.1). */
signet_status sn_cert_parse(signet_cert *cert, signet_error *err) SIGNET_CHECKED;

/*
 * The addresses of a subjectAltName (the value of the extension, may be empty), else of a subject
 * Name. What is no address is left out: it matches nobody.
 */
signet_status sn_addresses_read(sn_span alternative_names, sn_span subject, sn_texts *addresses,
    bool *is_subject_out, signet_error *err) SIGNET_CHECKED;

/* A value of a name as UTF-8, appended; *known_out false: no string type, or broken. */
signet_status sn_name_value_utf8(const sn_ber_item *value, sn_buf *text, bool *known_out,
    signet_error *err) SIGNET_CHECKED;
/* Writes the DER Name of an RFC 4514 text. SIGNET_E_USAGE: not one. */
signet_status sn_name_write(sn_ber_writer *writer, const char *text, signet_error *err)
    SIGNET_CHECKED;

/* The attribute types that names are read and written with. NULL: none. */
typedef struct sn_name_type {
	const char *name;
	uint8_t oid[10];
	size_t oid_size;
	unsigned tag;                   /* of values that are written */
	size_t max;                     /* characters, RFC 5280 A.1; 0: no bound */
} sn_name_type;

const sn_name_type *sn_name_type_by_oid(sn_span oid);
const sn_name_type *sn_name_type_by_name(const char *name, size_t size);

#endif
