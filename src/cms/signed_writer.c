/* Writes SignedData (RFC 5652 5.1) around content that is elsewhere. */
#include "ber/writer.h"
#include "cms/cms_int.h"
#include "cms/nest.h"
#include "cms/writer.h"

static const unsigned EXPLICIT_CONTENT = SN_BER_CONTEXT_CONSTRUCTED(0);

/*
 * RFC 5652 5.1: 3 for a SignerInfo of version 3 or a content that is not id-data; 4 and 5 are for
 * attribute certificates and other forms, which are not written.
 */
static unsigned version_of(const sn_cms_signed_spec *spec, sn_span content_type)
{
	return spec->has_key_id || !sn_span_equal(content_type, sn_cms_oid_data) ? 3 : 1;
}

/* version and digestAlgorithms. RFC 5754 2: the SHA-2 identifiers have no parameters. */
static void write_head(sn_ber_writer *writer, const sn_cms_signed_spec *spec, sn_span content_type)
{
	size_t set;

	sn_ber_writer_uint(writer, version_of(spec, content_type));
	set = sn_ber_writer_begin(writer, SN_BER_SET);
	for (size_t i = 0; i < spec->digest_count; i++) {
		const sn_alg *digest = spec->digests[i];
		const size_t algorithm = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);

		sn_ber_writer_item(writer, SN_BER_OID, (sn_span){ digest->oid, digest->oid_size });
		sn_ber_writer_end(writer, algorithm);
	}
	sn_ber_writer_end_set_of(writer, set);
}

/* certificates and signerInfos */
static void write_tail(sn_ber_writer *writer, const sn_cms_signed_spec *spec)
{
	const size_t count =
	    spec->certificates == NULL ? 0 : signet_cert_list_count(spec->certificates);
	size_t set;

	if (count != 0) {
		set = sn_ber_writer_begin(writer, SN_BER_CONTEXT_CONSTRUCTED(0));
		for (size_t i = 0; i < count; i++)
			sn_ber_writer_raw(
			    writer, sn_cert_der(signet_cert_list_get(spec->certificates, i)));
		sn_ber_writer_end_set_of(writer, set);
	}
	set = sn_ber_writer_begin(writer, SN_BER_SET);
	sn_ber_writer_raw(writer, spec->signer_infos);
	sn_ber_writer_end_set_of(writer, set);
}

static void write_detached(
    sn_ber_writer *writer, const sn_cms_signed_spec *spec, sn_span content_type)
{
	const size_t info = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	size_t content;
	size_t data;
	size_t encapsulated;

	sn_ber_writer_item(writer, SN_BER_OID, sn_cms_oid_signed);
	content = sn_ber_writer_begin(writer, EXPLICIT_CONTENT);
	data = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	write_head(writer, spec, content_type);
	encapsulated = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(writer, SN_BER_OID, content_type);
	sn_ber_writer_end(writer, encapsulated);
	write_tail(writer, spec);
	sn_ber_writer_end(writer, data);
	sn_ber_writer_end(writer, content);
	sn_ber_writer_end(writer, info);
}

enum { SIGNED_DATA = 2, LEVELS = 6 }; /* of them: which one is the SignedData */

static signet_status write_around(const sn_cms_signed_spec *spec, const sn_buf *head,
    const sn_buf *type_items, sn_buf *prefix, sn_buf *suffix, signet_error *err)
{
	const bool is_known = spec->content_size != SN_SIZE_UNKNOWN;
	const size_t suffix_before = suffix->size;
	const size_t signed_size = 2 + sn_cms_oid_signed.size;
	sn_cms_nest nest[LEVELS] = {
		{ SN_BER_SEQUENCE, { type_items->data, signed_size }, 0 },
		{ EXPLICIT_CONTENT, { NULL, 0 }, 0 },
		{ SN_BER_SEQUENCE, { head->data, head->size }, 0 },
		{ SN_BER_SEQUENCE,
		    { type_items->data + signed_size, type_items->size - signed_size }, 0 },
		{ EXPLICIT_CONTENT, { NULL, 0 }, 0 },
		{ SN_BER_OCTET_STRING, { NULL, 0 }, 0 },
	};
	sn_ber_writer writer;

	sn_ber_writer_init(&writer, suffix, err);
	if (!is_known)
		sn_cms_nest_end(&writer, LEVELS - 1 - SIGNED_DATA);
	write_tail(&writer, spec);
	nest[SIGNED_DATA].after = suffix->size - suffix_before;
	if (!is_known)
		sn_cms_nest_end(&writer, SIGNED_DATA + 1);
	if (sn_ber_writer_finish(&writer) != SIGNET_OK)
		return sn_ber_writer_finish(&writer);
	return sn_cms_nest_begin(nest, LEVELS, spec->content_size, prefix, NULL, err);
}

static signet_status write_enclosing(const sn_cms_signed_spec *spec, sn_span content_type,
    const signet_context *ctx, sn_buf *prefix, sn_buf *suffix, signet_error *err)
{
	sn_ber_writer writer;
	sn_buf head;
	sn_buf type_items; /* contentType and eContentType */
	signet_status status;

	sn_buf_init(&head, ctx, ctx->limits.attributes, "digestAlgorithms");
	sn_buf_init(&type_items, ctx, ctx->limits.attributes, "eContentType");
	sn_ber_writer_init(&writer, &type_items, err);
	sn_ber_writer_item(&writer, SN_BER_OID, sn_cms_oid_signed);
	sn_ber_writer_item(&writer, SN_BER_OID, content_type);
	status = sn_ber_writer_finish(&writer);
	if (status != SIGNET_OK)
		goto out;
	sn_ber_writer_init(&writer, &head, err);
	write_head(&writer, spec, content_type);
	status = sn_ber_writer_finish(&writer);
	if (status == SIGNET_OK)
		status = write_around(spec, &head, &type_items, prefix, suffix, err);
out:
	sn_buf_clear(&type_items);
	sn_buf_clear(&head);
	return status;
}

signet_status sn_cms_signed_write(const signet_context *ctx, const sn_cms_signed_spec *spec,
    sn_buf *prefix, sn_buf *suffix, signet_error *err)
{
	const sn_span content_type =
	    spec->content_type.size != 0 ? spec->content_type : sn_cms_oid_data;
	const size_t prefix_size = prefix->size;
	const size_t suffix_size = suffix == NULL ? 0 : suffix->size;
	sn_ber_writer writer;
	signet_status status;

	if (spec->detached) {
		sn_ber_writer_init(&writer, prefix, err);
		write_detached(&writer, spec, content_type);
		status = sn_ber_writer_finish(&writer);
	} else {
		status = write_enclosing(spec, content_type, ctx, prefix, suffix, err);
	}
	if (status == SIGNET_OK)
		return SIGNET_OK;
	prefix->size = prefix_size;
	if (suffix != NULL)
		suffix->size = suffix_size;
	return status;
}

signet_status sn_cms_certs_only_write(
    const signet_context *ctx, const signet_cert_list *list, sn_buf *out, signet_error *err)
{
	const sn_cms_signed_spec spec = { .certificates = list, .detached = true };

	return sn_cms_signed_write(ctx, &spec, out, NULL, err);
}
