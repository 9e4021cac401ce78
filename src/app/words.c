#include "app/words.h"

#include <string.h>

enum { PROBLEMS_MAX = 64, LINE_ROOM = 512 };

/* ---- remedies ---- */

typedef struct remedy {
	const char *code;
	const char *text;
} remedy;

static const remedy remedies[] = {
#define REMEDY(code, text) { code, text },
#include "app/remedies.def"
#undef REMEDY
};
enum { REMEDIES = sizeof(remedies) / sizeof(*remedies) };

size_t app_remedy_rank(const char *code)
{
	size_t i = 0;

	while (i < REMEDIES && strcmp(remedies[i].code, code) != 0)
		i++;
	return i;
}

const char *app_remedy(const char *code)
{
	const size_t rank = app_remedy_rank(code);

	return rank < REMEDIES ? remedies[rank].text : NULL;
}

/* ---- the first line ---- */

typedef enum tone { TONE_GOOD, TONE_DOUBT, TONE_BAD } tone;

/* signet-open(1) lists these. The first whose verdict and code fit; %s is the signer's address. */
typedef struct form {
	signet_verdict verdict;
	const char *code;       /* of a problem that the result has; NULL: any */
	tone tone_of_word;
	const char *text;
} form;

static const form forms[] = {
	{ SIGNET_VERDICT_VALID, NULL, TONE_GOOD, "signed by %s, and unaltered" },
	{ SIGNET_VERDICT_VALID, NULL, TONE_GOOD, "signed by %s, unaltered, and it was encrypted" },
	{ SIGNET_VERDICT_VALID, NULL, TONE_GOOD, "this message was decrypted" },
	{ SIGNET_VERDICT_TAMPERED, "altered-", TONE_BAD,
	    "this message was changed on the way; what was signed can be restored" },
	{ SIGNET_VERDICT_TAMPERED, NULL, TONE_BAD, "this message was altered or damaged" },
	{ SIGNET_VERDICT_UNDECRYPTABLE, NULL, TONE_DOUBT, "this message cannot be decrypted here" },
	{ SIGNET_VERDICT_UNAUTHENTICATED, NULL, TONE_BAD,
	    "anybody could have altered this message unnoticed: it is withheld" },
	{ SIGNET_VERDICT_IMPOSTOR, "covers-part", TONE_BAD, "only a part of this message is signed" },
	{ SIGNET_VERDICT_IMPOSTOR, "sender-mismatch", TONE_BAD,
	    "signed by %s, who is not whom this message shows" },
	{ SIGNET_VERDICT_IMPOSTOR, "sender-only", TONE_BAD,
	    "signed by %s, who is not whom this message shows" },
	{ SIGNET_VERDICT_IMPOSTOR, NULL, TONE_BAD, "this message may not be from whom it shows" },
	{ SIGNET_VERDICT_UNTRUSTED, "cert-revoked", TONE_BAD,
	    "this message was signed with a certificate that has been revoked" },
	{ SIGNET_VERDICT_UNTRUSTED, "weak-algorithm", TONE_BAD,
	    "this message was signed in a way that can be forged" },
	{ SIGNET_VERDICT_UNTRUSTED, "cert-expired", TONE_DOUBT,
	    "this message was signed with a certificate that has expired" },
	{ SIGNET_VERDICT_UNTRUSTED, "certificate-missing", TONE_DOUBT,
	    "this message is signed, but the signature cannot be checked" },
	{ SIGNET_VERDICT_UNTRUSTED, NULL, TONE_DOUBT,
	    "nobody whom you trust says who signed this message" },
	{ SIGNET_VERDICT_UNSIGNED, NULL, TONE_DOUBT,
	    "this message was encrypted, but nothing says who it is from" },
	{ SIGNET_VERDICT_UNPROTECTED, "not-encrypted", TONE_DOUBT, "this message is not encrypted" },
	{ SIGNET_VERDICT_UNPROTECTED, NULL, TONE_DOUBT,
	    "this message is neither signed nor encrypted as a whole" },
	{ SIGNET_VERDICT_MALFORMED, NULL, TONE_BAD, "this message is broken and cannot be read" },
};
/* A code that ends with "-" stands for all that begin so, and have been undone. */
static bool is_code(const char *code, const char *wanted)
{
	const size_t size = strlen(wanted);

	return wanted[size - 1] == '-' ?
	    strncmp(code, wanted, size) == 0 && strcmp(code, "altered-inside") != 0 :
	    strcmp(code, wanted) == 0;
}

static bool has_problem(const signet_result *result, const char *code)
{
	for (size_t i = 0; i < signet_result_problem_count(result); i++)
		if (is_code(signet_result_problem_code(result, i), code))
			return true;
	return false;
}

static const form *form_of(const signet_result *result)
{
	const signet_verdict verdict = signet_result_verdict(result);
	const form *f = forms;

	while (f->verdict != verdict || (f->code != NULL && !has_problem(result, f->code)))
		f++;
	return f;
}

static const char *signer_of(const signet_result *result)
{
	for (size_t layer = 0; layer < signet_result_layer_count(result); layer++)
		for (size_t i = 0; i < signet_result_signer_count(result, layer); i++) {
			const signet_cert *cert = signet_result_signer_cert(result, layer, i);

			if (signet_result_signer_status(result, layer, i) != SIGNET_SIGNER_VALID ||
			    cert == NULL)
				continue;
			return signet_cert_address(cert, 0) != NULL ? signet_cert_address(cert, 0)
								    : signet_cert_subject(cert);
		}
	return NULL;
}

static const char *escape_of(tone t)
{
	switch (t) {
	case TONE_GOOD: return "\033[1;32m";
	case TONE_DOUBT: return "\033[1;33m";
	case TONE_BAD: break;
	}
	return "\033[1;31m";
}

/* Those of a valid message follow each other: signed, and encrypted, only encrypted. */
static const form *valid_form(const signet_result *result, const char *signer, const form *f)
{
	if (f->verdict != SIGNET_VERDICT_VALID)
		return f;
	if (signer == NULL)
		return f + 2;
	return signet_result_is_encrypted(result) ? f + 1 : f;
}

static void say_verdict(app_session *session, const signet_result *result)
{
	const char *signer = signer_of(result);
	const char *from = signet_result_from(result);
	const form *f = valid_form(result, signer, form_of(result));
	const char *slot = strstr(f->text, "%s");
	const char *name = f->verdict == SIGNET_VERDICT_VALID && from != NULL ? from : signer;
	char text[LINE_ROOM];

	if (name == NULL)
		name = "somebody";
	if (slot == NULL)
		(void)snprintf(text, sizeof(text), "%s", f->text);
	else
		(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(slot - f->text), f->text, name,
		    slot + 2);
	app_say_first(session, escape_of(f->tone_of_word), signet_verdict_name(f->verdict), text);
}

/* ---- why, and what to do ---- */

typedef struct reasons {
	const signet_result *result;
	size_t order[PROBLEMS_MAX];     /* problems by importance */
	size_t count;
} reasons;

static const char *code_at(const reasons *r, size_t i)
{
	return signet_result_problem_code(r->result, r->order[i]);
}

static const char *text_at(const reasons *r, size_t i)
{
	return signet_result_problem_text(r->result, r->order[i]);
}

static bool is_foremost(const signet_result *result, const char *code)
{
	for (size_t i = 0; i < signet_result_problem_count(result); i++)
		if (app_remedy_rank(signet_result_problem_code(result, i)) < app_remedy_rank(code))
			return false;
	return true;
}

/*
 * Where nobody has asked for revocation to be required, not knowing is the common case of a private
 * authority: a line below every valid message would teach people not to read the lines. That the
 * digest does not match is said by what was undone, that it cannot be read by where it ends,
 * that it has expired by since when.
 */
static bool is_worth_a_line(const app_session *session, const signet_result *result, size_t index)
{
	const char *code = signet_result_problem_code(result, index);

	if (session->is_verbose)
		return true;
	if (strcmp(code, "revocation-unknown") == 0)
		return signet_result_verdict(result) == SIGNET_VERDICT_UNTRUSTED &&
		       is_foremost(result, code);
	if (strcmp(code, "cert-expired") == 0)
		return !has_problem(result, "expired-since");
	if (strcmp(code, "malformed") == 0)
		return !has_problem(result, "truncated");
	return strcmp(code, "digest-mismatch") != 0 || !has_problem(result, "altered-");
}

static bool is_said(const reasons *r, const char *text)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(text_at(r, i), text) == 0)
			return true;
	return false;
}

static void gather(const app_session *session, const signet_result *result, reasons *r)
{
	*r = (reasons){ .result = result };
	for (size_t i = 0; i < signet_result_problem_count(result) && r->count < PROBLEMS_MAX; i++) {
		const size_t rank = app_remedy_rank(signet_result_problem_code(result, i));
		size_t at = r->count;

		if (!is_worth_a_line(session, result, i) ||
		    is_said(r, signet_result_problem_text(result, i)))
			continue;
		for (; at != 0 && app_remedy_rank(code_at(r, at - 1)) > rank; at--)
			r->order[at] = r->order[at - 1];
		r->order[at] = i;
		r->count++;
	}
}

static void say_why(app_session *session, const reasons *r)
{
	const bool is_valid = signet_result_verdict(r->result) == SIGNET_VERDICT_VALID;

	for (size_t i = 0; i < r->count; i++) {
		const char *label = is_valid ? "note" : i == 0 ? "why" : "also";

		if (session->is_verbose)
			app_say_below(session, "%s: %s (%s)", label, text_at(r, i), code_at(r, i));
		else
			app_say_below(session, "%s: %s", label, text_at(r, i));
	}
}

static bool is_advised(const reasons *r, size_t i, const char *advice)
{
	for (size_t k = 0; k < i; k++) {
		const char *other = app_remedy(code_at(r, k));

		if (other != NULL && strcmp(other, advice) == 0)
			return true;
	}
	return false;
}

/* For the first, which decides; with -v for each. */
static void say_what_to_do(app_session *session, const reasons *r)
{
	const size_t count = session->is_verbose || r->count == 0 ? r->count : 1;

	for (size_t i = 0; i < count; i++) {
		const char *advice = app_remedy(code_at(r, i));

		if (advice != NULL && !is_advised(r, i, advice))
			app_say_below(session, "what to do: %s", advice);
	}
	if (r->count == 0 && signet_result_verdict(r->result) == SIGNET_VERDICT_UNSIGNED)
		app_say_below(
		    session, "what to do: Ask the sender to sign, if it matters who wrote it.");
	if (r->count == 0 && signet_result_verdict(r->result) == SIGNET_VERDICT_UNPROTECTED)
		app_say_below(session, "what to do: Take it as a postcard: ask the sender to sign, "
		    "if it matters who wrote it.");
}

static void say_changes(app_session *session, const signet_result *result)
{
	for (size_t i = 0; i < signet_result_change_count(result); i++) {
		const char *name = signet_result_change_name(result, i);
		const char *outer = signet_result_change_outer(result, i);
		const char *inner = signet_result_change_signed(result, i);

		if (outer == NULL)
			app_say_below(
			    session, "changed: %.100s was removed; signed was \"%.300s\"", name, inner);
		else if (inner == NULL)
			app_say_below(session, "changed: %.100s was added: \"%.300s\"", name, outer);
		else
			app_say_below(session, "changed: %.100s came as \"%.300s\"; signed was \"%.300s\"",
			    name, outer, inner);
	}
}

static void say_parts(app_session *session, const signet_result *result)
{
	for (size_t i = 0; i < signet_result_part_count(result); i++) {
		const signet_result *part = signet_result_part(result, i);

		app_say_below(session, "part %s: %s: %s", signet_result_part_path(result, i),
		    signet_verdict_name(signet_result_verdict(part)), signet_result_summary(part));
	}
}

void app_say_result(app_session *session, const signet_result *result)
{
	reasons r;

	gather(session, result, &r);
	say_verdict(session, result);
	say_why(session, &r);
	say_changes(session, result);
	say_parts(session, result);
	say_what_to_do(session, &r);
}
