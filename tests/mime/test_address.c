#include "mime/address.h"

#include "text.h"

/* All mailboxes as "name<address>|…", '!' behind them when something was damaged, ':' for groups. */
static const struct { const char *body, *mailboxes; } rows[] = {
	/* RFC 5322 A.1 */
	{ " John Doe <jdoe@machine.example>", "John Doe<jdoe@machine.example>|" },
	{ " \"Joe Q. Public\" <john.q.public@example.com>", "Joe Q. Public<john.q.public@example.com>|" },
	{ " Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
	  "Mary Smith<mary@x.test>|<jdoe@example.org>|Who?<one@y.test>|" },
	{ " <boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
	  "<boss@nil.test>|Giant; \"Big\" Box<sysservices@example.net>|" },
	{ " A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
	  "Ed Jones<c@a.test>|<joe@where.test>|John<jdoe@one.test>|:" },
	{ " Undisclosed recipients:;", ":" },
	/* RFC 5322 A.5, A.6 */
	{ " Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "Pete<pete@silly.test>|" },
	{ " (Empty list)(start)Hidden recipients  :(nobody(that I know))  ;", ":" },
	{ " Joe Q. Public <john.q.public@example.com>", "Joe Q. Public<john.q.public@example.com>|" },
	{ " Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
	  "Mary Smith<mary@example.net>|<jdoe@test.example>|" },
	{ " John Doe <jdoe@machine(comment).  example>", "John Doe<jdoe@machine.example>|" },
	{ " <@a.test,@b.test:c@d.test>", "<c@d.test>|" },
	{ "a@b.test,\r\n\tc@d.test", "<a@b.test>|<c@d.test>|" },
	/* RFC 822's name in a comment */
	{ " jane@x.test (Jane Doe)", "Jane Doe<jane@x.test>|" },
	/* local parts */
	{ " \"quoted\"@x.test", "<quoted@x.test>|" },
	{ " \"two words\"@x.test", "<\"two words\"@x.test>|" },
	{ " \"a@b\"@x.test", "<\"a@b\"@x.test>|" },
	{ " \"a\\\"b\"@x.test", "<\"a\\\"b\"@x.test>|" },
	{ " \".a\"@x.test", "<\".a\"@x.test>|" },
	{ " a . b @ x . test", "<a.b@x.test>|" },
	{ " \"a\".b@x.test", "<a.b@x.test>|" },
	{ " user+tag@x.test", "<user+tag@x.test>|" },
	{ " a@[192.0.2.1]", "<a@[192.0.2.1]>|" },
	/* RFC 6532, RFC 2047 */
	{ " J\xc3\xbcrgen <j\xc3\xbcrgen@b\xc3\xbc.example>", "J\xc3\xbcrgen<j\xc3\xbcrgen@b\xc3\xbc.example>|" },
	{ " =?UTF-8?Q?J=C3=BCrgen?= Doe <j@x.test>", "J\xc3\xbcrgen Doe<j@x.test>|" },
	{ " =?UTF-8?Q?a=40b=2Etest=2C?= <j@x.test>", "a@b.test,<j@x.test>|" },
	{ " =?UTF-8?Q?a=40b=2Etest?=", "!" },
	/* RFC 2047 5: an encoded word must not appear within a quoted string */
	{ " \"=?UTF-8?Q?J=C3=BCrgen?=\" <j@x.test>", "=?UTF-8?Q?J=C3=BCrgen?=<j@x.test>|" },
	/* what is shown is not what counts */
	{ " \"ceo@bank.test\" <evil@x.test>", "ceo@bank.test<evil@x.test>|" },
	{ " ceo@bank.test <evil@x.test>", "ceo@bank.test<evil@x.test>|!" },
	{ " ceo@bank.test, <evil@x.test>", "<ceo@bank.test>|<evil@x.test>|" },
	{ " =?UTF-8?Q?a=0D=0Ab?= <j@x.test>", "a  b<j@x.test>|" },
	/* damage is left out, what is sound stays */
	{ "", "" },
	{ " ", "" },
	{ " ,, ,", "" },
	{ " nobody", "!" },
	{ " nobody, a@x.test", "<a@x.test>|!" },
	{ " John Smith@x.test", "!" },
	{ " a@", "!" },
	{ " @x.test", "!" },
	{ " <>", "!" },
	{ " <@x.test>", "!" },
	{ " <a@>", "!" },
	{ " <a>", "!" },
	{ " <a@x.test", "!" },
	{ " <a@x.test b@y.test>", "!" },
	{ " <a@x.test> b@y.test, c@z.test", "<a@x.test>|<c@z.test>|!" },
	{ " <a@x.test><b@y.test>", "<a@x.test>|!" },
	{ " a@b@x.test", "!" },
	{ " a@x..test", "!" },
	{ " a@.x.test", "!" },
	{ " a@x.test b", "!" },
	{ " a@[192.0.2.1", "!" },
	{ " \"not closed <a@x.test>", "!" },
	{ " (not closed a@x.test", "" },
	{ " a@x.test; b@y.test", "<a@x.test>|<b@y.test>|!" },
	{ " g:a@x.test", "<a@x.test>|:" },
	{ " g:h:a@x.test;;", "!:" },
	{ " a\x01@x.test", "!" },
	{ " a@x\xff.test", "!" },
	{ " )(", "!" },
	{ " >,a@x.test", "<a@x.test>|!" },
};

static void list_text(const sn_mime_address_list *list, char *text, size_t room)
{
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < list->count; i++) {
		const sn_mime_mailbox *m = &list->mailboxes[i];

		at += (size_t)snprintf(text + at, room - at, "%s<%s>|", m->name == NULL ? "" : m->name,
		    m->address);
	}
	(void)snprintf(text + at, room - at, "%s%s", list->is_damaged ? "!" : "",
	    list->has_group ? ":" : "");
}

static void addresses__are_read_as_the_table_says(void **state)
{
	harness h;
	bool good = true;

	(void)state;
	harness_init(&h);
	for (size_t i = 0; i < ROWS(rows); i++) {
		sn_mime_field field = field_of(rows[i].body, strlen(rows[i].body));
		sn_mime_address_list list = { .ctx = h.ctx };
		char text[512];

		assert_int_equal(sn_mime_address_list_add(&list, &field, NULL), SIGNET_OK);
		list_text(&list, text, sizeof(text));
		good &= is_text(rows[i].body, text, rows[i].mailboxes);
		sn_mime_address_list_clear(&list);
		field_drop(&field);
	}
	harness_clear(&h);
	assert_true(good);
}

static void nul__in_an_address_is_damage(void **state)
{
	static const struct { const char *body; size_t size; } bodies[] = {
		{ "a\0b@x.test", 10 }, { "a@x\0.test", 9 }, { "\"a\0\"@x.test", 11 }, { "<a\0@x.test>", 11 },
		{ "<a@x.test\0>", 11 },
	};
	harness h;

	(void)state;
	harness_init(&h);
	for (size_t i = 0; i < ROWS(bodies); i++) {
		sn_mime_field field = field_of(bodies[i].body, bodies[i].size);
		sn_mime_address_list list = { .ctx = h.ctx };

		assert_int_equal(sn_mime_address_list_add(&list, &field, NULL), SIGNET_OK);
		assert_int_equal(list.count, 0);
		assert_true(list.is_damaged);
		sn_mime_address_list_clear(&list);
		field_drop(&field);
	}
	harness_clear(&h);
}

static void lists__of_several_fields_are_one(void **state)
{
	harness h;
	sn_mime_address_list list;

	(void)state;
	harness_init(&h);
	list = (sn_mime_address_list){ .ctx = h.ctx };
	for (size_t i = 0; i < 9; i++) {
		sn_mime_field field = field_of("a@x.test, b@y.test", 18);

		assert_int_equal(sn_mime_address_list_add(&list, &field, NULL), SIGNET_OK);
		field_drop(&field);
	}
	assert_int_equal(list.count, 18);
	assert_text("the last", list.mailboxes[17].address, "b@y.test");
	sn_mime_address_list_clear(&list);
	assert_int_equal(list.count, 0);
	harness_clear(&h);
}

static void addresses__past_the_limit_are_refused(void **state)
{
	harness h;
	sn_mime_address_list list;
	sn_mime_field field = field_of("a@x.test,b@x.test,c@x.test,d@x.test", 35);

	(void)state;
	harness_init(&h);
	h.ctx->limits.recipients = 3;
	list = (sn_mime_address_list){ .ctx = h.ctx };
	assert_int_equal(sn_mime_address_list_add(&list, &field, NULL), SIGNET_E_LIMIT);
	sn_mime_address_list_clear(&list);
	field_drop(&field);
	harness_clear(&h);
}

/* Nesting of comments is no recursion, and open ones are not searched for twice. */
static void comments__of_any_depth_cost_linear_time(void **state)
{
	const size_t size = 1 << 20;
	char *body = malloc(size);
	static const char fill[] = "(<\",[";
	harness h;

	(void)state;
	assert_non_null(body);
	harness_init(&h);
	for (size_t i = 0; i < sizeof(fill) - 1; i++) {
		sn_mime_address_list list = { .ctx = h.ctx };
		sn_mime_field field;

		memset(body, fill[i], size);
		field = field_of(body, size);
		assert_int_equal(sn_mime_address_list_add(&list, &field, NULL), SIGNET_OK);
		assert_int_equal(list.count, 0);
		sn_mime_address_list_clear(&list);
		field_drop(&field);
	}
	harness_clear(&h);
	free(body);
}

static signet_status read_once(signet_context *ctx, void *user, signet_error *err)
{
	sn_mime_address_list list = { .ctx = ctx };
	signet_status status = sn_mime_address_list_add(&list, user, err);

	sn_mime_address_list_clear(&list);
	return status;
}

static void addresses__out_of_memory_is_told_and_leaks_nothing(void **state)
{
	static const char body[] = "g: \"A B\" <\"a b\"@x.test>, =?UTF-8?Q?c?= <c@y.test>; d@z.test (D)";
	sn_mime_field field = field_of(body, strlen(body));

	(void)state;
	assert_true(oom_all(read_once, &field) >= 8);
	field_drop(&field);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses__are_read_as_the_table_says),
		cmocka_unit_test(nul__in_an_address_is_damage),
		cmocka_unit_test(lists__of_several_fields_are_one),
		cmocka_unit_test(addresses__past_the_limit_are_refused),
		cmocka_unit_test(comments__of_any_depth_cost_linear_time),
		cmocka_unit_test(addresses__out_of_memory_is_told_and_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
