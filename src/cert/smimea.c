/* Certificates in the DNS (RFC 8162, RFC 6698 2.1). */
#include <signet/smimea.h>

#include <string.h>

#include "base/ascii.h"
#include "cert/cert_int.h"
#include "crypt/digest.h"

enum { HASH_OCTETS = 28, RDATA_HEADER = 3, LOCAL_MAX = 256 };

static const char infix[] = "._smimecert.";

/* RFC 8162 3: without the quotes around it and the backslashes of quoted pairs. */
static size_t unquote(const char *local, size_t size, char text[LOCAL_MAX])
{
	size_t count = 0;

	if (size >= 2 && local[0] == '"' && local[size - 1] == '"') {
		local++;
		size -= 2;
		for (size_t i = 0; i < size; i++) {
			if (local[i] == '\\' && i + 1 < size)
				i++;
			text[count++] = local[i];
		}
		return count;
	}
	memcpy(text, local, size);
	return size;
}

signet_status signet_smimea_name(
    signet_context *ctx, const char *address, char name[SIGNET_SMIMEA_NAME], signet_error *err)
{
	const char *at = strrchr(address, '@');
	char domain[SN_EMAIL_DOMAIN];
	char local[LOCAL_MAX];
	uint8_t hash[SN_DIGEST_MAX];
	size_t size = 0;
	signet_status status;

	if (!sn_email_is_valid(address) || at == NULL || (size_t)(at - address) >= LOCAL_MAX ||
	    !sn_email_domain_ascii(at + 1, domain))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "\"%.100s\" is no mail address", address);
	size = unquote(address, (size_t)(at - address), local);
	status = sn_digest_once(
	    ctx, sn_alg_by_name(SN_ALG_DIGEST, "sha256"), local, size, hash, &size, err);
	if (status != SIGNET_OK)
		return status;
	sn_hex_encode(hash, HASH_OCTETS, name);
	memcpy(name + 2 * HASH_OCTETS, infix, sizeof(infix) - 1);
	memcpy(name + 2 * HASH_OCTETS + sizeof(infix) - 1, domain, strlen(domain) + 1);
	return SIGNET_OK;
}

bool signet_smimea_read(const uint8_t *rdata, size_t size, signet_smimea *record_out)
{
	static const size_t digest_sizes[] = { 0, 32, 64 };

	if (size <= RDATA_HEADER || rdata[0] > SIGNET_SMIMEA_DANE_EE || rdata[1] > 1 || rdata[2] > 2)
		return false;
	if (rdata[2] != 0 && size - RDATA_HEADER != digest_sizes[rdata[2]])
		return false;
	*record_out = (signet_smimea){
		.usage = rdata[0],
		.selector = rdata[1],
		.matching = rdata[2],
		.data = rdata + RDATA_HEADER,
		.size = size - RDATA_HEADER,
	};
	return true;
}

bool signet_smimea_matches(const signet_smimea *record, const signet_cert *cert)
{
	const sn_span whole = record->selector == 0 ? sn_cert_der(cert) : cert->key_info;
	uint8_t hash[SN_DIGEST_MAX];
	size_t size = 0;

	if (record->selector > 1 || record->matching > 2)
		return false;
	if (record->matching == 0)
		return sn_span_equal(whole, (sn_span){ record->data, record->size });
	if (sn_digest_once(cert->ctx,
		sn_alg_by_name(SN_ALG_DIGEST, record->matching == 1 ? "sha256" : "sha512"),
		whole.data, whole.size, hash, &size, NULL) != SIGNET_OK)
		return false;
	return sn_span_equal((sn_span){ hash, size }, (sn_span){ record->data, record->size });
}
