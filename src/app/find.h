/*
 * Looks for a certificate of an address where the configuration says, in this order: the files of
 * --find-folder, the directories of --ldap, the DNS (--smimea), the certificate stores of
 * --certificate-store; the first place that has one that is vouched for ends it. Asking tells a
 * server whom one writes to, so nobody is asked who is not named in the configuration.
 *
 * A certificate counts when it is for the address, can be encrypted to now, and has a path to an
 * anchor of the store, or DNSSEC vouches for it. It is remembered with its source, as
 * app/contacts.h says.
 */
#ifndef SIGNET_APP_FIND_H
#define SIGNET_APP_FIND_H

#include <signet/smimea.h>

#include "app/contacts.h"

enum {
	APP_FIND_RENEWAL = 30 * 86400, /* before its end, another is looked for */
	APP_FIND_RECORDS = 32,
	APP_FIND_RECORD_OCTETS = 64 << 10,
	APP_FIND_WHY = 160
};

typedef struct app_finder {
	app_session *session;
	const char *address;
	app_contacts contacts;
	int64_t end_ms;         /* of the monotonic clock */
	signet_cert_list *pool; /* all that was seen, authorities too */
	size_t judged;          /* of pool */
	signet_smimea records[APP_FIND_RECORDS]; /* proven by DNSSEC */
	size_t record_count;
	sn_buf record_octets;   /* what their data points into */
	char why[APP_FIND_WHY]; /* the first reason against one that was seen */
	size_t kept;
	bool has_pending;
} app_finder;

/*
 * *usable_out: whether the store has more to choose from now. Why nothing was found is said with -v,
 * and in why.
 */
signet_status app_find(app_session *session, const char *address, bool *usable_out,
    char why[APP_FIND_WHY], signet_error *err) SIGNET_CHECKED;
/* Whether any place to look in is configured, and looking is allowed. */
bool app_find_is_on(const app_session *session);

/* find_ask.c: each adds to the pool (or the records) what one place has. */
signet_status app_find_folder(app_finder *finder, const char *folder, signet_error *err) SIGNET_CHECKED;
signet_status app_find_ldap(app_finder *finder, const char *url, signet_error *err) SIGNET_CHECKED;
signet_status app_find_smimea(app_finder *finder, const char *unused, signet_error *err) SIGNET_CHECKED;
signet_status app_find_http(app_finder *finder, const char *url, signet_error *err) SIGNET_CHECKED;
/* Milliseconds until the end. */
unsigned app_find_remaining(const app_finder *finder);

#endif
