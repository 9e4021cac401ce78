/* Identities: given on the command line, or out of the store. */
#define _GNU_SOURCE /* memmem */
#include "app/keys.h"

#include <string.h>

#include "app/files.h"
#include "app/token.h"
#include "base/mem.h"
#include "base/span.h"
#include "base/time.h"

enum { KEY_MAX = 1 << 20 };

void app_identities_clear(app_identities *identities)
{
	while (identities->count > 0)
		signet_identity_unref(&identities->list[--identities->count]);
}

signet_status app_identities_add(
    app_identities *identities, signet_identity *identity, signet_error *err)
{
	if (identities->count == APP_IDENTITIES_MAX)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "more than %d keys at once", APP_IDENTITIES_MAX);
	identities->list[identities->count++] = signet_identity_ref(identity);
	return SIGNET_OK;
}

void app_date(int64_t time, char text[16])
{
	char full[SN_TIME_TEXT];

	sn_time_format(time, full);
	(void)snprintf(text, 16, "%.10s", full);
}

/* The first certificate of a file is the leaf, the rest its chain. */
static signet_status split_chain(app_session *session, const signet_cert_list *all,
    signet_cert_list **chain_out, signet_error *err)
{
	signet_cert_list *chain = NULL;
	signet_status status = signet_cert_list_new(session->ctx, &chain, err);

	for (size_t i = 1; status == SIGNET_OK && i < signet_cert_list_count(all); i++)
		status = signet_cert_list_add(chain, signet_cert_list_get(all, i), err);
	for (size_t i = 0; status == SIGNET_OK && i < session->args.values[APP_OPTION_CHAIN].count;
	     i++)
		status = app_file_certs(
		    session, session->args.values[APP_OPTION_CHAIN].text[i], chain, NULL, err);
	if (status != SIGNET_OK) {
		signet_cert_list_free(&chain);
		return status;
	}
	*chain_out = chain;
	return SIGNET_OK;
}

/* A private key, of the store, of a file or of a token, that is read when it is first needed. */
typedef struct stored_key {
	app_session *session;
	uint8_t *data;
	size_t size;
	char *what;
	char *token;       /* the URI; NULL: data is the key */
	signet_cert *cert; /* of a key on a token */
} stored_key;

/* A reader's verdict says only that the key could not be unlocked. */
static void say_pin(app_session *session, signet_status status, const signet_error *err)
{
	const app_command_id id = session->args.command->id;

	if (status == SIGNET_E_PASSPHRASE && err != NULL && id >= APP_COMMAND_OPEN &&
	    id <= APP_COMMAND_INSPECT && !session->is_quiet)
		app_say(session, "%s", err->text);
}

static signet_status load_key(void *user, signet_key **key_out, signet_error *err)
{
	stored_key *stored = user;
	app_session *session = stored->session;
	signet_status status;

	if (stored->token != NULL) {
		status = app_token_key(
		    session, stored->token, stored->cert, key_out, NULL, err);
		say_pin(session, status, err);
		return status;
	}
	status = signet_key_read(session->ctx, stored->data, stored->size, stored->what,
	    &session->passphrase, key_out, err);
	return app_passphrase_result(session, status);
}

static void free_key(void *user)
{
	stored_key *stored = user;
	const signet_context *ctx = stored->session->ctx;

	if (stored->data != NULL)
		sn_wipe(stored->data, stored->size);
	sn_free(ctx, stored->data);
	sn_free(ctx, stored->what);
	sn_free(ctx, stored->token);
	signet_cert_unref(&stored->cert);
	sn_free(ctx, stored);
}

/* Where a key lies: its octets, or the URI of a token. */
typedef struct key_place {
	sn_span key;
	const char *token;
	const char *what; /* names it to a person */
} key_place;

static signet_status stored_key_new(app_session *session, signet_cert *cert, const key_place *place,
    signet_key_loader *loader_out, signet_error *err)
{
	stored_key *stored = sn_calloc(session->ctx, 1, sizeof(*stored), err);
	signet_status status;

	if (stored == NULL)
		return SIGNET_E_MEMORY;
	stored->session = session;
	stored->cert = signet_cert_ref(cert);
	if (place->token != NULL) {
		status = sn_strdup(session->ctx, place->token, &stored->token, err);
	} else {
		stored->size = place->key.size;
		status = sn_dup(
		    session->ctx, place->key.data, place->key.size, &stored->data, err);
	}
	if (status == SIGNET_OK)
		status = sn_strdup(session->ctx, place->what, &stored->what, err);
	if (status != SIGNET_OK) {
		free_key(stored);
		return status;
	}
	*loader_out =
	    (signet_key_loader){ .load = load_key, .free_user = free_key, .user = stored };
	return SIGNET_OK;
}

static signet_status identity_new_lazy(app_session *session, signet_cert *cert,
    const signet_cert_list *chain, const key_place *place, signet_identity **identity_out,
    signet_error *err)
{
	signet_key_loader loader;
	signet_status status = stored_key_new(session, cert, place, &loader, err);

	if (status != SIGNET_OK)
		return status;
	status = signet_identity_new_lazy(session->ctx, cert, chain, &loader, identity_out, err);
	if (status != SIGNET_OK)
		loader.free_user(loader.user);
	return status;
}

static signet_status identity_of_file(app_session *session, const signet_cert_list *all,
    const signet_cert_list *chain, const char *cert_path, const char *key_path,
    signet_identity **identity_out, signet_error *err)
{
	static const char encrypted[] = "ENCRYPTED";
	signet_cert *cert = signet_cert_list_get(all, 0);
	signet_key *key = NULL;
	sn_buf data = { 0 };
	key_place place = { .what = key_path };
	signet_status status;

	if (app_is_token_uri(key_path)) {
		place.token = key_path;
		return identity_new_lazy(session, cert, chain, &place, identity_out, err);
	}
	status = app_file_read(session, key_path, &data, err);
	if (status != SIGNET_OK)
		return status;
	place.key = (sn_span){ data.data, data.size };
	/* nobody is asked for a passphrase before it is known that the key is wanted */
	if (memmem(data.data, data.size, encrypted, sizeof(encrypted) - 1) != NULL) {
		status = identity_new_lazy(session, cert, chain, &place, identity_out, err);
		goto out;
	}
	status = signet_key_read(session->ctx, data.data, data.size, key_path, &session->passphrase,
	    &key, err);
	status = app_blame_file(err, status, key_path);
	if (status == SIGNET_OK)
		status = signet_identity_new(session->ctx, cert, chain, key, identity_out, err);
	if (status == SIGNET_E_USAGE)
		status = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the key in %.90s is not that of the certificate in %.90s", key_path, cert_path);
out:
	signet_key_unref(&key);
	sn_buf_clear(&data);
	return status;
}

static signet_status add_pair(app_session *session, const char *cert_path, const char *key_path,
    app_identities *identities, signet_error *err)
{
	signet_cert_list *all = NULL;
	signet_cert_list *chain = NULL;
	signet_identity *identity = NULL;
	signet_status status;

	status = signet_cert_list_new(session->ctx, &all, err);
	if (status == SIGNET_OK)
		status = app_file_certs(session, cert_path, all, NULL, err);
	if (status == SIGNET_OK)
		status = split_chain(session, all, &chain, err);
	if (status == SIGNET_OK)
		status = identity_of_file(session, all, chain, cert_path, key_path, &identity, err);
	if (status == SIGNET_OK)
		status = app_identities_add(identities, identity, err);
	signet_identity_unref(&identity);
	signet_cert_list_free(&chain);
	signet_cert_list_free(&all);
	return status;
}

signet_status app_identities_p12(app_session *session, const char *path, const uint8_t *data,
    size_t size, app_identities *identities, signet_error *err)
{
	signet_identity **list = NULL;
	size_t count = 0;
	signet_status status;

	status = signet_identity_read_pkcs12(
	    session->ctx, data, size, path, &session->passphrase, &list, &count, err);
	status = app_passphrase_result(session, status);
	if (status != SIGNET_OK)
		return app_blame_file(err, status, path);
	if (count == 0)
		status = signet_fail(err, SIGNET_E_NO_IDENTITY, SIGNET_NO_OFFSET,
		    "%.150s holds no private key with its certificate", path);
	for (size_t i = 0; status == SIGNET_OK && i < count; i++)
		status = app_identities_add(identities, list[i], err);
	signet_identity_array_free(session->ctx, &list, count);
	return status;
}

static signet_status add_p12(
    app_session *session, const char *path, app_identities *identities, signet_error *err)
{
	sn_buf data = { 0 };
	signet_status status = app_file_read(session, path, &data, err);

	if (status != SIGNET_OK)
		return status;
	status = app_identities_p12(session, path, data.data, data.size, identities, err);
	sn_buf_clear(&data);
	return status;
}

signet_status app_identities_given(
    app_session *session, app_identities *identities, signet_error *err)
{
	const app_values *certs = &session->args.values[APP_OPTION_CERT];
	const app_values *keys = &session->args.values[APP_OPTION_KEY];
	const app_values *p12 = &session->args.values[APP_OPTION_P12];
	signet_status status = SIGNET_OK;

	if (certs->count != keys->count)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "each --cert needs its --key: there are %zu and %zu", certs->count,
		    keys->count);
	for (size_t i = 0; status == SIGNET_OK && i < certs->count; i++)
		status = add_pair(session, certs->text[i], keys->text[i], identities, err);
	for (size_t i = 0; status == SIGNET_OK && i < p12->count; i++)
		status = add_p12(session, p12->text[i], identities, err);
	return status;
}

signet_status app_identity_from_row(app_session *session, const sn_store_identity *row,
    signet_identity **identity_out, signet_error *err)
{
	const char *address = signet_cert_address(row->cert, 0);
	char what[160];
	const key_place place = {
		.key = { row->key, row->key_size },
		.token = row->token,
		.what = what,
	};

	(void)snprintf(what, sizeof(what), "the key of %.80s (%.16s)",
	    address == NULL ? signet_cert_subject(row->cert) : address,
	    signet_cert_fingerprint(row->cert));
	return identity_new_lazy(session, row->cert, row->chain, &place, identity_out, err);
}

signet_status app_identity_keep(
    app_session *session, signet_identity *identity, const app_secret *secret, signet_error *err)
{
	sn_store_identity row = { .origin = "new" };
	signet_sink *sink = NULL;
	sn_store *store = NULL;
	signet_status status = app_identity_pack(session, identity, secret, &row, &sink, err);

	if (status == SIGNET_OK)
		status = app_store(session, true, &store, err);
	if (status == SIGNET_OK)
		status = session->store_api->identity_add(store, &row, err);
	if (sink != NULL)
		signet_sink_free(&sink);
	return status;
}

signet_status app_identity_pack(app_session *session, signet_identity *identity,
    const app_secret *secret, sn_store_identity *row, signet_sink **sink_out, signet_error *err)
{
	signet_key *key = NULL;
	signet_sink *sink = NULL;
	signet_status status;

	status = signet_identity_key(identity, &key, err);
	if (status == SIGNET_OK)
		status = signet_sink_memory_new(session->ctx, KEY_MAX, &sink, err);
	if (status == SIGNET_OK)
		status = signet_key_write_pkcs8(key, secret == NULL ? NULL : secret->text,
		    secret == NULL ? 0 : secret->size, false, sink, err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, err);
	if (status == SIGNET_OK) {
		row->cert = signet_identity_cert(identity);
		row->chain = signet_identity_chain(identity);
		row->is_key_encrypted = secret != NULL;
		row->added_at = session->now;
		row->key = signet_sink_memory_get(sink, &row->key_size);
		*sink_out = sink;
		sink = NULL;
	}
	if (sink != NULL)
		signet_sink_free(&sink);
	return status;
}
