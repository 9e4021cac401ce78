#include "cert/issue.h"

#include <string.h>

#include "base/mem.h"
#include "cert/issue_int.h"
#include "crypt/digest.h"
#include "crypt/evp.h"

enum { CERT_MAX = 1 << 20, SERIAL_SIZE = 16, COMMON_NAME_MAX = 64 };

/* RFC 5280 4.2.1.3: bits of keyUsage, the first in the highest place. */
enum {
	DIGITAL_SIGNATURE = 0x80,
	KEY_ENCIPHERMENT = 0x20,
	KEY_AGREEMENT = 0x08,
	KEY_CERT_SIGN = 0x04,
	CRL_SIGN = 0x02
};

/* What one certificate is written from; spans live as long as the call. */
typedef struct issuing {
	const sn_issue_request *request;
	sn_span issuer_name;
	sn_span issuer_key_id;
	sn_span key_info;
	uint8_t key_id[SN_CERT_KEY_ID_DIGEST];
	sn_signature_plan plan;
	uint8_t usage;
	bool is_ca;
	bool has_subject;
} issuing;

static signet_status plan_usage(issuing *plan, signet_error *err)
{
	const char *kind = sn_public_key_kind(plan->request->public_key);
	const bool signs = kind[0] != 'x';
	const uint8_t encrypt = strcmp(kind, "rsa") == 0 ? KEY_ENCIPHERMENT
	    : strcmp(kind, "ec") == 0 || kind[0] == 'x'	 ? KEY_AGREEMENT
							 : 0;
	const uint8_t sign = signs ? DIGITAL_SIGNATURE : 0;

	switch (plan->request->profile) {
	case SN_ISSUE_ROOT:
	case SN_ISSUE_INTERMEDIATE:
		plan->is_ca = true;
		plan->usage = signs ? KEY_CERT_SIGN | CRL_SIGN : 0;
		break;
	case SN_ISSUE_OCSP:
	case SN_ISSUE_SIGN: plan->usage = sign; break;
	case SN_ISSUE_ENCRYPT: plan->usage = encrypt; break;
	case SN_ISSUE_BOTH: plan->usage = sign | encrypt; break;
	}
	if (plan->usage == 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a key of kind %s cannot do what the certificate is for", kind);
	return SIGNET_OK;
}

/* A named bit list has no zero bits at its end (X.690 11.2.2). */
static void write_key_usage(sn_ber_writer *writer, uint8_t usage)
{
	const sn_extension extension = sn_extension_begin_ce(writer, 15, true);
	uint8_t bits[2] = { 0, usage };

	while ((usage >> bits[0] & 1) == 0)
		bits[0]++;
	sn_ber_writer_item(writer, SN_BER_BIT_STRING, (sn_span){ bits, sizeof(bits) });
	sn_extension_end(writer, extension);
}

static void write_email_protection(sn_ber_writer *writer)
{
	sn_extension_mail_usage(writer, false);
}

static void write_key_ids(sn_ber_writer *writer, const issuing *plan)
{
	const sn_extension extension = sn_extension_begin_ce(writer, 14, false);

	sn_ber_writer_item(
	    writer, SN_BER_OCTET_STRING, (sn_span){ plan->key_id, sizeof(plan->key_id) });
	sn_extension_end(writer, extension);
	sn_extension_authority(writer, plan->issuer_key_id);
}

/* RFC 9598 3: rfc822Name where the local part is ASCII; the domain is A-labels in both. */
static signet_status write_address(sn_ber_writer *writer, const char *address, signet_error *err)
{
	/* id-on-SmtpUTF8Mailbox 1.3.6.1.5.5.7.8.9 */
	static const uint8_t oid[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x09 };
	const char *at = strrchr(address, '@');
	char domain[SN_EMAIL_DOMAIN];
	bool is_ascii = true;
	size_t outer = 0, value = 0, mailbox;

	if (!sn_email_is_valid(address) || !sn_email_domain_ascii(at + 1, domain))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "\"%.120s\" is not an e-mail address", address);
	for (const char *p = address; p < at; p++)
		is_ascii = is_ascii && (uint8_t)*p < 0x80;
	if (!is_ascii) {
		outer = sn_ber_writer_begin(writer, SN_BER_CONTEXT_CONSTRUCTED(0));
		sn_ber_writer_item(writer, SN_BER_OID, (sn_span){ oid, sizeof(oid) });
		value = sn_ber_writer_begin(writer, SN_BER_CONTEXT_CONSTRUCTED(0));
	}
	mailbox = sn_ber_writer_begin(writer, is_ascii ? SN_BER_CONTEXT(1) : SN_BER_UTF8_STRING);
	sn_ber_writer_raw(writer, (sn_span){ (const uint8_t *)address, (size_t)(at + 1 - address) });
	sn_ber_writer_raw(writer, (sn_span){ (const uint8_t *)domain, strlen(domain) });
	sn_ber_writer_end(writer, mailbox);
	if (!is_ascii) {
		sn_ber_writer_end(writer, value);
		sn_ber_writer_end(writer, outer);
	}
	return SIGNET_OK;
}

/* RFC 5280 4.2.1.6: critical when the subject is empty. */
static signet_status write_addresses(sn_ber_writer *writer, const issuing *plan, signet_error *err)
{
	const sn_issue_request *request = plan->request;
	const sn_extension extension = sn_extension_begin_ce(writer, 17, !plan->has_subject);
	const size_t mark = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < request->address_count && status == SIGNET_OK; i++)
		status = write_address(writer, request->addresses[i], err);
	sn_ber_writer_end(writer, mark);
	sn_extension_end(writer, extension);
	return status;
}

static signet_status write_extensions(sn_ber_writer *writer, const issuing *plan, signet_error *err)
{
	const sn_issue_request *request = plan->request;
	const size_t tagged = sn_ber_writer_begin(writer, SN_BER_CONTEXT_CONSTRUCTED(3));
	const size_t sequence = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	signet_status status = SIGNET_OK;

	sn_extension_basic_constraints(writer, request, plan->is_ca);
	write_key_usage(writer, plan->usage);
	switch (request->profile) {
	case SN_ISSUE_ROOT: break;
	case SN_ISSUE_INTERMEDIATE: sn_extension_mail_usage(writer, true); break;
	case SN_ISSUE_OCSP: sn_extension_ocsp(writer); break;
	case SN_ISSUE_SIGN:
	case SN_ISSUE_ENCRYPT:
	case SN_ISSUE_BOTH: write_email_protection(writer); break;
	}
	if (request->address_count != 0)
		status = write_addresses(writer, plan, err);
	write_key_ids(writer, plan);
	if (status == SIGNET_OK && plan->is_ca && request->domain_count != 0)
		status = sn_extension_name_constraints(writer, request, err);
	if (status == SIGNET_OK && request->policy_count != 0)
		status = sn_extension_policies(writer, request, err);
	sn_extension_places(writer, request);
	sn_ber_writer_end(writer, sequence);
	sn_ber_writer_end(writer, tagged);
	return status;
}

/* CN=address; a name that is too long for a CN (RFC 5280 A.1: 64) leaves the subject empty. */
static void write_address_subject(sn_ber_writer *writer, const char *address)
{
	static const uint8_t common_name[] = { 0x55, 0x04, 0x03 };
	const size_t size = address != NULL ? strlen(address) : 0;
	const size_t name = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);

	if (size != 0 && size <= COMMON_NAME_MAX) {
		const size_t set = sn_ber_writer_begin(writer, SN_BER_SET);
		const size_t attribute = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);

		sn_ber_writer_item(
		    writer, SN_BER_OID, (sn_span){ common_name, sizeof(common_name) });
		sn_ber_writer_item(
		    writer, SN_BER_UTF8_STRING, (sn_span){ (const uint8_t *)address, size });
		sn_ber_writer_end(writer, attribute);
		sn_ber_writer_end(writer, set);
	}
	sn_ber_writer_end(writer, name);
}

static signet_status write_subject(const sn_issue_request *request, sn_buf *name, signet_error *err)
{
	sn_ber_writer writer;
	signet_status status = SIGNET_OK;

	sn_ber_writer_init(&writer, name, err);
	if (request->subject_der.size != 0)
		sn_ber_writer_raw(&writer, request->subject_der);
	else if (request->subject != NULL)
		status = sn_name_write(&writer, request->subject, err);
	else
		write_address_subject(
		    &writer, request->address_count != 0 ? request->addresses[0] : NULL);
	return status == SIGNET_OK ? sn_ber_writer_finish(&writer) : status;
}

static void write_validity(sn_ber_writer *writer, const sn_issue_request *request)
{
	const size_t validity = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);

	sn_ber_writer_time(writer, request->not_before);
	sn_ber_writer_time(writer, request->not_after);
	sn_ber_writer_end(writer, validity);
}

static signet_status write_tbs(const issuing *plan, sn_span subject, sn_span serial, sn_buf *tbs,
    signet_error *err)
{
	sn_ber_writer writer;
	size_t sequence, version;
	signet_status status;

	sn_ber_writer_init(&writer, tbs, err);
	sequence = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	version = sn_ber_writer_begin(&writer, SN_BER_CONTEXT_CONSTRUCTED(0));
	sn_ber_writer_uint(&writer, 2);
	sn_ber_writer_end(&writer, version);
	sn_ber_writer_item(&writer, SN_BER_INTEGER, serial);
	sn_ber_writer_raw(&writer,
	    (sn_span){ plan->plan.signature_identifier, plan->plan.signature_identifier_size });
	sn_ber_writer_raw(&writer, plan->issuer_name.size != 0 ? plan->issuer_name : subject);
	write_validity(&writer, plan->request);
	sn_ber_writer_raw(&writer, subject);
	sn_ber_writer_raw(&writer, plan->key_info);
	status = write_extensions(&writer, plan, err);
	sn_ber_writer_end(&writer, sequence);
	return status == SIGNET_OK ? sn_ber_writer_finish(&writer) : status;
}

/* SHA-1 of the bits of subjectPublicKey (RFC 5280 4.2.1.2 (1)). */
static signet_status make_key_id(signet_context *ctx, issuing *plan, signet_error *err)
{
	sn_ber_list outer = sn_ber_list_of(plan->key_info, 0);
	sn_ber_list fields;
	sn_ber_item item, bits;
	sn_span octets;
	size_t size;
	signet_status status;

	status = sn_ber_list_expect(&outer, SN_BER_SEQUENCE, "a public key", &item, err);
	if (status != SIGNET_OK)
		return status;
	fields = sn_ber_list_in(&outer, &item);
	status = sn_ber_list_expect(&fields, SN_BER_SEQUENCE, "the algorithm of a key", &item, err);
	if (status != SIGNET_OK)
		return status;
	status = sn_ber_list_expect(&fields, SN_BER_BIT_STRING, "the bits of a key", &bits, err);
	if (status != SIGNET_OK)
		return status;
	if (!sn_ber_bit_string_read(bits.contents, &octets))
		return signet_fail(err, SIGNET_E_MALFORMED, 0, "a public key is not whole octets");
	return sn_digest_once(ctx, sn_alg_by_name(SN_ALG_DIGEST, "sha1"), octets.data, octets.size,
	    plan->key_id, &size, err);
}

static signet_status make_plan(signet_context *ctx, issuing *plan, signet_error *err)
{
	const sn_issue_request *request = plan->request;
	signet_status status;

	status = plan_usage(plan, err);
	if (status != SIGNET_OK)
		return status;
	status = make_key_id(ctx, plan, err);
	if (status != SIGNET_OK)
		return status;
	plan->issuer_key_id = (sn_span){ plan->key_id, sizeof(plan->key_id) };
	if (request->issuer != NULL) {
		plan->issuer_name = sn_cert_subject_der(request->issuer);
		plan->issuer_key_id = sn_cert_key_id(request->issuer);
	}
	return sn_signature_plan_make(request->issuer_key, NULL, &plan->plan, err);
}

/* RFC 5280 4.1.2.2: positive, at most 20 octets, not to be guessed. */
static signet_status make_serial(signet_context *ctx, uint8_t serial[SERIAL_SIZE], signet_error *err)
{
	const signet_status status = sn_random(ctx, serial, SERIAL_SIZE, err);

	if (status == SIGNET_OK)
		serial[0] = (serial[0] & 0x7f) | 0x40;
	return status;
}

static signet_status write(signet_context *ctx, issuing *plan, sn_buf *cert, signet_error *err)
{
	uint8_t serial[SERIAL_SIZE];
	sn_buf subject, tbs;
	signet_status status;

	sn_buf_init(&subject, ctx, CERT_MAX, "the subject");
	sn_buf_init(&tbs, ctx, CERT_MAX, "a certificate");
	status = make_serial(ctx, serial, err);
	if (status != SIGNET_OK)
		goto out;
	status = write_subject(plan->request, &subject, err);
	if (status != SIGNET_OK)
		goto out;
	/* an empty Name is 30 00 */
	plan->has_subject = subject.size > 2;
	status = write_tbs(plan, (sn_span){ subject.data, subject.size },
	    (sn_span){ serial, sizeof(serial) }, &tbs, err);
	if (status == SIGNET_OK)
		status = sn_signed_write(plan->request->issuer_key, &plan->plan,
		    (sn_span){ tbs.data, tbs.size }, cert, err);
out:
	sn_buf_clear(&subject);
	sn_buf_clear(&tbs);
	return status;
}

signet_status sn_issue(signet_context *ctx, const sn_issue_request *request,
    signet_cert **cert_out, signet_error *err)
{
	issuing plan = { .request = request };
	unsigned char *key_info = NULL;
	sn_buf cert;
	int size;
	signet_status status;

	sn_buf_init(&cert, ctx, CERT_MAX, "a certificate");
	size = i2d_PUBKEY(sn_public_key_evp(request->public_key), &key_info);
	if (size <= 0)
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot encode a public key");
	plan.key_info = (sn_span){ key_info, (size_t)size };
	status = make_plan(ctx, &plan, err);
	if (status == SIGNET_OK)
		status = write(ctx, &plan, &cert, err);
	if (status == SIGNET_OK)
		status = signet_cert_new(ctx, cert.data, cert.size, cert_out, err);
	OPENSSL_free(key_info);
	sn_buf_clear(&cert);
	return status;
}

/* As the certificate has it, also where it is not what signet would write. */
static void write_same_names(sn_ber_writer *writer, const signet_cert *renewed)
{
	const bool has_subject = renewed->subject.size > 2;
	const sn_extension extension = sn_extension_begin_ce(writer, 17, !has_subject);

	sn_ber_writer_raw(writer, renewed->alternative_names);
	sn_extension_end(writer, extension);
}

signet_status sn_issue_write_wish(
    sn_ber_writer *writer, const sn_csr_wish *wish, signet_error *err)
{
	issuing plan = { .request = &wish->issue, .has_subject = true };
	signet_status status = plan_usage(&plan, err);
	size_t sequence;

	if (status != SIGNET_OK)
		return status;
	sequence = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	write_key_usage(writer, plan.usage);
	write_email_protection(writer);
	if (wish->renewed == NULL)
		status = write_addresses(writer, &plan, err);
	else if (wish->renewed->alternative_names.size != 0)
		write_same_names(writer, wish->renewed);
	sn_ber_writer_end(writer, sequence);
	return status;
}

signet_status sn_issue_write_subject(
    const sn_issue_request *request, sn_buf *name, signet_error *err)
{
	return write_subject(request, name, err);
}
