/*
 * Walks a message with the scanner as its Content-Type fields tell, and writes down the events so
 * that a test can compare them: neighbouring pieces of one kind are one. Each event is a letter and
 * its raw octets in parentheses:
 *
 *	M mbox line    H header          e empty line     B body        P preamble
 *	[ part begins  ] multipart ends  ! is unclosed    E epilogue    . the end
 */
#ifndef MIME_WALK_H
#define MIME_WALK_H

#include "base/buf.h"
#include "mime/scanner.h"

typedef struct mime_walk {
	signet_context *ctx;
	sn_mime_scanner *scanner;
	sn_buf section;         /* of the header being read */
	sn_buf raw;             /* all raw octets, one behind the other */
	sn_buf events;
	char last;              /* the event that is open in events, or 0 */
	unsigned deepest;
	bool ended;
	signet_status status;   /* the first failure, which ends the walk */
} mime_walk;

void mime_walk_begin(mime_walk *walk, signet_context *ctx);
/* The piece is copied to memory of its own size, so that reads behind it are seen by ASan. */
void mime_walk_feed(mime_walk *walk, const uint8_t *piece, size_t size, bool last);
void mime_walk_clear(mime_walk *walk);

#endif
