/* ACME orders for addresses (RFC 8555 7.4, RFC 8823 3), from the first to the certificate. */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cert/email.h"
#include "enroll/acme_int.h"

enum { PAYLOAD_MAX = 2 << 20 };

static const char challenge_type[] = "email-reply-00";

static void clear_challenges(signet_acme *acme)
{
	while (acme->challenge_count > 0) {
		sn_acme_challenge *c = &acme->challenges[--acme->challenge_count];

		sn_free(acme->ctx, c->authorization);
		sn_free(acme->ctx, c->address);
		sn_free(acme->ctx, c->from);
		sn_free(acme->ctx, c->token);
		sn_free(acme->ctx, c->url);
		*c = (sn_acme_challenge){ 0 };
	}
}

void signet_acme_free(signet_acme **acme)
{
	signet_acme *freed = *acme;
	signet_context *ctx;

	*acme = NULL;
	if (freed == NULL)
		return;
	ctx = freed->ctx;
	clear_challenges(freed);
	sn_free(ctx, freed->new_nonce);
	sn_free(ctx, freed->new_account);
	sn_free(ctx, freed->new_order);
	sn_free(ctx, freed->terms);
	sn_free(ctx, freed->account);
	sn_free(ctx, freed->order);
	sn_free(ctx, freed->finalize);
	sn_free(ctx, freed->certificate);
	sn_free(ctx, freed);
	sn_context_unref(&ctx);
}

/* RFC 8555 7.1.6; "deactivated", "expired" and "revoked" of authorizations are as good as invalid. */
static signet_status read_state(
    const sn_json_document *document, size_t object, signet_acme_state *state_out, signet_error *err)
{
	static const struct {
		const char *text;
		signet_acme_state state;
	} states[] = {
		{ "pending", SIGNET_ACME_PENDING }, { "ready", SIGNET_ACME_READY },
		{ "processing", SIGNET_ACME_PROCESSING }, { "valid", SIGNET_ACME_VALID },
		{ "invalid", SIGNET_ACME_INVALID }, { "deactivated", SIGNET_ACME_INVALID },
		{ "expired", SIGNET_ACME_INVALID }, { "revoked", SIGNET_ACME_INVALID },
	};
	const char *text = sn_json_text_in(document, object, "status");

	for (size_t i = 0; text != NULL && i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(text, states[i].text) != 0)
			continue;
		*state_out = states[i].state;
		return SIGNET_OK;
	}
	return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
	    "the ACME server gives \"%.40s\" for a status", text == NULL ? "nothing" : text);
}

static void note_reason(signet_acme *acme, const sn_json_document *document, size_t object)
{
	const size_t error = sn_json_member(document, object, "error");

	if (error != SN_JSON_NONE)
		sn_acme_words(document, error, acme->reason, sizeof(acme->reason));
}

/* The authorizations of an order, of which nothing but the URL is known yet. */
static signet_status read_authorizations(
    signet_acme *acme, const sn_json_document *document, signet_error *err)
{
	const size_t list = sn_json_member(document, 0, "authorizations");
	size_t at = SN_JSON_NONE;
	signet_status status = SIGNET_OK;

	clear_challenges(acme);
	while (status == SIGNET_OK && list != SN_JSON_NONE &&
	       (at = sn_json_next(document, list, at)) != SN_JSON_NONE) {
		if (acme->challenge_count == SN_ACME_CHALLENGES)
			return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
			    "an ACME order has more than %d authorizations", SN_ACME_CHALLENGES);
		status = sn_acme_take_url(acme, document->values[at].text, "an authorization",
		    &acme->challenges[acme->challenge_count].authorization, err);
		if (status == SIGNET_OK)
			acme->challenge_count++;
	}
	return status;
}

static signet_status read_order(
    signet_acme *acme, const sn_json_document *document, signet_error *err)
{
	signet_status status = read_state(document, 0, &acme->state, err);

	acme->reason[0] = '\0';
	note_reason(acme, document, 0);
	if (status == SIGNET_OK)
		status = sn_acme_take_url(acme, sn_json_text_in(document, 0, "finalize"),
		    "finalizing", &acme->finalize, err);
	if (status == SIGNET_OK && acme->state == SIGNET_ACME_VALID)
		status = sn_acme_take_url(acme, sn_json_text_in(document, 0, "certificate"),
		    "the certificate", &acme->certificate, err);
	if (status == SIGNET_OK)
		status = read_authorizations(acme, document, err);
	return status;
}

/* RFC 8823 3 (3): from and token stand in the challenge. */
static signet_status read_challenge(signet_acme *acme, sn_acme_challenge *challenge,
    const sn_json_document *document, size_t object, signet_error *err)
{
	const char *from = sn_json_text_in(document, object, "from");
	const char *token = sn_json_text_in(document, object, "token");
	signet_status status;

	if (from == NULL || !sn_email_is_valid(from) || token == NULL || !sn_base64url_is(token))
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the ACME server's challenge lacks a sender or a token");
	status = sn_acme_set(acme, &challenge->from, from, err);
	if (status == SIGNET_OK)
		status = sn_acme_set(acme, &challenge->token, token, err);
	if (status == SIGNET_OK)
		status = sn_acme_take_url(acme, sn_json_text_in(document, object, "url"),
		    "a challenge", &challenge->url, err);
	note_reason(acme, document, object);
	return status;
}

static size_t find_challenge(const sn_json_document *document)
{
	const size_t list = sn_json_member(document, 0, "challenges");
	size_t at = SN_JSON_NONE;

	while (list != SN_JSON_NONE && (at = sn_json_next(document, list, at)) != SN_JSON_NONE) {
		const char *type = sn_json_text_in(document, at, "type");

		if (type != NULL && strcmp(type, challenge_type) == 0)
			return at;
	}
	return SN_JSON_NONE;
}

static signet_status read_authorization(signet_acme *acme, sn_acme_challenge *challenge,
    const sn_json_document *document, signet_error *err)
{
	const size_t identifier = sn_json_member(document, 0, "identifier");
	const size_t found = find_challenge(document);
	const char *type = identifier == SN_JSON_NONE
	    ? NULL
	    : sn_json_text_in(document, identifier, "type");
	const char *address = identifier == SN_JSON_NONE
	    ? NULL
	    : sn_json_text_in(document, identifier, "value");
	signet_status status = read_state(document, 0, &challenge->state, err);

	if (status != SIGNET_OK)
		return status;
	if (type == NULL || strcmp(type, "email") != 0 || address == NULL ||
	    !sn_email_is_valid(address))
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the ACME server's authorization is for no mail address");
	status = sn_acme_set(acme, &challenge->address, address, err);
	if (status != SIGNET_OK || challenge->state == SIGNET_ACME_VALID)
		return status;
	if (found == SN_JSON_NONE)
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "the ACME server does not prove %.100s by %s", address, challenge_type);
	return read_challenge(acme, challenge, document, found, err);
}

static signet_status fetch_authorizations(signet_acme *acme, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < acme->challenge_count; i++) {
		sn_json_document document = { 0 };

		status = sn_acme_ask(
		    acme, acme->challenges[i].authorization, NULL, NULL, &document, err);
		if (status == SIGNET_OK)
			status = read_authorization(acme, &acme->challenges[i], &document, err);
		sn_json_document_clear(&document);
	}
	return status;
}

static signet_status take_order(
    signet_acme *acme, const sn_json_document *document, signet_error *err)
{
	const int64_t wait = acme->wait;
	signet_status status = read_order(acme, document, err);

	if (status == SIGNET_OK &&
	    (acme->state == SIGNET_ACME_PENDING || acme->state == SIGNET_ACME_INVALID))
		status = fetch_authorizations(acme, err);
	acme->wait = wait;
	return status;
}

static void write_identifiers(sn_json *json, const char *const *addresses, size_t count)
{
	sn_json_object_begin(json);
	sn_json_key(json, "identifiers");
	sn_json_array_begin(json);
	for (size_t i = 0; i < count; i++) {
		sn_json_object_begin(json);
		sn_json_key(json, "type");
		sn_json_string(json, "email");
		sn_json_key(json, "value");
		sn_json_string(json, addresses[i]);
		sn_json_object_end(json);
	}
	sn_json_array_end(json);
	sn_json_object_end(json);
}

static signet_status check_addresses(
    const char *const *addresses, size_t count, signet_error *err)
{
	if (count == 0 || count > SN_ACME_CHALLENGES)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "an ACME order is for 1 to %d addresses, not %zu", SN_ACME_CHALLENGES, count);
	/* RFC 8823 3: no wildcards */
	for (size_t i = 0; i < count; i++)
		if (!sn_email_is_valid(addresses[i]) || strchr(addresses[i], '*') != NULL)
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "\"%.100s\" is not a mail address", addresses[i]);
	return SIGNET_OK;
}

signet_status signet_acme_order(
    signet_acme *acme, const char *const *addresses, size_t count, signet_error *err)
{
	sn_json_document document = { 0 };
	const char *payload = NULL;
	sn_json json;
	sn_buf text;
	signet_status status = check_addresses(addresses, count, err);

	if (status != SIGNET_OK)
		return status;
	sn_buf_init(&text, acme->ctx, PAYLOAD_MAX, "an order");
	sn_json_init(&json, &text, false);
	write_identifiers(&json, addresses, count);
	status = sn_json_finish(&json, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&text, &payload, err);
	if (status == SIGNET_OK)
		status = sn_acme_ask(
		    acme, acme->new_order, payload, &acme->order, &document, err);
	if (status == SIGNET_OK)
		status = take_order(acme, &document, err);
	sn_json_document_clear(&document);
	sn_buf_clear(&text);
	return status;
}

signet_status signet_acme_refresh(signet_acme *acme, signet_error *err)
{
	sn_json_document document = { 0 };
	signet_status status;

	if (acme->order == NULL)
		return signet_fail(
		    err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "there is no order to look at");
	status = sn_acme_ask(acme, acme->order, NULL, NULL, &document, err);
	if (status == SIGNET_OK)
		status = take_order(acme, &document, err);
	sn_json_document_clear(&document);
	return status;
}

signet_status signet_acme_resume(signet_acme *acme, const char *order_url, signet_error *err)
{
	signet_status status =
	    sn_acme_take_url(acme, order_url, "the order", &acme->order, err);

	return status == SIGNET_OK ? signet_acme_refresh(acme, err) : status;
}

const char *signet_acme_order_url(const signet_acme *acme) { return acme->order; }
signet_acme_state signet_acme_order_state(const signet_acme *acme) { return acme->state; }
int64_t signet_acme_wait(const signet_acme *acme) { return acme->wait; }
const char *signet_acme_reason(const signet_acme *acme) { return acme->reason; }
size_t signet_acme_challenge_count(const signet_acme *acme) { return acme->challenge_count; }

signet_acme_challenge signet_acme_challenge_get(const signet_acme *acme, size_t index)
{
	const sn_acme_challenge *c = &acme->challenges[index];

	return (signet_acme_challenge){ c->address, c->from, c->token, c->state };
}

signet_status signet_acme_respond(signet_acme *acme, size_t index, signet_error *err)
{
	sn_http_answer answer;
	signet_status status;

	if (index >= acme->challenge_count || acme->challenges[index].url == NULL)
		return signet_fail(
		    err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "there is no such challenge");
	status = sn_acme_post(acme, acme->challenges[index].url, "{}", &answer, err);
	sn_http_clear(&answer);
	return status;
}

signet_status signet_acme_finalize(
    signet_acme *acme, const uint8_t *request, size_t size, signet_error *err)
{
	sn_json_document document = { 0 };
	const char *payload = NULL;
	sn_buf text;
	signet_status status;

	sn_buf_init(&text, acme->ctx, PAYLOAD_MAX, "a certificate request");
	status = sn_buf_append_text(&text, "{\"csr\":\"", err);
	if (status == SIGNET_OK)
		status = sn_base64url((sn_span){ request, size }, &text, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_text(&text, "\"}", err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&text, &payload, err);
	if (status == SIGNET_OK)
		status = acme->finalize == NULL
		    ? signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "there is no order")
		    : sn_acme_ask(acme, acme->finalize, payload, NULL, &document, err);
	if (status == SIGNET_OK)
		status = take_order(acme, &document, err);
	sn_json_document_clear(&document);
	sn_buf_clear(&text);
	return status;
}

signet_status signet_acme_certificate(
    signet_acme *acme, signet_cert_list *list, signet_error *err)
{
	sn_http_answer answer;
	signet_status status;

	if (acme->state != SIGNET_ACME_VALID || acme->certificate == NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the order has no certificate yet");
	status = sn_acme_post(acme, acme->certificate, NULL, &answer, err);
	/* RFC 8555 7.4.2; 9.1 */
	if (status == SIGNET_OK && !sn_http_is_type(&answer, "application/pem-certificate-chain"))
		status = signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the ACME server's certificate is \"%.80s\", no PEM chain",
		    answer.content_type);
	if (status == SIGNET_OK)
		status = signet_cert_list_read(
		    list, answer.body.data, answer.body.size, NULL, err);
	sn_http_clear(&answer);
	return status;
}
