/* What can be known of an altered entity that cannot be restored: it says so itself. */
#ifndef SN_SMIME_EVIDENCE_H
#define SN_SMIME_EVIDENCE_H

#include "base/context.h"
#include "base/span.h"

/* Whether a multipart in the entity has no end: the rest was cut off. */
signet_status sn_evidence_is_cut(const signet_context *ctx, sn_span entity, bool *is_cut_out,
    signet_error *err) SIGNET_CHECKED;
/* The line, from 1, that stands in the place of an attachment that was removed; 0: there is none. */
unsigned sn_evidence_removed(sn_span entity);

#endif
