/*
 * A header section, parsed: fields in their order, each with its raw octets. The section's octets
 * are the caller's and outlive it. Names are compared without regard to case.
 */
#ifndef SN_MIME_HEADER_H
#define SN_MIME_HEADER_H

#include "base/buf.h"
#include "base/context.h"
#include "base/span.h"

enum { SN_MIME_FIELDS_MAX = 10000, SN_MIME_PARAMS_MAX = 64 };

typedef struct sn_mime_field {
	sn_span raw;        /* with name, colon, folding and the line end */
	sn_span name;
	sn_span body;       /* behind the colon, folded as it came, without the last line end */
	uint64_t offset;    /* of raw in the section */
} sn_mime_field;

typedef struct sn_mime_header {
	const signet_context *ctx;
	sn_mime_field *fields;
	size_t count;
} sn_mime_header;

/* Lines that are no field are left out; an empty line ends it. More than SN_MIME_FIELDS_MAX fields:
 * SIGNET_E_LIMIT. A zeroed header is cleared without harm. */
signet_status sn_mime_header_parse(const signet_context *ctx, sn_span section,
    sn_mime_header *header_out, signet_error *err) SIGNET_CHECKED;
void sn_mime_header_clear(sn_mime_header *header);
/* The first field of that name, or NULL; and how many there are. */
const sn_mime_field *sn_mime_header_find(const sn_mime_header *header, const char *name);
size_t sn_mime_header_count(const sn_mime_header *header, const char *name);
bool sn_mime_field_is(const sn_mime_field *field, const char *name);
/* Whether both have the same name. */
bool sn_mime_field_is_like(const sn_mime_field *field, const sn_mime_field *other);
/* Whether the name begins with "Content-". */
bool sn_mime_field_is_content(const sn_mime_field *field);
/* Appends the field as it came, every line end as CRLF, with one at its end. */
signet_status sn_mime_field_append(const sn_mime_field *field, sn_buf *out, signet_error *err)
    SIGNET_CHECKED;
/* The body unfolded (RFC 5322 2.2.3), outer white space removed; text gets it appended. */
signet_status sn_mime_field_unfold(const sn_mime_field *field, sn_buf *text, signet_error *err)
    SIGNET_CHECKED;
/* The body as a person reads it: unfolded, RFC 2047 words decoded to UTF-8 (UTF-8, US-ASCII,
 * ISO-8859-1 and -15, windows-1252 by table, others by iconv where the C library has them; what
 * cannot be decoded stays as it is). */
signet_status sn_mime_field_text(const signet_context *ctx, const sn_mime_field *field,
    sn_buf *text, signet_error *err) SIGNET_CHECKED;
/* The body as the most forgiving of readers may show it: encoded words also where none may stand,
 * of unknown charsets or with octets that are not of theirs, control characters in them dropped. */
signet_status sn_mime_field_text_widely(const signet_context *ctx, const sn_mime_field *field,
    sn_buf *text, signet_error *err) SIGNET_CHECKED;
/* Writes "name: text" and CRLF: RFC 2047 words where it is not US-ASCII, folded at 78. */
signet_status sn_mime_field_write(const char *name, const char *text, sn_buf *out,
    signet_error *err) SIGNET_CHECKED;

/*
 * Content-Type and Content-Disposition (RFC 2045 5, RFC 2183): a value and parameters with
 * comments, quoting, RFC 2231 continuations and charsets resolved to UTF-8. Of a parameter given
 * twice the first counts; of one given plain and in RFC 2231's way the plain one, as for a reader
 * that does not know the latter, except name and filename, which are only shown. What cannot be
 * parsed behind a good value is left out (is_damaged), as are parameters that hold NUL, and those
 * behind the SN_MIME_PARAMS_MAX-th.
 */
typedef struct sn_mime_param {
	char *name;         /* lower case */
	char *value;
} sn_mime_param;

typedef struct sn_mime_value {
	const signet_context *ctx;
	char *value;        /* lower case: "multipart/signed"; "" when it cannot be parsed */
	sn_mime_param *params;
	size_t count;
	bool is_damaged;
} sn_mime_value;

signet_status sn_mime_value_parse(const signet_context *ctx, const sn_mime_field *field,
    sn_mime_value *value_out, signet_error *err) SIGNET_CHECKED;
/* The Content-Type of a header; text/plain when it has none, or one without a type. */
signet_status sn_mime_content_type(const signet_context *ctx, const sn_mime_header *header,
    sn_mime_value *value_out, signet_error *err) SIGNET_CHECKED;
void sn_mime_value_clear(sn_mime_value *value);
/* Writes "name: value; param=..." and CRLF, folded: each parameter quoted, or as RFC 2231 has it
 * where it is not US-ASCII. */
signet_status sn_mime_value_write(const char *name, const sn_mime_value *value, sn_buf *out,
    signet_error *err) SIGNET_CHECKED;
/* NULL when there is none. */
const char *sn_mime_value_param(const sn_mime_value *value, const char *name);
/* Whether value is of that form: "multipart/" (with the slash) any subtype, else the whole. */
bool sn_mime_value_is(const sn_mime_value *value, const char *type);

typedef enum sn_mime_encoding {
	SN_MIME_7BIT,
	SN_MIME_8BIT,
	SN_MIME_BINARY,
	SN_MIME_QUOTED_PRINTABLE,
	SN_MIME_BASE64,
	SN_MIME_UNKNOWN_ENCODING
} sn_mime_encoding;
/* Content-Transfer-Encoding; SN_MIME_7BIT when there is none. */
sn_mime_encoding sn_mime_header_encoding(const sn_mime_header *header);
/* As the field names it; "unknown encoding". Static. */
const char *sn_mime_encoding_name(sn_mime_encoding encoding);

#endif
