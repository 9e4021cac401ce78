/* Parameters of RSASSA-PSS and RSAES-OAEP, costs of PBE, and names of object identifiers. */
#include <stdlib.h>
#include <string.h>

#include "crypt/pbe.h"
#include "crypt/rsa_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const sn_span all = { data, size };
	char text[SN_OID_TEXT];
	signet_error err;
	sn_pss pss;
	sn_oaep oaep;

	if (sn_pss_read(all, &pss) == SN_RSA_READ &&
	    (pss.hash == NULL || pss.mask_hash == NULL || pss.salt < 0))
		abort();
	if (sn_oaep_read(all, &oaep) == SN_RSA_READ) {
		if (oaep.hash == NULL || oaep.mask_hash == NULL || oaep.label.size > size)
			abort();
		if (oaep.label.size != 0 &&
		    (oaep.label.data < data || oaep.label.data + oaep.label.size > data + size))
			abort();
	}
	if (sn_pbe_check(all, "fuzz", &err) != SIGNET_OK && err.status == SIGNET_OK)
		abort();
	sn_oid_text(all, text);
	if (strlen(text) >= sizeof(text))
		abort();
	return 0;
}
