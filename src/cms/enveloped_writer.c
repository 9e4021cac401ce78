/*
 * Writes EnvelopedData (RFC 5652 6.1) and AuthEnvelopedData (RFC 5083 2.1) while content passes.
 * Ciphertext is gathered into large pieces: they are the OCTET STRINGs where the size is not known.
 */
#include "base/mem.h"
#include "ber/writer.h"
#include "cms/attributes.h"
#include "cms/cms_int.h"
#include "cms/content_cipher.h"
#include "cms/nest.h"
#include "cms/sink_int.h"
#include "cms/writer.h"
#include "crypt/derive.h"

enum {
	PIECE = 128 << 10,
	FIELDS_MAX = 512, /* EncryptedContentInfo without the content */
	MAC_SIZE = 2 + SN_CIPHER_TAG_MAX,
	LEVELS = 5,
	ENVELOPED_DATA = 2 /* which of the levels */
};

/* NIST SP 800-38D 5.2.1.1: what one GCM key and nonce may encrypt; ChaCha20 may a little more. */
static const uint64_t AEAD_CONTENT_MAX = ((uint64_t)1 << 36) - 32;

typedef struct enveloped_sink {
	sn_cms_sink base;
	sn_cipher *cipher;
	uint8_t *piece; /* ciphertext not yet written */
	size_t piece_size;
	size_t used;
	bool is_indefinite;
	bool is_authenticated;
	uint64_t left; /* of the size that was said, or of what may be encrypted */
	sn_buf prefix;
	sn_buf attributes; /* authAttrs in DER, with the tag of a set */
} enveloped_sink;

static bool is_authenticated(const sn_cms_enveloped_spec *spec)
{
	return sn_alg_is_aead(spec->cipher);
}

static sn_span content_type_of(const sn_cms_enveloped_spec *spec)
{
	return spec->content_type.size != 0 ? spec->content_type : sn_cms_oid_data;
}

/*
 * RFC 5652 6.1: 3 with a PasswordRecipientInfo or OtherRecipientInfo, else 0 when all
 * RecipientInfos are of version 0, else 2. RFC 5083 2.1: AuthEnvelopedData is always 0.
 */
static unsigned version_of(const sn_cms_enveloped_spec *spec)
{
	sn_ber_list list = sn_ber_list_of(spec->recipient_infos, 0);
	sn_ber_item item;

	if (is_authenticated(spec))
		return 0;
	while (sn_ber_list_next(&list, "RecipientInfo", &item, NULL) == SIGNET_OK)
		if (item.tag == SN_BER_CONTEXT_CONSTRUCTED(3) ||
		    item.tag == SN_BER_CONTEXT_CONSTRUCTED(4))
			return 3;
	return spec->version == 0 ? 0 : 2;
}

/* version and recipientInfos */
static signet_status write_head(const sn_cms_enveloped_spec *spec, sn_buf *out, signet_error *err)
{
	sn_ber_writer writer;
	size_t set;

	sn_ber_writer_init(&writer, out, err);
	sn_ber_writer_uint(&writer, version_of(spec));
	set = sn_ber_writer_begin(&writer, SN_BER_SET);
	sn_ber_writer_raw(&writer, spec->recipient_infos);
	sn_ber_writer_end_set_of(&writer, set);
	return sn_ber_writer_finish(&writer);
}

/* contentType and contentEncryptionAlgorithm; identifier: that of the cipher itself. */
static signet_status write_encryption(
    const sn_cms_enveloped_spec *spec, sn_span identifier, sn_buf *out, signet_error *err)
{
	const sn_alg *derivation = sn_alg_by_name(SN_ALG_DERIVATION, "cek-hkdf-sha256");
	sn_ber_writer writer;
	size_t algorithm;

	sn_ber_writer_init(&writer, out, err);
	sn_ber_writer_item(&writer, SN_BER_OID, content_type_of(spec));
	if (!spec->derive) {
		sn_ber_writer_raw(&writer, identifier);
		return sn_ber_writer_finish(&writer);
	}
	algorithm = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(
	    &writer, SN_BER_OID, (sn_span){ derivation->oid, derivation->oid_size });
	sn_ber_writer_raw(&writer, identifier);
	sn_ber_writer_end(&writer, algorithm);
	return sn_ber_writer_finish(&writer);
}

static signet_status ciphertext_size(
    const sn_cms_enveloped_spec *spec, uint64_t *size_out, signet_error *err)
{
	if (spec->content_size == SN_SIZE_UNKNOWN) {
		*size_out = SN_SIZE_UNKNOWN;
		return SIGNET_OK;
	}
	if (is_authenticated(spec) && spec->content_size > AEAD_CONTENT_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "a content of %llu octets is longer than %s may encrypt",
		    (unsigned long long)spec->content_size, spec->cipher->name);
	if (!sn_cipher_size(spec->cipher, spec->content_size, size_out))
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "a content of %llu octets is too long for BER",
		    (unsigned long long)spec->content_size);
	return SIGNET_OK;
}

/* All that stands before the ciphertext. */
static signet_status write_prefix(const signet_context *ctx, const sn_cms_enveloped_spec *spec,
    sn_span identifier, size_t attributes_size, sn_buf *prefix, uint64_t *size_out,
    signet_error *err)
{
	const uint64_t after = is_authenticated(spec) ? attributes_size + MAC_SIZE : 0;
	sn_ber_writer writer;
	sn_buf type;
	sn_buf head;
	sn_buf encryption;
	uint64_t size;
	signet_status status = ciphertext_size(spec, &size, err);

	if (status != SIGNET_OK)
		return status;
	sn_buf_init(&type, ctx, FIELDS_MAX, "contentType");
	sn_buf_init(&head, ctx, SIZE_MAX, "recipientInfos");
	sn_buf_init(&encryption, ctx, FIELDS_MAX, "encryptedContentInfo");
	sn_ber_writer_init(&writer, &type, err);
	sn_ber_writer_item(&writer, SN_BER_OID,
	    is_authenticated(spec) ? sn_cms_oid_auth_enveloped : sn_cms_oid_enveloped);
	status = sn_ber_writer_finish(&writer);
	if (status == SIGNET_OK)
		status = write_head(spec, &head, err);
	if (status == SIGNET_OK)
		status = write_encryption(spec, identifier, &encryption, err);
	if (status == SIGNET_OK) {
		const sn_cms_nest nest[LEVELS] = {
			{ SN_BER_SEQUENCE, { type.data, type.size }, 0 },
			{ SN_BER_CONTEXT_CONSTRUCTED(0), { NULL, 0 }, 0 },
			{ SN_BER_SEQUENCE, { head.data, head.size }, after },
			{ SN_BER_SEQUENCE, { encryption.data, encryption.size }, 0 },
			{ SN_BER_CONTEXT(0), { NULL, 0 }, 0 },
		};

		status = sn_cms_nest_begin(nest, LEVELS, size, prefix, size_out, err);
	}
	sn_buf_clear(&encryption);
	sn_buf_clear(&head);
	sn_buf_clear(&type);
	return status;
}

/* What waits of the ciphertext goes out. */
static signet_status flush(enveloped_sink *sink, signet_error *err)
{
	signet_sink *next = sink->base.next;
	sn_ber_writer writer;
	signet_status status = SIGNET_OK;

	if (sink->used == 0)
		return SIGNET_OK;
	if (sink->is_indefinite) {
		sn_buf_reset(&sink->prefix);
		sn_ber_writer_init(&writer, &sink->prefix, err);
		sn_ber_writer_header(&writer, SN_BER_OCTET_STRING, sink->used);
		status = sn_ber_writer_finish(&writer);
		if (status == SIGNET_OK)
			status = next->write(next, sink->prefix.data, sink->prefix.size, err);
	}
	if (status == SIGNET_OK)
		status = next->write(next, sink->piece, sink->used, err);
	sink->used = 0;
	return status;
}

/* The prefix goes out before the first octet of ciphertext; prefix is scratch afterwards. */
static signet_status begin(enveloped_sink *sink, signet_error *err)
{
	signet_sink *next = sink->base.next;
	signet_status status;

	if (sink->piece != NULL)
		return SIGNET_OK;
	sink->piece = sn_alloc(sink->base.ctx, sink->piece_size + 2 * SN_CIPHER_SLACK, err);
	if (sink->piece == NULL)
		return SIGNET_E_MEMORY;
	status = next->write(next, sink->prefix.data, sink->prefix.size, err);
	sn_buf_clear(&sink->prefix);
	return status;
}

static signet_status write_content(
    sn_cms_sink *s, const uint8_t *data, size_t size, signet_error *err)
{
	enveloped_sink *sink = (enveloped_sink *)s;
	signet_status status = begin(sink, err);

	if (status == SIGNET_OK && size > sink->left)
		return signet_fail(err, sink->is_indefinite ? SIGNET_E_LIMIT : SIGNET_E_INTERNAL,
		    SIGNET_NO_OFFSET, "the content is longer than %s",
		    sink->is_indefinite ? "the cipher may encrypt" : "it was said to be");
	sink->left -= size;
	while (size != 0 && status == SIGNET_OK) {
		size_t part = sink->piece_size - sink->used;
		size_t written;

		if (part > size)
			part = size;
		status = sn_cipher_write(
		    sink->cipher, data, part, sink->piece + sink->used, &written, err);
		if (status != SIGNET_OK)
			return status;
		sink->used += written;
		data += part;
		size -= part;
		if (sink->used >= sink->piece_size)
			status = flush(sink, err);
	}
	return status;
}

/* Behind the ciphertext: authAttrs, mac, and the ends of indefinite lengths. */
static signet_status write_suffix(enveloped_sink *sink, sn_span tag, signet_error *err)
{
	signet_sink *next = sink->base.next;
	sn_ber_writer writer;
	const uint8_t authenticated_attributes = SN_BER_CONTEXT_CONSTRUCTED(1);

	sn_buf_reset(&sink->prefix);
	sn_ber_writer_init(&writer, &sink->prefix, err);
	if (sink->is_indefinite)
		sn_cms_nest_end(&writer, LEVELS - 1 - ENVELOPED_DATA);
	if (sink->attributes.size != 0) {
		/* RFC 5083 2.2: written as [1], authenticated as SET OF */
		sn_ber_writer_raw(&writer, (sn_span){ &authenticated_attributes, 1 });
		sn_ber_writer_raw(
		    &writer, (sn_span){ sink->attributes.data + 1, sink->attributes.size - 1 });
	}
	if (sink->is_authenticated)
		sn_ber_writer_item(&writer, SN_BER_OCTET_STRING, tag);
	if (sink->is_indefinite)
		sn_cms_nest_end(&writer, ENVELOPED_DATA + 1);
	if (sn_ber_writer_finish(&writer) != SIGNET_OK)
		return sn_ber_writer_finish(&writer);
	if (sink->prefix.size == 0)
		return SIGNET_OK;
	return next->write(next, sink->prefix.data, sink->prefix.size, err);
}

static signet_status finish_content(sn_cms_sink *s, signet_error *err)
{
	enveloped_sink *sink = (enveloped_sink *)s;
	uint8_t tag[SN_CIPHER_TAG_MAX];
	size_t tag_size = 0;
	size_t written;
	signet_status status = begin(sink, err);

	if (status != SIGNET_OK)
		return status;
	if (!sink->is_indefinite && sink->left != 0)
		return signet_fail(err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET,
		    "the content is %llu octets shorter than it was said to be",
		    (unsigned long long)sink->left);
	status = sn_cipher_finish_encrypt(
	    sink->cipher, sink->piece + sink->used, &written, tag, &tag_size, err);
	if (status != SIGNET_OK)
		return status;
	sink->used += written;
	status = flush(sink, err);
	if (status != SIGNET_OK)
		return status;
	return write_suffix(sink, (sn_span){ tag, tag_size }, err);
}

/* RFC 5083 2.1: authAttrs must be there when the content is not id-data, and then CBC has no
 * place for them. */
static signet_status check_spec(const sn_cms_enveloped_spec *spec, signet_error *err)
{
	const bool is_data = sn_span_equal(content_type_of(spec), sn_cms_oid_data);
	const bool has_attributes = spec->authenticated_attributes.size != 0;

	if (spec->cipher->mode == SN_MODE_NONE || !spec->cipher->write)
		return signet_fail(
		    err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "%s is not written", spec->cipher->name);
	if (is_authenticated(spec) && !is_data && !has_attributes)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "authenticated attributes are required around a content that is not id-data");
	if (!is_authenticated(spec) && has_attributes)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "%s cannot authenticate attributes", spec->cipher->name);
	return SIGNET_OK;
}

/* RFC 5083 2.2: the attributes are covered as a SET OF in DER. */
static signet_status make_attributes(
    const signet_context *ctx, const sn_cms_enveloped_spec *spec, sn_buf *out, signet_error *err)
{
	const sn_span attributes = spec->authenticated_attributes;

	sn_buf_init(out, ctx, ctx->limits.attributes + SN_BER_HEADER_MAX, "authAttrs");
	if (attributes.size == 0)
		return SIGNET_OK;
	return sn_cms_attributes_der(attributes, SN_BER_SET, out, err);
}

/* The key that the content is encrypted under. */
static signet_status content_key(const signet_context *ctx, const sn_cms_enveloped_spec *spec,
    const sn_buf *identifier, sn_secret *key_out, signet_error *err)
{
	if (spec->derive)
		return sn_derive_content_key(
		    ctx, spec->key, (sn_span){ identifier->data, identifier->size }, key_out, err);
	*key_out = *spec->key;
	return SIGNET_OK;
}

static signet_status open_sink(enveloped_sink *sink, const signet_context *ctx,
    const sn_cms_enveloped_spec *spec, signet_error *err)
{
	uint8_t iv[SN_CIPHER_IV_MAX];
	const sn_span iv_span = { iv, spec->cipher->iv_size };
	sn_secret key = { .size = 0 };
	sn_buf identifier;
	signet_status status = make_attributes(ctx, spec, &sink->attributes, err);

	sn_buf_init(&sink->prefix, ctx, SIZE_MAX, "recipientInfos");
	sn_buf_init(&identifier, ctx, FIELDS_MAX, "contentEncryptionAlgorithm");
	if (status == SIGNET_OK)
		status = sn_random(ctx, iv, iv_span.size, err);
	if (status == SIGNET_OK)
		status = sn_cms_content_cipher_write(spec->cipher, iv_span, &identifier, err);
	if (status == SIGNET_OK)
		status = content_key(ctx, spec, &identifier, &key, err);
	if (status == SIGNET_OK)
		status = write_prefix(ctx, spec, (sn_span){ identifier.data, identifier.size },
		    sink->attributes.size, &sink->prefix, NULL, err);
	if (status == SIGNET_OK)
		status = sn_cipher_new_encrypt(ctx, spec->cipher, &key, iv_span,
		    (sn_span){ sink->attributes.data, sink->attributes.size }, &sink->cipher, err);
	sn_secret_wipe(&key);
	sn_buf_clear(&identifier);
	return status;
}

static void destroy(enveloped_sink *sink)
{
	sn_cipher_free(&sink->cipher);
	sn_buf_clear(&sink->attributes);
	sn_buf_clear(&sink->prefix);
	sn_free(sink->base.ctx, sink->piece);
	sn_free(sink->base.ctx, sink);
}

signet_status sn_cms_enveloped_sink_new(signet_context *ctx, const sn_cms_enveloped_spec *spec,
    signet_sink *next, signet_sink **sink_out, signet_error *err)
{
	enveloped_sink *sink;
	signet_status status = check_spec(spec, err);

	if (status != SIGNET_OK)
		return status;
	sink = sn_calloc(ctx, 1, sizeof(*sink), err);
	if (sink == NULL)
		return SIGNET_E_MEMORY;
	sn_cms_sink_init(&sink->base, ctx, next);
	sink->base.write = write_content;
	sink->base.finish = finish_content;
	sink->is_indefinite = spec->content_size == SN_SIZE_UNKNOWN;
	sink->is_authenticated = is_authenticated(spec);
	sink->left = spec->content_size;
	/* a short content needs no large buffer */
	sink->piece_size = sink->left < PIECE ? (size_t)sink->left + 1 : PIECE;
	if (sink->is_indefinite && sink->is_authenticated)
		sink->left = AEAD_CONTENT_MAX;
	status = open_sink(sink, ctx, spec, err);
	if (status != SIGNET_OK) {
		destroy(sink);
		return status;
	}
	*sink_out = &sink->base.sink;
	return SIGNET_OK;
}

void sn_cms_enveloped_sink_free(signet_sink **sink)
{
	enveloped_sink *enveloped = (enveloped_sink *)*sink;

	if (enveloped == NULL)
		return;
	sn_cms_sink_clear(&enveloped->base);
	destroy(enveloped);
	*sink = NULL;
}

signet_status sn_cms_enveloped_size(
    signet_context *ctx, const sn_cms_enveloped_spec *spec, uint64_t *size_out, signet_error *err)
{
	static const uint8_t iv[SN_CIPHER_IV_MAX];
	sn_buf attributes;
	sn_buf identifier;
	sn_buf prefix;
	signet_status status = check_spec(spec, err);

	if (status == SIGNET_OK && spec->content_size == SN_SIZE_UNKNOWN)
		status = signet_fail(
		    err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "the size of the content is not known");
	if (status != SIGNET_OK)
		return status;
	sn_buf_init(&prefix, ctx, SIZE_MAX, "recipientInfos");
	status = make_attributes(ctx, spec, &attributes, err);
	sn_buf_init(&identifier, ctx, FIELDS_MAX, "contentEncryptionAlgorithm");
	if (status == SIGNET_OK)
		status = sn_cms_content_cipher_write(
		    spec->cipher, (sn_span){ iv, spec->cipher->iv_size }, &identifier, err);
	if (status == SIGNET_OK)
		status = write_prefix(ctx, spec, (sn_span){ identifier.data, identifier.size },
		    attributes.size, &prefix, size_out, err);
	sn_buf_clear(&identifier);
	sn_buf_clear(&attributes);
	sn_buf_clear(&prefix);
	return status;
}
