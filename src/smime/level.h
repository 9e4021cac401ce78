/*
 * What opening knows of a message, level by level.
 *
 * Level 0 is the message as it came. A level that is protected has one layer, and what that layer
 * protects is the next level; the last level is the content. What is learned of a level stays for
 * the later passes over the input: which digests its signers want, its content-encryption key,
 * the attributes that its tag covers, whether it has been proven.
 */
#ifndef SN_SMIME_LEVEL_H
#define SN_SMIME_LEVEL_H

#include <signet/open.h>

#include "base/buf.h"
#include "cms/reader.h"
#include "cms/signer.h"
#include "crypt/cipher.h"
#include "crypt/secret.h"
#include "smime/content_digest.h"
#include "smime/payload.h"
#include "smime/result.h"

typedef enum sn_level_kind {
	SN_LEVEL_UNSEEN,
	SN_LEVEL_LEAF,          /* content: nothing protects what is inside */
	SN_LEVEL_SIGNED,        /* SignedData, clear or opaque */
	SN_LEVEL_ENCRYPTED,
	SN_LEVEL_COMPRESSED
} sn_level_kind;

/* A SignerInfo with octets of its own, and what became of it. */
typedef struct sn_signer {
	uint8_t *der;
	sn_cms_signer info;
	const sn_alg *digest;           /* NULL: the table does not know it */
	signet_cert *cert;              /* whose key verified, or the first that matches; NULL: none */
	sn_cms_signature_state state;
	const char *reason;
} sn_signer;

typedef struct sn_signed_level {
	bool is_clear;                  /* multipart/signed, or detached from a bare object */
	bool has_content;
	bool is_collected;              /* certificates and signers are complete */
	bool is_judged;                 /* every signer has its state */
	uint8_t content_type[16];       /* OID contents of eContentType */
	size_t content_type_size;
	sn_content_digest *digest;      /* of this pass, then of the last */
	signet_cert_list *certs;
	sn_signer *signers;
	size_t signer_count;
	size_t bad_certs;               /* certificates that cannot be read */
	sn_buf revocation;              /* RevocationInfoChoices, one behind the other */
	bool is_stapled;                /* they were handed to the inquiry */
} sn_signed_level;

/* A RecipientInfo that is mine, with octets of its own. */
typedef struct sn_recipient {
	uint8_t *der;
	sn_cms_recipient info;
	signet_identity *identity;      /* borrowed from the keys; NULL: kek or password */
	const signet_kek *kek;          /* borrowed from the options; NULL: identity or password */
	size_t index;                   /* in the recipients of the report */
} sn_recipient;

enum { SN_MY_RECIPIENTS = 16 };
/* Certificates that are read of one SignedData or OriginatorInfo: each costs up to a millisecond, and
 * no sender has that many authorities above him. What comes after is left out. */
enum { SN_CERTS_READ = 256 };

typedef enum sn_unlock {
	SN_UNLOCK_UNTRIED,
	SN_UNLOCK_DONE,
	SN_UNLOCK_NO_RECIPIENT,         /* no RecipientInfo is mine */
	SN_UNLOCK_NO_ALGORITHM,         /* mine, but of an algorithm that is not there */
	SN_UNLOCK_NO_ORIGINATOR,        /* mine, but by a static key that is not known */
	SN_UNLOCK_NO_PASSPHRASE,
	SN_UNLOCK_NO_PASSWORD,          /* for a password, and none was given */
	SN_UNLOCK_WRONG_PASSWORD
} sn_unlock;

typedef struct sn_encrypted_level {
	bool is_aead;
	bool is_collected;
	const sn_alg *cipher;           /* NULL: the table does not know it */
	uint8_t cipher_oid[16];
	size_t cipher_oid_size;
	bool has_password;              /* there is a password recipient */
	signet_cert_list *originators;  /* certificates of originatorInfo; NULL: none */
	sn_recipient_result *recipients;/* for the report; taken over by it */
	size_t recipient_count;
	sn_recipient mine[SN_MY_RECIPIENTS];
	size_t mine_count;
	sn_unlock unlock;
	sn_secret key;
	size_t tag_size;                /* aes-ICVlen, as the parameters say */
	sn_buf attributes;              /* authenticated attributes: contents of the SET */
	bool attributes_used;           /* they were the additional data of the last pass */
	bool is_finished;               /* the ciphertext was read to its end */
	bool is_intact;                 /* tag (AEAD) or padding (CBC) of the last pass is right */
} sn_encrypted_level;

typedef struct sn_level {
	sn_level_kind kind;
	bool is_forced_leaf;            /* to be given out as it is */
	bool is_deferred;               /* below a layer not proven: not opened in this pass */
	bool is_proven;                 /* its layer is intact: what it protects can be believed */
	bool is_bare;                   /* CMS without MIME around it */
	bool is_unclosed;               /* multipart/signed without its close delimiter */
	bool is_certs_only;
	signet_status failed;           /* malformed: why, in error */
	signet_error error;
	sn_signed_level sig;
	sn_encrypted_level enc;
	const sn_alg *compression;
} sn_level;

/* A protected part below an unprotected root: where it stands in the input. */
typedef struct sn_part {
	char *path;
	uint64_t begin, end;            /* of the entity in the stream of level 0 */
} sn_part;

/* All that opening one message knows. */
struct sn_plan {
	signet_context *ctx;
	const signet_open_options *options;
	sn_level *levels;               /* limits.layers + 1 of them */
	size_t level_limit;
	bool is_bare;                   /* DER or PEM came in */
	bool has_message_header;        /* level 0 has fields other than MIME-Version and Content-* */
	bool is_below;                  /* a part of another message */
	bool is_locked;                 /* one that was not asked for: do not decrypt */
	sn_buf outer_header;            /* header section of level 0 */
	sn_payload payload;             /* the header section that is protected */
	bool keeps_outer_from;          /* RFC 9788 4.4.3: nobody vouches for the protected one */
	sn_part *parts;
	size_t part_count;
	signet_identity **identities;   /* all that may decrypt */
	size_t identity_count;
	bool identities_loaded;
	uint64_t iterations;            /* of PBKDF2, done so far */
	sn_inquiry *inquiry;            /* made when first a signer is judged */
	bool inquiry_is_lent;           /* by the message that this is a part of */
};

signet_status sn_plan_init(sn_plan *plan, signet_context *ctx, const signet_open_options *options,
    signet_error *err) SIGNET_CHECKED;
void sn_plan_clear(sn_plan *plan);
/* Forgets what the last pass found and the next finds again. */
void sn_plan_begin_pass(sn_plan *plan);
/* Fetches every identity that may decrypt, once. */
signet_status sn_plan_load_identities(sn_plan *plan, signet_error *err) SIGNET_CHECKED;
/* What is asked about the signers of the message, all together. Borrowed. */
signet_status sn_plan_inquiry(sn_plan *plan, sn_inquiry **inquiry_out, signet_error *err)
    SIGNET_CHECKED;
signet_status sn_plan_add_part(sn_plan *plan, const char *path, uint64_t begin, size_t *index_out,
    signet_error *err) SIGNET_CHECKED;
/* Whether an encrypted (signed or encrypted) level above index is not proven. */
bool sn_plan_is_below_unproven(const sn_plan *plan, size_t index, bool count_signed);

/* Notes that a level is malformed, unless the status is not the input's fault: then it is passed
 * on. */
signet_status sn_level_contain(sn_level *level, signet_status status, const signet_error *error,
    signet_error *err) SIGNET_CHECKED;

/* Copies of the reader's items with octets of their own. */
signet_status sn_signed_level_add_signer(sn_plan *plan, sn_signed_level *level,
    const sn_cms_signer *info, signet_error *err) SIGNET_CHECKED;
signet_status sn_encrypted_level_add_mine(sn_plan *plan, sn_encrypted_level *level,
    const sn_cms_recipient *info, signet_identity *identity, const signet_kek *kek,
    signet_error *err) SIGNET_CHECKED;

#endif
