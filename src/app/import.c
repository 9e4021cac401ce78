/* Sorts what lies in files into identities. */
#include "app/import.h"

#include <string.h>

#include "app/files.h"
#include "app/token.h"
#include "base/mem.h"

enum { KEYS_MAX = 64, CHAIN_MAX = 16 };

typedef struct import {
	app_session *session;
	signet_cert_list *certs;
	signet_key *keys[KEYS_MAX];
	size_t key_count;
	app_import_list *list;
	bool is_there;      /* a certificate is an identity already */
	app_identities p12; /* what PKCS#12 files hold */
} import;

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
	status = app_passphrase_result(i->session, status);
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
	if (app_is_pkcs12(data, size))
		return app_identities_p12(i->session, path, data, size, &i->p12, err);
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

static signet_status add_item(
    import *i, signet_identity *identity, app_import_item **item_out, signet_error *err)
{
	app_import_list *list = i->list;

	if (list->count == APP_IDENTITIES_MAX)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "more than %d keys at once", APP_IDENTITIES_MAX);
	*item_out = &list->items[list->count++];
	**item_out = (app_import_item){ .identity = signet_identity_ref(identity) };
	return SIGNET_OK;
}

/* key NULL: it lies elsewhere, where the item is told. */
static signet_status pair(
    import *i, signet_cert *cert, signet_key *key, app_import_item **item_out, signet_error *err)
{
	signet_cert_list *chain = NULL;
	signet_identity *identity = NULL;
	signet_status status = chain_for(i, cert, &chain, err);

	if (status == SIGNET_OK)
		status = signet_identity_new(i->session->ctx, cert, chain, key, &identity, err);
	if (status == SIGNET_OK)
		status = add_item(i, identity, item_out, err);
	signet_identity_unref(&identity);
	signet_cert_list_free(&chain);
	return status;
}

static signet_status pair_key(import *i, signet_key *key, signet_error *err)
{
	const size_t count = signet_cert_list_count(i->certs);
	app_import_item *item;
	signet_status status = SIGNET_OK;
	size_t found = 0;

	for (size_t c = 0; status == SIGNET_OK && c < count; c++) {
		signet_cert *cert = signet_cert_list_get(i->certs, c);

		if (!signet_cert_has_key(cert, key))
			continue;
		found++;
		status = pair(i, cert, key, &item, err);
	}
	if (status == SIGNET_OK && found == 0)
		status = signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
		    count > 0 ? "the private key does not fit any of the certificates given: name "
				"the file of its own as well"
			      : "there is a private key without its certificate: name the file of "
				"the certificate as well");
	return status;
}

/* A key in the store that a new certificate is for, as it lies there: no passphrase is needed. */
typedef struct stored {
	import *i;
	signet_cert *cert;
	bool is_found, is_there;
} stored;

static signet_status take_key(
    import *i, const sn_store_identity *row, app_import_item *item, signet_error *err)
{
	const signet_context *ctx = i->session->ctx;
	signet_status status = row->token != NULL
	    ? sn_strdup(ctx, row->token, &item->token, err)
	    : sn_dup(ctx, row->key, row->key_size, &item->key, err);

	if (status == SIGNET_OK) {
		item->key_size = row->token != NULL ? 0 : row->key_size;
		item->is_key_encrypted = row->is_key_encrypted;
	}
	return status;
}

static signet_status visit_stored(void *user, const sn_store_identity *row, signet_error *err)
{
	stored *s = user;
	app_import_item *item = NULL;
	signet_status status;

	if (s->is_found || !signet_cert_has_same_key(row->cert, s->cert))
		return SIGNET_OK;
	s->is_found = true;
	status = pair(s->i, s->cert, NULL, &item, err);
	return status == SIGNET_OK ? take_key(s->i, row, item, err) : status;
}

static signet_status visit_there(void *user, const sn_store_identity *row, signet_error *err)
{
	stored *s = user;

	(void)err;
	s->is_there |= signet_cert_equal(row->cert, s->cert);
	return SIGNET_OK;
}

static bool is_taken(const import *i, const signet_cert *cert)
{
	for (size_t k = 0; k < i->list->count; k++)
		if (signet_cert_equal(signet_identity_cert(i->list->items[k].identity), cert))
			return true;
	return false;
}

static signet_status pair_stored(import *i, signet_error *err)
{
	const sn_store_api *api;
	sn_store *store = NULL;
	signet_status status = app_store(i->session, false, &store, err);

	api = i->session->store_api;
	for (size_t c = 0; status == SIGNET_OK && store != NULL &&
			   c < signet_cert_list_count(i->certs);
	     c++) {
		stored s = { .i = i, .cert = signet_cert_list_get(i->certs, c) };

		if (is_taken(i, s.cert))
			continue;
		status = api->identity_each(store, NULL, visit_there, &s, err);
		if (status == SIGNET_OK && !s.is_there)
			status = api->identity_each(store, NULL, visit_stored, &s, err);
		i->is_there |= s.is_there;
	}
	return status;
}

static signet_cert *issuer_in(const signet_cert_list *list, const signet_cert *cert)
{
	for (size_t k = 0; list != NULL && k < signet_cert_list_count(list); k++) {
		signet_cert *other = signet_cert_list_get(list, k);

		if (signet_cert_is_ca(other) && !signet_cert_equal(other, cert) &&
		    strcmp(signet_cert_subject(other), signet_cert_issuer(cert)) == 0)
			return other;
	}
	return NULL;
}

/* The chain of a stored identity, as far as it is there, and on with what is given. */
static signet_status longer_chain(import *i, const sn_store_identity *row,
    signet_cert_list **chain_out, bool *is_longer_out, signet_error *err)
{
	const signet_cert *top = row->cert;
	signet_cert_list *chain = NULL;
	signet_status status = signet_cert_list_new(i->session->ctx, &chain, err);

	for (size_t k = 0; status == SIGNET_OK && k < CHAIN_MAX && !signet_cert_is_self_issued(top); k++) {
		signet_cert *next = issuer_in(row->chain, top);

		if (next == NULL) {
			next = issuer_in(i->certs, top);
			*is_longer_out |= next != NULL;
		}
		if (next == NULL)
			break;
		status = signet_cert_list_add(chain, next, err);
		top = next;
	}
	*chain_out = chain;
	return status;
}

/* Certificates of authorities alone make the chain of what is in the store whole. */
static signet_status visit_incomplete(void *user, const sn_store_identity *row, signet_error *err)
{
	import *i = user;
	signet_cert_list *chain = NULL;
	signet_identity *identity = NULL;
	app_import_item *item = NULL;
	bool is_longer = false;
	signet_status status = longer_chain(i, row, &chain, &is_longer, err);

	if (status == SIGNET_OK && is_longer) {
		status = signet_identity_new(i->session->ctx, row->cert, chain, NULL, &identity, err);
		if (status == SIGNET_OK)
			status = add_item(i, identity, &item, err);
		if (status == SIGNET_OK)
			status = take_key(i, row, item, err);
	}
	signet_identity_unref(&identity);
	signet_cert_list_free(&chain);
	return status;
}

static signet_status complete_stored(import *i, signet_error *err)
{
	sn_store *store = NULL;
	signet_status status = app_store(i->session, false, &store, err);

	if (status == SIGNET_OK && store != NULL)
		status = i->session->store_api->identity_each(store, NULL, visit_incomplete, i, err);
	return status;
}

static signet_status add_from_token(
    import *i, const char *uri, signet_cert *cert, signet_error *err)
{
	app_import_item *item = NULL;
	signet_key *key = NULL;
	char *name = NULL;
	signet_status status = app_token_key(i->session, uri, cert, &key, &name, err);

	if (status == SIGNET_OK)
		status = pair(i, cert, key, &item, err);
	if (status == SIGNET_OK)
		status = sn_strdup(i->session->ctx, name, &item->token, err);
	app_token_free_uri(i->session, &name);
	signet_key_unref(&key);
	return status;
}

static signet_status visit_token(
    void *user, signet_cert *cert, const char *key_uri, signet_error *err)
{
	return add_from_token(user, key_uri, cert, err);
}

/* --token: the key of each certificate that is no authority's. */
static signet_status pair_token(import *i, const char *uri, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t c = 0; status == SIGNET_OK && c < signet_cert_list_count(i->certs); c++) {
		signet_cert *cert = signet_cert_list_get(i->certs, c);

		if (!signet_cert_is_ca(cert))
			status = add_from_token(i, uri, cert, err);
	}
	if (status == SIGNET_OK && i->list->count == 0)
		status = signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
		    "there is no certificate for the key at %.150s", uri);
	return status;
}

static signet_status pair_all(import *i, signet_error *err)
{
	const char *uri = app_value(&i->session->args, APP_OPTION_TOKEN);
	app_import_item *item;
	signet_status status = SIGNET_OK;

	for (size_t k = 0; status == SIGNET_OK && k < i->p12.count; k++)
		status = add_item(i, i->p12.list[k], &item, err);
	for (size_t k = 0; status == SIGNET_OK && k < i->key_count; k++)
		status = pair_key(i, i->keys[k], err);
	if (status == SIGNET_OK)
		status = uri != NULL ? pair_token(i, uri, err) : pair_stored(i, err);
	if (status == SIGNET_OK && i->list->count == 0)
		status = complete_stored(i, err);
	if (status == SIGNET_OK && i->list->count == 0)
		status = signet_fail(err, SIGNET_E_NO_IDENTITY, SIGNET_NO_OFFSET,
		    i->is_there
			? "there is no private key, and the identity is in the store already"
			: "there is no private key, neither here nor in the store: other people's "
			  "certificates are taken in by signet contact import");
	return status;
}

void app_import_clear(app_session *session, app_import_list *list)
{
	for (size_t k = 0; k < list->count; k++) {
		app_import_item *item = &list->items[k];

		if (item->key != NULL)
			sn_wipe(item->key, item->key_size);
		sn_free(session->ctx, item->key);
		sn_free(session->ctx, item->token);
		signet_identity_unref(&item->identity);
	}
	list->count = 0;
}

signet_status app_import(app_session *session, const char *const *paths, size_t count,
    app_import_list *list, signet_error *err)
{
	import i = { .session = session, .list = list };
	signet_status status = signet_cert_list_new(session->ctx, &i.certs, err);

	for (size_t k = 0; status == SIGNET_OK && k < count; k++)
		status = app_is_token_uri(paths[k])
		    ? app_token_certs(session, paths[k], visit_token, &i, err)
		    : add_file(&i, paths[k], err);
	if (status == SIGNET_OK)
		status = pair_all(&i, err);
	for (size_t k = 0; k < i.key_count; k++)
		signet_key_unref(&i.keys[k]);
	app_identities_clear(&i.p12);
	signet_cert_list_free(&i.certs);
	return status;
}

bool app_import_has_new_key(const app_import_list *list)
{
	for (size_t k = 0; k < list->count; k++)
		if (list->items[k].key == NULL && list->items[k].token == NULL)
			return true;
	return false;
}

/* An item as a row; the key of a new one is written to *sink_out. */
static signet_status pack(app_session *session, const app_import_item *item,
    const app_secret *secret, sn_store_identity *row, signet_sink **sink_out, signet_error *err)
{
	*row = (sn_store_identity){
		.cert = signet_identity_cert(item->identity),
		.chain = signet_identity_chain(item->identity),
		.key = item->key,
		.key_size = item->key_size,
		.is_key_encrypted = item->is_key_encrypted,
		.token = item->token,
		.origin = "import",
		.added_at = session->now,
	};
	if (item->key != NULL || item->token != NULL)
		return SIGNET_OK;
	return app_identity_pack(session, item->identity, secret, row, sink_out, err);
}

signet_status app_import_keep(app_session *session, const app_import_list *list,
    const app_secret *secret, signet_error *err)
{
	sn_store_identity *rows = sn_calloc(session->ctx, list->count, sizeof(*rows), err);
	signet_sink **sinks = sn_calloc(session->ctx, list->count, sizeof(signet_sink *), err);
	sn_store *store = NULL;
	signet_status status =
	    rows == NULL || sinks == NULL ? SIGNET_E_MEMORY : SIGNET_OK;

	for (size_t k = 0; status == SIGNET_OK && k < list->count; k++)
		status = pack(session, &list->items[k], secret, &rows[k], &sinks[k], err);
	if (status == SIGNET_OK)
		status = app_store(session, true, &store, err);
	if (status == SIGNET_OK)
		status = session->store_api->identity_add_all(store, rows, list->count, err);
	for (size_t k = 0; sinks != NULL && k < list->count; k++)
		if (sinks[k] != NULL)
			signet_sink_free(&sinks[k]);
	sn_free(session->ctx, sinks);
	sn_free(session->ctx, rows);
	return status;
}
