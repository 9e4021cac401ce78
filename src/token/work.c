/* What a key on a token does: one operation at a time, under the token's lock. */
#include <string.h>

#include "base/mem.h"
#include "token/token_int.h"

typedef struct hash {
	const char *name;
	CK_MECHANISM_TYPE hash;
	CK_RSA_PKCS_MGF_TYPE mask;
} hash;

static const hash hashes[] = {
	{ "sha1", CKM_SHA_1, CKG_MGF1_SHA1 },
	{ "sha224", CKM_SHA224, CKG_MGF1_SHA224 },
	{ "sha256", CKM_SHA256, CKG_MGF1_SHA256 },
	{ "sha384", CKM_SHA384, CKG_MGF1_SHA384 },
	{ "sha512", CKM_SHA512, CKG_MGF1_SHA512 },
};

static const hash *find_hash(const char *name)
{
	for (size_t i = 0; i < sizeof(hashes) / sizeof(*hashes); i++)
		if (strcmp(hashes[i].name, name) == 0)
			return &hashes[i];
	return NULL;
}

/* A mechanism with room for its parameters. */
typedef struct mechanism {
	CK_MECHANISM mechanism;
	CK_RSA_PKCS_PSS_PARAMS pss;
	CK_RSA_PKCS_OAEP_PARAMS oaep;
} mechanism;

/* false: the digests are none that PKCS #11 knows. */
static bool choose(const signet_key_work *work, mechanism *m)
{
	const hash *own = work->digest == NULL ? NULL : find_hash(work->digest);
	const hash *mask = work->mask_digest == NULL ? NULL : find_hash(work->mask_digest);

	*m = (mechanism){ .mechanism = { CKM_RSA_PKCS, NULL, 0 } };
	switch (work->scheme) {
	case SIGNET_SCHEME_RSA_PKCS1: return true;
	case SIGNET_SCHEME_ECDSA: m->mechanism.mechanism = CKM_ECDSA; return true;
	case SIGNET_SCHEME_EDDSA: m->mechanism.mechanism = CKM_EDDSA; return true;
	case SIGNET_SCHEME_RSA_PSS:
	case SIGNET_SCHEME_RSA_OAEP: break;
	}
	if (own == NULL || mask == NULL)
		return false;
	if (work->scheme == SIGNET_SCHEME_RSA_PSS) {
		m->pss = (CK_RSA_PKCS_PSS_PARAMS){ own->hash, mask->mask, work->salt };
		m->mechanism = (CK_MECHANISM){ CKM_RSA_PKCS_PSS, &m->pss, sizeof(m->pss) };
	} else {
		m->oaep = (CK_RSA_PKCS_OAEP_PARAMS){ own->hash, mask->mask, CKZ_DATA_SPECIFIED,
			(void *)work->label, work->label_size };
		m->mechanism = (CK_MECHANISM){ CKM_RSA_PKCS_OAEP, &m->oaep, sizeof(m->oaep) };
	}
	return true;
}

static signet_status begin_more(sn_token_use *use, signet_error *err)
{
	return use->is_asked_each_time ? sn_token_login_again(use->slot, err) : SIGNET_OK;
}

static signet_status sign(
    void *user, const signet_key_work *work, uint8_t *out, size_t *size_out, signet_error *err)
{
	sn_token_use *use = user;
	sn_token_slot *slot = use->slot;
	CK_ULONG size = *size_out;
	mechanism m;
	CK_RV code;
	signet_status status;

	if (!choose(work, &m))
		return signet_fail(err, SIGNET_E_TOKEN, SIGNET_NO_OFFSET,
		    "the token \"%.40s\" knows no digest %.20s", slot->label, work->digest);
	(void)pthread_mutex_lock(&use->token->lock);
	code = slot->module->C_SignInit(slot->session, &m.mechanism, use->object);
	status = code == CKR_OK ? begin_more(use, err) : sn_token_fail(slot, "sign so", code, err);
	if (status == SIGNET_OK) {
		code = slot->module->C_Sign(
		    slot->session, (CK_BYTE *)work->data, work->size, out, &size);
		if (code != CKR_OK)
			status = sn_token_fail(slot, "sign", code, err);
	}
	(void)pthread_mutex_unlock(&use->token->lock);
	if (status == SIGNET_OK)
		*size_out = size;
	return status;
}

/*
 * What says that the token is gone, or wants its PIN again. Everything else may depend on the
 * ciphertext, and is told to nobody.
 */
static bool is_gone(CK_RV code)
{
	switch (code) {
	case CKR_DEVICE_REMOVED:
	case CKR_DEVICE_MEMORY:
	case CKR_TOKEN_NOT_PRESENT:
	case CKR_SESSION_HANDLE_INVALID:
	case CKR_SESSION_CLOSED:
	case CKR_USER_NOT_LOGGED_IN:
	case CKR_CRYPTOKI_NOT_INITIALIZED:
	case CKR_HOST_MEMORY: return true;
	default: return false;
	}
}

static signet_status decrypt_by(sn_token_use *use, CK_MECHANISM *how, const uint8_t *data, size_t size,
    uint8_t *out, size_t *size_out, signet_error *err)
{
	sn_token_slot *slot = use->slot;
	CK_ULONG got = *size_out;
	CK_RV code;
	signet_status status;

	(void)pthread_mutex_lock(&use->token->lock);
	code = slot->module->C_DecryptInit(slot->session, how, use->object);
	status = code == CKR_OK ? begin_more(use, err)
				: sn_token_fail(slot, "decrypt so", code, err);
	if (status == SIGNET_OK) {
		code = slot->module->C_Decrypt(slot->session, (CK_BYTE *)data, size, out, &got);
		if (code != CKR_OK && is_gone(code))
			status = sn_token_fail(slot, "decrypt", code, err);
		else if (code != CKR_OK)
			status = signet_fail(
			    err, SIGNET_E_DECRYPT, SIGNET_NO_OFFSET, "cannot decrypt");
	}
	(void)pthread_mutex_unlock(&use->token->lock);
	if (status == SIGNET_OK)
		*size_out = got;
	return status;
}

/* Some tokens leave zeros at the front out. */
static void fill_front(uint8_t *data, size_t size, size_t full)
{
	memmove(data + full - size, data, size);
	memset(data, 0, full - size);
}

static signet_status decrypt_raw(void *user, const uint8_t *data, size_t size, uint8_t *out,
    size_t *size_out, signet_error *err)
{
	CK_MECHANISM how = { CKM_RSA_X_509, NULL, 0 };
	size_t got = *size_out;
	signet_status status = decrypt_by(user, &how, data, size, out, &got, err);

	if (status != SIGNET_OK)
		return status;
	if (got > size || size > *size_out)
		return signet_fail(err, SIGNET_E_DECRYPT, SIGNET_NO_OFFSET, "cannot decrypt");
	fill_front(out, got, size);
	*size_out = size;
	return SIGNET_OK;
}

static signet_status decrypt(
    void *user, const signet_key_work *work, uint8_t *out, size_t *size_out, signet_error *err)
{
	sn_token_use *use = user;
	mechanism m;

	if (!choose(work, &m))
		return signet_fail(err, SIGNET_E_TOKEN, SIGNET_NO_OFFSET,
		    "the token \"%.40s\" knows no OAEP with %.20s", use->slot->label, work->digest);
	return decrypt_by(use, &m.mechanism, work->data, work->size, out, size_out, err);
}

/* The secret as an object of the session, which is read and destroyed. */
static CK_RV derive_object(sn_token_use *use, const uint8_t *point, size_t point_size, CK_ULONG size,
    CK_OBJECT_HANDLE *object_out)
{
	CK_ECDH1_DERIVE_PARAMS parameters = { CKD_NULL, 0, NULL, point_size, (CK_BYTE *)point };
	CK_MECHANISM how = { CKM_ECDH1_DERIVE, &parameters, sizeof(parameters) };
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE wanted[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_SENSITIVE, &no, sizeof(no) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
		{ CKA_VALUE_LEN, &size, sizeof(size) },
	};

	return use->slot->module->C_DeriveKey(use->slot->session, &how, use->object, wanted,
	    sizeof(wanted) / sizeof(*wanted), object_out);
}

static signet_status derive(void *user, const uint8_t *point, size_t point_size, uint8_t *out,
    size_t *size_out, signet_error *err)
{
	sn_token_use *use = user;
	sn_token_slot *slot = use->slot;
	/* SEC 1 2.3.3: 04, x, y; the others have no tag in front */
	const size_t size = point_size % 2 == 1 && point[0] == 4 ? (point_size - 1) / 2 : point_size;
	CK_ATTRIBUTE value = { CKA_VALUE, out, *size_out };
	CK_OBJECT_HANDLE object = 0;
	CK_RV code;

	if (size > *size_out)
		return signet_fail(err, SIGNET_E_DECRYPT, SIGNET_NO_OFFSET, "cannot decrypt");
	(void)pthread_mutex_lock(&use->token->lock);
	code = derive_object(use, point, point_size, size, &object);
	if (code == CKR_OK) {
		code = slot->module->C_GetAttributeValue(slot->session, object, &value, 1);
		(void)slot->module->C_DestroyObject(slot->session, object);
	}
	(void)pthread_mutex_unlock(&use->token->lock);
	if (code != CKR_OK)
		return sn_token_fail(slot, "agree on a key", code, err);
	if (value.ulValueLen > size)
		return signet_fail(err, SIGNET_E_DECRYPT, SIGNET_NO_OFFSET, "cannot decrypt");
	fill_front(out, value.ulValueLen, size);
	*size_out = size;
	return SIGNET_OK;
}

static void free_use(void *user)
{
	sn_token_use *use = user;
	sn_token *token = use->token;

	sn_free(token->ctx, use);
	sn_token_unref(&token);
}

static bool can(const sn_token_use *use, CK_MECHANISM_TYPE how, CK_FLAGS flag)
{
	CK_MECHANISM_INFO info;

	return use->slot->module->C_GetMechanismInfo(use->slot->id, how, &info) == CKR_OK &&
	       (info.flags & flag) != 0;
}

void sn_token_backend(sn_token_use *use, signet_key_backend *backend_out)
{
	const sn_token_slot *slot = use->slot;
	const bool may_decrypt = sn_token_flag(slot, use->object, CKA_DECRYPT, true);

	*backend_out = (signet_key_backend){ .free_user = free_use, .user = use };
	if (sn_token_flag(slot, use->object, CKA_SIGN, true))
		backend_out->sign = sign;
	if (may_decrypt)
		backend_out->decrypt = decrypt;
	if (may_decrypt && can(use, CKM_RSA_X_509, CKF_DECRYPT))
		backend_out->decrypt_raw = decrypt_raw;
	if (sn_token_flag(slot, use->object, CKA_DERIVE, true))
		backend_out->derive = derive;
}
