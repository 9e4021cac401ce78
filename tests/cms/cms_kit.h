/* What the tests of cms share: a CMS object taken apart, the people of tests/data/cms, a sink. */
#ifndef CMS_KIT_H
#define CMS_KIT_H

#include "crypt/kit.h"

#include "base/buf.h"
#include "cert/cert.h"
#include "cms/reader.h"
#include "cms/signer.h"

enum { TAKEN_MAX = 8 };

/* A CMS object, items copied so that they live as long as this. */
typedef struct taken {
	sn_span object;
	sn_cms_type type;
	bool has_content;
	uint8_t content[8192];
	size_t content_size;
	uint8_t content_type[32];
	size_t content_type_size;
	sn_cms_signer signers[TAKEN_MAX];
	size_t signer_count;
	sn_cms_recipient recipients[TAKEN_MAX];
	size_t recipient_count;
	sn_span certificates[TAKEN_MAX];
	size_t certificate_count;
	sn_cms_algorithm encryption;
	sn_span mac;
	sn_span authenticated_attributes;
	void *copies[64];
	size_t copy_count;
} taken;

/* Fails the test unless the object is read to its end. */
taken *take_octets(kit *k, sn_span object);
taken *take_file(kit *k, const char *name); /* tests/data/name */
void taken_free(taken **t);

signet_cert *load_cert(kit *k, const char *name);
signet_key *load_private(kit *k, const char *name); /* of tests/data */

/*
 * An object in text: octets in hex; { and } around the contents of an item with a definite length,
 * < and > with an indefinite one, behind its tag; spaces where they help. The octets are out's.
 */
sn_span build(sn_buf *out, const signet_context *ctx, const char *text);

/* Gathers what is written; counts its ends. */
typedef struct gatherer {
	signet_sink sink;
	sn_buf out;
	size_t writes;
	size_t fail_at; /* the write, from 1, that fails; 0: none */
	size_t finished, aborted;
} gatherer;

void gatherer_init(gatherer *g, const signet_context *ctx);
void gatherer_clear(gatherer *g);

#endif
