/* What mail systems do to a signed entity, undone; and what nobody can undo. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/digest.h"
#include "smime/evidence.h"
#include "smime/repair.h"

#define HEAD "Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
#define BODY "From here on\r\nwe meet at noon.\r\n"
#define MULTI "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\none\r\n--in\r\n\r\ntwo\r\n--in--\r\n"

typedef struct row {
	const char *name, *sent, *came, *code;
	unsigned lines;
	const char *second;     /* the code of a second change */
	unsigned first_line;    /* 0: no span is known */
} row;

#define QP_HEAD "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
#define EIGHT_HEAD "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
#define B64_HEAD "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
#define LATIN_HEAD(encoding) "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: " encoding "\r\n\r\n"
#define LONG_LINE "the first words of a line that is much too long for those who break lines at some " \
	"width, which is what old gateways and older mail programs do, and what readers suffer from\r\n"

static const row rows[] = {
	{ "blanks added", HEAD BODY, HEAD "From here on  \r\nwe meet at noon.\t\r\n", "altered-blanks", 0 },
	{ "line added at the end", HEAD BODY, HEAD BODY "\r\n", "altered-blanks", 0 },
	{ "last line end lost", HEAD BODY, HEAD "From here on\r\nwe meet at noon.", "altered-blanks", 0 },
	{ "From line", HEAD BODY, HEAD ">" BODY, "altered-from-line", 0 },
	{ "From line once more", HEAD ">" BODY, HEAD ">>" BODY, "altered-from-line", 0 },
	{ "doubled CR", HEAD BODY, HEAD "From here on\r\r\nwe meet at noon.\r\r\n", "altered-line-ends", 0 },
	{ "two fields exchanged", HEAD BODY,
	    "Content-Transfer-Encoding: 7bit\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n" BODY,
	    "altered-header", 0 },
	{ "field folded", HEAD BODY,
	    "Content-Type: text/plain;\r\n charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" BODY,
	    "altered-header", 0 },
	{ "footer", HEAD BODY, HEAD BODY "____\r\nthe list\r\n", "altered-footer", 2, NULL, 6 },
	{ "footer without a line end before it", HEAD "we meet at noon.",
	    HEAD "we meet at noon.\r\n-- \r\nthe list\r\n", "altered-footer", 2, NULL, 5 },
	{ "footer, bare LF", HEAD BODY, "Content-Type: text/plain; charset=us-ascii\n"
	    "Content-Transfer-Encoding: 7bit\n\nFrom here on\nwe meet at noon.\nthe list\n",
	    "altered-footer", 1, NULL, 6 },
	{ "banner", HEAD BODY, HEAD "[EXTERNAL]\r\n" BODY, "altered-banner", 1, NULL, 4 },
	{ "part added", MULTI, "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\none\r\n--in\r\n\r\n"
	    "two\r\n--in\r\n\r\nthe list\r\n--in--\r\n", "altered-part", 3, NULL, 9 },
	{ "footer in a part", MULTI, "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\none\r\n"
	    "the list\r\n--in\r\n\r\ntwo\r\n--in--\r\n", "altered-footer", 1, NULL, 6 },
	{ "base64 wrapped", "Content-Transfer-Encoding: base64\r\n\r\nAAAABBBBCCCC\r\n",
	    "Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\nBBBBCCCC\r\n", "altered-encoding", 0 },
	{ "tab in front became eight blanks", HEAD "a\r\n\tb\r\n\t\tc\r\n",
	    HEAD "a\r\n        b\r\n                c\r\n", "altered-blanks", 0, NULL, 0 },
	{ "tab became a blank", HEAD "a\r\n\tb\r\n", HEAD "a\r\n b\r\n", "altered-blanks", 0, NULL, 0 },
	{ "tabs became blanks everywhere", HEAD "name\tage\r\nal\tten\r\n",
	    HEAD "name    age\r\nal      ten\r\n", "altered-blanks", 0, NULL, 0 },
	{ "blanks became tabs", HEAD "        b\r\n", HEAD "\tb\r\n", "altered-blanks", 0, NULL, 0 },
	{ "the blank of a signature's line", HEAD BODY "-- \r\nAlice\r\n", HEAD BODY "--\r\nAlice\r\n",
	    "altered-blanks", 0, NULL, 0 },
	{ "blanks at the ends of some lines removed", HEAD "a \r\nb\r\nc \r\nd\r\n", HEAD "a\r\nb\r\nc\r\nd\r\n",
	    "altered-blanks", 0, NULL, 0 },
	{ "blanks of flowed text removed", HEAD "a \r\nb \r\nc\r\n\r\nd \r\ne \r\nf \r\ng \r\nh \r\ni \r\nj \r\nk \r\nl \r\nm\r\n",
	    HEAD "a\r\nb\r\nc\r\n\r\nd\r\ne\r\nf\r\ng\r\nh\r\ni\r\nj\r\nk\r\nl\r\nm\r\n", "altered-blanks", 0, NULL, 0 },
	{ "a tab at the end of one of many lines removed", HEAD "a\r\nb\t\r\nc\r\nd\r\ne\r\nf\r\ng\r\nh\r\ni\r\nj\r\nk\r\nl\r\nm\r\n",
	    HEAD "a\r\nb\r\nc\r\nd\r\ne\r\nf\r\ng\r\nh\r\ni\r\nj\r\nk\r\nl\r\nm\r\n", "altered-blanks", 0, NULL, 0 },
	{ "an empty line behind each", HEAD BODY, HEAD "From here on\r\n\r\nwe meet at noon.\r\n\r\n",
	    "altered-line-ends", 0, NULL, 0 },
	{ "long line broken at a hyphen", HEAD "for all well-known and ill-fated and half-hearted words\r\n",
	    HEAD "for all well-known and ill-\r\nfated and half-hearted\r\nwords\r\n", "altered-folding", 0, NULL, 0 },
	{ "field names in other case", "Content-type: text/plain\r\nMime-version: 1.0\r\n\r\n" BODY,
	    "Content-Type: text/plain\r\nMIME-Version: 1.0\r\n\r\n" BODY, "altered-header", 0, NULL, 0 },
	{ "quotes of the charset removed", "Content-Type: text/plain; charset=\"us-ascii\"\r\n\r\n" BODY,
	    "Content-Type: text/plain; charset=us-ascii\r\n\r\n" BODY, "altered-header", 0, NULL, 0 },
	{ "long line broken at blanks", HEAD LONG_LINE,
	    HEAD "the first words of a line that is much too long for those who break\r\n"
	    "lines at some width, which is what old gateways and older mail programs\r\n"
	    "do, and what readers suffer from\r\n", "altered-folding", 0, NULL, 0 },
	{ "long line broken behind blanks", HEAD LONG_LINE,
	    HEAD "the first words of a line that is much too long for those who break \r\n"
	    "lines at some width, which is what old gateways and older mail programs \r\n"
	    "do, and what readers suffer from\r\n", "altered-folding", 0, NULL, 0 },
	{ "long line broken anywhere", HEAD "abcdefghijklmnopqrstuvwxyz\r\n",
	    HEAD "abcdefghij\r\nklmnopqrst\r\nuvwxyz\r\n", "altered-folding", 0, NULL, 0 },
	{ "long line broken as sendmail does", HEAD "abcdefghijklmnopqrstuvwxyz\r\n",
	    HEAD "abcdefghij!\r\n klmnopqrst!\r\n uvwxyz\r\n", "altered-folding", 0, NULL, 0 },
	{ "long line of a part broken", "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\n" LONG_LINE
	    "--in\r\n\r\ntwo\r\n--in--\r\n", "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\n"
	    "the first words of a line that is much too long for those who break\r\n"
	    "lines at some width, which is what old gateways and older mail programs\r\n"
	    "do, and what readers suffer from\r\n--in\r\n\r\ntwo\r\n--in--\r\n", "altered-folding", 0, NULL, 0 },
	{ "continued by a tab", "Content-Type: text/plain;\r\n charset=us-ascii\r\n\r\n" BODY,
	    "Content-Type: text/plain;\r\n\tcharset=us-ascii\r\n\r\n" BODY, "altered-header", 0, NULL, 0 },
	{ "unfolded", "Content-Type: text/plain;\r\n charset=us-ascii;\r\n format=flowed\r\n\r\n" BODY,
	    "Content-Type: text/plain; charset=us-ascii; format=flowed\r\n\r\n" BODY, "altered-header", 0, NULL, 0 },
	{ "8bit became quoted-printable", EIGHT_HEAD "caf\xc3\xa9 = 1\r\n", QP_HEAD "caf=C3=A9 =3D 1\r\n",
	    "altered-encoding", 0, NULL, 0 },
	{ "quoted-printable became 8bit", QP_HEAD "caf=C3=A9 =3D 1\r\n", EIGHT_HEAD "caf\xc3\xa9 = 1\r\n",
	    "altered-encoding", 0, NULL, 0 },
	{ "quoted-printable, long lines, became 8bit",
	    QP_HEAD "caf=C3=A9 caf=C3=A9 caf=C3=A9 caf=C3=A9 caf=C3=A9 caf=C3=A9 caf=C3=A9 caf=\r\n=C3=A9\r\n",
	    EIGHT_HEAD "caf\xc3\xa9 caf\xc3\xa9 caf\xc3\xa9 caf\xc3\xa9 caf\xc3\xa9 caf\xc3\xa9 caf\xc3\xa9 caf\xc3\xa9\r\n",
	    "altered-encoding", 0, NULL, 0 },
	{ "8bit became base64", EIGHT_HEAD "caf\xc3\xa9\r\n", B64_HEAD "Y2Fmw6kNCg==\r\n", "altered-encoding", 0, NULL, 0 },
	{ "base64 became 8bit", B64_HEAD "Y2Fmw6kNCg==\r\n", EIGHT_HEAD "caf\xc3\xa9\r\n", "altered-encoding", 0, NULL, 0 },
	{ "base64 of LF became 8bit", B64_HEAD "Y2Fmw6kK\r\n", EIGHT_HEAD "caf\xc3\xa9\r\n", "altered-encoding", 0, NULL, 0 },
	{ "base64 became quoted-printable", B64_HEAD "Y2Fmw6kNCg==\r\n", QP_HEAD "caf=C3=A9\r\n", "altered-encoding", 0, NULL, 0 },
	{ "7bit without a field became quoted-printable", "Content-Type: text/plain\r\n\r\na = b\r\n",
	    "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na =3D b\r\n",
	    "altered-encoding", 0, NULL, 0 },
	{ "a part became quoted-printable", "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n"
	    EIGHT_HEAD "caf\xc3\xa9\r\n--in\r\n\r\ntwo\r\n--in--\r\n", "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n"
	    QP_HEAD "caf=C3=A9\r\n--in\r\n\r\ntwo\r\n--in--\r\n", "altered-encoding", 0, NULL, 0 },
	{ "Latin-1 became UTF-8", LATIN_HEAD("8bit") "caf\xe9\r\n", EIGHT_HEAD "caf\xc3\xa9\r\n", "altered-charset", 0, NULL, 0 },
	{ "UTF-8 became Latin-1", EIGHT_HEAD "caf\xc3\xa9\r\n", LATIN_HEAD("8bit") "caf\xe9\r\n", "altered-charset", 0, NULL, 0 },
	{ "Latin-9 became UTF-8", "Content-Type: text/plain; charset=\"ISO-8859-15\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n5 \xa4\r\n",
	    "Content-Type: text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n5 \xe2\x82\xac\r\n",
	    "altered-charset", 0, NULL, 0 },
	{ "windows-1252 became UTF-8, unquoted", "Content-Type: text/plain; charset=\"windows-1252\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n5 \x80\r\n",
	    EIGHT_HEAD "5 \xe2\x82\xac\r\n", "altered-charset", 0, NULL, 0 },
	{ "Latin-1 in quoted-printable became UTF-8 in base64", LATIN_HEAD("quoted-printable") "caf=E9\r\n",
	    B64_HEAD "Y2Fmw6kNCg==\r\n", "altered-charset", 0, "altered-encoding", 0 },
	{ "blanks and a footer", HEAD BODY, HEAD "From here on  \r\nwe meet at noon.\t\r\nthe list\r\nbye\r\n",
	    "altered-footer", 2, "altered-blanks", 6 },
	{ "From line and a banner", HEAD BODY, HEAD "[EXTERNAL]\r\n>From here on\r\nwe meet at noon.\r\n",
	    "altered-banner", 1, "altered-from-line", 4 },
	{ "doubled CR and a footer", HEAD BODY, HEAD "From here on\r\r\nwe meet at noon.\r\r\nthe list\r\n",
	    "altered-footer", 1, "altered-line-ends", 6 },
	{ "8bit became base64, with a footer", EIGHT_HEAD "caf\xc3\xa9\r\n", B64_HEAD "Y2Fmw6kNCmJ5ZQ0K\r\n",
	    "altered-footer", 1, "altered-encoding", 0 },
	{ "base64 with a footer", B64_HEAD "Y2Fmw6kNCg==\r\n", B64_HEAD "Y2Fmw6kNCmJ5ZQ0K\r\n",
	    "altered-footer", 1, "altered-encoding", 0 },
	{ "Latin-1 became UTF-8, with a footer", LATIN_HEAD("8bit") "caf\xe9\r\n", EIGHT_HEAD "caf\xc3\xa9\r\nbye\r\n",
	    "altered-footer", 1, "altered-charset", 0 },
	{ "banner in a part", MULTI, "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\nbeware\r\none\r\n"
	    "--in\r\n\r\ntwo\r\n--in--\r\n", "altered-banner", 1, NULL, 5 },
	{ "three footers of two parts", MULTI, "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\none\r\n"
	    "bye\r\n--in\r\n\r\ntwo\r\nbye\r\n--in--\r\nbye\r\n", NULL, 0, NULL, 0 },
	{ "characters that the charset lacks", LATIN_HEAD("8bit") "5 E\r\n", EIGHT_HEAD "5 \xe2\x82\xac\r\n", NULL, 0, NULL, 0 },
	{ "octets that are no UTF-8", LATIN_HEAD("8bit") "caf\xe9\r\n", EIGHT_HEAD "caf\xe9\xff\r\n", NULL, 0, NULL, 0 },
	{ "quoted-printable with a letter changed", EIGHT_HEAD "caf\xc3\xa9\r\n", QP_HEAD "Caf=C3=A9\r\n", NULL, 0, NULL, 0 },
	{ "a letter", HEAD BODY, HEAD "From here on\r\nwe meet at nine.\r\n", NULL, 0 },
	{ "a letter and a footer", HEAD BODY, HEAD "From here on\r\nwe meet at nine.\r\nthe list\r\n", NULL, 0 },
	{ "a line lost", HEAD BODY, HEAD "From here on\r\n", NULL, 0 },
	{ "another name for the charset of plain letters", HEAD BODY,
	    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" BODY,
	    "altered-charset", 0 },
	{ "another charset that is not known", HEAD BODY,
	    "Content-Type: text/plain; charset=koi8-r\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" BODY, NULL, 0 },
	{ "nothing came", HEAD BODY, "", NULL, 0 },
	{ "no header", HEAD BODY, BODY, NULL, 0 },
};

static signet_status find(fixture *f, const row *r, sn_repair *repair, signet_error *err)
{
	const sn_alg *sha256 = sn_alg_by_name(SN_ALG_DIGEST, "sha256");
	uint8_t wanted[SN_DIGEST_MAX];
	size_t size = 0;
	signet_status status =
	    sn_digest_once(f->ctx, sha256, r->sent, strlen(r->sent), wanted, &size, err);

	if (status != SIGNET_OK)
		return status;
	return sn_repair_find(f->ctx, (sn_span){ (const uint8_t *)r->came, strlen(r->came) }, SN_REPAIR_ENTITY,
	    sha256,
	    (sn_span){ wanted, size }, repair, err);
}

static void check(const row *r, const sn_repair *repair)
{
	const sn_repair_change *change = &repair->changes[0];

	assert_int_equal(repair->change_count, r->second != NULL ? 2 : 1);
	assert_string_equal(change->code, r->code);
	assert_int_equal(change->lines, r->lines);
	assert_int_equal(change->first_line, r->first_line);
	if (r->second != NULL)
		assert_string_equal(repair->changes[1].code, r->second);
	assert_int_equal(repair->content.size, strlen(r->sent));
	assert_memory_equal(repair->content.data, r->sent, repair->content.size);
	/* the span is of what came: whole lines, as many as it says */
	if (r->first_line != 0) {
		const char *span = r->came + change->offset;
		unsigned lines = 0;

		assert_true(change->offset + change->size <= strlen(r->came));
		assert_true(change->offset == 0 || span[-1] == '\n');
		for (size_t i = 0; i < change->size; i++)
			lines += span[i] == '\n' || i + 1 == strlen(span);
		assert_int_equal(lines, change->lines);
	}
}

static void change__is_undone_or_not_guessed_at(void **state)
{
	fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		sn_repair repair;

		print_message("%s\n", rows[i].name);
		assert_int_equal(find(f, &rows[i], &repair, NULL), SIGNET_OK);
		if (rows[i].code == NULL)
			assert_int_equal(repair.change_count, 0);
		else
			check(&rows[i], &repair);
		sn_repair_clear(&repair);
	}
}

/* Octets of a file: signed with one line end or the other, and no header that could be meant. */
static void text__is_restored_with_the_line_ends_it_was_signed_with(void **state)
{
	static const char *const texts[] = { "a: b\n\nfor you\n", "a: b\r\n\r\nfor you\r\n" };
	static const char *const came[] = { "a: b\n\nfor you\nbye\n", "a: b\r\n\r\nfor you\r\nbye\r\n",
		"a: b \n\nfor you \n", "x\na: b\n\nfor you\n", "a: b\n\nfor you", "a: b\r\r\n\r\r\nfor you\r\r\n" };
	fixture *f = *state;
	const sn_alg *sha256 = sn_alg_by_name(SN_ALG_DIGEST, "sha256");

	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < sizeof(came) / sizeof(*came); k++) {
			const sn_span span = { (const uint8_t *)came[k], strlen(came[k]) };
			uint8_t wanted[SN_DIGEST_MAX];
			size_t size = 0;
			sn_repair repair;

			assert_int_equal(sn_digest_once(f->ctx, sha256, texts[i], strlen(texts[i]), wanted,
			    &size, NULL), SIGNET_OK);
			assert_int_equal(sn_repair_find(f->ctx, span, SN_REPAIR_TEXT, sha256,
			    (sn_span){ wanted, size }, &repair, NULL), SIGNET_OK);
			assert_int_equal(repair.change_count, 1);
			assert_int_equal(repair.content.size, strlen(texts[i]));
			assert_memory_equal(repair.content.data, texts[i], repair.content.size);
			sn_repair_clear(&repair);
		}
}

/* The digests that are tried are counted, and few for a text of that size. */
static void work__is_counted(void **state)
{
	fixture *f = *state;
	const row r = { "a letter", HEAD BODY, HEAD "From here on\r\nwe meet at nine.\r\n", NULL, 0, NULL, 0 };
	sn_repair repair;

	assert_int_equal(find(f, &r, &repair, NULL), SIGNET_OK);
	assert_int_equal(repair.change_count, 0);
	assert_true(repair.tries > 100 && repair.tries < 10000);
	assert_true(repair.work > 100 * strlen(r.came) && repair.work < 10000 * strlen(r.came));
	sn_repair_clear(&repair);
}

static void evidence__is_what_stands_there(void **state)
{
	static const struct { const char *text; bool is_cut; unsigned line; } cases[] = {
		{ MULTI, false, 0 },
		{ HEAD BODY, false, 0 },
		{ "", false, 0 },
		{ "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\none\r\n", true, 0 },
		{ "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\none\r\n--in\r\n"
		    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--in--\r\n", true, 0 },
		{ HEAD "A non-text attachment was scrubbed...\r\nName: x.pdf\r\n", false, 4 },
		{ HEAD "x\r\nThe ATTACHMENT HAS BEEN REMOVED here", false, 5 },
		{ HEAD "the attachment is removed from the wall by hand\r\n", false, 0 },
	};
	fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const sn_span text = { (const uint8_t *)cases[i].text, strlen(cases[i].text) };
		bool is_cut = !cases[i].is_cut;

		assert_int_equal(sn_evidence_is_cut(f->ctx, text, &is_cut, NULL), SIGNET_OK);
		assert_int_equal(is_cut, cases[i].is_cut);
		assert_int_equal(sn_evidence_removed(text), cases[i].line);
	}
}

static void allocation__that_fails_is_a_clean_error(void **state)
{
	fixture *f = *state;
	const size_t live = f->h.live;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (size_t n = 1; n < 10000; n += n < 300 ? 1 : n / 9) {
			sn_repair repair;
			signet_status status;

			f->h.count = 0;
			f->h.failed = false;
			f->h.fail_at = n;
			status = find(f, &rows[i], &repair, NULL);
			f->h.fail_at = 0;
			assert_true(status == SIGNET_OK || status == SIGNET_E_MEMORY);
			if (status == SIGNET_OK)
				sn_repair_clear(&repair);
			assert_int_equal(f->h.live, live);
			if (!f->h.failed)
				break;
		}
}

/* As long as what is looked at: the work is bounded, and nothing is found. */
static void long_entity__ends_in_bounded_work(void **state)
{
	fixture *f = *state;
	char *text = malloc(SN_REPAIR_MAX + 2);
	row r = { "long", HEAD BODY, text, NULL, 0 };
	sn_repair repair;

	assert_non_null(text);
	memcpy(text, "Content-Type: multipart/mixed; boundary=b\r\n\r\n", 45);
	for (size_t i = 45; i < SN_REPAIR_MAX; i++)
		text[i] = "--b\n"[i % 4];
	text[SN_REPAIR_MAX] = '\0';
	assert_int_equal(find(f, &r, &repair, NULL), SIGNET_OK);
	assert_int_equal(repair.change_count, 0);
	assert_true(repair.tries <= SN_REPAIR_TRIES);
	assert_true(repair.work <= SN_REPAIR_WORK + 16 * (uint64_t)SN_REPAIR_MAX);
	sn_repair_clear(&repair);
	text[SN_REPAIR_MAX] = '\n';
	text[SN_REPAIR_MAX + 1] = '\0';
	assert_int_equal(find(f, &r, &repair, NULL), SIGNET_OK);
	assert_int_equal(repair.change_count, 0);
	assert_true(repair.tries <= SN_REPAIR_TRIES);
	assert_true(repair.work <= SN_REPAIR_WORK + 16 * (uint64_t)SN_REPAIR_MAX);
	sn_repair_clear(&repair);
	free(text);
}

/* Altered on the way, with somebody who wants the content as it was signed. */
static void open__with_each_allocation_failing_ends_both_sinks(void **state)
{
	static const char message[] = "From: alice@example.com\r\nSubject: x\r\n"
	    "Content-Type: text/plain\r\n\r\nwe meet at noon.\r\n";
	fixture *f = *state;
	octets o = fixture_write(f, message, SIGNET_SIGN, &f->alice, NULL, false, NULL, SIGNET_FORM_MIME);
	char *at = strstr((char *)o.data, "noon.\r\n");
	size_t live;

	/* a blank at the end of a line, in the place of its line end, which the boundary has anyway */
	assert_non_null(at);
	memcpy(at + 5, " \n", 2);
	live = f->h.live;
	for (size_t n = 1;; n++) {
		signet_open_options options = SIGNET_OPEN_OPTIONS_INIT;
		signet_input *input = NULL;
		signet_sink *recover = NULL;
		signet_result *result = NULL;
		signet_status status;
		size_t size = 0;

		options.trust = f->trust;
		options.time = FIXTURE_TIME;
		assert_int_equal(signet_input_memory_new(f->ctx, o.data, o.size, &input, NULL), SIGNET_OK);
		assert_int_equal(signet_sink_memory_new(f->ctx, 1 << 20, &recover, NULL), SIGNET_OK);
		options.recover = recover;
		f->h.count = 0;
		f->h.failed = false;
		f->h.fail_at = n;
		status = signet_open(f->ctx, input, &options, NULL, &result, NULL);
		f->h.fail_at = 0;
		(void)signet_sink_memory_get(recover, &size);
		if (status == SIGNET_OK) {
			assert_int_equal(signet_result_verdict(result), SIGNET_VERDICT_TAMPERED);
			assert_true(signet_result_is_recovered(result) == (size != 0));
		} else {
			assert_int_equal(status, SIGNET_E_MEMORY);
		}
		signet_result_free(&result);
		signet_sink_free(&recover);
		signet_input_free(&input);
		assert_int_equal(f->h.live, live);
		if (!f->h.failed) {
			assert_int_equal(status, SIGNET_OK);
			assert_true(size != 0);
			break;
		}
	}
	octets_free(&o);
}

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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(change__is_undone_or_not_guessed_at),
		TEST(text__is_restored_with_the_line_ends_it_was_signed_with),
		TEST(work__is_counted),
		TEST(evidence__is_what_stands_there),
		TEST(allocation__that_fails_is_a_clean_error),
		TEST(long_entity__ends_in_bounded_work),
		TEST(open__with_each_allocation_failing_ends_both_sinks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
