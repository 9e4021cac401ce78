/* Whom a message is encrypted to. */
#include <stdlib.h>
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
	bool has_shared; /* a password or a key that both sides have */
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

static signet_status add_cert(
    finder *f, const char *address, signet_cert *cert, bool is_blind, signet_error *err)
{
	signet_error why = { 0 };
	signet_status status = f->rewrap != NULL
	    ? signet_rewrap_add_recipient(f->rewrap, address, cert, &why)
	    : signet_compose_add_recipient(f->compose, address, cert, is_blind, &why);

	if (status != SIGNET_OK)
		return note_missing(f, status, &why, err);
	f->found++;
	return SIGNET_OK;
}

static signet_status add_address(
    finder *f, const char *address, bool is_blind, bool is_excused, signet_error *err)
{
	signet_error why = { 0 };
	signet_cert *cert = NULL;
	app_capabilities said = { .data = NULL };
	signet_status status = app_recipient(f->session, address, &cert, &said, &why);

	if (status == SIGNET_E_NO_CERT && is_excused) {
		app_say(
		    f->session, "%.120s reads it by the password or key: %s", address, why.text);
		return SIGNET_OK;
	}
	if (status != SIGNET_OK)
		return note_missing(f, status, &why, err);
	status = add_cert(f, address, cert, is_blind, err);
	if (status == SIGNET_OK && said.data != NULL && f->compose != NULL)
		signet_compose_set_capabilities(f->compose, cert, said.data, said.size, said.time);
	app_capabilities_clear(f->session, &said);
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
	status = add_cert(f, signet_cert_address(cert, 0), cert,
	    is_blind(f, signet_cert_address(cert, 0)), err);
out:
	signet_cert_list_free(&list);
	return status;
}

/* One that was named, in the order of the naming. */
typedef struct name {
	const char *text;
	signet_address_role role;
	size_t place;
	bool is_repeated;
} name;

static int by_text(const void *a, const void *b)
{
	const name *x = a, *y = b;
	const int order = sn_ascii_compare(x->text, y->text);

	if (order != 0)
		return order;
	return x->place < y->place ? -1 : x->place > y->place;
}

static int by_place(const void *a, const void *b)
{
	const name *x = a, *y = b;

	return x->place < y->place ? -1 : x->place > y->place;
}

/* Of those named twice the first counts. Sorted: thousands are not compared each with each. */
static void mark_repeated(name *names, size_t count)
{
	if (count == 0)
		return;
	qsort(names, count, sizeof(*names), by_text);
	for (size_t i = 1; i < count; i++)
		names[i].is_repeated = sn_ascii_equal(names[i - 1].text, names[i].text);
	qsort(names, count, sizeof(*names), by_place);
}

static signet_status names_new(size_t count, name **names_out, signet_error *err)
{
	*names_out = calloc(count + 1, sizeof(**names_out));
	if (*names_out != NULL)
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
}

static signet_status add_given(finder *f, signet_error *err)
{
	const app_values *given = &f->session->args.values[APP_OPTION_RECIPIENT];
	name *names = NULL;
	signet_status status = names_new(given->count, &names, err);

	for (size_t i = 0; status == SIGNET_OK && i < given->count; i++)
		names[i] = (name){ .text = given->text[i], .place = i };
	if (status == SIGNET_OK)
		mark_repeated(names, given->count);
	for (size_t i = 0; status == SIGNET_OK && i < given->count; i++) {
		const char *x = names[i].text;

		/* paths differ by case, too; a certificate that comes twice is taken once in the end */
		if (strchr(x, '/') != NULL || app_file_exists(x))
			status = add_file(f, x, err);
		else if (!names[i].is_repeated)
			status = add_address(f, x, is_blind(f, x), false, err);
	}
	free(names);
	return status;
}

/* Everybody in To, Cc and Bcc, in this order: who is named twice is not blind. */
static size_t list_named(const finder *f, name *names)
{
	const char *address;
	size_t count = 0;

	for (signet_address_role role = SIGNET_TO; role <= SIGNET_BCC; role++) {
		for (size_t i = 0;
		     (address = signet_compose_address(f->header, role, i)) != NULL; i++) {
			if (names != NULL)
				names[count] =
				    (name){ .text = address, .role = role, .place = count };
			count++;
		}
	}
	return count;
}

/*
 * A password or a shared key stands in for those of To and Cc who have no certificate; a Bcc
 * recipient has a copy of his own, in which there is neither.
 */
static signet_status add_named(finder *f, signet_error *err)
{
	const size_t count = list_named(f, NULL);
	name *names = NULL;
	signet_status status = names_new(count, &names, err);

	if (status == SIGNET_OK) {
		(void)list_named(f, names);
		mark_repeated(names, count);
	}
	for (size_t i = 0; status == SIGNET_OK && i < count; i++) {
		const bool is_bcc = names[i].role == SIGNET_BCC;

		if (!names[i].is_repeated)
			status = add_address(
			    f, names[i].text, is_bcc, f->has_shared && !is_bcc, err);
	}
	free(names);
	return status;
}

static signet_status add_password(finder *f, signet_error *err)
{
	const char *path = app_value(&f->session->args, APP_OPTION_PASSWORD_FILE);
	signet_status status;

	if (path == NULL)
		return SIGNET_OK;
	status = app_first_line(f->session, path, &f->session->password, err);
	if (status != SIGNET_OK)
		return status;
	return signet_compose_add_password(f->compose,
	    (const uint8_t *)f->session->password.text, f->session->password.size, err);
}

static signet_status add_keks(finder *f, signet_error *err)
{
	app_keks keks = { 0 };
	signet_status status = app_keks_given(f->session, &keks, err);

	for (size_t i = 0; status == SIGNET_OK && i < keks.count; i++)
		status = signet_compose_add_kek(f->compose, &keks.list[i], err);
	app_keks_clear(&keks);
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

	f.has_shared = app_has(&session->args, APP_OPTION_PASSWORD_FILE) ||
		       app_has(&session->args, APP_OPTION_KEK);
	status = add_password(&f, err);
	if (status == SIGNET_OK)
		status = add_keks(&f, err);
	if (status != SIGNET_OK)
		return status;
	status =
	    app_has(&session->args, APP_OPTION_RECIPIENT) ? add_given(&f, err) : add_named(&f, err);
	if (status == SIGNET_OK)
		status = check_missing(&f, err);
	if (status != SIGNET_OK)
		return status;
	if (f.found == 0 && !f.has_shared)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the message names no recipient in To, Cc or Bcc: give -r ADDR");
	return SIGNET_OK;
}
