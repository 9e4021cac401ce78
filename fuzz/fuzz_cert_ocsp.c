/* An OCSP request: what is read can be answered, and what a question of ours is, is read. */
#include <stdlib.h>
#include <string.h>

#include "cert/ocsp_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_inside(sn_span part, const uint8_t *data, size_t size)
{
	return part.size == 0 ||
	    (part.data >= data && part.size <= size && part.data + part.size <= data + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	sn_ocsp_question question = { .count = 99 };
	signet_error err;

	if (sn_ocsp_question_read((sn_span){ data, size }, &question, &err) != SIGNET_OK) {
		if (question.count != 99 ||
		    (err.status != SIGNET_E_MALFORMED && err.status != SIGNET_E_LIMIT))
			abort();
		return 0;
	}
	if (question.count == 0 || question.count > SN_OCSP_ASKED_MAX ||
	    !is_inside(question.nonce, data, size))
		abort();
	for (size_t i = 0; i < question.count; i++) {
		const sn_ocsp_cert_id *id = &question.asked[i];

		if (id->serial.size == 0 || id->serial.size > SN_OCSP_SERIAL_MAX ||
		    !is_inside(id->der, data, size) || !is_inside(id->serial, data, size) ||
		    !is_inside(id->digest, data, size) || !is_inside(id->name_hash, data, size) ||
		    !is_inside(id->key_hash, data, size))
			abort();
	}
	return 0;
}
