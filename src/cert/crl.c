/* Writing revocation lists (RFC 5280 5). */
#include <string.h>

#include "base/ascii.h"
#include "cert/issue.h"
#include "cert/issue_int.h"

enum { SERIAL_MAX = 64, REASON_MAX = 10, REASON_UNUSED = 7, TBS_OVERHEAD = 64 << 10, ENTRY_MAX = 160 };

/* reasonCode (RFC 5280 5.3.1); unspecified is said by leaving it out. */
static void write_reason(sn_ber_writer *writer, int reason)
{
	const uint8_t octet = (uint8_t)reason;
	const size_t mark = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	const sn_extension extension = sn_extension_begin_ce(writer, 21, false);

	sn_ber_writer_item(writer, SN_BER_ENUMERATED, (sn_span){ &octet, 1 });
	sn_extension_end(writer, extension);
	sn_ber_writer_end(writer, mark);
}

static signet_status write_entry(sn_ber_writer *writer, const sn_crl_entry *entry,
    signet_error *err)
{
	uint8_t serial[1 + SERIAL_MAX] = { 0 };
	size_t size;
	size_t from;
	size_t mark;

	if (!sn_hex_decode(entry->serial, strlen(entry->serial), serial + 1, SERIAL_MAX, &size) ||
	    size == 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "\"%.80s\" is not a serial number in hex", entry->serial);
	if (entry->reason < -1 || entry->reason > REASON_MAX || entry->reason == REASON_UNUSED)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "%d is not a reason for a revocation", entry->reason);
	/* the shortest form of a positive INTEGER */
	for (from = 1; from < size && serial[from] == 0; from++)
		;
	if ((serial[from] & 0x80) != 0)
		from--;
	mark = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(writer, SN_BER_INTEGER, (sn_span){ serial + from, size + 1 - from });
	sn_ber_writer_time(writer, entry->revoked_at);
	if (entry->reason > 0)
		write_reason(writer, entry->reason);
	sn_ber_writer_end(writer, mark);
	return SIGNET_OK;
}

/* RFC 5280 5.1.2.6: no entries, no list. */
static signet_status write_entries(sn_ber_writer *writer, const sn_crl_entry *entries, size_t count,
    signet_error *err)
{
	size_t mark;
	signet_status status = SIGNET_OK;

	if (count == 0)
		return SIGNET_OK;
	mark = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	for (size_t i = 0; i < count && status == SIGNET_OK; i++)
		status = write_entry(writer, &entries[i], err);
	sn_ber_writer_end(writer, mark);
	return status;
}

static void write_extensions(sn_ber_writer *writer, const signet_cert *issuer, uint64_t number)
{
	const size_t tagged = sn_ber_writer_begin(writer, SN_BER_CONTEXT_CONSTRUCTED(0));
	const size_t sequence = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	sn_extension extension;

	sn_extension_authority(writer, sn_cert_key_id(issuer));
	extension = sn_extension_begin_ce(writer, 20, false);
	sn_ber_writer_uint(writer, number);
	sn_extension_end(writer, extension);
	sn_ber_writer_end(writer, sequence);
	sn_ber_writer_end(writer, tagged);
}

signet_status sn_crl_make(signet_context *ctx, const signet_cert *issuer, const signet_key *key,
    const sn_crl_entry *entries, size_t count, uint64_t number, int64_t this_update,
    int64_t next_update, sn_buf *out, signet_error *err)
{
	sn_signature_plan plan;
	sn_ber_writer writer;
	sn_buf tbs;
	size_t mark;
	signet_status status;

	if (!signet_cert_has_key(issuer, key))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the private key does not belong to the certificate of %.120s",
		    signet_cert_subject(issuer));
	if (count > (SIZE_MAX - TBS_OVERHEAD) / ENTRY_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET, "too many revocations");
	sn_buf_init(&tbs, ctx, TBS_OVERHEAD + count * ENTRY_MAX, "a revocation list");
	status = sn_signature_plan_make(key, NULL, &plan, err);
	if (status != SIGNET_OK)
		return status;
	sn_ber_writer_init(&writer, &tbs, err);
	mark = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_uint(&writer, 1);
	sn_ber_writer_raw(
	    &writer, (sn_span){ plan.signature_identifier, plan.signature_identifier_size });
	sn_ber_writer_raw(&writer, sn_cert_subject_der(issuer));
	sn_ber_writer_time(&writer, this_update);
	sn_ber_writer_time(&writer, next_update);
	status = write_entries(&writer, entries, count, err);
	if (status != SIGNET_OK)
		goto out;
	write_extensions(&writer, issuer, number);
	sn_ber_writer_end(&writer, mark);
	status = sn_ber_writer_finish(&writer);
	if (status == SIGNET_OK)
		status = sn_signed_write(key, &plan, (sn_span){ tbs.data, tbs.size }, out, err);
out:
	sn_buf_clear(&tbs);
	return status;
}
