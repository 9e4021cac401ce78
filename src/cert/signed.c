/* A signed structure of X.509 and its extensions (RFC 5280 4.1, 5.1). */
#include "cert/issue_int.h"

enum { SIGNATURE_MAX = 64 << 10 };

sn_extension sn_extension_begin(sn_ber_writer *writer, sn_span oid, bool critical)
{
	static const uint8_t yes = 0xff;
	sn_extension extension;

	extension.sequence = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(writer, SN_BER_OID, oid);
	if (critical)
		sn_ber_writer_item(writer, SN_BER_BOOLEAN, (sn_span){ &yes, 1 });
	extension.value = sn_ber_writer_begin(writer, SN_BER_OCTET_STRING);
	return extension;
}

void sn_extension_end(sn_ber_writer *writer, sn_extension extension)
{
	sn_ber_writer_end(writer, extension.value);
	sn_ber_writer_end(writer, extension.sequence);
}

sn_extension sn_extension_begin_ce(sn_ber_writer *writer, uint8_t arc, bool critical)
{
	const uint8_t oid[] = { 0x55, 0x1d, arc };

	return sn_extension_begin(writer, (sn_span){ oid, sizeof(oid) }, critical);
}

void sn_extension_authority(sn_ber_writer *writer, sn_span key_id)
{
	const sn_extension extension = sn_extension_begin_ce(writer, 35, false);
	const size_t mark = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);

	sn_ber_writer_item(writer, SN_BER_CONTEXT(0), key_id);
	sn_ber_writer_end(writer, mark);
	sn_extension_end(writer, extension);
}

signet_status sn_signed_write(const signet_key *key, const sn_signature_plan *plan, sn_span tbs,
    sn_buf *out, signet_error *err)
{
	return sn_signed_write_with(key, plan, tbs, (sn_span){ NULL, 0 }, out, err);
}

signet_status sn_signed_write_with(const signet_key *key, const sn_signature_plan *plan,
    sn_span tbs, sn_span more, sn_buf *out, signet_error *err)
{
	static const uint8_t no_unused_bits = 0;
	sn_ber_writer writer;
	sn_buf signature;
	size_t sequence, bits;
	signet_status status;

	sn_buf_init(&signature, out->ctx, SIGNATURE_MAX, "a signature");
	status = sn_signature_make(key, plan, tbs, &signature, err);
	if (status != SIGNET_OK)
		goto out;
	sn_ber_writer_init(&writer, out, err);
	sequence = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_raw(&writer, tbs);
	sn_ber_writer_raw(
	    &writer, (sn_span){ plan->signature_identifier, plan->signature_identifier_size });
	bits = sn_ber_writer_begin(&writer, SN_BER_BIT_STRING);
	sn_ber_writer_raw(&writer, (sn_span){ &no_unused_bits, 1 });
	sn_ber_writer_raw(&writer, (sn_span){ signature.data, signature.size });
	sn_ber_writer_end(&writer, bits);
	if (more.size != 0)
		sn_ber_writer_raw(&writer, more);
	sn_ber_writer_end(&writer, sequence);
	status = sn_ber_writer_finish(&writer);
out:
	sn_buf_clear(&signature);
	return status;
}
