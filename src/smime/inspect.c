/* Draws what a message is made of: layers, signers, recipients, certificates, MIME parts. */
#include <signet/open.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "smime/opener.h"
#include "smime/outline.h"
#include "smime/result.h"

enum { INDENT = 2, LINE_LIMIT = 64 << 20 };

typedef struct drawing {
	sn_buf text;
	unsigned depth;
	signet_status status;
	signet_error *err;
} drawing;

/* One line; control characters of a message's own text must not reach a terminal. */
static void line(drawing *d, const char *format, ...) SIGNET_PRINTF(2, 3);

static void line(drawing *d, const char *format, ...)
{
	char text[1024];
	va_list args;

	if (d->status != SIGNET_OK)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	d->status = sn_buf_printf(&d->text, d->err, "%*s%s\n", (int)(d->depth * INDENT), "", text);
}

static const char *signer_state(const sn_signer_result *signer)
{
	switch (signer->status) {
	case SIGNET_SIGNER_VALID: return "valid";
	case SIGNET_SIGNER_INVALID: return "invalid";
	case SIGNET_SIGNER_UNTRUSTED: return "untrusted";
	case SIGNET_SIGNER_UNVERIFIABLE: return "cannot be verified";
	}
	return "";
}

static void draw_cert(drawing *d, const signet_cert *cert)
{
	char from[SN_TIME_TEXT];
	char until[SN_TIME_TEXT];
	const char *address;

	sn_time_format(signet_cert_not_before(cert), from);
	sn_time_format(signet_cert_not_after(cert), until);
	line(d, "certificate %s", signet_cert_subject(cert));
	d->depth++;
	for (size_t i = 0; (address = signet_cert_address(cert, i)) != NULL; i++)
		line(d, "address %s", address);
	line(d, "issuer %s, serial %s", signet_cert_issuer(cert), signet_cert_serial(cert));
	line(d, "key %s, valid from %s to %s", signet_cert_key_algorithm(cert), from, until);
	line(d, "SHA-256 %s", signet_cert_fingerprint(cert));
	d->depth--;
}

static void draw_signer(drawing *d, const sn_signer_result *signer)
{
	char time[SN_TIME_TEXT] = "";

	if (signer->signing_time != SN_TIME_NONE)
		sn_time_format(signer->signing_time, time);
	line(d, "signer: %s%s%s%s, %s with %s%s%s", signer_state(signer),
	    signer->reason != NULL ? " (" : "", signer->reason != NULL ? signer->reason : "",
	    signer->reason != NULL ? ")" : "",
	    signer->algorithm[0] != '\0' ? signer->algorithm : "an unknown algorithm",
	    signer->digest != NULL ? signer->digest : "an unknown digest",
	    time[0] != '\0' ? ", signed at " : "", time);
	d->depth++;
	if (signer->cert != NULL)
		draw_cert(d, signer->cert);
	else
		line(d, "certificate missing: issuer %s, serial %s",
		    signer->issuer != NULL ? signer->issuer : "unknown",
		    signer->serial != NULL ? signer->serial : "unknown");
	d->depth--;
}

static const char *recipient_kind(sn_cms_recipient_kind kind)
{
	switch (kind) {
	case SN_CMS_KEY_TRANSPORT: return "key transport";
	case SN_CMS_KEY_AGREEMENT: return "key agreement";
	case SN_CMS_KEK: return "key-encryption key";
	case SN_CMS_PASSWORD: return "password";
	case SN_CMS_KEM: return "KEM";
	case SN_CMS_OTHER_RECIPIENT: return "other";
	}
	return "";
}

static void draw_layer(drawing *d, const sn_layer_result *layer)
{
	switch (layer->type) {
	case SIGNET_LAYER_SIGNED:
		line(d, "signed, %s", layer->is_opaque ? "opaque (SignedData)" :
		    "clear (multipart/signed, or detached)");
		d->depth++;
		for (size_t i = 0; i < layer->signer_count; i++)
			draw_signer(d, &layer->signers[i]);
		return;
	case SIGNET_LAYER_ENCRYPTED:
		line(d, "encrypted, %s, %s", layer->is_aead ? "AuthEnvelopedData" : "EnvelopedData",
		    layer->algorithm != NULL ? layer->algorithm : "unknown cipher");
		d->depth++;
		for (size_t i = 0; i < layer->recipient_count; i++)
			line(d, "recipient: %s%s, %s, %s", recipient_kind(layer->recipients[i].kind),
			    layer->recipients[i].mine ? " (mine)" : "",
			    layer->recipients[i].algorithm != NULL ? layer->recipients[i].algorithm : "unknown",
			    layer->recipients[i].id != NULL ? layer->recipients[i].id : "without a name");
		return;
	case SIGNET_LAYER_COMPRESSED:
		line(d, "compressed, %s", layer->algorithm);
		d->depth++;
		return;
	}
}

static void draw_outline(drawing *d, const sn_outline *outline)
{
	const unsigned depth = d->depth;

	for (size_t i = 0; i < outline->count; i++) {
		const sn_outline_part *part = &outline->parts[i];

		d->depth = depth + part->depth;
		if (strncmp(part->type, "multipart/", 10) == 0 || part->is_message)
			line(d, "%s", part->type);
		else
			line(d, "%s%s%s%s, %s, %llu octets", part->type[0] != '\0' ? part->type :
			    "unknown type", part->name != NULL ? " \"" : "", part->name != NULL ? part->name : "",
			    part->name != NULL ? "\"" : "", part->encoding, (unsigned long long)part->size);
	}
	d->depth = depth;
}

static void draw_result(drawing *d, const signet_result *result, const sn_outline *outline)
{
	for (size_t i = 0; i < result->layer_count; i++)
		draw_layer(d, &result->layers[i]);
	if (outline != NULL)
		draw_outline(d, outline);
}

static void draw_end(drawing *d, const signet_result *result)
{
	d->depth = 0;
	for (size_t i = 0; i < result->part_count; i++) {
		line(d, "part %s: %s", result->parts[i].path,
		    signet_verdict_name(result->parts[i].result->verdict));
		d->depth = 1;
		draw_result(d, result->parts[i].result, NULL);
		d->depth = 0;
	}
	for (size_t i = 0; i < result->problem_count; i++)
		line(d, "problem %s: %s", result->problems[i].code, result->problems[i].text);
	line(d, "verdict: %s: %s", signet_verdict_name(result->verdict), result->summary);
}

signet_status signet_inspect(signet_context *ctx, signet_input *input,
    const signet_open_options *options, signet_sink *out, signet_result **result_out,
    signet_error *err)
{
	sn_open_call call = { .ctx = ctx, .options = *options };
	drawing d = { .err = err };
	sn_outline outline = { 0 };
	signet_result *result = NULL;
	signet_status status = sn_outline_init(&outline, ctx, err);

	call.options.mode = SIGNET_OPEN;
	call.options.entity = true;
	sn_buf_init(&d.text, ctx, LINE_LIMIT, "the drawing of a message");
	if (status == SIGNET_OK)
		status = sn_open_one(&call, input, &outline.sink, &result, err);
	if (status != SIGNET_OK)
		goto out;
	line(&d, "message%s%s", result->from != NULL ? " from " : "",
	    result->from != NULL ? result->from : "");
	d.depth = 1;
	draw_result(&d, result, result->released ? &outline : NULL);
	draw_end(&d, result);
	result->released = false;
	status = d.status;
	if (status == SIGNET_OK && out != NULL)
		status = out->write(out, d.text.data, d.text.size, err);
	if (status == SIGNET_OK && out != NULL)
		status = out->finish(out, err);
	if (status != SIGNET_OK)
		goto out;
	*result_out = result;
	result = NULL;
out:
	if (status != SIGNET_OK && out != NULL)
		out->abort(out);
	signet_result_free(&result);
	sn_buf_clear(&d.text);
	sn_outline_clear(&outline);
	return status;
}
