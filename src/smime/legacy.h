/*
 * Legacy display elements (RFC 9788 4.5.3): the lines at the head of a text part that repeat what
 * was hidden of the header, for readers that do not know of protected fields. They are found in a
 * payload below encryption, and left out where that was asked for.
 */
#ifndef SN_SMIME_LEGACY_H
#define SN_SMIME_LEGACY_H

#include <signet/sink.h>

#include "base/span.h"
#include "mime/header.h"

typedef struct sn_pass sn_pass;
typedef struct sn_legacy sn_legacy;

/*
 * The entity whose header section that is begins. *legacy_out stays NULL where it can have no such
 * element: then its octets are written as they come.
 */
signet_status sn_legacy_begin(sn_pass *pass, size_t index, sn_span section, sn_span section_end,
    const sn_mime_value *type, sn_legacy **legacy_out, signet_error *err) SIGNET_CHECKED;
/* The octets of its body, and their end: to sn_content_write, without what is left out. */
signet_status sn_legacy_write(sn_legacy *legacy, const uint8_t *data, size_t size,
    signet_error *err) SIGNET_CHECKED;
signet_status sn_legacy_finish(sn_legacy *legacy, signet_error *err) SIGNET_CHECKED;
void sn_legacy_free(sn_legacy **legacy);

/*
 * A sink that takes the text of such a part, decoded, and gives it on without the element. It ends
 * next. An element that does not end within 64 KiB is none (legacy_drop.c).
 */
signet_status sn_legacy_drop_new(const signet_context *ctx, bool is_html, signet_sink *next,
    signet_sink **sink_out, signet_error *err) SIGNET_CHECKED;
void sn_legacy_drop_free(signet_sink **sink);

#endif
