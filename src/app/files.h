/* Files that hold keys and certificates, and the folders and files that the program makes. */
#ifndef SIGNET_APP_FILES_H
#define SIGNET_APP_FILES_H

#include <signet/cert.h>
#include <signet/sink.h>

#include "app/session.h"

enum { APP_PATH_MAX = 4096 };

bool app_file_exists(const char *path);
/* Makes the folder, and those above it, with mode 0700 where they are missing. */
signet_status app_folder_make(const char *path, signet_error *err) SIGNET_CHECKED;

/* Reads a whole file ("-": standard input) of at most APP_FILE_MAX octets into a fresh buffer. */
signet_status app_file_read(
    app_session *session, const char *path, sn_buf *data, signet_error *err) SIGNET_CHECKED;
/*
 * RFC 7292: PFX ::= SEQUENCE { version INTEGER {v3(3)} …. A private key (PKCS#8) begins with 0 or
 * 1, an encrypted one and a certificate with no INTEGER.
 */
bool app_is_pkcs12(const uint8_t *data, size_t size);
/* The certificates in a file that was read; for PKCS#12 it is said what to do instead. */
signet_status app_certs_read(signet_cert_list *list, const uint8_t *data, size_t size,
    bool *is_p7_out, signet_error *err) SIGNET_CHECKED;
/* The certificates in it, added to list; the error names the file. */
signet_status app_file_certs(app_session *session, const char *path, signet_cert_list *list,
    bool *is_p7_out, signet_error *err) SIGNET_CHECKED;
signet_status app_file_key(
    app_session *session, const char *path, signet_key **key_out, signet_error *err) SIGNET_CHECKED;

/* A sink for -o: a file, or standard output for NULL and "-". */
signet_status app_sink_new(app_session *session, const char *path, signet_sink **sink_out,
    signet_error *err) SIGNET_CHECKED;
/* An input for FILE: standard input for NULL and "-". */
signet_status app_input_new(app_session *session, const char *path, signet_input **input_out,
    signet_error *err) SIGNET_CHECKED;
/* The same for the message of the command: its operand, with a progress line on a terminal. */
signet_status app_input_message(app_session *session, signet_input **input_out, signet_error *err)
    SIGNET_CHECKED;
/* Writes octets whole. */
signet_status app_file_write(app_session *session, const char *path, const void *data, size_t size,
    signet_error *err) SIGNET_CHECKED;
/* Octets as PEM under a label (RFC 7468), appended. */
signet_status app_pem(sn_buf *text, const char *label, const uint8_t *data, size_t size,
    signet_error *err) SIGNET_CHECKED;
/* Certificates as PEM (RFC 7468), appended. */
signet_status app_pem_cert(sn_buf *text, const signet_cert *cert, signet_error *err) SIGNET_CHECKED;

/* Puts the name of a file before the sentence of an error. */
signet_status app_blame_file(signet_error *err, signet_status status, const char *path);

#endif
