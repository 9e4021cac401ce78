/*
 * What the tests of compose share: people with certificates, made once per program; a message
 * written to memory; and libcrypto's CMS as an independent reader of what was written.
 */
#ifndef COMPOSE_KIT_H
#define COMPOSE_KIT_H

#include "harness.h"

#include <signet/cert.h>
#include <signet/compose.h>
#include <signet/input.h>
#include <signet/sink.h>

#include <openssl/pem.h> /* before cms.h, which declares its PEM forms only then */
#include <openssl/cms.h>

typedef struct person {
	const char *address;
	signet_cert *cert;
	signet_key *key;
	signet_identity *identity;
} person;

typedef struct kit {
	harness h;
	signet_context *ctx;
	person root, issuing;
	person alice;         /* RSA, signs and encrypts */
	person bob;           /* P-256 */
	person carol;         /* RSA */
	person dave;          /* P-256 */
	person signs_only;    /* alice@example.com, P-384, may not be encrypted to */
	person encrypts_only; /* alice@example.com, P-256, may not sign */
	int64_t now;
} kit;

/* cmocka group fixtures: *state is the kit. */
int kit_setup(void **state);
int kit_teardown(void **state);

/* Octets that end with a NUL which does not count; freed by free. */
typedef struct octets {
	uint8_t *data;
	size_t size;
} octets;

/* Options to sign, encrypt or both as alice now. */
signet_compose_options kit_options(kit *k, unsigned protection);

typedef struct kit_recipient {
	const person *who;
	bool blind;
} kit_recipient;

/* Opens a compose over text (which must outlive it) with recipients up to one with who NULL. */
signet_status kit_compose_new(kit *k, const signet_compose_options *options, const char *text,
    size_t size, const kit_recipient *recipients, signet_input **input_out,
    signet_compose **compose_out, signet_error *err);
/* Writes a copy to memory; asserts that it succeeds. */
octets kit_write(kit *k, signet_compose *compose, size_t copy);
/* Both in one go, of the first copy. */
octets kit_compose(kit *k, const signet_compose_options *options, const char *text, size_t size,
    const kit_recipient *recipients);
signet_status kit_compose_status(kit *k, const signet_compose_options *options, const char *text,
    const kit_recipient *recipients, signet_error *err);

/* Parts of a message by plain means. */
bool octets_contain(octets o, const char *text);
size_t octets_count(octets o, const char *text);
/* Only CRLF line ends, no octet over 127, no line over 998, none that begins with "From ". */
void assert_transport_safe(octets o);

/* libcrypto's view: a MIME message, or bare CMS in DER or PEM. Freed by CMS_ContentInfo_free. */
CMS_ContentInfo *peer_read(octets message, signet_input_form form, BIO **detached_out);
/* Verifies against the root, without regard to time; content is what was signed. */
bool peer_verify(kit *k, octets message, signet_input_form form, octets *content_out);
bool peer_verify_detached(kit *k, octets message, signet_input_form form, octets content);
/* Decrypts as that person; false when that does not work. */
bool peer_decrypt(octets message, signet_input_form form, const person *who, octets *content_out);
/* Whether who is a recipient, by identifier alone, and how many recipients there are. */
bool peer_is_recipient(octets message, signet_input_form form, const person *who);
int peer_recipient_count(octets message, signet_input_form form);

#endif
