/*
 * Requests on their way: a key and its request lie in the store from before anybody sees the
 * request until its certificate has come and both are an identity.
 */
#ifndef SIGNET_APP_PENDING_H
#define SIGNET_APP_PENDING_H

#include <signet/enroll.h>

#include "app/session.h"

/* A copy of the store's row. */
typedef struct app_pending {
	int64_t id;
	char *method, *url, *addresses, *settings, *place;
	uint8_t *request, *key;
	size_t request_size, key_size;
	bool is_key_encrypted;
	int64_t added_at;
} app_pending;

typedef struct app_pendings {
	app_pending *list;
	size_t count;
} app_pendings;

/* Those there are, the newest first. */
signet_status app_pendings_read(
    app_session *session, app_pendings *pendings, signet_error *err) SIGNET_CHECKED;
void app_pendings_clear(app_pendings *pendings);
/* Copied; pending is zeroed, or cleared before. */
signet_status app_pending_copy(
    app_pending *pending, const sn_store_pending *row, signet_error *err) SIGNET_CHECKED;
void app_pending_clear(app_pending *pending);

/* What a request is to say. */
typedef struct app_wish {
	const char *method, *url; /* who is asked */
	const char *const *addresses;
	size_t address_count;
	const char *algorithm;       /* NULL: --algorithm, else rsa-3072 */
	const char *digest;          /* NULL: as the key asks */
	const signet_cert *renewed;  /* NULL: none */
} app_wish;

/* A new key by --algorithm and its request by --name, --purpose and --challenge, kept. */
signet_status app_pending_make(app_session *session, const app_wish *wish, app_pending *pending,
    signet_error *err) SIGNET_CHECKED;
/* Keeps how far it is; place is copied. */
signet_status app_pending_advance(app_session *session, app_pending *pending, const char *place,
    signet_error *err) SIGNET_CHECKED;
signet_status app_pending_remove(
    app_session *session, const app_pending *pending, signet_error *err) SIGNET_CHECKED;
/* The key in the clear, PEM, in a buffer that is wiped (TLS client authentication). */
signet_status app_pending_key(app_session *session, const app_pending *pending,
    signet_key **key_out, signet_error *err) SIGNET_CHECKED;

/* Makes an identity of it and an answer. SIGNET_E_NO_CERT: the answer does not fit. */
signet_status app_pending_answer(app_session *session, const app_pending *pending,
    const signet_cert_list *answer, signet_error *err) SIGNET_CHECKED;

/* --purpose */
signet_status app_purpose(
    const app_session *session, signet_ca_purpose *purpose_out, signet_error *err) SIGNET_CHECKED;

#endif
