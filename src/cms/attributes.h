/* Sets of attributes (RFC 5652 5.3, 11): the DER that is signed or authenticated, and a guard. */
#ifndef SN_CMS_ATTRIBUTES_H
#define SN_CMS_ATTRIBUTES_H

#include "base/buf.h"
#include "cms/reader.h"

/*
 * Appends the set in DER, its items sorted and their lengths in the shortest form, under tag: SET
 * (0x31) is what signatures and tags cover (RFC 5652 5.4, RFC 5083 2.2). contents are those of a
 * signed or authenticated set as it was sent. SIGNET_E_MALFORMED: not a row of items.
 */
signet_status sn_cms_attributes_der(
    sn_span contents, unsigned tag, sn_buf *out, signet_error *err) SIGNET_CHECKED;

/* RFC 5652 11.1, 11.2, 11.3: types (OID contents) that never are unsigned attributes. */
bool sn_cms_attribute_must_be_signed(sn_span type);

/*
 * Whether a content of size octets that begins with head may be a SET OF Attribute in DER: a
 * signature over it, made without signed attributes, may be one that was made over signed
 * attributes of another content. head is all of it, or SN_CMS_ATTRIBUTE_HEAD octets of it.
 */
enum { SN_CMS_ATTRIBUTE_HEAD = 32 };
bool sn_cms_is_attribute_set(sn_span head, uint64_t size);

#endif
