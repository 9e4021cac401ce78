/* A private key on a token, found by URI and certificate; certificates on a token. */
#define _GNU_SOURCE /* memmem */
#include <string.h>

#include "base/mem.h"
#include "token/token_int.h"

enum { KEY_OCTETS_LEAST = 32 };

/*
 * The key's own numbers, as they stand in the SubjectPublicKeyInfo: the modulus, or the point, which
 * a token may keep without its DER around it. *is_known_out false: the token does not tell.
 */
static signet_status compare_octets(sn_token *token, const sn_token_slot *slot,
    CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const signet_cert *cert, bool *is_known_out,
    bool *is_same_out, signet_error *err)
{
	uint8_t *data = NULL;
	size_t size = 0;
	size_t info_size = 0;
	const uint8_t *info = signet_cert_key_info(cert, &info_size);
	const uint8_t *octets;
	signet_status status = sn_token_attribute(token, slot, object, type, &data, &size, err);

	if (status != SIGNET_OK)
		return status;
	octets = data;
	if (type == CKA_EC_POINT && size > 3 && data[0] == 0x04 && data[1] == size - 2) {
		octets += 2;
		size -= 2;
	} else if (type == CKA_EC_POINT && size > 4 && data[0] == 0x04 && data[1] == 0x81 &&
		   data[2] == size - 3) {
		octets += 3;
		size -= 3;
	}
	*is_known_out = size >= KEY_OCTETS_LEAST;
	*is_same_out = *is_known_out && memmem(info, info_size, octets, size) != NULL;
	sn_free(token->ctx, data);
	return SIGNET_OK;
}

/* Elliptic curves: the public half is an object of its own, with the same identifier. */
static signet_status compare_public(sn_token *token, sn_token_slot *slot, P11KitUri *uri,
    CK_OBJECT_HANDLE private_key, const signet_cert *cert, bool *is_known_out, bool *is_same_out,
    signet_error *err)
{
	CK_OBJECT_HANDLE objects[SN_TOKEN_OBJECTS_MAX];
	CK_ATTRIBUTE id = { CKA_ID, NULL, 0 };
	uint8_t *data = NULL;
	size_t size = 0;
	size_t count = 0;
	signet_status status =
	    sn_token_attribute(token, slot, private_key, CKA_ID, &data, &size, err);

	if (status != SIGNET_OK || size == 0)
		return status;
	id.pValue = data;
	id.ulValueLen = size;
	status = sn_token_find_objects(slot, uri, CKO_PUBLIC_KEY, &id, objects, &count, err);
	for (size_t i = 0; status == SIGNET_OK && i < count && !*is_same_out; i++)
		status = compare_octets(token, slot, objects[i], CKA_EC_POINT, cert, is_known_out,
		    is_same_out, err);
	sn_free(token->ctx, data);
	return status;
}

/* Another curve is another key, where the token tells no more. */
static signet_status compare_curve(sn_token *token, const sn_token_slot *slot,
    CK_OBJECT_HANDLE object, const signet_cert *cert, bool *is_known_out, signet_error *err)
{
	uint8_t *data = NULL;
	size_t size = 0;
	size_t info_size = 0;
	const uint8_t *info = signet_cert_key_info(cert, &info_size);
	signet_status status =
	    sn_token_attribute(token, slot, object, CKA_EC_PARAMS, &data, &size, err);

	/* by name: an OBJECT IDENTIFIER */
	if (status == SIGNET_OK && size > 4 && data[0] == 0x06)
		*is_known_out = memmem(info, info_size, data, size) == NULL;
	sn_free(token->ctx, data);
	return status;
}

static signet_status compare(sn_token *token, sn_token_slot *slot, P11KitUri *uri,
    CK_OBJECT_HANDLE object, const signet_cert *cert, bool *is_known_out, bool *is_same_out,
    signet_error *err)
{
	signet_status status;

	*is_known_out = *is_same_out = false;
	status = compare_octets(
	    token, slot, object, CKA_MODULUS, cert, is_known_out, is_same_out, err);
	if (status == SIGNET_OK && !*is_known_out)
		status = compare_octets(
		    token, slot, object, CKA_EC_POINT, cert, is_known_out, is_same_out, err);
	if (status == SIGNET_OK && !*is_known_out)
		status = compare_public(
		    token, slot, uri, object, cert, is_known_out, is_same_out, err);
	if (status == SIGNET_OK && !*is_known_out)
		status = compare_curve(token, slot, object, cert, is_known_out, err);
	return status;
}

/*
 * The private key that is the certificate's. One of which the token tells nothing is taken when it is
 * the only one: a signature by another key would be noticed.
 */
static signet_status find_key(sn_token *token, sn_token_slot *slot, P11KitUri *uri,
    const char *text, const signet_cert *cert, CK_OBJECT_HANDLE *object_out, signet_error *err)
{
	CK_OBJECT_HANDLE objects[SN_TOKEN_OBJECTS_MAX];
	CK_OBJECT_HANDLE unknown = 0;
	size_t count = 0, unknown_count = 0;
	signet_status status;

	status = sn_token_find_objects(slot, uri, CKO_PRIVATE_KEY, NULL, objects, &count, err);
	for (size_t i = 0; status == SIGNET_OK && i < count; i++) {
		bool is_known, is_same;

		status = compare(
		    token, slot, uri, objects[i], cert, &is_known, &is_same, err);
		if (status == SIGNET_OK && is_same) {
			*object_out = objects[i];
			return SIGNET_OK;
		}
		if (status == SIGNET_OK && !is_known) {
			unknown = objects[i];
			unknown_count++;
		}
	}
	if (status != SIGNET_OK)
		return status;
	if (count == 1 && unknown_count == 1) {
		*object_out = unknown;
		return SIGNET_OK;
	}
	return signet_fail(err, count == 0 ? SIGNET_E_NO_KEY : SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    count == 0 ? "the token \"%.40s\" has no private key for %.140s"
		       : "the token \"%.40s\" has no private key at %.120s that belongs to the "
			 "certificate",
	    slot->label, text);
}

static signet_status name_key(sn_token *token, const sn_token_slot *slot, CK_OBJECT_HANDLE object,
    char **uri_out, signet_error *err)
{
	uint8_t *id = NULL, *label = NULL;
	size_t id_size = 0, label_size = 0;
	signet_status status = sn_token_attribute(token, slot, object, CKA_ID, &id, &id_size, err);

	if (status == SIGNET_OK)
		status = sn_token_attribute(
		    token, slot, object, CKA_LABEL, &label, &label_size, err);
	if (status == SIGNET_OK)
		status = sn_token_format(
		    token, slot, id, id_size, label, label_size, uri_out, err);
	sn_free(token->ctx, id);
	sn_free(token->ctx, label);
	return status;
}

/* Takes the use over on success. */
static signet_status make_key(
    const signet_cert *cert, sn_token_use *use, signet_key **key_out, signet_error *err)
{
	signet_key_backend backend;

	sn_token_backend(use, &backend);
	return signet_key_new_backend(cert, &backend, key_out, err);
}

static signet_status use_key(sn_token *token, sn_token_slot *slot, CK_OBJECT_HANDLE object,
    const signet_cert *cert, signet_key **key_out, signet_error *err)
{
	sn_token_use *use = sn_calloc(token->ctx, 1, sizeof(*use), err);
	signet_status status;

	if (use == NULL)
		return SIGNET_E_MEMORY;
	(void)atomic_fetch_add_explicit(&token->references, 1, memory_order_relaxed);
	*use = (sn_token_use){ token, slot, object,
		sn_token_flag(slot, object, CKA_ALWAYS_AUTHENTICATE, false) };
	status = make_key(cert, use, key_out, err);
	if (status != SIGNET_OK) {
		sn_free(token->ctx, use);
		sn_token_unref(&token);
	}
	return status;
}

signet_status sn_token_key(sn_token *token, const char *uri, const signet_cert *cert,
    const signet_passphrase *pin, signet_key **key_out, char **uri_out, signet_error *err)
{
	P11KitUri *parsed = NULL;
	sn_token_slot *slot = NULL;
	CK_OBJECT_HANDLE object = 0;
	char *name = NULL;
	signet_status status = sn_token_parse(uri, &parsed, err);

	if (status != SIGNET_OK)
		return status;
	(void)pthread_mutex_lock(&token->lock);
	status = sn_token_find_slot(token, parsed, uri, &slot, err);
	if (status == SIGNET_OK)
		status = sn_token_login(slot, pin, err);
	if (status == SIGNET_OK)
		status = find_key(token, slot, parsed, uri, cert, &object, err);
	if (status == SIGNET_OK && uri_out != NULL)
		status = name_key(token, slot, object, &name, err);
	if (status == SIGNET_OK)
		status = use_key(token, slot, object, cert, key_out, err);
	if (status == SIGNET_OK && uri_out != NULL) {
		*uri_out = name;
		name = NULL;
	}
	(void)pthread_mutex_unlock(&token->lock);
	sn_free(token->ctx, name);
	p11_kit_uri_free(parsed);
	return status;
}

/* One certificate object; others' (authorities') are passed over. */
static signet_status visit_object(sn_token *token, sn_token_slot *slot, CK_OBJECT_HANDLE object,
    sn_token_visit *visit, void *user, size_t *visited, signet_error *err)
{
	uint8_t *id = NULL, *der = NULL;
	size_t id_size = 0, der_size = 0;
	signet_cert *cert = NULL;
	char *uri = NULL;
	signet_status status = sn_token_attribute(token, slot, object, CKA_ID, &id, &id_size, err);

	if (status == SIGNET_OK)
		status =
		    sn_token_attribute(token, slot, object, CKA_VALUE, &der, &der_size, err);
	if (status != SIGNET_OK || der == NULL || id == NULL ||
	    signet_cert_new(token->ctx, der, der_size, &cert, NULL) != SIGNET_OK ||
	    signet_cert_is_ca(cert))
		goto out;
	status = sn_token_format(token, slot, id, id_size, NULL, 0, &uri, err);
	if (status == SIGNET_OK)
		status = visit(user, cert, uri, err);
	(*visited)++;
out:
	sn_free(token->ctx, uri);
	sn_free(token->ctx, id);
	sn_free(token->ctx, der);
	signet_cert_unref(&cert);
	return status;
}

signet_status sn_token_certs(
    sn_token *token, const char *uri, sn_token_visit *visit, void *user, signet_error *err)
{
	CK_OBJECT_HANDLE objects[SN_TOKEN_OBJECTS_MAX];
	P11KitUri *parsed = NULL;
	sn_token_slot *slot = NULL;
	size_t count = 0, visited = 0;
	signet_status status = sn_token_parse(uri, &parsed, err);

	if (status != SIGNET_OK)
		return status;
	(void)pthread_mutex_lock(&token->lock);
	status = sn_token_find_slot(token, parsed, uri, &slot, err);
	if (status == SIGNET_OK)
		status = sn_token_find_objects(
		    slot, parsed, CKO_CERTIFICATE, NULL, objects, &count, err);
	(void)pthread_mutex_unlock(&token->lock);
	for (size_t i = 0; status == SIGNET_OK && i < count; i++)
		status = visit_object(token, slot, objects[i], visit, user, &visited, err);
	if (status == SIGNET_OK && visited == 0)
		status = signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
		    "the token \"%.40s\" has no certificate for %.120s: name the file of the "
		    "certificate, and the key with --token URI",
		    slot->label, uri);
	p11_kit_uri_free(parsed);
	return status;
}
