/* The public view of a result. */
#include <signet/verdict.h>

#include "smime/result.h"

int signet_verdict_exit(signet_verdict verdict)
{
	switch (verdict) {
	case SIGNET_VERDICT_MALFORMED: return 65;
	case SIGNET_VERDICT_TAMPERED: return 1;
	case SIGNET_VERDICT_UNDECRYPTABLE: return 2;
	case SIGNET_VERDICT_UNAUTHENTICATED: return 5;
	case SIGNET_VERDICT_IMPOSTOR: return 6;
	case SIGNET_VERDICT_UNTRUSTED: return 3;
	case SIGNET_VERDICT_UNSIGNED: return 4;
	case SIGNET_VERDICT_UNPROTECTED: return 4;
	case SIGNET_VERDICT_VALID: return 0;
	}
	return 70;
}

const char *signet_verdict_name(signet_verdict verdict)
{
	switch (verdict) {
	case SIGNET_VERDICT_MALFORMED: return "malformed";
	case SIGNET_VERDICT_TAMPERED: return "tampered";
	case SIGNET_VERDICT_UNDECRYPTABLE: return "undecryptable";
	case SIGNET_VERDICT_UNAUTHENTICATED: return "unauthenticated";
	case SIGNET_VERDICT_IMPOSTOR: return "impostor";
	case SIGNET_VERDICT_UNTRUSTED: return "untrusted";
	case SIGNET_VERDICT_UNSIGNED: return "unsigned";
	case SIGNET_VERDICT_UNPROTECTED: return "unprotected";
	case SIGNET_VERDICT_VALID: return "valid";
	}
	return "unknown";
}

signet_verdict signet_result_verdict(const signet_result *result) { return result->verdict; }

const char *signet_result_summary(const signet_result *result) { return result->summary; }

const char *signet_result_from(const signet_result *result) { return result->from; }

bool signet_result_is_encrypted(const signet_result *result) { return result->encrypted; }

bool signet_result_is_signed(const signet_result *result) { return result->is_signed; }

bool signet_result_is_recovered(const signet_result *result)
{
	return result->recovered;
}

bool signet_result_is_released(const signet_result *result) { return result->released; }

size_t signet_result_layer_count(const signet_result *result) { return result->layer_count; }

signet_layer_type signet_result_layer_type(const signet_result *result, size_t layer)
{
	return result->layers[layer].type;
}

size_t signet_result_signer_count(const signet_result *result, size_t layer)
{
	return layer < result->layer_count ? result->layers[layer].signer_count : 0;
}

signet_signer_status signet_result_signer_status(const signet_result *result, size_t layer,
    size_t signer)
{
	return result->layers[layer].signers[signer].status;
}

const signet_cert *signet_result_signer_cert(const signet_result *result, size_t layer,
    size_t signer)
{
	return result->layers[layer].signers[signer].cert;
}

size_t signet_result_problem_count(const signet_result *result) { return result->problem_count; }

const char *signet_result_problem_code(const signet_result *result, size_t index)
{
	return index < result->problem_count ? result->problems[index].code : NULL;
}

const char *signet_result_problem_text(const signet_result *result, size_t index)
{
	return index < result->problem_count ? result->problems[index].text : NULL;
}

size_t signet_result_part_count(const signet_result *result) { return result->part_count; }

const signet_result *signet_result_part(const signet_result *result, size_t index)
{
	return index < result->part_count ? result->parts[index].result : NULL;
}

const char *signet_result_part_path(const signet_result *result, size_t index)
{
	return index < result->part_count ? result->parts[index].path : NULL;
}

size_t signet_result_change_count(const signet_result *result) { return result->change_count; }

const char *signet_result_change_name(const signet_result *result, size_t index)
{
	return index < result->change_count ? result->changes[index].name : NULL;
}

const char *signet_result_change_outer(const signet_result *result, size_t index)
{
	return index < result->change_count ? result->changes[index].outer : NULL;
}

const char *signet_result_change_signed(const signet_result *result, size_t index)
{
	return index < result->change_count ? result->changes[index].inner : NULL;
}

bool signet_result_harvest(const signet_result *result, signet_harvest *harvest_out)
{
	if (result->verdict != SIGNET_VERDICT_VALID || result->harvest_cert == NULL)
		return false;
	harvest_out->address = result->harvest_address;
	harvest_out->signing_cert = result->harvest_cert;
	harvest_out->encryption_cert = result->harvest_encryption_cert;
	harvest_out->chain = result->harvest_chain;
	harvest_out->capabilities = result->harvest_capabilities;
	harvest_out->capabilities_size = result->harvest_capabilities_size;
	harvest_out->signing_time = result->harvest_time;
	return true;
}
