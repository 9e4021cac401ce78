/*
 * The ASN.1 of the CMS types as rows, in the order of their fields: what the reader walks. A new
 * content type is a table here and a handler per new item in reader.c.
 */
#ifndef SN_CMS_GRAMMAR_H
#define SN_CMS_GRAMMAR_H

#include "cms/reader.h"

typedef enum sn_cms_action {
	SN_CMS_ENTER, /* a constructed item, whose fields are the rows up to LEAVE */
	SN_CMS_LEAVE,
	SN_CMS_TAKE,    /* an item, taken whole */
	SN_CMS_EACH,    /* a set or sequence, each item of which is taken whole */
	SN_CMS_STREAM,  /* an OCTET STRING that passes through in pieces */
	SN_CMS_BY_TYPE, /* the rows of the content type */
	SN_CMS_DONE
} sn_cms_action;

/* What is taken. */
typedef enum sn_cms_part {
	SN_CMS_PART_NONE,
	SN_CMS_PART_CONTENT_TYPE, /* of the ContentInfo */
	SN_CMS_PART_VERSION,
	SN_CMS_PART_DIGEST_ALGORITHM,
	SN_CMS_PART_INNER_TYPE, /* eContentType, and that of EncryptedContentInfo */
	SN_CMS_PART_CERTIFICATE,
	SN_CMS_PART_CRL,
	SN_CMS_PART_SIGNER,
	SN_CMS_PART_ORIGINATOR_CERT,
	SN_CMS_PART_ORIGINATOR_CRL,
	SN_CMS_PART_RECIPIENT,
	SN_CMS_PART_ENCRYPTION,
	SN_CMS_PART_COMPRESSION,
	SN_CMS_PART_AUTHENTICATED_ATTRIBUTES,
	SN_CMS_PART_MAC,
	SN_CMS_PART_UNPROTECTED_ATTRIBUTES
} sn_cms_part;

typedef struct sn_cms_row {
	sn_cms_action action;
	uint8_t tag;
	bool is_optional;
	bool is_string;     /* also in chunks: the tag with its constructed bit */
	bool tells_content; /* whether it is there is what has_content says */
	sn_cms_part part;
	const char *name;
} sn_cms_row;

extern const sn_cms_row sn_cms_rows[]; /* ContentInfo, up to BY_TYPE */
/* The rest, up to DONE; NULL for SN_CMS_OTHER. */
const sn_cms_row *sn_cms_rows_of(sn_cms_type type);
/* The row behind this one; behind LEAVE for an ENTER whose item is absent. */
const sn_cms_row *sn_cms_row_skip(const sn_cms_row *row);

#endif
