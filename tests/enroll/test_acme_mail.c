/* The mails of email-reply-00 (RFC 8823 3.1, 3.2), and Authentication-Results (RFC 8601). */
#include "harness.h"

#include <signet/acme.h>
#include <stdio.h>
#include <string.h>

#define RESULTS "Authentication-Results: mx.example.com; dkim=pass header.d=ca.test\r\n"
#define HEADERS \
	"From:Sender:Reply-To:To:CC:Subject:Date:In-Reply-To:References:Message-ID:" \
	"Auto-Submitted:Content-Type:Content-Transfer-Encoding"
#define SIGNED "DKIM-Signature: v=1; d=ca.test;\r\n h=" HEADERS ";\r\n b=abcd\r\n efgh\r\n"
#define FROM "From: ACME <acme@ca.test>\r\n"
#define TO "To: alice@example.com\r\n"
#define SUBJECT "Subject: ACME: abcdefghijklmnopqrstuv\r\n"
#define AUTO "Auto-Submitted: auto-generated; type=acme\r\n"
#define REST "Message-ID: <1@ca.test>\r\n\r\nA challenge.\r\n"
#define GOOD RESULTS SIGNED FROM TO SUBJECT AUTO REST

typedef struct fixture {
	harness memory;
	signet_context *ctx;
} fixture;

static int setup(void **state)
{
	static fixture shared;
	fixture *f = &shared;
	signet_context_options options = SIGNET_CONTEXT_OPTIONS_INIT;
	signet_allocator allocator;

	memset(f, 0, sizeof(*f));
	allocator = harness_allocator(&f->memory);
	options.allocator = &allocator;
	*state = f;
	return signet_context_new(&options, &f->ctx, NULL) == SIGNET_OK ? 0 : -1;
}

static int teardown(void **state)
{
	fixture *f = *state;

	signet_context_free(&f->ctx);
	assert_int_equal(f->memory.live, 0);
	return 0;
}

static signet_acme_mail_options options_for(const char *authserv)
{
	signet_acme_mail_options options = SIGNET_ACME_MAIL_OPTIONS_INIT;

	options.from = "acme@ca.test";
	options.address = "alice@example.com";
	options.authserv = authserv;
	return options;
}

/* Where it is read, its Reply-To is copied to reply_to. */
static signet_status read_mail(fixture *f, const char *text,
    const signet_acme_mail_options *options, char reply_to[64], char says[256])
{
	signet_acme_mail *mail = NULL;
	signet_error err = { 0 };
	signet_status status = signet_acme_mail_read(
	    f->ctx, (const uint8_t *)text, strlen(text), options, &mail, &err);

	if (status == SIGNET_OK)
		(void)snprintf(reply_to, 64, "%s", signet_acme_mail_reply_to(mail));
	else
		assert_null(mail);
	(void)snprintf(says, 256, "%s", err.text);
	signet_acme_mail_free(&mail);
	return status;
}

static void mail__that_holds_is_read(void **state)
{
	static const struct {
		const char *name, *text, *reply_to;
	} rows[] = {
		{ "as written", GOOD, "acme@ca.test" },
		{ "bare LF", "Authentication-Results: mx.example.com; dkim=pass header.d=ca.test\n"
			     "DKIM-Signature: d=ca.test; h=" HEADERS "; b=x\n"
			     "From: acme@ca.test\nTo: alice@example.com\nSubject: ACME: "
			     "abcdefghijklmnopqrstuv\nAuto-Submitted: auto-generated\n\nx",
		    "acme@ca.test" },
		{ "Reply-To", RESULTS SIGNED FROM TO SUBJECT AUTO "Reply-To: <r@ca.test>\r\n" REST,
		    "r@ca.test" },
		{ "several recipients, another case",
		    RESULTS SIGNED FROM "To: Bob <b@x.test>, ALICE@EXAMPLE.com\r\n" SUBJECT AUTO REST,
		    "acme@ca.test" },
		/* RFC 8823 3.1 (1): folded, padded, RFC 2047 */
		{ "folded", RESULTS SIGNED FROM TO "Subject: ACME:\r\n abcdefghijklm\r\n nopqrstuv==\r\n"
			AUTO REST, "acme@ca.test" },
		{ "encoded", RESULTS SIGNED FROM TO
		    "Subject: =?US-ASCII?Q?ACME=3A_abcdefghijklmnopqrstuv?=\r\n" AUTO REST,
		    "acme@ca.test" },
		/* RFC 8601 2.2: comments, version, quotes, several results and fields */
		{ "results with comments", "Authentication-Results: (a (b) \\) c) mx.example.com 1;\r\n"
			"\tspf=fail smtp.mailfrom=ca.test; dkim=pass (2048 bit; =) reason=\"a;b\"\r\n"
			"\theader.d=CA.test header.b=abcdef\r\n"
			SIGNED FROM TO SUBJECT AUTO REST, "acme@ca.test" },
		{ "the second field", "Authentication-Results: mx.example.com; none\r\n" GOOD,
		    "acme@ca.test" },
		{ "one of two signatures", "Authentication-Results: mx.example.com; dkim=fail "
			"header.d=ca.test; dkim=pass header.d=ca.test\r\n" SIGNED FROM TO SUBJECT AUTO
			REST, "acme@ca.test" },
		{ "below Received", "Received: from a by mx.example.com; x\r\n" GOOD, "acme@ca.test" },
	};
	fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const signet_acme_mail_options options = options_for("MX.example.com");
		char reply_to[64] = "", says[256];

		if (read_mail(f, rows[i].text, &options, reply_to, says) != SIGNET_OK)
			fail_msg("%s: %s", rows[i].name, says);
		assert_string_equal(reply_to, rows[i].reply_to);
	}
}

/* RFC 8823 3 (5), 3.1: "An email client … MUST ignore the challenge". */
static void mail__that_is_another_is_passed_by(void **state)
{
	static const struct {
		const char *name, *text;
	} rows[] = {
		{ "nothing", "" },
		{ "no subject", FROM TO AUTO REST },
		{ "two subjects", FROM TO SUBJECT SUBJECT AUTO REST },
		{ "a reply", FROM TO "Subject: Re: ACME: abcdefghijklmnopqrstuv\r\n" AUTO REST },
		{ "another subject", FROM TO "Subject: Hello\r\n" AUTO REST },
		{ "a short token", FROM TO "Subject: ACME: abcdefghijklmnopqrstu\r\n" AUTO REST },
		{ "no token", FROM TO "Subject: ACME:\r\n" AUTO REST },
		{ "no base64url", FROM TO "Subject: ACME: abcdefghijklmnopqrst+/\r\n" AUTO REST },
		{ "padding within", FROM TO "Subject: ACME: abcdefghijk=lmnopqrstuvw\r\n" AUTO REST },
		{ "another sender", "From: acme@evil.test\r\n" TO SUBJECT AUTO REST },
		{ "a name like the sender", "From: \"acme@ca.test\" <m@evil.test>\r\n" TO SUBJECT AUTO
			REST },
		{ "two senders", "From: acme@ca.test, m@evil.test\r\n" TO SUBJECT AUTO REST },
		{ "From twice", FROM "From: m@evil.test\r\n" TO SUBJECT AUTO REST },
		{ "no From", TO SUBJECT AUTO REST },
		{ "another recipient", FROM "To: bob@example.com\r\n" SUBJECT AUTO REST },
		{ "no recipient", FROM SUBJECT AUTO REST },
		{ "written by a person", FROM TO SUBJECT REST },
		{ "Auto-Submitted: no", FROM TO SUBJECT "Auto-Submitted: no\r\n" REST },
		{ "Auto-Submitted: auto-replied", FROM TO SUBJECT "Auto-Submitted: auto-replied\r\n"
			REST },
		{ "Auto-Submitted: longer", FROM TO SUBJECT "Auto-Submitted: auto-generatedX\r\n" REST },
		{ "two replies", FROM TO SUBJECT AUTO "Reply-To: a@x.test, b@x.test\r\n" REST },
		{ "a broken Reply-To", FROM TO SUBJECT AUTO "Reply-To: a@\r\n" REST },
	};
	fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		signet_acme_mail_options options = options_for(NULL);
		char reply_to[64], says[256];

		options.is_proven = true;
		if (read_mail(f, rows[i].text, &options, reply_to, says) != SIGNET_E_NOT_FOUND)
			fail_msg("%s was not passed by", rows[i].name);
	}
}

#define MAIL FROM TO SUBJECT AUTO REST

/* RFC 8601 4.1, 5; RFC 8823 3.1 (6) */
static void mail__that_nothing_proves_is_not_believed(void **state)
{
	static const struct {
		const char *name, *text;
	} rows[] = {
		{ "nothing", SIGNED MAIL },
		{ "another server", "Authentication-Results: mx.evil.test; dkim=pass header.d=ca.test\r\n"
			SIGNED MAIL },
		{ "below another server's", "Authentication-Results: mx.evil.test; none\r\n" RESULTS
			SIGNED MAIL },
		{ "not next to it", "Authentication-Results: mx.example.com; none\r\n"
			"Received: x\r\n" RESULTS SIGNED MAIL },
		{ "the name as a prefix", "Authentication-Results: mx.example.com.evil.test; dkim=pass "
			"header.d=ca.test\r\n" SIGNED MAIL },
		{ "the name in a comment", "Authentication-Results: (mx.example.com) evil; dkim=pass "
			"header.d=ca.test\r\n" SIGNED MAIL },
		{ "the result in a comment", "Authentication-Results: mx.example.com; dkim=none (dkim=pass "
			"header.d=ca.test)\r\n" SIGNED MAIL },
		{ "the result in quotes", "Authentication-Results: mx.example.com; dkim=none "
			"reason=\"; dkim=pass header.d=ca.test\"\r\n" SIGNED MAIL },
		{ "version 2", "Authentication-Results: mx.example.com 2; dkim=pass header.d=ca.test\r\n"
			SIGNED MAIL },
		{ "failed", "Authentication-Results: mx.example.com; dkim=fail header.d=ca.test\r\n"
			SIGNED MAIL },
		{ "not passed", "Authentication-Results: mx.example.com; dkim=passed header.d=ca.test\r\n"
			SIGNED MAIL },
		{ "SPF alone", "Authentication-Results: mx.example.com; spf=pass header.d=ca.test\r\n"
			SIGNED MAIL },
		{ "DMARC alone", "Authentication-Results: mx.example.com; dmarc=pass header.from=ca.test\r\n"
			SIGNED MAIL },
		{ "another domain", "Authentication-Results: mx.example.com; dkim=pass header.d=evil.test\r\n"
			SIGNED MAIL },
		{ "a domain above", "Authentication-Results: mx.example.com; dkim=pass header.d=test\r\n"
			SIGNED MAIL },
		{ "a domain below", "Authentication-Results: mx.example.com; dkim=pass "
			"header.d=x.ca.test\r\n" SIGNED MAIL },
		{ "no domain", "Authentication-Results: mx.example.com; dkim=pass header.i=@ca.test\r\n"
			SIGNED MAIL },
		{ "two domains", "Authentication-Results: mx.example.com; dkim=pass header.d=evil.test "
			"header.d=ca.test\r\n" SIGNED MAIL },
		{ "an open comment", "Authentication-Results: mx.example.com; (dkim=pass header.d=ca.test\r\n"
			SIGNED MAIL },
		{ "an open quote", "Authentication-Results: mx.example.com; dkim=\"pass header.d=ca.test\r\n"
			SIGNED MAIL },
		{ "no field", "Authentication-Results:\r\n" SIGNED MAIL },
		{ "no signature", RESULTS MAIL },
		{ "a signature of another domain", RESULTS "DKIM-Signature: d=evil.test; h=" HEADERS
			"; b=x\r\n" MAIL },
		{ "the subject not covered", RESULTS "DKIM-Signature: d=ca.test; h=From:Sender:Reply-To:To:"
			"CC:Date:In-Reply-To:References:Message-ID:Auto-Submitted:Content-Type:"
			"Content-Transfer-Encoding; b=x\r\n" MAIL },
		{ "h as part of another tag", RESULTS "DKIM-Signature: d=ca.test; xh=" HEADERS
			"; b=x\r\n" MAIL },
		{ "another signature than the one found good", "Authentication-Results: mx.example.com; "
			"dkim=pass header.d=ca.test header.b=zzzz\r\n" SIGNED MAIL },
	};
	fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		signet_acme_mail_options options = options_for("mx.example.com");
		char reply_to[64], says[256];

		if (read_mail(f, rows[i].text, &options, reply_to, says) != SIGNET_E_PERMISSION)
			fail_msg("%s was believed", rows[i].name);
		options.authserv = NULL;
		if (read_mail(f, rows[i].text, &options, reply_to, says) != SIGNET_E_PERMISSION)
			fail_msg("%s was believed without a server", rows[i].name);
		options.is_proven = true;
		if (read_mail(f, rows[i].text, &options, reply_to, says) != SIGNET_OK)
			fail_msg("%s: %s", rows[i].name, says);
	}
}

/* What S/MIME needs stays; what it does not protect by itself goes. */
static void strip__leaves_what_smime_needs(void **state)
{
	static const char text[] = "Subject: ACME: forged\r\nFrom: a@b.test\r\nTo: x@y.test\r\n"
				   "Message-ID: <1@b.test>\r\nAuto-Submitted: auto-generated\r\n"
				   "MIME-Version: 1.0\r\nContent-Type: multipart/signed;\r\n micalg=x\r\n"
				   "Reply-To: evil@evil.test\r\n\r\nSubject: body\r\n\r\nx";
	static const char left[] = "From: a@b.test\r\nMessage-ID: <1@b.test>\r\nMIME-Version: 1.0\r\n"
				   "Content-Type: multipart/signed;\r\n micalg=x\r\n\r\n"
				   "Subject: body\r\n\r\nx";
	fixture *f = *state;
	signet_sink *sink = NULL;
	const uint8_t *data;
	size_t size = 0;

	assert_int_equal(signet_sink_memory_new(f->ctx, 4096, &sink, NULL), SIGNET_OK);
	assert_int_equal(signet_acme_mail_strip(
			     f->ctx, (const uint8_t *)text, strlen(text), sink, NULL),
	    SIGNET_OK);
	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	data = signet_sink_memory_get(sink, &size);
	assert_int_equal(size, strlen(left));
	assert_memory_equal(data, left, size);
	signet_sink_free(&sink);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mail__that_holds_is_read),
		TEST(mail__that_is_another_is_passed_by),
		TEST(mail__that_nothing_proves_is_not_believed),
		TEST(strip__leaves_what_smime_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
