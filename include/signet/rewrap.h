/*
 * signet/rewrap.h: gives an encrypted message other recipients.
 *
 * The content stays encrypted as it is, under the same content-encryption key: ciphertext, its
 * parameters, tag and attributes are copied octet for octet, and so is everything around the CMS
 * object (the fields of a message, the text around PEM). Only the RecipientInfos are written anew,
 * and with them the version and the lengths around them. Any size, in the same memory.
 *
 * Whoever has read the message, or keeps a copy of it, can still read it: its key is the same. To
 * shut somebody out, encrypt anew.
 *
 * Before anything is written, the content of an AuthEnvelopedData is decrypted to nowhere, to see
 * that the key is right and the message unaltered. An EnvelopedData (CBC) proves nothing: of one
 * whose wrapped key was altered, the result is one that nobody can read, and no error.
 *
 * Only the outermost layer is looked at, and it must be encryption.
 *
 *	signet_rewrap_options options = SIGNET_REWRAP_OPTIONS_INIT;
 *	signet_rewrap *rewrap = NULL;
 *
 *	options.identities = &bob;
 *	options.identity_count = 1;
 *	if (signet_rewrap_new(ctx, &options, &rewrap, &err) == SIGNET_OK &&
 *	    signet_rewrap_add_recipient(rewrap, "carol@example.com", carol, &err) == SIGNET_OK)
 *		status = signet_rewrap_write(rewrap, input, sink, &err);
 *	signet_rewrap_free(&rewrap);
 */
#ifndef SIGNET_REWRAP_H
#define SIGNET_REWRAP_H

#include <signet/cert.h>
#include <signet/error.h>
#include <signet/input.h>
#include <signet/open.h>
#include <signet/sink.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct signet_rewrap_options {
	unsigned version;               /* SIGNET_REWRAP_OPTIONS_VERSION */
	signet_input_form form;         /* of the input, and so of the output */
	signet_identity *const *identities; /* keys that decrypt; borrowed */
	size_t identity_count;
	const signet_source *source;    /* more of them; NULL: none; borrowed */
	const uint8_t *password;        /* of a password recipient; NULL: none; borrowed */
	size_t password_size;
	const signet_kek *keks;         /* keys that both sides share; borrowed */
	size_t kek_count;
	bool keep;                      /* the old RecipientInfos stay beside the new */
	const char *key_transport;      /* for RSA: NULL or "auto", "pkcs1", "oaep", "kem" */
} signet_rewrap_options;

#define SIGNET_REWRAP_OPTIONS_VERSION 1
#define SIGNET_REWRAP_OPTIONS_INIT { .version = SIGNET_REWRAP_OPTIONS_VERSION }

typedef struct signet_rewrap signet_rewrap;

/* What the options point to is borrowed until signet_rewrap_free. SIGNET_E_USAGE. */
SIGNET_API signet_status signet_rewrap_new(signet_context *ctx,
    const signet_rewrap_options *options, signet_rewrap **rewrap_out, signet_error *err)
    SIGNET_CHECKED;

/*
 * Adds a recipient; address may be NULL (then the certificate says who it is for). The same
 * certificate twice counts once. SIGNET_E_NO_CERT: it cannot be encrypted to, and why.
 */
SIGNET_API signet_status signet_rewrap_add_recipient(signet_rewrap *rewrap, const char *address,
    signet_cert *cert, signet_error *err) SIGNET_CHECKED;

/*
 * Rewrites one message to those recipients; may be called again with the next. out is finished,
 * or aborted on failure. A caller may act on:
 *
 *	SIGNET_E_DECRYPT        the tag does not match: altered, or not this key's
 *	SIGNET_E_NO_KEY         no recipient of the message matches a key here, or its algorithm is
 *	                        not available
 *	SIGNET_E_PASSPHRASE     the key that matches stays locked
 *	SIGNET_E_UNPROTECTED    the outermost layer is not encryption
 *	SIGNET_E_MALFORMED, SIGNET_E_LIMIT
 */
SIGNET_API signet_status signet_rewrap_write(signet_rewrap *rewrap, signet_input *input,
    signet_sink *out, signet_error *err) SIGNET_CHECKED;

SIGNET_API void signet_rewrap_free(signet_rewrap **rewrap);

#ifdef __cplusplus
}
#endif

#endif
