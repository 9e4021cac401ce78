/* Which entries of a directory are somebody's. */
#ifndef SN_NET_LDAP_FILTER_H
#define SN_NET_LDAP_FILTER_H

#include "base/buf.h"

/*
 * The filter (RFC 4515) for entries with a mail address: by mail, and by the names that some servers
 * have for further addresses. What has a meaning in filters, or is not US-ASCII, is escaped. more: a
 * filter that must hold too, "(…)"; NULL: none.
 */
signet_status sn_ldap_filter(
    const char *address, const char *more, sn_buf *filter, signet_error *err) SIGNET_CHECKED;

#endif
