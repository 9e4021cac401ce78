/* One RecipientInfo: is it mine, and which content-encryption key does it hold. */
#ifndef SN_CMS_RECIPIENT_H
#define SN_CMS_RECIPIENT_H

#include "cert/cert.h"
#include "cms/reader.h"
#include "crypt/algs.h"
#include "crypt/public_key.h"
#include "crypt/secret.h"

bool sn_cms_recipient_is(const sn_cms_recipient *recipient, const signet_cert *cert);
/* A KEKRecipientInfo for the key with that identifier. */
bool sn_cms_recipient_is_kek(const sn_cms_recipient *recipient, sn_span id);

/*
 * Whether signet can try it with that key: the algorithm is in the table, libcrypto has it, the
 * key is of its kind. A recipient that is mine and not supported is "algorithm-unavailable".
 */
bool sn_cms_recipient_is_supported(const signet_context *ctx, const sn_cms_recipient *recipient);

/*
 * The content-encryption key of size octets. Whatever is wrong with the octets, a key comes out,
 * random to whoever does not know (no oracle); errors are our own only. originator: the static key
 * that originator_id names (key agreement); NULL where the recipient names none.
 */
signet_status sn_cms_recipient_unwrap(signet_context *ctx, const sn_cms_recipient *recipient,
    const signet_key *key, const sn_public_key *originator, size_t size, sn_secret *secret_out,
    signet_error *err) SIGNET_CHECKED;
/* The same of a KEKRecipientInfo. */
signet_status sn_cms_recipient_unwrap_kek(const signet_context *ctx,
    const sn_cms_recipient *recipient, const sn_secret *kek, size_t size, sn_secret *secret_out,
    signet_error *err) SIGNET_CHECKED;
/*
 * Of a PasswordRecipientInfo, which says nothing of whose it is: *fits_out false means that the
 * password is not its, and then there is no key. This tells an attacker nothing that he could use:
 * what fails or not is a password that its owner typed, against octets whose check he can only
 * pass by knowing that password; and the content's tag would tell the owner the same.
 */
signet_status sn_cms_recipient_unwrap_password(const signet_context *ctx,
    const sn_cms_recipient *recipient, sn_span password, size_t size, sn_secret *secret_out,
    bool *fits_out, signet_error *err) SIGNET_CHECKED;
/* How often the password is to be hashed; 0 where that cannot be read. */
uint32_t sn_cms_recipient_iterations(const sn_cms_recipient *recipient);

/* "rsa-pkcs1", "rsa-oaep", "ecdh-sha256", …: for the report; static, or the OID in text. */
const char *sn_cms_recipient_algorithm(const sn_cms_recipient *recipient, char text[SN_OID_TEXT]);

/* How an RSA recipient gets the key: key transport, or RSA-KEM in KEMRecipientInfo. */
typedef enum sn_cms_rsa_way {
	SN_CMS_RSA_PKCS1,
	SN_CMS_RSA_OAEP, /* with SHA-256 */
	SN_CMS_RSA_KEM   /* KDF3 with SHA-256 */
} sn_cms_rsa_way;

/* By the names that options have: "pkcs1", "oaep", "kem". NULL and "auto": PKCS #1 v1.5. */
bool sn_cms_rsa_way_by_name(const char *name, sn_cms_rsa_way *way_out);

/* Appends a RecipientInfo in DER for cert that wraps secret: for RSA as way says, agreement for
 * keys on curves. SIGNET_E_NO_CERT: a key that cannot. */
signet_status sn_cms_recipient_write(signet_context *ctx, const signet_cert *cert,
    sn_cms_rsa_way way, const sn_secret *secret, size_t cipher_key_size, sn_buf *out,
    unsigned *version_out, signet_error *err) SIGNET_CHECKED;
/* The same for a key-encryption key (of 16, 24 or 32 octets, else SIGNET_E_USAGE) by its id. */
signet_status sn_cms_recipient_write_kek(const signet_context *ctx, sn_span id,
    const sn_secret *kek, const sn_secret *secret, sn_buf *out, unsigned *version_out,
    signet_error *err) SIGNET_CHECKED;
/* The same for a password. It costs a tenth of a second or more. */
signet_status sn_cms_recipient_write_password(const signet_context *ctx, sn_span password,
    const sn_secret *secret, sn_buf *out, unsigned *version_out, signet_error *err) SIGNET_CHECKED;

#endif
