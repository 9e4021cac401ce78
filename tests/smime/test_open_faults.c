/*
 * Opening under bad conditions: every cut of the input, every allocation failing in turn, input
 * that changes between two passes, output that fails, structures that somebody rearranged.
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smime/opener.h"

static const char message[] =
    "From: alice@example.com\r\nTo: bob@example.com\r\nSubject: Invoice\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=in\r\n\r\n"
    "--in\r\nContent-Type: text/plain\r\n\r\nPlease pay 1,250.00 EUR.\r\n"
    "--in\r\nContent-Type: text/html\r\n\r\n<b>1,250.00</b>\r\n--in--\r\n";

static const unsigned both = SIGNET_SIGN | SIGNET_ENCRYPT;

static int setup(void **state)
{
	fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	fixture_init(f, "p-256");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fixture_clear(*state);
	free(*state);
	return 0;
}

static signet_open_options options_of(fixture *f)
{
	signet_open_options options = SIGNET_OPEN_OPTIONS_INIT;

	options.trust = f->trust;
	options.time = FIXTURE_TIME;
	options.identities = &f->bob.identity;
	options.identity_count = 1;
	return options;
}

static void expect_in_pieces(fixture *f, const octets *o, size_t piece, const opened *whole)
{
	sn_open_call call = { .ctx = f->ctx, .piece = piece, .options = options_of(f) };
	signet_input *input = NULL;
	signet_sink *sink = NULL;
	signet_result *result = NULL;
	const uint8_t *content;
	size_t size;

	assert_int_equal(signet_input_memory_new(f->ctx, o->data, o->size, &input, NULL), SIGNET_OK);
	assert_int_equal(signet_sink_memory_new(f->ctx, 1 << 24, &sink, NULL), SIGNET_OK);
	assert_int_equal(sn_open_one(&call, input, sink, &result, NULL), SIGNET_OK);
	assert_int_equal(signet_result_verdict(result), signet_result_verdict(whole->result));
	content = signet_sink_memory_get(sink, &size);
	assert_int_equal(size, whole->content.size);
	assert_memory_equal(content, whole->content.data, size);
	signet_result_free(&result);
	signet_sink_free(&sink);
	signet_input_free(&input);
}

static void every_form__is_the_same_in_every_cut(void **state)
{
	static const struct {
		unsigned protection;
		bool opaque;
		const char *cipher;
		signet_input_form form;
	} forms[] = {
		{ SIGNET_SIGN, false, NULL, SIGNET_FORM_MIME }, { SIGNET_SIGN, true, NULL, SIGNET_FORM_MIME },
		{ SIGNET_ENCRYPT, false, NULL, SIGNET_FORM_MIME }, { both, false, NULL, SIGNET_FORM_MIME },
		{ both, false, "aes-128-cbc", SIGNET_FORM_MIME }, { SIGNET_SIGN, true, NULL, SIGNET_FORM_DER },
		{ SIGNET_ENCRYPT, false, NULL, SIGNET_FORM_PEM }, { 0, false, NULL, SIGNET_FORM_MIME },
	};
	fixture *f = *state;

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		f->headers = i % 2 == 0 ? SIGNET_HEADERS_NONE : SIGNET_HEADERS_SHY;
		octets o = forms[i].protection == 0 ? octets_of(message) :
		    fixture_write(f, message, forms[i].protection,
		        forms[i].protection & SIGNET_SIGN ? &f->alice : NULL,
		        forms[i].protection & SIGNET_ENCRYPT ? &f->bob : NULL, forms[i].opaque,
		        forms[i].cipher, forms[i].form);
		opened whole = fixture_open(f, o.data, o.size, NULL, NULL);

		assert_int_equal(whole.status, SIGNET_OK);
		assert_non_null(whole.content.data);
		for (size_t piece = 1; piece < 200; piece++)
			expect_in_pieces(f, &o, piece, &whole);
		opened_free(&whole);
		octets_free(&o);
	}
}

/* The nth allocation fails, for all n: an error, no leak, and no content. */
static void open__with_each_allocation_failing_is_a_clean_error(void **state)
{
	fixture *f = *state;
	octets o = (f->headers = SIGNET_HEADERS_SHY, fixture_write(f, message, both, &f->alice, &f->bob,
	    false, NULL, SIGNET_FORM_MIME));
	const size_t live = f->h.live;
	size_t failed = 0;

	for (size_t n = 1;; n++) {
		signet_open_options options = options_of(f);
		signet_input *input = NULL;
		signet_sink *sink = NULL;
		signet_result *result = NULL;
		signet_error err = { 0 };
		signet_status status;
		size_t size = 0;

		assert_int_equal(signet_input_memory_new(f->ctx, o.data, o.size, &input, &err), SIGNET_OK);
		assert_int_equal(signet_sink_memory_new(f->ctx, 1 << 20, &sink, &err), SIGNET_OK);
		f->h.count = 0;
		f->h.failed = false;
		f->h.fail_at = n;
		status = signet_open(f->ctx, input, &options, sink, &result, &err);
		f->h.fail_at = 0;
		if (status != SIGNET_OK) {
			assert_int_equal(status, SIGNET_E_MEMORY);
			assert_null(result);
			(void)signet_sink_memory_get(sink, &size);
			assert_int_equal(size, 0);
		}
		signet_result_free(&result);
		signet_sink_free(&sink);
		signet_input_free(&input);
		assert_int_equal(f->h.live, live);
		if (!f->h.failed) {
			assert_int_equal(status, SIGNET_OK);
			break;
		}
		failed++;
	}
	print_message("%zu allocations failed in turn\n", failed);
	assert_true(failed > 50);
	octets_free(&o);
}

/* An input that says something else the second time it is read. */
typedef struct fickle {
	signet_input input;
	const octets *first;
	const octets *second;
	unsigned passes;
} fickle;

static signet_status fickle_read(signet_input *input, uint64_t offset, uint8_t *data, size_t size,
    size_t *got_out, signet_error *err)
{
	fickle *self = (fickle *)input;
	const octets *o;

	(void)err;
	if (offset == 0)
		self->passes++;
	o = self->passes <= 1 ? self->first : self->second;
	if (offset >= o->size) {
		*got_out = 0;
		return SIGNET_OK;
	}
	*got_out = size < o->size - offset ? size : (size_t)(o->size - offset);
	memcpy(data, o->data + offset, *got_out);
	return SIGNET_OK;
}

static void nothing_to_free(signet_input *input)
{
	(void)input;
}

static signet_status refuse_nothing(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	(void)sink, (void)data, (void)size, (void)err;
	return SIGNET_OK;
}

static signet_status finish_well(signet_sink *sink, signet_error *err)
{
	(void)sink, (void)err;
	return SIGNET_OK;
}

static void forget(signet_sink *sink)
{
	(void)sink;
}

static void input__that_changes_between_passes_is_noticed(void **state)
{
	fixture *f = *state;
	const size_t size = 3 << 20;
	char *big = malloc(size + sizeof(message));
	octets first, second;
	fickle input = { .input = { .read = fickle_read, .free = nothing_to_free } };
	signet_sink sink = { refuse_nothing, finish_well, forget, NULL };
	signet_open_options options = options_of(f);
	signet_result *result = NULL;
	signet_error err;

	/* larger than what is held: the content needs a second pass to leave */
	assert_non_null(big);
	strcpy(big, "From: alice@example.com\r\nContent-Type: text/plain\r\n\r\n");
	for (size_t at = strlen(big); at < size; at += 8)
		strcpy(big + at, "1,250.\r\n");
	first = fixture_write(f, big, SIGNET_SIGN, &f->alice, NULL, false, NULL, SIGNET_FORM_MIME);
	second = (octets){ malloc(first.size), first.size };
	assert_non_null(second.data);
	memcpy(second.data, first.data, first.size);
	second.data[2 << 20] ^= 1;
	input.first = &first;
	input.second = &second;
	assert_int_equal(signet_open(f->ctx, &input.input, &options, &sink, &result, &err),
	    SIGNET_E_CHANGED);
	assert_null(result);
	octets_free(&first);
	octets_free(&second);
	free(big);
}

static signet_status refuse(signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	(void)sink, (void)data, (void)size;
	return signet_fail(err, SIGNET_E_IO, SIGNET_NO_OFFSET, "no space left");
}

static void output__that_fails_is_an_error(void **state)
{
	fixture *f = *state;
	octets o = fixture_write(f, message, both, &f->alice, &f->bob, false, NULL, SIGNET_FORM_MIME);
	signet_sink sink = { refuse, finish_well, forget, NULL };
	signet_open_options options = options_of(f);
	signet_input *input = NULL;
	signet_result *result = NULL;
	signet_error err;

	assert_int_equal(signet_input_memory_new(f->ctx, o.data, o.size, &input, NULL), SIGNET_OK);
	assert_int_equal(signet_open(f->ctx, input, &options, &sink, &result, &err), SIGNET_E_IO);
	assert_null(result);
	signet_input_free(&input);
	octets_free(&o);
}

/* ---- structures that somebody rearranged ---- */

/* Replaces a run of octets at the first place where from stands. */
static bool patch(octets *o, const uint8_t *from, const uint8_t *to, size_t size)
{
	for (size_t i = 0; i + size <= o->size; i++)
		if (memcmp(o->data + i, from, size) == 0) {
			memcpy(o->data + i, to, size);
			return true;
		}
	return false;
}

static signet_verdict verdict_of(fixture *f, const octets *o, bool *released)
{
	opened r = fixture_open(f, o->data, o->size, NULL, NULL);
	signet_verdict verdict;

	assert_int_equal(r.status, SIGNET_OK);
	verdict = signet_result_verdict(r.result);
	*released = signet_result_is_released(r.result);
	opened_free(&r);
	return verdict;
}

static void expect_refused(fixture *f, const octets *o, signet_verdict expected)
{
	bool released;
	const signet_verdict verdict = verdict_of(f, o, &released);

	if (verdict != expected)
		fail_msg("%s, expected %s", signet_verdict_name(verdict), signet_verdict_name(expected));
	assert_false(released);
}

static const uint8_t gcm_oid[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2e };
static const uint8_t cbc_oid[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a };

/* GCM relabelled CBC: AuthEnvelopedData with a cipher that does not authenticate. */
static void gcm__relabelled_cbc_is_refused(void **state)
{
	fixture *f = *state;
	octets o = fixture_write(f, message, both, &f->alice, &f->bob, false, NULL, SIGNET_FORM_DER);

	assert_true(patch(&o, gcm_oid, cbc_oid, sizeof(gcm_oid)));
	expect_refused(f, &o, SIGNET_VERDICT_MALFORMED);
	octets_free(&o);
}

/* RFC 5084 2: GCM inside EnvelopedData would go without its tag. */
static void cbc__relabelled_gcm_is_refused(void **state)
{
	fixture *f = *state;
	octets o =
	    fixture_write(f, message, both, &f->alice, &f->bob, false, "aes-256-cbc", SIGNET_FORM_DER);

	assert_true(patch(&o, cbc_oid, gcm_oid, sizeof(gcm_oid)));
	expect_refused(f, &o, SIGNET_VERDICT_MALFORMED);
	octets_free(&o);
}

/* RFC 5084 3.2: aes-ICVlen 12 to 16, and the tag has that length. */
static void icv_length__shortened_is_refused(void **state)
{
	static const uint8_t sixteen[] = { 0x02, 0x01, 0x10 };
	fixture *f = *state;

	for (uint8_t length = 0; length < 16; length++) {
		const uint8_t shorter[] = { 0x02, 0x01, length };
		octets o = fixture_write(f, message, both, &f->alice, &f->bob, false, NULL, SIGNET_FORM_DER);
		size_t at = 0;

		while (memcmp(o.data + at, gcm_oid, sizeof(gcm_oid)) != 0)
			at++;
		octets rest = { o.data + at, o.size - at };
		assert_true(patch(&rest, sixteen, shorter, sizeof(sixteen)));
		expect_refused(f, &o, SIGNET_VERDICT_MALFORMED);
		octets_free(&o);
	}
}

/* Lengths that lie: each octet, lengths among them, made a little larger or smaller. */
static void lengths__that_lie_never_give_other_content(void **state)
{
	fixture *f = *state;
	octets o = fixture_write(f, message, both, &f->alice, &f->bob, false, NULL, SIGNET_FORM_DER);
	opened whole = fixture_open(f, o.data, o.size, NULL, NULL);
	size_t refused = 0;

	for (size_t i = 0; i < o.size; i++)
		for (int by = -2; by <= 2; by++) {
			opened r;

			if (by == 0)
				continue;
			o.data[i] = (uint8_t)(o.data[i] + by);
			r = fixture_open(f, o.data, o.size, NULL, NULL);
			o.data[i] = (uint8_t)(o.data[i] - by);
			assert_int_equal(r.status, SIGNET_OK);
			if (signet_result_is_released(r.result)) {
				assert_int_equal(r.content.size, whole.content.size);
				assert_memory_equal(r.content.data, whole.content.data, r.content.size);
			} else
				refused++;
			opened_free(&r);
		}
	print_message("%zu of %zu changed octets refused\n", refused, o.size * 4);
	assert_true(refused > o.size * 3);
	opened_free(&whole);
	octets_free(&o);
}

static size_t item_size(const uint8_t *p)
{
	size_t size = 0;

	if (p[1] < 0x80)
		return (size_t)p[1] + 2;
	for (unsigned i = 0; i < (p[1] & 0x7fu); i++)
		size = size << 8 | p[2 + i];
	return size + 2 + (p[1] & 0x7fu);
}

/* Drops the SignerInfo of a detached or opaque DER SignedData, or puts it there twice. The set of
 * SignerInfos is the last item, so only lengths in front of it change: all are of 2 octets here. */
static octets with_signers(const octets *o, unsigned copies)
{
	octets made = { calloc(1, o->size * 2), 0 };
	size_t set = 0, signer;
	long grown;

	assert_non_null(made.data);
	for (size_t i = o->size - 8; i > 0 && set == 0; i--)
		if (o->data[i] == 0x31 && i + item_size(o->data + i) == o->size && o->data[i + 1] >= 0x80)
			set = i;
	assert_true(set != 0);
	signer = set + 2 + (o->data[set + 1] & 0x7fu);
	memcpy(made.data, o->data, signer);
	made.size = signer;
	for (unsigned i = 0; i < copies; i++) {
		memcpy(made.data + made.size, o->data + signer, o->size - signer);
		made.size += o->size - signer;
	}
	grown = (long)made.size - (long)o->size;
	/* every item that ends where the whole ends has the set inside it */
	for (size_t i = 0; i <= set; i++)
		if ((o->data[i] & 0x20) != 0 && o->data[i + 1] == 0x82 &&
		    i + item_size(o->data + i) == o->size) {
			const long length = (long)(o->data[i + 2] << 8 | o->data[i + 3]) + grown;

			made.data[i + 2] = (uint8_t)(length >> 8);
			made.data[i + 3] = (uint8_t)length;
		} else if ((o->data[i] & 0x20) != 0 && o->data[i + 1] == 0x81 &&
		    i + item_size(o->data + i) == o->size) {
			const long length = (long)o->data[i + 2] + grown;

			made.data[i + 2] = (uint8_t)length;
		}
	return made;
}

static void signer_info__dropped_is_not_valid(void **state)
{
	fixture *f = *state;
	octets o = fixture_write(f, message, SIGNET_SIGN, &f->alice, NULL, true, NULL, SIGNET_FORM_DER);
	octets none = with_signers(&o, 0);
	bool released;

	assert_int_not_equal(verdict_of(f, &none, &released), SIGNET_VERDICT_VALID);
	octets_free(&none);
	octets_free(&o);
}

/* The same SignerInfo twice says no more than once. */
static void signer_info__doubled_is_no_crash_and_same_content(void **state)
{
	fixture *f = *state;
	octets o = fixture_write(f, message, SIGNET_SIGN, &f->alice, NULL, true, NULL, SIGNET_FORM_DER);
	octets twice = with_signers(&o, 2);
	opened once = fixture_open(f, o.data, o.size, NULL, NULL);
	opened r = fixture_open(f, twice.data, twice.size, NULL, NULL);

	assert_int_equal(r.status, SIGNET_OK);
	if (signet_result_verdict(r.result) == SIGNET_VERDICT_VALID) {
		assert_int_equal(r.content.size, once.content.size);
		assert_memory_equal(r.content.data, once.content.data, r.content.size);
	}
	opened_free(&r);
	opened_free(&once);
	octets_free(&twice);
	octets_free(&o);
}

/* Layers swapped: a signature around the ciphertext instead of in it covers what it covers. */
static void layers__swapped_have_a_verdict_of_their_own(void **state)
{
	fixture *f = *state;
	octets inner = fixture_write(f, message, SIGNET_ENCRYPT, NULL, &f->bob, false, NULL, SIGNET_FORM_MIME);
	octets o = fixture_write(f, (const char *)inner.data, SIGNET_SIGN, &f->alice, NULL, false, NULL,
	    SIGNET_FORM_MIME);
	opened r = fixture_open(f, o.data, o.size, NULL, NULL);

	assert_int_equal(r.status, SIGNET_OK);
	assert_int_equal(signet_result_verdict(r.result), SIGNET_VERDICT_VALID);
	assert_int_equal(signet_result_layer_type(r.result, 0), SIGNET_LAYER_SIGNED);
	assert_int_equal(signet_result_layer_type(r.result, 1), SIGNET_LAYER_ENCRYPTED);
	opened_free(&r);
	octets_free(&o);
	octets_free(&inner);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_form__is_the_same_in_every_cut),
		TEST(open__with_each_allocation_failing_is_a_clean_error),
		TEST(input__that_changes_between_passes_is_noticed),
		TEST(output__that_fails_is_an_error),
		TEST(gcm__relabelled_cbc_is_refused),
		TEST(cbc__relabelled_gcm_is_refused),
		TEST(icv_length__shortened_is_refused),
		TEST(lengths__that_lie_never_give_other_content),
		TEST(signer_info__dropped_is_not_valid),
		TEST(signer_info__doubled_is_no_crash_and_same_content),
		TEST(layers__swapped_have_a_verdict_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
