/* Which of several certificates is taken: to sign, to encrypt, to decrypt. */
#include <string.h>

#include "app/files.h"
#include "app/keys.h"
#include "base/mem.h"

typedef struct choice {
	app_session *session;
	const char *address;
	bool is_to_sign;
	signet_identity *identity; /* the one chosen */
	signet_cert *cert;
	app_capabilities said; /* by the owner of a contact's certificate */
	char why[160]; /* the first or strongest reason against those that do not fit */
} choice;

static bool is_fit(choice *c, const signet_cert *cert)
{
	int64_t now = c->session->now;
	char date[16];

	if (c->is_to_sign ? !signet_cert_can_sign(cert) : !signet_cert_can_encrypt(cert)) {
		if (c->why[0] == '\0')
			(void)snprintf(c->why, sizeof(c->why), "its certificate is not for %s",
			    c->is_to_sign ? "signing" : "encryption");
		return false;
	}
	if (now > signet_cert_not_after(cert)) {
		app_date(signet_cert_not_after(cert), date);
		(void)snprintf(c->why, sizeof(c->why), "its certificate expired on %s", date);
		return false;
	}
	if (now < signet_cert_not_before(cert)) {
		app_date(signet_cert_not_before(cert), date);
		(void)snprintf(c->why, sizeof(c->why), "its certificate begins on %s", date);
		return false;
	}
	return true;
}

/* Rows come in the order of preference, so the first that fits is it. */
static signet_status visit_identity(void *user, const sn_store_identity *row, signet_error *err)
{
	choice *c = user;

	if (c->cert != NULL || !is_fit(c, row->cert))
		return SIGNET_OK;
	if (c->is_to_sign) {
		signet_status status = app_identity_from_row(c->session, row, &c->identity, err);

		if (status != SIGNET_OK)
			return status;
	}
	c->cert = signet_cert_ref(row->cert);
	return SIGNET_OK;
}

static signet_status visit_contact(void *user, const sn_store_contact *row, signet_error *err)
{
	choice *c = user;

	if (c->cert != NULL || !is_fit(c, row->cert))
		return SIGNET_OK;
	c->cert = signet_cert_ref(row->cert);
	if (row->capabilities_size == 0 || row->signing_time == INT64_MIN)
		return SIGNET_OK;
	c->said.size = row->capabilities_size;
	c->said.time = row->signing_time;
	return sn_dup(c->session->ctx, row->capabilities, row->capabilities_size, &c->said.data, err);
}

static signet_status choose(choice *c, bool from_contacts, signet_error *err)
{
	sn_store *store = NULL;
	signet_status status = app_store(c->session, false, &store, err);

	if (status != SIGNET_OK || store == NULL)
		return status;
	status = c->session->store_api->identity_each(store, c->address, visit_identity, c, err);
	if (status == SIGNET_OK && c->cert == NULL && from_contacts)
		status =
		    c->session->store_api->contact_each(store, c->address, visit_contact, c, err);
	return status;
}

signet_status app_signer(
    app_session *session, const char *address, app_identities *identities, signet_error *err)
{
	choice c = { .session = session, .address = address, .is_to_sign = true };
	signet_status status = choose(&c, false, err);

	if (status == SIGNET_OK && c.identity == NULL)
		status = signet_fail(err, SIGNET_E_NO_IDENTITY, SIGNET_NO_OFFSET,
		    "no identity to sign as %.100s: %s", address,
		    c.why[0] == '\0' ? "make or import one with signet identity" : c.why);
	if (status == SIGNET_OK)
		status = app_identities_add(identities, c.identity, err);
	signet_identity_unref(&c.identity);
	signet_cert_unref(&c.cert);
	return status;
}

static signet_status take(choice *c, signet_cert **cert_out, signet_error *err)
{
	if (c->cert == NULL)
		return signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
		    "no usable certificate for %.100s%s%s", c->address,
		    c->why[0] == '\0' ? "" : ": ", c->why);
	*cert_out = c->cert;
	return SIGNET_OK;
}

void app_capabilities_clear(const app_session *session, app_capabilities *capabilities)
{
	sn_free(session->ctx, capabilities->data);
	*capabilities = (app_capabilities){ .data = NULL };
}

signet_status app_recipient(app_session *session, const char *address, signet_cert **cert_out,
    app_capabilities *said_out, signet_error *err)
{
	choice c = { .session = session, .address = address };
	signet_status status = choose(&c, true, err);

	if (status == SIGNET_OK)
		status = take(&c, cert_out, err);
	if (status == SIGNET_OK) {
		*said_out = c.said;
		return SIGNET_OK;
	}
	app_capabilities_clear(session, &c.said);
	signet_cert_unref(&c.cert);
	return status;
}

signet_status app_own_recipient(app_session *session, const app_identities *given,
    const char *address, signet_cert **cert_out, signet_error *err)
{
	choice c = { .session = session, .address = address };
	signet_status status = SIGNET_OK;

	if (given->count == 0)
		status = choose(&c, false, err);
	for (size_t i = 0; i < given->count && c.cert == NULL; i++) {
		signet_cert *cert = signet_identity_cert(given->list[i]);

		if (signet_cert_has_address(cert, address) && is_fit(&c, cert))
			c.cert = signet_cert_ref(cert);
	}
	if (status == SIGNET_OK)
		return take(&c, cert_out, err);
	signet_cert_unref(&c.cert);
	return status;
}

typedef struct adder {
	app_session *session;
	signet_status (*add)(void *user, signet_identity *identity, signet_error *err);
	void *user;
} adder;

static signet_status add_row(void *user, const sn_store_identity *row, signet_error *err)
{
	adder *a = user;
	signet_identity *identity = NULL;
	signet_status status = app_identity_from_row(a->session, row, &identity, err);

	if (status == SIGNET_OK)
		status = a->add(a->user, identity, err);
	signet_identity_unref(&identity);
	return status;
}

static signet_status decryption_identities(void *user,
    signet_status (*add)(void *add_user, signet_identity *identity, signet_error *err),
    void *add_user, signet_error *err)
{
	app_source *source = user;
	adder a = { .session = source->session, .add = add, .user = add_user };
	sn_store *store = NULL;
	signet_status status = SIGNET_OK;

	if (source->given->count > 0)
		return SIGNET_OK;
	status = app_store(source->session, false, &store, err);
	if (status != SIGNET_OK || store == NULL)
		return status;
	return source->session->store_api->identity_each(store, NULL, add_row, &a, err);
}

static signet_status note_row(void *user, const sn_store_identity *row, signet_error *err)
{
	(void)row, (void)err;
	*(bool *)user = true;
	return SIGNET_OK;
}

static bool is_my_address(void *user, const char *address)
{
	app_source *source = user;
	sn_store *store = NULL;
	bool is_mine = false;

	for (size_t i = 0; i < source->given->count; i++)
		if (signet_cert_has_address(signet_identity_cert(source->given->list[i]), address))
			return true;
	if (source->given->count > 0 ||
	    app_store(source->session, false, &store, NULL) != SIGNET_OK || store == NULL)
		return false;
	if (source->session->store_api->identity_each(store, address, note_row, &is_mine, NULL) !=
	    SIGNET_OK)
		return false;
	return is_mine;
}

void app_source_port(app_source *source, signet_source *port_out)
{
	*port_out = (signet_source){
		.decryption_identities = decryption_identities,
		.is_my_address = is_my_address,
		.user = source,
	};
}
