/* Whom a PKCS #11 module trusts for e-mail: a module with every sort of trust (fake_roots.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <signet/ca.h>

#include "harness.h"
#include "token/token_int.h"

enum { BEGINNING = 1700000000, YEAR = 365 * 86400, SEEN_MAX = 16 };

typedef struct fixture {
	harness memory;
	signet_context *ctx;
	char dir[64];
	size_t count;
	char subject[SEEN_MAX][64];
	int64_t distrust_after[SEEN_MAX];
} fixture;

static const char *const names[] = { "email", "server", "bad", "person", "left", "strange",
	"new-email", "new-server", "new-mixed" };
#define NAMES (sizeof(names) / sizeof(*names))

static void write_file(fixture *f, const char *name, const char *end, const void *data, size_t size)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s.%s", f->dir, name, end);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	(void)fclose(file);
}

/* The names stand for issuer and serial number: the module only compares them. */
static void make_root(fixture *f, const char *name)
{
	signet_ca_options options = SIGNET_CA_OPTIONS_INIT;
	signet_cert *cert = NULL;
	signet_key *key = NULL;
	char subject[64];
	size_t size = 0;
	const uint8_t *der;

	(void)snprintf(subject, sizeof(subject), "CN=%s", name);
	options.subject = subject;
	options.not_before = BEGINNING;
	options.not_after = BEGINNING + 10 * (int64_t)YEAR;
	assert_int_equal(signet_key_generate(f->ctx, "p-256", &key, NULL), SIGNET_OK);
	assert_int_equal(signet_ca_make(f->ctx, &options, key, &cert, NULL), SIGNET_OK);
	der = signet_cert_der(cert, &size);
	write_file(f, name, "der", der, size);
	write_file(f, name, "issuer", name, strlen(name));
	write_file(f, name, "serial", name, strlen(name));
	signet_cert_unref(&cert);
	signet_key_unref(&key);
}

static int setup(void **state)
{
	fixture *f = calloc(1, sizeof(*f));
	signet_context_options options = SIGNET_CONTEXT_OPTIONS_INIT;
	signet_allocator allocator = harness_allocator(&f->memory);

	options.allocator = &allocator;
	if (signet_context_new(&options, &f->ctx, NULL) != SIGNET_OK)
		return -1;
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/signet-token-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		return -1;
	for (size_t i = 0; i < NAMES; i++)
		make_root(f, names[i]);
	(void)setenv("TEST_TOKEN_ROOTS", f->dir, 1);
	(void)unsetenv("TEST_TOKEN_BROKEN");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	static const char *const ends[] = { "der", "issuer", "serial" };
	fixture *f = *state;
	size_t live;

	for (size_t i = 0; i < NAMES * 3; i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), "%s/%s.%s", f->dir, names[i / 3], ends[i % 3]);
		(void)unlink(path);
	}
	(void)rmdir(f->dir);
	signet_context_free(&f->ctx);
	live = f->memory.live;
	free(f);
	return live == 0 ? 0 : -1;
}

static signet_status visit(void *user, const sn_token_root *root, signet_error *err)
{
	fixture *f = user;

	(void)err;
	assert_true(f->count < SEEN_MAX);
	(void)snprintf(f->subject[f->count], 64, "%s", signet_cert_subject(root->cert));
	f->distrust_after[f->count++] = root->distrust_after;
	return SIGNET_OK;
}

static signet_status each(fixture *f, signet_error *err)
{
	f->count = 0;
	return signet_token_module()->roots_each(f->ctx, TEST_TOKEN_MODULE, visit, f, err);
}

static void roots__are_those_trusted_for_email_as_authorities(void **state)
{
	static const char *const good[] = { "CN=email", "CN=left", "CN=strange", "CN=new-email" };
	fixture *f = *state;

	assert_int_equal(each(f, NULL), SIGNET_OK);
	assert_int_equal(f->count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(f->subject[i], good[i]);
}

static void root__that_is_left_has_its_day_and_a_strange_day_is_no_trust(void **state)
{
	fixture *f = *state;

	assert_int_equal(each(f, NULL), SIGNET_OK);
	assert_int_equal(f->distrust_after[0], 0);
	assert_int_equal(f->distrust_after[1], 1661904000); /* 2022-08-31 */
	assert_int_equal(f->distrust_after[2], 1);          /* before any certificate */
	assert_int_equal(f->distrust_after[3], 0);
}

static void root__whose_certificate_is_no_other_is_not_given(void **state)
{
	fixture *f = *state;

	/* Trust in an issuer and serial number that no certificate has. */
	write_file(f, "email", "issuer", "", 0);
	assert_int_equal(each(f, NULL), SIGNET_OK);
	assert_int_equal(f->count, 3);
	write_file(f, "left", "der", "rubbish", 7);
	assert_int_equal(each(f, NULL), SIGNET_E_MALFORMED);
}

static signet_status refuse(void *user, const sn_token_root *root, signet_error *err)
{
	(void)root;
	++*(int *)user;
	return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET, "enough");
}

static void visitor__ends_the_walk(void **state)
{
	fixture *f = *state;
	int count = 0;

	assert_int_equal(signet_token_module()->roots_each(
			     f->ctx, TEST_TOKEN_MODULE, refuse, &count, NULL),
	    SIGNET_E_LIMIT);
	assert_int_equal(count, 1);
}

static void module__that_is_missing_or_broken_is_unavailable(void **state)
{
	fixture *f = *state;
	signet_error err = { 0 };

	assert_int_equal(signet_token_module()->roots_each(
			     f->ctx, "/no/such/module.so", visit, f, &err),
	    SIGNET_E_UNAVAILABLE);
	assert_non_null(strstr(err.text, "libnss3"));
	assert_int_equal(signet_token_module()->roots_each(f->ctx, "/bin/true", visit, f, &err),
	    SIGNET_E_UNAVAILABLE);
	(void)setenv("TEST_TOKEN_BROKEN", "1", 1);
	assert_int_equal(each(f, &err), SIGNET_E_UNAVAILABLE);
	assert_non_null(strstr(err.text, "C_Initialize"));
	assert_int_equal(f->count, 0);
}

static void memory__that_runs_out_is_a_clean_error(void **state)
{
	fixture *f = *state;
	size_t live = f->memory.live;

	for (size_t i = 1; i < 2000; i++) {
		signet_status status;

		f->memory.failed = false;
		f->memory.fail_at = f->memory.count + i;
		status = each(f, NULL);
		assert_true(status == SIGNET_OK || status == SIGNET_E_MEMORY);
		if (status == SIGNET_E_MEMORY)
			assert_true(f->memory.failed);
		else if (!f->memory.failed)
			break;
	}
	f->memory.fail_at = 0;
	assert_int_equal(each(f, NULL), SIGNET_OK);
	/* A few decoded certificates are kept by the context. */
	assert_true(f->memory.live < live + 64);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(roots__are_those_trusted_for_email_as_authorities),
		TEST(root__that_is_left_has_its_day_and_a_strange_day_is_no_trust),
		TEST(root__whose_certificate_is_no_other_is_not_given),
		TEST(visitor__ends_the_walk),
		TEST(module__that_is_missing_or_broken_is_unavailable),
		TEST(memory__that_runs_out_is_a_clean_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
