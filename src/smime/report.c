/* The report of signet-report(5): a result as JSON. */
#include "smime/result.h"

#include <string.h>

#include "base/time.h"

static void write_answer(sn_json *json, const char *key, sn_answer answer)
{
	sn_json_key(json, key);
	if (answer == SN_UNKNOWN)
		sn_json_null(json);
	else
		sn_json_bool(json, answer == SN_YES);
}

static void write_text(sn_json *json, const char *key, const char *text)
{
	sn_json_key(json, key);
	sn_json_string(json, text);
}

static void write_time(sn_json *json, const char *key, int64_t time)
{
	char text[SN_TIME_TEXT];

	sn_json_key(json, key);
	if (time == SN_TIME_NONE) {
		sn_json_null(json);
		return;
	}
	sn_time_format(time, text);
	sn_json_string(json, text);
}

static const char *signer_status_name(signet_signer_status status)
{
	switch (status) {
	case SIGNET_SIGNER_VALID: return "valid";
	case SIGNET_SIGNER_INVALID: return "invalid";
	case SIGNET_SIGNER_UNTRUSTED: return "untrusted";
	case SIGNET_SIGNER_UNVERIFIABLE: return "unverifiable";
	}
	return NULL;
}

static const char *revocation_name(sn_revocation_state state)
{
	switch (state) {
	case SN_REVOCATION_UNCHECKED: return "unchecked";
	case SN_REVOCATION_GOOD: return "good";
	case SN_REVOCATION_REVOKED: return "revoked";
	case SN_REVOCATION_UNKNOWN: return "unknown";
	}
	return NULL;
}

static const char *recipient_kind_name(sn_cms_recipient_kind kind)
{
	switch (kind) {
	case SN_CMS_KEY_TRANSPORT: return "key-transport";
	case SN_CMS_KEY_AGREEMENT: return "key-agreement";
	case SN_CMS_KEK: return "kek";
	case SN_CMS_PASSWORD: return "password";
	case SN_CMS_KEM: return "kem";
	case SN_CMS_OTHER_RECIPIENT: return "other";
	}
	return NULL;
}

static void write_addresses(sn_json *json, const signet_cert *cert)
{
	const char *address;

	sn_json_key(json, "addresses");
	sn_json_array_begin(json);
	for (size_t i = 0; cert != NULL && (address = signet_cert_address(cert, i)) != NULL; i++)
		sn_json_string(json, address);
	sn_json_array_end(json);
}

static void write_signer_cert(sn_json *json, const sn_signer_result *signer)
{
	const signet_cert *cert = signer->cert;

	write_text(json, "subject", cert != NULL ? signet_cert_subject(cert) : NULL);
	write_text(json, "issuer", cert != NULL ? signet_cert_issuer(cert) : signer->issuer);
	write_text(json, "serial", cert != NULL ? signet_cert_serial(cert) : signer->serial);
	write_text(json, "fingerprint", cert != NULL ? signet_cert_fingerprint(cert) : NULL);
	write_time(json, "not_before", cert != NULL ? signet_cert_not_before(cert) : SN_TIME_NONE);
	write_time(json, "not_after", cert != NULL ? signet_cert_not_after(cert) : SN_TIME_NONE);
}

static void write_signer(sn_json *json, const sn_signer_result *signer)
{
	sn_json_object_begin(json);
	write_text(json, "status", signer_status_name(signer->status));
	write_text(json, "reason", signer->reason);
	write_addresses(json, signer->cert);
	write_answer(json, "matches_from", signer->matches_from);
	write_signer_cert(json, signer);
	write_text(json, "digest", signer->digest);
	write_text(json, "algorithm", signer->algorithm[0] != '\0' ? signer->algorithm : NULL);
	write_time(json, "signing_time", signer->signing_time);
	write_text(json, "revocation", revocation_name(signer->revocation));
	sn_json_object_end(json);
}

static void write_recipient(sn_json *json, const sn_recipient_result *recipient)
{
	sn_json_object_begin(json);
	write_text(json, "kind", recipient_kind_name(recipient->kind));
	write_text(json, "id", recipient->id);
	write_text(json, "algorithm", recipient->algorithm);
	sn_json_key(json, "mine");
	sn_json_bool(json, recipient->mine);
	sn_json_object_end(json);
}

static void write_signed_layer(sn_json *json, const sn_layer_result *layer)
{
	write_text(json, "type", "signed");
	write_text(json, "form", layer->is_opaque ? "opaque" : "clear");
	write_text(json, "covers", layer->covers_part ? "part" : "whole");
	sn_json_key(json, "signers");
	sn_json_array_begin(json);
	for (size_t i = 0; i < layer->signer_count; i++)
		write_signer(json, &layer->signers[i]);
	sn_json_array_end(json);
}

static void write_encrypted_layer(sn_json *json, const sn_layer_result *layer)
{
	write_text(json, "type", "encrypted");
	write_text(json, "integrity", layer->is_aead ? "aead" : "none");
	write_text(json, "cipher", layer->algorithm);
	sn_json_key(json, "recipients");
	sn_json_array_begin(json);
	for (size_t i = 0; i < layer->recipient_count; i++)
		write_recipient(json, &layer->recipients[i]);
	sn_json_array_end(json);
}

static void write_layer(sn_json *json, const sn_layer_result *layer)
{
	sn_json_object_begin(json);
	switch (layer->type) {
	case SIGNET_LAYER_SIGNED: write_signed_layer(json, layer); break;
	case SIGNET_LAYER_ENCRYPTED: write_encrypted_layer(json, layer); break;
	case SIGNET_LAYER_COMPRESSED:
		write_text(json, "type", "compressed");
		write_text(json, "algorithm", layer->algorithm);
		break;
	}
	sn_json_object_end(json);
}

static void write_names(sn_json *json, const char *key, const sn_name_list *list)
{
	sn_json_key(json, key);
	sn_json_array_begin(json);
	for (size_t i = 0; i < list->count; i++)
		sn_json_string(json, list->names[i]);
	sn_json_array_end(json);
}

static const char *field_state_name(sn_field_state state)
{
	switch (state) {
	case SN_FIELD_UNPROTECTED: return "unprotected";
	case SN_FIELD_SIGNED: return "signed";
	case SN_FIELD_ENCRYPTED: return "encrypted";
	case SN_FIELD_SIGNED_AND_ENCRYPTED: return "signed-and-encrypted";
	}
	return NULL;
}

static void write_fields(sn_json *json, const signet_result *result)
{
	sn_json_key(json, "fields");
	sn_json_array_begin(json);
	for (size_t i = 0; i < result->field_count; i++) {
		sn_json_object_begin(json);
		write_text(json, "name", result->fields[i].name);
		write_text(json, "state", field_state_name(result->fields[i].state));
		sn_json_object_end(json);
	}
	sn_json_array_end(json);
}

static void write_headers(sn_json *json, const signet_result *result)
{
	sn_json_key(json, "headers");
	sn_json_object_begin(json);
	write_names(json, "protected", &result->protected_names);
	write_names(json, "hidden", &result->hidden_names);
	sn_json_key(json, "changed");
	sn_json_array_begin(json);
	for (size_t i = 0; i < result->change_count; i++) {
		sn_json_object_begin(json);
		write_text(json, "name", result->changes[i].name);
		write_text(json, "outer", result->changes[i].outer);
		write_text(json, "signed", result->changes[i].inner);
		sn_json_object_end(json);
	}
	sn_json_array_end(json);
	write_fields(json, result);
	write_names(json, "legacy_display", &result->legacy_parts);
	sn_json_object_end(json);
}

static void write_problem(sn_json *json, const sn_problem *problem)
{
	sn_json_object_begin(json);
	write_text(json, "code", problem->code);
	write_text(json, "text", problem->text);
	sn_json_key(json, "layer");
	if (problem->layer == SN_NO_LAYER)
		sn_json_null(json);
	else
		sn_json_uint(json, (uint64_t)problem->layer);
	sn_json_key(json, "args");
	sn_json_object_begin(json);
	for (size_t i = 0; i < problem->arg_count; i++)
		write_text(json, problem->args[i].name, problem->args[i].value);
	sn_json_object_end(json);
	sn_json_object_end(json);
}

static void write_object(const signet_result *result, const char *path, sn_json *json)
{
	sn_json_object_begin(json);
	if (path != NULL)
		write_text(json, "path", path);
	write_text(json, "verdict", signet_verdict_name(result->verdict));
	write_text(json, "summary", result->summary);
	write_text(json, "from", result->from);
	write_text(json, "from_outer", result->from_outer);
	sn_json_key(json, "encrypted");
	sn_json_bool(json, result->encrypted);
	sn_json_key(json, "signed");
	sn_json_bool(json, result->is_signed);
	write_answer(json, "addressed_to_me", result->addressed_to_me);
	sn_json_key(json, "layers");
	sn_json_array_begin(json);
	for (size_t i = 0; i < result->layer_count; i++)
		write_layer(json, &result->layers[i]);
	sn_json_array_end(json);
	write_headers(json, result);
	sn_json_key(json, "problems");
	sn_json_array_begin(json);
	for (size_t i = 0; i < result->problem_count; i++)
		write_problem(json, &result->problems[i]);
	sn_json_array_end(json);
	sn_json_key(json, "parts");
	sn_json_array_begin(json);
	/* a part has no parts of its own, so this goes one level deep */
	for (size_t i = 0; i < result->part_count; i++)
		write_object(result->parts[i].result, result->parts[i].path, json);
	sn_json_array_end(json);
	sn_json_key(json, "copies");
	sn_json_array_begin(json);
	sn_json_array_end(json);
	sn_json_object_end(json);
}

void sn_report_write(const signet_result *result, sn_json *json)
{
	write_object(result, NULL, json);
}

signet_status signet_result_write_json(const signet_result *result, signet_sink *out,
    signet_error *err)
{
	sn_buf text;
	sn_json json;
	signet_status status;

	sn_buf_init(&text, result->ctx, (size_t)256 << 20, "report");
	sn_json_init(&json, &text, true);
	sn_report_write(result, &json);
	status = sn_json_finish(&json, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_byte(&text, '\n', err);
	if (status == SIGNET_OK)
		status = out->write(out, text.data, text.size, err);
	sn_buf_clear(&text);
	return status;
}
