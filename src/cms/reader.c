#include "cms/reader.h"

#include "base/buf.h"
#include "base/mem.h"
#include "ber/definite.h"
#include "ber/oid.h"
#include "ber/reader.h"
#include "cms/cms_int.h"
#include "cms/grammar.h"
#include "cms/writer.h"

/* Algorithm identifiers, object identifiers, version numbers, tags: none is longer in practice. */
enum { SMALL_ITEM = 64 << 10 };

typedef enum phase {
	PHASE_ROWS,        /* between items, at row */
	PHASE_SET,         /* between the items of the set at row */
	PHASE_ITEM,        /* in an item that is taken whole */
	PHASE_CONTENT,     /* in content that passes through */
	PHASE_CONTENT_END, /* content that is absent is about to end */
	PHASE_KEYS,        /* RecipientEncryptedKeys are left of a RecipientInfo */
	PHASE_OTHER,       /* a content type that is not known */
	PHASE_END
} phase;

struct sn_cms_reader {
	const signet_context *ctx;
	signet_status failure;
	phase phase;
	const sn_cms_row *row;
	sn_cms_type type;
	bool has_token; /* token is of the row that comes now */
	bool is_held;   /* event waits for whether content follows */
	sn_ber_token token;

	phase phase_after; /* an item: PHASE_ROWS or PHASE_SET */
	size_t item_depth;
	uint64_t item_offset;
	size_t item_limit;
	sn_buf item;     /* as it came */
	sn_buf definite; /* with definite lengths, if it came without */
	sn_ber_list keys;

	uint8_t inner_type[SN_BER_OID_MAX];
	size_t inner_type_size;
	size_t digests, signers, recipients;
	size_t certificate_octets, crl_octets;
	sn_cms_outline outline;
	sn_cms_event event;
	/* NEED_MORE, CONTENT, CONTENT_END and END, which are many and must not disturb event */
	bool is_brief;
	sn_cms_event_kind brief_kind;
	uint64_t brief_offset;
	sn_span brief_data;
	sn_ber_reader ber;
};

signet_status sn_cms_reader_new(
    const signet_context *ctx, sn_cms_reader **reader_out, signet_error *err)
{
	const signet_limits *limits = &ctx->limits;
	size_t ceiling = SMALL_ITEM;
	sn_cms_reader *reader = sn_calloc(ctx, 1, sizeof(*reader), err);

	if (reader == NULL)
		return SIGNET_E_MEMORY;
	if (ceiling < limits->certificates)
		ceiling = limits->certificates;
	if (ceiling < limits->recipient_info)
		ceiling = limits->recipient_info;
	if (ceiling < limits->signer_info)
		ceiling = limits->signer_info;
	if (ceiling < limits->attributes)
		ceiling = limits->attributes;
	reader->ctx = ctx;
	reader->row = sn_cms_rows;
	sn_buf_init(&reader->item, ctx, ceiling + SN_BER_HEADER_MAX, "a CMS item");
	sn_buf_init(&reader->definite, ctx, ceiling + SN_BER_HEADER_MAX, "a CMS item");
	sn_ber_reader_init(&reader->ber, limits->ber_depth, 0);
	*reader_out = reader;
	return SIGNET_OK;
}

const sn_cms_outline *sn_cms_reader_outline(const sn_cms_reader *reader)
{
	return &reader->outline;
}

void sn_cms_reader_free(sn_cms_reader **reader)
{
	if (*reader == NULL)
		return;
	sn_buf_clear(&(*reader)->item);
	sn_buf_clear(&(*reader)->definite);
	sn_free((*reader)->ctx, *reader);
	*reader = NULL;
}

static sn_cms_event *new_event(sn_cms_reader *reader, sn_cms_event_kind kind, uint64_t offset)
{
	reader->event = (sn_cms_event){ .kind = kind, .offset = offset, .type = reader->type };
	return &reader->event;
}

/* --- what an item is, once it is whole --- */

static sn_cms_type type_of(sn_span oid)
{
	if (sn_span_equal(oid, sn_cms_oid_data))
		return SN_CMS_DATA;
	if (sn_span_equal(oid, sn_cms_oid_signed))
		return SN_CMS_SIGNED;
	if (sn_span_equal(oid, sn_cms_oid_enveloped))
		return SN_CMS_ENVELOPED;
	if (sn_span_equal(oid, sn_cms_oid_auth_enveloped))
		return SN_CMS_AUTH_ENVELOPED;
	if (sn_span_equal(oid, sn_cms_oid_compressed))
		return SN_CMS_COMPRESSED;
	return SN_CMS_OTHER;
}

static signet_status check_oid(const sn_cms_reader *reader, sn_span oid, signet_error *err)
{
	if (oid.size <= SN_BER_OID_MAX && sn_ber_oid_is_valid(oid))
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_MALFORMED, reader->item_offset,
	    "%s is no object identifier, or too long", reader->row->name);
}

static signet_status take_content_type(sn_cms_reader *reader, sn_span oid, signet_error *err)
{
	const signet_status status = check_oid(reader, oid, err);

	if (status != SIGNET_OK)
		return status;
	reader->type = type_of(oid);
	if (reader->type == SN_CMS_OTHER)
		reader->phase_after = PHASE_OTHER;
	new_event(reader, SN_CMS_TYPE, reader->item_offset)->oid = oid;
	return SIGNET_OK;
}

/* Of encrypted content the type waits for the algorithm: one event says both. */
static signet_status take_inner_type(
    sn_cms_reader *reader, sn_span oid, bool *emit_out, signet_error *err)
{
	const signet_status status = check_oid(reader, oid, err);

	if (status != SIGNET_OK)
		return status;
	memcpy(reader->inner_type, oid.data, oid.size);
	reader->inner_type_size = oid.size;
	*emit_out = false;
	if (reader->type == SN_CMS_ENVELOPED || reader->type == SN_CMS_AUTH_ENVELOPED)
		return SIGNET_OK;
	new_event(reader, SN_CMS_CONTENT_TYPE, reader->item_offset)->oid =
	    (sn_span){ reader->inner_type, reader->inner_type_size };
	reader->is_held = true;
	return SIGNET_OK;
}

static signet_status take_algorithm(
    sn_cms_reader *reader, sn_ber_list list, sn_cms_event_kind kind, signet_error *err)
{
	return sn_cms_algorithm_read(&list, reader->row->name,
	    &new_event(reader, kind, reader->item_offset)->algorithm, err);
}

static signet_status take_encryption(
    sn_cms_reader *reader, sn_ber_list list, bool *emit_out, signet_error *err)
{
	const signet_status status = take_algorithm(reader, list, SN_CMS_ENCRYPTION, err);

	if (status != SIGNET_OK)
		return status;
	*emit_out = false;
	reader->is_held = true;
	reader->event.oid = (sn_span){ reader->inner_type, reader->inner_type_size };
	return SIGNET_OK;
}

static void take_certificate(sn_cms_reader *reader, const sn_ber_item *item, sn_cms_event_kind kind)
{
	sn_cms_event *event = new_event(reader, kind, reader->item_offset);

	event->data = item->der;
	/* CertificateChoices and RevocationInfoChoice (RFC 5652 10.2): the others have a [tag] */
	event->is_x509 = item->tag == SN_BER_SEQUENCE;
}

static void take_contents(sn_cms_reader *reader, const sn_ber_item *item, sn_cms_event_kind kind)
{
	new_event(reader, kind, reader->item_offset)->data = item->contents;
}

static signet_status count_recipient(sn_cms_reader *reader, signet_error *err)
{
	const size_t limit = reader->ctx->limits.recipients;

	if (reader->recipients >= limit)
		return signet_fail(err, SIGNET_E_LIMIT, reader->item_offset,
		    "there are more recipients than the limit of %zu", limit);
	reader->recipients++;
	return SIGNET_OK;
}

/* The next RecipientEncryptedKey of a KeyAgreeRecipientInfo; the event has the rest already. */
static signet_status next_key(sn_cms_reader *reader, signet_error *err)
{
	const signet_status status = count_recipient(reader, err);

	if (status != SIGNET_OK)
		return status;
	reader->phase = sn_ber_list_is_empty(&reader->keys) ? reader->phase_after : PHASE_KEYS;
	return SIGNET_OK;
}

static signet_status read_key(sn_cms_reader *reader, signet_error *err)
{
	const signet_status status =
	    sn_cms_recipient_read_key(&reader->keys, &reader->event.recipient, err);

	if (status != SIGNET_OK)
		return status;
	return next_key(reader, err);
}

static signet_status take_recipient(
    sn_cms_reader *reader, sn_ber_list list, const sn_ber_item *item, signet_error *err)
{
	sn_cms_event *event = new_event(reader, SN_CMS_RECIPIENT, reader->item_offset);
	const signet_status status =
	    sn_cms_recipient_read(list, item, &event->recipient, &reader->keys, err);

	if (status != SIGNET_OK)
		return status;
	if (event->recipient.kind == SN_CMS_KEY_AGREEMENT)
		return read_key(reader, err);
	return count_recipient(reader, err);
}

static signet_status take_version(
    sn_cms_reader *reader, const sn_ber_item *item, signet_error *err)
{
	reader->outline.version_size = reader->item.size;
	/* which one is not held against it: senders get it wrong, and nothing depends on it */
	if (sn_ber_uint_read(item->contents, UINT16_MAX, &reader->outline.version))
		return SIGNET_OK;
	return signet_fail(
	    err, SIGNET_E_MALFORMED, reader->item_offset, "%s is malformed", reader->row->name);
}

/* *emit_out: the event is ready. */
static signet_status take_item(sn_cms_reader *reader, sn_ber_list list, const sn_ber_item *item,
    bool *emit_out, signet_error *err)
{
	*emit_out = true;
	switch (reader->row->part) {
	case SN_CMS_PART_NONE: break;
	case SN_CMS_PART_CONTENT_TYPE: return take_content_type(reader, item->contents, err);
	case SN_CMS_PART_VERSION: *emit_out = false; return take_version(reader, item, err);
	case SN_CMS_PART_DIGEST_ALGORITHM:
		return take_algorithm(reader, sn_ber_list_of(item->der, reader->item_offset),
		    SN_CMS_DIGEST_ALGORITHM, err);
	case SN_CMS_PART_INNER_TYPE: return take_inner_type(reader, item->contents, emit_out, err);
	case SN_CMS_PART_CERTIFICATE:
		take_certificate(reader, item, SN_CMS_CERTIFICATE);
		return SIGNET_OK;
	case SN_CMS_PART_CRL: take_certificate(reader, item, SN_CMS_CRL); return SIGNET_OK;
	case SN_CMS_PART_SIGNER:
		return sn_cms_signer_read(&reader->ctx->limits, list, item,
		    &new_event(reader, SN_CMS_SIGNER, reader->item_offset)->signer, err);
	case SN_CMS_PART_ORIGINATOR_CERT:
		take_certificate(reader, item, SN_CMS_ORIGINATOR_CERT);
		return SIGNET_OK;
	case SN_CMS_PART_ORIGINATOR_CRL: *emit_out = false; return SIGNET_OK;
	case SN_CMS_PART_RECIPIENT: return take_recipient(reader, list, item, err);
	case SN_CMS_PART_ENCRYPTION:
		return take_encryption(
		    reader, sn_ber_list_of(item->der, reader->item_offset), emit_out, err);
	case SN_CMS_PART_COMPRESSION:
		return take_algorithm(reader, sn_ber_list_of(item->der, reader->item_offset),
		    SN_CMS_COMPRESSION, err);
	case SN_CMS_PART_AUTHENTICATED_ATTRIBUTES:
		take_contents(reader, item, SN_CMS_AUTHENTICATED_ATTRIBUTES);
		return SIGNET_OK;
	case SN_CMS_PART_MAC: take_contents(reader, item, SN_CMS_MAC); return SIGNET_OK;
	case SN_CMS_PART_UNPROTECTED_ATTRIBUTES:
		take_contents(reader, item, SN_CMS_UNPROTECTED_ATTRIBUTES);
		return SIGNET_OK;
	}
	return signet_fail(err, SIGNET_E_INTERNAL, reader->item_offset, "a row takes nothing");
}

/* --- an item on its way in --- */

static signet_status count_item(sn_cms_reader *reader, signet_error *err)
{
	const size_t limit = reader->ctx->limits.signers;

	if (reader->row->part == SN_CMS_PART_SIGNER && reader->signers++ >= limit)
		return signet_fail(err, SIGNET_E_LIMIT, reader->item_offset,
		    "there are more signers than the limit of %zu", limit);
	/* more digest algorithms than signers make no sense either */
	if (reader->row->part == SN_CMS_PART_DIGEST_ALGORITHM && reader->digests++ >= limit)
		return signet_fail(err, SIGNET_E_LIMIT, reader->item_offset,
		    "there are more digestAlgorithms than the limit of %zu signers", limit);
	return SIGNET_OK;
}

/* How many octets the item may have; of certificates and CRLs all of them together. */
static size_t limit_of(const sn_cms_reader *reader, size_t *used_out)
{
	const signet_limits *limits = &reader->ctx->limits;

	*used_out = 0;
	switch (reader->row->part) {
	case SN_CMS_PART_CERTIFICATE:
	case SN_CMS_PART_ORIGINATOR_CERT:
		*used_out = reader->certificate_octets;
		return limits->certificates;
	case SN_CMS_PART_CRL:
	case SN_CMS_PART_ORIGINATOR_CRL:
		*used_out = reader->crl_octets;
		return limits->certificates;
	case SN_CMS_PART_SIGNER: return limits->signer_info;
	case SN_CMS_PART_RECIPIENT: return limits->recipient_info;
	case SN_CMS_PART_AUTHENTICATED_ATTRIBUTES:
	case SN_CMS_PART_UNPROTECTED_ATTRIBUTES: return limits->attributes;
	case SN_CMS_PART_NONE:
	case SN_CMS_PART_CONTENT_TYPE:
	case SN_CMS_PART_VERSION:
	case SN_CMS_PART_DIGEST_ALGORITHM:
	case SN_CMS_PART_INNER_TYPE:
	case SN_CMS_PART_ENCRYPTION:
	case SN_CMS_PART_COMPRESSION:
	case SN_CMS_PART_MAC: break;
	}
	return SMALL_ITEM;
}

static signet_status too_long(const sn_cms_reader *reader, signet_error *err)
{
	size_t used;
	const size_t limit = limit_of(reader, &used);

	return signet_fail(err, SIGNET_E_LIMIT, reader->item_offset,
	    "%s: longer than the limit of %zu octets", reader->row->name, limit);
}

static signet_status append(
    sn_cms_reader *reader, const uint8_t *data, size_t size, signet_error *err)
{
	if (size > reader->item_limit - reader->item.size)
		return too_long(reader, err);
	return sn_buf_append(&reader->item, data, size, err);
}

static signet_status begin_item(
    sn_cms_reader *reader, const sn_ber_token *token, phase phase_after, signet_error *err)
{
	size_t used;
	const size_t limit = limit_of(reader, &used);
	signet_status status;

	reader->phase = PHASE_ITEM;
	reader->phase_after = phase_after;
	reader->item_depth = sn_ber_reader_depth(&reader->ber) - 1;
	reader->item_offset = token->offset;
	reader->item_limit = used < limit ? limit - used : 0;
	sn_buf_reset(&reader->item);
	status = count_item(reader, err);
	if (status != SIGNET_OK)
		return status;
	if (!token->is_indefinite && token->length > reader->item_limit)
		return too_long(reader, err);
	/* what is in it is looked at when all of it is there */
	if (token->is_constructed && !token->is_indefinite)
		sn_ber_reader_keep(&reader->ber);
	return append(reader, token->header.data, token->header.size, err);
}

static void account(sn_cms_reader *reader)
{
	const sn_cms_part part = reader->row->part;

	if (part == SN_CMS_PART_CERTIFICATE || part == SN_CMS_PART_ORIGINATOR_CERT)
		reader->certificate_octets += reader->item.size;
	if (part == SN_CMS_PART_CRL || part == SN_CMS_PART_ORIGINATOR_CRL)
		reader->crl_octets += reader->item.size;
}

static signet_status end_item(sn_cms_reader *reader, bool *emit_out, signet_error *err)
{
	const size_t depth = reader->ctx->limits.ber_depth;
	sn_span octets = { reader->item.data, reader->item.size };
	sn_ber_list list;
	sn_ber_item item;
	bool is_definite;
	signet_status status =
	    sn_ber_definite_check(octets, depth, reader->item_offset, &is_definite, err);

	if (status != SIGNET_OK)
		return status;
	account(reader);
	reader->outline.item_size = reader->item.size;
	if (!is_definite) {
		sn_buf_reset(&reader->definite);
		status = sn_ber_definite_write(
		    octets, depth, reader->item_offset, &reader->definite, err);
		if (status != SIGNET_OK)
			return status;
		octets = (sn_span){ reader->definite.data, reader->definite.size };
	}
	list = sn_ber_list_of(octets, reader->item_offset);
	status = sn_ber_list_next(&list, reader->row->name, &item, err);
	if (status != SIGNET_OK)
		return status;
	reader->phase = reader->phase_after;
	status = take_item(reader, list, &item, emit_out, err);
	if (status != SIGNET_OK)
		return status;
	/* take_item may have gone on to the keys of a recipient, or to an unknown type */
	if (reader->phase != PHASE_KEYS)
		reader->phase = reader->phase_after;
	if (reader->phase == PHASE_ROWS)
		reader->row++;
	return SIGNET_OK;
}

static bool emit_brief(sn_cms_reader *reader, sn_cms_event_kind kind, uint64_t offset)
{
	reader->is_brief = true;
	reader->brief_kind = kind;
	reader->brief_offset = offset;
	reader->brief_data = (sn_span){ 0 };
	return true;
}

/* Octets of an item are copied as the BER reader moves over them, headers and ends included. */
static signet_status read_item(
    sn_cms_reader *reader, sn_cursor *cursor, bool *emit_out, signet_error *err)
{
	const uint8_t *before = cursor->p;
	sn_ber_token token;
	signet_status status = sn_ber_reader_next(&reader->ber, cursor, &token, err);

	if (status != SIGNET_OK)
		return status;
	status = append(reader, before, (size_t)(cursor->p - before), err);
	if (status != SIGNET_OK)
		return status;
	if (token.kind == SN_BER_NEED_MORE)
		*emit_out = emit_brief(reader, SN_CMS_NEED_MORE, token.offset);
	else if (sn_ber_reader_depth(&reader->ber) == reader->item_depth)
		return end_item(reader, emit_out, err);
	return SIGNET_OK;
}

/* --- the walk --- */

static bool is_row_tag(const sn_cms_row *row, uint32_t tag)
{
	return tag == row->tag || (row->is_string && tag == (row->tag | SN_BER_CONSTRUCTED));
}

static signet_status unexpected(const sn_cms_row *row, const sn_ber_token *token, signet_error *err)
{
	if (token->kind == SN_BER_ITEM_END)
		return signet_fail(
		    err, SIGNET_E_MALFORMED, token->offset, "%s is missing", row->name);
	if (row->action == SN_CMS_LEAVE)
		return signet_fail(err, SIGNET_E_MALFORMED, token->offset,
		    "%s should end here, instead of an item with tag 0x%02x", row->name,
		    (unsigned)token->tag);
	return signet_fail(err, SIGNET_E_MALFORMED, token->offset,
	    "%s is expected, with tag 0x%02x, not 0x%02x", row->name, (unsigned)row->tag,
	    (unsigned)token->tag);
}

/* The event that waited for it now goes out; the token stays for the row behind. */
static bool skip_row(sn_cms_reader *reader)
{
	const sn_cms_row *row = reader->row;

	reader->row = sn_cms_row_skip(row);
	reader->has_token = true;
	if (!row->tells_content)
		return false;
	reader->event.has_content = false;
	reader->is_held = false;
	reader->phase = PHASE_CONTENT_END;
	return true;
}

static void note_frame(sn_cms_reader *reader, const sn_ber_token *token)
{
	const size_t depth = sn_ber_reader_depth(&reader->ber) - 1;

	if (depth < SN_CMS_FRAMES)
		reader->outline.frames[depth] = (sn_cms_frame){
			.tag = (uint8_t)token->tag,
			.is_indefinite = token->is_indefinite,
			.header_size = token->header.size,
			.offset = token->offset,
			.length = token->length,
		};
}

static signet_status begin_row(
    sn_cms_reader *reader, const sn_ber_token *token, bool *emit_out, signet_error *err)
{
	const sn_cms_row *row = reader->row;

	if (row->tells_content && reader->is_held) {
		reader->event.has_content = true;
		reader->is_held = false;
		*emit_out = true;
	}
	switch (row->action) {
	case SN_CMS_ENTER:
		note_frame(reader, token);
		reader->row++;
		break;
	case SN_CMS_TAKE: return begin_item(reader, token, PHASE_ROWS, err);
	case SN_CMS_EACH:
		note_frame(reader, token);
		reader->phase = PHASE_SET;
		break;
	case SN_CMS_STREAM:
		if (token->is_constructed)
			sn_ber_reader_flatten(&reader->ber);
		reader->phase = PHASE_CONTENT;
		break;
	case SN_CMS_LEAVE:
	case SN_CMS_BY_TYPE:
	case SN_CMS_DONE: return unexpected(row, token, err);
	}
	return SIGNET_OK;
}

static signet_status walk(
    sn_cms_reader *reader, const sn_ber_token *token, bool *emit_out, signet_error *err)
{
	const sn_cms_row *row = reader->row;
	const bool is_end = token->kind == SN_BER_ITEM_END;

	if (is_end && row->action == SN_CMS_LEAVE) {
		reader->row++;
		if (reader->row->action != SN_CMS_DONE)
			return SIGNET_OK;
		reader->phase = PHASE_END;
		*emit_out = emit_brief(reader, SN_CMS_END, token->offset);
		return SIGNET_OK;
	}
	if (!is_end && row->action != SN_CMS_LEAVE && is_row_tag(row, token->tag))
		return begin_row(reader, token, emit_out, err);
	if (!row->is_optional)
		return unexpected(row, token, err);
	*emit_out = skip_row(reader);
	return SIGNET_OK;
}

static signet_status walk_set(sn_cms_reader *reader, const sn_ber_token *token, signet_error *err)
{
	if (token->kind == SN_BER_ITEM)
		return begin_item(reader, token, PHASE_SET, err);
	reader->row++;
	reader->phase = PHASE_ROWS;
	return SIGNET_OK;
}

static signet_status read_token(
    sn_cms_reader *reader, sn_cursor *cursor, bool *emit_out, signet_error *err)
{
	signet_status status;

	if (reader->row->action == SN_CMS_BY_TYPE)
		reader->row = sn_cms_rows_of(reader->type);
	if (!reader->has_token) {
		status = sn_ber_reader_next(&reader->ber, cursor, &reader->token, err);
		if (status != SIGNET_OK)
			return status;
	}
	reader->has_token = false;
	if (reader->token.kind == SN_BER_EOF)
		return signet_fail(err, SIGNET_E_MALFORMED, reader->token.offset,
		    "the input is empty where a CMS ContentInfo is expected");
	if (reader->token.kind == SN_BER_NEED_MORE) {
		*emit_out = emit_brief(reader, SN_CMS_NEED_MORE, reader->token.offset);
		return SIGNET_OK;
	}
	if (reader->phase == PHASE_SET)
		return walk_set(reader, &reader->token, err);
	return walk(reader, &reader->token, emit_out, err);
}

static signet_status read_content(
    sn_cms_reader *reader, sn_cursor *cursor, bool *emit_out, signet_error *err)
{
	sn_ber_token token;
	const signet_status status = sn_ber_reader_next(&reader->ber, cursor, &token, err);

	if (status != SIGNET_OK)
		return status;
	if (token.kind == SN_BER_DATA) {
		*emit_out = emit_brief(reader, SN_CMS_CONTENT, token.offset);
		reader->brief_data = token.data;
	} else if (token.kind == SN_BER_ITEM_END) {
		reader->phase = PHASE_ROWS;
		reader->row++;
		*emit_out = emit_brief(reader, SN_CMS_CONTENT_END, token.offset);
	} else {
		*emit_out = emit_brief(reader, SN_CMS_NEED_MORE, token.offset);
	}
	return SIGNET_OK;
}

static signet_status step(
    sn_cms_reader *reader, sn_cursor *cursor, bool *emit_out, signet_error *err)
{
	switch (reader->phase) {
	case PHASE_ROWS:
	case PHASE_SET: return read_token(reader, cursor, emit_out, err);
	case PHASE_ITEM: return read_item(reader, cursor, emit_out, err);
	case PHASE_CONTENT: return read_content(reader, cursor, emit_out, err);
	case PHASE_CONTENT_END:
		reader->phase = PHASE_ROWS;
		*emit_out = emit_brief(reader, SN_CMS_CONTENT_END, reader->token.offset);
		return SIGNET_OK;
	case PHASE_KEYS: *emit_out = true; return read_key(reader, err);
	case PHASE_OTHER:
		return signet_fail(err, SIGNET_E_MALFORMED, reader->item_offset,
		    "the CMS content type is not one that signet reads");
	case PHASE_END:
		*emit_out = emit_brief(reader, SN_CMS_END, reader->token.offset);
		return SIGNET_OK;
	}
	return SIGNET_OK;
}

signet_status sn_cms_reader_next(
    sn_cms_reader *reader, sn_cursor *cursor, sn_cms_event *event_out, signet_error *err)
{
	bool emit = false;

	reader->is_brief = false;
	if (reader->failure != SIGNET_OK)
		return signet_fail(err, reader->failure, reader->item_offset,
		    "this CMS object was found to be malformed before");
	while (!emit) {
		const signet_status status = step(reader, cursor, &emit, err);

		if (status != SIGNET_OK) {
			reader->failure = status;
			return status;
		}
	}
	if (!reader->is_brief) {
		*event_out = reader->event;
		return SIGNET_OK;
	}
	event_out->kind = reader->brief_kind;
	event_out->offset = reader->brief_offset;
	event_out->data = reader->brief_data;
	return SIGNET_OK;
}
