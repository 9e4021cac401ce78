/*
 * Reads one CMS object (RFC 5652 ContentInfo, BER or DER) from a stream: a token machine. Content
 * passes through in pieces; everything else comes as whole items, each within its limit. It knows
 * no key and verifies nothing.
 *
 *	for (;;) {
 *		status = sn_cms_reader_next(reader, &cursor, &event, err);
 *		if (status != SIGNET_OK) …
 *		switch (event.kind) { case SN_CMS_NEED_MORE: give it the next cut … }
 *	}
 *
 * Order of the events (those of a type only; counts in brackets):
 *	signed      TYPE DIGEST_ALGORITHM[*] CONTENT_TYPE CONTENT[*] CONTENT_END CERTIFICATE[*]
 *	            CRL[*] SIGNER[*] END
 *	enveloped   TYPE ORIGINATOR_CERT[*] RECIPIENT[*] ENCRYPTION CONTENT[*] CONTENT_END
 *	            UNPROTECTED_ATTRIBUTES? END
 *	authenv     TYPE ORIGINATOR_CERT[*] RECIPIENT[*] ENCRYPTION CONTENT[*] CONTENT_END
 *	            AUTHENTICATED_ATTRIBUTES? MAC UNAUTHENTICATED_ATTRIBUTES? END
 *	compressed  TYPE COMPRESSION CONTENT_TYPE CONTENT[*] CONTENT_END END
 *	data        TYPE CONTENT[*] CONTENT_END END
 *	other       TYPE, then SIGNET_E_MALFORMED when next is called (the type's OID is in the
 *event)
 *
 * CONTENT_END comes also where there is no content (has_content of the event before says so).
 * NEED_MORE, CONTENT, CONTENT_END and END set kind, offset and data of the event only.
 *
 * What follows END is left in the cursor; the caller says whether it may be there.
 */
#ifndef SN_CMS_READER_H
#define SN_CMS_READER_H

#include <signet/limits.h>

#include "base/context.h"
#include "base/span.h"

typedef enum sn_cms_type {
	SN_CMS_DATA,
	SN_CMS_SIGNED,
	SN_CMS_ENVELOPED,
	SN_CMS_AUTH_ENVELOPED,
	SN_CMS_COMPRESSED,
	SN_CMS_OTHER
} sn_cms_type;

typedef enum sn_cms_event_kind {
	SN_CMS_NEED_MORE,
	SN_CMS_TYPE,
	SN_CMS_DIGEST_ALGORITHM,
	SN_CMS_CONTENT_TYPE,
	SN_CMS_CONTENT,
	SN_CMS_CONTENT_END,
	SN_CMS_CERTIFICATE,
	SN_CMS_CRL,
	SN_CMS_SIGNER,
	SN_CMS_ORIGINATOR_CERT,
	SN_CMS_RECIPIENT,
	SN_CMS_ENCRYPTION,
	SN_CMS_COMPRESSION,
	SN_CMS_AUTHENTICATED_ATTRIBUTES,
	SN_CMS_MAC,
	SN_CMS_UNPROTECTED_ATTRIBUTES, /* also unauthenticated ones */
	SN_CMS_END
} sn_cms_event_kind;

/* AlgorithmIdentifier: oid is contents octets; parameters a whole TLV, empty when absent. */
typedef struct sn_cms_algorithm {
	sn_span der;
	sn_span oid;
	sn_span parameters;
} sn_cms_algorithm;

/* IssuerAndSerialNumber, or a key identifier. */
typedef struct sn_cms_identifier {
	bool is_key_id;
	sn_span issuer; /* Name, whole TLV, in DER */
	sn_span serial; /* contents octets of the INTEGER */
	sn_span key_id; /* contents octets of the OCTET STRING */
} sn_cms_identifier;

/* SignerInfo (RFC 5652 5.3), brought to DER where it came in BER. */
typedef struct sn_cms_signer {
	sn_span der;
	unsigned version;
	sn_cms_identifier id;
	sn_cms_algorithm digest;
	bool has_signed_attributes;
	sn_span signed_attributes; /* contents of the SET, as sent */
	sn_cms_algorithm signature_algorithm;
	sn_span signature;
	sn_span unsigned_attributes; /* contents of the SET; empty when absent */
} sn_cms_signer;

typedef enum sn_cms_recipient_kind {
	SN_CMS_KEY_TRANSPORT,
	SN_CMS_KEY_AGREEMENT,
	SN_CMS_KEK,
	SN_CMS_PASSWORD,
	SN_CMS_KEM,
	SN_CMS_OTHER_RECIPIENT
} sn_cms_recipient_kind;

typedef enum sn_cms_originator_kind {
	SN_CMS_ORIGINATOR_NONE,
	SN_CMS_ORIGINATOR_ID, /* originator_id: a static key */
	SN_CMS_ORIGINATOR_KEY /* originator_algorithm and originator_point */
} sn_cms_originator_kind;

/* One RecipientInfo; of a KeyAgreeRecipientInfo one event per RecipientEncryptedKey. */
typedef struct sn_cms_recipient {
	sn_cms_recipient_kind kind;
	sn_span der; /* the whole RecipientInfo */
	unsigned version;
	sn_cms_identifier id;            /* transport, agreement; kek: key_id only */
	sn_cms_algorithm key_encryption; /* keyEncryptionAlgorithm */
	sn_span encrypted_key;
	sn_cms_originator_kind originator;
	sn_cms_identifier originator_id;
	sn_cms_algorithm originator_algorithm;
	sn_span originator_point; /* without the unused-bits octet */
	bool has_ukm;
	sn_span ukm;
	bool has_key_derivation;         /* password, and the KDF of a kem */
	sn_cms_algorithm key_derivation;
	sn_span encapsulated;            /* kem: kemct; key_encryption is its kem */
	size_t kek_size;                 /* kem: kekLength, in octets */
	sn_cms_algorithm wrap;           /* kem */
} sn_cms_recipient;

typedef struct sn_cms_event {
	sn_cms_event_kind kind;
	uint64_t offset;  /* of the item in the stream */
	sn_cms_type type; /* TYPE */
	sn_span oid;      /* TYPE: contentType; CONTENT_TYPE, ENCRYPTION: of the content */
	bool has_content; /* CONTENT_TYPE, ENCRYPTION: eContent or encryptedContent is there */
	sn_span data;     /* CONTENT: a piece; CERTIFICATE, CRL, attributes (contents of the
			     SET), MAC: the item; lent until the next call */
	bool is_x509;     /* CERTIFICATE: a Certificate, not an obsolete or other choice;
			     CRL: a CertificateList */
	sn_cms_algorithm algorithm; /* DIGEST_ALGORITHM, ENCRYPTION, COMPRESSION */
	sn_cms_signer signer;
	sn_cms_recipient recipient;
} sn_cms_event;

/* Where a constructed item stands that the reader walks into. */
typedef struct sn_cms_frame {
	uint8_t tag;
	bool is_indefinite;
	size_t header_size;
	uint64_t offset;
	uint64_t length; /* of the contents, unless indefinite */
} sn_cms_frame;

/*
 * Where things stand in the stream, for who changes some of it and copies the rest: ContentInfo,
 * its content, the structure of the type; and the last that was walked into at each depth below.
 */
enum { SN_CMS_FRAMES = 6 };
typedef struct sn_cms_outline {
	sn_cms_frame frames[SN_CMS_FRAMES];
	uint64_t version;    /* of the type's structure, in which it stands first */
	size_t version_size; /* of that item as it came */
	size_t item_size;    /* of the item of the last event that took one whole, as it came */
} sn_cms_outline;

typedef struct sn_cms_reader sn_cms_reader;

signet_status sn_cms_reader_new(
    const signet_context *ctx, sn_cms_reader **reader_out, signet_error *err) SIGNET_CHECKED;
signet_status sn_cms_reader_next(sn_cms_reader *reader, sn_cursor *cursor, sn_cms_event *event_out,
    signet_error *err) SIGNET_CHECKED;
/* As of the last event; borrowed. */
const sn_cms_outline *sn_cms_reader_outline(const sn_cms_reader *reader);
void sn_cms_reader_free(sn_cms_reader **reader);

#endif
