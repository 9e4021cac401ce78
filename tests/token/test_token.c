#include "fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { POINT = 65, BEGINNING = 1700000000, YEAR = 365 * 86400 };

typedef struct rig {
	harness memory;
	signet_context *ctx;
	signet_identity *ca;
	signet_key *soft;
	signet_cert *cert; /* of soft */
	sn_token *token;
	CK_FUNCTION_LIST *modules[3];
	signet_passphrase pin;
	const char *typed;
	unsigned asked;
	char what[200];
	signet_error err;
} rig;

static signet_status get_pin(void *user, const char *what, unsigned attempt, char *text, size_t room,
    size_t *size_out, signet_error *err)
{
	rig *r = user;

	assert_int_equal(attempt, 0);
	r->asked++;
	(void)snprintf(r->what, sizeof(r->what), "%s", what);
	if (r->typed == NULL)
		return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET, "none");
	*size_out = strlen(r->typed);
	assert_true(*size_out <= room);
	memcpy(text, r->typed, *size_out);
	return SIGNET_OK;
}

static signet_cert *issue(rig *r, const signet_key *key)
{
	const char *address = "alice@example.com";
	signet_ca_options options = SIGNET_CA_OPTIONS_INIT;
	signet_cert *cert = NULL;

	options.addresses = &address;
	options.address_count = 1;
	options.not_before = BEGINNING;
	options.not_after = BEGINNING + YEAR;
	options.issuer = r->ca;
	assert_int_equal(signet_ca_issue(r->ctx, &options, key, &cert, NULL), SIGNET_OK);
	return cert;
}

static void make_ca(rig *r)
{
	signet_ca_options options = SIGNET_CA_OPTIONS_INIT;
	signet_cert *cert = NULL;
	signet_key *key = NULL;

	options.subject = "CN=CA";
	options.not_before = BEGINNING;
	options.not_after = BEGINNING + 2 * YEAR;
	assert_int_equal(signet_key_generate(r->ctx, "p-256", &key, NULL), SIGNET_OK);
	assert_int_equal(signet_ca_make(r->ctx, &options, key, &cert, NULL), SIGNET_OK);
	assert_int_equal(signet_identity_new(r->ctx, cert, NULL, key, &r->ca, NULL), SIGNET_OK);
	signet_cert_unref(&cert);
	signet_key_unref(&key);
}

static int setup(void **state)
{
	rig *r = calloc(1, sizeof(*r));
	signet_context_options options = SIGNET_CONTEXT_OPTIONS_INIT;
	signet_allocator allocator = harness_allocator(&r->memory);

	options.allocator = &allocator;
	assert_int_equal(signet_context_new(&options, &r->ctx, NULL), SIGNET_OK);
	make_ca(r);
	assert_int_equal(signet_key_generate(r->ctx, "p-256", &r->soft, NULL), SIGNET_OK);
	r->cert = issue(r, r->soft);
	fake_reset();
	r->modules[0] = fake_module();
	r->token = calloc(1, sizeof(*r->token));
	r->token->ctx = r->ctx;
	r->token->modules = r->modules;
	(void)pthread_mutex_init(&r->token->lock, NULL);
	/* more than its keys drop: its end is p11-kit's */
	atomic_init(&r->token->references, 100);
	r->typed = "1234";
	r->pin = (signet_passphrase){ .get = get_pin, .user = r };
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	rig *r = *state;

	assert_int_equal(atomic_load(&r->token->references), 100);
	(void)pthread_mutex_destroy(&r->token->lock);
	free(r->token);
	signet_cert_unref(&r->cert);
	signet_key_unref(&r->soft);
	signet_identity_unref(&r->ca);
	signet_context_free(&r->ctx);
	if (r->memory.live != 0)
		return -1;
	free(r);
	return 0;
}

/* The point of the certificate's key in the OCTET STRING that CKA_EC_POINT is. */
static void set_point(fake_object *object, const signet_cert *cert)
{
	uint8_t der[POINT + 2] = { 0x04, POINT };
	size_t size;
	const uint8_t *info = signet_cert_key_info(cert, &size);

	memcpy(der + 2, info + size - POINT, POINT);
	fake_set(object, CKA_EC_POINT, der, sizeof(der));
}

static fake_object *add_key(const char *id, const signet_cert *cert)
{
	fake_object *object = fake_object_add(CKO_PRIVATE_KEY);

	fake_set(object, CKA_ID, id, strlen(id));
	if (cert != NULL)
		set_point(object, cert);
	return object;
}

static signet_status get_key(rig *r, const char *uri, signet_key **key)
{
	*key = NULL;
	return sn_token_key(r->token, uri, r->cert, &r->pin, key, NULL, &r->err);
}

static void expect_key(rig *r, const char *uri, signet_status status)
{
	signet_key *key;

	assert_int_equal(get_key(r, uri, &key), status);
	assert_int_equal(key != NULL, status == SIGNET_OK);
	signet_key_unref(&key);
}

static void uri__that_is_none_or_tells_a_pin_is_refused_unasked(void **state)
{
	static const char *const uris[] = { "", "pkcs11", "pkcs12:", "pkcs11:token=%zz",
		"pkcs11:colour=red", "pkcs11:token=Card?pin-value=1234",
		"pkcs11:token=Card?pin-source=file:x", "pkcs11:id=%0", "file:x" };
	rig *r = *state;

	(void)fake_token("Card", "1", CKF_LOGIN_REQUIRED);
	add_key("a", r->cert);
	for (size_t i = 0; i < sizeof(uris) / sizeof(*uris); i++)
		expect_key(r, uris[i], SIGNET_E_USAGE);
	assert_int_equal(r->asked, 0);
	assert_int_equal(the_fake.opens, 0);
}

static void token__that_is_not_there_is_named(void **state)
{
	rig *r = *state;

	expect_key(r, "pkcs11:token=Card", SIGNET_E_TOKEN);
	(void)fake_token("Other", "1", CKF_LOGIN_REQUIRED);
	fake_token("Card", "2", CKF_LOGIN_REQUIRED)->flags = CKF_LOGIN_REQUIRED; /* not initialized */
	expect_key(r, "pkcs11:token=Card", SIGNET_E_TOKEN);
	assert_non_null(strstr(r->err.text, "token=Card"));
	the_fake.slot_list = CKR_DEVICE_ERROR;
	expect_key(r, "pkcs11:token=Other", SIGNET_E_TOKEN);
	assert_int_equal(r->asked, 0);
}

static void token__of_several_must_be_named(void **state)
{
	rig *r = *state;

	(void)fake_token("One", "1", CKF_LOGIN_REQUIRED);
	(void)fake_token("Two", "2", CKF_LOGIN_REQUIRED);
	add_key("a", r->cert);
	expect_key(r, "pkcs11:id=a", SIGNET_E_USAGE);
	assert_int_equal(r->asked, 0);
	expect_key(r, "pkcs11:token=Two", SIGNET_OK);
	assert_non_null(strstr(r->what, "Two (2)"));
	expect_key(r, "pkcs11:serial=1", SIGNET_OK);
}

/* A list of authorities is a token, too, and one that nobody means. */
static void token__without_pin_gives_way_to_a_card(void **state)
{
	rig *r = *state;

	(void)fake_token("Trust", "1", 0);
	(void)fake_token("Card", "2", CKF_LOGIN_REQUIRED);
	add_key("a", r->cert);
	expect_key(r, "pkcs11:", SIGNET_OK);
	assert_non_null(strstr(r->what, "Card"));
	expect_key(r, "pkcs11:token=Trust", SIGNET_OK);
	assert_int_equal(r->asked, 1);
}

static void pin__is_asked_for_once(void **state)
{
	signet_key *first, *second;
	rig *r = *state;

	(void)fake_token("Card", "1", CKF_LOGIN_REQUIRED);
	add_key("a", r->cert);
	assert_int_equal(get_key(r, "pkcs11:token=Card", &first), SIGNET_OK);
	assert_int_equal(get_key(r, "pkcs11:serial=1", &second), SIGNET_OK);
	assert_int_equal(r->asked, 1);
	assert_int_equal(the_fake.logins, 1);
	assert_int_equal(the_fake.opens, 1);
	signet_key_unref(&first);
	signet_key_unref(&second);
}

static void pin__that_is_wrong_is_tried_once(void **state)
{
	rig *r = *state;

	(void)fake_token("Card", "1", CKF_LOGIN_REQUIRED);
	add_key("a", r->cert);
	r->typed = "9999";
	expect_key(r, "pkcs11:token=Card", SIGNET_E_PASSPHRASE);
	r->typed = "1234";
	expect_key(r, "pkcs11:token=Card", SIGNET_E_PASSPHRASE);
	expect_key(r, "pkcs11:serial=1", SIGNET_E_PASSPHRASE);
	assert_int_equal(r->asked, 1);
	assert_int_equal(the_fake.logins, 1);
	assert_null(strstr(r->err.text, "9999"));
}

static void pin__of_a_locked_token_is_not_asked_for(void **state)
{
	rig *r = *state;

	(void)fake_token("Card", "1", CKF_LOGIN_REQUIRED | CKF_USER_PIN_LOCKED);
	add_key("a", r->cert);
	expect_key(r, "pkcs11:token=Card", SIGNET_E_PASSPHRASE);
	assert_non_null(strstr(r->err.text, "locked"));
	assert_int_equal(r->asked, 0);
	assert_int_equal(the_fake.logins, 0);
}

static void pin__says_that_it_is_the_last_try(void **state)
{
	rig *r = *state;

	(void)fake_token("Card", "1", CKF_LOGIN_REQUIRED | CKF_USER_PIN_FINAL_TRY);
	add_key("a", r->cert);
	expect_key(r, "pkcs11:token=Card", SIGNET_OK);
	assert_non_null(strstr(r->what, "locks"));
}

static void pin__is_typed_at_the_reader_where_that_has_keys(void **state)
{
	rig *r = *state;

	(void)fake_token("Card", "1", CKF_LOGIN_REQUIRED | CKF_PROTECTED_AUTHENTICATION_PATH);
	add_key("a", r->cert);
	expect_key(r, "pkcs11:token=Card", SIGNET_OK);
	assert_int_equal(r->asked, 0);
	assert_int_equal(the_fake.null_logins, 1);
}

static void pin__that_nobody_knows_is_no_try(void **state)
{
	signet_key *key = NULL;
	rig *r = *state;

	(void)fake_token("Card", "1", CKF_LOGIN_REQUIRED);
	add_key("a", r->cert);
	r->typed = NULL;
	expect_key(r, "pkcs11:token=Card", SIGNET_E_PASSPHRASE);
	assert_int_equal(sn_token_key(r->token, "pkcs11:token=Card", r->cert, NULL, &key, NULL, &r->err),
	    SIGNET_E_PASSPHRASE);
	assert_int_equal(the_fake.logins, 0);
	/* it was not wrong: it can be asked for again */
	r->typed = "1234";
	expect_key(r, "pkcs11:token=Card", SIGNET_OK);
}

static void login__that_fails_otherwise_is_not_repeated(void **state)
{
	rig *r = *state;

	(void)fake_token("Card", "1", CKF_LOGIN_REQUIRED);
	add_key("a", r->cert);
	the_fake.login = CKR_DEVICE_ERROR;
	expect_key(r, "pkcs11:token=Card", SIGNET_E_TOKEN);
	the_fake.login = CKR_OK;
	expect_key(r, "pkcs11:token=Card", SIGNET_E_PASSPHRASE);
	assert_int_equal(the_fake.logins, 1);
}

static void key__is_the_certificates_among_others(void **state)
{
	signet_key *key;
	signet_key *other = NULL;
	signet_cert *others;
	char *uri = NULL;
	rig *r = *state;

	assert_int_equal(signet_key_generate(r->ctx, "p-256", &other, NULL), SIGNET_OK);
	others = issue(r, other);
	(void)fake_token("Card", "1", CKF_LOGIN_REQUIRED);
	add_key("x", others);
	add_key("y", NULL);
	add_key("a", r->cert);
	assert_int_equal(
	    sn_token_key(r->token, "pkcs11:token=Card", r->cert, &r->pin, &key, &uri, &r->err),
	    SIGNET_OK);
	assert_non_null(strstr(uri, "id=%61"));
	assert_non_null(strstr(uri, "serial=1"));
	assert_null(strstr(uri, "1234"));
	sn_free(r->ctx, uri);
	signet_key_unref(&key);
	expect_key(r, "pkcs11:token=Card;id=x", SIGNET_E_USAGE);
	expect_key(r, "pkcs11:token=Card;id=nobody", SIGNET_E_NO_KEY);
	signet_cert_unref(&others);
	signet_key_unref(&other);
}

static void key__is_known_by_the_public_key_beside_it(void **state)
{
	fake_object *public_key;
	rig *r = *state;

	(void)fake_token("Card", "1", CKF_LOGIN_REQUIRED);
	add_key("a", NULL);
	add_key("b", NULL);
	public_key = fake_object_add(CKO_PUBLIC_KEY);
	fake_set(public_key, CKA_ID, "b", 1);
	set_point(public_key, r->cert);
	expect_key(r, "pkcs11:token=Card", SIGNET_OK);
	expect_key(r, "pkcs11:token=Card;id=b", SIGNET_OK);
}

/* Of two the token tells nothing: neither is taken. One alone is, unless its curve is another. */
static void key__of_which_nothing_is_told_is_taken_when_it_is_alone(void **state)
{
	static const uint8_t p384[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 };
	fake_object *object;
	rig *r = *state;

	(void)fake_token("Card", "1", CKF_LOGIN_REQUIRED);
	add_key("a", NULL);
	expect_key(r, "pkcs11:token=Card", SIGNET_OK);
	object = add_key("b", NULL);
	expect_key(r, "pkcs11:token=Card", SIGNET_E_USAGE);
	fake_set(object, CKA_EC_PARAMS, p384, sizeof(p384));
	expect_key(r, "pkcs11:token=Card;id=b", SIGNET_E_USAGE);
}

static void attributes__of_absurd_sizes_are_none(void **state)
{
	fake_object *object;
	rig *r = *state;

	(void)fake_token("Card", "1", CKF_LOGIN_REQUIRED);
	object = fake_object_add(CKO_PRIVATE_KEY);
	fake_set(object, CKA_ID, NULL, CK_UNAVAILABLE_INFORMATION);
	fake_set(object, CKA_EC_POINT, "\4\1x", 3);
	fake_set(object, CKA_MODULUS, "\1", 1);
	expect_key(r, "pkcs11:token=Card", SIGNET_OK);
	object->attributes[1].size = 1UL << 40;
	expect_key(r, "pkcs11:token=Card", SIGNET_OK);
}

static void search__that_never_ends_is_ended(void **state)
{
	rig *r = *state;

	(void)fake_token("Card", "1", CKF_LOGIN_REQUIRED);
	add_key("a", NULL);
	the_fake.is_endless = true;
	expect_key(r, "pkcs11:token=Card", SIGNET_E_USAGE);
	the_fake.find = CKR_DEVICE_REMOVED;
	expect_key(r, "pkcs11:token=Card", SIGNET_E_TOKEN);
}

/* The functions of a key on the token. */
static void begin_use(rig *r, sn_token_use *use, signet_key_backend *backend)
{
	sn_token_slot *slot = NULL;
	P11KitUri *uri = NULL;

	(void)fake_token("Card", "1", CKF_LOGIN_REQUIRED);
	add_key("a", r->cert);
	assert_int_equal(sn_token_parse("pkcs11:token=Card", &uri, NULL), SIGNET_OK);
	assert_int_equal(
	    sn_token_find_slot(r->token, uri, "pkcs11:token=Card", &slot, &r->err), SIGNET_OK);
	assert_int_equal(sn_token_login(slot, &r->pin, &r->err), SIGNET_OK);
	p11_kit_uri_free(uri);
	*use = (sn_token_use){ .token = r->token, .slot = slot, .object = 1 };
	sn_token_backend(use, backend);
}

static void decryption__that_is_short_is_filled_and_long_is_none(void **state)
{
	static const struct {
		CK_ULONG size;
		signet_status status;
	} rows[] = { { 256, SIGNET_OK }, { 255, SIGNET_OK }, { 1, SIGNET_OK }, { 0, SIGNET_OK },
		{ 257, SIGNET_E_DECRYPT } };
	const uint8_t in[256] = { 0 };
	signet_key_backend backend;
	sn_token_use use;
	rig *r = *state;

	begin_use(r, &use, &backend);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t out[300] = { 1 };
		size_t size = 256;

		the_fake.answer_size = rows[i].size;
		assert_int_equal(
		    backend.decrypt_raw(&use, in, sizeof(in), out, &size, &r->err), rows[i].status);
		if (rows[i].status != SIGNET_OK)
			continue;
		assert_int_equal(size, 256);
		assert_int_equal(out[0], rows[i].size == 256 ? 0x77 : 0);
		assert_int_equal(out[255], rows[i].size == 0 ? 0 : 0x77);
	}
	assert_int_equal(the_fake.mechanism, CKM_RSA_X_509);
}

/* Only what cannot depend on the ciphertext is told apart. */
static void decryption__that_fails_is_one_failure_unless_the_token_is_gone(void **state)
{
	static const struct {
		CK_RV code;
		signet_status status;
	} rows[] = { { CKR_ENCRYPTED_DATA_INVALID, SIGNET_E_DECRYPT },
		{ CKR_ENCRYPTED_DATA_LEN_RANGE, SIGNET_E_DECRYPT },
		{ CKR_FUNCTION_FAILED, SIGNET_E_DECRYPT }, { CKR_GENERAL_ERROR, SIGNET_E_DECRYPT },
		{ CKR_DATA_INVALID, SIGNET_E_DECRYPT }, { CKR_ARGUMENTS_BAD, SIGNET_E_DECRYPT },
		{ CKR_DEVICE_ERROR, SIGNET_E_DECRYPT }, { CKR_BUFFER_TOO_SMALL, SIGNET_E_DECRYPT },
		{ CKR_DEVICE_REMOVED, SIGNET_E_TOKEN }, { CKR_TOKEN_NOT_PRESENT, SIGNET_E_TOKEN },
		{ CKR_USER_NOT_LOGGED_IN, SIGNET_E_TOKEN }, { CKR_HOST_MEMORY, SIGNET_E_MEMORY } };
	const uint8_t in[256] = { 0 };
	const signet_key_work work = { .scheme = SIGNET_SCHEME_RSA_PKCS1, .data = in, .size = 256 };
	signet_key_backend backend;
	sn_token_use use;
	rig *r = *state;

	begin_use(r, &use, &backend);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t out[256];
		size_t size = 256;

		the_fake.decrypt = rows[i].code;
		assert_int_equal(
		    backend.decrypt_raw(&use, in, sizeof(in), out, &size, &r->err), rows[i].status);
		size = 256;
		assert_int_equal(
		    backend.decrypt(&use, &work, out, &size, &r->err), rows[i].status);
	}
}

static void agreement__that_is_short_is_filled_and_the_object_goes(void **state)
{
	const uint8_t point[65] = { 4 };
	signet_key_backend backend;
	uint8_t out[80];
	size_t size = sizeof(out);
	sn_token_use use;
	rig *r = *state;

	begin_use(r, &use, &backend);
	the_fake.answer_size = 30;
	assert_int_equal(backend.derive(&use, point, 65, out, &size, &r->err), SIGNET_OK);
	assert_int_equal(size, 32);
	assert_int_equal(out[1], 0);
	assert_int_equal(out[2], 0x77);
	size = sizeof(out);
	the_fake.answer_size = 33;
	assert_int_equal(backend.derive(&use, point, 65, out, &size, &r->err), SIGNET_E_DECRYPT);
	assert_int_equal(the_fake.destroyed, 2);
	size = 31;
	assert_int_equal(backend.derive(&use, point, 65, out, &size, &r->err), SIGNET_E_DECRYPT);
	size = sizeof(out);
	the_fake.derive = CKR_MECHANISM_INVALID;
	assert_int_equal(backend.derive(&use, point, 65, out, &size, &r->err), SIGNET_E_TOKEN);
	assert_int_equal(the_fake.destroyed, 2);
}

static void signing__goes_by_the_mechanism_of_the_scheme(void **state)
{
	static const struct {
		signet_key_work work;
		CK_MECHANISM_TYPE mechanism;
		signet_status status;
	} rows[] = {
		{ { .scheme = SIGNET_SCHEME_RSA_PKCS1 }, CKM_RSA_PKCS, SIGNET_OK },
		{ { .scheme = SIGNET_SCHEME_ECDSA }, CKM_ECDSA, SIGNET_OK },
		{ { .scheme = SIGNET_SCHEME_EDDSA }, CKM_EDDSA, SIGNET_OK },
		{ { .scheme = SIGNET_SCHEME_RSA_PSS, .digest = "sha256", .mask_digest = "sha1" },
		    CKM_RSA_PKCS_PSS, SIGNET_OK },
		{ { .scheme = SIGNET_SCHEME_RSA_PSS, .digest = "sha3-256", .mask_digest = "sha256" },
		    0, SIGNET_E_TOKEN },
		{ { .scheme = SIGNET_SCHEME_RSA_PSS, .digest = "sha256", .mask_digest = "md5" }, 0,
		    SIGNET_E_TOKEN },
	};
	signet_key_backend backend;
	sn_token_use use;
	rig *r = *state;

	begin_use(r, &use, &backend);
	the_fake.answer_size = 64;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t out[64];
		size_t size = sizeof(out);

		the_fake.mechanism = 0;
		assert_int_equal(
		    backend.sign(&use, &rows[i].work, out, &size, &r->err), rows[i].status);
		assert_int_equal(the_fake.mechanism, rows[i].mechanism);
	}
	the_fake.sign = CKR_DEVICE_REMOVED;
	for (size_t i = 0; i < 2; i++) {
		uint8_t out[64];
		size_t size = i == 0 ? sizeof(out) : 10;

		assert_int_equal(
		    backend.sign(&use, &rows[0].work, out, &size, &r->err), SIGNET_E_TOKEN);
		the_fake.sign = CKR_OK; /* and then: more than there is room for */
	}
}

static void key__that_wants_the_pin_each_time_gets_it(void **state)
{
	static const signet_key_work work = { .scheme = SIGNET_SCHEME_ECDSA };
	signet_key_backend backend;
	uint8_t out[64];
	size_t size = sizeof(out);
	sn_token_use use;
	rig *r = *state;

	begin_use(r, &use, &backend);
	use.is_asked_each_time = true;
	the_fake.answer_size = 64;
	assert_int_equal(backend.sign(&use, &work, out, &size, &r->err), SIGNET_OK);
	assert_int_equal(backend.sign(&use, &work, out, &size, &r->err), SIGNET_OK);
	assert_int_equal(the_fake.context_logins, 2);
	r->typed = "9999";
	assert_int_equal(backend.sign(&use, &work, out, &size, &r->err), SIGNET_E_PASSPHRASE);
	assert_int_equal(backend.sign(&use, &work, out, &size, &r->err), SIGNET_E_PASSPHRASE);
	assert_int_equal(the_fake.context_logins, 3);
}

static void key__does_what_its_attributes_allow(void **state)
{
	static const CK_BBOOL no = CK_FALSE;
	signet_key_backend backend;
	sn_token_use use;
	fake_object *object;
	rig *r = *state;

	begin_use(r, &use, &backend);
	assert_non_null(backend.sign);
	assert_non_null(backend.decrypt_raw);
	assert_non_null(backend.derive);
	the_fake.has_raw = false;
	sn_token_backend(&use, &backend);
	assert_null(backend.decrypt_raw);
	assert_non_null(backend.decrypt);
	object = fake_object_add(CKO_PRIVATE_KEY);
	fake_set(object, CKA_SIGN, &no, sizeof(no));
	fake_set(object, CKA_DECRYPT, &no, sizeof(no));
	fake_set(object, CKA_DERIVE, &no, sizeof(no));
	use.object = 2;
	the_fake.has_raw = true;
	sn_token_backend(&use, &backend);
	assert_null(backend.sign);
	assert_null(backend.decrypt);
	assert_null(backend.decrypt_raw);
	assert_null(backend.derive);
}

static signet_status note_cert(void *user, signet_cert *cert, const char *uri, signet_error *err)
{
	rig *r = user;

	assert_true(signet_cert_equal(cert, r->cert));
	assert_non_null(strstr(uri, "type=private"));
	r->asked++;
	return r->typed != NULL ? SIGNET_OK
				: signet_fail(err, SIGNET_E_IO, SIGNET_NO_OFFSET, "stop");
}

static void add_cert(const char *id, const void *der, size_t size)
{
	fake_object *object = fake_object_add(CKO_CERTIFICATE);

	if (id != NULL)
		fake_set(object, CKA_ID, id, strlen(id));
	fake_set(object, CKA_VALUE, der, size);
}

static void certificates__of_people_are_visited_without_a_pin(void **state)
{
	const uint8_t *der;
	size_t size;
	rig *r = *state;

	(void)fake_token("Card", "1", CKF_LOGIN_REQUIRED);
	assert_int_equal(sn_token_certs(r->token, "pkcs11:", note_cert, r, &r->err), SIGNET_E_NO_CERT);
	der = signet_cert_der(signet_identity_cert(r->ca), &size);
	add_cert("c", der, size);
	add_cert("g", "garbage", 7);
	der = signet_cert_der(r->cert, &size);
	add_cert(NULL, der, size); /* whose key would it be */
	assert_int_equal(sn_token_certs(r->token, "pkcs11:", note_cert, r, &r->err), SIGNET_E_NO_CERT);
	add_cert("a", der, size);
	assert_int_equal(sn_token_certs(r->token, "pkcs11:", note_cert, r, &r->err), SIGNET_OK);
	assert_int_equal(r->asked, 1);
	assert_int_equal(the_fake.logins, 0);
	r->typed = NULL;
	assert_int_equal(sn_token_certs(r->token, "pkcs11:", note_cert, r, &r->err), SIGNET_E_IO);
}

static void key__when_memory_is_out_fails_clean(void **state)
{
	signet_key *key = NULL;
	signet_status status = SIGNET_E_MEMORY;
	char *uri = NULL;
	rig *r = *state;

	(void)fake_token("Card", "1", CKF_LOGIN_REQUIRED);
	add_key("a", r->cert);
	for (size_t n = 1; status != SIGNET_OK; n++) {
		r->memory.failed = false;
		r->memory.fail_at = r->memory.count + n;
		status = sn_token_key(
		    r->token, "pkcs11:token=Card", r->cert, &r->pin, &key, &uri, &r->err);
		r->memory.fail_at = 0;
		assert_true(status == SIGNET_OK || status == SIGNET_E_MEMORY);
		assert_true(n < 100);
	}
	sn_free(r->ctx, uri);
	signet_key_unref(&key);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(uri__that_is_none_or_tells_a_pin_is_refused_unasked),
		TEST(token__that_is_not_there_is_named),
		TEST(token__of_several_must_be_named),
		TEST(token__without_pin_gives_way_to_a_card),
		TEST(pin__is_asked_for_once),
		TEST(pin__that_is_wrong_is_tried_once),
		TEST(pin__of_a_locked_token_is_not_asked_for),
		TEST(pin__says_that_it_is_the_last_try),
		TEST(pin__is_typed_at_the_reader_where_that_has_keys),
		TEST(pin__that_nobody_knows_is_no_try),
		TEST(login__that_fails_otherwise_is_not_repeated),
		TEST(key__is_the_certificates_among_others),
		TEST(key__is_known_by_the_public_key_beside_it),
		TEST(key__of_which_nothing_is_told_is_taken_when_it_is_alone),
		TEST(attributes__of_absurd_sizes_are_none),
		TEST(search__that_never_ends_is_ended),
		TEST(decryption__that_is_short_is_filled_and_long_is_none),
		TEST(decryption__that_fails_is_one_failure_unless_the_token_is_gone),
		TEST(agreement__that_is_short_is_filled_and_the_object_goes),
		TEST(signing__goes_by_the_mechanism_of_the_scheme),
		TEST(key__that_wants_the_pin_each_time_gets_it),
		TEST(key__does_what_its_attributes_allow),
		TEST(certificates__of_people_are_visited_without_a_pin),
		TEST(key__when_memory_is_out_fails_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
