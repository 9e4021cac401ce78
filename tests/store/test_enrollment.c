#include "fixture.h"

#include <stdio.h>
#include <string.h>

enum { NOW = 1800000000 };

static sn_store_pending pending_of(const char *request)
{
	return (sn_store_pending){
		.method = "acme",
		.url = "https://ca.example/directory",
		.request = (const uint8_t *)request,
		.request_size = strlen(request),
		.key = (const uint8_t *)"key",
		.key_size = 3,
		.is_key_encrypted = true,
		.addresses = "a@example.com b@example.com",
		.settings = "purpose sign\n",
		.place = "",
		.added_at = NOW,
	};
}

typedef struct met {
	size_t count;
	char text[400];
} met;

static signet_status meet_pending(void *user, const sn_store_pending *p, signet_error *err)
{
	met *m = user;

	(void)err;
	if (m->count++ == 0)
		(void)snprintf(m->text, sizeof(m->text), "%s|%s|%.*s|%.*s|%d|%s|%s|%s|%lld",
		    p->method, p->url, (int)p->request_size, (const char *)p->request,
		    (int)p->key_size, (const char *)p->key, p->is_key_encrypted, p->addresses,
		    p->settings, p->place, (long long)p->added_at);
	return SIGNET_OK;
}

static signet_status meet_enrollment(void *user, const sn_store_enrollment *e, signet_error *err)
{
	met *m = user;

	(void)err;
	m->count++;
	(void)snprintf(m->text, sizeof(m->text), "%s|%s|%s|%lld", e->method, e->url, e->settings,
	    (long long)e->got_at);
	return SIGNET_OK;
}

static signet_status meet_account(void *user, const sn_store_account *a, signet_error *err)
{
	met *m = user;

	(void)err;
	m->count++;
	(void)snprintf(m->text, sizeof(m->text), "%s|%s|%.*s|%d", a->directory, a->url,
	    (int)a->key_size, (const char *)a->key, a->is_key_encrypted);
	return SIGNET_OK;
}

static void pending__is_kept_advances_and_goes(void **state)
{
	fixture *f = *state;
	sn_store_pending first = pending_of("one"), second = pending_of("two");
	int64_t id = 0, id_of_second = 0;
	met m = { 0 };

	assert_int_equal(f->api->pending_put(f->store, &first, &id, NULL), SIGNET_OK);
	assert_int_equal(f->api->pending_put(f->store, &second, &id_of_second, NULL), SIGNET_OK);
	assert_int_not_equal(id, id_of_second);
	second.id = id_of_second;
	second.place = "https://ca.example/order/1";
	assert_int_equal(f->api->pending_put(f->store, &second, &id, NULL), SIGNET_OK);
	fixture_reopen(f);
	assert_int_equal(f->api->pending_each(f->store, meet_pending, &m, NULL), SIGNET_OK);
	assert_int_equal(m.count, 2);
	assert_string_equal(m.text, "acme|https://ca.example/directory|two|key|1|"
				    "a@example.com b@example.com|purpose sign\n|"
				    "https://ca.example/order/1|1800000000");
	assert_int_equal(f->api->pending_remove(f->store, id_of_second, NULL), SIGNET_OK);
	assert_int_equal(f->api->pending_remove(f->store, id_of_second, NULL), SIGNET_E_NOT_FOUND);
	assert_int_equal(
	    f->api->pending_put(f->store, &second, &id, NULL), SIGNET_E_NOT_FOUND);
	m.count = 0;
	assert_int_equal(f->api->pending_each(f->store, meet_pending, &m, NULL), SIGNET_OK);
	assert_int_equal(m.count, 1);
}

static void pending__with_the_same_request_is_kept_once(void **state)
{
	fixture *f = *state;
	sn_store_pending first = pending_of("one");
	int64_t id = 0;

	assert_int_equal(f->api->pending_put(f->store, &first, &id, NULL), SIGNET_OK);
	assert_int_not_equal(f->api->pending_put(f->store, &first, &id, NULL), SIGNET_OK);
}

static void enrollment__belongs_to_an_identity_and_goes_with_it(void **state)
{
	fixture *f = *state;
	signet_cert *cert = fixture_cert(f, "alice@example.com", NULL, NOW);
	const char *fingerprint = signet_cert_fingerprint(cert);
	sn_store_enrollment e = { .method = "est", .url = "https://est.example", .settings = "",
		.got_at = NOW };
	met m = { 0 };
	seen s;

	assert_int_equal(
	    f->api->enrollment_put(f->store, fingerprint, &e, NULL), SIGNET_E_NOT_FOUND);
	assert_int_equal(fixture_add_identity(f, cert, NULL, "key"), SIGNET_OK);
	assert_int_equal(
	    f->api->enrollment_get(f->store, fingerprint, meet_enrollment, &m, NULL), SIGNET_OK);
	assert_int_equal(m.count, 0);
	assert_int_equal(f->api->enrollment_put(f->store, fingerprint, &e, NULL), SIGNET_OK);
	e.settings = "label smime\n";
	assert_int_equal(f->api->enrollment_put(f->store, fingerprint, &e, NULL), SIGNET_OK);
	assert_int_equal(
	    f->api->enrollment_get(f->store, fingerprint, meet_enrollment, &m, NULL), SIGNET_OK);
	assert_int_equal(m.count, 1);
	assert_string_equal(m.text, "est|https://est.example|label smime\n|1800000000");
	see_identities(f, NULL, &s);
	assert_int_equal(f->api->identity_remove(f->store, s.id[0], NULL), SIGNET_OK);
	assert_int_equal(
	    f->api->enrollment_get(f->store, fingerprint, meet_enrollment, &m, NULL), SIGNET_OK);
	assert_int_equal(m.count, 1);
	signet_cert_unref(&cert);
}

static void account__is_one_for_each_directory(void **state)
{
	fixture *f = *state;
	sn_store_account a = { .directory = "https://ca.example/d", .url = "", .added_at = NOW,
		.key = (const uint8_t *)"k1", .key_size = 2 };
	met m = { 0 };

	assert_int_equal(f->api->account_put(f->store, &a, NULL), SIGNET_OK);
	a.url = "https://ca.example/account/7";
	assert_int_equal(f->api->account_put(f->store, &a, NULL), SIGNET_OK);
	assert_int_equal(
	    f->api->account_get(f->store, "https://ca.example/e", meet_account, &m, NULL),
	    SIGNET_OK);
	assert_int_equal(m.count, 0);
	assert_int_equal(
	    f->api->account_get(f->store, "https://ca.example/d", meet_account, &m, NULL),
	    SIGNET_OK);
	assert_int_equal(m.count, 1);
	assert_string_equal(m.text, "https://ca.example/d|https://ca.example/account/7|k1|0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    pending__is_kept_advances_and_goes, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
		    pending__with_the_same_request_is_kept_once, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(enrollment__belongs_to_an_identity_and_goes_with_it,
		    fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
		    account__is_one_for_each_directory, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
