/* What an entity is to S/MIME, by its header: RFC 8551 3.2.1, 3.5.3.1, and what is seen in mail. */
#ifndef SN_SMIME_CLASSIFY_H
#define SN_SMIME_CLASSIFY_H

#include "mime/header.h"

typedef enum sn_entity_kind {
	SN_ENTITY_PLAIN,            /* no protection */
	SN_ENTITY_MULTIPART,        /* of another kind than multipart/signed */
	SN_ENTITY_MESSAGE,          /* message/rfc822, message/global */
	SN_ENTITY_CMS,              /* application/pkcs7-mime and its names in the wild */
	SN_ENTITY_CLEAR_SIGNED      /* multipart/signed with PKCS #7 */
} sn_entity_kind;

sn_entity_kind sn_classify(const sn_mime_header *header, const sn_mime_value *type);
/* Whether a part of a multipart/signed is its PKCS #7 signature. */
bool sn_classify_is_signature(const sn_mime_header *header, const sn_mime_value *type);
/* No field but MIME-Version and Content-*: an entity, not a message. */
bool sn_classify_is_bare_header(const sn_mime_header *header);

#endif
