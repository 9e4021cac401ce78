/* Unsigned attributes for a SignerInfo that is there already. */
#include <signet/cms.h>

#include "base/buf.h"
#include "ber/writer.h"
#include "cms/attributes.h"
#include "smime/edit.h"

enum {
	FRAMES = 4, /* ContentInfo, content, SignedData, signerInfos */
	UNSIGNED_ATTRIBUTES = 1
};

typedef struct work {
	signet_context *ctx;
	size_t wanted; /* which signer */
	sn_span attributes;
	bool is_signed;
	size_t signers;
	bool is_found;
	sn_cms_frame frames[FRAMES];
	uint64_t offset; /* of the SignerInfo */
	size_t size;     /* as it came */
	sn_buf info;     /* the new one */
} work;

/* RFC 5652 5.3: Attribute ::= SEQUENCE { attrType, attrValues SET OF }; at least one value. */
static signet_status check_attribute(
    const sn_ber_list *list, const sn_ber_item *attribute, signet_error *err)
{
	sn_ber_list fields = sn_ber_list_in(list, attribute);
	sn_ber_item type, values;

	if (attribute->tag != SN_BER_SEQUENCE ||
	    sn_ber_list_expect(&fields, SN_BER_OID, "attrType", &type, NULL) != SIGNET_OK ||
	    sn_ber_list_expect(&fields, SN_BER_SET, "attrValues", &values, NULL) != SIGNET_OK ||
	    values.contents.size == 0 || !sn_ber_list_is_empty(&fields))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "what is to be added is no Attribute: an object identifier and a set of values");
	if (sn_cms_attribute_must_be_signed(type.contents))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "an attribute of this type must be signed: content-type, message-digest and "
		    "signing-time cannot be added afterwards");
	return SIGNET_OK;
}

static signet_status check_attributes(const work *w, signet_error *err)
{
	sn_ber_list list = sn_ber_list_of(w->attributes, 0);
	signet_status status = SIGNET_OK;

	if (w->attributes.size == 0)
		return signet_fail(
		    err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "there is no attribute to be added");
	if (w->attributes.size > w->ctx->limits.attributes)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "the attributes to be added are longer than the limit of %zu octets",
		    w->ctx->limits.attributes);
	while (status == SIGNET_OK && !sn_ber_list_is_empty(&list)) {
		sn_ber_item item;

		if (sn_ber_list_next(&list, "Attribute", &item, NULL) != SIGNET_OK ||
		    !sn_ber_is_der(item.der, w->ctx->limits.ber_depth))
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "the attribute to be added is not in DER");
		status = check_attribute(&list, &item, err);
	}
	return status;
}

/* The SignerInfo with its fields as they are, and the attributes at its end. */
static signet_status write_info(work *w, const sn_cms_signer *signer, signet_error *err)
{
	sn_ber_list list = sn_ber_list_of(signer->der, w->offset);
	sn_ber_item info, field;
	sn_ber_list fields;
	sn_ber_writer writer;
	size_t sequence, set;
	signet_status status =
	    sn_ber_list_expect(&list, SN_BER_SEQUENCE, "SignerInfo", &info, err);

	if (status != SIGNET_OK)
		return status;
	fields = sn_ber_list_in(&list, &info);
	sn_ber_writer_init(&writer, &w->info, err);
	sequence = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	while (!sn_ber_list_is_empty(&fields)) {
		status = sn_ber_list_next(&fields, "SignerInfo", &field, err);
		if (status != SIGNET_OK)
			return status;
		if (field.tag != SN_BER_CONTEXT_CONSTRUCTED(UNSIGNED_ATTRIBUTES))
			sn_ber_writer_raw(&writer, field.der);
	}
	set = sn_ber_writer_begin(&writer, SN_BER_CONTEXT_CONSTRUCTED(UNSIGNED_ATTRIBUTES));
	sn_ber_writer_raw(&writer, signer->unsigned_attributes);
	sn_ber_writer_raw(&writer, w->attributes);
	sn_ber_writer_end(&writer, set);
	sn_ber_writer_end(&writer, sequence);
	return sn_ber_writer_finish(&writer);
}

/* What is written here is to be read again, by the same limits. */
static signet_status take_signer(work *w, const sn_cms_event *event, size_t size, signet_error *err)
{
	const signet_limits *limits = &w->ctx->limits;

	w->is_found = true;
	w->offset = event->offset;
	w->size = size;
	if (event->signer.unsigned_attributes.size + w->attributes.size > limits->attributes)
		return signet_fail(err, SIGNET_E_LIMIT, event->offset,
		    "unsigned attributes old and new are longer than the limit of %zu octets",
		    limits->attributes);
	return write_info(w, &event->signer, err);
}

static signet_status look_event(
    void *user, const sn_cms_event *event, const sn_cms_outline *outline, signet_error *err)
{
	work *w = user;

	if (event->kind == SN_CMS_TYPE)
		w->is_signed = event->type == SN_CMS_SIGNED;
	if (event->kind != SN_CMS_SIGNER || w->signers++ != w->wanted)
		return SIGNET_OK;
	memcpy(w->frames, outline->frames, sizeof(w->frames));
	return take_signer(w, event, outline->item_size, err);
}

static signet_status rewrite(work *w, sn_edit *edit, signet_sink *out, signet_error *err)
{
	sn_cms_splice splice;
	signet_status status = sn_edit_look(edit, look_event, w, NULL, err);

	if (status != SIGNET_OK)
		return status;
	if (!w->is_signed)
		return signet_fail(err, SIGNET_E_UNPROTECTED, SIGNET_NO_OFFSET,
		    "the outermost layer of this message is not a signature");
	if (!w->is_found)
		return signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET,
		    "there is no signer %zu: the signature has %zu", w->wanted, w->signers);
	sn_cms_splice_init(&splice);
	status = sn_cms_splice_replace(
	    &splice, w->offset, w->size, (sn_span){ w->info.data, w->info.size }, err);
	for (size_t i = FRAMES; i-- > 0 && status == SIGNET_OK;)
		status = sn_cms_splice_grow(&splice, &w->frames[i], err);
	return status == SIGNET_OK ? sn_edit_copy(edit, &splice, out, err) : status;
}

signet_status signet_cms_add_unsigned(signet_context *ctx, signet_input *input,
    signet_input_form form, size_t signer, const uint8_t *attributes, size_t size,
    signet_sink *out, signet_error *err)
{
	work w = { .ctx = ctx, .wanted = signer, .attributes = { attributes, size } };
	sn_edit edit = { 0 };
	signet_status status = check_attributes(&w, err);

	sn_buf_init(&w.info, ctx, ctx->limits.signer_info, "a SignerInfo");
	if (status == SIGNET_OK)
		status = sn_edit_init(&edit, ctx, input, form, err);
	edit.takes_clear = true;
	if (status == SIGNET_OK)
		status = rewrite(&w, &edit, out, err);
	if (status != SIGNET_OK)
		out->abort(out);
	sn_edit_clear(&edit);
	sn_buf_clear(&w.info);
	return status;
}
