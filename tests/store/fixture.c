#include "fixture.h"

#include "store/sqlite_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { YEAR = 365 * 86400, BEGINNING = 1700000000 };

int fixture_setup(void **state)
{
	fixture *f = calloc(1, sizeof(*f));
	signet_context_options options = SIGNET_CONTEXT_OPTIONS_INIT;
	signet_ca_options ca = SIGNET_CA_OPTIONS_INIT;
	signet_allocator allocator;
	signet_cert *cert = NULL;
	signet_key *key = NULL;

	allocator = harness_allocator(&f->memory);
	options.allocator = &allocator;
	if (signet_context_new(&options, &f->ctx, NULL) != SIGNET_OK)
		return -1;
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/signet-store-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		return -1;
	(void)snprintf(f->path, sizeof(f->path), "%s/store.db", f->dir);
	f->api = signet_store_module();
	ca.subject = "CN=Store CA";
	ca.not_before = BEGINNING - 20 * (int64_t)YEAR;
	ca.not_after = BEGINNING + 40 * (int64_t)YEAR;
	if (signet_key_generate(f->ctx, "p-256", &key, NULL) != SIGNET_OK ||
	    signet_key_generate(f->ctx, "p-256", &f->key, NULL) != SIGNET_OK ||
	    signet_ca_make(f->ctx, &ca, key, &cert, NULL) != SIGNET_OK ||
	    signet_identity_new(f->ctx, cert, NULL, key, &f->ca, NULL) != SIGNET_OK ||
	    f->api->open(f->ctx, f->path, &f->store, NULL) != SIGNET_OK)
		return -1;
	signet_cert_unref(&cert);
	signet_key_unref(&key);
	*state = f;
	return 0;
}

int fixture_teardown(void **state)
{
	fixture *f = *state;
	static const char *const ends[] = { "", "-wal", "-shm" };

	f->api->close(&f->store);
	for (size_t i = 0; i < 3; i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), "%s%s", f->path, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(f->dir);
	signet_identity_unref(&f->ca);
	signet_key_unref(&f->key);
	signet_context_free(&f->ctx);
	if (f->memory.live != 0)
		return -1;
	free(f);
	return 0;
}

void fixture_reopen(fixture *f)
{
	f->api->close(&f->store);
	assert_int_equal(f->api->open(f->ctx, f->path, &f->store, NULL), SIGNET_OK);
}

signet_cert *fixture_cert(fixture *f, const char *address, const char *second, int64_t not_before)
{
	const char *addresses[] = { address, second };
	signet_ca_options options = SIGNET_CA_OPTIONS_INIT;
	signet_cert *cert = NULL;

	options.addresses = addresses;
	options.address_count = second == NULL ? 1 : 2;
	options.not_before = not_before;
	options.not_after = not_before + YEAR;
	options.issuer = f->ca;
	assert_int_equal(signet_ca_issue(f->ctx, &options, f->key, &cert, NULL), SIGNET_OK);
	return cert;
}

signet_status fixture_add_identity(
    fixture *f, signet_cert *cert, const signet_cert_list *chain, const char *key)
{
	sn_store_identity row = {
		.cert = cert,
		.chain = chain,
		.key = (const uint8_t *)key,
		.key_size = strlen(key),
		.is_key_encrypted = true,
		.added_at = BEGINNING,
	};

	return f->api->identity_add(f->store, &row, NULL);
}

signet_status fixture_add_contact(fixture *f, signet_cert *cert, const char *address,
    const char *capabilities, int64_t signing_time, const char *source)
{
	sn_store_contact row = {
		.address = address,
		.is_domain = strchr(address, '@') == NULL,
		.cert = cert,
		.capabilities = (const uint8_t *)capabilities,
		.capabilities_size = capabilities == NULL ? 0 : strlen(capabilities),
		.signing_time = signing_time,
		.source = source,
		.added_at = BEGINNING,
		.seen_at = INT64_MIN,
		.checked_at = INT64_MIN,
	};

	return f->api->contact_add(f->store, &row, NULL);
}

static size_t note(seen *s, int64_t id, const signet_cert *cert)
{
	size_t at = s->count++;

	assert_true(at < SEEN_MAX);
	s->id[at] = id;
	(void)snprintf(s->fingerprint[at], 65, "%s", signet_cert_fingerprint(cert));
	return at;
}

static signet_status visit_identity(void *user, const sn_store_identity *row, signet_error *err)
{
	seen *s = user;
	size_t at = note(s, row->id, row->cert);

	(void)err;
	(void)snprintf(
	    s->text[at], sizeof(s->text[at]), "%.*s", (int)row->key_size, (const char *)row->key);
	s->number[at] = signet_cert_list_count(row->chain);
	s->flag[at] = row->is_default;
	s->time[at] = row->added_at;
	return SIGNET_OK;
}

void see_identities(fixture *f, const char *address, seen *s)
{
	memset(s, 0, sizeof(*s));
	assert_int_equal(
	    f->api->identity_each(f->store, address, visit_identity, s, NULL), SIGNET_OK);
}

static signet_status visit_contact(void *user, const sn_store_contact *row, signet_error *err)
{
	seen *s = user;
	size_t at = note(s, row->id, row->cert);

	(void)err;
	(void)snprintf(s->text[at], sizeof(s->text[at]), "%s %s", row->address, row->source);
	(void)snprintf(s->more[at], sizeof(s->more[at]), "%.*s", (int)row->capabilities_size,
	    row->capabilities == NULL ? "" : (const char *)row->capabilities);
	s->flag[at] = row->is_domain;
	s->time[at] = row->signing_time;
	return SIGNET_OK;
}

void see_contacts(fixture *f, const char *address, seen *s)
{
	memset(s, 0, sizeof(*s));
	assert_int_equal(
	    f->api->contact_each(f->store, address, visit_contact, s, NULL), SIGNET_OK);
}

static signet_status visit_anchor(void *user, const sn_store_anchor *row, signet_error *err)
{
	seen *s = user;
	size_t at = note(s, row->id, row->cert);

	(void)err;
	s->number[at] = row->domain_count;
	if (row->domain_count > 0)
		(void)snprintf(s->text[at], sizeof(s->text[at]), "%s", row->domains[0]);
	return SIGNET_OK;
}

void see_anchors(fixture *f, seen *s)
{
	memset(s, 0, sizeof(*s));
	assert_int_equal(f->api->anchor_each(f->store, visit_anchor, s, NULL), SIGNET_OK);
}

void assert_seen(const seen *s, size_t index, const signet_cert *cert)
{
	assert_true(index < s->count);
	assert_string_equal(s->fingerprint[index], signet_cert_fingerprint(cert));
}
