/* The report about what was written. */
#include "compose_kit.h"

#include <stdlib.h>
#include <string.h>

static const char message[] =
    "From: \"Alice\" <alice@example.com>\nTo: bob@example.com\nBcc: dave@example.com\n\nHi\n";

static octets report(kit *k, unsigned protection, const kit_recipient *to, const char *const *files)
{
	signet_compose_options options = kit_options(k, protection);
	signet_input *input = NULL;
	signet_compose *compose = NULL;
	signet_sink *sink = NULL;
	signet_error err = { 0 };
	octets o = { 0 };
	const uint8_t *data;

	assert_int_equal(
	    kit_compose_new(k, &options, message, strlen(message), to, &input, &compose, &err),
	    SIGNET_OK);
	assert_int_equal(signet_sink_memory_new(k->ctx, 1 << 20, &sink, &err), SIGNET_OK);
	assert_int_equal(signet_compose_write_json(compose, files, sink, &err), SIGNET_OK);
	assert_int_equal(sink->finish(sink, &err), SIGNET_OK);
	data = signet_sink_memory_get(sink, &o.size);
	o.data = calloc(1, o.size + 1);
	assert_non_null(o.data);
	memcpy(o.data, data, o.size);
	signet_sink_free(&sink);
	signet_compose_free(&compose);
	signet_input_free(&input);
	return o;
}

/* JSON without its white space, for comparing. */
static void squeeze(octets o)
{
	size_t used = 0;
	bool quoted = false;

	for (size_t i = 0; i < o.size; i++) {
		quoted ^= o.data[i] == '"';
		if (quoted || (o.data[i] != ' ' && o.data[i] != '\n'))
			o.data[used++] = o.data[i];
	}
	o.data[used] = '\0';
}

static void report__of_copies_names_files_and_recipients(void **state)
{
	static const char *const files[] = { "1.eml", "2.eml" };
	kit *k = *state;
	const kit_recipient to[] = { { &k->bob, false }, { &k->dave, true }, { 0 } };
	octets o = report(k, SIGNET_SIGN | SIGNET_ENCRYPT, to, files);

	squeeze(o);
	assert_string_equal((char *)o.data,
	    "{\"verdict\":\"valid\","
	    "\"summary\":\"The message was signed and encrypted to 2 recipients in 2 copies.\","
	    "\"from\":\"alice@example.com\",\"from_outer\":\"alice@example.com\","
	    "\"encrypted\":true,\"signed\":true,\"addressed_to_me\":null,\"layers\":[],"
	    "\"headers\":{\"protected\":[],\"hidden\":[],\"changed\":[],"
	    "\"fields\":[],\"legacy_display\":[]},"
	    "\"problems\":[],\"parts\":[],\"copies\":["
	    "{\"file\":\"1.eml\",\"recipients\":[\"bob@example.com\"],\"signed\":true,"
	    "\"encrypted\":true},"
	    "{\"file\":\"2.eml\",\"recipients\":[\"dave@example.com\"],\"signed\":true,"
	    "\"encrypted\":true}"
	    "]}");
	free(o.data);
}

static void report__of_a_signed_message_has_one_copy_for_all(void **state)
{
	kit *k = *state;
	octets o = report(k, SIGNET_SIGN, NULL, NULL);

	assert_int_equal(o.data[o.size - 1], '\n');
	squeeze(o);
	assert_true(octets_contain(o, "\"summary\":\"The message was signed.\""));
	assert_true(octets_contain(o, "\"encrypted\":false,\"signed\":true"));
	assert_true(
	    octets_contain(o, "\"copies\":[{\"file\":null,\"recipients\":[\"bob@example.com\","
			      "\"dave@example.com\"],\"signed\":true,\"encrypted\":false}]"));
	free(o.data);
}

static void report__of_one_recipient_is_in_the_singular(void **state)
{
	kit *k = *state;
	const kit_recipient to[] = { { &k->bob, false }, { 0 } };
	octets o = report(k, SIGNET_ENCRYPT, to, NULL);

	assert_true(octets_contain(o, "\"The message was encrypted to 1 recipient.\""));
	free(o.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(report__of_copies_names_files_and_recipients),
		cmocka_unit_test(report__of_a_signed_message_has_one_copy_for_all),
		cmocka_unit_test(report__of_one_recipient_is_in_the_singular),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
