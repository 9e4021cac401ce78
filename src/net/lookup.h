/*
 * Where other people's certificates are looked up: a directory (LDAP), and the DNS (SMIMEA). Each is
 * a shared module with one function table, loaded when it is first used, so that a process that asks
 * nobody loads no client library. What comes back is octets that nobody has looked at: the caller
 * decides what they are and whether to believe them.
 *
 * Both end in time: remaining is asked before each step for the milliseconds that are left; 0 ends
 * it. Errors: SIGNET_E_USAGE (the URL or address makes no sense), SIGNET_E_UNAVAILABLE (the server
 * cannot be reached, is too slow, cannot prove who it is, or answers garbage), SIGNET_E_LIMIT,
 * SIGNET_E_MEMORY, and what take returns. That there is nothing is no error.
 */
#ifndef SN_NET_LOOKUP_H
#define SN_NET_LOOKUP_H

#include <signet/error.h>
#include <signet/signet.h>

/* One value; lent for the time of the call. Any status but SIGNET_OK ends the lookup. */
typedef signet_status sn_lookup_take(
    void *user, const uint8_t *data, size_t size, signet_error *err);
typedef unsigned sn_lookup_remaining(void *user);

typedef struct sn_lookup {
	signet_context *ctx;
	sn_lookup_take *take;
	sn_lookup_remaining *remaining;
	void *user;
} sn_lookup;

/*
 * A directory (RFC 4511): an RFC 4516 URL, "ldaps://HOST[:PORT]/BASE[??SCOPE[?FILTER]]" or "ldap://…".
 * The latter begins TLS at once (StartTLS) and goes no further without, unless the URL has the
 * extension "x-plain". The server must prove its name by a certificate of an authority in
 * authorities (a file of PEM). Without SCOPE the whole subtree is searched. Referrals to elsewhere are
 * not followed. Gives userCertificate and userSMIMECertificate (RFC 4523, RFC 2798 2.8) of every entry
 * with the address.
 */
typedef struct sn_ldap_request {
	const char *url;
	const char *authorities;
	const char *address;
} sn_ldap_request;

/*
 * The DNS (RFC 8162): the RDATA of each SMIMEA record of a name. An answer that DNSSEC does not
 * prove, from the keys in anchors on, is SIGNET_E_UNAVAILABLE and gives nothing.
 */
typedef struct sn_dns_request {
	const char *name;
	const char *server;  /* "ADDR[@PORT]", asked for everything; NULL: as /etc/resolv.conf says */
	const char *anchors; /* a file with DS or DNSKEY records */
} sn_dns_request;

typedef struct sn_ldap_api {
	unsigned version;
	signet_status (*find)(
	    const sn_lookup *lookup, const sn_ldap_request *request, signet_error *err);
} sn_ldap_api;

typedef struct sn_dns_api {
	unsigned version;
	signet_status (*smimea)(
	    const sn_lookup *lookup, const sn_dns_request *request, signet_error *err);
} sn_dns_api;

#define SN_LOOKUP_VERSION 1

/* What the modules export, by these names. */
typedef const sn_ldap_api *sn_ldap_module_function(void);
#define SN_LDAP_MODULE_SYMBOL "signet_ldap_module"
const sn_ldap_api *signet_ldap_module(void);
typedef const sn_dns_api *sn_dns_module_function(void);
#define SN_DNS_MODULE_SYMBOL "signet_dns_module"
const sn_dns_api *signet_dns_module(void);

#endif
