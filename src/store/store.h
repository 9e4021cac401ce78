/*
 * The store: one's own identities, other people's certificates, and whom one trusts.
 *
 * A back end is a shared module with one function table, loaded when a store is first used: a
 * process that needs none never loads a database. It sees certificates by the public API, and
 * private keys as PKCS#8 octets that it does not look into.
 *
 * Rows are lent to a visitor for the time of its call, which must not change the store. A visitor
 * ends the walk by any status but SIGNET_OK, which the walk then returns. Errors of all functions:
 * SIGNET_E_BUSY (another process holds it), SIGNET_E_IO, SIGNET_E_PERMISSION, SIGNET_E_MEMORY.
 */
#ifndef SN_STORE_STORE_H
#define SN_STORE_STORE_H

#include <signet/cert.h>
#include <signet/sink.h>

typedef struct sn_store sn_store;

/* One key with its certificate. Keys stay after their certificate has ended: mail does too. */
typedef struct sn_store_identity {
	int64_t id; /* given by the store */
	signet_cert *cert;
	const signet_cert_list *chain; /* NULL: none */
	const uint8_t *key;            /* PKCS#8, DER */
	size_t key_size;
	bool is_key_encrypted;
	bool is_default;
	int64_t added_at;
	const char *token;         /* URI of a key on a token: key is empty; NULL: it is in the store */
	const char *origin;        /* how it was got: "import", "new", "est" …; NULL: unknown */
	const char *origin_detail; /* what renewing needs to know; NULL: nothing */
} sn_store_identity;

/* A certificate believed to be that of an address, or of a whole mail domain. */
typedef struct sn_store_contact {
	int64_t id;
	const char *address; /* "bob@example.com", or "example.com" */
	bool is_domain;
	signet_cert *cert;
	const uint8_t *capabilities; /* SMIMECapabilities in DER; NULL: unknown */
	size_t capabilities_size;
	int64_t signing_time; /* of the message that said so; INT64_MIN: none did */
	const char *source;   /* "import", "harvest", "ldap:HOST", "smimea", "http:HOST", "folder:PATH" */
	int64_t added_at;
	bool is_pending;        /* not to be used before somebody confirms it */
	const char *issuer_key; /* signet_cert_key_fingerprint of who certified it; NULL: unknown */
	int64_t seen_at;        /* in a message, at a server; INT64_MIN: never since */
	int64_t checked_at;     /* last looked for elsewhere; INT64_MIN: never */
} sn_store_contact;

typedef struct sn_store_anchor {
	int64_t id;
	signet_cert *cert;
	const char *const *domains; /* none: for all addresses */
	size_t domain_count;
	int64_t added_at;
	const char *source;     /* "file", "system"; NULL: "file" */
	int64_t distrust_after; /* certificates that begin later are not believed; 0: no such time */
} sn_store_anchor;

/* A key and the request for its certificate, which has not come yet. */
typedef struct sn_store_pending {
	int64_t id;
	const char *method;       /* "csr", "est", "acme" */
	const char *url;          /* of the authority; "" */
	const uint8_t *request;   /* PKCS#10, DER */
	size_t request_size;
	const uint8_t *key;       /* PKCS#8, DER */
	size_t key_size;
	bool is_key_encrypted;
	const char *addresses;    /* spaces between */
	const char *settings;     /* lines "option value", by which it was begun */
	const char *place;        /* how far it is: the URL of an order; "" */
	int64_t added_at;
} sn_store_pending;

/* How an identity was got. */
typedef struct sn_store_enrollment {
	const char *method;       /* "csr", "ca", "est", "acme" */
	const char *url;          /* of the authority, or its folder */
	const char *settings;
	int64_t got_at;
} sn_store_enrollment;

/* An account with an ACME server. */
typedef struct sn_store_account {
	const char *directory;
	const char *url;          /* "": not made known to the server yet */
	const uint8_t *key;
	size_t key_size;
	bool is_key_encrypted;
	int64_t added_at;
} sn_store_account;

typedef signet_status sn_store_pending_visit(
    void *user, const sn_store_pending *pending, signet_error *err);
typedef signet_status sn_store_enrollment_visit(
    void *user, const sn_store_enrollment *enrollment, signet_error *err);
typedef signet_status sn_store_account_visit(
    void *user, const sn_store_account *account, signet_error *err);

/* A file that goes along with a backup: "config", "ca/ca.pem". */
typedef struct sn_store_file {
	const char *name;
	const uint8_t *data;
	size_t size;
} sn_store_file;

typedef signet_status sn_store_file_visit(
    void *user, const sn_store_file *file, signet_error *err);
/* A sentence about what is damaged. */
typedef void sn_store_tell(void *user, const char *text);
typedef signet_status sn_store_identity_visit(
    void *user, const sn_store_identity *identity, signet_error *err);
typedef signet_status sn_store_contact_visit(
    void *user, const sn_store_contact *contact, signet_error *err);
typedef signet_status sn_store_anchor_visit(
    void *user, const sn_store_anchor *anchor, signet_error *err);

typedef struct sn_store_api {
	unsigned version; /* SN_STORE_VERSION */

	/* location: the file of the database, in a folder that exists; made when missing. */
	signet_status (*open)(
	    signet_context *ctx, const char *location, sn_store **store_out, signet_error *err);
	void (*close)(sn_store **store);

	/* A certificate that is there already gets the new key, and the chain if there is one. */
	signet_status (*identity_add)(
	    sn_store *store, const sn_store_identity *identity, signet_error *err);
	/*
	 * Those whose certificate has the address (NULL: all), the one to be taken first first:
	 * the default, then the newest.
	 */
	signet_status (*identity_each)(sn_store *store, const char *address,
	    sn_store_identity_visit *visit, void *user, signet_error *err);
	/* The default for its addresses and purposes, which no other identity is then. */
	signet_status (*identity_set_default)(sn_store *store, int64_t id, signet_error *err);
	signet_status (*identity_remove)(sn_store *store, int64_t id, signet_error *err);

	/*
	 * The same certificate for the same address is kept once. What a later message said
	 * replaces what an earlier one did, never the other way round. One that is pending stays
	 * so, unless it is now taken in by hand (source "import"); one that is accepted does too.
	 */
	signet_status (*contact_add)(
	    sn_store *store, const sn_store_contact *contact, signet_error *err);
	/*
	 * Those for the address, then those for its domain (NULL: all). The certificate most
	 * lately begun, or said by its owner to be in use, comes first.
	 */
	signet_status (*contact_each)(sn_store *store, const char *address,
	    sn_store_contact_visit *visit, void *user, signet_error *err);
	signet_status (*contact_remove)(sn_store *store, int64_t id, signet_error *err);

	/* A certificate that is there already gets what is new: domains, source, distrust_after. */
	signet_status (*anchor_add)(
	    sn_store *store, const sn_store_anchor *anchor, signet_error *err);
	signet_status (*anchor_each)(
	    sn_store *store, sn_store_anchor_visit *visit, void *user, signet_error *err);
	signet_status (*anchor_remove)(sn_store *store, int64_t id, signet_error *err);

	/* Certificates of CAs, seen with others: they help to build chains, and are not trusted. */
	signet_status (*chain_add)(
	    sn_store *store, const signet_cert_list *chain, int64_t now, signet_error *err);
	signet_status (*chain_read)(sn_store *store, signet_cert_list *list, signet_error *err);

	/* It is not pending any longer; SIGNET_E_NOT_FOUND. */
	signet_status (*contact_confirm)(sn_store *store, int64_t id, signet_error *err);
	/* Those of the address were looked for elsewhere now. */
	signet_status (*contact_checked)(
	    sn_store *store, const char *address, int64_t now, signet_error *err);

	/*
	 * Many changes as one: between them each change is kept or not as batch_end says: nothing
	 * unless its status is SIGNET_OK, which it returns.
	 */
	signet_status (*batch_begin)(sn_store *store, signet_error *err);
	signet_status (*batch_end)(sn_store *store, signet_status status, signet_error *err);

	/* Mails that need not be looked at again, by a name that the caller makes. */
	signet_status (*harvested_has)(
	    sn_store *store, const char *item, bool *has_out, signet_error *err);
	signet_status (*harvested_add)(
	    sn_store *store, const char *item, int64_t now, signet_error *err);
	/* id 0: a new one, which gets an id in *id_out; else method, url, settings and place change. */
	signet_status (*pending_put)(
	    sn_store *store, const sn_store_pending *pending, int64_t *id_out, signet_error *err);
	/* The newest first. */
	signet_status (*pending_each)(
	    sn_store *store, sn_store_pending_visit *visit, void *user, signet_error *err);
	signet_status (*pending_remove)(sn_store *store, int64_t id, signet_error *err);

	/* By the fingerprint of the identity's certificate. SIGNET_E_NOT_FOUND: no such identity. */
	signet_status (*enrollment_put)(sn_store *store, const char *fingerprint,
	    const sn_store_enrollment *enrollment, signet_error *err);
	/* visit is called once, or not at all where nothing is known. */
	signet_status (*enrollment_get)(sn_store *store, const char *fingerprint,
	    sn_store_enrollment_visit *visit, void *user, signet_error *err);

	signet_status (*account_put)(
	    sn_store *store, const sn_store_account *account, signet_error *err);
	signet_status (*account_get)(sn_store *store, const char *directory,
	    sn_store_account_visit *visit, void *user, signet_error *err);

	/*
	 * Writes the whole database as it is at one moment, and the files, to out, which it does not
	 * finish. Not encrypted: that is for the caller.
	 */
	signet_status (*backup)(sn_store *store, const sn_store_file *files, size_t count,
	    signet_sink *out, signet_error *err);
	/*
	 * Replaces everything in the store by what a backup holds, in one transaction, after visit has
	 * taken its files; on failure the store is as it was. SIGNET_E_MALFORMED: no backup, or a
	 * damaged one; SIGNET_E_UNAVAILABLE: of a newer signet.
	 */
	signet_status (*restore)(sn_store *store, const uint8_t *data, size_t size,
	    sn_store_file_visit *visit, void *user, signet_error *err);
	/* Looks through everything; tells what is damaged. */
	signet_status (*check)(sn_store *store, sn_store_tell *told, void *user, bool *is_whole_out,
	    signet_error *err);
	/*
	 * What was fetched: see signet_cache. value is finished when something is found, else
	 * aborted. Putting removes what ended before now, and more where the cache would grow past
	 * its bound (64 MiB); what is too large (16 MiB) or has ended already is not kept.
	 */
	signet_status (*cache_get)(sn_store *store, const char *key, int64_t now,
	    signet_sink *value, bool *found_out, signet_error *err);
	signet_status (*cache_put)(sn_store *store, const char *key, const uint8_t *data,
	    size_t size, int64_t until, int64_t now, signet_error *err);

	/* The first good verdict of a message, by its SHA-256: once kept it is never another one. */
	signet_status (*verdict_put)(sn_store *store, const uint8_t digest[32], int64_t time,
	    const char *result, signet_error *err);
	signet_status (*verdict_get)(sn_store *store, const uint8_t digest[32], int64_t *time_out,
	    bool *found_out, signet_error *err);
	/* As identity_add, for several: all of them or none. */
	signet_status (*identity_add_all)(sn_store *store, const sn_store_identity *identities,
	    size_t count, signet_error *err);
} sn_store_api;

#define SN_STORE_VERSION 1

/* What a module exports, by this name. */
typedef const sn_store_api *sn_store_module_function(void);
#define SN_STORE_MODULE_SYMBOL "signet_store_module"

#endif
