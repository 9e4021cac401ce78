/* Writes SignerInfo (RFC 5652 5.3) with the attributes of RFC 8551 2.5 and RFC 5035. */
#include "base/time.h"
#include "ber/writer.h"
#include "cms/cms_int.h"
#include "cms/writer.h"
#include "crypt/digest.h"
#include "crypt/public_key.h"

enum { SIGNATURE_MAX = 64 << 10 };

/* RFC 4055 4: a key transport that is read as well is said among the rest. */
static void write_oaep_capability(sn_ber_writer *writer)
{
	if (writer->status == SIGNET_OK)
		writer->status = sn_transport_oaep_identifier(writer->out, writer->err);
}

/*
 * RFC 8551 2.5.2: what this build opens, best first: tags before none, long keys before short
 * ones. Parameters are absent (RFC 3565 4.1, RFC 5084 4, RFC 8103 5). CCM, which is read up to a
 * size only, is not asked for.
 */
signet_status sn_cms_capabilities_default(const signet_context *ctx, sn_buf *out, signet_error *err)
{
	static const sn_alg_mode modes[] = { SN_MODE_GCM, SN_MODE_POLY1305, SN_MODE_CBC };
	static const size_t key_sizes[] = { 32, 24, 16 };
	sn_ber_writer writer;
	size_t list;

	sn_ber_writer_init(&writer, out, err);
	list = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	for (size_t wanted = 0; wanted < 9; wanted++) {
		const sn_alg *alg;

		for (size_t i = 0; (alg = sn_alg_at(i)) != NULL; i++) {
			size_t capability;

			if (alg->kind != SN_ALG_CIPHER || alg->weak ||
			    alg->mode != modes[wanted / 3] ||
			    alg->key_size != key_sizes[wanted % 3] ||
			    !sn_alg_is_available(ctx, alg))
				continue;
			capability = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
			sn_ber_writer_item(
			    &writer, SN_BER_OID, (sn_span){ alg->oid, alg->oid_size });
			sn_ber_writer_end(&writer, capability);
		}
	}
	write_oaep_capability(&writer);
	sn_ber_writer_end(&writer, list);
	return sn_ber_writer_finish(&writer);
}

signet_status sn_cms_signer_spec_digest(
    const sn_cms_signer_spec *spec, const sn_alg **digest_out, signet_error *err)
{
	sn_signature_plan plan;
	const signet_status status = sn_signature_plan_make(spec->key, spec->digest, &plan, err);

	if (status == SIGNET_OK)
		*digest_out = plan.digest;
	return status;
}

/* An attribute with its one value open: begin, the value, end. */
typedef struct attribute {
	size_t whole, values;
} attribute;

static attribute begin_attribute(sn_ber_writer *writer, sn_span oid)
{
	attribute a;

	a.whole = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(writer, SN_BER_OID, oid);
	a.values = sn_ber_writer_begin(writer, SN_BER_SET);
	return a;
}

static void end_attribute(sn_ber_writer *writer, attribute a)
{
	sn_ber_writer_end(writer, a.values);
	sn_ber_writer_end(writer, a.whole);
}

static void write_issuer_serial(sn_ber_writer *writer, unsigned tag, const signet_cert *cert)
{
	const size_t id = sn_ber_writer_begin(writer, tag);

	sn_ber_writer_raw(writer, sn_cert_issuer_der(cert));
	sn_ber_writer_item(writer, SN_BER_INTEGER, sn_cert_serial_octets(cert));
	sn_ber_writer_end(writer, id);
}

/* RFC 8551 2.5.3: issuerAndSerialNumber [0]; and Microsoft's own, which Outlook looks for. */
static void write_encryption_key(sn_ber_writer *writer, const signet_cert *cert)
{
	attribute a = begin_attribute(writer, sn_cms_oid_encryption_key);

	write_issuer_serial(writer, SN_BER_CONTEXT_CONSTRUCTED(0), cert);
	end_attribute(writer, a);
	a = begin_attribute(writer, sn_cms_oid_encryption_key_microsoft);
	write_issuer_serial(writer, SN_BER_SEQUENCE, cert);
	end_attribute(writer, a);
}

/*
 * RFC 5035 5.4.1.1: SigningCertificateV2 { certs { ESSCertIDv2 { certHash } } }. The hash is
 * SHA-256, which is the default and so not named; the issuer and serial stand in the SignerInfo.
 */
static void write_signing_certificate(sn_ber_writer *writer, sn_span hash)
{
	const attribute a = begin_attribute(writer, sn_cms_oid_signing_certificate_v2);
	const size_t value = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	const size_t certs = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	const size_t id = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);

	sn_ber_writer_item(writer, SN_BER_OCTET_STRING, hash);
	sn_ber_writer_end(writer, id);
	sn_ber_writer_end(writer, certs);
	sn_ber_writer_end(writer, value);
	end_attribute(writer, a);
}

/* The signed attributes as the SET OF that is signed. */
static signet_status write_attributes(const sn_cms_signer_spec *spec, sn_span content_type,
    sn_span digest, sn_span cert_hash, sn_buf *out, signet_error *err)
{
	sn_ber_writer writer;
	attribute a;
	size_t set;

	sn_ber_writer_init(&writer, out, err);
	set = sn_ber_writer_begin(&writer, SN_BER_SET);
	a = begin_attribute(&writer, sn_cms_oid_content_type);
	sn_ber_writer_item(&writer, SN_BER_OID, content_type);
	end_attribute(&writer, a);
	a = begin_attribute(&writer, sn_cms_oid_message_digest);
	sn_ber_writer_item(&writer, SN_BER_OCTET_STRING, digest);
	end_attribute(&writer, a);
	if (spec->signing_time != SN_TIME_NONE) {
		a = begin_attribute(&writer, sn_cms_oid_signing_time);
		sn_ber_writer_time(&writer, spec->signing_time);
		end_attribute(&writer, a);
	}
	if (spec->capabilities.size != 0) {
		a = begin_attribute(&writer, sn_cms_oid_capabilities);
		sn_ber_writer_raw(&writer, spec->capabilities);
		end_attribute(&writer, a);
	}
	if (spec->encryption_cert != NULL)
		write_encryption_key(&writer, spec->encryption_cert);
	write_signing_certificate(&writer, cert_hash);
	sn_ber_writer_end_set_of(&writer, set);
	return sn_ber_writer_finish(&writer);
}

static signet_status hash_certificate(const signet_context *ctx, const signet_cert *cert,
    uint8_t value[SN_DIGEST_MAX], sn_span *hash_out, signet_error *err)
{
	const sn_alg *sha256 = sn_alg_by_name(SN_ALG_DIGEST, "sha256");
	const sn_span der = sn_cert_der(cert);
	size_t size;
	const signet_status status =
	    sn_digest_once(ctx, sha256, der.data, der.size, value, &size, err);

	if (status == SIGNET_OK)
		*hash_out = (sn_span){ value, size };
	return status;
}

static signet_status write_signer_info(const sn_cms_signer_spec *spec,
    const sn_signature_plan *plan, const sn_buf *attributes, const sn_buf *signature, sn_buf *out,
    signet_error *err)
{
	const uint8_t signed_attributes = SN_BER_CONTEXT_CONSTRUCTED(0);
	sn_ber_writer writer;
	size_t info;

	sn_ber_writer_init(&writer, out, err);
	info = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_uint(&writer, 1);
	write_issuer_serial(&writer, SN_BER_SEQUENCE, spec->cert);
	sn_ber_writer_raw(
	    &writer, (sn_span){ plan->digest_identifier, plan->digest_identifier_size });
	/* the tag [0] in place of SET OF, which is what was signed */
	sn_ber_writer_raw(&writer, (sn_span){ &signed_attributes, 1 });
	sn_ber_writer_raw(&writer, (sn_span){ attributes->data + 1, attributes->size - 1 });
	sn_ber_writer_raw(
	    &writer, (sn_span){ plan->signature_identifier, plan->signature_identifier_size });
	sn_ber_writer_item(
	    &writer, SN_BER_OCTET_STRING, (sn_span){ signature->data, signature->size });
	sn_ber_writer_end(&writer, info);
	return sn_ber_writer_finish(&writer);
}

static signet_status make_signature(const sn_cms_signer_spec *spec, const sn_signature_plan *plan,
    const sn_buf *attributes, sn_buf *signature, signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (!spec->for_size)
		return sn_signature_make(
		    spec->key, plan, (sn_span){ attributes->data, attributes->size }, signature, err);
	for (size_t i = sn_signature_size(spec->key); i != 0 && status == SIGNET_OK; i--)
		status = sn_buf_append_byte(signature, 0, err);
	return status;
}

signet_status sn_cms_signer_write(signet_context *ctx, const sn_cms_signer_spec *spec,
    sn_span content_type, sn_span digest, sn_buf *out, signet_error *err)
{
	uint8_t value[SN_DIGEST_MAX];
	sn_span cert_hash;
	sn_signature_plan plan;
	sn_buf attributes;
	sn_buf signature;
	const size_t size = out->size;
	signet_status status;

	sn_buf_init(&attributes, ctx, ctx->limits.attributes, "signedAttrs");
	sn_buf_init(&signature, ctx, SIGNATURE_MAX, "signature");
	status = sn_signature_plan_make(spec->key, spec->digest, &plan, err);
	if (status == SIGNET_OK)
		status = hash_certificate(ctx, spec->cert, value, &cert_hash, err);
	if (status == SIGNET_OK)
		status = write_attributes(spec, content_type, digest, cert_hash, &attributes, err);
	if (status == SIGNET_OK)
		status = make_signature(spec, &plan, &attributes, &signature, err);
	if (status == SIGNET_OK)
		status = write_signer_info(spec, &plan, &attributes, &signature, out, err);
	if (status != SIGNET_OK)
		out->size = size;
	sn_buf_clear(&signature);
	sn_buf_clear(&attributes);
	return status;
}
