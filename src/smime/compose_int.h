/*
 * How a message is written: what the files of compose share.
 *
 * Writing is a driver over a re-readable input. signet_compose_new reads the header section alone
 * (compose_header.c). The first write measures: one pass, or two where a leaf needs another
 * transfer encoding, brings the input into canonical form and takes its size and digests
 * (compose_pass.c); then every signer signs (compose_sign.c), and from here on every size is
 * known. Each copy is one more pass, which writes (compose_write.c). All copies share the
 * signature; each has a content-encryption key of its own (compose_encrypt.c).
 */
#ifndef SN_SMIME_COMPOSE_INT_H
#define SN_SMIME_COMPOSE_INT_H

#include <signet/compose.h>

#include "base/buf.h"
#include "cms/writer.h"
#include "crypt/algs.h"
#include "crypt/digest.h"
#include "crypt/guard.h"
#include "crypt/secret.h"
#include "mime/address.h"
#include "mime/canon.h"
#include "mime/header.h"

enum { SN_COMPOSE_ROLES = SIGNET_BCC + 1 };

/* What the header section says; empty for DER and PEM, which are parsed as nothing. */
typedef struct sn_compose_header {
	sn_buf section; /* as it came, without an mbox line */
	sn_mime_header fields;
	sn_mime_address_list addresses[SN_COMPOSE_ROLES];
	bool is_bare; /* nothing but MIME-Version and Content-*: no From is expected */
} sn_compose_header;

/* Name: what a report calls the recipient; the address given, or what the certificate says. */
typedef struct sn_compose_recipient {
	signet_cert *cert;
	char *name;
} sn_compose_recipient;

typedef struct sn_compose_recipients {
	sn_compose_recipient *items;
	size_t count;
	size_t capacity;
} sn_compose_recipients;

typedef struct sn_compose_signer {
	signet_identity *identity;
	const sn_alg *digest; /* known once measured */
} sn_compose_signer;

/* A digest that signers want of the content; several signers may share it. */
typedef struct sn_compose_digest {
	const sn_alg *alg;
	uint8_t value[SN_DIGEST_MAX];
	size_t size;
} sn_compose_digest;

/*
 * The signed message, or the plain one, as pieces around the content:
 *	head, prefix content suffix, tail
 * A clear-signed message has all of CMS in its tail; an opaque one is prefix and suffix in base64.
 */
typedef struct sn_compose_frame {
	sn_buf head;
	sn_buf prefix;
	sn_buf suffix;
	sn_buf tail;
	bool is_armored;  /* prefix, content and suffix are written in base64 */
	bool has_content; /* false: a detached signature alone */
} sn_compose_frame;

struct signet_compose {
	signet_context *ctx;
	signet_input *input;
	unsigned protection;
	signet_input_form form; /* MIME, DER or PEM */
	bool opaque;
	bool detached;
	bool oaep;
	bool ignore_sender;
	int64_t time;
	char *digest;
	const sn_alg *cipher;
	signet_cert *encryption_cert;
	sn_compose_signer *signers;
	size_t signer_count;

	sn_compose_header header;
	sn_compose_recipients named; /* To, Cc, or given */
	sn_compose_recipients blind; /* each in a copy of its own */
	sn_compose_recipients self;  /* in every copy */

	/* from the first write on */
	bool is_prepared;
	signet_input *guard;
	unsigned passes;      /* begun */
	sn_mime_canon *canon; /* NULL for DER and PEM */
	sn_compose_digest *digests;
	size_t digest_count;
	uint64_t content_size;
	sn_buf outer; /* fields that go outside, with CRLF, MIME-Version last */
	sn_compose_frame frame;
};

/* compose_header.c */
signet_status sn_compose_header_read(signet_compose *compose, signet_error *err) SIGNET_CHECKED;
void sn_compose_header_clear(sn_compose_header *header);
const char *sn_compose_header_address(
    const sn_compose_header *header, signet_address_role role, size_t index);
/* Whether every signer is a From of the message. */
signet_status sn_compose_header_check_signers(
    const signet_compose *compose, signet_error *err) SIGNET_CHECKED;

/* compose_recipient.c */
signet_status sn_compose_recipients_add(signet_compose *compose, sn_compose_recipients *list,
    const char *address, signet_cert *cert, signet_error *err) SIGNET_CHECKED;
/* What to call a recipient, and whether he can be encrypted to: SIGNET_E_NO_CERT. */
const char *sn_compose_name_of(const char *address, const signet_cert *cert);
signet_status sn_compose_check_cert(
    const signet_cert *cert, const char *name, signet_error *err) SIGNET_CHECKED;
void sn_compose_recipients_clear(const signet_context *ctx, sn_compose_recipients *list);
/* Whether copy 0 is the one for those who are not blind. */
bool sn_compose_has_named_copy(const signet_compose *compose);
/* Whether a message to be encrypted has anybody who could read it. */
signet_status sn_compose_check_anybody(
    const signet_compose *compose, signet_error *err) SIGNET_CHECKED;

/* compose_pass.c */
/* Takes size and digests of the content, and the fields that go outside. Once. */
signet_status sn_compose_measure(signet_compose *compose, signet_error *err) SIGNET_CHECKED;
/* Writes the content to sink once more, which is not finished. */
signet_status sn_compose_content_write(
    signet_compose *compose, signet_sink *sink, signet_error *err) SIGNET_CHECKED;
const sn_compose_digest *sn_compose_digest_find(const signet_compose *compose, const sn_alg *alg);

/* compose_sign.c */
/* Which digests the signers want; then, after measuring, the signature and the frame. */
signet_status sn_compose_sign_prepare(signet_compose *compose, signet_error *err) SIGNET_CHECKED;
signet_status sn_compose_sign(signet_compose *compose, signet_error *err) SIGNET_CHECKED;

/* compose_encrypt.c */
/* The key and the RecipientInfos of one copy. */
typedef struct sn_compose_envelope {
	sn_secret key;
	sn_buf infos;
	unsigned version; /* the highest of a RecipientInfo */
} sn_compose_envelope;

signet_status sn_compose_envelope_make(signet_compose *compose, size_t copy,
    sn_compose_envelope *envelope_out, signet_error *err) SIGNET_CHECKED;
/* A sink that encrypts content_size octets; it ends next, and is freed as cms says. */
signet_status sn_compose_envelope_sink_new(const signet_compose *compose,
    const sn_compose_envelope *envelope, uint64_t content_size, signet_sink *next,
    signet_sink **sink_out, signet_error *err) SIGNET_CHECKED;
void sn_compose_envelope_clear(sn_compose_envelope *envelope);

/* compose_mime.c */
void sn_compose_frame_init(sn_compose_frame *frame, const signet_context *ctx);
void sn_compose_frame_clear(sn_compose_frame *frame);
/* The size of the framed content. SIGNET_E_LIMIT: more than 64 bits count. */
signet_status sn_compose_frame_size(const sn_compose_frame *frame, uint64_t content_size,
    uint64_t *size_out, signet_error *err) SIGNET_CHECKED;
/* The fields of an application/pkcs7-mime part, with the empty line. */
signet_status sn_compose_pkcs7_fields(
    sn_buf *out, const char *smime_type, signet_error *err) SIGNET_CHECKED;
/* head and tail of a multipart/signed whose second part is signature (DER). */
signet_status sn_compose_clear_frame(const signet_compose *compose, sn_span signature,
    sn_compose_frame *frame, signet_error *err) SIGNET_CHECKED;

/* compose_pem.c */
/* A sink that writes a PEM text (RFC 7468) to next; it ends next. The label is copied. */
enum { SN_PEM_LABEL = 64 }; /* with its NUL */
signet_status sn_compose_pem_sink_new(const signet_context *ctx, const char *label,
    signet_sink *next, signet_sink **sink_out, signet_error *err) SIGNET_CHECKED;
void sn_compose_pem_sink_free(signet_sink **sink);

/* compose_write.c */
signet_status sn_compose_write_copy(
    signet_compose *compose, size_t copy, signet_sink *out, signet_error *err) SIGNET_CHECKED;

#endif
