/*
 * signet/cms.h: work on CMS objects that leaves what they protect alone.
 *
 * An unsigned attribute, such as the token of a time-stamping authority over a signature (RFC 3161
 * appendix A) or a countersignature, is put into a SignerInfo that is there already. The content is
 * copied and neither read nor re-encoded; signatures stay as valid as they were. Whether they are
 * valid, and whether the attribute says something true, is not looked at here.
 *
 *	static const uint8_t attribute[] = { 0x30, … };
 *
 *	status = signet_cms_add_unsigned(ctx, input, SIGNET_FORM_DETECT, 0, attribute,
 *	    sizeof(attribute), sink, &err);
 */
#ifndef SIGNET_CMS_H
#define SIGNET_CMS_H

#include <signet/error.h>
#include <signet/input.h>
#include <signet/open.h>
#include <signet/sink.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Copies the message, or bare SignedData, in input to out, with attributes added to the unsigned
 * ones of its signer (from 0, in the order of the object), behind those that are there: an archive
 * time-stamp covers them in their order. attributes: one Attribute (RFC 5652 5.3) in DER, or more
 * of them, one after the other. The SignerInfo gets definite lengths; every other octet of the
 * object but the lengths around it stays as it is. The input is read twice.
 *
 * out is finished, or aborted on failure. Errors that a caller may act on: SIGNET_E_USAGE (no
 * Attribute in DER, or one that must be signed: RFC 5652 11.1 to 11.3), SIGNET_E_NOT_FOUND (no such
 * signer), SIGNET_E_UNPROTECTED (the outermost layer is no signature), SIGNET_E_LIMIT
 * (limits.attributes, limits.signer_info), SIGNET_E_MALFORMED.
 */
SIGNET_API signet_status signet_cms_add_unsigned(signet_context *ctx, signet_input *input,
    signet_input_form form, size_t signer, const uint8_t *attributes, size_t size,
    signet_sink *out, signet_error *err) SIGNET_CHECKED;

/*
 * The ciphers of an SMIMECapabilities (RFC 8551 2.5.2) that signet writes, in its order, and
 * "rsa-oaep", each after a space but the first. Empty: it is malformed, or names none of them.
 */
#define SIGNET_CAPABILITIES_TEXT 512
SIGNET_API void signet_capabilities_text(const uint8_t *data, size_t size,
    char text[SIGNET_CAPABILITIES_TEXT]);

#ifdef __cplusplus
}
#endif

#endif
