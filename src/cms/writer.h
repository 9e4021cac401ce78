/*
 * Writes CMS objects around content that streams by. What stands before and after the content is
 * made in memory; the content itself goes straight through. With a known size everything is DER
 * with definite lengths (some gateways need them); with SN_SIZE_UNKNOWN it is BER with indefinite
 * lengths and an OCTET STRING per write.
 */
#ifndef SN_CMS_WRITER_H
#define SN_CMS_WRITER_H

#include <signet/sink.h>

#include "base/buf.h"
#include "cert/cert.h"
#include "cms/reader.h"
#include "crypt/cipher.h"

#define SN_SIZE_UNKNOWN UINT64_MAX

/* One signer to write. */
typedef struct sn_cms_signer_spec {
	signet_cert *cert;
	const signet_key *key;
	const char *digest;                 /* asked; NULL: as the key asks */
	int64_t signing_time;               /* SN_TIME_NONE: no such attribute */
	const signet_cert *encryption_cert; /* SMIMEEncryptionKeyPreference; NULL: none */
	sn_span capabilities;               /* SMIMECapabilities, DER; empty: none */
	bool for_size;                      /* zeros as long as the signature will be, for kinds of
					       keys that sn_signature_size knows */
} sn_cms_signer_spec;

/* The default SMIMECapabilities (RFC 8551 2.5.2): what this build opens, best first. */
signet_status sn_cms_capabilities_default(
    const signet_context *ctx, sn_buf *out, signet_error *err) SIGNET_CHECKED;

/* Which digest a signer needs of the content; the caller computes it while content passes. */
signet_status sn_cms_signer_spec_digest(
    const sn_cms_signer_spec *spec, const sn_alg **digest_out, signet_error *err) SIGNET_CHECKED;

/* Appends a SignerInfo in DER over a content of type content_type (OID contents) and digest. */
signet_status sn_cms_signer_write(signet_context *ctx, const sn_cms_signer_spec *spec,
    sn_span content_type, sn_span digest, sn_buf *out, signet_error *err) SIGNET_CHECKED;

/*
 * SignedData (RFC 5652 5.1) around content. signer_infos: the SignerInfos in DER, one after the
 * other, count of them. certificates: what to carry. content_size SN_SIZE_UNKNOWN, a size, or
 * detached (then suffix is empty and prefix is all). prefix and suffix are appended to.
 *
 * With SN_SIZE_UNKNOWN each piece of content is an OCTET STRING between them, header included
 * (sn_ber_writer_header), and prefix depends on neither signers nor certificates: it can be made
 * first, and the suffix by another call once the digest is known.
 */
typedef struct sn_cms_signed_spec {
	sn_span content_type; /* OID contents; empty: id-data */
	const sn_alg *const *digests;
	size_t digest_count;
	const signet_cert_list *certificates; /* NULL: none */
	sn_span signer_infos;
	size_t signer_count;
	bool has_key_id; /* a SignerInfo of version 3 */
	bool detached;
	uint64_t content_size;
} sn_cms_signed_spec;

signet_status sn_cms_signed_write(const signet_context *ctx, const sn_cms_signed_spec *spec,
    sn_buf *prefix, sn_buf *suffix, signet_error *err) SIGNET_CHECKED;

/* A certs-only SignedData (RFC 8551 3.8). */
signet_status sn_cms_certs_only_write(const signet_context *ctx, const signet_cert_list *list,
    sn_buf *out, signet_error *err) SIGNET_CHECKED;

/*
 * EnvelopedData (CBC) or AuthEnvelopedData (tag) as a sink: content in, CMS out to next. The next
 * sink is finished and aborted with this one (freeing it before either aborts). The recipients'
 * infos are made by sn_cms_recipient_write and given together; the spec is not needed any more
 * once the sink is made. A content that is not of the size said is SIGNET_E_INTERNAL at finish.
 */
typedef struct sn_cms_enveloped_spec {
	const sn_alg *cipher;
	const sn_secret *key;             /* the one that the recipients get */
	bool derive;                      /* and encrypt under one made from it (RFC 9709) */
	sn_span recipient_infos;          /* DER, one after the other */
	unsigned version;                 /* the highest of the RecipientInfos */
	sn_span content_type;             /* OID contents; empty: id-data */
	sn_span authenticated_attributes; /* authenv: contents of the SET in DER; empty: none;
					     required when the type is not id-data */
	uint64_t content_size;            /* or SN_SIZE_UNKNOWN */
} sn_cms_enveloped_spec;

signet_status sn_cms_enveloped_sink_new(signet_context *ctx, const sn_cms_enveloped_spec *spec,
    signet_sink *next, signet_sink **sink_out, signet_error *err) SIGNET_CHECKED;
void sn_cms_enveloped_sink_free(signet_sink **sink);
/* The size of the whole CMS object for a content of content_size octets. */
signet_status sn_cms_enveloped_size(signet_context *ctx, const sn_cms_enveloped_spec *spec,
    uint64_t *size_out, signet_error *err) SIGNET_CHECKED;

/* CompressedData (RFC 3274) as a sink: content in, BER out (its size cannot be known). */
signet_status sn_cms_compressed_sink_new(signet_context *ctx, signet_sink *next,
    signet_sink **sink_out, signet_error *err) SIGNET_CHECKED;
void sn_cms_compressed_sink_free(signet_sink **sink);

/* Undoes zlib compression as a sink, within the limits of the context. */
signet_status sn_cms_inflate_sink_new(signet_context *ctx, signet_sink *next,
    signet_sink **sink_out, signet_error *err) SIGNET_CHECKED;
void sn_cms_inflate_sink_free(signet_sink **sink);

extern const sn_span sn_cms_oid_data; /* 1.2.840.113549.1.7.1 */

#endif
