/*
 * What the files of this module share: searches at memory speed, the two paths of base64, the
 * states of quoted-printable, RFC 2047 words and charsets.
 *
 * What has an AVX2 path has a portable one beside it with the same result, octet for octet; the
 * path is chosen at run time, and a test holds the one against the other.
 */
#ifndef SN_MIME_INT_H
#define SN_MIME_INT_H

#include <signet/sink.h>

#include "base/buf.h"
#include "base/span.h"

#if defined(__x86_64__)
#define SN_MIME_AVX2 1
static inline bool sn_mime_has_avx2(void) { return __builtin_cpu_supports("avx2") != 0; }
#else
#define SN_MIME_AVX2 0
static inline bool sn_mime_has_avx2(void) { return false; }
#define sn_mime_find_line_avx2 sn_mime_find_line_portable
#define sn_mime_find_bare_lf_avx2 sn_mime_find_bare_lf_portable
#define sn_mime_facts_add_avx2 sn_mime_facts_add_portable
#define sn_base64_decode_bulk_avx2 sn_base64_decode_bulk_portable
#define sn_base64_encode_bulk_avx2 sn_base64_encode_bulk_portable
#endif

/* search.c */

/* What stands in a run of octets; last is the octet before it (0 when there is none). */
typedef struct sn_mime_facts {
	bool has_8bit;
	bool has_nul;
	bool has_bare_cr;       /* a CR is told when the octet behind it is seen */
	bool has_bare_lf;
} sn_mime_facts;

/* The first LF that these two octets follow, as "--" of a boundary; size if none. */
size_t sn_mime_find_line(const uint8_t *data, size_t size, const char start[2]);
/* Adds what it finds to *facts. */
void sn_mime_facts_add(sn_mime_facts *facts, const uint8_t *data, size_t size, uint8_t last);

size_t sn_mime_find_line_portable(const uint8_t *data, size_t size, const char start[2]);
size_t sn_mime_find_bare_lf_portable(const uint8_t *data, size_t size, uint8_t last);
void sn_mime_facts_add_portable(sn_mime_facts *facts, const uint8_t *data, size_t size,
    uint8_t last);
size_t sn_mime_find_line_avx2(const uint8_t *data, size_t size, const char start[2]);
size_t sn_mime_find_bare_lf_avx2(const uint8_t *data, size_t size, uint8_t last);
void sn_mime_facts_add_avx2(sn_mime_facts *facts, const uint8_t *data, size_t size, uint8_t last);

/* base64.c */

enum {
	SN_BASE64_LINE = 76,            /* RFC 2045 6.8 */
	SN_BASE64_LINE_OCTETS = 57,
	SN_BASE64_SPACE = 64,           /* and what else a character can be */
	SN_BASE64_PAD = 65,
	SN_BASE64_GARBAGE = 66
};

/* The value of each character. */
extern const uint8_t sn_base64_values[256];
extern const char sn_base64_alphabet[65];

/*
 * Whole quanta, and line breaks between quanta, until something else or the end comes near. They
 * answer how many characters were taken, *out_size how many octets came of it. May write up to
 * 8 octets behind these, never past size / 4 * 3.
 */
size_t sn_base64_decode_bulk_portable(const uint8_t *in, size_t size, uint8_t *out,
    size_t *out_size);
size_t sn_base64_decode_bulk_avx2(const uint8_t *in, size_t size, uint8_t *out,
    size_t *out_size);
/* Whole lines of 57 octets; answers how many octets were taken. */
size_t sn_base64_encode_bulk_portable(const uint8_t *in, size_t size, bool lf, uint8_t *out,
    size_t *out_size);
size_t sn_base64_encode_bulk_avx2(const uint8_t *in, size_t size, bool lf, uint8_t *out,
    size_t *out_size);

/* quoted.c */

enum { SN_QUOTED_BLANKS = 998 };

typedef struct sn_quoted_decoder {
	enum { SN_QUOTED_TEXT, SN_QUOTED_EQUALS, SN_QUOTED_HEX, SN_QUOTED_SOFT, SN_QUOTED_CR } state;
	uint8_t first;                      /* the first hex digit */
	size_t blank_count;                 /* white space that may turn out to end the line */
	uint8_t blanks[SN_QUOTED_BLANKS];
	bool saw_garbage;
} sn_quoted_decoder;

/* out has room for sn_quoted_decode_room(size). Line breaks become CRLF (RFC 2045 6.7 (4)). */
size_t sn_quoted_decode_room(size_t size);
size_t sn_quoted_decode(sn_quoted_decoder *decoder, const uint8_t *in, size_t size, uint8_t *out);
size_t sn_quoted_decode_finish(sn_quoted_decoder *decoder, uint8_t *out);

typedef struct sn_quoted_encoder {
	unsigned column;
	uint8_t held;       /* a blank or CR whose meaning depends on what follows; 0: none */
	bool is_exact;      /* a bare LF is no line end: it becomes =0A */
	bool lf;            /* lines end with LF instead of CRLF */
} sn_quoted_encoder;

size_t sn_quoted_encode_room(size_t size);
size_t sn_quoted_encode(sn_quoted_encoder *encoder, const uint8_t *in, size_t size, uint8_t *out);
size_t sn_quoted_encode_finish(sn_quoted_encoder *encoder, uint8_t *out);

/* transfer.c: as sn_mime_encode_sink_new; is_exact as in sn_quoted_encoder. */
signet_status sn_mime_reencode_sink_new(const signet_context *ctx, bool is_base64, bool is_exact,
    signet_sink *next, signet_sink **sink_out, signet_error *err) SIGNET_CHECKED;

/* charset.c */

enum { SN_MIME_CONVERSIONS = 64, SN_MIME_CHARSET_NAME = 40 };

/*
 * Appends size octets of a charset to text as UTF-8. *done_out is false, and text as it was, when
 * the charset is not known or the octets are not of it. *budget counts how often the C library
 * may still be asked: a message can name a new charset every few octets.
 */
signet_status sn_mime_charset_decode(sn_span charset, sn_span octets, unsigned *budget,
    sn_buf *text, bool *done_out, signet_error *err) SIGNET_CHECKED;
/* A name that iconv_open may see: no "//", no path, nothing of "char" or "wchar_t" kind. */
bool sn_mime_charset_name(sn_span charset, char name[SN_MIME_CHARSET_NAME + 1]);
/* Appends octets that should be UTF-8; those that are not count as windows-1252. */
signet_status sn_mime_append_utf8(sn_span octets, sn_buf *text, signet_error *err)
    SIGNET_CHECKED;

/* words.c: appends text with its RFC 2047 words decoded. */
signet_status sn_mime_words_decode(sn_span text, sn_buf *out, signet_error *err) SIGNET_CHECKED;
/* As sn_mime_field_text_widely. */
signet_status sn_mime_words_decode_widely(sn_span text, sn_buf *out, signet_error *err)
    SIGNET_CHECKED;

/* value.c: the position behind a comment that begins at `at`, nested ones and all. */
size_t sn_mime_skip_comment(sn_span text, size_t at);
/* The position behind blanks and comments (RFC 5322 3.2.2 CFWS). */
size_t sn_mime_skip_cfws(sn_span text, size_t at);

#endif
