/* Any entity, and a digest that is none of it: the search ends, and finds nothing. */
#include <stdlib.h>
#include <string.h>

#include "smime/repair.h"

enum { MOST = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t wanted[32] = { 1, 2, 3 };
	static signet_context *ctx;
	sn_repair repair;

	if (size > MOST)
		return 0;
	if (ctx == NULL && signet_context_new(NULL, &ctx, NULL) != SIGNET_OK)
		abort();
	if (sn_repair_find(ctx, (sn_span){ data, size }, SN_REPAIR_ENTITY, sn_alg_by_name(SN_ALG_DIGEST, "sha256"),
	        (sn_span){ wanted, sizeof(wanted) }, &repair, NULL) != SIGNET_OK)
		abort();
	if (repair.change_count != 0)
		abort();
	sn_repair_clear(&repair);
	return 0;
}
