/*
 * Changes a few places of a CMS object and copies all other octets as they are, however large the
 * object is. The edits are made from the inside out, so that the lengths around them follow:
 *
 *	sn_cms_splice_init(&splice);
 *	status = sn_cms_splice_replace(&splice, offset, removed, octets, err);
 *	status = sn_cms_splice_grow(&splice, &outline->frames[2], err);     … 1, 0
 *	status = sn_cms_splice_sink_new(ctx, &splice, next, &sink, err);
 */
#ifndef SN_CMS_SPLICE_H
#define SN_CMS_SPLICE_H

#include <signet/sink.h>

#include "base/context.h"
#include "ber/value.h"
#include "cms/reader.h"

enum { SN_CMS_EDITS = 8 };

typedef struct sn_cms_edit {
	uint64_t offset;
	uint64_t removed;
	sn_span inserted; /* data NULL: the octets in header */
	uint8_t header[SN_BER_HEADER_MAX];
} sn_cms_edit;

typedef struct sn_cms_splice {
	sn_cms_edit edits[SN_CMS_EDITS]; /* in the order of their offsets */
	size_t count;
	uint64_t removed, inserted; /* of all edits together */
} sn_cms_splice;

void sn_cms_splice_init(sn_cms_splice *splice);
/* Puts inserted, which is the caller's, in the place of removed octets at offset. */
signet_status sn_cms_splice_replace(sn_cms_splice *splice, uint64_t offset, uint64_t removed,
    sn_span inserted, signet_error *err) SIGNET_CHECKED;
/* The length of an item that holds every edit made before. One of indefinite length stays as is. */
signet_status sn_cms_splice_grow(
    sn_cms_splice *splice, const sn_cms_frame *frame, signet_error *err) SIGNET_CHECKED;

/*
 * The object goes in, the changed one to next, which is finished and aborted with this one. The
 * splice and what it inserts outlive the sink.
 */
signet_status sn_cms_splice_sink_new(const signet_context *ctx, const sn_cms_splice *splice,
    signet_sink *next, signet_sink **sink_out, signet_error *err) SIGNET_CHECKED;
void sn_cms_splice_sink_free(signet_sink **sink);

#endif
