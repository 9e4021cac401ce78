/* Which of several certificates is taken: to sign, to encrypt, to decrypt. */
#include <stdlib.h>
#include <string.h>

#include "app/files.h"
#include "app/find.h"
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
	char pending[17]; /* the beginning of the fingerprint of one that waits for confirmation */
	bool is_contact;
	int64_t checked_at;
	bool is_weak;     /* the one chosen: a stronger one is taken before it */
} choice;

enum { RSA_LEAST = 2048, CHECK_AGAIN = 86400 };

bool app_is_weak(const signet_cert *cert)
{
	const char *algorithm = signet_cert_key_algorithm(cert);

	return strncmp(algorithm, "rsa-", 4) == 0 && algorithm[4] >= '0' && algorithm[4] <= '9' &&
	       strtoul(algorithm + 4, NULL, 10) < RSA_LEAST;
}

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

	if (row->is_pending && c->pending[0] == '\0' && signet_cert_can_encrypt(row->cert))
		(void)snprintf(c->pending, sizeof(c->pending), "%.16s",
		    signet_cert_fingerprint(row->cert));
	if (row->is_pending || (c->cert != NULL && !c->is_weak) || !is_fit(c, row->cert))
		return SIGNET_OK;
	if (c->cert != NULL && app_is_weak(row->cert))
		return SIGNET_OK;
	app_capabilities_clear(c->session, &c->said);
	signet_cert_unref(&c->cert);
	c->cert = signet_cert_ref(row->cert);
	c->is_weak = app_is_weak(row->cert);
	c->is_contact = true;
	c->checked_at = row->checked_at;
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
		    "no usable certificate for %.80s%s%.100s%s%s", c->address,
		    c->why[0] == '\0' ? "" : ": ", c->why,
		    c->pending[0] == '\0' ? "" : "; one waits: signet contact confirm ",
		    c->pending);
	*cert_out = c->cert;
	return SIGNET_OK;
}

void app_capabilities_clear(const app_session *session, app_capabilities *capabilities)
{
	sn_free(session->ctx, capabilities->data);
	*capabilities = (app_capabilities){ .data = NULL };
}

static void forget(choice *c)
{
	app_capabilities_clear(c->session, &c->said);
	signet_cert_unref(&c->cert);
	*c = (choice){ .session = c->session, .address = c->address };
}

/* Whether to look elsewhere: there is none, or it ends soon and has not been looked for today. */
static bool is_to_find(const choice *c)
{
	const int64_t now = c->session->now;

	if (!app_find_is_on(c->session))
		return false;
	if (c->cert == NULL)
		return true;
	/* of one's own certificates there is no time of a last look, and none is needed */
	return c->is_contact && signet_cert_not_after(c->cert) - now < APP_FIND_RENEWAL &&
	       (c->checked_at == INT64_MIN || now - c->checked_at > CHECK_AGAIN);
}

/* What is found lies in the store then, where it is chosen like others. */
static signet_status choose_or_find(choice *c, signet_error *err)
{
	char reason[APP_FIND_WHY] = "";
	signet_error why = { 0 };
	bool is_usable = false;
	signet_status status = choose(c, true, err);

	if (status != SIGNET_OK || !is_to_find(c))
		return status;
	status = app_find(c->session, c->address, &is_usable, reason, &why);
	if (status != SIGNET_OK && c->cert != NULL) {
		app_say(c->session, "a newer certificate of %.80s cannot be looked for: %.150s",
		    c->address, why.text);
		return SIGNET_OK;
	}
	if (status != SIGNET_OK) {
		if (err != NULL)
			*err = why;
		return status;
	}
	forget(c);
	status = choose(c, true, err);
	if (c->cert == NULL && c->why[0] == '\0')
		(void)snprintf(c->why, sizeof(c->why), "%s", reason);
	return status;
}

signet_status app_recipient(app_session *session, const char *address, signet_cert **cert_out,
    app_capabilities *said_out, signet_error *err)
{
	choice c = { .session = session, .address = address };
	signet_status status = choose_or_find(&c, err);

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
