/*
 * Changing a message without reading what it protects: one look at its outermost CMS object, which
 * tells where things stand, then a copy with some of them changed.
 */
#ifndef SN_SMIME_EDIT_H
#define SN_SMIME_EDIT_H

#include <signet/open.h>

#include "cms/splice.h"

typedef struct sn_edit {
	signet_context *ctx;
	signet_input_form form;
	bool takes_clear; /* also the signature of a multipart/signed */
	signet_input *guard;
	unsigned passes;
} sn_edit;

/* input is borrowed. */
signet_status sn_edit_init(sn_edit *edit, signet_context *ctx, signet_input *input,
    signet_input_form form, signet_error *err) SIGNET_CHECKED;
void sn_edit_clear(sn_edit *edit);

/* What is told of the object: each event of its reader, but NEED_MORE and CONTENT. */
typedef signet_status (*sn_edit_event)(void *user, const sn_cms_event *event,
    const sn_cms_outline *outline, signet_error *err);

/*
 * A look. Another sink may watch the same octets of the message (NULL: none); it is finished.
 * Without an object there is no event. SIGNET_E_MALFORMED, SIGNET_E_LIMIT.
 */
signet_status sn_edit_look(sn_edit *edit, sn_edit_event handle, void *user, signet_sink *also,
    signet_error *err) SIGNET_CHECKED;
/* A pass for a sink alone. */
signet_status sn_edit_feed(sn_edit *edit, signet_sink *sink, signet_error *err) SIGNET_CHECKED;
/* The copy: out is finished; on failure it is left to the caller. */
signet_status sn_edit_copy(sn_edit *edit, const sn_cms_splice *splice, signet_sink *out,
    signet_error *err) SIGNET_CHECKED;

#endif
