/* What may go wrong while writing: memory, the input, the sink; and messages of great size. */
#include "compose_kit.h"

#include <stdlib.h>
#include <string.h>

enum { BOTH = SIGNET_SIGN | SIGNET_ENCRYPT };

static const char message[] = "From: Alice <alice@example.com>\n"
			      "To: bob@example.com\n"
			      "Content-Type: multipart/mixed; boundary=b\n"
			      "\n"
			      "--b\n\nGr\xc3\xbc\xc3\x9f"
			      "e\n--b\n\nplain\n--b--\n";

/* Counts, and notes how it ended; fails where told. */
typedef struct probe {
	signet_sink sink;
	uint64_t size;
	size_t writes, finished, aborted;
	size_t fail_at; /* this write, from 1; 0: none */
	bool fail_finish;
	uint8_t first[16];
} probe;

static signet_status probe_write(
    signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	probe *p = (probe *)sink;

	for (size_t i = 0; i < size && p->size + i < sizeof(p->first); i++)
		p->first[p->size + i] = data[i];
	p->size += size;
	if (++p->writes == p->fail_at)
		return signet_fail(err, SIGNET_E_IO, SIGNET_NO_OFFSET, "the disk is full");
	return SIGNET_OK;
}

static signet_status probe_finish(signet_sink *sink, signet_error *err)
{
	probe *p = (probe *)sink;

	p->finished++;
	if (p->fail_finish)
		return signet_fail(err, SIGNET_E_IO, SIGNET_NO_OFFSET, "the disk is full");
	return SIGNET_OK;
}

static void probe_abort(signet_sink *sink) { ((probe *)sink)->aborted++; }

static probe probe_make(void)
{
	return (probe){ .sink = { probe_write, probe_finish, probe_abort, NULL } };
}

/* The forms a message can take; each must hold in each test. */
static size_t form_count(void) { return 8; }
/* and two for small messages only: what is large here shrinks too much to be written compressed */
static size_t small_form_count(void) { return 10; }

static signet_compose_options form_options(kit *k, size_t form)
{
	static const struct {
		unsigned protection;
		signet_input_form form;
		bool opaque;
		const char *cipher;
		bool more; /* compressed, and the key derived */
	} rows[] = {
		{ SIGNET_SIGN, SIGNET_FORM_MIME, false, NULL },
		{ SIGNET_SIGN, SIGNET_FORM_MIME, true, NULL },
		{ SIGNET_SIGN, SIGNET_FORM_DER, false, NULL },
		{ SIGNET_ENCRYPT, SIGNET_FORM_MIME, false, NULL },
		{ SIGNET_ENCRYPT, SIGNET_FORM_PEM, false, "aes-256-cbc" },
		{ BOTH, SIGNET_FORM_MIME, false, NULL },
		{ BOTH, SIGNET_FORM_MIME, true, "aes-128-cbc" },
		{ BOTH, SIGNET_FORM_PEM, false, NULL },
		{ SIGNET_SIGN, SIGNET_FORM_MIME, false, NULL, true },
		{ BOTH, SIGNET_FORM_MIME, false, "chacha20-poly1305", true },
	};
	signet_compose_options options = kit_options(k, rows[form].protection);

	options.headers = form % 2 == 0 ? SIGNET_HEADERS_SHY : SIGNET_HEADERS_NONE;
	options.form = rows[form].form;
	options.opaque = rows[form].opaque;
	options.cipher = rows[form].cipher;
	options.compress = options.cek_hkdf = rows[form].more;
	return options;
}

static const kit_recipient *form_recipients(kit *k, const signet_compose_options *options)
{
	static kit_recipient to[4];

	to[0] = (kit_recipient){ &k->bob, false };
	to[1] = (kit_recipient){ &k->carol, false };
	to[2] = (kit_recipient){ &k->dave, true };
	to[3] = (kit_recipient){ 0 };
	return (options->protection & SIGNET_ENCRYPT) != 0 ? to : NULL;
}

/* All of it, each copy into a probe that must be ended once. */
static signet_status write_all(kit *k, const signet_compose_options *options, signet_error *err)
{
	static const uint8_t key[24] = { 1 };
	static const signet_kek kek = { key, 5, key, sizeof(key) };
	signet_input *input = NULL;
	signet_compose *compose = NULL;
	signet_status status = kit_compose_new(k, options, message, strlen(message),
	    form_recipients(k, options), &input, &compose, err);

	/* three, so that their list grows */
	for (size_t i = 0; status == SIGNET_OK && options->cek_hkdf && i < 3; i++)
		if ((options->protection & SIGNET_ENCRYPT) != 0)
			status = signet_compose_add_kek(compose, &kek, err);
	for (size_t i = 0; status == SIGNET_OK && i < signet_compose_copy_count(compose); i++) {
		probe p = probe_make();

		status = signet_compose_write(compose, i, &p.sink, err);
		assert_int_equal(p.finished, status == SIGNET_OK);
		assert_int_equal(p.aborted, status != SIGNET_OK);
	}
	if (status == SIGNET_OK) {
		probe p = probe_make();

		status = signet_compose_write_json(compose, NULL, &p.sink, err);
	}
	signet_compose_free(&compose);
	signet_input_free(&input);
	return status;
}

static void memory__nth_allocation_fails_and_nothing_leaks(void **state)
{
	kit *k = *state;
	size_t total = 0;

	for (size_t form = 0; form < small_form_count(); form++) {
		signet_compose_options options = form_options(k, form);

		for (size_t n = 1;; n++) {
			signet_error err = { 0 };
			const size_t live = k->h.live;
			signet_status status;

			k->h.failed = false;
			k->h.fail_at = k->h.count + n;
			status = write_all(k, &options, &err);
			k->h.fail_at = 0;
			assert_int_equal(k->h.live, live);
			if (!k->h.failed) {
				assert_int_equal(status, SIGNET_OK);
				break;
			}
			assert_true(status == SIGNET_OK || status == SIGNET_E_MEMORY);
			total++;
		}
	}
	print_message("%zu allocations were failed in turn\n", total);
}

/* A write that failed for want of memory can be tried again on the same compose. */
static void memory__failed_write_can_be_repeated(void **state)
{
	kit *k = *state;
	signet_compose_options options = kit_options(k, SIGNET_SIGN);
	signet_input *input = NULL;
	signet_compose *compose = NULL;
	signet_error err = { 0 };
	octets o;

	assert_int_equal(
	    kit_compose_new(k, &options, message, strlen(message), NULL, &input, &compose, &err),
	    SIGNET_OK);
	for (size_t n = 1; n < 40; n += 3) {
		probe p = probe_make();

		k->h.fail_at = k->h.count + n;
		(void)!signet_compose_write(compose, 0, &p.sink, &err);
		k->h.fail_at = 0;
	}
	o = kit_write(k, compose, 0);
	assert_true(peer_verify(k, o, SIGNET_FORM_MIME, NULL));
	assert_int_equal(octets_count(o, "MIME-Version: 1.0"), 1);
	free(o.data);
	signet_compose_free(&compose);
	signet_input_free(&input);
}

static void sink__failing_write_is_aborted_once(void **state)
{
	kit *k = *state;

	for (size_t form = 0; form < form_count(); form++) {
		signet_compose_options options = form_options(k, form);
		signet_input *input = NULL;
		signet_compose *compose = NULL;
		signet_error err = { 0 };

		assert_int_equal(kit_compose_new(k, &options, message, strlen(message),
				     form_recipients(k, &options), &input, &compose, &err),
		    SIGNET_OK);
		for (size_t n = 1;; n++) {
			probe p = probe_make();
			signet_status status;

			p.fail_at = n;
			status = signet_compose_write(compose, 0, &p.sink, &err);
			if (status == SIGNET_OK) {
				assert_true(n > 1 && p.writes < n);
				assert_int_equal(p.finished, 1);
				assert_int_equal(p.aborted, 0);
				break;
			}
			assert_int_equal(status, SIGNET_E_IO);
			assert_int_equal(p.writes, n);
			assert_int_equal(p.finished, 0);
			assert_int_equal(p.aborted, 1);
		}
		signet_compose_free(&compose);
		signet_input_free(&input);
	}
}

static void sink__failing_finish_is_told_and_not_aborted(void **state)
{
	kit *k = *state;

	for (size_t form = 0; form < form_count(); form++) {
		signet_compose_options options = form_options(k, form);
		signet_input *input = NULL;
		signet_compose *compose = NULL;
		signet_error err = { 0 };
		probe p = probe_make();

		p.fail_finish = true;
		assert_int_equal(kit_compose_new(k, &options, message, strlen(message),
				     form_recipients(k, &options), &input, &compose, &err),
		    SIGNET_OK);
		assert_int_equal(signet_compose_write(compose, 0, &p.sink, &err), SIGNET_E_IO);
		assert_int_equal(p.finished, 1);
		assert_int_equal(p.aborted, 0);
		signet_compose_free(&compose);
		signet_input_free(&input);
	}
}

/*
 * An input of size octets: a header section, then lines. It changes as told once it has been
 * begun change_at times; it fails at fail_at.
 */
typedef struct tape {
	signet_input input;
	const char *header;
	const char *changed_header; /* of the same length; NULL: the header stays */
	uint64_t size, changed_size;
	uint64_t change_offset; /* of an octet that turns; 0: none */
	unsigned passes, change_at;
	uint64_t fail_at;
} tape;

static signet_status tape_read(signet_input *input, uint64_t offset, uint8_t *data, size_t size,
    size_t *got_out, signet_error *err)
{
	static const char line[65] =
	    "The quick brown fox jumps over the lazy dog, once and for all.\r\n";
	tape *t = (tape *)input;
	const char *header = t->header;
	const size_t header_size = strlen(header);
	uint64_t end = t->size;
	bool changed;

	if (offset == 0)
		t->passes++;
	changed = t->change_at != 0 && t->passes > t->change_at;
	if (changed && t->changed_header != NULL)
		header = t->changed_header;
	if (changed && t->changed_size != 0)
		end = t->changed_size;
	if (t->fail_at != 0 && offset >= t->fail_at)
		return signet_fail(err, SIGNET_E_IO, offset, "the disk is broken");
	if (size > end - (offset < end ? offset : end))
		size = (size_t)(end - (offset < end ? offset : end));
	for (size_t i = 0; i < size;) {
		const uint64_t at = offset + i;
		const size_t column = at < header_size ? 0 : (size_t)((at - header_size) % 64);
		size_t run = at < header_size ? header_size - (size_t)at : 64 - column;

		if (run > size - i)
			run = size - i;
		memcpy(data + i, at < header_size ? header + at : line + column, run);
		i += run;
	}
	if (changed && t->change_offset >= offset && t->change_offset < offset + size &&
	    t->change_offset != 0)
		data[t->change_offset - offset] ^= 1;
	*got_out = size;
	return SIGNET_OK;
}

static void tape_free(signet_input *input) { (void)input; }

static tape tape_make(uint64_t size)
{
	return (tape){
		.input = { tape_read, tape_free, false },
		.header = "From: alice@example.com\r\nSubject: a\r\n\r\n",
		.size = size,
	};
}

static signet_status write_tape(
    kit *k, const signet_compose_options *options, tape *t, probe *p, signet_error *err)
{
	signet_compose *compose = NULL;
	signet_status status = signet_compose_new(k->ctx, &t->input, options, &compose, err);
	const kit_recipient *to = form_recipients(k, options);

	if (status == SIGNET_OK && to != NULL)
		status = signet_compose_add_recipient(compose, NULL, k->bob.cert, false, err);
	if (status == SIGNET_OK)
		status = signet_compose_write(compose, 0, &p->sink, err);
	signet_compose_free(&compose);
	return status;
}

static void input__that_changes_between_passes_is_noticed(void **state)
{
	enum { SIZE = 3 << 20 };
	static const struct {
		const char *name;
		tape tape;
	} rows[] = {
		{ "first body octet", { .change_offset = 45 } },
		{ "middle", { .change_offset = SIZE / 2 } },
		{ "last octet", { .change_offset = SIZE - 1 } },
		{ "shorter", { .changed_size = SIZE - 1 } },
		{ "much shorter", { .changed_size = SIZE / 2 } },
		{ "header", { .changed_header = "From: alice@example.com\r\nSubject: b\r\n\r\n" } },
	};
	kit *k = *state;

	for (size_t form = 0; form < form_count(); form++) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			signet_compose_options options = form_options(k, form);
			const bool is_mime = options.form == SIGNET_FORM_MIME;
			tape t = tape_make(SIZE);
			probe p = probe_make();
			signet_error err = { 0 };

			print_message("form %zu, %s\n", form, rows[i].name);
			t.change_offset = rows[i].tape.change_offset;
			t.changed_size = rows[i].tape.changed_size;
			t.changed_header = rows[i].tape.changed_header;
			t.change_at = is_mime ? 2 : 1;
			assert_int_equal(write_tape(k, &options, &t, &p, &err), SIGNET_E_CHANGED);
			assert_int_equal(p.finished, 0);
			assert_int_equal(p.aborted, 1);
		}
	}
}

/* An input that grows is either noticed, or ends where it ended when it was signed. */
static void input__that_grows_is_not_written_further(void **state)
{
	static const uint64_t sizes[] = { 2u << 20, (2u << 20) + 5 };
	kit *k = *state;

	for (size_t i = 0; i < 4; i++) {
		signet_compose_options options = kit_options(k, SIGNET_SIGN);
		tape t = tape_make(sizes[i % 2]), same = t;
		probe p = probe_make(), whole = probe_make();
		signet_error err = { 0 };
		signet_status status;

		options.form = i < 2 ? SIGNET_FORM_MIME : SIGNET_FORM_DER;
		t.changed_size = t.size + 100;
		t.change_at = i < 2 ? 2 : 1;
		assert_int_equal(write_tape(k, &options, &same, &whole, &err), SIGNET_OK);
		status = write_tape(k, &options, &t, &p, &err);
		assert_true(status == SIGNET_E_CHANGED || status == SIGNET_OK);
		assert_true(status != SIGNET_OK || p.size == whole.size);
	}
}

/* The From was checked against the signer when the header was read: it cannot be swapped later. */
static void input__header_changed_after_it_was_checked_is_noticed(void **state)
{
	kit *k = *state;
	signet_compose_options options = kit_options(k, SIGNET_SIGN);
	tape t = tape_make(100000);
	probe p = probe_make();
	signet_error err = { 0 };

	t.changed_header = "From: malla@example.com\r\nSubject: a\r\n\r\n";
	t.change_at = 1;
	assert_int_equal(write_tape(k, &options, &t, &p, &err), SIGNET_E_CHANGED);
	assert_int_equal(p.size, 0);
}

static void input__that_fails_is_told(void **state)
{
	static const uint64_t offsets[] = { 1, 70000, 1500000, 2999999 };
	kit *k = *state;

	for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		signet_compose_options options = kit_options(k, SIGNET_SIGN);
		tape t = tape_make(3000000);
		probe p = probe_make();
		signet_error err = { 0 };

		t.fail_at = offsets[i];
		assert_int_equal(write_tape(k, &options, &t, &p, &err), SIGNET_E_IO);
		assert_int_equal(p.finished, 0);
	}
}

static void input__header_over_the_limit_is_refused(void **state)
{
	kit *k = *state;
	signet_compose_options options = kit_options(k, SIGNET_SIGN);
	const size_t size = k->ctx->limits.header + 100000;
	char *text = malloc(size + 1);
	signet_error err = { 0 };

	assert_non_null(text);
	memset(text, 'x', size);
	for (size_t i = 0; i + 100 < size; i += 100)
		memcpy(text + i, "\nX: ", 4);
	memcpy(text, "From: alice@example.com", 23);
	text[size] = '\0';
	assert_int_equal(kit_compose_status(k, &options, text, NULL, &err), SIGNET_E_LIMIT);
	free(text);
}

static void recipients__over_the_limit_are_refused(void **state)
{
	kit *k = *state;
	signet_compose_options options = kit_options(k, SIGNET_ENCRYPT);
	signet_input *input = NULL;
	signet_compose *compose = NULL;
	signet_error err = { 0 };
	signet_status status =
	    kit_compose_new(k, &options, message, strlen(message), NULL, &input, &compose, &err);
	size_t count = 0;

	while (status == SIGNET_OK && count <= k->ctx->limits.recipients) {
		status = signet_compose_add_recipient(compose, NULL, k->bob.cert, false, &err);
		count += status == SIGNET_OK;
	}
	assert_int_equal(status, SIGNET_E_LIMIT);
	assert_int_equal(count, k->ctx->limits.recipients);
	signet_compose_free(&compose);
	signet_input_free(&input);
}

/* The octets in hand at once, and the most there ever were. */
typedef struct gauge {
	size_t held, peak;
} gauge;

static void *gauge_realloc(void *user, void *ptr, size_t size)
{
	gauge *g = user;
	size_t *block = ptr != NULL ? (size_t *)ptr - 2 : NULL;
	const size_t before = block != NULL ? *block : 0;

	block = realloc(block, size + 2 * sizeof(*block));
	if (block == NULL)
		return NULL;
	*block = size;
	g->held += size - before;
	if (g->held > g->peak)
		g->peak = g->held;
	return block + 2;
}

static void *gauge_alloc(void *user, size_t size) { return gauge_realloc(user, NULL, size); }

static void gauge_free(void *user, void *ptr)
{
	if (ptr == NULL)
		return;
	((gauge *)user)->held -= ((size_t *)ptr)[-2];
	free((size_t *)ptr - 2);
}

/* Definite lengths over 4 GiB would do as well; here enough to show that memory does not grow. */
static void message__of_any_size_takes_the_same_memory(void **state)
{
	kit *k = *state;

	for (size_t form = 0; form < form_count(); form++) {
		const signet_allocator kept = k->ctx->allocator;
		size_t peak[2];
		signet_error warm = { 0 };
		signet_compose_options once = form_options(k, form);

		/* what the context keeps for good is fetched before memory is watched */
		assert_int_equal(write_all(k, &once, &warm), SIGNET_OK);
		for (size_t i = 0; i < 2; i++) {
			signet_compose_options options = form_options(k, form);
			tape t = tape_make(i == 0 ? 8u << 20 : 24u << 20);
			gauge g = { 0 };
			probe p = probe_make();
			signet_error err = { 0 };

			k->ctx->allocator =
			    (signet_allocator){ gauge_alloc, gauge_realloc, gauge_free, &g };
			assert_int_equal(write_tape(k, &options, &t, &p, &err), SIGNET_OK);
			k->ctx->allocator = kept;
			assert_int_equal(g.held, 0);
			assert_true(p.size > t.size);
			peak[i] = g.peak;
		}
		print_message("form %zu: at most %zu octets\n", form, peak[1]);
		assert_true(peak[1] <= peak[0] + 4096);
		assert_true(peak[1] < 4u << 20);
	}
}

/* The outer length was written before the content: it must have come true. */
static void message__of_great_size_keeps_its_promised_length(void **state)
{
	static const char *const ciphers[] = { "aes-256-gcm", "aes-256-cbc" };
	kit *k = *state;

	for (size_t i = 0; i < 4; i++) {
		signet_compose_options options = kit_options(k, i < 2 ? BOTH : SIGNET_ENCRYPT);
		tape t = tape_make((20u << 20) + i);
		probe p = probe_make();
		signet_error err = { 0 };
		uint64_t promised = 0;

		options.form = SIGNET_FORM_DER;
		options.cipher = ciphers[i % 2];
		assert_int_equal(write_tape(k, &options, &t, &p, &err), SIGNET_OK);
		assert_int_equal(p.first[0], 0x30);
		assert_int_equal(p.first[1], 0x84);
		for (size_t j = 2; j < 6; j++)
			promised = promised << 8 | p.first[j];
		assert_int_equal(promised + 6, p.size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory__nth_allocation_fails_and_nothing_leaks),
		cmocka_unit_test(memory__failed_write_can_be_repeated),
		cmocka_unit_test(sink__failing_write_is_aborted_once),
		cmocka_unit_test(sink__failing_finish_is_told_and_not_aborted),
		cmocka_unit_test(input__that_changes_between_passes_is_noticed),
		cmocka_unit_test(input__that_grows_is_not_written_further),
		cmocka_unit_test(input__header_changed_after_it_was_checked_is_noticed),
		cmocka_unit_test(input__that_fails_is_told),
		cmocka_unit_test(input__header_over_the_limit_is_refused),
		cmocka_unit_test(recipients__over_the_limit_are_refused),
		cmocka_unit_test(message__of_any_size_takes_the_same_memory),
		cmocka_unit_test(message__of_great_size_keeps_its_promised_length),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
