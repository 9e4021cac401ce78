/*
 * signet/compose.h: signs and encrypts a message.
 *
 * The input is read twice or three times: to find its canonical form, size and digest, then to
 * write it, so that everything is written with definite lengths. Nothing is written before it is
 * known that every recipient has a usable certificate.
 *
 * Recipients come in copies: one for those named in To and Cc (or given), one for each Bcc
 * recipient, so that no copy names a Bcc recipient but his own.
 *
 * The form DER or PEM takes the input's octets as they are, parsed as nothing: a bare CMS object.
 * Signed and encrypted, it is a SignedData (its ContentInfo in DER) as the content of the
 * encryption.
 *
 * Compressed, the content is put into a CompressedData before it is signed and encrypted: few mail
 * programs read that. What shrinks by more than limits.compression_ratio is SIGNET_E_LIMIT, since a
 * reader with such a limit would refuse it.
 *
 * What it does not check: whether anybody trusts a certificate, or whether it is valid at the time
 * of signing. That is for who chooses the certificates.
 *
 *	signet_compose_options options = SIGNET_COMPOSE_OPTIONS_INIT;
 *	signet_compose *compose = NULL;
 *
 *	options.protection = SIGNET_SIGN | SIGNET_ENCRYPT;
 *	options.signers = &alice;
 *	options.signer_count = 1;
 *	options.time = time(NULL);
 *	if (signet_compose_new(ctx, input, &options, &compose, &err) == SIGNET_OK &&
 *	    signet_compose_add_recipient(compose, "bob@example.com", bob, false, &err) == SIGNET_OK)
 *		status = signet_compose_write(compose, 0, sink, &err);
 */
#ifndef SIGNET_COMPOSE_H
#define SIGNET_COMPOSE_H

#include <signet/cert.h>
#include <signet/error.h>
#include <signet/input.h>
#include <signet/open.h>
#include <signet/sink.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SIGNET_SIGN = 1, SIGNET_ENCRYPT = 2 };

/*
 * Header protection (RFC 9788): the author's fields go into what is signed or encrypted, and under
 * encryption the policy says what is left of them outside. A message that is protected already, and
 * one whose header has nothing but MIME-Version and Content-*, stays as it is.
 */
typedef enum signet_header_policy {
	SIGNET_HEADERS_BASELINE,        /* Subject "[...]"; no Comments, no Keywords */
	SIGNET_HEADERS_SHY,             /* besides, no display names, and Date in UTC */
	SIGNET_HEADERS_NO_CONFIDENTIALITY, /* all as they are */
	SIGNET_HEADERS_NONE             /* no header protection */
} signet_header_policy;

typedef struct signet_compose_options {
	unsigned version;               /* SIGNET_COMPOSE_OPTIONS_VERSION */
	unsigned protection;            /* SIGNET_SIGN, SIGNET_ENCRYPT or both */
	signet_input_form form;         /* of the output; DETECT: MIME */
	bool opaque;                    /* sign: application/pkcs7-mime, not multipart/signed */
	bool detached;                  /* DER, PEM: SignedData without content */
	signet_identity *const *signers; /* one or more when signing; borrowed */
	size_t signer_count;
	const signet_cert *encryption_cert; /* told to readers as the one to encrypt to; NULL: none */
	int64_t time;                   /* signing-time */
	const char *digest;             /* NULL: as the key asks */
	const char *cipher;             /* NULL or "auto": what the recipients read */
	const char *key_transport;      /* NULL or "auto": PKCS #1 v1.5 unless a recipient reads OAEP;
	                                 * "pkcs1", "oaep"; "kem": RSA-KEM (RFC 9690) */
	bool compatible;                /* AES-128-CBC to those of whom nothing is known */
	bool cek_hkdf;                  /* derive the content's key from the one sent (RFC 9709) */
	bool compress;                  /* CompressedData (RFC 3274) inside all protection */
	bool ignore_sender;             /* a signer need not be the From */
	signet_header_policy headers;
	/*
	 * Names of fields that the message that this one answers had hidden: they are hidden whatever
	 * the policy (RFC 9788 6.1), as are those that the HP-Outer fields of the input tell of. Where
	 * nothing can be hidden, signet_compose_new fails (SIGNET_E_USAGE). Borrowed until it returns.
	 */
	const char *const *hidden_fields;
	size_t hidden_field_count;
	/*
	 * Below encryption, each hidden field that a person is shown is repeated at the head of the text,
	 * for readers that do not know of protected fields (RFC 9788 5.2): in the parts that are the
	 * message's text, plain and HTML, and marked by hp-legacy-display="1", so that others leave it
	 * out. The input is read once more for it by signet_compose_new.
	 */
	bool legacy_display;
} signet_compose_options;

#define SIGNET_COMPOSE_OPTIONS_VERSION 1
#define SIGNET_COMPOSE_OPTIONS_INIT { .version = SIGNET_COMPOSE_OPTIONS_VERSION }

typedef struct signet_compose signet_compose;

/*
 * Reads the input's header and checks that the signers are its From. input is borrowed until
 * signet_compose_free. Errors: SIGNET_E_NO_HEADER, SIGNET_E_SIGNER_MISMATCH, SIGNET_E_MALFORMED.
 */
SIGNET_API signet_status signet_compose_new(signet_context *ctx, signet_input *input,
    const signet_compose_options *options, signet_compose **compose_out, signet_error *err)
    SIGNET_CHECKED;

/* What the header says, for the caller who looks up certificates; borrowed, NULL past the last. */
typedef enum signet_address_role { SIGNET_FROM, SIGNET_TO, SIGNET_CC, SIGNET_BCC } signet_address_role;
SIGNET_API const char *signet_compose_address(const signet_compose *compose,
    signet_address_role role, size_t index);

/*
 * Adds a recipient; address may be NULL (a certificate given by itself). blind: in a copy of its
 * own. SIGNET_E_NO_CERT: the certificate cannot be encrypted to, and why.
 */
SIGNET_API signet_status signet_compose_add_recipient(signet_compose *compose, const char *address,
    signet_cert *cert, bool blind, signet_error *err) SIGNET_CHECKED;
/* The signer's own: added to every copy. */
SIGNET_API signet_status signet_compose_add_self(signet_compose *compose, const char *address,
    signet_cert *cert, signet_error *err) SIGNET_CHECKED;

/*
 * What the owner of a recipient's certificate said that he reads: an SMIMECapabilities in DER
 * (RFC 8551 2.5.2), and when he said so. Of several the newest counts, and what the certificate
 * says itself (RFC 4262) is as old as it. What is malformed, or of nobody here, is passed over.
 * Called after the recipient was added.
 */
SIGNET_API void signet_compose_set_capabilities(signet_compose *compose, const signet_cert *cert,
    const uint8_t *capabilities, size_t size, int64_t time);
/*
 * The cipher of a copy, as --cipher names it; static; NULL when nothing is encrypted. "auto" takes
 * one that all recipients of the copy read: with a tag before without, then as they like it
 * (RFC 8551 2.7.1); of whom nothing is known reads AES-256-GCM, of whom no GCM is known AES-CBC.
 */
SIGNET_API const char *signet_compose_copy_cipher(const signet_compose *compose, size_t copy);
/*
 * A password, or a key that both sides share, opens the message too: the copy of those named, not
 * those for Bcc. SIGNET_E_USAGE: an empty password; a key that has not 16, 24 or 32 octets.
 */
SIGNET_API signet_status signet_compose_add_password(signet_compose *compose,
    const uint8_t *password, size_t size, signet_error *err) SIGNET_CHECKED;
SIGNET_API signet_status signet_compose_add_kek(signet_compose *compose, const signet_kek *kek,
    signet_error *err) SIGNET_CHECKED;

/* How many copies there are (1 without Bcc), and who is in which: NULL past the last. */
SIGNET_API size_t signet_compose_copy_count(const signet_compose *compose);
SIGNET_API const char *signet_compose_copy_recipient(const signet_compose *compose, size_t copy,
    size_t index);

/* Writes one copy; out is finished, or aborted on failure. */
SIGNET_API signet_status signet_compose_write(signet_compose *compose, size_t copy,
    signet_sink *out, signet_error *err) SIGNET_CHECKED;

/* Appends the report of what was made, as JSON. files: a name per copy, or NULL. */
SIGNET_API signet_status signet_compose_write_json(const signet_compose *compose,
    const char *const *files, signet_sink *out, signet_error *err) SIGNET_CHECKED;

SIGNET_API void signet_compose_free(signet_compose **compose);

#ifdef __cplusplus
}
#endif

#endif
