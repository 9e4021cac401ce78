/* Whom a message is encrypted to. */
#include <string.h>

#include "app/files.h"
#include "app/message.h"
#include "base/ascii.h"

typedef struct finder {
	app_session *session;
	const signet_compose *header; /* what the message says; NULL with rewrap */
	signet_compose *compose;
	signet_rewrap *rewrap; /* who is added to, unless compose is */
	size_t found;
	size_t missing;
	signet_error first;
} finder;

static bool is_in(const signet_compose *header, signet_address_role role, const char *address)
{
	const char *other;

	for (size_t i = 0; (other = signet_compose_address(header, role, i)) != NULL; i++)
		if (sn_ascii_equal(other, address))
			return true;
	return false;
}

/* A Bcc recipient must not be seen by the others, however he was named to us. */
static bool is_blind(const finder *f, const char *address)
{
	return f->header != NULL && address != NULL && is_in(f->header, SIGNET_BCC, address) &&
	       !is_in(f->header, SIGNET_TO, address) && !is_in(f->header, SIGNET_CC, address);
}

/* Somebody who cannot be encrypted to is remembered, so that all of them can be named. */
static signet_status note_missing(
    finder *f, signet_status status, const signet_error *why, signet_error *err)
{
	if (status != SIGNET_E_NO_CERT) {
		if (err != NULL)
			*err = *why;
		return status;
	}
	/* One alone is said by the failure at the end. */
	if (f->missing == 0)
		f->first = *why;
	if (f->missing == 1)
		app_say(f->session, "%s", f->first.text);
	if (f->missing > 0)
		app_say(f->session, "%s", why->text);
	f->missing++;
	return SIGNET_OK;
}

static signet_status add_cert(finder *f, const char *address, signet_cert *cert, signet_error *err)
{
	signet_error why = { 0 };
	signet_status status = f->rewrap != NULL
	    ? signet_rewrap_add_recipient(f->rewrap, address, cert, &why)
	    : signet_compose_add_recipient(f->compose, address, cert, is_blind(f, address), &why);

	if (status != SIGNET_OK)
		return note_missing(f, status, &why, err);
	f->found++;
	return SIGNET_OK;
}

static signet_status add_address(finder *f, const char *address, signet_error *err)
{
	signet_error why = { 0 };
	signet_cert *cert = NULL;
	signet_status status = app_recipient(f->session, address, &cert, &why);

	if (status != SIGNET_OK)
		return note_missing(f, status, &why, err);
	status = add_cert(f, address, cert, err);
	signet_cert_unref(&cert);
	return status;
}

/* The first certificate that can be encrypted to; a .p7b may begin with that of the CA. */
static signet_status add_file(finder *f, const char *path, signet_error *err)
{
	signet_cert_list *list = NULL;
	signet_cert *cert = NULL;
	signet_status status = signet_cert_list_new(f->session->ctx, &list, err);

	if (status == SIGNET_OK)
		status = app_file_certs(f->session, path, list, NULL, err);
	if (status != SIGNET_OK)
		goto out;
	for (size_t i = signet_cert_list_count(list); i-- > 0;) {
		signet_cert *each = signet_cert_list_get(list, i);

		if (i == 0 && cert == NULL)
			cert = each;
		else if (!signet_cert_is_ca(each) && signet_cert_can_encrypt(each))
			cert = each;
	}
	status = add_cert(f, signet_cert_address(cert, 0), cert, err);
out:
	signet_cert_list_free(&list);
	return status;
}

static signet_status add_given(finder *f, signet_error *err)
{
	const app_values *given = &f->session->args.values[APP_OPTION_RECIPIENT];
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < given->count; i++) {
		const char *x = given->text[i];
		bool is_repeated = false;

		for (size_t k = 0; k < i && !is_repeated; k++)
			is_repeated = sn_ascii_equal(given->text[k], x);
		if (is_repeated)
			continue;
		if (strchr(x, '/') != NULL || app_file_exists(x))
			status = add_file(f, x, err);
		else
			status = add_address(f, x, err);
	}
	return status;
}

static bool is_named_before(
    const signet_compose *header, signet_address_role role, size_t index, const char *address)
{
	for (signet_address_role r = SIGNET_TO; r < role; r++)
		if (is_in(header, r, address))
			return true;
	for (size_t i = 0; i < index; i++)
		if (sn_ascii_equal(signet_compose_address(header, role, i), address))
			return true;
	return false;
}

static signet_status add_named(finder *f, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (signet_address_role role = SIGNET_TO; role <= SIGNET_BCC; role++) {
		const char *address;

		for (size_t i = 0; status == SIGNET_OK &&
				   (address = signet_compose_address(f->header, role, i)) != NULL;
		     i++)
			if (!is_named_before(f->header, role, i, address))
				status = add_address(f, address, err);
	}
	return status;
}

static signet_status check_missing(const finder *f, signet_error *err)
{
	if (f->missing == 1)
		return signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET, "%s", f->first.text);
	if (f->missing > 1)
		return signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
		    "%zu recipients have no usable certificate: nothing was written", f->missing);
	return SIGNET_OK;
}

signet_status app_recipients_rewrap(
    app_session *session, signet_rewrap *rewrap, signet_error *err)
{
	finder f = { .session = session, .rewrap = rewrap };
	signet_status status = add_given(&f, err);

	return status == SIGNET_OK ? check_missing(&f, err) : status;
}

signet_status app_recipients(
    app_session *session, const signet_compose *header, signet_compose *compose, signet_error *err)
{
	finder f = { .session = session, .header = header, .compose = compose };
	signet_status status;

	status =
	    app_has(&session->args, APP_OPTION_RECIPIENT) ? add_given(&f, err) : add_named(&f, err);
	if (status == SIGNET_OK)
		status = check_missing(&f, err);
	if (status != SIGNET_OK)
		return status;
	if (f.found == 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the message names no recipient in To, Cc or Bcc: give -r ADDR");
	return SIGNET_OK;
}
