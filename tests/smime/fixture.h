/*
 * A small world for the tests of smime: a CA, Alice, Bob and Mallory with P-256 certificates made
 * on the spot, and short ways to write and open a message between them.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <signet/compose.h>
#include <signet/open.h>

#include "base/buf.h"
#include "harness.h"

enum { FIXTURE_TIME = 1790000000 };     /* 2026-09-21, the time of every signature and verdict */

typedef struct person {
	signet_key *key;
	signet_cert *cert;
	signet_identity *identity;
} person;

typedef struct fixture {
	harness h;
	signet_context *ctx;
	signet_key *ca_key;
	signet_cert *ca;
	signet_trust *trust;
	person alice, bob, mallory, stranger;   /* the stranger's CA is unknown */
	signet_header_policy headers;           /* of what is written; NONE at first */
} fixture;

/* key: "p-256" or "rsa-2048". */
void fixture_init(fixture *f, const char *key);
void fixture_clear(fixture *f);

/* Octets that a test owns. */
typedef struct octets {
	uint8_t *data;
	size_t size;
} octets;

void octets_free(octets *o);
octets octets_of(const char *text);
bool octets_contain(const octets *o, const char *text);

/* Protects message; to NULL: nobody (sign only). signer NULL: encrypt only. */
octets fixture_write(fixture *f, const char *message, unsigned protection, const person *signer,
    const person *to, bool opaque, const char *cipher, signet_input_form form);

typedef struct opened {
	signet_status status;
	signet_error err;
	signet_result *result;
	octets content;     /* empty when nothing was released */
} opened;

/* Opens as Bob, at FIXTURE_TIME, trusting the CA; change (may be NULL) alters the options. */
opened fixture_open(fixture *f, const uint8_t *data, size_t size,
    void (*change)(signet_open_options *options, void *user), void *user);
void opened_free(opened *o);

#endif
