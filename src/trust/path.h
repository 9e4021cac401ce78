/* One validation of one path, and what is settled of it: shared by chain.c, path.c and settle.c. */
#ifndef SN_TRUST_PATH_H
#define SN_TRUST_PATH_H

#include "trust/trust_int.h"

typedef struct sn_job {
	signet_context *ctx;
	const sn_chain_request *request;
	const signet_trust *trust;
	signet_cert *leaf;
	sn_inquiry *inquiry;
	size_t names_cost;
	bool all_anchors;               /* those too that may not speak for the leaf */
	signet_cert *excluded[SN_CHAIN_ATTEMPTS];
	size_t excluded_count;
} sn_job;

/* What one attempt gave. */
typedef struct sn_outcome {
	sn_fault fault;
	sn_revocation_state revocation;
	sn_standing standing[SN_CHAIN_PROOFS];
	signet_cert_list *path;
} sn_outcome;

void sn_outcome_clear(sn_outcome *o);
/* lists: CRLs that the path is held against; NULL: none. o is empty before. */
signet_status sn_path_validate(const sn_job *j, STACK_OF(X509_CRL) *lists, sn_outcome *o,
    signet_error *err) SIGNET_CHECKED;
/* Whether a certificate of a path that stands was revoked; what else is wrong with it is left. */
signet_status sn_settle(const sn_job *j, sn_outcome *o, signet_error *err) SIGNET_CHECKED;

#endif
