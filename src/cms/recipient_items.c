/* RecipientInfo (RFC 5652 6.2, RFC 9629 3): which kinds there are, and what each holds. */
#include "cms/cms_int.h"

typedef signet_status (*read_fields)(
    sn_ber_list *fields, sn_cms_recipient *recipient, sn_ber_list *keys_out, signet_error *err);

static signet_status read_version(
    sn_ber_list *fields, sn_cms_recipient *recipient, signet_error *err)
{
	sn_ber_item item;
	uint64_t number;
	const signet_status status =
	    sn_ber_list_expect(fields, SN_BER_INTEGER, "version of RecipientInfo", &item, err);

	if (status != SIGNET_OK)
		return status;
	if (!sn_ber_uint_read(item.contents, UINT16_MAX, &number))
		return signet_fail(err, SIGNET_E_MALFORMED, fields->offset,
		    "the version of RecipientInfo is malformed");
	recipient->version = (unsigned)number;
	return SIGNET_OK;
}

/* The tail that most kinds have. */
static signet_status read_encrypted_key(
    sn_ber_list *fields, sn_cms_recipient *recipient, signet_error *err)
{
	sn_ber_item item;
	signet_status status =
	    sn_ber_list_expect(fields, SN_BER_OCTET_STRING, "encryptedKey", &item, err);

	if (status != SIGNET_OK)
		return status;
	recipient->encrypted_key = item.contents;
	return sn_ber_list_end(fields, "RecipientInfo", err);
}

static signet_status read_algorithm_and_key(
    sn_ber_list *fields, sn_cms_recipient *recipient, signet_error *err)
{
	const signet_status status = sn_cms_algorithm_read(
	    fields, "keyEncryptionAlgorithm", &recipient->key_encryption, err);

	if (status != SIGNET_OK)
		return status;
	return read_encrypted_key(fields, recipient, err);
}

/* RecipientIdentifier, or the same two of OriginatorIdentifierOrKey: issuerAndSerialNumber or
 * [0] SubjectKeyIdentifier. */
static signet_status read_identifier(
    sn_ber_list *fields, sn_cms_identifier *id_out, signet_error *err)
{
	sn_ber_item item;
	const signet_status status =
	    sn_ber_list_next(fields, "the recipient identifier", &item, err);

	if (status != SIGNET_OK)
		return status;
	if (item.tag == SN_BER_SEQUENCE)
		return sn_cms_issuer_serial_read(fields, &item, id_out, err);
	if (item.tag != SN_BER_CONTEXT(0))
		return signet_fail(err, SIGNET_E_MALFORMED, fields->offset - item.der.size,
		    "a recipient identifier has the unknown tag 0x%02x", (unsigned)item.tag);
	*id_out = (sn_cms_identifier){ .is_key_id = true, .key_id = item.contents };
	return SIGNET_OK;
}

/* RFC 5652 6.2.1 */
static signet_status read_transport(
    sn_ber_list *fields, sn_cms_recipient *recipient, sn_ber_list *keys_out, signet_error *err)
{
	signet_status status = read_version(fields, recipient, err);

	(void)keys_out;
	if (status == SIGNET_OK)
		status = read_identifier(fields, &recipient->id, err);
	if (status != SIGNET_OK)
		return status;
	return read_algorithm_and_key(fields, recipient, err);
}

/* OriginatorPublicKey: algorithm, and the point as a BIT STRING. */
static signet_status read_originator_key(
    sn_ber_list fields, sn_cms_recipient *recipient, signet_error *err)
{
	sn_ber_item item;
	signet_status status = sn_cms_algorithm_read(
	    &fields, "algorithm of originatorKey", &recipient->originator_algorithm, err);

	if (status != SIGNET_OK)
		return status;
	status = sn_ber_list_expect(
	    &fields, SN_BER_BIT_STRING, "publicKey of originatorKey", &item, err);
	if (status != SIGNET_OK)
		return status;
	if (!sn_ber_bit_string_read(item.contents, &recipient->originator_point))
		return signet_fail(err, SIGNET_E_MALFORMED, fields.offset,
		    "the publicKey of originatorKey is not whole octets");
	recipient->originator = SN_CMS_ORIGINATOR_KEY;
	return sn_ber_list_end(&fields, "originatorKey", err);
}

static signet_status read_originator(
    sn_ber_list *fields, sn_cms_recipient *recipient, signet_error *err)
{
	sn_ber_item outer;
	sn_ber_item item;
	sn_ber_list inner;
	signet_status status =
	    sn_ber_list_expect(fields, SN_BER_CONTEXT_CONSTRUCTED(0), "originator", &outer, err);

	if (status != SIGNET_OK)
		return status;
	inner = sn_ber_list_in(fields, &outer);
	if (!sn_ber_list_has(&inner, SN_BER_CONTEXT_CONSTRUCTED(1))) {
		recipient->originator = SN_CMS_ORIGINATOR_ID;
		status = read_identifier(&inner, &recipient->originator_id, err);
	} else {
		status = sn_ber_list_next(&inner, "originatorKey", &item, err);
		if (status == SIGNET_OK)
			status = read_originator_key(sn_ber_list_in(&inner, &item), recipient, err);
	}
	if (status != SIGNET_OK)
		return status;
	return sn_ber_list_end(&inner, "originator", err);
}

/* ukm under tag: [1] in key agreement, [0] in KEMRecipientInfo. */
static signet_status read_ukm(
    sn_ber_list *fields, unsigned tag, sn_cms_recipient *recipient, signet_error *err)
{
	sn_ber_item outer;
	sn_ber_item item;
	sn_ber_list inner;
	signet_status status = sn_ber_list_optional(
	    fields, tag, "ukm", &outer, &recipient->has_ukm, err);

	if (status != SIGNET_OK || !recipient->has_ukm)
		return status;
	inner = sn_ber_list_in(fields, &outer);
	status = sn_ber_list_expect(&inner, SN_BER_OCTET_STRING, "ukm", &item, err);
	if (status != SIGNET_OK)
		return status;
	recipient->ukm = item.contents;
	return sn_ber_list_end(&inner, "ukm", err);
}

/* RFC 5652 6.2.2 */
static signet_status read_agreement(
    sn_ber_list *fields, sn_cms_recipient *recipient, sn_ber_list *keys_out, signet_error *err)
{
	sn_ber_item keys;
	signet_status status = read_version(fields, recipient, err);

	if (status == SIGNET_OK)
		status = read_originator(fields, recipient, err);
	if (status == SIGNET_OK)
		status = read_ukm(fields, SN_BER_CONTEXT_CONSTRUCTED(1), recipient, err);
	if (status == SIGNET_OK)
		status = sn_cms_algorithm_read(
		    fields, "keyEncryptionAlgorithm", &recipient->key_encryption, err);
	if (status == SIGNET_OK)
		status = sn_ber_list_expect(
		    fields, SN_BER_SEQUENCE, "recipientEncryptedKeys", &keys, err);
	if (status != SIGNET_OK)
		return status;
	*keys_out = sn_ber_list_in(fields, &keys);
	if (sn_ber_list_is_empty(keys_out))
		return signet_fail(
		    err, SIGNET_E_MALFORMED, keys_out->offset, "recipientEncryptedKeys is empty");
	return sn_ber_list_end(fields, "KeyAgreeRecipientInfo", err);
}

/* RecipientKeyIdentifier and KEKIdentifier: the identifier, then date and other, not used. */
static signet_status read_key_id(const sn_ber_list *fields, const sn_ber_item *item,
    sn_cms_identifier *id_out, signet_error *err)
{
	sn_ber_list inner = sn_ber_list_in(fields, item);
	sn_ber_item key_id;
	const signet_status status =
	    sn_ber_list_expect(&inner, SN_BER_OCTET_STRING, "the key identifier", &key_id, err);

	if (status == SIGNET_OK)
		*id_out = (sn_cms_identifier){ .is_key_id = true, .key_id = key_id.contents };
	return status;
}

signet_status sn_cms_recipient_read_key(
    sn_ber_list *keys, sn_cms_recipient *recipient, signet_error *err)
{
	sn_ber_item key;
	sn_ber_item rid;
	sn_ber_list fields;
	signet_status status =
	    sn_ber_list_expect(keys, SN_BER_SEQUENCE, "RecipientEncryptedKey", &key, err);

	if (status != SIGNET_OK)
		return status;
	fields = sn_ber_list_in(keys, &key);
	status = sn_ber_list_next(&fields, "rid", &rid, err);
	if (status != SIGNET_OK)
		return status;
	if (rid.tag == SN_BER_SEQUENCE)
		status = sn_cms_issuer_serial_read(&fields, &rid, &recipient->id, err);
	else if (rid.tag == SN_BER_CONTEXT_CONSTRUCTED(0))
		status = read_key_id(&fields, &rid, &recipient->id, err);
	else
		status = signet_fail(err, SIGNET_E_MALFORMED, fields.offset - rid.der.size,
		    "rid has the unknown tag 0x%02x", (unsigned)rid.tag);
	if (status != SIGNET_OK)
		return status;
	return read_encrypted_key(&fields, recipient, err);
}

/* RFC 5652 6.2.3 */
static signet_status read_kek(
    sn_ber_list *fields, sn_cms_recipient *recipient, sn_ber_list *keys_out, signet_error *err)
{
	sn_ber_item item;
	signet_status status = read_version(fields, recipient, err);

	(void)keys_out;
	if (status == SIGNET_OK)
		status = sn_ber_list_expect(fields, SN_BER_SEQUENCE, "kekid", &item, err);
	if (status == SIGNET_OK)
		status = read_key_id(fields, &item, &recipient->id, err);
	if (status != SIGNET_OK)
		return status;
	return read_algorithm_and_key(fields, recipient, err);
}

/* RFC 5652 6.2.4 */
static signet_status read_password(
    sn_ber_list *fields, sn_cms_recipient *recipient, sn_ber_list *keys_out, signet_error *err)
{
	sn_ber_item item;
	signet_status status = read_version(fields, recipient, err);

	(void)keys_out;
	if (status == SIGNET_OK)
		status = sn_ber_list_optional(fields, SN_BER_CONTEXT_CONSTRUCTED(0),
		    "keyDerivationAlgorithm", &item, &recipient->has_key_derivation, err);
	if (status == SIGNET_OK && recipient->has_key_derivation)
		status = sn_cms_algorithm_read_fields(
		    fields, &item, "keyDerivationAlgorithm", &recipient->key_derivation, err);
	if (status != SIGNET_OK)
		return status;
	return read_algorithm_and_key(fields, recipient, err);
}

/* kekLength, 1 to 65535. */
static signet_status read_kek_size(
    sn_ber_list *fields, sn_cms_recipient *recipient, signet_error *err)
{
	sn_ber_item item;
	uint64_t number;
	const signet_status status =
	    sn_ber_list_expect(fields, SN_BER_INTEGER, "kekLength", &item, err);

	if (status != SIGNET_OK)
		return status;
	if (!sn_ber_uint_read(item.contents, UINT16_MAX, &number) || number == 0)
		return signet_fail(err, SIGNET_E_MALFORMED, fields->offset,
		    "the kekLength of KEMRecipientInfo is not 1 to 65535");
	recipient->kek_size = (size_t)number;
	return SIGNET_OK;
}

/* RFC 9629 3: version, rid, kem, kemct, kdf, kekLength, ukm [0], wrap, encryptedKey */
static signet_status read_kem(sn_ber_list fields, sn_cms_recipient *recipient, signet_error *err)
{
	sn_ber_item item;
	signet_status status = read_version(&fields, recipient, err);

	if (status == SIGNET_OK)
		status = read_identifier(&fields, &recipient->id, err);
	if (status == SIGNET_OK)
		status = sn_cms_algorithm_read(&fields, "kem", &recipient->key_encryption, err);
	if (status == SIGNET_OK)
		status = sn_ber_list_expect(&fields, SN_BER_OCTET_STRING, "kemct", &item, err);
	if (status != SIGNET_OK)
		return status;
	recipient->encapsulated = item.contents;
	recipient->has_key_derivation = true;
	status = sn_cms_algorithm_read(&fields, "kdf", &recipient->key_derivation, err);
	if (status == SIGNET_OK)
		status = read_kek_size(&fields, recipient, err);
	if (status == SIGNET_OK)
		status = read_ukm(&fields, SN_BER_CONTEXT_CONSTRUCTED(0), recipient, err);
	if (status == SIGNET_OK)
		status = sn_cms_algorithm_read(&fields, "wrap", &recipient->wrap, err);
	return status == SIGNET_OK ? read_encrypted_key(&fields, recipient, err) : status;
}

/* RFC 5652 6.2.5. Of others than KEMRecipientInfo nothing is known. */
static signet_status read_other(
    sn_ber_list *fields, sn_cms_recipient *recipient, sn_ber_list *keys_out, signet_error *err)
{
	sn_ber_item type;
	sn_ber_item value;
	signet_status status = sn_ber_list_expect(fields, SN_BER_OID, "oriType", &type, err);

	(void)keys_out;
	if (status == SIGNET_OK)
		status = sn_ber_list_next(fields, "oriValue", &value, err);
	if (status == SIGNET_OK)
		status = sn_ber_list_end(fields, "OtherRecipientInfo", err);
	if (status != SIGNET_OK || !sn_span_equal(type.contents, sn_cms_oid_kem))
		return status;
	if (value.tag != SN_BER_SEQUENCE)
		return signet_fail(err, SIGNET_E_MALFORMED, fields->offset - value.der.size,
		    "KEMRecipientInfo has the tag 0x%02x", (unsigned)value.tag);
	recipient->kind = SN_CMS_KEM;
	return read_kem(sn_ber_list_in(fields, &value), recipient, err);
}

static const struct {
	uint32_t tag;
	sn_cms_recipient_kind kind;
	read_fields read;
} kinds[] = {
	{ SN_BER_SEQUENCE, SN_CMS_KEY_TRANSPORT, read_transport },
	{ SN_BER_CONTEXT_CONSTRUCTED(1), SN_CMS_KEY_AGREEMENT, read_agreement },
	{ SN_BER_CONTEXT_CONSTRUCTED(2), SN_CMS_KEK, read_kek },
	{ SN_BER_CONTEXT_CONSTRUCTED(3), SN_CMS_PASSWORD, read_password },
	{ SN_BER_CONTEXT_CONSTRUCTED(4), SN_CMS_OTHER_RECIPIENT, read_other },
};

signet_status sn_cms_recipient_read(sn_ber_list list, const sn_ber_item *item,
    sn_cms_recipient *recipient_out, sn_ber_list *keys_out, signet_error *err)
{
	sn_cms_recipient recipient = { .kind = SN_CMS_OTHER_RECIPIENT, .der = item->der };
	sn_ber_list fields = sn_ber_list_in(&list, item);
	sn_ber_list keys = { 0 };
	signet_status status = SIGNET_OK;

	/* a kind that later RFCs add is skipped: the message may be for others */
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].tag != item->tag)
			continue;
		recipient.kind = kinds[i].kind;
		status = kinds[i].read(&fields, &recipient, &keys, err);
	}
	if (status != SIGNET_OK)
		return status;
	*recipient_out = recipient;
	*keys_out = keys;
	return SIGNET_OK;
}
