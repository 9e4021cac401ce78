/* Writing in one pass: when it is done, when it is given up, and that either way is right. */
#include "compose_kit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BOTH = SIGNET_SIGN | SIGNET_ENCRYPT, LONG = 300 << 10 };

#define HEAD                                                                                       \
	"From: Alice <alice@example.com>\r\n"                                                      \
	"To: bob@example.com\r\n"                                                                  \
	"Content-Type: multipart/mixed; boundary=b\r\n"                                            \
	"\r\n"

static const char canonical[] = HEAD "--b\r\n\r\nplain\r\n--b--\r\n";
static const char wide[] = HEAD "--b\r\n\r\nGr\xc3\xbc\xc3\x9f"
				"e\r\n--b\r\n\r\nplain\r\n--b--\r\n";
/* what the header does not give away */
static const char mixed_ends[] = HEAD "--b\r\n\r\nplain\nlines\n--b--\r\n";
static const char label[] = HEAD "--b\r\nContent-Transfer-Encoding: 8bit\r\n\r\nplain\r\n--b--\r\n";
static const char bare_lf[] = "From: alice@example.com\nTo: bob@example.com\n\nplain\n";
static const char mbox[] = "From alice Tue Nov 24 10:00:00 2026\r\n" HEAD "--b\r\n\r\nx\r\n--b--\r\n";

/* Forgets what it has when it is told so, and fails where told. */
typedef struct tape {
	signet_sink sink;
	octets data;
	size_t writes, restarts, finished, aborted;
	size_t fail_at; /* this write, from 1; 0: none */
	bool fail_restart;
	void (*at_first)(void *user); /* called by the first write */
	void *user;
} tape;

static signet_status tape_write(
    signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	tape *t = (tape *)sink;
	uint8_t *grown = realloc(t->data.data, t->data.size + size + 1);

	assert_non_null(grown);
	assert_int_equal(t->finished + t->aborted, 0);
	t->data.data = grown;
	if (size != 0)
		memcpy(t->data.data + t->data.size, data, size);
	t->data.size += size;
	t->data.data[t->data.size] = '\0';
	if (++t->writes == 1 && t->at_first != NULL)
		t->at_first(t->user);
	if (t->writes == t->fail_at)
		return signet_fail(err, SIGNET_E_IO, SIGNET_NO_OFFSET, "the disk is full");
	return SIGNET_OK;
}

static signet_status tape_finish(signet_sink *sink, signet_error *err)
{
	(void)err;
	((tape *)sink)->finished++;
	return SIGNET_OK;
}

static void tape_abort(signet_sink *sink) { ((tape *)sink)->aborted++; }

static signet_status tape_restart(signet_sink *sink, signet_error *err)
{
	tape *t = (tape *)sink;

	assert_int_equal(t->finished + t->aborted, 0);
	t->restarts++;
	t->data.size = 0;
	if (t->fail_restart)
		return signet_fail(err, SIGNET_E_IO, SIGNET_NO_OFFSET, "cannot go back");
	return SIGNET_OK;
}

static tape tape_make(void)
{
	return (tape){ .sink = { tape_write, tape_finish, tape_abort, tape_restart } };
}

/* Lends another input, and counts how often it is read from its beginning. */
typedef struct counter {
	signet_input input;
	const char *text;
	size_t size;
	size_t beginnings;
	const char *later; /* what it holds once its header has been read; NULL: the same */
} counter;

static signet_status counter_read(signet_input *input, uint64_t offset, uint8_t *data, size_t size,
    size_t *got_out, signet_error *err)
{
	counter *c = (counter *)input;
	const char *text = c->later != NULL && c->beginnings > 0 ? c->later : c->text;
	const size_t rest = offset < c->size ? c->size - (size_t)offset : 0;

	(void)err;
	*got_out = rest < size ? rest : size;
	if (*got_out != 0)
		memcpy(data, text + offset, *got_out);
	c->beginnings += offset == 0;
	return SIGNET_OK;
}

static void counter_free(signet_input *input) { (void)input; }

static const kit_recipient *to_bob(kit *k, unsigned protection)
{
	static kit_recipient bob[2];

	bob[0] = (kit_recipient){ &k->bob, false };
	return (protection & SIGNET_ENCRYPT) != 0 ? bob : NULL;
}

static signet_status write_to(
    kit *k, const signet_compose_options *options, const char *text, tape *t, signet_error *err)
{
	signet_input *input = NULL;
	signet_compose *compose = NULL;
	signet_status status = kit_compose_new(k, options, text, strlen(text),
	    to_bob(k, options->protection), &input, &compose, err);

	assert_int_equal(status, SIGNET_OK);
	status = signet_compose_write(compose, 0, &t->sink, err);
	signet_compose_free(&compose);
	signet_input_free(&input);
	return status;
}

/* What was signed or encrypted, or asserts. */
static octets content_of(kit *k, octets o, unsigned protection)
{
	octets content = { 0 };

	assert_transport_safe(o);
	if (protection == SIGNET_SIGN) {
		assert_true(peer_verify(k, o, SIGNET_FORM_MIME, &content));
		return content;
	}
	assert_true(peer_decrypt(o, SIGNET_FORM_MIME, &k->bob, &content));
	return content;
}

static void message__is_tried_once_and_right_either_way(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		unsigned protection;
		size_t restarts;
		const char *contains;
	} rows[] = {
		{ "canonical, signed", canonical, SIGNET_SIGN, 0, "\r\n\r\nplain\r\n" },
		{ "canonical, encrypted", canonical, SIGNET_ENCRYPT, 0, "\r\n\r\nplain\r\n" },
		{ "canonical, both", canonical, BOTH, 0, "\r\n\r\nplain\r\n" },
		{ "8-bit leaf, signed", wide, SIGNET_SIGN, 1, "Gr=C3=BC=C3=9Fe\r\n" },
		{ "8-bit leaf, encrypted", wide, SIGNET_ENCRYPT, 1, "Gr=C3=BC=C3=9Fe\r\n" },
		{ "8-bit leaf, both", wide, BOTH, 1, "Gr=C3=BC=C3=9Fe\r\n" },
		{ "bare LF, signed", bare_lf, SIGNET_SIGN, 0, "\r\nplain\r\n" },
		{ "bare LF in the header, encrypted", bare_lf, SIGNET_ENCRYPT, 0, "\r\nplain\r\n" },
		{ "bare LF in the body, signed", mixed_ends, SIGNET_SIGN, 0, "plain\r\nlines\r\n" },
		{ "bare LF in the body, both", mixed_ends, BOTH, 1, "plain\r\nlines\r\n" },
		{ "8bit that is none, signed", label, SIGNET_SIGN, 0, "Encoding: 7bit\r\n" },
		{ "8bit that is none, encrypted", label, SIGNET_ENCRYPT, 0, "Encoding: 7bit\r\n" },
		{ "mbox line, signed", mbox, SIGNET_SIGN, 0, "\r\n\r\nx\r\n" },
		{ "mbox line, encrypted", mbox, SIGNET_ENCRYPT, 0, "\r\n\r\nx\r\n" },
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		signet_compose_options options = kit_options(k, rows[i].protection);
		tape t = tape_make();
		octets content;

		assert_int_equal(write_to(k, &options, rows[i].text, &t, NULL), SIGNET_OK);
		if (t.restarts != rows[i].restarts)
			fail_msg("%s: %zu restarts", rows[i].name, t.restarts);
		assert_int_equal(t.finished, 1);
		assert_int_equal(t.aborted, 0);
		content = content_of(k, t.data, rows[i].protection);
		if (!octets_contain(content, rows[i].contains))
			fail_msg("%s: other content", rows[i].name);
		free(content.data);
		free(t.data.data);
	}
}

/* ECDSA: how long the signature will be is not known in time. */
static void message__of_a_signer_with_variable_signatures_is_encrypted(void **state)
{
	kit *k = *state;
	signet_identity *signers[] = { k->signs_only.identity };
	signet_compose_options options = kit_options(k, BOTH);

	options.signers = signers;
	for (size_t i = 0; i < 16; i++) {
		tape t = tape_make();
		octets content;

		assert_int_equal(write_to(k, &options, canonical, &t, NULL), SIGNET_OK);
		content = content_of(k, t.data, BOTH);
		assert_true(peer_verify(k, content, SIGNET_FORM_MIME, NULL));
		free(content.data);
		free(t.data.data);
	}
}

static void input__is_read_once_when_it_is_canonical(void **state)
{
	kit *k = *state;
	const signet_compose_options options = kit_options(k, SIGNET_SIGN);
	counter c = { .input = { counter_read, counter_free, false },
		.text = canonical,
		.size = strlen(canonical) };
	signet_compose *compose = NULL;
	tape t = tape_make();

	assert_int_equal(
	    signet_compose_new(k->ctx, &c.input, &options, &compose, NULL), SIGNET_OK);
	assert_int_equal(c.beginnings, 1);
	assert_int_equal(signet_compose_write(compose, 0, &t.sink, NULL), SIGNET_OK);
	assert_int_equal(c.beginnings, 2);
	assert_true(peer_verify(k, t.data, SIGNET_FORM_MIME, NULL));
	signet_compose_free(&compose);
	free(t.data.data);
}

/* Signers and recipients were taken from another header section than the one that would go out. */
static void input__whose_header_changed_is_refused(void **state)
{
	static const char other[] = "From: Alice <alice@example.com>\r\n"
				    "To: eve@example.com\r\n";
	kit *k = *state;

	for (unsigned protection = SIGNET_SIGN; protection <= BOTH; protection++) {
		const signet_compose_options options = kit_options(k, protection);
		char later[sizeof(canonical)];
		counter c = { .input = { counter_read, counter_free, false },
			.text = canonical,
			.size = strlen(canonical),
			.later = later };
		signet_compose *compose = NULL;
		tape t = tape_make();

		memcpy(later, canonical, sizeof(later));
		memcpy(later, other, strlen(other));
		assert_int_equal(
		    signet_compose_new(k->ctx, &c.input, &options, &compose, NULL), SIGNET_OK);
		if ((protection & SIGNET_ENCRYPT) != 0)
			assert_int_equal(signet_compose_add_recipient(compose, "bob@example.com",
					     k->bob.cert, false, NULL),
			    SIGNET_OK);
		assert_int_equal(
		    signet_compose_write(compose, 0, &t.sink, NULL), SIGNET_E_CHANGED);
		assert_int_equal(t.aborted, 1);
		assert_int_equal(t.finished, 0);
		assert_int_equal(t.data.size, 0);
		signet_compose_free(&compose);
	}
}

static void append_line(void *user)
{
	const int *fd = user;

	assert_int_equal(pwrite(*fd, "more\r\n", 6, (off_t)lseek(*fd, 0, SEEK_END)), 6);
}

/* A file that somebody appends to: what was said of its size in front no longer holds. */
static void file__that_grows_is_read_again(void **state)
{
	kit *k = *state;
	const signet_compose_options options = kit_options(k, SIGNET_ENCRYPT);
	char path[] = "/tmp/signet-test-XXXXXX";
	char *text = malloc(LONG + 1);
	int fd = mkstemp(path);
	signet_input *input = NULL;
	signet_compose *compose = NULL;
	tape t = tape_make();
	octets content;

	assert_true(fd >= 0);
	assert_non_null(text);
	for (size_t i = 0; i < LONG; i++)
		text[i] = i % 50 == 48 ? '\r' : i % 50 == 49 ? '\n' : 'x';
	memcpy(text, "From: alice@example.com\r\n\r\n", 27);
	assert_int_equal(write(fd, text, LONG), LONG);
	assert_int_equal(signet_input_file_new(k->ctx, path, &input, NULL), SIGNET_OK);
	assert_int_equal(
	    signet_compose_new(k->ctx, input, &options, &compose, NULL), SIGNET_OK);
	assert_int_equal(
	    signet_compose_add_recipient(compose, NULL, k->bob.cert, false, NULL), SIGNET_OK);
	t.at_first = append_line;
	t.user = &fd;
	assert_int_equal(signet_compose_write(compose, 0, &t.sink, NULL), SIGNET_OK);
	assert_int_equal(t.restarts, 1);
	content = content_of(k, t.data, SIGNET_ENCRYPT);
	assert_int_equal(content.size, LONG - 25 + 6);
	free(content.data);
	free(t.data.data);
	signet_compose_free(&compose);
	signet_input_free(&input);
	(void)close(fd);
	(void)unlink(path);
	free(text);
}

static void sink__that_cannot_restart_is_aborted_once(void **state)
{
	kit *k = *state;

	for (unsigned protection = SIGNET_SIGN; protection <= BOTH; protection++) {
		const signet_compose_options options = kit_options(k, protection);
		tape t = tape_make();
		signet_error err = { 0 };

		t.fail_restart = true;
		assert_int_equal(write_to(k, &options, wide, &t, &err), SIGNET_E_IO);
		assert_string_equal(err.text, "cannot go back");
		assert_int_equal(t.aborted, 1);
		assert_int_equal(t.finished, 0);
		free(t.data.data);
	}
}

static void sink__that_fails_at_any_write_is_aborted_once(void **state)
{
	kit *k = *state;

	for (unsigned protection = SIGNET_SIGN; protection <= BOTH; protection++) {
		const signet_compose_options options = kit_options(k, protection);

		for (size_t n = 1;; n++) {
			tape t = tape_make();
			signet_status status;

			t.fail_at = n;
			status = write_to(k, &options, canonical, &t, NULL);
			free(t.data.data);
			assert_int_equal(t.aborted, status != SIGNET_OK);
			assert_int_equal(t.finished, status == SIGNET_OK);
			if (status == SIGNET_OK)
				break;
			assert_int_equal(status, SIGNET_E_IO);
		}
	}
}

/* A second write of a message that was written in one pass stands on its own. */
static void compose__is_written_twice(void **state)
{
	kit *k = *state;
	const signet_compose_options options = kit_options(k, BOTH);
	signet_input *input = NULL;
	signet_compose *compose = NULL;

	assert_int_equal(kit_compose_new(k, &options, canonical, strlen(canonical),
			     to_bob(k, BOTH), &input, &compose, NULL),
	    SIGNET_OK);
	for (size_t i = 0; i < 2; i++) {
		tape t = tape_make();
		octets content;

		assert_int_equal(signet_compose_write(compose, 0, &t.sink, NULL), SIGNET_OK);
		content = content_of(k, t.data, BOTH);
		assert_true(peer_verify(k, content, SIGNET_FORM_MIME, NULL));
		free(content.data);
		free(t.data.data);
	}
	signet_compose_free(&compose);
	signet_input_free(&input);
}

static void memory__nth_allocation_fails_and_nothing_leaks(void **state)
{
	kit *k = *state;

	for (unsigned protection = SIGNET_SIGN; protection <= BOTH; protection++) {
		for (size_t n = 1;; n++) {
			const signet_compose_options options = kit_options(k, protection);
			const size_t live = k->h.live;
			signet_input *input = NULL;
			signet_compose *compose = NULL;
			tape t = tape_make();
			signet_status status;

			k->h.failed = false;
			k->h.fail_at = k->h.count + n;
			status = kit_compose_new(k, &options, n % 2 != 0 ? wide : canonical,
			    strlen(n % 2 != 0 ? wide : canonical), to_bob(k, protection), &input,
			    &compose, NULL);
			if (status == SIGNET_OK)
				status = signet_compose_write(compose, 0, &t.sink, NULL);
			k->h.fail_at = 0;
			signet_compose_free(&compose);
			signet_input_free(&input);
			free(t.data.data);
			assert_int_equal(k->h.live, live);
			if (!k->h.failed && n % 2 != 0) {
				assert_int_equal(status, SIGNET_OK);
				break;
			}
			if (k->h.failed)
				assert_int_equal(status, SIGNET_E_MEMORY);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message__is_tried_once_and_right_either_way),
		cmocka_unit_test(message__of_a_signer_with_variable_signatures_is_encrypted),
		cmocka_unit_test(input__is_read_once_when_it_is_canonical),
		cmocka_unit_test(input__whose_header_changed_is_refused),
		cmocka_unit_test(file__that_grows_is_read_again),
		cmocka_unit_test(sink__that_cannot_restart_is_aborted_once),
		cmocka_unit_test(sink__that_fails_at_any_write_is_aborted_once),
		cmocka_unit_test(compose__is_written_twice),
		cmocka_unit_test(memory__nth_allocation_fails_and_nothing_leaks),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
