#include "app/export.h"

#include <string.h>

#include "app/files.h"

static bool has_ending(const char *name, const char *ending)
{
	size_t size = strlen(name);
	size_t ending_size = strlen(ending);

	return size > ending_size && strcmp(name + size - ending_size, ending) == 0;
}

signet_status app_export_read_form(
    app_session *session, app_export_form *form_out, signet_error *err)
{
	const char *name = app_value(&session->args, APP_OPTION_FORMAT);
	const char *file = app_value(&session->args, APP_OPTION_OUTPUT);

	if (name == NULL && file != NULL && (has_ending(file, ".p12") || has_ending(file, ".pfx")))
		name = "p12";
	else if (name == NULL && file != NULL &&
		 (has_ending(file, ".der") || has_ending(file, ".cer")))
		name = "der";
	if (name == NULL || strcmp(name, "pem") == 0)
		*form_out = APP_EXPORT_PEM;
	else if (strcmp(name, "der") == 0)
		*form_out = APP_EXPORT_DER;
	else if (strcmp(name, "p12") == 0)
		*form_out = APP_EXPORT_P12;
	else
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--format \"%.40s\" is none of pem, der, p12", name);
	return SIGNET_OK;
}

static signet_status write_out(app_session *session, const sn_buf *data, signet_error *err)
{
	return app_file_write(
	    session, app_value(&session->args, APP_OPTION_OUTPUT), data->data, data->size, err);
}

signet_status app_export_certs(
    app_session *session, const signet_cert_list *list, app_export_form form, signet_error *err)
{
	size_t count = signet_cert_list_count(list);
	sn_buf text;
	signet_status status = SIGNET_OK;

	if (form != APP_EXPORT_PEM) {
		size_t size = 0;
		const uint8_t *der = signet_cert_der(signet_cert_list_get(list, 0), &size);

		if (form == APP_EXPORT_P12 || count > 1)
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    form == APP_EXPORT_P12 ? "other people's keys are not in the store"
						   : "DER holds one certificate: take PEM");
		return app_file_write(
		    session, app_value(&session->args, APP_OPTION_OUTPUT), der, size, err);
	}
	sn_buf_init(&text, session->ctx, APP_FILE_MAX, "certificates");
	for (size_t i = 0; status == SIGNET_OK && i < count; i++)
		status = app_pem_cert(&text, signet_cert_list_get(list, i), err);
	if (status == SIGNET_OK)
		status = write_out(session, &text, err);
	sn_buf_clear(&text);
	return status;
}

signet_status app_export_p12(app_session *session, const app_identities *identities,
    const char *passphrase, size_t passphrase_size, signet_error *err)
{
	signet_sink *sink = NULL;
	signet_status status =
	    app_sink_new(session, app_value(&session->args, APP_OPTION_OUTPUT), &sink, err);

	if (status != SIGNET_OK)
		return status;
	status = signet_identity_array_write_pkcs12(identities->list, identities->count,
	    app_has(&session->args, APP_OPTION_LEGACY), passphrase, passphrase_size, sink, err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, err);
	signet_sink_free(&sink);
	return status;
}

signet_status app_export_with_key(
    app_session *session, signet_identity *identity, signet_error *err)
{
	const app_secret *secret = NULL;
	signet_status status = SIGNET_OK;

	if (!app_has(&session->args, APP_OPTION_PLAIN_KEY))
		status = app_passphrase_new(session, "the key to be written", &secret, err);
	return status == SIGNET_OK ? app_export_pem(session, identity, secret, err) : status;
}

signet_status app_export_pem(app_session *session, signet_identity *identity,
    const app_secret *secret, signet_error *err)
{
	const signet_cert_list *chain = signet_identity_chain(identity);
	size_t count = chain == NULL ? 0 : signet_cert_list_count(chain);
	signet_key *key = NULL;
	signet_sink *sink = NULL;
	sn_buf text;
	signet_status status;

	sn_buf_init(&text, session->ctx, APP_FILE_MAX, "certificates");
	status = app_pem_cert(&text, signet_identity_cert(identity), err);
	for (size_t i = 0; status == SIGNET_OK && i < count; i++)
		status = app_pem_cert(&text, signet_cert_list_get(chain, i), err);
	if (status == SIGNET_OK)
		status = signet_identity_key(identity, &key, err);
	if (status == SIGNET_OK)
		status =
		    app_sink_new(session, app_value(&session->args, APP_OPTION_OUTPUT), &sink, err);
	if (status == SIGNET_OK)
		status = sink->write(sink, text.data, text.size, err);
	if (status == SIGNET_OK)
		status = signet_key_write_pkcs8(key, secret == NULL ? NULL : secret->text,
		    secret == NULL ? 0 : secret->size, true, sink, err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, err);
	if (sink != NULL)
		signet_sink_free(&sink);
	sn_buf_clear(&text);
	return status;
}
