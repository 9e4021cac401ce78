/*
 * A sink that reads a MIME entity and keeps what parts it has: for inspect, which draws them. It
 * is restartable, so that opening writes to it while it still verifies.
 */
#ifndef SN_SMIME_OUTLINE_H
#define SN_SMIME_OUTLINE_H

#include <signet/sink.h>

#include "base/buf.h"
#include "mime/scanner.h"

typedef struct sn_outline_part {
	unsigned depth;         /* 0: the entity itself */
	char *type;             /* "text/plain" */
	char *name;             /* file name, or NULL */
	const char *encoding;   /* static */
	uint64_t size;          /* of the body, encoded; 0 for multiparts */
	bool is_message;        /* message/rfc822 */
} sn_outline_part;

typedef struct sn_outline {
	signet_sink sink;
	signet_context *ctx;
	sn_mime_scanner *scanner;
	sn_buf section;
	sn_outline_part *parts;
	size_t count;
	bool is_dead;           /* malformed from here on: what was found stays */
} sn_outline;

signet_status sn_outline_init(sn_outline *outline, signet_context *ctx, signet_error *err)
    SIGNET_CHECKED;
void sn_outline_clear(sn_outline *outline);

#endif
