/* What a CA takes back, and the list that tells others. */
#include <stdlib.h>
#include <string.h>

#include "app/ca_int.h"
#include "app/files.h"
#include "base/ascii.h"

enum { CRL_DAYS = 7, HOLD = 6, REMOVE_FROM_CRL = 8 };

static const char *const reasons[] = { "unspecified", "key-compromise", "ca-compromise",
	"affiliation-changed", "superseded", "cessation-of-operation", "certificate-hold", NULL,
	"remove-from-crl", "privilege-withdrawn", "aa-compromise" };

static bool is_reason(const char *name, const char *reason)
{
	for (; *reason != '\0'; reason++) {
		if (*reason == '-') {
			if (*name == '-')
				name++;
			continue;
		}
		if (sn_ascii_lower((uint8_t)*name) != (uint8_t)*reason)
			return false;
		name++;
	}
	return *name == '\0';
}

int app_ca_reason(const char *name)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i] != NULL && is_reason(name, reasons[i]))
			return (int)i;
	return -1;
}

const char *app_ca_reason_name(int reason)
{
	bool is_known = reason >= 0 && (size_t)reason < sizeof(reasons) / sizeof(*reasons);

	return is_known ? reasons[reason] : NULL;
}


/* RFC 5280 5.3.1: removeFromCRL ends a hold, and nothing else ends. */
static signet_status release(
    app_ca *ca, const app_ca_entry *entry, app_ca_change *change_out, signet_error *err)
{
	if (entry->is_revoked && entry->reason != HOLD)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the certificate %.60s is revoked for good: only a hold can be ended",
		    entry->serial);
	*change_out = entry->is_revoked ? APP_CA_RELEASED : APP_CA_UNCHANGED;
	if (!entry->is_revoked)
		return SIGNET_OK;
	return app_ca_register_add(ca, err, "released\t%s\t%lld", entry->serial,
	    (long long)ca->session->now);
}

signet_status app_ca_revoke(app_ca *ca, const char *serial, int reason,
    app_ca_change *change_out, signet_error *err)
{
	const app_ca_entry *entry = app_ca_find(ca, serial);

	if (entry == NULL)
		return signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET,
		    "the register has no certificate with the serial number %.60s", serial);
	if (reason == REMOVE_FROM_CRL)
		return release(ca, entry, change_out, err);
	*change_out = APP_CA_UNCHANGED;
	if (entry->is_revoked && (reason == entry->reason || reason == -1))
		return SIGNET_OK;
	/* After a hold comes its end or a revocation for good; a reason is not changed afterwards. */
	if (entry->is_revoked && entry->reason != HOLD)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the certificate %.60s is revoked already, for another reason", serial);
	*change_out = APP_CA_REVOKED;
	return app_ca_register_add(ca, err, "revoked\t%s\t%lld\t%d", entry->serial,
	    (long long)ca->session->now, reason);
}

static signet_status write_crl(
    app_ca *ca, const char *path, const signet_ca_revoked *revoked, size_t count, signet_error *err)
{
	int64_t now = ca->session->now;
	signet_sink *sink = NULL;
	int64_t seconds = 0;
	signet_status status = app_days(ca->session, CRL_DAYS, &seconds, err);

	if (status == SIGNET_OK)
		status = app_sink_new(ca->session, path, &sink, err);
	/* The number is taken before the list is seen: no number ever stands on two lists. */
	if (status == SIGNET_OK)
		status = app_ca_register_add(ca, err, "crl\t%llu\t%lld\t%lld",
		    (unsigned long long)ca->crl_number + 1, (long long)now,
		    (long long)(now + seconds));
	if (status == SIGNET_OK)
		status = signet_ca_write_crl(ca->session->ctx, ca->identity, revoked, count,
		    ca->crl_number + 1, now, now + seconds, sink, err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, err);
	if (sink != NULL)
		signet_sink_free(&sink);
	return status;
}

/* Half of its time is left for a list that could not be written in time. */
static bool is_due(const app_ca *ca, const char *path)
{
	int64_t half = ca->crl_time + (ca->crl_next - ca->crl_time) / 2;

	return ca->crl_number == 0 || ca->crl_next == 0 || ca->is_crl_stale ||
	       ca->session->now >= half || !app_file_exists(path);
}

static signet_status write_all(app_ca *ca, const char *path, signet_error *err)
{
	signet_ca_revoked *revoked = calloc(ca->entry_count + 1, sizeof(*revoked));
	signet_key *key = NULL;
	size_t count = 0;
	signet_status status;

	if (revoked == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	for (size_t i = 0; i < ca->entry_count; i++)
		if (ca->entries[i].is_revoked)
			revoked[count++] = (signet_ca_revoked){
				.serial = ca->entries[i].serial,
				.revoked_at = ca->entries[i].revoked_at,
				.reason = ca->entries[i].reason,
			};
	/* Before a number is taken: without the passphrase there is no list. */
	status = signet_identity_key(ca->identity, &key, err);
	if (status == SIGNET_OK)
		status = write_crl(ca, path, revoked, count, err);
	free(revoked);
	return status;
}

signet_status app_ca_write_crl(app_ca *ca, const char *path, bool *written_out, signet_error *err)
{
	char *own = NULL;
	signet_status status = SIGNET_OK;

	if (path == NULL) {
		status = app_ca_path(ca->dir, "crl.der", &own, err);
		path = own;
	}
	*written_out = status == SIGNET_OK &&
		       (!app_has(&ca->session->args, APP_OPTION_IF_DUE) || is_due(ca, path));
	if (*written_out)
		status = write_all(ca, path, err);
	free(own);
	return status;
}
