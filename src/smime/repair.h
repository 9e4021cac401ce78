/*
 * What may have happened to a signed entity on its way, tried backwards: changes that mail systems
 * make, each undone in turn until the digest is the one that was signed. Bounded work: an entity of at
 * most SN_REPAIR_MAX octets, and SN_REPAIR_WORK octets hashed for all tries together.
 */
#ifndef SN_SMIME_REPAIR_H
#define SN_SMIME_REPAIR_H

#include "base/buf.h"
#include "base/span.h"
#include "crypt/algs.h"

enum { SN_REPAIR_MAX = 1 << 20, SN_REPAIR_WORK = 256 << 20 };

typedef struct sn_repair {
	const char *code;       /* a problem code; NULL: nothing helped */
	char what[120];         /* "a footer of 4 lines was added" */
	sn_buf content;         /* as it was signed, lines ending with CRLF */
	uint64_t offset;        /* in the entity: where what was added stands */
	uint64_t size;
	unsigned lines;         /* that were added; 0: something else */
} sn_repair;

/* The clear-signed entity, as it came, and the digest that its signer signed. */
signet_status sn_repair_find(const signet_context *ctx, sn_span entity, const sn_alg *digest,
    sn_span wanted, sn_repair *repair_out, signet_error *err) SIGNET_CHECKED;
void sn_repair_clear(sn_repair *repair);

#endif
