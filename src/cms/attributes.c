#include "cms/attributes.h"

#include "base/mem.h"
#include "ber/definite.h"
#include "ber/writer.h"
#include "cms/cms_int.h"
#include "cms/signer.h"

/* --- the set as such --- */

signet_status sn_cms_attributes_der(sn_span contents, unsigned tag, sn_buf *out, signet_error *err)
{
	sn_ber_writer writer;
	size_t set;
	signet_status status;

	sn_ber_writer_init(&writer, out, err);
	set = sn_ber_writer_begin(&writer, tag);
	if (sn_ber_writer_finish(&writer) != SIGNET_OK)
		return sn_ber_writer_finish(&writer);
	status = sn_ber_definite_write(contents, out->ctx->limits.ber_depth, 0, out, err);
	if (status != SIGNET_OK)
		return status;
	sn_ber_writer_end_set_of(&writer, set);
	return sn_ber_writer_finish(&writer);
}

bool sn_cms_is_attribute_set(sn_span head, uint64_t size)
{
	sn_ber_header set;
	sn_ber_header attribute;
	sn_ber_header type;
	size_t at;

	if (sn_ber_header_read(head, &set) != SN_BER_HEADER_OK || set.tag != SN_BER_SET ||
	    set.is_indefinite || set.length != size - set.size)
		return false;
	at = set.size;
	if (sn_ber_header_read((sn_span){ head.data + at, head.size - at }, &attribute) !=
		SN_BER_HEADER_OK ||
	    attribute.tag != SN_BER_SEQUENCE)
		return false;
	at += attribute.size;
	return sn_ber_header_read((sn_span){ head.data + at, head.size - at }, &type) ==
		   SN_BER_HEADER_OK &&
	       type.tag == SN_BER_OID;
}

/* --- what the attributes say --- */

typedef struct reading {
	sn_cms_attributes attributes;
	const char *form; /* the first problem */
	uint32_t seen;    /* a bit per row of known[] */
} reading;

typedef bool (*read_value)(reading *r, const sn_ber_item *value);

static bool read_content_type(reading *r, const sn_ber_item *value)
{
	r->attributes.has_content_type = true;
	r->attributes.content_type = value->contents;
	return value->tag == SN_BER_OID;
}

static bool read_message_digest(reading *r, const sn_ber_item *value)
{
	r->attributes.has_message_digest = true;
	r->attributes.message_digest = value->contents;
	return value->tag == SN_BER_OCTET_STRING;
}

static bool read_signing_time(reading *r, const sn_ber_item *value)
{
	r->attributes.has_signing_time =
	    sn_ber_time_read(value->tag, value->contents, &r->attributes.signing_time);
	return r->attributes.has_signing_time;
}

static bool read_capabilities(reading *r, const sn_ber_item *value)
{
	r->attributes.capabilities = value->der;
	return value->tag == SN_BER_SEQUENCE;
}

static bool read_identifier(reading *r, const sn_ber_item *value)
{
	sn_ber_list list = sn_ber_list_of(value->der, 0);
	sn_ber_item item;

	r->attributes.has_encryption_certificate =
	    sn_ber_list_next(&list, "identifier", &item, NULL) == SIGNET_OK &&
	    sn_cms_issuer_serial_read(&list, &item, &r->attributes.encryption_certificate, NULL) ==
		SIGNET_OK;
	return r->attributes.has_encryption_certificate;
}

/* RFC 8551 2.5.3: [0] IssuerAndSerialNumber, [1] RecipientKeyIdentifier, [2] SubjectKeyIdentifier,
 * implicit all three. */
static bool read_encryption_key(reading *r, const sn_ber_item *value)
{
	sn_cms_identifier id = { .is_key_id = true, .key_id = value->contents };
	sn_ber_list fields = sn_ber_list_of(value->contents, 0);
	sn_ber_item key_id;

	if (value->tag == SN_BER_CONTEXT_CONSTRUCTED(0))
		return read_identifier(r, value);
	if (value->tag == SN_BER_CONTEXT_CONSTRUCTED(1)) {
		if (sn_ber_list_expect(&fields, SN_BER_OCTET_STRING, "identifier", &key_id, NULL) !=
		    SIGNET_OK)
			return false;
		id.key_id = key_id.contents;
	} else if (value->tag != SN_BER_CONTEXT(2)) {
		return false;
	}
	r->attributes.has_encryption_certificate = true;
	r->attributes.encryption_certificate = id;
	return true;
}

/* Microsoft's own, the bare IssuerAndSerialNumber; the standard one goes before it. */
static bool read_encryption_key_microsoft(reading *r, const sn_ber_item *value)
{
	if (value->tag != SN_BER_SEQUENCE)
		return false;
	return r->attributes.has_encryption_certificate || read_identifier(r, value);
}

/* RFC 5035 goes before RFC 2634: its hash can be a better one. */
static bool read_signing_certificate(reading *r, const sn_ber_item *value)
{
	if (!r->attributes.is_signing_certificate_v2) {
		r->attributes.has_signing_certificate = true;
		r->attributes.signing_certificate = value->der;
	}
	return value->tag == SN_BER_SEQUENCE;
}

static bool read_signing_certificate_v2(reading *r, const sn_ber_item *value)
{
	r->attributes.has_signing_certificate = true;
	r->attributes.is_signing_certificate_v2 = true;
	r->attributes.signing_certificate = value->der;
	return value->tag == SN_BER_SEQUENCE;
}

/* RFC 5652 11.4: a countersignature is an unsigned attribute. */
static bool refuse(reading *r, const sn_ber_item *value)
{
	(void)value;
	if (r->form == NULL)
		r->form = "countersignature-signed";
	return true;
}

static const struct {
	const sn_span *oid;
	read_value read;
} known[] = {
	{ &sn_cms_oid_content_type, read_content_type },
	{ &sn_cms_oid_message_digest, read_message_digest },
	{ &sn_cms_oid_signing_time, read_signing_time },
	{ &sn_cms_oid_capabilities, read_capabilities },
	{ &sn_cms_oid_encryption_key, read_encryption_key },
	{ &sn_cms_oid_encryption_key_microsoft, read_encryption_key_microsoft },
	{ &sn_cms_oid_signing_certificate, read_signing_certificate },
	{ &sn_cms_oid_signing_certificate_v2, read_signing_certificate_v2 },
	{ &sn_cms_oid_countersignature, refuse },
};

/*
 * RFC 5652 11.1 to 11.3, RFC 8551 2.5, RFC 2634 5.4: each of these comes once, with one value. Of
 * those that come twice neither counts.
 */
static void read_known(reading *r, size_t row, sn_ber_list values)
{
	sn_ber_item value;
	const uint32_t bit = (uint32_t)1 << row;

	if ((r->seen & bit) != 0 || sn_ber_list_is_empty(&values)) {
		r->form = "attribute-repeated";
		return;
	}
	r->seen |= bit;
	if (sn_ber_list_next(&values, "an attribute value", &value, NULL) != SIGNET_OK ||
	    !known[row].read(r, &value)) {
		if (r->form == NULL)
			r->form = "attribute-malformed";
	} else if (!sn_ber_list_is_empty(&values)) {
		r->form = "attribute-repeated";
	}
}

/* Attribute ::= SEQUENCE { attrType, attrValues SET OF }; those not known are skipped. */
static signet_status read_attribute(reading *r, sn_ber_list *list, signet_error *err)
{
	sn_ber_item attribute;
	sn_ber_item type;
	sn_ber_item values;
	sn_ber_list fields;
	signet_status status =
	    sn_ber_list_expect(list, SN_BER_SEQUENCE, "an attribute", &attribute, err);

	if (status != SIGNET_OK)
		return status;
	fields = sn_ber_list_in(list, &attribute);
	status = sn_ber_list_expect(&fields, SN_BER_OID, "attrType", &type, err);
	if (status == SIGNET_OK)
		status = sn_ber_list_expect(&fields, SN_BER_SET, "attrValues", &values, err);
	if (status == SIGNET_OK)
		status = sn_ber_list_end(&fields, "an attribute", err);
	if (status != SIGNET_OK)
		return status;
	for (size_t row = 0; row < sizeof(known) / sizeof(known[0]); row++)
		if (sn_span_equal(type.contents, *known[row].oid))
			read_known(r, row, sn_ber_list_in(&fields, &values));
	return SIGNET_OK;
}

signet_status sn_cms_attributes_read(const sn_cms_signer *signer, sn_cms_attributes *attributes_out,
    const char **form_out, signet_error *err)
{
	reading r = { 0 };
	sn_ber_list list = sn_ber_list_of(signer->signed_attributes, 0);

	while (!sn_ber_list_is_empty(&list)) {
		const signet_status status = read_attribute(&r, &list, err);

		if (status != SIGNET_OK)
			return status;
	}
	/* RFC 5652 5.3: where there are signed attributes, these two are among them */
	if (signer->has_signed_attributes && r.form == NULL) {
		if (!r.attributes.has_content_type)
			r.form = "content-type-missing";
		else if (!r.attributes.has_message_digest)
			r.form = "message-digest-missing";
	}
	*attributes_out = r.attributes;
	*form_out = r.form;
	return SIGNET_OK;
}

bool sn_cms_attribute_must_be_signed(sn_span type)
{
	return sn_span_equal(type, sn_cms_oid_content_type) ||
	       sn_span_equal(type, sn_cms_oid_message_digest) ||
	       sn_span_equal(type, sn_cms_oid_signing_time);
}
