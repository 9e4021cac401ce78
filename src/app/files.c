/* Reads and writes whole files. */
#include "app/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/message.h"
#include "app/progress.h"
#include "base/base64_text.h"
#include "base/mem.h"

enum { READ_SIZE = 64 << 10 };

bool app_file_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

signet_status app_folder_make(const char *path, signet_error *err)
{
	size_t size = strlen(path);
	char *copy;
	signet_status status = SIGNET_OK;

	if (size == 0 || size >= APP_PATH_MAX)
		return signet_fail(err, SIGNET_E_CANNOT_CREATE, SIGNET_NO_OFFSET,
		    "the folder \"%.40s\" has no usable name", path);
	copy = strdup(path);
	if (copy == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	for (size_t i = 1; status == SIGNET_OK && i <= size; i++) {
		if (copy[i] != '/' && copy[i] != '\0')
			continue;
		copy[i] = '\0';
		if (mkdir(copy, 0700) != 0 && errno != EEXIST)
			status = signet_fail_sys(err,
			    errno == EACCES || errno == EPERM ? SIGNET_E_PERMISSION
							      : SIGNET_E_CANNOT_CREATE,
			    "cannot make the folder %.120s", path);
		if (i < size)
			copy[i] = '/';
	}
	free(copy);
	return status;
}

signet_status app_blame_file(signet_error *err, signet_status status, const char *path)
{
	char text[sizeof(err->text)];

	if (err == NULL || status == SIGNET_OK || strstr(err->text, path) != NULL)
		return status;
	memcpy(text, err->text, sizeof(text));
	(void)snprintf(err->text, sizeof(err->text), "%.100s: %.150s", path, text);
	return status;
}

signet_status app_input_new(
    app_session *session, const char *path, signet_input **input_out, signet_error *err)
{
	if (path == NULL || strcmp(path, "-") == 0)
		return signet_input_fd_new(session->ctx, STDIN_FILENO, input_out, err);
	return signet_input_file_new(session->ctx, path, input_out, err);
}

signet_status app_input_message(app_session *session, signet_input **input_out, signet_error *err)
{
	const char *path = app_file_operand(session);
	signet_input *input = NULL;
	signet_status status = app_input_new(session, path, &input, err);

	if (status == SIGNET_OK && !session->is_quiet)
		status = app_progress_wrap(&input, path, err);
	if (status == SIGNET_OK)
		*input_out = input;
	return status;
}

static signet_status read_all(signet_input *input, sn_buf *data, signet_error *err)
{
	for (;;) {
		size_t got = 0;
		signet_status status = sn_buf_reserve(data, READ_SIZE, err);

		if (status != SIGNET_OK)
			return status;
		status =
		    input->read(input, data->size, data->data + data->size, READ_SIZE, &got, err);
		if (status != SIGNET_OK)
			return status;
		if (got == 0)
			return SIGNET_OK;
		data->size += got;
	}
}

signet_status app_file_read(app_session *session, const char *path, sn_buf *data, signet_error *err)
{
	signet_input *input = NULL;
	signet_status status;

	status = app_input_new(session, path, &input, err);
	if (status != SIGNET_OK)
		return app_blame_file(err, status, path);
	/* Room to read into is asked for before the end is known: one piece above the ceiling. */
	sn_buf_init_secret(data, session->ctx, APP_FILE_MAX + READ_SIZE, "file");
	status = read_all(input, data, err);
	if (status != SIGNET_OK)
		sn_buf_clear(data);
	signet_input_free(&input);
	return app_blame_file(err, status, path);
}

bool app_is_pkcs12(const uint8_t *data, size_t size)
{
	size_t at = 2;

	if (size < 8 || data[0] != 0x30)
		return false;
	if (data[1] > 0x80)
		at += data[1] & 0x7f;
	return at + 3 <= size && data[at] == 2 && data[at + 1] == 1 && data[at + 2] == 3;
}

/* It is easily taken for a certificate, and what its first octets lack as one says nothing to a person. */
signet_status app_certs_read(signet_cert_list *list, const uint8_t *data, size_t size,
    bool *is_p7_out, signet_error *err)
{
	if (app_is_pkcs12(data, size))
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "this is PKCS#12, a key under a passphrase: signet identity import takes it in, "
		    "and identity export writes its certificate");
	return signet_cert_list_read(list, data, size, is_p7_out, err);
}

signet_status app_file_certs(app_session *session, const char *path, signet_cert_list *list,
    bool *is_p7_out, signet_error *err)
{
	sn_buf data = { 0 };
	signet_status status = app_file_read(session, path, &data, err);

	if (status != SIGNET_OK)
		return status;
	status = app_certs_read(list, data.data, data.size, is_p7_out, err);
	sn_buf_clear(&data);
	return app_blame_file(err, status, path);
}

signet_status app_file_key(
    app_session *session, const char *path, signet_key **key_out, signet_error *err)
{
	sn_buf data = { 0 };
	signet_status status = app_file_read(session, path, &data, err);

	if (status != SIGNET_OK)
		return status;
	status = signet_key_read(
	    session->ctx, data.data, data.size, path, &session->passphrase, key_out, err);
	sn_buf_clear(&data);
	return app_blame_file(err, status, path);
}

signet_status app_sink_new(
    app_session *session, const char *path, signet_sink **sink_out, signet_error *err)
{
	if (path == NULL || strcmp(path, "-") == 0)
		return signet_sink_fd_new(session->ctx, STDOUT_FILENO, sink_out, err);
	return signet_sink_file_new(session->ctx, path, sink_out, err);
}

signet_status app_file_write(
    app_session *session, const char *path, const void *data, size_t size, signet_error *err)
{
	signet_sink *sink = NULL;
	signet_status status = app_sink_new(session, path, &sink, err);

	if (status != SIGNET_OK)
		return status;
	status = sink->write(sink, data, size, err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, err);
	signet_sink_free(&sink);
	return status;
}

signet_status app_pem(
    sn_buf *text, const char *label, const uint8_t *data, size_t size, signet_error *err)
{
	signet_status status = sn_buf_printf(text, err, "-----BEGIN %s-----\n", label);

	if (status == SIGNET_OK)
		status = sn_base64_lines((sn_span){ data, size }, text, err);
	if (status == SIGNET_OK)
		status = sn_buf_printf(text, err, "-----END %s-----\n", label);
	return status;
}

signet_status app_pem_cert(sn_buf *text, const signet_cert *cert, signet_error *err)
{
	size_t size = 0;
	const uint8_t *der = signet_cert_der(cert, &size);

	return app_pem(text, "CERTIFICATE", der, size, err);
}
