#include "cms/grammar.h"

#include <stddef.h>

#include "ber/value.h"

/* The rows read as the ASN.1 does. */
/* clang-format off */
#define CONTEXT(n) SN_BER_CONTEXT_CONSTRUCTED(n)
#define ENTER(t, n) { .action = SN_CMS_ENTER, .tag = (t), .name = (n) }
#define LEAVE(n) { .action = SN_CMS_LEAVE, .name = (n) }
#define TAKE(t, p, n) { .action = SN_CMS_TAKE, .tag = (t), .part = (p), .name = (n) }
#define EACH(t, p, n) { .action = SN_CMS_EACH, .tag = (t), .part = (p), .name = (n) }
#define OPTIONAL_EACH(t, p, n) \
	{ .action = SN_CMS_EACH, .tag = (t), .is_optional = true, .part = (p), .name = (n) }
#define OPTIONAL_TAKE(t, p, n) \
	{ .action = SN_CMS_TAKE, .tag = (t), .is_optional = true, .part = (p), .name = (n) }
#define END LEAVE("content"), LEAVE("ContentInfo"), { .action = SN_CMS_DONE }

const sn_cms_row sn_cms_rows[] = {
	ENTER(SN_BER_SEQUENCE, "ContentInfo"),
	TAKE(SN_BER_OID, SN_CMS_PART_CONTENT_TYPE, "contentType"),
	ENTER(CONTEXT(0), "content"),
	{ .action = SN_CMS_BY_TYPE },
};

/* RFC 5652 4 */
static const sn_cms_row data_rows[] = {
	{ SN_CMS_STREAM, SN_BER_OCTET_STRING, .is_string = true, .name = "Data" },
	END,
};

/* RFC 5652 5.2 */
#define ENCAPSULATED_CONTENT_INFO \
	ENTER(SN_BER_SEQUENCE, "encapContentInfo"), \
	TAKE(SN_BER_OID, SN_CMS_PART_INNER_TYPE, "eContentType"), \
	{ SN_CMS_ENTER, CONTEXT(0), .is_optional = true, .tells_content = true, \
	    .name = "eContent" }, \
	{ SN_CMS_STREAM, SN_BER_OCTET_STRING, .is_string = true, .name = "eContent" }, \
	LEAVE("eContent"), \
	LEAVE("encapContentInfo")

/* RFC 5652 5.1 */
static const sn_cms_row signed_rows[] = {
	ENTER(SN_BER_SEQUENCE, "SignedData"),
	TAKE(SN_BER_INTEGER, SN_CMS_PART_VERSION, "version of SignedData"),
	EACH(SN_BER_SET, SN_CMS_PART_DIGEST_ALGORITHM, "digestAlgorithms"),
	ENCAPSULATED_CONTENT_INFO,
	OPTIONAL_EACH(CONTEXT(0), SN_CMS_PART_CERTIFICATE, "certificates"),
	OPTIONAL_EACH(CONTEXT(1), SN_CMS_PART_CRL, "crls"),
	EACH(SN_BER_SET, SN_CMS_PART_SIGNER, "signerInfos"),
	LEAVE("SignedData"),
	END,
};

/* RFC 5652 6.1: OriginatorInfo, RecipientInfos, EncryptedContentInfo */
#define ORIGINATOR_INFO \
	{ SN_CMS_ENTER, CONTEXT(0), .is_optional = true, .name = "originatorInfo" }, \
	OPTIONAL_EACH(CONTEXT(0), SN_CMS_PART_ORIGINATOR_CERT, "certs of originatorInfo"), \
	OPTIONAL_EACH(CONTEXT(1), SN_CMS_PART_ORIGINATOR_CRL, "crls of originatorInfo"), \
	LEAVE("originatorInfo")
#define ENCRYPTED_CONTENT_INFO \
	ENTER(SN_BER_SEQUENCE, "encryptedContentInfo"), \
	TAKE(SN_BER_OID, SN_CMS_PART_INNER_TYPE, "contentType of encryptedContentInfo"), \
	TAKE(SN_BER_SEQUENCE, SN_CMS_PART_ENCRYPTION, "contentEncryptionAlgorithm"), \
	{ SN_CMS_STREAM, SN_BER_CONTEXT(0), .is_optional = true, .is_string = true, \
	    .tells_content = true, .name = "encryptedContent" }, \
	LEAVE("encryptedContentInfo")

static const sn_cms_row enveloped_rows[] = {
	ENTER(SN_BER_SEQUENCE, "EnvelopedData"),
	TAKE(SN_BER_INTEGER, SN_CMS_PART_VERSION, "version of EnvelopedData"),
	ORIGINATOR_INFO,
	EACH(SN_BER_SET, SN_CMS_PART_RECIPIENT, "recipientInfos"),
	ENCRYPTED_CONTENT_INFO,
	OPTIONAL_TAKE(CONTEXT(1), SN_CMS_PART_UNPROTECTED_ATTRIBUTES, "unprotectedAttrs"),
	LEAVE("EnvelopedData"),
	END,
};

/* RFC 5083 2.1 */
static const sn_cms_row auth_enveloped_rows[] = {
	ENTER(SN_BER_SEQUENCE, "AuthEnvelopedData"),
	TAKE(SN_BER_INTEGER, SN_CMS_PART_VERSION, "version of AuthEnvelopedData"),
	ORIGINATOR_INFO,
	EACH(SN_BER_SET, SN_CMS_PART_RECIPIENT, "recipientInfos"),
	ENCRYPTED_CONTENT_INFO,
	OPTIONAL_TAKE(CONTEXT(1), SN_CMS_PART_AUTHENTICATED_ATTRIBUTES, "authAttrs"),
	{ SN_CMS_TAKE, SN_BER_OCTET_STRING, .is_string = true, .part = SN_CMS_PART_MAC,
	    .name = "mac" },
	OPTIONAL_TAKE(CONTEXT(2), SN_CMS_PART_UNPROTECTED_ATTRIBUTES, "unauthAttrs"),
	LEAVE("AuthEnvelopedData"),
	END,
};

/* RFC 3274 1.1 */
static const sn_cms_row compressed_rows[] = {
	ENTER(SN_BER_SEQUENCE, "CompressedData"),
	TAKE(SN_BER_INTEGER, SN_CMS_PART_VERSION, "version of CompressedData"),
	TAKE(SN_BER_SEQUENCE, SN_CMS_PART_COMPRESSION, "compressionAlgorithm"),
	ENCAPSULATED_CONTENT_INFO,
	LEAVE("CompressedData"),
	END,
};

/* clang-format on */

const sn_cms_row *sn_cms_rows_of(sn_cms_type type)
{
	switch (type) {
	case SN_CMS_DATA: return data_rows;
	case SN_CMS_SIGNED: return signed_rows;
	case SN_CMS_ENVELOPED: return enveloped_rows;
	case SN_CMS_AUTH_ENVELOPED: return auth_enveloped_rows;
	case SN_CMS_COMPRESSED: return compressed_rows;
	case SN_CMS_OTHER: return NULL;
	}
	return NULL;
}

const sn_cms_row *sn_cms_row_skip(const sn_cms_row *row)
{
	size_t level = 0;

	do {
		if (row->action == SN_CMS_ENTER)
			level++;
		if (row->action == SN_CMS_LEAVE)
			level--;
		row++;
	} while (level != 0);
	return row;
}
