/*
 * Walks an unprotected message and notes where protected parts stand in it, so that each can be
 * opened as a message of its own (report: "parts").
 */
#ifndef SN_SMIME_WALK_H
#define SN_SMIME_WALK_H

#include "mime/scanner.h"
#include "smime/classify.h"
#include "smime/level.h"

enum { SN_WALK_DEPTH = 64, SN_WALK_PATH = 512 };

typedef struct sn_walk {
	sn_plan *plan;
	sn_buf section;                     /* header section of the part being read */
	unsigned counters[SN_WALK_DEPTH];   /* parts begun, by depth */
	uint64_t entity_begin;
	bool has_open_part;                 /* the last part of the plan still runs */
} sn_walk;

void sn_walk_init(sn_walk *walk, sn_plan *plan);
void sn_walk_clear(sn_walk *walk);
/* Takes an event of the scanner; at a HEADER_END it says to the scanner what the part is. */
signet_status sn_walk_event(sn_walk *walk, sn_mime_scanner *scanner, const sn_mime_event *event,
    signet_error *err) SIGNET_CHECKED;

#endif
