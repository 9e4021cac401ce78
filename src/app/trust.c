/* Builds the set of anchors, intermediates and CRLs that a message is held against. */
#include <string.h>

#include "app/contacts.h"
#include "app/files.h"
#include "app/keys.h"

/*
 * In a .p7b lie chains as well as roots: its self-issued CA certificates are the anchors. In PEM
 * or DER each certificate is one, self-signed or not.
 */
static signet_status add_trust_file(
    app_session *session, const char *path, signet_trust *trust, signet_error *err)
{
	signet_cert_list *list = NULL;
	bool is_p7 = false;
	signet_status status = signet_cert_list_new(session->ctx, &list, err);

	if (status == SIGNET_OK)
		status = app_file_certs(session, path, list, &is_p7, err);
	for (size_t i = 0; status == SIGNET_OK && i < signet_cert_list_count(list); i++) {
		signet_cert *cert = signet_cert_list_get(list, i);

		if (!is_p7 || (signet_cert_is_ca(cert) && signet_cert_is_self_issued(cert)))
			status = signet_trust_add_anchor(trust, cert, NULL, 0, err);
	}
	if (status == SIGNET_OK && is_p7)
		status = signet_trust_add_chain(trust, list, err);
	signet_cert_list_free(&list);
	return status;
}

static signet_status visit_anchor(void *user, const sn_store_anchor *row, signet_error *err)
{
	signet_status status =
	    signet_trust_add_anchor(user, row->cert, row->domains, row->domain_count, err);

	if (status == SIGNET_OK && row->distrust_after != 0)
		status = signet_trust_distrust_after(user, row->cert, row->distrust_after, err);
	return status;
}

static signet_status add_store(
    app_session *session, bool with_anchors, signet_trust *trust, signet_error *err)
{
	signet_cert_list *chain = NULL;
	sn_store *store = NULL;
	signet_status status = app_store(session, false, &store, err);

	if (status != SIGNET_OK || store == NULL)
		return status;
	if (with_anchors)
		status = session->store_api->anchor_each(store, visit_anchor, trust, err);
	if (status == SIGNET_OK)
		status = signet_cert_list_new(session->ctx, &chain, err);
	if (status == SIGNET_OK)
		status = session->store_api->chain_read(store, chain, err);
	if (status == SIGNET_OK && signet_cert_list_count(chain) > 0)
		status = signet_trust_add_chain(trust, chain, err);
	signet_cert_list_free(&chain);
	return status;
}

static signet_status add_chains(app_session *session, signet_trust *trust, signet_error *err)
{
	const app_values *files = &session->args.values[APP_OPTION_CHAIN];
	signet_cert_list *chain = NULL;
	signet_status status = SIGNET_OK;

	if (files->count == 0)
		return SIGNET_OK;
	status = signet_cert_list_new(session->ctx, &chain, err);
	for (size_t i = 0; status == SIGNET_OK && i < files->count; i++)
		status = app_file_certs(session, files->text[i], chain, NULL, err);
	if (status == SIGNET_OK)
		status = signet_trust_add_chain(trust, chain, err);
	signet_cert_list_free(&chain);
	return status;
}

static signet_status add_crls(app_session *session, signet_trust *trust, signet_error *err)
{
	const app_values *files = &session->args.values[APP_OPTION_CRL];
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < files->count; i++) {
		sn_buf data = { 0 };

		status = app_file_read(session, files->text[i], &data, err);
		if (status == SIGNET_OK)
			status = app_blame_file(err,
			    signet_trust_add_crls(trust, data.data, data.size, err),
			    files->text[i]);
		sn_buf_clear(&data);
	}
	return status;
}

static signet_status set_revocation(app_session *session, signet_trust *trust, signet_error *err)
{
	const char *mode = app_value(&session->args, APP_OPTION_REVOCATION);

	if (mode == NULL || strcmp(mode, "available") == 0)
		signet_trust_set_revocation(trust, SIGNET_REVOCATION_AVAILABLE);
	else if (strcmp(mode, "none") == 0)
		signet_trust_set_revocation(trust, SIGNET_REVOCATION_NONE);
	else if (strcmp(mode, "required") == 0)
		signet_trust_set_revocation(trust, SIGNET_REVOCATION_REQUIRED);
	else
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--revocation \"%.40s\" is none of none, available, required", mode);
	return SIGNET_OK;
}

static signet_status set_policies(app_session *session, signet_trust *trust, signet_error *err)
{
	const app_values *oids = &session->args.values[APP_OPTION_POLICY];
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < oids->count; i++)
		status = signet_trust_add_policy(trust, oids->text[i], err);
	if (status == SIGNET_OK)
		signet_trust_set_policy_flags(trust,
		    app_has(&session->args, APP_OPTION_EXPLICIT_POLICY),
		    app_has(&session->args, APP_OPTION_INHIBIT_MAPPING),
		    app_has(&session->args, APP_OPTION_INHIBIT_ANY_POLICY));
	return status;
}

signet_status app_trust(app_session *session, signet_trust **trust_out, signet_error *err)
{
	const app_values *files = &session->args.values[APP_OPTION_TRUST];
	signet_trust *trust = NULL;
	signet_status status = signet_trust_new(session->ctx, &trust, err);

	for (size_t i = 0; status == SIGNET_OK && i < files->count; i++)
		status = add_trust_file(session, files->text[i], trust, err);
	if (status == SIGNET_OK)
		status = add_store(session, files->count == 0, trust, err);
	if (status == SIGNET_OK)
		status = add_chains(session, trust, err);
	if (status == SIGNET_OK)
		status = add_crls(session, trust, err);
	if (status == SIGNET_OK)
		status = set_revocation(session, trust, err);
	if (status == SIGNET_OK)
		status = set_policies(session, trust, err);
	if (status != SIGNET_OK) {
		signet_trust_unref(&trust);
		return status;
	}
	*trust_out = trust;
	return SIGNET_OK;
}

signet_status app_trust_of_store(app_session *session, signet_trust **trust_out, signet_error *err)
{
	signet_trust *trust = NULL;
	signet_status status = signet_trust_new(session->ctx, &trust, err);

	if (status == SIGNET_OK)
		status = add_store(session, true, trust, err);
	if (status == SIGNET_OK)
		status = add_crls(session, trust, err);
	if (status == SIGNET_OK)
		status = set_revocation(session, trust, err);
	if (status != SIGNET_OK) {
		signet_trust_unref(&trust);
		return status;
	}
	*trust_out = trust;
	return SIGNET_OK;
}
