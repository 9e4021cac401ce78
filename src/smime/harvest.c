/* What a store may learn from a valid message: whose certificate to encrypt to, and how. */
#include "base/mem.h"
#include "smime/judge.h"

/* The certificate that the signer says to encrypt to (RFC 8551 2.5.3); without a word the signing
 * one, or another of the message for the same address. */
static signet_cert *encryption_cert(const sn_signed_level *sig, const sn_signer *signer,
    const sn_cms_attributes *attributes, const char *address)
{
	const size_t count = signet_cert_list_count(sig->certs);

	for (size_t i = 0; attributes->has_encryption_certificate && i < count; i++) {
		signet_cert *cert = signet_cert_list_get(sig->certs, i);

		if (sn_cms_identifier_is(&attributes->encryption_certificate, cert) &&
		    signet_cert_has_address(cert, address) && signet_cert_can_encrypt(cert))
			return cert;
	}
	if (signet_cert_can_encrypt(signer->cert))
		return signer->cert;
	for (size_t i = 0; i < count; i++) {
		signet_cert *cert = signet_cert_list_get(sig->certs, i);

		if (signet_cert_has_address(cert, address) && signet_cert_can_encrypt(cert) &&
		    !signet_cert_is_ca(cert))
			return cert;
	}
	return NULL;
}

static signet_status take(sn_plan *plan, const sn_signed_level *sig, const sn_signer *signer,
    const char *address, signet_result *result, signet_error *err)
{
	sn_cms_attributes attributes = { 0 };
	const char *form;
	signet_cert *encryption;
	signet_status status = signet_cert_list_new(plan->ctx, &result->harvest_chain, err);

	if (status != SIGNET_OK)
		return status;
	for (size_t i = 0; i < signet_cert_list_count(sig->certs) && status == SIGNET_OK; i++)
		status = signet_cert_list_add(result->harvest_chain, signet_cert_list_get(sig->certs, i), err);
	if (status == SIGNET_OK)
		status = sn_strdup(plan->ctx, address, &result->harvest_address, err);
	if (status != SIGNET_OK)
		return status;
	if (signer->info.has_signed_attributes &&
	    sn_cms_attributes_read(&signer->info, &attributes, &form, NULL) != SIGNET_OK)
		attributes = (sn_cms_attributes){ 0 };
	encryption = encryption_cert(sig, signer, &attributes, address);
	if (encryption != NULL)
		result->harvest_encryption_cert = signet_cert_ref(encryption);
	if (attributes.has_signing_time)
		result->harvest_time = attributes.signing_time;
	status = sn_dup(plan->ctx, attributes.capabilities.data, attributes.capabilities.size,
	    &result->harvest_capabilities, err);
	if (status != SIGNET_OK)
		return status;
	result->harvest_capabilities_size = attributes.capabilities.size;
	result->harvest_cert = signet_cert_ref(signer->cert);
	return SIGNET_OK;
}

signet_status sn_judge_harvest(sn_plan *plan, const sn_sender *sender, signet_result *result,
    signet_error *err)
{
	size_t layer = 0;

	if (sender->is_bare || sender->from_count != 1)
		return SIGNET_OK;
	for (size_t i = 0; i < plan->level_limit && layer < result->layer_count; i++, layer++) {
		const sn_signed_level *sig = &plan->levels[i].sig;

		if (plan->levels[i].kind != SN_LEVEL_SIGNED)
			continue;
		for (size_t k = 0; k < sig->signer_count; k++) {
			const sn_signer_result *signer = &result->layers[layer].signers[k];

			if (signer->status == SIGNET_SIGNER_VALID && signer->matches_from == SN_YES)
				return take(plan, sig, &sig->signers[k], sender->from[0], result, err);
		}
	}
	return SIGNET_OK;
}
