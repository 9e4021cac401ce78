/* What carries a CMS object is copied as it came, however it is cut. */
#include "harness.h"

#include <signet/sink.h>

#include <string.h>

#include "smime/carrier.h"

typedef struct world {
	harness h;
	signet_context *ctx;
	const char *expected;
	signet_status status; /* what is expected of it */
	bool has_object;
	bool takes_clear;
	signet_input_form form;
	sn_cms_splice splice;
	signet_sink *out;
	signet_sink *carrier;
	signet_status found;
} world;

static void begin(void *user)
{
	world *w = user;
	sn_carrier_spec spec = { .ctx = w->h.ctx, .form = w->form, .takes_clear = w->takes_clear };

	assert_int_equal(signet_sink_memory_new(w->ctx, 1 << 16, &w->out, NULL), SIGNET_OK);
	spec.splice = &w->splice;
	spec.out = w->out;
	assert_int_equal(sn_carrier_new(&spec, &w->carrier, NULL), SIGNET_OK);
	w->found = SIGNET_OK;
}

static void feed(void *user, const uint8_t *piece, size_t size, bool last)
{
	world *w = user;

	if (w->found == SIGNET_OK)
		w->found = w->carrier->write(w->carrier, piece, size, NULL);
	if (w->found == SIGNET_OK && last)
		w->found = w->carrier->finish(w->carrier, NULL);
}

static void end(void *user)
{
	world *w = user;
	const uint8_t *data;
	size_t size;

	assert_int_equal(w->found, w->status);
	if (w->status == SIGNET_OK) {
		assert_int_equal(w->out->finish(w->out, NULL), SIGNET_OK);
		data = signet_sink_memory_get(w->out, &size);
		assert_int_equal(sn_carrier_has_object(w->carrier), w->has_object);
		if (w->has_object) {
			assert_int_equal(size, strlen(w->expected));
			assert_memory_equal(data, w->expected, size);
		}
	}
	sn_carrier_free(&w->carrier);
	signet_sink_free(&w->out);
}

static void check(world *w, const char *in, const char *expected)
{
	const split_stream stream = { begin, feed, end };

	w->expected = expected;
	split_all(&stream, w, (const uint8_t *)in, strlen(in));
}

static int setup(void **state)
{
	static world w;

	memset(&w, 0, sizeof(w));
	harness_init(&w.h);
	assert_int_equal(signet_context_new(NULL, &w.ctx, NULL), SIGNET_OK);
	sn_cms_splice_init(&w.splice);
	w.has_object = true;
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	world *w = *state;

	signet_context_free(&w->ctx);
	harness_clear(&w->h);
	return 0;
}

#define TYPE "Content-Type: application/pkcs7-mime;\r\n\tname=\"smime.p7m\"\r\n"
#define CODE "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0\r\nNTY3ODk=\r\n"
#define BASE64 "Content-Transfer-Encoding: base64\r\n"

static void message__is_copied_as_it_came(void **state)
{
	static const char *const texts[] = {
		"X-A: 1\r\n" TYPE "X-B:\r\n  folded\r\n" BASE64 "\r\n" CODE,
		"From a@example.com Tue\r\n" TYPE BASE64 "\r\n" CODE,
		"Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64\n\nQUJD\n",
		"Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: binary\n\n0\x01\x02\n\r",
		"Content-Type: application/pkcs7-mime\n\nABC",
		"Content-Type: application/octet-stream; name=a.p7m\n" BASE64 "\nQUJD\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		check(*state, texts[i], texts[i]);
}

static void signature__of_a_multipart_is_found_where_it_is_wanted(void **state)
{
	static const char text[] =
	    "Content-Type: multipart/signed; boundary=b\r\n\r\npreamble\r\n--b\r\nA: 1\r\n\r\n--bb\r\n"
	    "text\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n" BASE64 "\r\n" CODE
	    "\r\n--b--\r\nepilogue";
	world *w = *state;

	w->takes_clear = true;
	check(w, text, text);
	w->takes_clear = false;
	w->has_object = false;
	check(w, text, "");
}

/* RFC 7468: any label, text around it. */
static void pem__keeps_its_label_and_the_text_around_it(void **state)
{
	static const char text[] = "before\n- a dash\n-----BEGIN PKCS7-----\n"
				   "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2\n"
				   "d3h5eg==\n-----END PKCS7-----\nbehind\n-----BEGIN X-----\n";
	world *w = *state;

	w->form = SIGNET_FORM_PEM;
	check(w, text, text);
	w->form = SIGNET_FORM_DETECT;
	check(w, strstr(text, "-----BEGIN"), strstr(text, "-----BEGIN"));
	/* lines of any length and kind come out in their form */
	check(w, "-----BEGIN CMS-----\r\nQU\r\nJD\r\n-----END CMS-----",
	    "-----BEGIN CMS-----\nQUJD\n-----END CMS-----\n");
}

static void quoted_printable__becomes_base64(void **state)
{
	check(*state,
	    TYPE "content-transfer-encoding: Quoted-Printable\r\nX-B: 1\r\n\r\n=41=42=\r\n=43=\r\n",
	    TYPE BASE64 "X-B: 1\r\n\r\nQUJD\r\n");
}

static void octets__of_a_bare_object_are_copied(void **state)
{
	check(*state, "0\x82\x01\x02 and so on", "0\x82\x01\x02 and so on");
}

static void message__without_an_object_has_none(void **state)
{
	static const char *const texts[] = {
		"From: a@example.com\r\n\r\ntext\r\n",
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n" TYPE "\nABC\n--b--\n",
		"Content-Type: text/plain; name=smime.p7m\n\nABC\n",
	};
	world *w = *state;

	w->has_object = false;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		check(w, texts[i], "");
}

static void message__that_is_malformed_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "no header field here\r\n\r\n",
		TYPE "Content-Transfer-Encoding: x-none\r\n\r\nABC",
		TYPE "Content-Type: application/pkcs7-mime\r\n\r\nABC",
		"Content-Type: multipart/signed\r\n\r\nx",
		"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n",
		"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n"
		"Content-Type: text/plain\r\n\r\nx\r\n--b--\r\n",
		"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n"
		"Content-Type: application/pkcs7-signature\r\n\r\nx\r\n--b\r\n\r\nx\r\n--b--\r\n",
		"-----BEGIN CMS-----\nQUJD\n",
		"-----BEGIN a label that is longer than any that there is in the world of PEM-----\n",
	};
	world *w = *state;

	w->takes_clear = true;
	w->status = SIGNET_E_MALFORMED;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		print_message("%zu\n", i);
		check(w, texts[i], "");
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(message__is_copied_as_it_came),
		TEST(signature__of_a_multipart_is_found_where_it_is_wanted),
		TEST(pem__keeps_its_label_and_the_text_around_it),
		TEST(quoted_printable__becomes_base64),
		TEST(octets__of_a_bare_object_are_copied),
		TEST(message__without_an_object_has_none),
		TEST(message__that_is_malformed_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
