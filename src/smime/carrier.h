/*
 * What carries a CMS object: a MIME message, PEM armour, or nothing. A sink that takes a message
 * and finds the octets of its outermost CMS object in it. To look, they go to a probe; to copy, the
 * whole message goes to out, octet for octet, but that the object passes through a splice.
 *
 * What encodes the object is made anew (base64 with its lines); a quoted-printable one becomes
 * base64. All else stays: fields, boundaries, the text around PEM, line ends.
 */
#ifndef SN_SMIME_CARRIER_H
#define SN_SMIME_CARRIER_H

#include <signet/open.h>

#include "cms/splice.h"
#include "mime/header.h"

typedef struct sn_carrier_spec {
	const signet_context *ctx;
	signet_input_form form;
	bool takes_clear; /* also the object in a multipart/signed */
	signet_sink *probe;          /* NULL: copy */
	const sn_cms_splice *splice; /* to copy */
	signet_sink *out;            /* to copy; neither finished nor aborted here */
} sn_carrier_spec;

/* Errors: SIGNET_E_MALFORMED, SIGNET_E_LIMIT, and those of the sinks. The spec is copied. */
signet_status sn_carrier_new(
    const sn_carrier_spec *spec, signet_sink **sink_out, signet_error *err) SIGNET_CHECKED;
/* Whether there was an object. */
bool sn_carrier_has_object(const signet_sink *sink);
void sn_carrier_free(signet_sink **sink);

/* carrier_body.c: the sinks that the octets of the object go through. A zeroed one is not open. */
typedef struct sn_carrier_body {
	signet_sink tail; /* in front of out, which goes on afterwards */
	signet_sink *out;
	signet_sink *encode;
	bool is_pem; /* encode is for PEM */
	signet_sink *splice;
	signet_sink *decode;
} sn_carrier_body;

/* label: of the PEM, or NULL; lf: of the lines of base64. */
signet_status sn_carrier_body_open(sn_carrier_body *body, const sn_carrier_spec *spec,
    sn_mime_encoding encoding, bool lf, const char *label, signet_error *err) SIGNET_CHECKED;
signet_status sn_carrier_body_write(
    sn_carrier_body *body, const uint8_t *data, size_t size, signet_error *err) SIGNET_CHECKED;
signet_status sn_carrier_body_finish(sn_carrier_body *body, signet_error *err) SIGNET_CHECKED;
bool sn_carrier_body_is_open(const sn_carrier_body *body);
void sn_carrier_body_clear(sn_carrier_body *body);

/* carrier_pem.c: PEM armour, line by line. */
enum { SN_CARRIER_LINE = 256 };
typedef struct sn_carrier_pem {
	enum { SN_PEM_BEFORE, SN_PEM_INSIDE, SN_PEM_AFTER } where;
	char line[SN_CARRIER_LINE]; /* that may be a label */
	size_t line_size;
	bool is_in_line;
	bool is_label_line;
} sn_carrier_pem;

signet_status sn_carrier_pem_write(sn_carrier_pem *pem, const sn_carrier_spec *spec,
    sn_carrier_body *body, const uint8_t *data, size_t size, signet_error *err) SIGNET_CHECKED;
signet_status sn_carrier_pem_finish(sn_carrier_pem *pem, const sn_carrier_spec *spec,
    sn_carrier_body *body, signet_error *err) SIGNET_CHECKED;

#endif
