#include "app/token.h"

#include "base/ascii.h"

bool app_is_token_uri(const char *text)
{
	static const char scheme[] = "pkcs11:";

	for (size_t i = 0; scheme[i] != '\0'; i++)
		if (sn_ascii_lower((uint8_t)text[i]) != (uint8_t)scheme[i])
			return false;
	return true;
}

static signet_status need_module(app_session *session, signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (session->token != NULL)
		return SIGNET_OK;
	if (session->token_api == NULL)
		status = app_wire_token(session, err);
	return status == SIGNET_OK ? session->token_api->open(session->ctx, &session->token, err)
				   : status;
}

signet_status app_token_key(app_session *session, const char *uri, const signet_cert *cert,
    signet_key **key_out, char **uri_out, signet_error *err)
{
	const signet_passphrase pin = app_pin(session);
	signet_status status = need_module(session, err);

	if (status != SIGNET_OK)
		return status;
	status = session->token_api->key(session->token, uri, cert, &pin, key_out, uri_out, err);
	return app_passphrase_result(session, status);
}

void app_token_free_uri(app_session *session, char **uri)
{
	if (*uri != NULL)
		session->token_api->free_uri(session->token, uri);
}

signet_status app_token_certs(app_session *session, const char *uri, sn_token_visit *visit,
    void *user, signet_error *err)
{
	signet_status status = need_module(session, err);

	return status == SIGNET_OK
	    ? session->token_api->certs(session->token, uri, visit, user, err)
	    : status;
}
