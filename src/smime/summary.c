/* The verdict in one sentence for a person. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "smime/judge.h"

enum { ROOM = 640 };

static const sn_signer_result *first_signer(const signet_result *result, bool valid)
{
	for (size_t i = 0; i < result->layer_count; i++)
		for (size_t k = 0; k < result->layers[i].signer_count; k++)
			if (!valid || result->layers[i].signers[k].status == SIGNET_SIGNER_VALID)
				return &result->layers[i].signers[k];
	return NULL;
}

static const char *name_of(const sn_signer_result *signer)
{
	const char *name = NULL;

	if (signer != NULL && signer->cert != NULL) {
		name = signet_cert_address(signer->cert, 0);
		if (name == NULL)
			name = signet_cert_subject(signer->cert);
	}
	return name != NULL ? name : "an unknown signer";
}

/* The problem that weighs most: of the last layer that has one. */
static const char *main_problem(const signet_result *result)
{
	return result->problem_count != 0 ? result->problems[result->problem_count - 1].text : NULL;
}

static const char *problem_of(const signet_result *result, const char *const *codes, size_t count)
{
	for (size_t c = 0; c < count; c++)
		for (size_t i = 0; i < result->problem_count; i++)
			if (strcmp(result->problems[i].code, codes[c]) == 0)
				return result->problems[i].text;
	return main_problem(result);
}

static void valid(const signet_result *result, char text[ROOM])
{
	const sn_signer_result *signer = first_signer(result, true);

	if (signer == NULL)
		(void)snprintf(text, ROOM, "decrypted");
	else
		(void)snprintf(text, ROOM, "signed by %s and unaltered%s", name_of(signer),
		    result->encrypted ? ", and it was encrypted" : "");
}

static void impostor(const signet_result *result, char text[ROOM])
{
	static const char *const codes[] = { "sender-mismatch", "sender-only", "from-several",
		"from-fields", "from-missing", "from-malformed", "display-name-address", "from-bidi",
		"from-lookalike", "certificate-without-address",
		"covers-part" };

	(void)snprintf(text, ROOM, "do not believe the sender: %s",
	    problem_of(result, codes, sizeof(codes) / sizeof(*codes)));
}

/* The day of the first good verdict, or NULL. */
static const char *first_valid(const signet_result *result)
{
	for (size_t i = 0; i < result->problem_count; i++)
		if (strcmp(result->problems[i].code, "was-valid") == 0 &&
		    result->problems[i].arg_count != 0)
			return result->problems[i].args[0].value;
	return NULL;
}

static void untrusted(const signet_result *result, char text[ROOM])
{
	const sn_signer_result *signer = first_signer(result, false);
	const char *first = first_valid(result);
	const char *why = main_problem(result);

	for (size_t i = 0; signer != NULL && signer->reason != NULL && i < result->problem_count; i++)
		if (strcmp(result->problems[i].code, signer->reason) == 0)
			why = result->problems[i].text;
	(void)snprintf(text, ROOM, "nobody you trust vouches for %s: %.320s%s%.10s", name_of(signer),
	    why != NULL ? why : "the signer is unknown",
	    first != NULL ? "; it was valid when first opened on " : "", first != NULL ? first : "");
}

/* "content intact as signed; changed in transit: …, and …" */
static bool tell_changes(const signet_result *result, char text[ROOM])
{
	static const char transit[] = "changed in transit: ";
	size_t used = 0;

	for (size_t i = 0; i < result->problem_count; i++) {
		const char *told = result->problems[i].text;
		const char *what = strstr(told, transit);

		if (strncmp(result->problems[i].code, "altered-", 8) != 0 || what == NULL || used >= ROOM)
			continue;
		used += (size_t)snprintf(text + used, ROOM - used, used == 0 ? "%s" : ", and %s",
		    used == 0 ? told : what + strlen(transit));
	}
	return used != 0;
}

static void tampered(const signet_result *result, char text[ROOM])
{
	static const char *const codes[] = { "decrypt-failed", "digest-mismatch", "signature-invalid",
		"part-tampered" };
	char changes[ROOM];

	(void)snprintf(text, ROOM, "altered on the way: %.600s", tell_changes(result, changes) ? changes :
	    problem_of(result, codes, sizeof(codes) / sizeof(*codes)));
}

static void with_problem(const signet_result *result, const char *what, char text[ROOM])
{
	const char *why = main_problem(result);

	(void)snprintf(text, ROOM, "%s%s%s", what, why != NULL ? ": " : "", why != NULL ? why : "");
}

signet_status sn_summarize(signet_result *result, signet_error *err)
{
	char text[ROOM];

	switch (result->verdict) {
	case SIGNET_VERDICT_VALID: valid(result, text); break;
	case SIGNET_VERDICT_TAMPERED: tampered(result, text); break;
	case SIGNET_VERDICT_IMPOSTOR: impostor(result, text); break;
	case SIGNET_VERDICT_UNTRUSTED: untrusted(result, text); break;
	case SIGNET_VERDICT_UNDECRYPTABLE: with_problem(result, "cannot be decrypted", text); break;
	case SIGNET_VERDICT_UNAUTHENTICATED: with_problem(result, "withheld", text); break;
	case SIGNET_VERDICT_MALFORMED: with_problem(result, "not understood", text); break;
	case SIGNET_VERDICT_UNSIGNED:
		(void)snprintf(text, sizeof(text),
		    "encrypted, but not signed: nothing says who it is from");
		break;
	case SIGNET_VERDICT_UNPROTECTED:
		if (sn_result_has_problem(result, "not-encrypted"))
			with_problem(result, "not encrypted", text);
		else if (sn_result_has_problem(result, "inner-encrypted"))
			(void)snprintf(text, sizeof(text), "encrypted, and not opened without being asked to");
		else
			(void)snprintf(text, sizeof(text), "neither signed nor encrypted%s",
			    result->part_count != 0 ? " as a whole" : "");
		break;
	}
	return sn_strdup(result->ctx, text, &result->summary, err);
}
