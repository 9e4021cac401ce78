/* Any entity, and a digest that is none of it: the search ends, in bounded work, and finds nothing. */
#include <stdlib.h>
#include <string.h>

#include "smime/evidence.h"
#include "smime/repair.h"

enum { MOST = 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t wanted[32] = { 1, 2, 3 };
	static signet_context *ctx;
	const sn_span came = { data, size };
	sn_repair repair;
	bool is_cut;

	if (size > MOST)
		return 0;
	if (ctx == NULL && signet_context_new(NULL, &ctx, NULL) != SIGNET_OK)
		abort();
	for (int form = SN_REPAIR_ENTITY; form <= SN_REPAIR_TEXT; form++) {
		if (sn_repair_find(ctx, came, (sn_repair_form)form, sn_alg_by_name(SN_ALG_DIGEST, "sha256"),
		        (sn_span){ wanted, sizeof(wanted) }, &repair, NULL) != SIGNET_OK)
			abort();
		if (repair.change_count != 0 || repair.tries > SN_REPAIR_TRIES)
			abort();
		sn_repair_clear(&repair);
	}
	(void)sn_evidence_removed(came);
	if (sn_evidence_is_cut(ctx, came, &is_cut, NULL) != SIGNET_OK)
		abort();
	return 0;
}
