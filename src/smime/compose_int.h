/*
 * How a message is written: what the files of compose share.
 *
 * Writing is a driver over a re-readable input. signet_compose_new reads the header section alone
 * (compose_header.c). The first write measures: one pass, or two where a leaf needs another
 * transfer encoding, brings the input into canonical form and takes its size and digests
 * (compose_pass.c); then every signer signs (compose_sign.c), and from here on every size is
 * known. Each copy is one more pass, which writes (compose_write.c). All copies share the
 * signature; each has a content-encryption key of its own (compose_encrypt.c).
 *
 * Where the output can be started anew, one pass that measures and writes at once is tried first
 * (compose_trial.c): most messages are in canonical form already.
 */
#ifndef SN_SMIME_COMPOSE_INT_H
#define SN_SMIME_COMPOSE_INT_H

#include <signet/compose.h>

#include "base/buf.h"
#include "cms/capabilities.h"
#include "cms/recipient.h"
#include "cms/writer.h"
#include "crypt/algs.h"
#include "crypt/digest.h"
#include "crypt/guard.h"
#include "crypt/secret.h"
#include "mime/address.h"
#include "mime/canon.h"
#include "mime/header.h"
#include "smime/payload.h"

enum {
	SN_COMPOSE_ROLES = SIGNET_BCC + 1,
	SN_COMPOSE_BOUNDARY = 48 /* room for a boundary */
};

/* What the header section says; empty for DER and PEM, which are parsed as nothing. */
typedef struct sn_compose_header {
	sn_buf section; /* as it came, without an mbox line */
	sn_mime_header fields;
	sn_mime_address_list addresses[SN_COMPOSE_ROLES];
	bool has_mbox_line;
	bool is_bare; /* nothing but MIME-Version and Content-*: no From is expected */
} sn_compose_header;

/* Name: what a report calls the recipient; the address given, or what the certificate says. */
typedef struct sn_compose_recipient {
	signet_cert *cert;
	char *name;
	bool is_known; /* he has said what he reads, or his certificate does */
	sn_cms_capabilities known;
	int64_t known_since;
} sn_compose_recipient;

typedef struct sn_compose_recipients {
	sn_compose_recipient *items;
	size_t count;
	size_t capacity;
} sn_compose_recipients;

/* A password, or a key with its identifier (password NULL). */
typedef struct sn_compose_shared {
	uint8_t *password;
	size_t password_size;
	uint8_t *id;
	size_t id_size;
	sn_secret kek;
} sn_compose_shared;

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
	char boundary[SN_COMPOSE_BOUNDARY]; /* of a clear-signed message, once head is made */
	bool is_armored;  /* prefix, content and suffix are written in base64 */
	bool has_content; /* false: a detached signature alone */
} sn_compose_frame;

/* Header protection (RFC 9788): what goes into the entity, and what is left outside. */
typedef struct sn_compose_protected {
	bool applies;
	const char *parameter;  /* static: hp="clear" or hp="cipher" */
	sn_buf fields;
	sn_buf type;            /* the Content-Type field with the parameter; empty: there is none */
	sn_buf outer;
} sn_compose_protected;

struct signet_compose {
	signet_context *ctx;
	signet_input *input;
	unsigned protection;
	signet_input_form form; /* MIME, DER or PEM */
	bool opaque;
	bool detached;
	sn_cms_rsa_way rsa_way; /* unless is_transport_auto and the recipient says otherwise */
	bool cek_hkdf;
	bool compress;
	bool ignore_sender;
	int64_t time;
	char *digest;
	const sn_alg *cipher; /* asked for, or of the copy that is being written */
	bool is_cipher_auto;
	bool is_transport_auto;
	bool compatible;
	signet_cert *encryption_cert;
	sn_compose_signer *signers;
	size_t signer_count;

	signet_header_policy headers;
	char **hidden; /* fields that stay confidential in a reply */
	size_t hidden_count;
	bool legacy_display;
	signet_input *overlay; /* what input is then */
	char *legacy[SN_PAYLOAD_LEGACY_MAX]; /* paths of the parts that got an element */
	size_t legacy_count;
	sn_compose_header header;
	sn_compose_protected protected;
	sn_compose_recipients named; /* To, Cc, or given */
	sn_compose_recipients blind; /* each in a copy of its own */
	sn_compose_recipients self;  /* in every copy */
	sn_compose_shared *shared;   /* in the copy of those named */
	size_t shared_count;

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

/* compose_protect.c */
void sn_compose_protected_init(signet_compose *compose);
void sn_compose_protected_clear(sn_compose_protected *protected);
/* Once the header has been read. */
signet_status sn_compose_protect(signet_compose *compose, signet_error *err) SIGNET_CHECKED;
/* Tells a canon that has not begun. */
void sn_compose_protected_add(const signet_compose *compose);
/* Octets that the entity grows by, if its line ends are CRLF. */
int64_t sn_compose_protected_growth(const signet_compose *compose);

/* Whether the field goes inside, and outside nothing or something else of it. */
signet_status sn_compose_hides(const signet_compose *compose, const sn_mime_field *field,
    bool *hides_out, signet_error *err) SIGNET_CHECKED;
void sn_compose_drop_param(sn_mime_value *value, const char *name);

/* compose_legacy.c */
/*
 * Puts legacy display elements in (RFC 9788 5.2.1), where they were asked for and a field is hidden:
 * the input is another one then, and the header has been read again.
 */
signet_status sn_compose_legacy(signet_compose *compose, signet_error *err) SIGNET_CHECKED;

/* compose_reply.c */
/* Whether the message that this one answers had the field hidden. */
bool sn_compose_keeps_hidden(const signet_compose *compose, const sn_mime_field *field);
/* SIGNET_E_USAGE: something is to stay hidden, and nothing can be. */
signet_status sn_compose_check_hidden(
    const signet_compose *compose, signet_error *err) SIGNET_CHECKED;

/* compose_recipient.c */
signet_status sn_compose_recipients_add(signet_compose *compose, sn_compose_recipients *list,
    const char *address, signet_cert *cert, signet_error *err) SIGNET_CHECKED;
/* What to call a recipient, and whether he can be encrypted to: SIGNET_E_NO_CERT. */
const char *sn_compose_name_of(const char *address, const signet_cert *cert);
signet_status sn_compose_check_cert(
    const signet_cert *cert, const char *name, signet_error *err) SIGNET_CHECKED;
void sn_compose_recipients_clear(const signet_context *ctx, sn_compose_recipients *list);
void sn_compose_shared_clear(signet_compose *compose);
/* Everybody that a message is for counts, in whatever way. */
size_t sn_compose_recipient_count(const signet_compose *compose);
/* Whether copy 0 is the one for those who are not blind. */
bool sn_compose_has_named_copy(const signet_compose *compose);
/* Whether a message to be encrypted has anybody who could read it. */
signet_status sn_compose_check_anybody(
    const signet_compose *compose, signet_error *err) SIGNET_CHECKED;

/* compose_choose.c */
/* What the certificate itself says of its owner's capabilities (RFC 4262). */
void sn_compose_recipient_read_cert(sn_compose_recipient *who);
const sn_alg *sn_compose_cipher_for(const signet_compose *compose, size_t copy);
sn_cms_rsa_way sn_compose_rsa_way(const signet_compose *compose, const sn_compose_recipient *who);

/* compose_pass.c */
/* Takes size and digests of the content, and the fields that go outside. Once. */
signet_status sn_compose_measure(signet_compose *compose, signet_error *err) SIGNET_CHECKED;
/* Writes the content to sink once more, which is not finished. */
signet_status sn_compose_content_write(
    signet_compose *compose, signet_sink *sink, signet_error *err) SIGNET_CHECKED;
/* The fields that go outside, and that they are the ones read at first; canon has met them. */
signet_status sn_compose_take_outer(signet_compose *compose, signet_error *err) SIGNET_CHECKED;
signet_status sn_compose_check_header(
    const signet_compose *compose, signet_error *err) SIGNET_CHECKED;

/* Counts content and feeds every digest; finish puts both into the compose. */
typedef struct sn_compose_meter {
	const signet_compose *compose;
	sn_digest **digests;
	uint64_t size;
} sn_compose_meter;

signet_status sn_compose_meter_begin(
    const signet_compose *compose, sn_compose_meter *meter, signet_error *err) SIGNET_CHECKED;
signet_status sn_compose_meter_write(sn_compose_meter *meter, const uint8_t *data, size_t size,
    signet_error *err) SIGNET_CHECKED;
signet_status sn_compose_meter_finish(
    const sn_compose_meter *meter, signet_compose *compose, signet_error *err) SIGNET_CHECKED;
void sn_compose_meter_clear(sn_compose_meter *meter);
const sn_compose_digest *sn_compose_digest_find(const signet_compose *compose, const sn_alg *alg);

/* compose_compress.c: CompressedData on the way to a sink, which is not ended by it. */
typedef struct sn_compose_compression {
	signet_sink front; /* counts what comes */
	signet_sink back;  /* counts what goes, and keeps the ends from next */
	signet_sink *next;
	signet_sink *armor; /* base64; NULL for DER and PEM */
	signet_sink *deflate;
	uint64_t in, out;
	const signet_context *ctx;
} sn_compose_compression;
/* *top_out is where the content goes in. compression is cleared in any case. */
signet_status sn_compose_compression_begin(const signet_compose *compose, signet_sink *next,
    sn_compose_compression *compression, signet_sink **top_out, signet_error *err) SIGNET_CHECKED;
signet_status sn_compose_compression_finish(
    sn_compose_compression *compression, signet_error *err) SIGNET_CHECKED;
void sn_compose_compression_clear(sn_compose_compression *compression);

/* compose_sign.c */
/* Which digests the signers want; then, after measuring, the signature and the frame. */
signet_status sn_compose_sign_prepare(signet_compose *compose, signet_error *err) SIGNET_CHECKED;
signet_status sn_compose_sign(signet_compose *compose, signet_error *err) SIGNET_CHECKED;
/*
 * How long the tail of a clear-signed message will be, before anybody signs. False: not known,
 * since a signature of this kind is now longer, now shorter (ECDSA).
 */
signet_status sn_compose_sign_tail_size(
    signet_compose *compose, bool *known_out, size_t *size_out, signet_error *err) SIGNET_CHECKED;

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
/* The head of a multipart/signed, with a boundary made here; nothing when there is one. */
signet_status sn_compose_clear_head(
    const signet_compose *compose, sn_compose_frame *frame, signet_error *err) SIGNET_CHECKED;
/* Its tail, whose part is signature (DER), in place of an earlier one. */
signet_status sn_compose_clear_tail(
    sn_span signature, sn_compose_frame *frame, signet_error *err) SIGNET_CHECKED;

/* compose_pem.c */
/* A sink that writes a PEM text (RFC 7468) to next; it ends next. The label is copied. */
enum { SN_PEM_LABEL = 64 }; /* with its NUL */
signet_status sn_compose_pem_sink_new(const signet_context *ctx, const char *label,
    signet_sink *next, signet_sink **sink_out, signet_error *err) SIGNET_CHECKED;
void sn_compose_pem_sink_free(signet_sink **sink);

/* compose_write.c */
/*
 * Stands before the caller's sink, which is ended exactly once, however the chain before it ended:
 * by its finish, or by an abort where something on the way failed.
 */
typedef struct sn_compose_last {
	signet_sink sink;
	signet_sink *out;
	bool has_ended;
} sn_compose_last;

/* The sinks of one copy, from the caller's inwards; each NULL where the form has none. */
typedef struct sn_compose_chain {
	sn_compose_last last;
	signet_sink *armor; /* base64 around the envelope */
	signet_sink *pem;
	signet_sink *envelope;
	signet_sink *inner_armor; /* base64 around an opaque signature */
	signet_sink *top;         /* takes the framed content */
} sn_compose_chain;

/* Writes what goes before the framed content, which is framed_size octets long (of use to
 * encryption only). After it the chain is closed, whatever happened. */
signet_status sn_compose_chain_open(signet_compose *compose, size_t copy, uint64_t framed_size,
    signet_sink *out, sn_compose_chain *chain, signet_error *err) SIGNET_CHECKED;
/* Frees the sinks. What has not ended by then is aborted. */
void sn_compose_chain_close(sn_compose_chain *chain);
/* As close, but leaves the caller's sink as it is, to be restarted. */
void sn_compose_chain_leave(sn_compose_chain *chain);
signet_status sn_compose_write_copy(
    signet_compose *compose, size_t copy, signet_sink *out, signet_error *err) SIGNET_CHECKED;

/* compose_trial.c */
/*
 * Writes the only copy in one pass, where that can be. False: it could not; nothing is left of the
 * attempt, and the passes have to be made. On failure out is aborted.
 */
signet_status sn_compose_trial(
    signet_compose *compose, signet_sink *out, bool *done_out, signet_error *err) SIGNET_CHECKED;

#endif
