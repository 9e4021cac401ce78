/* Compressing: what is inside the protection is a CompressedData, and opens to what went in. */
#include "compose_kit.h"

#include <stdlib.h>
#include <string.h>

#include <signet/open.h>

enum { BOTH = SIGNET_SIGN | SIGNET_ENCRYPT };

static const char head[] = "From: Alice <alice@example.com>\nTo: bob@example.com\n\n";

typedef struct opened {
	signet_result *result;
	octets content;
} opened;

static opened open_as_bob(kit *k, octets message)
{
	signet_open_options options = SIGNET_OPEN_OPTIONS_INIT;
	signet_input *input = NULL;
	signet_sink *sink = NULL;
	signet_error err = { 0 };
	opened o = { 0 };
	const uint8_t *data;

	options.time = k->now;
	options.identities = &k->bob.identity;
	options.identity_count = 1;
	options.entity = true;
	assert_int_equal(
	    signet_input_memory_new(k->ctx, message.data, message.size, &input, &err), SIGNET_OK);
	assert_int_equal(signet_sink_memory_new(k->ctx, 1 << 26, &sink, &err), SIGNET_OK);
	if (signet_open(k->ctx, input, &options, sink, &o.result, &err) != SIGNET_OK)
		fail_msg("%s", err.text);
	if (signet_result_is_released(o.result)) {
		data = signet_sink_memory_get(sink, &o.content.size);
		o.content.data = malloc(o.content.size + 1);
		assert_non_null(o.content.data);
		memcpy(o.content.data, data, o.content.size);
		o.content.data[o.content.size] = '\0';
	}
	signet_sink_free(&sink);
	signet_input_free(&input);
	return o;
}

static void opened_free(opened *o)
{
	signet_result_free(&o->result);
	free(o->content.data);
}

/* A text of that many lines that are not all the same. */
static char *text_of(size_t lines)
{
	char *text = malloc(sizeof(head) + lines * 48);
	size_t used = sizeof(head) - 1;

	assert_non_null(text);
	memcpy(text, head, sizeof(head));
	for (size_t i = 0; i < lines; i++)
		used += (size_t)sprintf(text + used, "line %zu is %zu and no other\n", i,
		    i * i * 2654435761u % 1000003);
	return text;
}

static void expect_lines(const char *text, octets content)
{
	const char *line = text + sizeof(head) - 1;
	const char *got = (const char *)content.data + 2; /* the empty header */

	assert_memory_equal(content.data, "\r\n", 2);
	while (*line != '\0') {
		const size_t size = strcspn(line, "\n");

		assert_memory_equal(got, line, size);
		assert_memory_equal(got + size, "\r\n", 2);
		got += size + 2;
		line += size + 1;
	}
	assert_ptr_equal(got, content.data + content.size);
}

/* RFC 8551 3.6: in every way of protecting, of every size that matters to pieces */
static void message__compressed_opens_to_what_went_in(void **state)
{
	static const struct {
		unsigned protection;
		bool opaque;
		size_t lines, layers;
	} rows[] = {
		{ SIGNET_ENCRYPT, false, 1, 2 },
		{ SIGNET_SIGN, false, 3, 2 },
		{ SIGNET_SIGN, true, 3, 2 },
		{ BOTH, false, 1000, 3 },
		{ BOTH, true, 20000, 3 },
		{ SIGNET_ENCRYPT, false, 20000, 2 },
	};
	kit *k = *state;
	const kit_recipient to[] = { { &k->bob, false }, { 0 } };
	const kit_recipient nobody[] = { { 0 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		signet_compose_options options = kit_options(k, rows[i].protection);
		const bool is_encrypted = (rows[i].protection & SIGNET_ENCRYPT) != 0;
		char *text = text_of(rows[i].lines);
		octets o;
		opened got;

		options.compress = true;
		options.opaque = rows[i].opaque;
		o = kit_compose(k, &options, text, strlen(text), is_encrypted ? to : nobody);
		assert_transport_safe(o);
		if (rows[i].protection == SIGNET_SIGN && !rows[i].opaque)
			assert_true(octets_contain(o,
			    "application/pkcs7-mime; smime-type=compressed-data;\r\n"
			    " name=smime.p7z\r\n"));
		if (rows[i].lines >= 1000)
			assert_true(o.size < strlen(text));
		got = open_as_bob(k, o);
		assert_int_equal(signet_result_layer_count(got.result), rows[i].layers);
		assert_int_equal(signet_result_layer_type(got.result, rows[i].layers - 1),
		    SIGNET_LAYER_COMPRESSED);
		expect_lines(text, got.content);
		opened_free(&got);
		free(o.data);
		free(text);
	}
}

static void octets__compressed_open_to_what_went_in(void **state)
{
	static const char text[] = "no header\n\0\xff bare LF";
	static const signet_input_form forms[] = { SIGNET_FORM_DER, SIGNET_FORM_PEM };
	kit *k = *state;
	const kit_recipient to[] = { { &k->bob, false }, { 0 } };

	for (size_t i = 0; i < 4; i++) {
		signet_compose_options options = kit_options(k, i < 2 ? SIGNET_ENCRYPT : BOTH);
		octets o;
		opened got;

		options.compress = true;
		options.form = forms[i % 2];
		o = kit_compose(k, &options, text, sizeof(text) - 1, to);
		got = open_as_bob(k, o);
		assert_int_equal(signet_result_layer_count(got.result), i < 2 ? 2 : 3);
		assert_int_equal(got.content.size, sizeof(text) - 1);
		assert_memory_equal(got.content.data, text, sizeof(text) - 1);
		opened_free(&got);
		free(o.data);
	}
}

/* limits.compression_ratio: what a reader would refuse is not written */
static void message__that_shrinks_to_nothing_is_refused(void **state)
{
	kit *k = *state;
	const kit_recipient to[] = { { &k->bob, false }, { 0 } };
	const size_t size = 3 << 20;
	char *text = malloc(size + 1);
	signet_compose_options options = kit_options(k, SIGNET_ENCRYPT);
	signet_error err = { 0 };

	assert_non_null(text);
	memset(text, 'x', size);
	text[size] = '\0';
	memcpy(text, head, sizeof(head) - 1);
	for (size_t i = sizeof(head) + 70; i < size; i += 70)
		text[i] = '\n';
	options.compress = true;
	assert_int_equal(kit_compose_status(k, &options, text, to, &err), SIGNET_E_LIMIT);
	options.compress = false;
	assert_int_equal(kit_compose_status(k, &options, text, to, &err), SIGNET_OK);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message__compressed_opens_to_what_went_in),
		cmocka_unit_test(octets__compressed_open_to_what_went_in),
		cmocka_unit_test(message__that_shrinks_to_nothing_is_refused),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
