#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "cert/issue.h"
#include "crypt/public_key.h"

static signet_cert *issue(fixture *f, sn_issue_profile profile, const char *subject,
    const char *address, const signet_key *key, const signet_cert *issuer,
    const signet_key *issuer_key)
{
	signet_error err;
	sn_public_key *public_key = NULL;
	signet_cert *cert = NULL;
	const char *const addresses[] = { address };
	sn_issue_request request = { .profile = profile, .subject = subject, .addresses = addresses,
		.address_count = address != NULL ? 1 : 0, .not_before = FIXTURE_TIME - 86400,
		.not_after = FIXTURE_TIME + 86400 * 365, .issuer = issuer, .issuer_key = issuer_key };

	assert_int_equal(sn_public_key_of(key, &public_key, &err), SIGNET_OK);
	request.public_key = public_key;
	assert_int_equal(sn_issue(f->ctx, &request, &cert, &err), SIGNET_OK);
	sn_public_key_unref(&public_key);
	return cert;
}

static void person_init(fixture *f, person *p, const char *key, const char *subject,
    const char *address, const signet_cert *issuer, const signet_key *issuer_key)
{
	signet_error err;

	assert_int_equal(signet_key_generate(f->ctx, key, &p->key, &err), SIGNET_OK);
	p->cert = issue(f, SN_ISSUE_BOTH, subject, address, p->key, issuer, issuer_key);
	assert_int_equal(signet_identity_new(f->ctx, p->cert, NULL, p->key, &p->identity, &err),
	    SIGNET_OK);
}

static void person_clear(person *p)
{
	signet_identity_unref(&p->identity);
	signet_cert_unref(&p->cert);
	signet_key_unref(&p->key);
}

void fixture_init(fixture *f, const char *key)
{
	signet_context_options options = SIGNET_CONTEXT_OPTIONS_INIT;
	signet_allocator allocator;
	signet_error err;
	signet_key *other_key = NULL;
	signet_cert *other_ca = NULL;

	memset(f, 0, sizeof(*f));
	f->headers = SIGNET_HEADERS_NONE;
	allocator = harness_allocator(&f->h);
	options.allocator = &allocator;
	assert_int_equal(signet_context_new(&options, &f->ctx, &err), SIGNET_OK);
	assert_int_equal(signet_key_generate(f->ctx, "p-256", &f->ca_key, &err), SIGNET_OK);
	f->ca = issue(f, SN_ISSUE_ROOT, "CN=Test CA", NULL, f->ca_key, NULL, f->ca_key);
	assert_int_equal(signet_trust_new(f->ctx, &f->trust, &err), SIGNET_OK);
	assert_int_equal(signet_trust_add_anchor(f->trust, f->ca, NULL, 0, &err), SIGNET_OK);
	signet_trust_set_revocation(f->trust, SIGNET_REVOCATION_NONE);
	person_init(f, &f->alice, key, "CN=Alice", "alice@example.com", f->ca, f->ca_key);
	person_init(f, &f->bob, key, "CN=Bob", "bob@example.com", f->ca, f->ca_key);
	person_init(f, &f->mallory, key, "CN=Mallory", "mallory@example.com", f->ca, f->ca_key);
	assert_int_equal(signet_key_generate(f->ctx, "p-256", &other_key, &err), SIGNET_OK);
	other_ca = issue(f, SN_ISSUE_ROOT, "CN=Other CA", NULL, other_key, NULL, other_key);
	person_init(f, &f->stranger, key, "CN=Alice", "alice@example.com", other_ca, other_key);
	signet_cert_unref(&other_ca);
	signet_key_unref(&other_key);
}

void fixture_clear(fixture *f)
{
	person_clear(&f->alice);
	person_clear(&f->bob);
	person_clear(&f->mallory);
	person_clear(&f->stranger);
	signet_trust_unref(&f->trust);
	signet_cert_unref(&f->ca);
	signet_key_unref(&f->ca_key);
	signet_context_free(&f->ctx);
	assert_int_equal(f->h.live, 0);
}

void octets_free(octets *o)
{
	free(o->data);
	*o = (octets){ 0 };
}

octets octets_of(const char *text)
{
	octets o = { malloc(strlen(text) + 1), strlen(text) };

	assert_non_null(o.data);
	memcpy(o.data, text, o.size + 1);
	return o;
}

bool octets_contain(const octets *o, const char *text)
{
	const size_t size = strlen(text);

	for (size_t i = 0; size <= o->size && i <= o->size - size; i++)
		if (memcmp(o->data + i, text, size) == 0)
			return true;
	return false;
}

static octets take(const signet_sink *sink)
{
	size_t size;
	const uint8_t *data = signet_sink_memory_get(sink, &size);
	octets o = { malloc(size + 1), size };

	assert_non_null(o.data);
	if (size != 0)
		memcpy(o.data, data, size);
	o.data[size] = '\0';
	return o;
}

octets fixture_write(fixture *f, const char *message, unsigned protection, const person *signer,
    const person *to, bool opaque, const char *cipher, signet_input_form form)
{
	signet_compose_options options = SIGNET_COMPOSE_OPTIONS_INIT;
	signet_compose *compose = NULL;
	signet_input *input = NULL;
	signet_sink *sink = NULL;
	signet_error err = { 0 };
	octets o;

	options.protection = protection;
	options.form = form;
	options.opaque = opaque;
	options.cipher = cipher;
	options.time = FIXTURE_TIME;
	options.ignore_sender = true;
	options.headers = f->headers;
	if (signer != NULL) {
		options.signers = &signer->identity;
		options.signer_count = 1;
	}
	assert_int_equal(signet_input_memory_new(f->ctx, (const uint8_t *)message, strlen(message),
	    &input, &err), SIGNET_OK);
	if (signet_compose_new(f->ctx, input, &options, &compose, &err) != SIGNET_OK)
		fail_msg("%s", err.text);
	if (to != NULL)
		assert_int_equal(signet_compose_add_recipient(compose, NULL, to->cert, false, &err),
		    SIGNET_OK);
	assert_int_equal(signet_sink_memory_new(f->ctx, 1 << 26, &sink, &err), SIGNET_OK);
	if (signet_compose_write(compose, 0, sink, &err) != SIGNET_OK)
		fail_msg("%s", err.text);
	o = take(sink);
	signet_sink_free(&sink);
	signet_compose_free(&compose);
	signet_input_free(&input);
	return o;
}

opened fixture_open(fixture *f, const uint8_t *data, size_t size,
    void (*change)(signet_open_options *options, void *user), void *user)
{
	signet_open_options options = SIGNET_OPEN_OPTIONS_INIT;
	signet_input *input = NULL;
	signet_sink *sink = NULL;
	opened o = { 0 };

	options.trust = f->trust;
	options.time = FIXTURE_TIME;
	options.identities = &f->bob.identity;
	options.identity_count = 1;
	if (change != NULL)
		change(&options, user);
	assert_int_equal(signet_input_memory_new(f->ctx, data, size, &input, &o.err), SIGNET_OK);
	assert_int_equal(signet_sink_memory_new(f->ctx, 1 << 26, &sink, &o.err), SIGNET_OK);
	o.status = signet_open(f->ctx, input, &options, sink, &o.result, &o.err);
	if (o.status == SIGNET_OK && signet_result_is_released(o.result))
		o.content = take(sink);
	signet_sink_free(&sink);
	signet_input_free(&input);
	return o;
}

void opened_free(opened *o)
{
	signet_result_free(&o->result);
	octets_free(&o->content);
}
