#include "smime/classify.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"

static bool has_suffix(const char *text, const char *suffix)
{
	const size_t size = strlen(suffix);

	return text != NULL && strlen(text) > size &&
	    sn_ascii_equal(text + strlen(text) - size, suffix);
}

/* name= of Content-Type, else filename= of Content-Disposition, ends so. */
static bool is_named(const sn_mime_header *header, const sn_mime_value *type, const char *suffix)
{
	const sn_mime_field *field = sn_mime_header_find(header, "Content-Disposition");
	sn_mime_value disposition = { 0 };
	bool found;

	if (has_suffix(sn_mime_value_param(type, "name"), suffix))
		return true;
	if (field == NULL ||
	    sn_mime_value_parse(header->ctx, field, &disposition, NULL) != SIGNET_OK)
		return false;
	found = has_suffix(sn_mime_value_param(&disposition, "filename"), suffix);
	sn_mime_value_clear(&disposition);
	return found;
}

static bool is_pkcs7_protocol(const char *protocol)
{
	return sn_ascii_equal(protocol, "application/pkcs7-signature") ||
	    sn_ascii_equal(protocol, "application/x-pkcs7-signature") ||
	    sn_ascii_equal(protocol, "application/pkcs7-mime") ||
	    sn_ascii_equal(protocol, "application/x-pkcs7-mime");
}

/* Without a protocol parameter (RFC 1847 2.1 wants one) its second part decides later. */
static bool is_clear_signed(const sn_mime_value *type)
{
	const char *protocol = sn_mime_value_param(type, "protocol");

	return sn_mime_value_is(type, "multipart/signed") &&
	    (protocol == NULL || is_pkcs7_protocol(protocol));
}

/* RFC 8551 3.2.1: a file name tells where the media type was lost. */
static bool is_unnamed_type(const sn_mime_value *type)
{
	return sn_mime_value_is(type, "application/octet-stream") ||
	    sn_mime_value_is(type, "application/binary") ||
	    sn_mime_value_is(type, "application/x-unknown");
}

static bool is_cms(const sn_mime_header *header, const sn_mime_value *type)
{
	if (sn_mime_value_is(type, "application/pkcs7-mime") ||
	    sn_mime_value_is(type, "application/x-pkcs7-mime"))
		return true;
	return is_unnamed_type(type) &&
	    (is_named(header, type, ".p7m") || is_named(header, type, ".p7s") ||
	        is_named(header, type, ".p7z"));
}

sn_entity_kind sn_classify(const sn_mime_header *header, const sn_mime_value *type)
{
	if (is_clear_signed(type))
		return SN_ENTITY_CLEAR_SIGNED;
	if (sn_mime_value_is(type, "multipart/"))
		return SN_ENTITY_MULTIPART;
	if (sn_mime_value_is(type, "message/rfc822") || sn_mime_value_is(type, "message/global"))
		return SN_ENTITY_MESSAGE;
	return is_cms(header, type) ? SN_ENTITY_CMS : SN_ENTITY_PLAIN;
}

bool sn_classify_is_signature(const sn_mime_header *header, const sn_mime_value *type)
{
	if (sn_mime_value_is(type, "application/pkcs7-signature") ||
	    sn_mime_value_is(type, "application/x-pkcs7-signature") ||
	    sn_mime_value_is(type, "application/pkcs7-mime") ||
	    sn_mime_value_is(type, "application/x-pkcs7-mime"))
		return true;
	return is_unnamed_type(type) &&
	    (is_named(header, type, ".p7s") || is_named(header, type, ".p7m"));
}

bool sn_classify_is_bare_header(const sn_mime_header *header)
{
	for (size_t i = 0; i < header->count; i++)
		if (!sn_mime_field_is_content(&header->fields[i]) &&
		    !sn_mime_field_is(&header->fields[i], "MIME-Version"))
			return false;
	return true;
}
