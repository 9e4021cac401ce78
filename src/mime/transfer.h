/*
 * Content-transfer-encodings (RFC 2045 6) both ways, as plain functions over a caller's struct
 * (no allocation), and as sinks. base64 runs at memory speed where the CPU allows (chosen once at
 * run time, held against the portable path by a test).
 */
#ifndef SN_MIME_TRANSFER_H
#define SN_MIME_TRANSFER_H

#include <signet/sink.h>

#include "base/context.h"
#include "mime/header.h"

typedef struct sn_base64_decoder {
	uint32_t bits;
	unsigned count;         /* characters gathered of a quantum of four */
	unsigned padding;       /* '=' seen */
	bool ended;             /* a padded quantum was complete */
	bool saw_garbage;       /* characters outside the alphabet and white space: ignored (6.8) */
	bool saw_truncation;    /* ended within a quantum: padding lacked */
} sn_base64_decoder;

/* Decodes size characters to out, which has room for size / 4 * 3 + 3 octets; returns how many.
 * The data ends with the first padded quantum; what follows that is garbage. */
size_t sn_base64_decode(sn_base64_decoder *decoder, const uint8_t *in, size_t size, uint8_t *out);
/* At the end: false when a single character was left over, whose bits are lost. Padding may lack:
 * then up to 2 octets are written to out and *out_size says how many. */
bool sn_base64_decode_finish(sn_base64_decoder *decoder, uint8_t *out, size_t *out_size);

typedef struct sn_base64_encoder {
	uint8_t pending[3];
	unsigned pending_size;
	unsigned column;        /* of the line, 0 to 76 */
	bool lf;                /* lines end with LF instead of CRLF */
} sn_base64_encoder;

/* Lines of 76 characters. out has room for sn_base64_room(size), which is enough for encode and
 * encode_finish together. */
size_t sn_base64_room(size_t size);
size_t sn_base64_encode(sn_base64_encoder *encoder, const uint8_t *in, size_t size, uint8_t *out);
/* The rest and its line end (none when nothing was ever written). */
size_t sn_base64_encode_finish(sn_base64_encoder *encoder, uint8_t *out);
/* How many octets encoding size octets makes, line ends (CRLF, or LF) and all. */
bool sn_base64_size(uint64_t size, bool lf, uint64_t *encoded_out);

/* A sink that decodes to next; 7bit, 8bit, binary pass through. It finishes and aborts next, and
 * does not own it: free next after it. A failure sticks. */
signet_status sn_mime_decode_sink_new(const signet_context *ctx, sn_mime_encoding encoding,
    signet_sink *next, signet_sink **sink_out, signet_error *err) SIGNET_CHECKED;
/* A sink that encodes to next: base64 or quoted-printable (text: line ends become CRLF). */
signet_status sn_mime_encode_sink_new(const signet_context *ctx, sn_mime_encoding encoding,
    bool lf, signet_sink *next, signet_sink **sink_out, signet_error *err) SIGNET_CHECKED;
void sn_mime_transfer_sink_free(signet_sink **sink);
/* Whether a decode sink met characters that its encoding does not have. */
bool sn_mime_decode_sink_saw_garbage(const signet_sink *sink);

#endif
