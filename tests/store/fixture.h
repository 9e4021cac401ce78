/* A store in a folder of its own, and certificates made on the spot. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include "harness.h"

#include <signet/ca.h>

#include "store/store.h"

typedef struct fixture {
	harness memory;
	signet_context *ctx;
	const sn_store_api *api;
	sn_store *store;
	char dir[64];
	char path[96];
	signet_identity *ca;
	signet_key *key; /* of every person */
} fixture;

int fixture_setup(void **state);
int fixture_teardown(void **state);
/* Closes and opens again: what was not written is gone. */
void fixture_reopen(fixture *f);

/* A certificate from not_before, for a year. A second address may be NULL. */
signet_cert *fixture_cert(fixture *f, const char *address, const char *second, int64_t not_before);
/* Puts one in with the key octets given. */
signet_status fixture_add_identity(
    fixture *f, signet_cert *cert, const signet_cert_list *chain, const char *key);
signet_status fixture_add_contact(fixture *f, signet_cert *cert, const char *address,
    const char *capabilities, int64_t signing_time, const char *source);

/* What a walk saw: fingerprints, in order. */
enum { SEEN_MAX = 16 };
typedef struct seen {
	size_t count;
	int64_t id[SEEN_MAX];
	char fingerprint[SEEN_MAX][65];
	char text[SEEN_MAX][64]; /* key, source or first domain */
	char more[SEEN_MAX][64]; /* capabilities */
	size_t number[SEEN_MAX]; /* certificates in the chain, domains */
	bool flag[SEEN_MAX];     /* default, encrypted, is_domain */
	int64_t time[SEEN_MAX];
} seen;
void see_identities(fixture *f, const char *address, seen *seen);
void see_contacts(fixture *f, const char *address, seen *seen);
void see_anchors(fixture *f, seen *seen);
/* The nth certificate seen is this one. */
void assert_seen(const seen *seen, size_t index, const signet_cert *cert);

#endif
