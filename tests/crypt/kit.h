/* What the tests of crypt share. */
#ifndef CRYPT_KIT_H
#define CRYPT_KIT_H

#include "harness.h"

#include <signet/key.h>

#include "crypt/public_key.h"

typedef struct kit {
	harness h;
	signet_context *ctx;
	signet_error err;
} kit;

/* cmocka's set-up and tear-down: *state is a kit, whose context uses the counting allocator; the
 * tear-down shows that nothing is left. */
int kit_setup(void **state);
int kit_teardown(void **state);

/* Fails the test with the text of err unless status is SIGNET_OK. */
void must(signet_status status, const signet_error *err);

/* As oom_all, with a context of signet_context_new, whose making is part of what fails. */
size_t kit_oom_all(oom_body body, void *user);

/* Hex to octets in a static-free way: the caller's array of room octets. */
sn_span unhex(const char *text, uint8_t *data, size_t room);
sn_span text_span(const char *text);

/* tests/data/name whole; freed by free(). */
sn_span read_data(const char *name);

/* Reads tests/data/keys/name, whose passphrase is "secret". */
signet_key *load_key(kit *k, const char *name);
/* The passphrase "secret", always. */
extern const signet_passphrase secret_passphrase;

#endif
