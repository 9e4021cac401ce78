/*
 * The stages of one pass over a message. Each is a sink that takes the octets of one level and
 * makes the stage of the next:
 *
 *	sniff ─ pem ─┐
 *	             ├─ cms ─ (signed: digest) ─────────── entity ─ …
 *	entity ──────┘      ─ (encrypted: cipher) ──────── entity ─ …
 *	                    ─ (compressed: inflate) ────── entity ─ … ─ content
 *
 * A stage fails only for what is not the message's fault (memory, I/O). What is malformed is noted
 * at its level (sn_level_contain), and the stage takes and drops the rest: below a layer whose
 * integrity is not proven, nothing that can be seen from outside depends on its plaintext.
 */
#ifndef SN_SMIME_STAGE_H
#define SN_SMIME_STAGE_H

#include <signet/sink.h>

#include "mime/header.h"
#include "smime/level.h"

struct sn_pass {
	sn_plan *plan;
	signet_sink *content;       /* takes the content as it will be given out; NULL: nobody does */
	bool is_release;            /* the verdict stands: no digest, no signature is taken again */
};

typedef struct sn_stage sn_stage;

struct sn_stage {
	signet_sink sink;
	void (*free)(sn_stage *stage);
	sn_pass *pass;
	size_t index;               /* of the level that it reads */
};

static inline sn_level *sn_stage_level(const sn_stage *stage)
{
	return &stage->pass->plan->levels[stage->index];
}

/* NULL inside is allowed. */
void sn_stage_free(sn_stage **stage);

/* Level 0: finds out whether PEM, DER or MIME comes, unless the options say it. */
signet_status sn_stage_sniff_new(sn_pass *pass, sn_stage **stage_out, signet_error *err)
    SIGNET_CHECKED;
/* What a layer of level index - 1 protects: a MIME entity, or, in a bare object, perhaps another
 * bare object. */
signet_status sn_stage_inner_new(sn_pass *pass, size_t index, sn_stage **stage_out,
    signet_error *err) SIGNET_CHECKED;
signet_status sn_stage_entity_new(sn_pass *pass, size_t index, sn_stage **stage_out,
    signet_error *err) SIGNET_CHECKED;
/* CMS octets (transfer encoding removed). is_clear: the second part of a multipart/signed, whose
 * content has gone through sn_level.sig.digest. */
signet_status sn_stage_cms_new(sn_pass *pass, size_t index, bool is_clear, sn_stage **stage_out,
    signet_error *err) SIGNET_CHECKED;
/* PEM armour off, to a cms stage. */
signet_status sn_stage_pem_new(sn_pass *pass, size_t index, sn_stage **stage_out,
    signet_error *err) SIGNET_CHECKED;

/*
 * Content, as it is to be given out (content.c): first the header section with its end, then the
 * body. header may be NULL: everything is body.
 */
signet_status sn_content_begin(sn_pass *pass, size_t index, sn_span section, sn_span section_end,
    const sn_mime_header *header, signet_error *err) SIGNET_CHECKED;
signet_status sn_content_write(sn_pass *pass, const uint8_t *data, size_t size, signet_error *err)
    SIGNET_CHECKED;

/* Handlers of the cms stage, one per type (signed.c, encrypted.c). */
typedef struct sn_cms_stage sn_cms_stage;

struct sn_cms_stage {
	sn_stage stage;
	sn_cms_reader *reader;
	bool is_clear;
	bool is_dead;               /* malformed, deferred or not ours to read: drops what comes */
	bool has_type;
	bool has_ended;
	sn_cms_type type;
	sn_stage *inner;            /* what the layer protects */
	signet_sink *inflate;       /* compressed: in front of inner */
	sn_cipher *cipher;          /* encrypted */
	uint8_t *plaintext;         /* room for one piece */
	bool cipher_is_done;
};

signet_status sn_cms_stage_open_inner(sn_cms_stage *stage, signet_error *err) SIGNET_CHECKED;
signet_status sn_cms_stage_signed(sn_cms_stage *stage, const sn_cms_event *event,
    signet_error *err) SIGNET_CHECKED;
signet_status sn_cms_stage_encrypted(sn_cms_stage *stage, const sn_cms_event *event,
    signet_error *err) SIGNET_CHECKED;

#endif
