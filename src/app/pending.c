/* Requests on their way: made, kept, and answered. */
#include "app/pending.h"

#include <stdlib.h>
#include <string.h>

#include "app/keys.h"
#include "app/settings.h"
#include "base/mem.h"

enum { KEY_MAX = 1 << 20, SETTINGS_MAX = 1 << 20, ADDRESSES_MAX = 1 << 16 };

static signet_status no_memory(signet_error *err)
{
	return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
}

static uint8_t *copy_octets(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size == 0 ? 1 : size);

	if (copy != NULL && size > 0)
		memcpy(copy, data, size);
	return copy;
}

signet_status app_pending_copy(app_pending *pending, const sn_store_pending *row, signet_error *err)
{
	*pending = (app_pending){
		.id = row->id,
		.method = strdup(row->method),
		.url = strdup(row->url),
		.addresses = strdup(row->addresses),
		.settings = strdup(row->settings),
		.place = strdup(row->place),
		.request = copy_octets(row->request, row->request_size),
		.request_size = row->request_size,
		.key = copy_octets(row->key, row->key_size),
		.key_size = row->key_size,
		.is_key_encrypted = row->is_key_encrypted,
		.added_at = row->added_at,
	};
	if (pending->method == NULL || pending->url == NULL || pending->addresses == NULL ||
	    pending->settings == NULL || pending->place == NULL || pending->request == NULL ||
	    pending->key == NULL) {
		app_pending_clear(pending);
		return no_memory(err);
	}
	return SIGNET_OK;
}

void app_pending_clear(app_pending *pending)
{
	free(pending->method);
	free(pending->url);
	free(pending->addresses);
	free(pending->settings);
	free(pending->place);
	free(pending->request);
	if (pending->key != NULL)
		sn_wipe(pending->key, pending->key_size);
	free(pending->key);
	*pending = (app_pending){ 0 };
}

void app_pendings_clear(app_pendings *pendings)
{
	for (size_t i = 0; i < pendings->count; i++)
		app_pending_clear(&pendings->list[i]);
	free(pendings->list);
	*pendings = (app_pendings){ 0 };
}

static signet_status add_copy(void *user, const sn_store_pending *row, signet_error *err)
{
	app_pendings *pendings = user;
	app_pending *grown =
	    realloc(pendings->list, (pendings->count + 1) * sizeof(*pendings->list));
	signet_status status;

	if (grown == NULL)
		return no_memory(err);
	pendings->list = grown;
	status = app_pending_copy(&grown[pendings->count], row, err);
	if (status == SIGNET_OK)
		pendings->count++;
	return status;
}

signet_status app_pendings_read(app_session *session, app_pendings *pendings, signet_error *err)
{
	sn_store *store = NULL;
	signet_status status = app_store(session, false, &store, err);

	*pendings = (app_pendings){ 0 };
	if (status == SIGNET_OK && store != NULL)
		status = session->store_api->pending_each(store, add_copy, pendings, err);
	if (status != SIGNET_OK)
		app_pendings_clear(pendings);
	return status;
}

signet_status app_purpose(
    const app_session *session, signet_ca_purpose *purpose_out, signet_error *err)
{
	const char *text = app_value(&session->args, APP_OPTION_PURPOSE);

	if (text == NULL || strcmp(text, "both") == 0)
		*purpose_out = SIGNET_CA_SIGN_AND_ENCRYPT;
	else if (strcmp(text, "sign") == 0)
		*purpose_out = SIGNET_CA_SIGN;
	else if (strcmp(text, "encrypt") == 0)
		*purpose_out = SIGNET_CA_ENCRYPT;
	else
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--purpose \"%.40s\" is none of both, sign, encrypt", text);
	return SIGNET_OK;
}

/* What is put together before the store gets it. */
typedef struct making {
	app_session *session;
	const app_wish *wish;
	signet_key *key;
	signet_sink *request, *key_octets;
	sn_buf addresses, settings;
	bool is_plain;
} making;

static signet_status make_key(making *m, signet_error *err)
{
	app_session *session = m->session;
	const char *asked = app_value(&session->args, APP_OPTION_ALGORITHM);
	const char *algorithm = asked != NULL               ? asked
				: m->wish->algorithm != NULL ? m->wish->algorithm
							     : "rsa-3072";
	const app_secret *secret = NULL;
	signet_status status = SIGNET_OK;

	if (!m->is_plain)
		status = app_passphrase_new(session, "the new key", &secret, err);
	if (status == SIGNET_OK)
		status = signet_key_generate(session->ctx, algorithm, &m->key, err);
	if (status == SIGNET_OK)
		status = signet_sink_memory_new(session->ctx, KEY_MAX, &m->key_octets, err);
	if (status == SIGNET_OK)
		status = signet_key_write_pkcs8(m->key, m->is_plain ? NULL : secret->text,
		    m->is_plain ? 0 : secret->size, false, m->key_octets, err);
	if (status == SIGNET_OK)
		status = m->key_octets->finish(m->key_octets, err);
	return status;
}

static signet_status make_request(making *m, signet_error *err)
{
	app_session *session = m->session;
	signet_csr_options options = SIGNET_CSR_OPTIONS_INIT;
	signet_status status = app_purpose(session, &options.purpose, err);

	if (status != SIGNET_OK)
		return status;
	options.subject = app_value(&session->args, APP_OPTION_NAME);
	options.addresses = m->wish->addresses;
	options.address_count = m->wish->address_count;
	options.digest = m->wish->digest;
	options.challenge = app_value(&session->args, APP_OPTION_CHALLENGE);
	options.renewed = m->wish->renewed;
	status = signet_sink_memory_new(session->ctx, KEY_MAX, &m->request, err);
	if (status == SIGNET_OK)
		status = signet_csr_write(session->ctx, &options, m->key, m->request, err);
	if (status == SIGNET_OK)
		status = m->request->finish(m->request, err);
	return status;
}

static signet_status list_addresses(making *m, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < m->wish->address_count; i++)
		status = sn_buf_printf(&m->addresses, err, "%s%s", i == 0 ? "" : " ",
		    m->wish->addresses[i]);
	return status;
}

static signet_status keep(making *m, app_pending *pending, signet_error *err)
{
	sn_store_pending row = {
		.method = m->wish->method,
		.url = m->wish->url,
		.is_key_encrypted = !m->is_plain,
		.place = "",
		.added_at = m->session->now,
	};
	sn_store *store = NULL;
	signet_status status = app_store(m->session, true, &store, err);

	row.request = signet_sink_memory_get(m->request, &row.request_size);
	row.key = signet_sink_memory_get(m->key_octets, &row.key_size);
	if (status == SIGNET_OK)
		status = sn_buf_text(&m->addresses, &row.addresses, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&m->settings, &row.settings, err);
	if (status == SIGNET_OK)
		status = m->session->store_api->pending_put(store, &row, &row.id, err);
	if (status == SIGNET_OK)
		status = app_pending_copy(pending, &row, err);
	return status;
}

signet_status app_pending_make(
    app_session *session, const app_wish *wish, app_pending *pending, signet_error *err)
{
	making m = { .session = session, .wish = wish };
	signet_status status;

	m.is_plain = app_has(&session->args, APP_OPTION_PLAIN_KEY);
	sn_buf_init(&m.addresses, session->ctx, ADDRESSES_MAX, "addresses");
	sn_buf_init(&m.settings, session->ctx, SETTINGS_MAX, "settings");
	status = app_settings_write(session, &m.settings, err);
	if (status == SIGNET_OK)
		status = make_key(&m, err);
	if (status == SIGNET_OK)
		status = make_request(&m, err);
	if (status == SIGNET_OK)
		status = list_addresses(&m, err);
	if (status == SIGNET_OK)
		status = keep(&m, pending, err);
	signet_key_unref(&m.key);
	if (m.request != NULL)
		signet_sink_free(&m.request);
	if (m.key_octets != NULL)
		signet_sink_free(&m.key_octets);
	sn_buf_clear(&m.addresses);
	sn_buf_clear(&m.settings);
	return status;
}

signet_status app_pending_advance(
    app_session *session, app_pending *pending, const char *place, signet_error *err)
{
	sn_store_pending row = {
		.id = pending->id,
		.method = pending->method,
		.url = pending->url,
		.settings = pending->settings,
		.place = place,
	};
	char *copy = strdup(place);
	sn_store *store = NULL;
	signet_status status = copy == NULL ? no_memory(err) : app_store(session, true, &store, err);

	if (status == SIGNET_OK)
		status = session->store_api->pending_put(store, &row, &row.id, err);
	if (status != SIGNET_OK) {
		free(copy);
		return status;
	}
	free(pending->place);
	pending->place = copy;
	return SIGNET_OK;
}

signet_status app_pending_remove(
    app_session *session, const app_pending *pending, signet_error *err)
{
	sn_store *store = NULL;
	signet_status status = app_store(session, true, &store, err);

	if (status == SIGNET_OK)
		status = session->store_api->pending_remove(store, pending->id, err);
	return status;
}

signet_status app_pending_key(
    app_session *session, const app_pending *pending, signet_key **key_out, signet_error *err)
{
	char what[160];

	(void)snprintf(what, sizeof(what), "the new key of %.120s", pending->addresses);
	return signet_key_read(session->ctx, pending->key, pending->key_size, what,
	    &session->passphrase, key_out, err);
}

static signet_status check_time(
    const app_session *session, const signet_cert *cert, signet_error *err)
{
	char date[16];

	if (signet_cert_not_after(cert) > session->now)
		return SIGNET_OK;
	app_date(signet_cert_not_after(cert), date);
	return signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
	    "the certificate in the answer has ended on %s", date);
}

/* The key's octets stay as they are: whoever has the passphrase is not needed. */
static signet_status keep_identity(app_session *session, const app_pending *pending,
    signet_cert *cert, const signet_cert_list *chain, signet_error *err)
{
	const sn_store_identity row = {
		.cert = cert,
		.chain = chain,
		.key = pending->key,
		.key_size = pending->key_size,
		.is_key_encrypted = pending->is_key_encrypted,
		.added_at = session->now,
		.origin = pending->method,
	};
	const sn_store_enrollment got = {
		.method = pending->method,
		.url = pending->url,
		.settings = pending->settings,
		.got_at = session->now,
	};
	const sn_store_api *api;
	sn_store *store = NULL;
	signet_status status = app_store(session, true, &store, err);

	if (status != SIGNET_OK)
		return status;
	api = session->store_api;
	status = api->identity_add(store, &row, err);
	if (status == SIGNET_OK)
		status = api->enrollment_put(store, signet_cert_fingerprint(cert), &got, err);
	if (status == SIGNET_OK)
		status = api->pending_remove(store, pending->id, err);
	return status;
}

signet_status app_pending_answer(app_session *session, const app_pending *pending,
    const signet_cert_list *answer, signet_error *err)
{
	signet_cert_list *chain = NULL;
	signet_cert *cert = NULL;
	char date[16];
	signet_status status = signet_csr_answer(session->ctx, pending->request,
	    pending->request_size, answer, &cert, &chain, err);

	if (status == SIGNET_OK)
		status = check_time(session, cert, err);
	if (status == SIGNET_OK)
		status = keep_identity(session, pending, cert, chain, err);
	if (status == SIGNET_OK) {
		app_date(signet_cert_not_after(cert), date);
		app_say(session, "identity of %s kept: %.16s, until %s",
		    signet_cert_address(cert, 0), signet_cert_fingerprint(cert), date);
	}
	signet_cert_list_free(&chain);
	signet_cert_unref(&cert);
	return status;
}
