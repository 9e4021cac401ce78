/* Sorts what lies in files into identities. */
#include "app/import.h"

#include <string.h>

#include "app/files.h"
#include "base/mem.h"

enum { KEYS_MAX = 64 };

typedef struct import {
	app_session *session;
	signet_cert_list *certs;
	signet_key *keys[KEYS_MAX];
	size_t key_count;
	app_identities *identities;
} import;

/*
 * RFC 7292: PFX ::= SEQUENCE { version INTEGER {v3(3)} …. A private key (PKCS#8) begins with 0 or
 * 1, an encrypted one and a certificate with no INTEGER.
 */
static bool is_pkcs12(const uint8_t *data, size_t size)
{
	size_t at = 2;

	if (size < 8 || data[0] != 0x30)
		return false;
	if (data[1] > 0x80)
		at += data[1] & 0x7f;
	return at + 3 <= size && data[at] == 2 && data[at + 1] == 1 && data[at + 2] == 3;
}

static const uint8_t *find(const uint8_t *data, size_t size, const char *text)
{
	size_t length = strlen(text);
	const uint8_t *end = data + size;

	while ((size_t)(end - data) >= length) {
		data = memchr(data, text[0], (size_t)(end - data) - length + 1);
		if (data == NULL)
			return NULL;
		if (memcmp(data, text, length) == 0)
			return data;
		data++;
	}
	return NULL;
}

static signet_status add_key(
    import *i, const char *path, const uint8_t *data, size_t size, signet_error *err)
{
	signet_status status;

	if (i->key_count == KEYS_MAX)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "more than %d private keys at once", KEYS_MAX);
	status = signet_key_read(i->session->ctx, data, size, path, &i->session->passphrase,
	    &i->keys[i->key_count], err);
	if (status == SIGNET_OK)
		i->key_count++;
	return app_blame_file(err, status, path);
}

/* "BEGIN PRIVATE KEY", "BEGIN ENCRYPTED PRIVATE KEY", "BEGIN RSA PRIVATE KEY" and so on. */
static bool is_private_label(const uint8_t *begin, const uint8_t *line_end)
{
	return find(begin, (size_t)(line_end - begin), "PRIVATE KEY-----") != NULL;
}

static signet_status add_pem_keys(
    import *i, const char *path, const uint8_t *data, size_t size, signet_error *err)
{
	const uint8_t *end = data + size;
	signet_status status = SIGNET_OK;

	while (status == SIGNET_OK) {
		const uint8_t *begin = find(data, (size_t)(end - data), "-----BEGIN ");
		const uint8_t *line_end, *stop;

		if (begin == NULL)
			break;
		line_end = memchr(begin, '\n', (size_t)(end - begin));
		if (line_end == NULL)
			break;
		stop = find(line_end, (size_t)(end - line_end), "-----END ");
		if (stop == NULL)
			break;
		data = memchr(stop, '\n', (size_t)(end - stop));
		if (data == NULL)
			data = end;
		if (is_private_label(begin, line_end))
			status = add_key(i, path, begin, (size_t)(data - begin), err);
	}
	return status;
}

static signet_status add_pem(
    import *i, const char *path, const uint8_t *data, size_t size, signet_error *err)
{
	size_t keys = i->key_count;
	signet_status status = add_pem_keys(i, path, data, size, err);

	if (status != SIGNET_OK)
		return status;
	/* A file with nothing but a key is no bad file. */
	if (find(data, size, "-----BEGIN CERT") == NULL &&
	    find(data, size, "-----BEGIN X509") == NULL &&
	    find(data, size, "-----BEGIN TRUSTED") == NULL &&
	    find(data, size, "-----BEGIN PKCS7") == NULL &&
	    find(data, size, "-----BEGIN CMS") == NULL && i->key_count > keys)
		return SIGNET_OK;
	return app_blame_file(err, signet_cert_list_read(i->certs, data, size, NULL, err), path);
}

static signet_status add_der(
    import *i, const char *path, const uint8_t *data, size_t size, signet_error *err)
{
	if (is_pkcs12(data, size))
		return app_identities_p12(i->session, path, data, size, i->identities, err);
	if (signet_cert_list_read(i->certs, data, size, NULL, NULL) == SIGNET_OK)
		return SIGNET_OK;
	return add_key(i, path, data, size, err);
}

static signet_status add_file(import *i, const char *path, signet_error *err)
{
	sn_buf data = { 0 };
	signet_status status = app_file_read(i->session, path, &data, err);

	if (status != SIGNET_OK)
		return status;
	if (data.size == 0)
		status =
		    signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET, "%.150s is empty", path);
	else if (find(data.data, data.size, "-----BEGIN ") != NULL)
		status = add_pem(i, path, data.data, data.size, err);
	else
		status = add_der(i, path, data.data, data.size, err);
	sn_buf_clear(&data);
	return status;
}

/* What is neither this certificate nor a person's: intermediates and roots. */
static signet_status chain_for(
    import *i, const signet_cert *leaf, signet_cert_list **chain_out, signet_error *err)
{
	signet_cert_list *chain = NULL;
	signet_status status = signet_cert_list_new(i->session->ctx, &chain, err);

	for (size_t k = 0; status == SIGNET_OK && k < signet_cert_list_count(i->certs); k++) {
		signet_cert *cert = signet_cert_list_get(i->certs, k);

		if (signet_cert_is_ca(cert) && !signet_cert_equal(cert, leaf))
			status = signet_cert_list_add(chain, cert, err);
	}
	if (status != SIGNET_OK) {
		signet_cert_list_free(&chain);
		return status;
	}
	*chain_out = chain;
	return SIGNET_OK;
}

static signet_status pair(import *i, signet_cert *cert, signet_key *key, signet_error *err)
{
	signet_cert_list *chain = NULL;
	signet_identity *identity = NULL;
	signet_status status = chain_for(i, cert, &chain, err);

	if (status == SIGNET_OK)
		status = signet_identity_new(i->session->ctx, cert, chain, key, &identity, err);
	if (status == SIGNET_OK)
		status = app_identities_add(i->identities, identity, err);
	signet_identity_unref(&identity);
	signet_cert_list_free(&chain);
	return status;
}

static signet_status pair_all(import *i, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t k = 0; status == SIGNET_OK && k < i->key_count; k++) {
		size_t found = 0;

		for (size_t c = 0; status == SIGNET_OK && c < signet_cert_list_count(i->certs);
		     c++) {
			signet_cert *cert = signet_cert_list_get(i->certs, c);

			if (!signet_cert_has_key(cert, i->keys[k]))
				continue;
			found++;
			status = pair(i, cert, i->keys[k], err);
		}
		if (status == SIGNET_OK && found == 0)
			status = signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
			    "there is a private key without its certificate: name the file of "
			    "the certificate as well");
	}
	if (status == SIGNET_OK && i->identities->count == 0)
		status = signet_fail(err, SIGNET_E_NO_IDENTITY, SIGNET_NO_OFFSET,
		    "there is no private key: other people's certificates are taken in by "
		    "signet contact import");
	return status;
}

signet_status app_import(app_session *session, const char *const *paths, size_t count,
    app_identities *identities, signet_error *err)
{
import i = {.session = session, .identities = identities };
	signet_status status = signet_cert_list_new(session->ctx, &i.certs, err);

	for (size_t k = 0; status == SIGNET_OK && k < count; k++)
		status = add_file(&i, paths[k], err);
	if (status == SIGNET_OK)
		status = pair_all(&i, err);
	for (size_t k = 0; k < i.key_count; k++)
		signet_key_unref(&i.keys[k]);
	signet_cert_list_free(&i.certs);
	return status;
}
