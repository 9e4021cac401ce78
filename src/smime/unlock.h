/* Whom an encrypted level is for, and its content-encryption key. */
#ifndef SN_SMIME_UNLOCK_H
#define SN_SMIME_UNLOCK_H

#include "smime/level.h"

/* A certificate of originatorInfo (DER); one that cannot be read is nobody's. */
signet_status sn_encrypted_note_originator(sn_plan *plan, sn_encrypted_level *enc, sn_span der,
    signet_error *err) SIGNET_CHECKED;
signet_status sn_encrypted_note_recipient(sn_plan *plan, sn_encrypted_level *enc,
    const sn_cms_recipient *info, signet_error *err) SIGNET_CHECKED;
/* All recipients are noted: sets unlock, and key where that is SN_UNLOCK_DONE. */
signet_status sn_encrypted_unlock(
    sn_plan *plan, sn_encrypted_level *enc, signet_error *err) SIGNET_CHECKED;

#endif
