/* What the files of the token module share. */
#ifndef SN_TOKEN_TOKEN_INT_H
#define SN_TOKEN_TOKEN_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include <signet/sys/key_backend.h>

#include "base/context.h"
#include "token/token.h"

enum {
	SN_TOKEN_SLOTS_MAX = 64,    /* open at once, and looked at in one module */
	SN_TOKEN_OBJECTS_MAX = 256, /* of one kind on one token */
	SN_TOKEN_URI_MAX = 2048,
	SN_TOKEN_LABEL = 33
};

/* A slot with a token in it, on which a session is open. */
typedef struct sn_token_slot {
	CK_FUNCTION_LIST *module;
	CK_SLOT_ID id;
	CK_SESSION_HANDLE session;
	CK_FLAGS flags; /* of the token */
	char label[SN_TOKEN_LABEL];
	char serial[17];
	bool is_logged_in;
	bool has_failed; /* a wrong PIN: not once more */
	signet_passphrase pin;
} sn_token_slot;

struct sn_token {
	signet_context *ctx;
	CK_FUNCTION_LIST **modules; /* ends with NULL */
	sn_token_slot slots[SN_TOKEN_SLOTS_MAX];
	size_t slot_count;
	pthread_mutex_t lock; /* a session does one thing at a time */
	atomic_size_t references;
};

/* roots.c */
signet_status sn_token_roots_each(signet_context *ctx, const char *path,
    sn_token_root_visit *visit, void *user, signet_error *err) SIGNET_CHECKED;

/* module.c */
const sn_token_api *signet_token_module(void);
void sn_token_unref(sn_token **token);
/* What a function of the token returned, in a sentence. */
signet_status sn_token_fail(
    const sn_token_slot *slot, const char *what, CK_RV code, signet_error *err);

/* find.c */
signet_status sn_token_parse(const char *uri, P11KitUri **parsed_out, signet_error *err) SIGNET_CHECKED;
/* The one token that the URI means, with a session. Borrowed from token. */
signet_status sn_token_find_slot(sn_token *token, P11KitUri *uri, const char *text,
    sn_token_slot **slot_out, signet_error *err) SIGNET_CHECKED;
/* Once: asks for the PIN where the token wants one. */
signet_status sn_token_login(
    sn_token_slot *slot, const signet_passphrase *pin, signet_error *err) SIGNET_CHECKED;
/* For a key that wants the PIN before every use, once the use has begun. */
signet_status sn_token_login_again(sn_token_slot *slot, signet_error *err) SIGNET_CHECKED;
/* Objects of a class that the URI means (id alone when it is not empty). */
signet_status sn_token_find_objects(sn_token_slot *slot, P11KitUri *uri, CK_OBJECT_CLASS class,
    const CK_ATTRIBUTE *id, CK_OBJECT_HANDLE objects[SN_TOKEN_OBJECTS_MAX], size_t *count_out,
    signet_error *err) SIGNET_CHECKED;
/* An attribute's value, allocated; size 0 and NULL when the object has none. */
signet_status sn_token_attribute(sn_token *token, const sn_token_slot *slot,
    CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, uint8_t **data_out, size_t *size_out,
    signet_error *err) SIGNET_CHECKED;
bool sn_token_flag(
    const sn_token_slot *slot, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, bool otherwise);
/* Of that key, to be kept: token, serial number and identifier. */
signet_status sn_token_format(sn_token *token, const sn_token_slot *slot, const uint8_t *id,
    size_t id_size, const uint8_t *label, size_t label_size, char **uri_out, signet_error *err)
    SIGNET_CHECKED;

/* key.c */
signet_status sn_token_key(sn_token *token, const char *uri, const signet_cert *cert,
    const signet_passphrase *pin, signet_key **key_out, char **uri_out, signet_error *err)
    SIGNET_CHECKED;
signet_status sn_token_certs(sn_token *token, const char *uri, sn_token_visit *visit, void *user,
    signet_error *err) SIGNET_CHECKED;

/* work.c: a key in use. */
typedef struct sn_token_use {
	sn_token *token; /* a reference */
	sn_token_slot *slot;
	CK_OBJECT_HANDLE object;
	bool is_asked_each_time;
} sn_token_use;

/* Fills the functions that token and key can do. */
void sn_token_backend(sn_token_use *use, signet_key_backend *backend_out);

#endif
