/* ACME (RFC 8555): directory, nonces, signed requests, problems, accounts. */
#include "enroll/acme_int.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/json.h"
#include "base/mem.h"
#include "enroll/jws.h"

enum { TRIES = 4, REQUEST_MAX = 1 << 20, BINDING_KEY_MAX = 1024 };

static const char problem_prefix[] = "urn:ietf:params:acme:error:";

signet_status sn_acme_set(
    const signet_acme *acme, char **text, const char *value, signet_error *err)
{
	char *copy = NULL;
	signet_status status = sn_strdup(acme->ctx, value, &copy, err);

	if (status != SIGNET_OK)
		return status;
	sn_free(acme->ctx, *text);
	*text = copy;
	return SIGNET_OK;
}

/* RFC 8555 6.1: https throughout, also where the server sends us elsewhere. */
static bool is_url(const char *text)
{
	if (text == NULL || strlen(text) >= SN_ACME_URL ||
	    !sn_ascii_has_prefix_n(text, strlen(text), "https://") || text[8] == '\0')
		return false;
	for (; *text != '\0'; text++)
		if ((uint8_t)*text <= 0x20 || (uint8_t)*text >= 0x7f || *text == '"' ||
		    *text == '\\')
			return false;
	return true;
}

signet_status sn_acme_take_url(const signet_acme *acme, const char *text, const char *what,
    char **url, signet_error *err)
{
	if (!is_url(text))
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the ACME server names no https URL for %s", what);
	return sn_acme_set(acme, url, text, err);
}

static void append_words(char *text, size_t room, const char *words)
{
	size_t size = strlen(text);

	if (words == NULL)
		return;
	if (size > 0 && size + 2 < room) {
		memcpy(text + size, "; ", 3);
		size += 2;
	}
	for (; *words != '\0' && size + 1 < room; words++)
		text[size++] = (uint8_t)*words >= 0x20 && *words != 0x7f ? *words : '?';
	text[size] = '\0';
}

void sn_acme_words(const sn_json_document *document, size_t problem, char *text, size_t room)
{
	size_t subproblems, first;

	text[0] = '\0';
	append_words(text, room, sn_json_text_in(document, problem, "detail"));
	subproblems = sn_json_member(document, problem, "subproblems");
	first = subproblems == SN_JSON_NONE ? SN_JSON_NONE : sn_json_next(document, subproblems, 0);
	if (first != SN_JSON_NONE)
		append_words(text, room, sn_json_text_in(document, first, "detail"));
}

static signet_status class_of(const char *type)
{
	static const struct {
		const char *type;
		signet_status status;
	} classes[] = {
		{ "rateLimited", SIGNET_E_BUSY },
		{ "unauthorized", SIGNET_E_PERMISSION },
		{ "accountDoesNotExist", SIGNET_E_PERMISSION },
		{ "externalAccountRequired", SIGNET_E_PERMISSION },
		{ "userActionRequired", SIGNET_E_PERMISSION },
		{ "rejectedIdentifier", SIGNET_E_PERMISSION },
		{ "unsupportedIdentifier", SIGNET_E_PERMISSION },
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strcmp(type, classes[i].type) == 0)
			return classes[i].status;
	return SIGNET_E_UNAVAILABLE;
}

/* The kind of a problem document (RFC 8555 6.7), without its prefix; "" where it is none. */
static void read_problem(
    signet_context *ctx, const sn_http_answer *answer, char type[64], char words[160])
{
	sn_json_document document = { 0 };
	const char *said;

	type[0] = words[0] = '\0';
	if (sn_json_read(ctx, answer->body.data, answer->body.size, &document, NULL) != SIGNET_OK) {
		sn_http_words(answer, words, 160);
		return;
	}
	said = sn_json_text_in(&document, 0, "type");
	if (said != NULL && strncmp(said, problem_prefix, sizeof(problem_prefix) - 1) == 0)
		append_words(type, 64, said + sizeof(problem_prefix) - 1);
	sn_acme_words(&document, 0, words, 160);
	sn_json_document_clear(&document);
}

static signet_status refuse(const sn_http_answer *answer, const char *type, const char *words,
    const signet_acme *acme, signet_error *err)
{
	const signet_status status = class_of(type);

	if (status == SIGNET_E_BUSY)
		return signet_fail(err, status, SIGNET_NO_OFFSET,
		    "the ACME server has enough of us for now (%s); again in %lld s: %s", type,
		    (long long)sn_http_wait(answer, acme->now, 3600), words);
	return signet_fail(err, status, SIGNET_NO_OFFSET, "the ACME server says %s (HTTP %d): %s",
	    *type == '\0' ? "no" : type, answer->status, words);
}

/* RFC 8555 7.2 */
static signet_status fetch_nonce(signet_acme *acme, signet_error *err)
{
	const signet_fetch_request request = {
		.url = acme->new_nonce,
		.method = "HEAD",
		.max_size = SN_HTTP_BODY,
		.login = acme->login,
	};
	sn_http_answer answer;
	signet_status status =
	    sn_http_exchange(acme->ctx, acme->fetch, &request, &answer, err);

	if (status == SIGNET_OK && !sn_base64url_is(answer.nonce))
		status = signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the ACME server gave no nonce (HTTP %d)", answer.status);
	if (status == SIGNET_OK)
		memcpy(acme->nonce, answer.nonce, strlen(answer.nonce) + 1);
	sn_http_clear(&answer);
	return status;
}

/* One request under the next nonce, which is used up by it. */
static signet_status post_once(signet_acme *acme, const char *url, const char *payload,
    sn_http_answer *answer, signet_error *err)
{
	static const char *const headers[] = { "Content-Type: application/jose+json" };
	const sn_jws jws = { acme->key, acme->account, acme->nonce, url };
	signet_fetch_request request = {
		.url = url,
		.headers = headers,
		.header_count = 1,
		.max_size = SN_HTTP_BODY,
		.login = acme->login,
	};
	sn_buf body;
	signet_status status = SIGNET_OK;

	sn_buf_init(&body, acme->ctx, REQUEST_MAX, "a signed request");
	if (acme->nonce[0] == '\0')
		status = fetch_nonce(acme, err);
	if (status == SIGNET_OK)
		status = sn_jws_write(acme->ctx, &jws, payload, &body, err);
	request.body = body.data;
	request.body_size = body.size;
	acme->nonce[0] = '\0';
	if (status == SIGNET_OK)
		status = sn_http_exchange(acme->ctx, acme->fetch, &request, answer, err);
	if (status == SIGNET_OK && sn_base64url_is(answer->nonce))
		memcpy(acme->nonce, answer->nonce, strlen(answer->nonce) + 1);
	sn_buf_clear(&body);
	return status;
}

signet_status sn_acme_post(signet_acme *acme, const char *url, const char *payload,
    sn_http_answer *answer, signet_error *err)
{
	char type[64], words[160];

	*answer = (sn_http_answer){ 0 };
	for (unsigned i = 0; i < TRIES; i++) {
		signet_status status;

		sn_http_clear(answer);
		status = post_once(acme, url, payload, answer, err);
		if (status != SIGNET_OK)
			return status;
		acme->wait = sn_http_wait(answer, acme->now, SN_ACME_WAIT);
		if (answer->status >= 200 && answer->status < 300)
			return SIGNET_OK;
		read_problem(acme->ctx, answer, type, words);
		/* RFC 8555 6.5: with the nonce that came along */
		if (strcmp(type, "badNonce") != 0)
			return refuse(answer, type, words, acme, err);
	}
	return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
	    "the ACME server called %d nonces of its own bad", TRIES);
}

signet_status sn_acme_ask(signet_acme *acme, const char *url, const char *payload, char **location,
    sn_json_document *document, signet_error *err)
{
	sn_http_answer answer;
	signet_status status = sn_acme_post(acme, url, payload, &answer, err);

	if (status == SIGNET_OK)
		status = sn_json_read(
		    acme->ctx, answer.body.data, answer.body.size, document, err);
	if (status == SIGNET_E_MALFORMED)
		status = signet_fail(err, status, SIGNET_NO_OFFSET, "what the ACME server says is no JSON");
	if (status == SIGNET_OK && location != NULL)
		status = sn_acme_take_url(acme, answer.location, "what it made", location, err);
	sn_http_clear(&answer);
	return status;
}

static signet_status read_directory(
    signet_acme *acme, const sn_json_document *document, signet_error *err)
{
	const size_t meta = sn_json_member(document, 0, "meta");
	size_t binding;
	signet_status status = sn_acme_take_url(
	    acme, sn_json_text_in(document, 0, "newNonce"), "newNonce", &acme->new_nonce, err);

	if (status == SIGNET_OK)
		status = sn_acme_take_url(acme, sn_json_text_in(document, 0, "newAccount"),
		    "newAccount", &acme->new_account, err);
	if (status == SIGNET_OK)
		status = sn_acme_take_url(acme, sn_json_text_in(document, 0, "newOrder"),
		    "newOrder", &acme->new_order, err);
	if (status != SIGNET_OK || meta == SN_JSON_NONE)
		return status;
	binding = sn_json_member(document, meta, "externalAccountRequired");
	acme->wants_binding =
	    binding != SN_JSON_NONE && document->values[binding].kind == SN_JSON_TRUE;
	return sn_acme_set(
	    acme, &acme->terms, sn_json_text_in(document, meta, "termsOfService"), err);
}

static signet_status fetch_directory(signet_acme *acme, const char *url, signet_error *err)
{
	const signet_fetch_request request = {
		.url = url,
		.max_size = SN_HTTP_BODY,
		.login = acme->login,
	};
	sn_json_document document = { 0 };
	sn_http_answer answer;
	signet_status status =
	    sn_http_exchange(acme->ctx, acme->fetch, &request, &answer, err);

	if (status == SIGNET_OK && answer.status != 200)
		status = signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "there is no ACME directory at %.100s (HTTP %d)", url, answer.status);
	if (status == SIGNET_OK)
		status = sn_json_read(
		    acme->ctx, answer.body.data, answer.body.size, &document, err);
	if (status == SIGNET_E_MALFORMED)
		status = signet_fail(
		    err, status, SIGNET_NO_OFFSET, "what is at %.100s is no ACME directory", url);
	if (status == SIGNET_OK)
		status = read_directory(acme, &document, err);
	sn_json_document_clear(&document);
	sn_http_clear(&answer);
	return status;
}

signet_status signet_acme_new(signet_context *ctx, const signet_acme_options *options,
    signet_acme **acme_out, signet_error *err)
{
	signet_acme *acme;
	signet_status status = SIGNET_OK;

	if (!is_url(options->directory))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "\"%.100s\" is no URL of an ACME directory: https://HOST/...",
		    options->directory == NULL ? "" : options->directory);
	acme = sn_calloc(ctx, 1, sizeof(*acme), err);
	if (acme == NULL)
		return SIGNET_E_MEMORY;
	acme->ctx = sn_context_ref(ctx);
	acme->fetch = options->fetch;
	acme->login = options->login;
	acme->key = options->key;
	acme->now = options->now;
	if (options->account != NULL)
		status = sn_acme_take_url(
		    acme, options->account, "the account", &acme->account, err);
	if (status == SIGNET_OK)
		status = fetch_directory(acme, options->directory, err);
	if (status == SIGNET_OK) {
		*acme_out = acme;
		return SIGNET_OK;
	}
	signet_acme_free(&acme);
	return status;
}

const char *signet_acme_terms(const signet_acme *acme) { return acme->terms; }
bool signet_acme_wants_binding(const signet_acme *acme) { return acme->wants_binding; }
const char *signet_acme_account_url(const signet_acme *acme) { return acme->account; }

/* externalAccountBinding, from its key to the end of its value. */
static signet_status write_binding(
    signet_acme *acme, const signet_acme_account *account, sn_buf *out, signet_error *err)
{
	const sn_jws jws = { acme->key, NULL, NULL, acme->new_account };
	sn_buf key;
	signet_status status;

	sn_buf_init_secret(&key, acme->ctx, BINDING_KEY_MAX, "the key of the external account");
	status = sn_base64url_decode(account->binding_key == NULL ? "" : account->binding_key,
	    &key, "the key of the external account", err);
	if (status == SIGNET_OK)
		status = sn_buf_append_text(out, ",\"externalAccountBinding\":", err);
	if (status == SIGNET_OK)
		status = sn_jws_write_binding(acme->ctx, &jws, account->binding_id,
		    (sn_span){ key.data, key.size }, out, err);
	sn_buf_clear(&key);
	return status;
}

static signet_status write_contact(const char *address, sn_buf *out, signet_error *err)
{
	sn_json json;
	char text[400];
	signet_status status = sn_buf_append_text(out, ",\"contact\":[", err);

	(void)snprintf(text, sizeof(text), "mailto:%s", address);
	sn_json_init(&json, out, false);
	sn_json_string(&json, text);
	if (status == SIGNET_OK)
		status = sn_json_finish(&json, err);
	return status == SIGNET_OK ? sn_buf_append_text(out, "]", err) : status;
}

static signet_status write_account(
    signet_acme *acme, const signet_acme_account *account, sn_buf *out, signet_error *err)
{
	signet_status status = sn_buf_printf(out, err, "{\"termsOfServiceAgreed\":%s",
	    account->agrees ? "true" : "false");

	if (status == SIGNET_OK && account->contact != NULL)
		status = write_contact(account->contact, out, err);
	if (status == SIGNET_OK && account->binding_id != NULL)
		status = write_binding(acme, account, out, err);
	return status == SIGNET_OK ? sn_buf_append_text(out, "}", err) : status;
}

signet_status signet_acme_register(
    signet_acme *acme, const signet_acme_account *account, signet_error *err)
{
	sn_json_document document = { 0 };
	const char *payload = NULL, *state;
	char *url = NULL;
	sn_buf text;
	signet_status status;

	if (acme->wants_binding && account->binding_id == NULL)
		return signet_fail(err, SIGNET_E_PERMISSION, SIGNET_NO_OFFSET,
		    "the ACME server wants the account bound to one elsewhere: its identifier and "
		    "key");
	if (acme->terms != NULL && !account->agrees)
		return signet_fail(err, SIGNET_E_PERMISSION, SIGNET_NO_OFFSET,
		    "the ACME server has terms to agree to: %.150s", acme->terms);
	sn_free(acme->ctx, acme->account);
	acme->account = NULL;
	sn_buf_init(&text, acme->ctx, REQUEST_MAX, "an account");
	status = write_account(acme, account, &text, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&text, &payload, err);
	if (status == SIGNET_OK)
		status = sn_acme_ask(acme, acme->new_account, payload, &url, &document, err);
	state = status == SIGNET_OK ? sn_json_text_in(&document, 0, "status") : NULL;
	if (status == SIGNET_OK && (state == NULL || strcmp(state, "valid") != 0))
		status = signet_fail(err, SIGNET_E_PERMISSION, SIGNET_NO_OFFSET,
		    "the account at the ACME server is not valid");
	if (status == SIGNET_OK) {
		acme->account = url;
		url = NULL;
	}
	sn_free(acme->ctx, url);
	sn_json_document_clear(&document);
	sn_buf_clear(&text);
	return status;
}
