/*
 * signet/cert.h: certificates, lists of them, and identities.
 *
 * A signet_cert is an immutable X.509 certificate (RFC 5280), shared by reference; what it says is
 * read once when it is made. Nothing here says that a certificate is trusted: see signet/trust.h.
 */
#ifndef SIGNET_CERT_H
#define SIGNET_CERT_H

#include <signet/error.h>
#include <signet/key.h>
#include <signet/signet.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct signet_cert signet_cert;

/* A growing list; each entry holds a reference. */
typedef struct signet_cert_list signet_cert_list;

/* One DER certificate. Errors: SIGNET_E_MALFORMED. */
SIGNET_API signet_status signet_cert_new(signet_context *ctx, const uint8_t *der, size_t size,
    signet_cert **cert_out, signet_error *err) SIGNET_CHECKED;
SIGNET_API signet_cert *signet_cert_ref(signet_cert *cert);
SIGNET_API void signet_cert_unref(signet_cert **cert);

/* All text is UTF-8, borrowed from the certificate. */
SIGNET_API const char *signet_cert_subject(const signet_cert *cert);     /* RFC 4514 */
SIGNET_API const char *signet_cert_issuer(const signet_cert *cert);      /* RFC 4514 */
SIGNET_API const char *signet_cert_serial(const signet_cert *cert);      /* hex, lower case */
SIGNET_API const char *signet_cert_fingerprint(const signet_cert *cert); /* SHA-256, hex */
SIGNET_API int64_t signet_cert_not_before(const signet_cert *cert);      /* seconds since 1970 */
SIGNET_API int64_t signet_cert_not_after(const signet_cert *cert);
SIGNET_API const char *signet_cert_key_algorithm(const signet_cert *cert); /* "rsa-3072", "p-256" */
SIGNET_API const uint8_t *signet_cert_der(const signet_cert *cert, size_t *size_out);

/*
 * The e-mail addresses: rfc822Name and SmtpUTF8Mailbox of subjectAltName (RFC 9598), or, when that
 * has none, emailAddress of the subject (RFC 8550 3). Index from 0; NULL past the last.
 */
SIGNET_API const char *signet_cert_address(const signet_cert *cert, size_t index);
/* Whether one of them equals address, as signet compares addresses (RFC 8550 3). */
SIGNET_API bool signet_cert_has_address(const signet_cert *cert, const char *address);

/* The S/MIME rules of key usage and extended key usage (RFC 8550 4.4). */
SIGNET_API bool signet_cert_can_sign(const signet_cert *cert);
SIGNET_API bool signet_cert_can_encrypt(const signet_cert *cert);
SIGNET_API bool signet_cert_is_ca(const signet_cert *cert);
SIGNET_API bool signet_cert_is_self_issued(const signet_cert *cert);
SIGNET_API bool signet_cert_equal(const signet_cert *a, const signet_cert *b);
/* Whether both certify the same key, as a renewed certificate may. */
SIGNET_API bool signet_cert_has_same_key(const signet_cert *a, const signet_cert *b);
/* The DER SubjectPublicKeyInfo, borrowed. */
SIGNET_API const uint8_t *signet_cert_key_info(const signet_cert *cert, size_t *size_out);
/* SHA-256 of the SubjectPublicKeyInfo, hex: which key it is, whatever the certificate around it. */
#define SIGNET_KEY_FINGERPRINT 65
SIGNET_API signet_status signet_cert_key_fingerprint(const signet_cert *cert,
    char text[SIGNET_KEY_FINGERPRINT], signet_error *err) SIGNET_CHECKED;
/* Whether key is the private key of the certificate. */
SIGNET_API bool signet_cert_has_key(const signet_cert *cert, const signet_key *key);

SIGNET_API signet_status signet_cert_list_new(signet_context *ctx, signet_cert_list **list_out,
    signet_error *err) SIGNET_CHECKED;
SIGNET_API void signet_cert_list_free(signet_cert_list **list);
/* Adds a reference of its own; the same certificate twice is kept once. */
SIGNET_API signet_status signet_cert_list_add(signet_cert_list *list, signet_cert *cert,
    signet_error *err) SIGNET_CHECKED;
SIGNET_API size_t signet_cert_list_count(const signet_cert_list *list);
SIGNET_API signet_cert *signet_cert_list_get(const signet_cert_list *list, size_t index);

/*
 * Adds every certificate in data, in its order: PEM in any order and with other things between,
 * DER, or a certs-only CMS (.p7b, .p7c; PEM or DER). *is_p7_out (may be NULL) says which. None at
 * all is SIGNET_E_MALFORMED.
 */
SIGNET_API signet_status signet_cert_list_read(signet_cert_list *list, const uint8_t *data,
    size_t size, bool *is_p7_out, signet_error *err) SIGNET_CHECKED;

/*
 * The same for address books: KEY of vCards (2.1, 3.0, 4.0; base64 and data: URIs), and
 * userCertificate, userSMIMECertificate, cACertificate of LDIF. Nothing that they refer to elsewhere
 * is read. Keys that are no X.509 certificates are passed over; *skipped_out (may be NULL) says how
 * many. None at all is SIGNET_E_MALFORMED.
 */
SIGNET_API signet_status signet_cert_list_read_book(signet_cert_list *list, const uint8_t *data,
    size_t size, size_t *skipped_out, signet_error *err) SIGNET_CHECKED;
/* Whether it begins as one. */
SIGNET_API bool signet_cert_book_is(const uint8_t *data, size_t size);

/*
 * The same for what a certificate store on the web answers (RFC 4387): what content_type (may be
 * NULL) says to be multipart/… is taken apart first; parts that are no certificate are passed over.
 */
SIGNET_API signet_status signet_cert_list_read_answer(signet_cert_list *list,
    const char *content_type, const uint8_t *data, size_t size, signet_error *err) SIGNET_CHECKED;

/* A certificate, the rest of its chain, and perhaps its private key. */
typedef struct signet_identity signet_identity;

/*
 * Keeps references; chain and key may be NULL. A key that does not fit the certificate is
 * SIGNET_E_USAGE.
 */
SIGNET_API signet_status signet_identity_new(signet_context *ctx, signet_cert *cert,
    const signet_cert_list *chain, signet_key *key, signet_identity **identity_out,
    signet_error *err) SIGNET_CHECKED;

/*
 * As above, with a private key that is fetched when it is first needed (a store that asks for a
 * passphrase only then). load hands over a reference; free_user is called with the identity.
 * Threads that share the identity may call load at the same time.
 */
typedef struct signet_key_loader {
	signet_status (*load)(void *user, signet_key **key_out, signet_error *err);
	void (*free_user)(void *user);
	void *user;
} signet_key_loader;

SIGNET_API signet_status signet_identity_new_lazy(signet_context *ctx, signet_cert *cert,
    const signet_cert_list *chain, const signet_key_loader *loader,
    signet_identity **identity_out, signet_error *err) SIGNET_CHECKED;

/*
 * Reads a PKCS#12 file (RFC 7292): every private key with its certificate, and the others as
 * chain. *identities_out is an array of *count_out references, freed by
 * signet_identity_array_free. Errors: SIGNET_E_PASSPHRASE, SIGNET_E_MALFORMED,
 * SIGNET_E_ALGORITHM (an algorithm libcrypto lacks, such as RC2 without its legacy provider),
 * SIGNET_E_NO_IDENTITY (no private key with its certificate).
 */
SIGNET_API signet_status signet_identity_read_pkcs12(signet_context *ctx, const uint8_t *data,
    size_t size, const char *what, const signet_passphrase *passphrase,
    signet_identity ***identities_out, size_t *count_out, signet_error *err) SIGNET_CHECKED;
SIGNET_API void signet_identity_array_free(signet_context *ctx, signet_identity ***identities,
    size_t count);

/* Writes PKCS#12: PBES2 with AES-256-CBC and a SHA-256 MAC. */
SIGNET_API signet_status signet_identity_write_pkcs12(signet_identity *identity,
    const char *passphrase, size_t passphrase_size, signet_sink *out, signet_error *err)
    SIGNET_CHECKED;

/* The same for clients that read nothing newer: 3DES, and a MAC with SHA-1, which do not protect
 * much: the passphrase must. */
SIGNET_API signet_status signet_identity_write_pkcs12_legacy(signet_identity *identity,
    const char *passphrase, size_t passphrase_size, signet_sink *out, signet_error *err)
    SIGNET_CHECKED;

/*
 * Either form with several private keys in it, such as one to sign and one to encrypt, each with its
 * certificate; what their chains share is written once. SIGNET_E_USAGE: count is 0.
 */
SIGNET_API signet_status signet_identity_array_write_pkcs12(signet_identity *const *identities,
    size_t count, bool is_legacy, const char *passphrase, size_t passphrase_size,
    signet_sink *out, signet_error *err) SIGNET_CHECKED;

SIGNET_API signet_identity *signet_identity_ref(signet_identity *identity);
SIGNET_API void signet_identity_unref(signet_identity **identity);
SIGNET_API signet_cert *signet_identity_cert(const signet_identity *identity);       /* borrowed */
SIGNET_API const signet_cert_list *signet_identity_chain(const signet_identity *identity);
/* Borrowed; loads it first if need be. SIGNET_E_NO_KEY when there is none. */
SIGNET_API signet_status signet_identity_key(signet_identity *identity, signet_key **key_out,
    signet_error *err) SIGNET_CHECKED;

#ifdef __cplusplus
}
#endif

#endif
