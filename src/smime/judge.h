/* From what the passes found to the verdict: INTERFACE.md, "Exit status". */
#ifndef SN_SMIME_JUDGE_H
#define SN_SMIME_JUDGE_H

#include "smime/level.h"

/* What of the content may leave, and which level it is. */
typedef struct sn_release {
	bool may_leave;
	size_t index;           /* the level that is given out */
	bool is_held;           /* as the last pass gave it: that level was its content */
} sn_release;

/* The addresses that the verdict is bound to: of the protected From, else of the outermost. */
typedef struct sn_sender {
	bool is_bare;           /* no message header: no From to hold a signer against */
	bool is_protected;      /* from is of the protected header section */
	char *outer;            /* the first address of the outer From, or NULL */
	char **from;            /* addresses of all From fields */
	size_t from_count;
	size_t field_count;     /* From fields */
	bool is_damaged;        /* a From that cannot be read to its end */
	char *sender;           /* the Sender's address, or NULL */
	char *shown;            /* the From fields as a person reads them, or NULL */
	char *reply_to;         /* an address of Reply-To, not the sender's if there is one; or NULL */
	int64_t date;           /* SN_TIME_NONE: there is none, or none that can be read */
} sn_sender;

signet_status sn_sender_read(const sn_plan *plan, sn_sender *sender_out, signet_error *err)
    SIGNET_CHECKED;
void sn_sender_clear(const sn_plan *plan, sn_sender *sender);

/* Which verdicts apply; the first in the order of signet_verdict decides. */
typedef struct sn_findings {
	bool applies[SIGNET_VERDICT_VALID + 1];
} sn_findings;

/* One signed level: adds its layer and problems, and what applies (judge_signed.c). */
signet_status sn_judge_signed(sn_plan *plan, size_t index, const sn_sender *sender,
    signet_result *result, sn_findings *findings, signet_error *err) SIGNET_CHECKED;
/* Whether what is shown as the From is the sender, once it is known who signed; what is told of it
 * (judge_shown.c). */
signet_status sn_judge_shown(const sn_sender *sender, int layer, signet_result *result,
    bool *is_true_out, signet_error *err) SIGNET_CHECKED;
/* Whether an address is written to be taken for another one (lookalike.c). */
bool sn_looks_alike(const char *address);
/* Once the verdict stands: the protected header section against the outer one (judge_header.c). */
signet_status sn_judge_header(sn_plan *plan, const sn_sender *sender, signet_result *result,
    signet_error *err) SIGNET_CHECKED;
/* After a verdict of valid: what a store may learn from the message. */
signet_status sn_judge_harvest(sn_plan *plan, const sn_sender *sender, signet_result *result,
    signet_error *err) SIGNET_CHECKED;

/* Once the verdict stands: the first good one of this message, kept or asked for (remember.c). */
signet_status sn_judge_remember(const sn_plan *plan, const sn_sender *sender,
    signet_result *result, signet_error *err) SIGNET_CHECKED;

/* The whole: layers, problems, verdict. Parts have been added to result before. */
signet_status sn_judge(sn_plan *plan, signet_result *result, sn_release *release_out,
    signet_error *err) SIGNET_CHECKED;
/* The sentence for a person, once the verdict stands (summary.c). */
signet_status sn_summarize(signet_result *result, signet_error *err) SIGNET_CHECKED;

#endif
