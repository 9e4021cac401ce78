/* The report of signet-report(5) about a message that was written. */
#include "smime/compose_int.h"

#include "base/json.h"

enum { REPORT_MAX = 256 << 20 };

static void write_text(sn_json *json, const char *key, const char *text)
{
	sn_json_key(json, key);
	sn_json_string(json, text);
}

static void write_bool(sn_json *json, const char *key, bool value)
{
	sn_json_key(json, key);
	sn_json_bool(json, value);
}

static void write_empty_array(sn_json *json, const char *key)
{
	sn_json_key(json, key);
	sn_json_array_begin(json);
	sn_json_array_end(json);
}

/* Everybody is counted who was asked for, once in his own copy; the signer is not counted. */
static signet_status write_summary(const signet_compose *compose, sn_buf *out, signet_error *err)
{
	const bool is_signed = (compose->protection & SIGNET_SIGN) != 0;
	const size_t recipients = sn_compose_recipient_count(compose);
	const size_t copies = signet_compose_copy_count(compose);
	signet_status status;

	if ((compose->protection & SIGNET_ENCRYPT) == 0)
		return sn_buf_append_text(out, "The message was signed.", err);
	status = sn_buf_printf(out, err, "The message was %sencrypted to %zu recipient%s",
	    is_signed ? "signed and " : "", recipients, recipients == 1 ? "" : "s");
	if (status == SIGNET_OK && copies != 1)
		status = sn_buf_printf(out, err, " in %zu copies", copies);
	return status == SIGNET_OK ? sn_buf_append_text(out, ".", err) : status;
}

static void write_headers(const signet_compose *compose, sn_json *json)
{
	sn_json_key(json, "headers");
	sn_json_object_begin(json);
	write_empty_array(json, "protected");
	write_empty_array(json, "hidden");
	write_empty_array(json, "changed");
	write_empty_array(json, "fields");
	sn_json_key(json, "legacy_display");
	sn_json_array_begin(json);
	for (size_t i = 0; i < compose->legacy_count; i++)
		sn_json_string(json, compose->legacy[i]);
	sn_json_array_end(json);
	sn_json_object_end(json);
}

static void write_copy(const signet_compose *compose, size_t copy, const char *file, sn_json *json)
{
	const char *recipient;

	sn_json_object_begin(json);
	write_text(json, "file", file);
	sn_json_key(json, "recipients");
	sn_json_array_begin(json);
	for (size_t i = 0; (recipient = signet_compose_copy_recipient(compose, copy, i)) != NULL;
	     i++)
		sn_json_string(json, recipient);
	sn_json_array_end(json);
	write_bool(json, "signed", (compose->protection & SIGNET_SIGN) != 0);
	write_bool(json, "encrypted", (compose->protection & SIGNET_ENCRYPT) != 0);
	sn_json_object_end(json);
}

static void write_report(
    const signet_compose *compose, const char *summary, const char *const *files, sn_json *json)
{
	const char *from = signet_compose_address(compose, SIGNET_FROM, 0);
	const size_t copies = signet_compose_copy_count(compose);

	sn_json_object_begin(json);
	write_text(json, "verdict", signet_verdict_name(SIGNET_VERDICT_VALID));
	write_text(json, "summary", summary);
	write_text(json, "from", from);
	write_text(json, "from_outer", from);
	write_bool(json, "encrypted", (compose->protection & SIGNET_ENCRYPT) != 0);
	write_bool(json, "signed", (compose->protection & SIGNET_SIGN) != 0);
	sn_json_key(json, "addressed_to_me");
	sn_json_null(json);
	write_empty_array(json, "layers");
	write_headers(compose, json);
	write_empty_array(json, "problems");
	write_empty_array(json, "parts");
	sn_json_key(json, "copies");
	sn_json_array_begin(json);
	for (size_t i = 0; i < copies; i++)
		write_copy(compose, i, files != NULL ? files[i] : NULL, json);
	sn_json_array_end(json);
	sn_json_object_end(json);
}

signet_status signet_compose_write_json(
    const signet_compose *compose, const char *const *files, signet_sink *out, signet_error *err)
{
	sn_buf summary, text;
	sn_json json;
	const char *sentence = NULL;
	signet_status status;

	sn_buf_init(&summary, compose->ctx, 1024, "the summary");
	sn_buf_init(&text, compose->ctx, REPORT_MAX, "the report");
	status = write_summary(compose, &summary, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&summary, &sentence, err);
	if (status != SIGNET_OK)
		goto out;
	sn_json_init(&json, &text, true);
	write_report(compose, sentence, files, &json);
	status = sn_json_finish(&json, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_byte(&text, '\n', err);
	if (status == SIGNET_OK)
		status = out->write(out, text.data, text.size, err);
out:
	sn_buf_clear(&text);
	sn_buf_clear(&summary);
	return status;
}
