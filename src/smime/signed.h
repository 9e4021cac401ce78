/* Signed levels: which digests a pass takes, and what becomes of the signers. */
#ifndef SN_SMIME_SIGNED_H
#define SN_SMIME_SIGNED_H

#include "smime/stage.h"

/*
 * Sets up the digest of a level's content for this pass: those that its signers want, once they
 * are known; before that those that micalg (a hint, RFC 8551 3.5.3.2) names, SHA-256 without one.
 */
signet_status sn_signed_begin_clear(sn_pass *pass, sn_level *level, const char *micalg,
    signet_error *err) SIGNET_CHECKED;
/* The same for an opaque SignedData, whose digestAlgorithms say what to take (a hint, too). */
signet_status sn_signed_begin_opaque(sn_pass *pass, sn_level *level, signet_error *err)
    SIGNET_CHECKED;
/* The same for a bare SignedData whose content comes from elsewhere: its signers are known. */
signet_status sn_signed_begin_detached(sn_plan *plan, sn_level *level, signet_error *err)
    SIGNET_CHECKED;
/* Whether an intact signer uses algorithms that nobody can forge. */
bool sn_signed_is_unforgeable(const sn_signed_level *sig);
/* Whether a signer wants a digest that the last pass did not take (and libcrypto has). */
bool sn_signed_wants_more(const sn_plan *plan, const sn_level *level);
/* Verifies every signer; afterwards sig.is_judged, and is_proven says whether all is intact. */
signet_status sn_signed_judge(sn_plan *plan, sn_level *level, signet_error *err) SIGNET_CHECKED;
/* The content's digest under alg, where a form of it matches wanted; else as it came. */
sn_span sn_signed_digest_for(const sn_signed_level *level, const sn_alg *alg, sn_span wanted);

#endif
