/* OCSP answers of a CA, signed by a responder's key of its own. */
#include <stdlib.h>
#include <string.h>

#include "app/ca_int.h"
#include "app/files.h"
#include "base/base64_text.h"
#include "base/mem.h"

enum {
	ANSWER_DAYS = 3,  /* S/MIME BR 4.9.10: from 8 hours to 10 days */
	SIGNER_DAYS = 30, /* nobody asks whether it is revoked: so it is short-lived */
	ANSWER_MAX = 1 << 20,
	FILE_NAME_MAX = 255
};

/* Certificate and key in one file: two of them could come apart when two of us write at once. */
static const char signer_file[] = "ocsp.pem";

/* A key that lies in the folder without a passphrase has no secret to keep from this one. */
static signet_status is_plain(const app_ca *ca, bool *plain_out, signet_error *err)
{
	static const char label[] = "-----BEGIN PRIVATE KEY-----";
	sn_buf data = { 0 };
	char *path = NULL;
	signet_status status = app_ca_path(ca->dir, "ca.key", &path, err);

	if (status == SIGNET_OK)
		status = app_file_read(ca->session, path, &data, err);
	if (status == SIGNET_OK)
		*plain_out = data.size >= sizeof(label) &&
			     memcmp(data.data, label, sizeof(label) - 1) == 0;
	sn_buf_clear(&data);
	free(path);
	return status;
}

static signet_status write_signer(
    app_ca *ca, const signet_cert *cert, const signet_key *key, signet_error *err)
{
	const app_secret *secret = NULL;
	signet_sink *sink = NULL;
	bool plain = false;
	char *path = NULL;
	sn_buf text;
	signet_status status = is_plain(ca, &plain, err);

	sn_buf_init(&text, ca->session->ctx, APP_FILE_MAX, "certificates");
	if (status == SIGNET_OK && !plain)
		status = app_passphrase_new(ca->session, "the key that signs answers", &secret, err);
	if (status == SIGNET_OK)
		status = app_pem_cert(&text, cert, err);
	if (status == SIGNET_OK)
		status = app_ca_path(ca->dir, signer_file, &path, err);
	if (status == SIGNET_OK)
		status = signet_sink_file_new(ca->session->ctx, path, &sink, err);
	if (status == SIGNET_OK)
		status = sink->write(sink, text.data, text.size, err);
	if (status == SIGNET_OK)
		status = signet_key_write_pkcs8(key, plain ? NULL : secret->text,
		    plain ? 0 : secret->size, true, sink, err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, err);
	if (sink != NULL)
		signet_sink_free(&sink);
	sn_buf_clear(&text);
	free(path);
	return status;
}

static signet_status make_signer(app_ca *ca, signet_error *err)
{
	signet_ca_options options;
	signet_cert *cert = NULL;
	signet_key *key = NULL;
	signet_status status;

	app_ca_begin_options(ca, (int64_t)SIGNER_DAYS * APP_CA_DAY, &options);
	options.subject = "CN=OCSP responder";
	status = signet_key_generate(ca->session->ctx, "p-256", &key, err);
	if (status == SIGNET_OK)
		status = signet_ca_make_responder(ca->session->ctx, &options, key, &cert, err);
	if (status == SIGNET_OK)
		status = app_ca_record(ca, cert, "ocsp", "", err);
	if (status == SIGNET_OK)
		status = write_signer(ca, cert, key, err);
	if (status == SIGNET_OK)
		app_say_more(ca->session, "a new key signs the answers for %d days", SIGNER_DAYS);
	signet_cert_unref(&cert);
	signet_key_unref(&key);
	return status;
}

static signet_status answer_seconds(const app_ca *ca, int64_t *seconds_out, signet_error *err)
{
	return app_days(ca->session, ANSWER_DAYS, seconds_out, err);
}

/* Whether what is in the file signs for this CA as long as its answers are to hold. */
static bool is_good_signer(const app_ca *ca, const signet_identity *signer, int64_t seconds)
{
	const signet_cert *cert = signet_identity_cert(signer);
	const app_ca_entry *entry = app_ca_find(ca, signet_cert_serial(cert));

	return entry != NULL && !entry->is_revoked &&
	       strcmp(signet_cert_issuer(cert),
		   signet_cert_subject(signet_identity_cert(ca->identity))) == 0 &&
	       signet_cert_not_after(cert) > ca->session->now + seconds &&
	       signet_cert_not_before(cert) <= ca->session->now;
}

static signet_status read_signer(
    const app_ca *ca, int64_t seconds, signet_identity **signer_out, signet_error *err)
{
	signet_identity *signer = NULL;
	char *path = NULL;
	signet_status status = app_ca_path(ca->dir, signer_file, &path, err);

	*signer_out = NULL;
	if (status == SIGNET_OK && app_file_exists(path))
		status = app_ca_read_identity(ca, signer_file, signer_file, &signer, err);
	if (status == SIGNET_OK && signer != NULL && is_good_signer(ca, signer, seconds)) {
		*signer_out = signer;
		signer = NULL;
	}
	signet_identity_unref(&signer);
	free(path);
	return status;
}

/* An answer must not outlive the certificate of who signed it, and neither the authority's. */
static signet_status check_times(const app_ca *ca, int64_t seconds, signet_error *err)
{
	if (seconds >= (int64_t)SIGNER_DAYS * APP_CA_DAY)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "an answer holds for fewer than %d days", SIGNER_DAYS);
	if (ca->session->now + seconds >= signet_cert_not_after(signet_identity_cert(ca->identity)))
		return signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
		    "the certificate of the authority ends before the answer would");
	return SIGNET_OK;
}

signet_status app_ca_responder_open(app_ca *ca, app_ca_responder *responder, signet_error *err)
{
	int64_t seconds = 0;
	signet_key *key = NULL;
	signet_status status = answer_seconds(ca, &seconds, err);

	*responder = (app_ca_responder){ .ca = ca };
	if (status == SIGNET_OK)
		status = check_times(ca, seconds, err);
	if (status == SIGNET_OK)
		status = read_signer(ca, seconds, &responder->signer, err);
	if (status == SIGNET_OK && responder->signer == NULL) {
		status = make_signer(ca, err);
		if (status == SIGNET_OK)
			status = app_ca_register_read(ca, err);
		if (status == SIGNET_OK)
			status = read_signer(ca, seconds, &responder->signer, err);
	}
	if (status == SIGNET_OK && responder->signer == NULL)
		status = signet_fail(err, SIGNET_E_BUSY, SIGNET_NO_OFFSET,
		    "%.150s/%s is not usable", ca->dir, signer_file);
	if (status == SIGNET_OK)
		status = signet_identity_key(responder->signer, &key, err);
	return status;
}

void app_ca_responder_close(app_ca_responder *responder)
{
	signet_identity_unref(&responder->signer);
}

static void look(void *user, const char *serial, signet_ca_status *status_out)
{
	const app_ca_entry *entry = app_ca_find(user, serial);

	if (entry == NULL)
		return;
	status_out->state = entry->is_revoked ? SIGNET_CA_REVOKED : SIGNET_CA_GOOD;
	status_out->revoked_at = entry->revoked_at;
	status_out->reason = entry->reason;
}

signet_status app_ca_responder_answer(const app_ca_responder *responder, const uint8_t *request,
    size_t size, signet_sink *out, signet_ca_answer_kind *kind_out, int64_t *until_out,
    signet_error *err)
{
	app_ca *ca = responder->ca;
	int64_t seconds = 0;
	signet_status status = answer_seconds(ca, &seconds, err);
	signet_ca_ocsp options = {
		.version = SIGNET_CA_OCSP_VERSION,
		.issuer = signet_identity_cert(ca->identity),
		.signer = responder->signer,
		.now = ca->session->now,
		.next_update = ca->session->now + seconds,
		.look = look,
		.user = ca,
	};

	if (status != SIGNET_OK)
		return status;
	*until_out = options.next_update;
	return signet_ca_answer(
	    ca->session->ctx, &options, request, size, out, kind_out, err);
}

/* RFC 5019 5: the base64 of the request, in a URL: '+', '/' and '=' are escaped. */
static signet_status make_name(sn_buf *name, sn_span question, signet_error *err)
{
	signet_status status;
	sn_buf text;

	sn_buf_init(&text, name->ctx, FILE_NAME_MAX, "name of a file");
	status = sn_base64_text(question, &text, err);
	for (size_t i = 0; status == SIGNET_OK && i < text.size; i++)
		status = sn_buf_printf(name, err,
		    strchr("+/=", text.data[i]) != NULL ? "%%%02X" : "%c", text.data[i]);
	sn_buf_clear(&text);
	return status;
}

static signet_status write_answer(const app_ca_responder *responder, const char *folder,
    const signet_sink *question, signet_error *err)
{
	signet_ca_answer_kind kind;
	const char *name = NULL;
	signet_sink *sink = NULL;
	char *path = NULL;
	int64_t until = 0;
	size_t size = 0;
	const uint8_t *data = signet_sink_memory_get(question, &size);
	sn_buf text;
	signet_status status;

	sn_buf_init(&text, responder->ca->session->ctx, FILE_NAME_MAX, "name of a file");
	status = make_name(&text, (sn_span){ data, size }, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&text, &name, err);
	if (status == SIGNET_OK)
		status = app_ca_path(folder, name, &path, err);
	if (status == SIGNET_OK)
		status = signet_sink_file_new(responder->ca->session->ctx, path, &sink, err);
	if (status == SIGNET_OK)
		status = app_ca_responder_answer(responder, data, size, sink, &kind, &until, err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, err);
	if (sink != NULL)
		signet_sink_free(&sink);
	sn_buf_clear(&text);
	free(path);
	return status;
}

static signet_status answer_serial(const app_ca_responder *responder, const char *folder,
    const char *serial, const char *digest, signet_error *err)
{
	signet_context *ctx = responder->ca->session->ctx;
	signet_sink *question = NULL;
	signet_status status = signet_sink_memory_new(ctx, ANSWER_MAX, &question, err);

	if (status == SIGNET_OK)
		status = signet_ca_question(ctx, signet_identity_cert(responder->ca->identity),
		    serial, digest, question, err);
	if (status == SIGNET_OK)
		status = question->finish(question, err);
	if (status == SIGNET_OK)
		status = write_answer(responder, folder, question, err);
	if (question != NULL)
		signet_sink_free(&question);
	return status;
}

signet_status app_ca_responder_answer_all(const app_ca_responder *responder, const char *folder,
    size_t *count_out, signet_error *err)
{
	const app_ca *ca = responder->ca;
	signet_status status = app_folder_make(folder, err);

	*count_out = 0;
	for (size_t i = 0; status == SIGNET_OK && i < ca->entry_count; i++) {
		const app_ca_entry *entry = &ca->entries[i];

		if (entry->not_after < ca->session->now || strcmp(entry->purpose, "ocsp") == 0)
			continue;
		status = answer_serial(responder, folder, entry->serial, "sha1", err);
		if (status == SIGNET_OK)
			status = answer_serial(responder, folder, entry->serial, "sha256", err);
		*count_out += status == SIGNET_OK;
	}
	return status;
}
