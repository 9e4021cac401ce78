#include "harness.h"

#include <errno.h>
#include <string.h>

#include "base/context.h"

static const signet_status statuses[] = { SIGNET_OK, SIGNET_E_DECRYPT, SIGNET_E_PASSPHRASE,
	SIGNET_E_NO_KEY, SIGNET_E_ALGORITHM, SIGNET_E_UNPROTECTED, SIGNET_E_USAGE, SIGNET_E_SIGNER_MISMATCH, SIGNET_E_COPIES, SIGNET_E_MALFORMED,
	SIGNET_E_LIMIT, SIGNET_E_NO_HEADER, SIGNET_E_NO_INPUT, SIGNET_E_NO_CERT, SIGNET_E_NO_IDENTITY,
	SIGNET_E_NOT_FOUND, SIGNET_E_UNAVAILABLE, SIGNET_E_TOKEN, SIGNET_E_INTERNAL, SIGNET_E_MEMORY,
	SIGNET_E_CRYPTO,
	SIGNET_E_CANNOT_CREATE, SIGNET_E_IO, SIGNET_E_CHANGED, SIGNET_E_BUSY, SIGNET_E_PERMISSION };

enum { STATUS_COUNT = sizeof(statuses) / sizeof(statuses[0]) };

/* 0, the verdicts' own codes, and those of sysexits.h that the programs promise. */
static void status__has_the_exit_code_of_its_class(void **state)
{
	static const int exits[] = { 0, 1, 2, 2, 2, 4, 64, 64, 64, 65, 65, 65, 66, 67, 67, 67, 69, 69, 70, 70, 70,
		73, 74, 74, 75, 77 };

	(void)state;
	assert_int_equal(STATUS_COUNT, sizeof(exits) / sizeof(exits[0]));
	for (size_t i = 0; i < STATUS_COUNT; i++)
		assert_int_equal(signet_status_exit(statuses[i]), exits[i]);
}

static void status__has_a_code_of_its_own(void **state)
{
	static const char *const codes[] = { "ok", "decrypt-failed", "passphrase", "no-key",
		"algorithm-unavailable", "unprotected", "usage", "signer-not-from", "several-copies", "malformed",
		"limit", "no-header", "no-input", "no-certificate", "no-identity", "not-found", "unavailable", "token-unavailable",
		"internal", "memory", "crypto", "cannot-create", "io", "input-changed", "busy", "permission" };

	(void)state;
	for (size_t i = 0; i < STATUS_COUNT; i++) {
		const char *code = signet_status_code(statuses[i]);

		assert_string_equal(code, codes[i]);
		assert_int_equal(strspn(code, "abcdefghijklmnopqrstuvwxyz-"), strlen(code));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(code, signet_status_code(statuses[j]));
	}
}

static void fail__says_where_it_was_born(void **state)
{
	signet_error err = { 0 };

	(void)state;
	assert_int_equal(signet_fail(&err, SIGNET_E_MALFORMED, 17, "tag %d", 4), SIGNET_E_MALFORMED);
	assert_int_equal(err.status, SIGNET_E_MALFORMED);
	assert_int_equal(err.offset, 17);
	assert_int_equal(err.sys, 0);
	assert_string_equal(err.func, __func__);
	assert_string_equal(err.text, "tag 4");
	assert_int_equal(signet_fail(NULL, SIGNET_E_IO, 0, "nobody asks"), SIGNET_E_IO);
}

static void fail__of_a_long_text_is_cut(void **state)
{
	signet_error err;
	char text[1000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(signet_fail(&err, SIGNET_E_USAGE, 0, "%s", text), SIGNET_E_USAGE);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	errno = ENOENT;
	assert_int_equal(signet_fail_sys(&err, SIGNET_E_NO_INPUT, "%s", text), SIGNET_E_NO_INPUT);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void fail_sys__adds_the_reason(void **state)
{
	signet_error err;

	(void)state;
	errno = ENOENT;
	assert_int_equal(signet_fail_sys(&err, SIGNET_E_NO_INPUT, "cannot read %s", "a"),
	    SIGNET_E_NO_INPUT);
	assert_int_equal(err.sys, ENOENT);
	assert_string_equal(err.text, "cannot read a: No such file or directory");
	assert_int_equal(signet_fail_sys(NULL, SIGNET_E_IO, "nobody asks"), SIGNET_E_IO);
}

static unsigned destroyed;

static void count_destroyed(signet_context *ctx)
{
	(void)ctx;
	destroyed++;
}

static void context__is_destroyed_with_its_last_reference(void **state)
{
	harness h;
	signet_context *first;
	signet_context *second;

	(void)state;
	harness_init(&h);
	h.ctx->destroy = count_destroyed;
	first = h.ctx;
	second = sn_context_ref(h.ctx);
	sn_context_unref(&first);
	assert_null(first);
	assert_int_equal(destroyed, 0);
	sn_context_unref(&second);
	assert_int_equal(destroyed, 1);
	sn_context_unref(&second);
	assert_int_equal(destroyed, 1);
	harness_clear(&h);
}

static void keep_line(void *user, signet_log_level level, const char *text)
{
	(void)level;
	(void)strcpy(user, text);
}

static void log__goes_to_its_hook_and_nowhere_without(void **state)
{
	harness h;
	char line[600] = "";
	char text[2000];

	(void)state;
	harness_init(&h);
	sn_log(h.ctx, SIGNET_LOG_INFO, "nobody hears");
	h.ctx->log = (signet_log){ keep_line, line };
	sn_log(h.ctx, SIGNET_LOG_INFO, "%s %d", "pass", 2);
	assert_string_equal(line, "pass 2");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	sn_log(h.ctx, SIGNET_LOG_INFO, "%s", text);
	assert_int_equal(strlen(line), 511);
	harness_clear(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status__has_the_exit_code_of_its_class),
		cmocka_unit_test(status__has_a_code_of_its_own),
		cmocka_unit_test(fail__says_where_it_was_born),
		cmocka_unit_test(fail__of_a_long_text_is_cut),
		cmocka_unit_test(fail_sys__adds_the_reason),
		cmocka_unit_test(context__is_destroyed_with_its_last_reference),
		cmocka_unit_test(log__goes_to_its_hook_and_nowhere_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
