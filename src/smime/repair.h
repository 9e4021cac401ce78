/*
 * What may have happened to a signed entity on its way, tried backwards: changes that mail systems
 * make, each undone in turn until the digest is the one that was signed, and then a few of them
 * together. Bounded work: an entity of at most SN_REPAIR_MAX octets, SN_REPAIR_TRIES digests, and
 * SN_REPAIR_WORK octets hashed or encoded for all of them.
 */
#ifndef SN_SMIME_REPAIR_H
#define SN_SMIME_REPAIR_H

#include "base/buf.h"
#include "base/span.h"
#include "crypt/algs.h"

enum {
	SN_REPAIR_MAX = 1 << 20,
	SN_REPAIR_WORK = 128 << 20,
	SN_REPAIR_TRIES = 20000,
	SN_REPAIR_CHANGES = 2
};

/* One change that was made on the way. */
typedef struct sn_repair_change {
	const char *code;       /* a problem code */
	char what[160];         /* "a footer of 4 lines was added" */
	unsigned lines;         /* that were added; 0: something else */
	unsigned first_line;    /* of the entity as it came, from 1; 0: not known */
	uint64_t offset;        /* where what was added stands in it; with first_line */
	uint64_t size;
} sn_repair_change;

typedef struct sn_repair {
	sn_repair_change changes[SN_REPAIR_CHANGES];
	size_t change_count;    /* 0: nothing helped */
	sn_buf content;         /* as it was signed */
	size_t tries;           /* digests that were made */
	uint64_t work;          /* octets */
} sn_repair;

typedef enum sn_repair_form {
	SN_REPAIR_ENTITY,       /* a MIME entity: header and body, signed with CRLF */
	SN_REPAIR_TEXT          /* octets of any kind, signed with CRLF or LF */
} sn_repair_form;

/* What came, and the digest that its signer signed. */
signet_status sn_repair_find(const signet_context *ctx, sn_span came, sn_repair_form form,
    const sn_alg *digest, sn_span wanted, sn_repair *repair_out, signet_error *err) SIGNET_CHECKED;
void sn_repair_clear(sn_repair *repair);

#endif
