/*
 * The header section that a message's protection covers (RFC 9788): of the entity below the last
 * layer, marked by a parameter of its Content-Type, or, in mail of before, by its form.
 */
#ifndef SN_SMIME_PAYLOAD_H
#define SN_SMIME_PAYLOAD_H

#include "base/buf.h"
#include "mime/header.h"

typedef enum sn_payload_scheme {
	SN_PAYLOAD_PLAIN,       /* no protected header section */
	SN_PAYLOAD_STANDARD,    /* RFC 9788 2.1.1: hp="clear" or "cipher" */
	SN_PAYLOAD_DRAFT,       /* protected-headers="v1", the scheme before it */
	SN_PAYLOAD_WRAPPED      /* RFC 8551 3.1: a message/rfc822, whose header it is */
} sn_payload_scheme;

/* Of parts with a legacy display element; a message has two. */
enum { SN_PAYLOAD_LEGACY_MAX = 16 };

typedef struct sn_payload {
	sn_payload_scheme scheme;
	bool is_cipher;         /* hp="cipher": HP-Outer says what was left outside */
	size_t index;           /* of the level whose entity it is; 0: none */
	sn_buf section;
	bool is_open;           /* wrapped: its section is still coming */
	size_t line;            /* wrapped: where its last line begins in section */
	char *legacy[SN_PAYLOAD_LEGACY_MAX]; /* paths of parts with a legacy display element */
	size_t legacy_count;
} sn_payload;

/* Fields of the section that the comparisons are made for; more are not looked at as protected. */
enum { SN_PAYLOAD_FIELDS_MAX = 500 };

typedef struct sn_pass sn_pass;
typedef struct sn_plan sn_plan;

void sn_payload_clear(const signet_context *ctx, sn_payload *payload);
/* A leaf below a layer begins: with its header section, and whether it is a message/rfc822. */
signet_status sn_payload_begin(sn_pass *pass, size_t index, sn_span section,
    const sn_mime_header *header, const sn_mime_value *type, bool is_message, signet_error *err)
    SIGNET_CHECKED;
/* Its body, from its beginning, while is_open. */
signet_status sn_payload_body(sn_pass *pass, sn_span body, signet_error *err) SIGNET_CHECKED;
/*
 * After the last pass. A wrapped one counts only if it is unprotected itself and says the same From
 * as the message around it (RFC 8551 3.1, RFC 9788 4.10.1): a forwarded message has the same form.
 */
signet_status sn_payload_settle(sn_plan *plan, signet_error *err) SIGNET_CHECKED;
/* Whether every layer around it has held, so that what it says can be told. */
bool sn_payload_counts(const sn_plan *plan);

/* Not MIME-Version, not Content-*, not HP-Outer. */
bool sn_payload_is_protected(const sn_mime_field *field);
/* A field that the author writes: unprotected beside protected ones it is somebody else's word
 * (RFC 9788 4, 7). */
bool sn_payload_is_authors(const sn_mime_field *field);
/* Splits the body of an HP-Outer field (2.2.1). */
bool sn_payload_outer_field(const sn_mime_field *hp_outer, sn_mime_field *field_out);

#endif
