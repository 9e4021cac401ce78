/*
 * Certificates that were met or found, on their way into the store: whether one may be used at once,
 * or waits until a person has confirmed it.
 *
 * An address that is not known yet takes the certificate that an anchor of the store (or DNSSEC)
 * vouches for. One that is known takes a certificate by the same authority, by that authority's key:
 * a renewal. Anything else is pending: who can have a certificate for the address made elsewhere
 * must not be able to read what is written to it.
 */
#ifndef SIGNET_APP_CONTACTS_H
#define SIGNET_APP_CONTACTS_H

#include <signet/trust.h>
#include <signet/verdict.h>

#include "app/session.h"

typedef struct app_contacts {
	app_session *session;
	sn_store *store;
	signet_trust *trust; /* the store's anchors, whatever --trust says */
	bool is_bulk;        /* many in one run: what waited before is not said again */
} app_contacts;

/* Opens the store to write. Cleared by app_contacts_end in any case. */
signet_status app_contacts_begin(
    app_contacts *contacts, app_session *session, signet_error *err) SIGNET_CHECKED;
void app_contacts_end(app_contacts *contacts);

typedef enum app_kept {
	APP_KEPT_NOT,     /* no contact certificate: the reason was said with -v */
	APP_KEPT_KNOWN,   /* it was there */
	APP_KEPT_NEW,     /* the first of its address */
	APP_KEPT_RENEWED, /* another by the same authority */
	APP_KEPT_OLDER,   /* the same, but begun before the one in use */
	APP_KEPT_PENDING, /* from now on it waits for signet contact confirm */
	APP_KEPT_WAITING  /* it did so before */
} app_kept;

static inline bool app_kept_is_pending(app_kept kept)
{
	return kept == APP_KEPT_PENDING || kept == APP_KEPT_WAITING;
}

typedef struct app_candidate {
	const char *address;
	signet_cert *cert;
	const signet_cert_list *path; /* validated; NULL: the DNS vouches for it */
	const char *source;
	const uint8_t *capabilities; /* NULL: not said */
	size_t capabilities_size;
	int64_t signing_time; /* INT64_MIN: not said */
} app_candidate;

/* What would become of it; the store stays as it is. */
signet_status app_contact_judge(app_contacts *contacts, const app_candidate *candidate,
    app_kept *kept_out, signet_error *err) SIGNET_CHECKED;
/* Puts it into the store as judged, with the authorities of its path. */
signet_status app_contact_keep(app_contacts *contacts, const app_candidate *candidate,
    app_kept kept, signet_error *err) SIGNET_CHECKED;
/* Says on standard error what changed for a known address. */
void app_contact_say(app_session *session, const app_candidate *candidate, app_kept kept);

/* The sender of a valid message; the rest of the message's verdict is the caller's to look at. */
signet_status app_harvest_keep(app_contacts *contacts, const signet_harvest *harvest,
    app_kept *kept_out, signet_error *err) SIGNET_CHECKED;

/* The store's anchors alone (trust.c). */
signet_status app_trust_of_store(
    app_session *session, signet_trust **trust_out, signet_error *err) SIGNET_CHECKED;

#endif
