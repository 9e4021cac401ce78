/* ca list, log */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/list.h"
#include "cli/cmd.h"
#include "cli/cmd_ca.h"

enum { DAY = 86400, SOON_DAYS = 30 };

static const app_column columns[] = {
	{ "serial", APP_COLUMN_TEXT, 40 },
	{ "addresses", APP_COLUMN_MANY, 32 },
	{ "state", APP_COLUMN_TEXT, 8 },
	{ "not_after", APP_COLUMN_TIME, 10 },
	{ "expiring", APP_COLUMN_FLAG, 0 },
	{ "subject", APP_COLUMN_TEXT, 0 },
	{ "purpose", APP_COLUMN_TEXT, 0 },
	{ "not_before", APP_COLUMN_TIME, 0 },
	{ "revoked_at", APP_COLUMN_TIME, 0 },
	{ "reason", APP_COLUMN_TEXT, 0 },
	{ "renews", APP_COLUMN_TEXT, 0 },
	{ "renewed_by", APP_COLUMN_TEXT, 0 },
	{ NULL },
};

static const app_column log_columns[] = {
	{ "time", APP_COLUMN_TIME, 20 },
	{ "act", APP_COLUMN_TEXT, 8 },
	{ "what", APP_COLUMN_TEXT, 40 },
	{ "detail", APP_COLUMN_TEXT, 40 },
	{ "uid", APP_COLUMN_TEXT, 6 },
	{ NULL },
};

static const char *or_null(const char *text) { return text[0] == '\0' ? NULL : text; }

static const char *state_of(const app_ca_entry *entry, int64_t now)
{
	if (entry->is_revoked)
		return strcmp(app_ca_reason_name(entry->reason) == NULL
				      ? ""
				      : app_ca_reason_name(entry->reason),
			   "certificate-hold") == 0
			   ? "held"
			   : "revoked";
	return entry->not_after < now ? "expired" : "valid";
}

static signet_status list_addresses(app_list *list, const app_ca_entry *entry, signet_error *err)
{
	char *rest = entry->addresses;
	signet_status status = SIGNET_OK;

	while (status == SIGNET_OK && *rest != '\0') {
		char *comma = strchr(rest, ',');

		if (comma != NULL)
			*comma = '\0';
		status = app_list_text(list, "addresses", rest, err);
		rest = comma == NULL ? rest + strlen(rest) : comma + 1;
	}
	return status;
}

static signet_status list_links(app_list *list, const app_ca_entry *entry, signet_error *err)
{
	signet_status status = app_list_text(list, "subject", entry->subject, err);

	if (status == SIGNET_OK)
		status = app_list_text(list, "purpose", or_null(entry->purpose), err);
	if (status == SIGNET_OK)
		status = app_list_text(list, "renews", or_null(entry->renews), err);
	if (status == SIGNET_OK)
		status = app_list_text(list, "renewed_by", or_null(entry->renewed_by), err);
	if (status == SIGNET_OK && entry->is_revoked)
		status = app_list_time(list, "revoked_at", entry->revoked_at, err);
	if (status == SIGNET_OK && entry->is_revoked)
		status = app_list_text(list, "reason", app_ca_reason_name(entry->reason), err);
	return status;
}

static bool ends_within(const app_ca_entry *entry, int64_t now, int64_t seconds)
{
	return !entry->is_revoked && entry->not_after >= now && entry->not_after - now <= seconds;
}

static signet_status list_entry(app_list *list, const app_ca_entry *entry, signet_error *err)
{
	int64_t now = list->session->now;
	signet_status status = app_list_row(list, err);

	if (status == SIGNET_OK)
		status = app_list_text(list, "serial", entry->serial, err);
	if (status == SIGNET_OK)
		status = list_addresses(list, entry, err);
	if (status == SIGNET_OK)
		status = app_list_text(list, "state", state_of(entry, now), err);
	if (status == SIGNET_OK)
		status = app_list_time(list, "not_before", entry->not_before, err);
	if (status == SIGNET_OK)
		status = app_list_time(list, "not_after", entry->not_after, err);
	if (status == SIGNET_OK)
		status = app_list_flag(
		    list, "expiring", ends_within(entry, now, (int64_t)SOON_DAYS * DAY), err);
	return status == SIGNET_OK ? list_links(list, entry, err) : status;
}

/* The keys that sign answers are of no person: with -v only. */
static bool is_shown(const app_ca *ca, const app_ca_entry *entry, int64_t seconds)
{
	if (app_has(&ca->session->args, APP_OPTION_DAYS) &&
	    (!ends_within(entry, ca->session->now, seconds) || entry->renewed_by[0] != '\0'))
		return false;
	return ca->session->is_verbose || strcmp(entry->purpose, "ocsp") != 0;
}

signet_status cmd_ca_list(app_ca *ca, signet_error *err)
{
	app_list list;
	int64_t seconds = 0;
	signet_status status = app_days(ca->session, SOON_DAYS, &seconds, err);

	app_list_init(&list, ca->session, columns);
	for (size_t i = 0; status == SIGNET_OK && i < ca->entry_count; i++)
		if (is_shown(ca, &ca->entries[i], seconds))
			status = list_entry(&list, &ca->entries[i], err);
	if (status == SIGNET_OK)
		status = app_list_write(&list, false, err);
	app_list_clear(&list);
	return status;
}

static const char *detail_of(const app_ca_event *event)
{
	int reason = 0;

	if (strcmp(event->act, "revoked") != 0)
		return or_null(event->more);
	for (const char *p = event->more; *p >= '0' && *p <= '9'; p++)
		reason = reason * 10 + (*p - '0');
	return event->more[0] == '-' ? NULL : app_ca_reason_name(reason);
}

static signet_status log_event(app_list *list, const app_ca_event *event, signet_error *err)
{
	char uid[24];
	signet_status status = app_list_row(list, err);

	(void)snprintf(uid, sizeof(uid), "%lld", (long long)event->uid);
	if (status == SIGNET_OK && event->uid >= 0)
		status = app_list_time(list, "time", event->time, err);
	if (status == SIGNET_OK && event->uid >= 0)
		status = app_list_text(list, "uid", uid, err);
	if (status == SIGNET_OK)
		status = app_list_text(list, "act", event->act, err);
	if (status == SIGNET_OK)
		status = app_list_text(list, "what", event->what, err);
	return status == SIGNET_OK ? app_list_text(list, "detail", detail_of(event), err) : status;
}

/* That the links fit was seen when the register was read. */
signet_status cmd_ca_log(app_ca *ca, signet_error *err)
{
	app_list list;
	signet_status status = SIGNET_OK;

	app_list_init(&list, ca->session, log_columns);
	for (size_t i = 0; status == SIGNET_OK && i < ca->event_count; i++)
		status = log_event(&list, &ca->events[i], err);
	if (status == SIGNET_OK)
		status = app_list_write(&list, false, err);
	if (status == SIGNET_OK && ca->link[0] != '\0')
		app_say(ca->session, "%zu acts, none changed since; the last link is %s",
		    ca->event_count, ca->link);
	app_list_clear(&list);
	return status;
}
