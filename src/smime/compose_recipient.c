#include "smime/compose_int.h"

#include <string.h>

#include "base/mem.h"

void sn_compose_recipients_clear(const signet_context *ctx, sn_compose_recipients *list)
{
	for (size_t i = 0; i < list->count; i++) {
		signet_cert_unref(&list->items[i].cert);
		sn_free(ctx, list->items[i].name);
	}
	sn_free(ctx, list->items);
	*list = (sn_compose_recipients){ 0 };
}

static signet_status make_room(
    const signet_context *ctx, sn_compose_recipients *list, signet_error *err)
{
	const size_t capacity = list->capacity != 0 ? list->capacity * 2 : 8;
	sn_compose_recipient *items;
	size_t size;

	if (list->count < list->capacity)
		return SIGNET_OK;
	if (!sn_mul_size(capacity, sizeof(*items), &size))
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "too many recipients");
	items = sn_realloc(ctx, list->items, size, err);
	if (items == NULL)
		return SIGNET_E_MEMORY;
	list->items = items;
	list->capacity = capacity;
	return SIGNET_OK;
}

/* What to call a recipient: the address given, or what his certificate says. */
const char *sn_compose_name_of(const char *address, const signet_cert *cert)
{
	if (address != NULL)
		return address;
	address = signet_cert_address(cert, 0);
	return address != NULL ? address : signet_cert_subject(cert);
}

/* Kinds of keys that key transport or key agreement has a way for; not Ed25519 or RSA-PSS. */
static bool is_encryption_key(const sn_public_key *key)
{
	static const char *const kinds[] = { "rsa", "ec", "x25519", "x448" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(sn_public_key_kind(key), kinds[i]) == 0)
			return true;
	return false;
}

/* RFC 8550 4.4.2, RFC 8551 2.3: who can be encrypted to, and by which keys. */
signet_status sn_compose_check_cert(const signet_cert *cert, const char *name, signet_error *err)
{
	const sn_public_key *key = NULL;
	signet_error why = { 0 };

	if (!signet_cert_can_encrypt(cert))
		return signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
		    "the certificate %.64s for %.80s is not for encryption (key usage)",
		    signet_cert_serial(cert), name);
	if (sn_cert_usable_key(cert, &key, &why) != SIGNET_OK)
		return signet_fail(err,
		    why.status == SIGNET_E_MEMORY ? SIGNET_E_MEMORY : SIGNET_E_NO_CERT,
		    SIGNET_NO_OFFSET, "the certificate for %.80s cannot be used: %.120s", name,
		    why.text);
	if (is_encryption_key(key))
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
	    "the certificate for %.80s has a key that cannot be encrypted to (%.32s)", name,
	    sn_public_key_name(key));
}

size_t sn_compose_recipient_count(const signet_compose *compose)
{
	return compose->named.count + compose->blind.count + compose->shared_count;
}

/* A reader refuses a message with more RecipientInfos than its limit. */
static signet_status check_count(const signet_compose *compose, signet_error *err)
{
	const size_t limit = compose->ctx->limits.recipients;

	if (sn_compose_recipient_count(compose) + compose->self.count >= limit)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "more recipients than the limit of %zu", limit);
	return SIGNET_OK;
}

signet_status sn_compose_recipients_add(signet_compose *compose, sn_compose_recipients *list,
    const char *address, signet_cert *cert, signet_error *err)
{
	const char *name = sn_compose_name_of(address, cert);
	char *copy = NULL;
	signet_status status;

	if ((compose->protection & SIGNET_ENCRYPT) == 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a message that is not encrypted has no recipient %.80s", name);
	status = check_count(compose, err);
	if (status != SIGNET_OK)
		return status;
	status = sn_compose_check_cert(cert, name, err);
	if (status != SIGNET_OK)
		return status;
	status = make_room(compose->ctx, list, err);
	if (status != SIGNET_OK)
		return status;
	status = sn_strdup(compose->ctx, name, &copy, err);
	if (status != SIGNET_OK)
		return status;
	list->items[list->count] =
	    (sn_compose_recipient){ .cert = signet_cert_ref(cert), .name = copy };
	sn_compose_recipient_read_cert(&list->items[list->count++]);
	return SIGNET_OK;
}

bool sn_compose_has_named_copy(const signet_compose *compose)
{
	return compose->named.count != 0 || compose->shared_count != 0 ||
	       compose->blind.count == 0;
}

signet_status sn_compose_check_anybody(const signet_compose *compose, signet_error *err)
{
	if ((compose->protection & SIGNET_ENCRYPT) == 0 || compose->self.count != 0 ||
	    sn_compose_recipient_count(compose) != 0)
		return SIGNET_OK;
	return signet_fail(
	    err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET, "there is nobody to encrypt to");
}

void sn_compose_shared_clear(signet_compose *compose)
{
	for (size_t i = 0; i < compose->shared_count; i++) {
		sn_compose_shared *shared = &compose->shared[i];

		if (shared->password != NULL)
			sn_wipe(shared->password, shared->password_size);
		sn_free(compose->ctx, shared->password);
		sn_free(compose->ctx, shared->id);
		sn_secret_wipe(&shared->kek);
	}
	sn_free(compose->ctx, compose->shared);
	compose->shared = NULL;
	compose->shared_count = 0;
}

/* Room for one more, at the end; it counts once it is filled. */
static signet_status shared_room(
    signet_compose *compose, sn_compose_shared **shared_out, signet_error *err)
{
	sn_compose_shared *grown;
	signet_status status;

	if ((compose->protection & SIGNET_ENCRYPT) == 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a message that is not encrypted has neither password nor key");
	status = check_count(compose, err);
	if (status != SIGNET_OK)
		return status;
	if ((compose->shared_count & (compose->shared_count - 1)) == 0) {
		const size_t room = compose->shared_count == 0 ? 1 : compose->shared_count * 2;

		grown = sn_calloc(compose->ctx, room, sizeof(*grown), err);
		if (grown == NULL)
			return SIGNET_E_MEMORY;
		/* by hand, so that no key stays behind where it was */
		for (size_t i = 0; i < compose->shared_count; i++) {
			grown[i] = compose->shared[i];
			sn_secret_wipe(&compose->shared[i].kek);
		}
		sn_free(compose->ctx, compose->shared);
		compose->shared = grown;
	}
	*shared_out = &compose->shared[compose->shared_count];
	return SIGNET_OK;
}

signet_status signet_compose_add_password(
    signet_compose *compose, const uint8_t *password, size_t size, signet_error *err)
{
	sn_compose_shared *shared;
	signet_status status;

	if (size == 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "an empty password protects nothing");
	status = shared_room(compose, &shared, err);
	if (status == SIGNET_OK)
		status = sn_dup(compose->ctx, password, size, &shared->password, err);
	if (status != SIGNET_OK)
		return status;
	shared->password_size = size;
	compose->shared_count++;
	return SIGNET_OK;
}

signet_status signet_compose_add_kek(
    signet_compose *compose, const signet_kek *kek, signet_error *err)
{
	sn_compose_shared *shared;
	signet_status status;

	if (kek->key_size != 16 && kek->key_size != 24 && kek->key_size != 32)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a key-encryption key has 16, 24 or 32 octets, not %zu", kek->key_size);
	status = shared_room(compose, &shared, err);
	if (status == SIGNET_OK)
		status = sn_dup(compose->ctx, kek->id, kek->id_size, &shared->id, err);
	if (status != SIGNET_OK)
		return status;
	shared->id_size = kek->id_size;
	memcpy(shared->kek.data, kek->key, kek->key_size);
	shared->kek.size = kek->key_size;
	compose->shared_count++;
	return SIGNET_OK;
}
