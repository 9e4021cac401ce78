/* What became of a clear-signed message whose content is not the one that was signed. */
#ifndef SN_SMIME_DIAGNOSE_H
#define SN_SMIME_DIAGNOSE_H

#include "smime/level.h"
#include "smime/opener.h"

/*
 * Tries to undo what happened on the way (repair.h). Where that helps, the message is opened once more
 * as it was signed, and the finding is told in result, whose verdict stays. options.recover, if there is
 * one, gets the content by the verdict of that opening; it is finished or aborted on success, and left
 * to the caller on failure.
 */
signet_status sn_diagnose(const sn_plan *plan, signet_input *guard, signet_result *result,
    signet_error *err) SIGNET_CHECKED;

#endif
