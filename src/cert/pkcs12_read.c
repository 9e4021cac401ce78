/*
 * Reading PKCS#12 (RFC 7292): the MAC says whether the passphrase is right, then every safe is
 * opened, and each key finds its certificates by their public key.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include "base/mem.h"
#include "cert/cert_int.h"
#include "cert/list_int.h"
#include "crypt/evp.h"

enum {
	FILE_MAX = 16 << 20,
	PASSPHRASE_MAX = 1024,
	ATTEMPTS = 3,
	KEYS_MAX = 256,
	BAGS_MAX = 10000,
	SAFES_MAX = 64,
	/* of one file, some seconds: more is an attack, not a passphrase */
	ROUNDS_MAX = 10000000
};

typedef struct reading {
	signet_context *ctx;
	const char *what;
	PKCS12 *p12;
	const signet_passphrase *port;  /* asks */
	char passphrase[PASSPHRASE_MAX + 1];
	const char *used;               /* passphrase, "" or NULL: all three are told apart */
	int used_size;
	bool has_tried_legacy;
	signet_key *keys[KEYS_MAX];
	size_t key_count;
	size_t bag_count;
	uint32_t rounds;                /* of key derivation, asked for so far */
	signet_cert_list *certs;
} reading;

static signet_status malformed(const reading *r, signet_error *err)
{
	return sn_crypto_fail(
	    err, SIGNET_E_MALFORMED, "%.120s is not a PKCS#12 file, or is damaged", r->what);
}

static signet_status parse(reading *r, const uint8_t *data, size_t size, signet_error *err)
{
	BIO *bio = BIO_new_mem_buf(data, (int)size);
	signet_status status = SIGNET_OK;

	/* made first, so that what is read into it knows the library context */
	r->p12 = PKCS12_init_ex(NID_pkcs7_data, sn_context_libctx(r->ctx), NULL);
	if (bio == NULL || r->p12 == NULL)
		status = sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a PKCS#12 file");
	else if (d2i_PKCS12_bio(bio, &r->p12) == NULL)
		status = malformed(r, err);
	BIO_free(bio);
	return status;
}

static void object_name(const ASN1_OBJECT *object, char *text, size_t room)
{
	if (OBJ_obj2txt(text, (int)room, object, 0) <= 0)
		(void)strncpy(text, "?", room);
}

static signet_status unavailable(const reading *r, const X509_ALGOR *algorithm, signet_error *err)
{
	const ASN1_OBJECT *object;
	const void *parameters;
	char name[80];
	int type;

	X509_ALGOR_get0(&object, &type, &parameters, algorithm);
	object_name(object, name, sizeof(name));
	ERR_clear_error();
	if (strcmp(name, "PBMAC1") == 0)
		return signet_fail(err, SIGNET_E_ALGORITHM, SIGNET_NO_OFFSET,
		    "%.100s is protected by PBMAC1, for which OpenSSL 3.4 or later is needed", r->what);
	return signet_fail(err, SIGNET_E_ALGORITHM, SIGNET_NO_OFFSET,
	    "%.100s is protected by %s, which this libcrypto lacks: old files need its legacy "
	    "provider (on Debian 13 the package openssl-provider-legacy)", r->what, name);
}

/* Whether what failed last failed for want of an algorithm; empties the queue. */
static bool is_unsupported(void)
{
	unsigned long code;
	bool unsupported = false;

	while ((code = ERR_get_error()) != 0) {
		const int reason = ERR_GET_REASON(code);

		unsupported |= reason == ERR_R_UNSUPPORTED;
		unsupported |= ERR_GET_LIB(code) == ERR_LIB_EVP &&
		    (reason == EVP_R_UNSUPPORTED_ALGORITHM || reason == EVP_R_UNKNOWN_PBE_ALGORITHM ||
			reason == EVP_R_UNSUPPORTED_CIPHER || reason == EVP_R_UNSUPPORTED_PRF ||
			reason == EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION ||
			reason == EVP_R_UNKNOWN_CIPHER || reason == EVP_R_NO_CIPHER_SET);
		unsupported |= ERR_GET_LIB(code) == ERR_LIB_PKCS12 &&
		    reason == PKCS12_R_UNKNOWN_DIGEST_ALGORITHM;
	}
	return unsupported;
}

/* Takes rounds of key derivation from what is left for the whole file. */
static signet_status spend(reading *r, uint64_t rounds, signet_error *err)
{
	if (rounds > ROUNDS_MAX - r->rounds)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "%.120s asks for more than %d rounds of key derivation", r->what, ROUNDS_MAX);
	r->rounds += (uint32_t)rounds;
	return SIGNET_OK;
}

/* What the INTEGERs in the parameters of a password-based algorithm come to. */
typedef struct work {
	bool is_scrypt;         /* RFC 7914 7: cost, block size and parallelism multiply */
	unsigned factors;
	uint64_t product;
	uint64_t sum;           /* rounds, and lengths that do not matter beside them */
} work;

static void count_item(work *w, const sn_ber_item *item)
{
	/* id-scrypt 1.3.6.1.4.1.11591.4.11 */
	static const uint8_t scrypt[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b };
	uint64_t value;

	if (item->tag == SN_BER_OID &&
	    sn_span_equal(item->contents, (sn_span){ scrypt, sizeof(scrypt) }))
		w->is_scrypt = true;
	if (item->tag != SN_BER_INTEGER)
		return;
	if (!sn_ber_uint_read(item->contents, ROUNDS_MAX, &value))
		value = (uint64_t)ROUNDS_MAX + 1;
	if (w->sum <= ROUNDS_MAX)
		w->sum += value;
	if (w->is_scrypt && w->factors++ < 3 && w->product <= ROUNDS_MAX)
		w->product *= value;
}

/*
 * The parameters (PBEParameter, PBES2-params with PBKDF2-params or scrypt-params, PBMAC1-params)
 * are walked to their leaves, wherever the counts stand in them.
 */
static signet_status check_work(reading *r, const X509_ALGOR *algorithm, signet_error *err)
{
	enum { DEPTH = 8 };
	const ASN1_OBJECT *object;
	const void *value;
	int type;
	work w = { .product = 1 };
	sn_ber_list levels[DEPTH];
	size_t level = 0;

	X509_ALGOR_get0(&object, &type, &value, algorithm);
	if (type != V_ASN1_SEQUENCE)
		return SIGNET_OK;
	levels[0] = sn_ber_list_of(
	    (sn_span){ ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value) }, 0);
	for (;;) {
		sn_ber_item item;

		while (sn_ber_list_is_empty(&levels[level])) {
			if (level == 0)
				return spend(r, w.is_scrypt ? w.product : w.sum, err);
			level--;
		}
		if (sn_ber_list_next(&levels[level], "a parameter", &item, NULL) != SIGNET_OK)
			return malformed(r, err);
		count_item(&w, &item);
		if ((item.tag & SN_BER_CONSTRUCTED) == 0)
			continue;
		if (level + 1 == DEPTH)
			return malformed(r, err);
		levels[level + 1] = sn_ber_list_in(&levels[level], &item);
		level++;
	}
}

static bool verify_mac(reading *r, const char *passphrase, int size)
{
	ERR_clear_error();
	if (PKCS12_verify_mac(r->p12, passphrase, size) != 1)
		return false;
	r->used = passphrase;
	r->used_size = size;
	return true;
}

static signet_status ask(reading *r, unsigned attempt, signet_error *err)
{
	size_t size = 0;
	signet_status status;

	if (r->port == NULL)
		return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET,
		    "%.120s is protected by a passphrase, and there is none", r->what);
	status = r->port->get(r->port->user, r->what, attempt, r->passphrase, PASSPHRASE_MAX,
	    &size, err);
	if (status != SIGNET_OK)
		return status;
	if (size > PASSPHRASE_MAX || memchr(r->passphrase, 0, size) != NULL)
		return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET,
		    "a passphrase for PKCS#12 is at most %d octets without NUL", PASSPHRASE_MAX);
	r->passphrase[size] = '\0';
	r->used = r->passphrase;
	r->used_size = (int)size;
	return SIGNET_OK;
}

static signet_status wrong_passphrase(const reading *r, signet_error *err)
{
	ERR_clear_error();
	return signet_fail(
	    err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET, "the passphrase of %.120s is wrong", r->what);
}

static signet_status check_mac(reading *r, const X509_ALGOR **algorithm_out, signet_error *err)
{
	const ASN1_INTEGER *iterations;
	const ASN1_OCTET_STRING *value, *salt;
	uint64_t rounds = 1;
	signet_status status;

	PKCS12_get0_mac(&value, algorithm_out, &salt, &iterations, r->p12);
	/* no count means one round */
	if (iterations != NULL && (ASN1_INTEGER_get_uint64(&rounds, iterations) != 1 || rounds == 0))
		rounds = UINT64_MAX;
	ERR_clear_error();
	status = spend(r, rounds, err);
	return status == SIGNET_OK ? check_work(r, *algorithm_out, err) : status;
}

/* No passphrase comes in two forms (RFC 7292 B.1 and none at all): both are tried unasked. */
static signet_status unlock(reading *r, signet_error *err)
{
	const X509_ALGOR *algorithm = NULL;
	signet_status status;

	if (!PKCS12_mac_present(r->p12))
		return SIGNET_OK;
	status = check_mac(r, &algorithm, err);
	if (status != SIGNET_OK)
		return status;
	if (verify_mac(r, NULL, 0) || verify_mac(r, "", 0))
		return SIGNET_OK;
	/* a wrong passphrase leaves no error behind, anything else does */
	if (ERR_peek_error() != 0)
		return is_unsupported() ? unavailable(r, algorithm, err) : malformed(r, err);
	for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
		status = ask(r, attempt, err);
		if (status != SIGNET_OK)
			return status;
		if (verify_mac(r, r->used, r->used_size))
			return SIGNET_OK;
	}
	return wrong_passphrase(r, err);
}

/* Without a MAC nothing has asked yet, and a file that encrypts nothing needs no passphrase. */
static signet_status want_passphrase(reading *r, signet_error *err)
{
	if (PKCS12_mac_present(r->p12) || r->used != NULL || r->port == NULL)
		return SIGNET_OK;
	return ask(r, 0, err);
}

/*
 * Why something did not decrypt: an algorithm is missing, or, where no MAC vouched for the
 * passphrase, that is wrong; else the file is damaged. *again_out: the legacy provider is there
 * now, try once more.
 */
static signet_status explain(reading *r, const X509_ALGOR *algorithm, bool *again_out,
    signet_error *err)
{
	*again_out = false;
	if (is_unsupported()) {
		*again_out = !r->has_tried_legacy && sn_context_load_legacy(r->ctx);
		r->has_tried_legacy = true;
		return *again_out ? SIGNET_OK : unavailable(r, algorithm, err);
	}
	return PKCS12_mac_present(r->p12) ? malformed(r, err) : wrong_passphrase(r, err);
}

static signet_status add_key(reading *r, const PKCS8_PRIV_KEY_INFO *info, signet_error *err)
{
	EVP_PKEY *pkey;
	signet_status status;

	if (r->key_count == KEYS_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "%.120s holds more than %d private keys", r->what, KEYS_MAX);
	pkey = EVP_PKCS82PKEY_ex(info, sn_context_libctx(r->ctx), NULL);
	if (pkey == NULL)
		return sn_crypto_fail(
		    err, SIGNET_E_ALGORITHM, "cannot use a private key in %.120s", r->what);
	status = sn_key_from_evp(r->ctx, pkey, &r->keys[r->key_count], err);
	if (status == SIGNET_OK)
		r->key_count++;
	EVP_PKEY_free(pkey);
	return status;
}

static signet_status add_shrouded_key(reading *r, const PKCS12_SAFEBAG *bag, signet_error *err)
{
	const X509_ALGOR *algorithm;
	const ASN1_OCTET_STRING *octets;
	bool again = true;
	signet_status status;

	X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(bag), &algorithm, &octets);
	status = check_work(r, algorithm, err);
	if (status == SIGNET_OK)
		status = want_passphrase(r, err);
	while (status == SIGNET_OK && again) {
		PKCS8_PRIV_KEY_INFO *info = PKCS12_decrypt_skey_ex(
		    bag, r->used, r->used_size, sn_context_libctx(r->ctx), NULL);

		if (info != NULL) {
			status = add_key(r, info, err);
			PKCS8_PRIV_KEY_INFO_free(info);
			break;
		}
		status = explain(r, algorithm, &again, err);
	}
	return status;
}

static signet_status add_cert(reading *r, const PKCS12_SAFEBAG *bag, signet_error *err)
{
	X509 *x509 = NULL;
	signet_cert *cert = NULL;
	signet_status status;

	/* an SDSI certificate is none of ours */
	if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate)
		return SIGNET_OK;
	x509 = PKCS12_SAFEBAG_get1_cert(bag);
	if (x509 == NULL)
		return malformed(r, err);
	status = sn_cert_from_x509(r->ctx, x509, &cert, err);
	X509_free(x509);
	if (status == SIGNET_OK)
		status = signet_cert_list_add(r->certs, cert, err);
	signet_cert_unref(&cert);
	return status;
}

/* The safes still to be looked at: safeContentsBags may lie in each other. */
typedef struct safes {
	const STACK_OF(PKCS12_SAFEBAG) *waiting[SAFES_MAX];
	size_t count;
} safes;

static signet_status take_bag(reading *r, const PKCS12_SAFEBAG *bag, safes *inner, signet_error *err)
{
	if (r->bag_count++ == BAGS_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "%.120s has more than %d entries", r->what, BAGS_MAX);
	switch (PKCS12_SAFEBAG_get_nid(bag)) {
	case NID_keyBag: return add_key(r, PKCS12_SAFEBAG_get0_p8inf(bag), err);
	case NID_pkcs8ShroudedKeyBag: return add_shrouded_key(r, bag, err);
	case NID_certBag: return add_cert(r, bag, err);
	case NID_safeContentsBag:
		if (inner->count == SAFES_MAX)
			return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
			    "%.120s has more than %d safes in each other", r->what, SAFES_MAX);
		inner->waiting[inner->count++] = PKCS12_SAFEBAG_get0_safes(bag);
		return SIGNET_OK;
	default: return SIGNET_OK; /* CRLs, secrets */
	}
}

static signet_status take_bags(reading *r, const STACK_OF(PKCS12_SAFEBAG) *bags, signet_error *err)
{
	safes waiting = { { bags }, 1 };
	signet_status status = SIGNET_OK;

	while (status == SIGNET_OK && waiting.count > 0) {
		const STACK_OF(PKCS12_SAFEBAG) *now = waiting.waiting[--waiting.count];

		for (int i = 0; status == SIGNET_OK && i < sk_PKCS12_SAFEBAG_num(now); i++)
			status = take_bag(r, sk_PKCS12_SAFEBAG_value(now, i), &waiting, err);
	}
	return status;
}

static signet_status take_encrypted(reading *r, PKCS7 *safe, signet_error *err)
{
	const X509_ALGOR *algorithm;
	bool again = true;
	signet_status status;

	if (safe->d.encrypted == NULL || safe->d.encrypted->enc_data == NULL)
		return malformed(r, err);
	algorithm = safe->d.encrypted->enc_data->algorithm;
	status = check_work(r, algorithm, err);
	if (status == SIGNET_OK)
		status = want_passphrase(r, err);
	while (status == SIGNET_OK && again) {
		STACK_OF(PKCS12_SAFEBAG) *bags = PKCS12_unpack_p7encdata(safe, r->used, r->used_size);

		if (bags != NULL) {
			status = take_bags(r, bags, err);
			sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
			break;
		}
		status = explain(r, algorithm, &again, err);
	}
	return status;
}

static signet_status take_safe(reading *r, PKCS7 *safe, signet_error *err)
{
	const int nid = OBJ_obj2nid(safe->type);
	STACK_OF(PKCS12_SAFEBAG) *bags;
	signet_status status;

	if (nid == NID_pkcs7_encrypted)
		return take_encrypted(r, safe, err);
	if (nid != NID_pkcs7_data)
		return signet_fail(err, SIGNET_E_ALGORITHM, SIGNET_NO_OFFSET,
		    "a part of %.120s is encrypted to a public key", r->what);
	bags = PKCS12_unpack_p7data(safe);
	if (bags == NULL)
		return malformed(r, err);
	status = take_bags(r, bags, err);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return status;
}

static signet_status take_all(reading *r, signet_error *err)
{
	STACK_OF(PKCS7) *all = PKCS12_unpack_authsafes(r->p12);
	signet_status status = SIGNET_OK;

	if (all == NULL)
		return malformed(r, err);
	for (int i = 0; status == SIGNET_OK && i < sk_PKCS7_num(all); i++)
		status = take_safe(r, sk_PKCS7_value(all, i), err);
	sk_PKCS7_pop_free(all, PKCS7_free);
	return status;
}

/* The key of a certificate; NULL: it is one of the chain. */
static signet_key *key_of(const reading *r, const signet_cert *cert)
{
	for (size_t i = 0; i < r->key_count; i++)
		if (signet_cert_has_key(cert, r->keys[i]))
			return r->keys[i];
	return NULL;
}

static signet_status make_chain(const reading *r, signet_key *const *keys, signet_cert_list **chain_out,
    size_t *leaves_out, signet_error *err)
{
	signet_cert_list *chain = NULL;
	size_t leaves = 0;
	signet_status status = signet_cert_list_new(r->ctx, &chain, err);

	for (size_t i = 0; status == SIGNET_OK && i < r->certs->count; i++) {
		if (keys[i] != NULL)
			leaves++;
		else
			status = signet_cert_list_add(chain, r->certs->certs[i], err);
	}
	if (status == SIGNET_OK) {
		*chain_out = chain;
		*leaves_out = leaves;
		chain = NULL;
	}
	signet_cert_list_free(&chain);
	return status;
}

/* keys: one for each certificate, or NULL. */
static signet_status make_identities(const reading *r, signet_key *const *keys,
    signet_identity ***identities_out, size_t *count_out, signet_error *err)
{
	signet_cert_list *chain = NULL;
	signet_identity **identities = NULL;
	size_t leaves = 0;
	size_t count = 0;
	signet_status status;

	status = make_chain(r, keys, &chain, &leaves, err);
	if (status != SIGNET_OK)
		return status;
	if (leaves == 0) {
		status = signet_fail(err, SIGNET_E_NO_IDENTITY, SIGNET_NO_OFFSET,
		    "%.120s holds no private key with its certificate", r->what);
		goto out;
	}
	identities = sn_calloc(r->ctx, leaves, sizeof(*identities), err);
	if (identities == NULL) {
		status = SIGNET_E_MEMORY;
		goto out;
	}
	for (size_t i = 0; status == SIGNET_OK && i < r->certs->count; i++) {
		if (keys[i] == NULL)
			continue;
		status = signet_identity_new(
		    r->ctx, r->certs->certs[i], chain, keys[i], &identities[count], err);
		if (status == SIGNET_OK)
			count++;
	}
	if (status == SIGNET_OK) {
		*identities_out = identities;
		*count_out = count;
		identities = NULL;
	}
out:
	signet_identity_array_free(r->ctx, &identities, count);
	signet_cert_list_free(&chain);
	return status;
}

static signet_status match(const reading *r, signet_identity ***identities_out, size_t *count_out,
    signet_error *err)
{
	const size_t count = r->certs->count;
	signet_key **keys = sn_calloc(r->ctx, count, sizeof(signet_key *), err);
	signet_status status;

	if (keys == NULL)
		return SIGNET_E_MEMORY;
	for (size_t i = 0; i < count; i++)
		keys[i] = key_of(r, r->certs->certs[i]);
	status = make_identities(r, keys, identities_out, count_out, err);
	sn_free(r->ctx, keys);
	return status;
}

static void clear(reading *r)
{
	for (size_t i = 0; i < r->key_count; i++)
		signet_key_unref(&r->keys[i]);
	signet_cert_list_free(&r->certs);
	PKCS12_free(r->p12);
	sn_wipe(r->passphrase, sizeof(r->passphrase));
	ERR_clear_error();
}

signet_status signet_identity_read_pkcs12(signet_context *ctx, const uint8_t *data, size_t size,
    const char *what, const signet_passphrase *passphrase, signet_identity ***identities_out,
    size_t *count_out, signet_error *err)
{
	reading r = { .ctx = ctx, .what = what, .port = passphrase };
	signet_status status;

	if (size > FILE_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "%.120s is larger than the limit of %d octets for PKCS#12", what, FILE_MAX);
	status = signet_cert_list_new(ctx, &r.certs, err);
	if (status == SIGNET_OK)
		status = parse(&r, data, size, err);
	if (status == SIGNET_OK)
		status = unlock(&r, err);
	if (status == SIGNET_OK)
		status = take_all(&r, err);
	if (status == SIGNET_OK)
		status = match(&r, identities_out, count_out, err);
	clear(&r);
	return status;
}
