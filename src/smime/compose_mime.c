#include "smime/compose_int.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "crypt/secret.h"
#include "mime/transfer.h"

enum { BOUNDARY_OCTETS = 16, FRAME_MAX = 64 << 20 };

void sn_compose_frame_init(sn_compose_frame *frame, const signet_context *ctx)
{
	*frame = (sn_compose_frame){ .has_content = true };
	sn_buf_init(&frame->head, ctx, FRAME_MAX, "the header of a protected part");
	sn_buf_init(&frame->prefix, ctx, FRAME_MAX, "the front of a SignedData");
	sn_buf_init(&frame->suffix, ctx, FRAME_MAX, "the signatures");
	sn_buf_init(&frame->tail, ctx, FRAME_MAX, "the signature part");
}

void sn_compose_frame_clear(sn_compose_frame *frame)
{
	sn_buf_clear(&frame->head);
	sn_buf_clear(&frame->prefix);
	sn_buf_clear(&frame->suffix);
	sn_buf_clear(&frame->tail);
}

signet_status sn_compose_frame_size(
    const sn_compose_frame *frame, uint64_t content_size, uint64_t *size_out, signet_error *err)
{
	uint64_t size = frame->has_content ? content_size : 0;

	if (sn_add_u64(size, frame->prefix.size, &size) &&
	    sn_add_u64(size, frame->suffix.size, &size) &&
	    (!frame->is_armored || sn_base64_size(size, false, &size)) &&
	    sn_add_u64(size, frame->head.size, &size) &&
	    sn_add_u64(size, frame->tail.size, &size)) {
		*size_out = size;
		return SIGNET_OK;
	}
	return signet_fail(
	    err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET, "the message is too long to count");
}

signet_status sn_compose_pkcs7_fields(sn_buf *out, const char *smime_type, signet_error *err)
{
	/* RFC 8551 3.2.1, 3.3: name= and filename= for readers that go by them */
	const char *extension = strcmp(smime_type, "compressed-data") == 0 ? "p7z" : "p7m";

	return sn_buf_printf(out, err,
	    "Content-Type: application/pkcs7-mime; smime-type=%s;\r\n"
	    " name=smime.%s\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-Disposition: attachment; filename=smime.%s\r\n"
	    "\r\n",
	    smime_type, extension, extension);
}

/* RFC 8551 3.5.3.2: "sha-256", where the table says "sha256"; sha3-256 has its hyphen. */
static signet_status write_micalg_name(const char *name, sn_buf *out, signet_error *err)
{
	const bool is_sha = strncmp(name, "sha", 3) == 0 && sn_ascii_is_digit((uint8_t)name[3]) &&
			    strchr(name, '-') == NULL;
	signet_status status;

	if (!is_sha)
		return sn_buf_append_text(out, name, err);
	status = sn_buf_append_text(out, "sha-", err);
	return status == SIGNET_OK ? sn_buf_append_text(out, name + 3, err) : status;
}

/* One name, or a quoted list of them, since a comma is no token character. */
static signet_status write_micalg(const signet_compose *compose, sn_buf *out, signet_error *err)
{
	const char *quote = compose->digest_count > 1 ? "\"" : "";
	signet_status status = sn_buf_printf(out, err, " micalg=%s", quote);

	for (size_t i = 0; i < compose->digest_count && status == SIGNET_OK; i++) {
		if (i != 0)
			status = sn_buf_append_byte(out, ',', err);
		if (status == SIGNET_OK)
			status = write_micalg_name(compose->digests[i].alg->name, out, err);
	}
	return status == SIGNET_OK ? sn_buf_printf(out, err, "%s;\r\n", quote) : status;
}

static signet_status write_head(
    const signet_compose *compose, const char *boundary, sn_buf *out, signet_error *err)
{
	signet_status status = sn_buf_append_text(out,
	    "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n", err);

	if (status == SIGNET_OK)
		status = write_micalg(compose, out, err);
	if (status == SIGNET_OK)
		status = sn_buf_printf(out, err,
		    " boundary=\"%s\"\r\n"
		    "\r\n"
		    "This is an S/MIME signed message\r\n"
		    "\r\n"
		    "--%s\r\n",
		    boundary, boundary);
	return status;
}

static signet_status write_base64(sn_span data, sn_buf *out, signet_error *err)
{
	sn_base64_encoder encoder = { 0 };
	signet_status status = sn_buf_reserve(out, sn_base64_room(data.size), err);

	if (status != SIGNET_OK)
		return status;
	out->size += sn_base64_encode(&encoder, data.data, data.size, out->data + out->size);
	out->size += sn_base64_encode_finish(&encoder, out->data + out->size);
	return SIGNET_OK;
}

static signet_status write_tail(
    sn_span signature, const char *boundary, sn_buf *out, signet_error *err)
{
	/* the first line break belongs to the boundary, not to what is signed (RFC 2046 5.1.1) */
	signet_status status = sn_buf_printf(out, err,
	    "\r\n--%s\r\n"
	    "Content-Type: application/pkcs7-signature; name=smime.p7s\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-Disposition: attachment; filename=smime.p7s\r\n"
	    "\r\n",
	    boundary);

	if (status == SIGNET_OK)
		status = write_base64(signature, out, err);
	if (status == SIGNET_OK)
		status = sn_buf_printf(out, err, "\r\n--%s--\r\n", boundary);
	return status;
}

signet_status sn_compose_clear_head(
    const signet_compose *compose, sn_compose_frame *frame, signet_error *err)
{
	/* "=_" stands in no quoted-printable or base64 text (RFC 2045 6.7); the rest is random */
	static const char begin[] = "=_signet_";
	uint8_t octets[BOUNDARY_OCTETS];
	signet_status status;

	_Static_assert(sizeof(begin) + 2 * BOUNDARY_OCTETS <= sizeof(frame->boundary), "room");
	if (frame->head.size != 0)
		return SIGNET_OK;
	status = sn_random(compose->ctx, octets, sizeof(octets), err);
	if (status != SIGNET_OK)
		return status;
	memcpy(frame->boundary, begin, sizeof(begin));
	sn_hex_encode(octets, sizeof(octets), frame->boundary + strlen(begin));
	return write_head(compose, frame->boundary, &frame->head, err);
}

signet_status sn_compose_clear_tail(sn_span signature, sn_compose_frame *frame, signet_error *err)
{
	sn_buf_reset(&frame->tail);
	return write_tail(signature, frame->boundary, &frame->tail, err);
}
