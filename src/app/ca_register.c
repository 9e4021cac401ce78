/* The register of a CA: reads it whole. */
#include <stdlib.h>
#include <string.h>

#include "app/ca.h"
#include "app/files.h"
#include "base/ascii.h"

enum { FIELDS_MAX = 12 };

/* The fields of a line; those that are missing are empty. */
typedef struct fields {
	char *at[FIELDS_MAX];
	size_t count;
} fields;

static fields split(char *line)
{
	fields f = { .count = 0 };

	while (f.count < FIELDS_MAX) {
		char *tab = strchr(line, '\t');

		f.at[f.count++] = line;
		if (tab == NULL) {
			line += strlen(line);
			break;
		}
		*tab = '\0';
		line = tab + 1;
	}
	for (size_t i = f.count; i < FIELDS_MAX; i++)
		f.at[i] = line + strlen(line);
	return f;
}

static bool read_number(const char *text, int64_t *number_out)
{
	bool is_negative = *text == '-';
	int64_t number = 0;

	if (is_negative)
		text++;
	if (*text == '\0' || strlen(text) > 18)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		number = number * 10 + (*text - '0');
	}
	*number_out = is_negative ? -number : number;
	return true;
}

static void *grow(void *list, size_t count, size_t size, signet_error *err)
{
	void *grown = realloc(list, (count + 1) * size);

	if (grown == NULL)
		(void)signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	return grown;
}

app_ca_entry *app_ca_find(const app_ca *ca, const char *serial)
{
	while (serial[0] == '0' && serial[1] == '0' && serial[2] != '\0')
		serial += 2;
	for (size_t i = ca->entry_count; i > 0; i--)
		if (sn_ascii_equal(ca->entries[i - 1].serial, serial))
			return &ca->entries[i - 1];
	return NULL;
}

static signet_status read_issued(app_ca *ca, const fields *f, bool *good_out, signet_error *err)
{
	app_ca_entry entry = {
		.serial = f->at[1],
		.addresses = f->at[4],
		.subject = f->at[5],
		.purpose = f->at[6],
		.renews = f->at[7],
		.renewed_by = "",
	};
	app_ca_entry *grown, *old;

	*good_out = read_number(f->at[2], &entry.not_before) &&
		    read_number(f->at[3], &entry.not_after);
	if (!*good_out)
		return SIGNET_OK;
	grown = grow(ca->entries, ca->entry_count, sizeof(entry), err);
	if (grown == NULL)
		return SIGNET_E_MEMORY;
	ca->entries = grown;
	old = entry.renews[0] == '\0' ? NULL : app_ca_find(ca, entry.renews);
	if (old != NULL)
		old->renewed_by = entry.serial;
	ca->entries[ca->entry_count++] = entry;
	return SIGNET_OK;
}

static bool read_revoked(app_ca *ca, const fields *f)
{
	app_ca_entry *entry = app_ca_find(ca, f->at[1]);
	int64_t reason = 0;

	if (entry == NULL || !read_number(f->at[2], &entry->revoked_at) ||
	    !read_number(f->at[3], &reason) || reason < -1 || reason > 10)
		return false;
	entry->is_revoked = true;
	entry->reason = (int)reason;
	ca->is_crl_stale = true;
	return true;
}

static bool read_released(app_ca *ca, const fields *f)
{
	app_ca_entry *entry = app_ca_find(ca, f->at[1]);

	if (entry == NULL || !entry->is_revoked)
		return false;
	entry->is_revoked = false;
	ca->is_crl_stale = true;
	return true;
}

static bool read_crl(app_ca *ca, const fields *f)
{
	int64_t number = 0;

	if (!read_number(f->at[1], &number) || !read_number(f->at[2], &ca->crl_time))
		return false;
	ca->crl_number = (uint64_t)number;
	ca->crl_next = 0;
	ca->is_crl_stale = false;
	return f->count < 4 || read_number(f->at[3], &ca->crl_next);
}

static signet_status read_domain(app_ca *ca, const fields *f, signet_error *err)
{
	char **grown = grow(ca->domains, ca->domain_count, sizeof(*grown), err);

	if (grown == NULL)
		return SIGNET_E_MEMORY;
	ca->domains = grown;
	ca->domains[ca->domain_count++] = f->at[1];
	return SIGNET_OK;
}

static signet_status read_policy(app_ca_settings *settings, const char *text, signet_error *err)
{
	const char **grown = grow(settings->policies, settings->policy_count, sizeof(*grown), err);

	if (grown == NULL)
		return SIGNET_E_MEMORY;
	settings->policies = grown;
	settings->policies[settings->policy_count++] = text;
	return SIGNET_OK;
}

static signet_status read_set(app_ca *ca, const fields *f, bool *good_out, signet_error *err)
{
	app_ca_settings *settings = &ca->settings;

	if (strcmp(f->at[1], "crl-url") == 0)
		settings->crl_url = f->at[2];
	else if (strcmp(f->at[1], "ocsp-url") == 0)
		settings->ocsp_url = f->at[2];
	else if (strcmp(f->at[1], "issuer-url") == 0)
		settings->issuer_url = f->at[2];
	else if (strcmp(f->at[1], "policy") == 0)
		return read_policy(settings, f->at[2], err);
	else
		*good_out = false;
	return SIGNET_OK;
}

static signet_status read_act(app_ca *ca, const fields *f, bool *good_out, signet_error *err)
{
	const char *act = f->at[0];

	*good_out = true;
	if (strcmp(act, "issued") == 0 && f->count >= 6 && f->count <= 8)
		return read_issued(ca, f, good_out, err);
	if (strcmp(act, "domain") == 0 && f->count == 2)
		return read_domain(ca, f, err);
	if (strcmp(act, "set") == 0 && f->count == 3)
		return read_set(ca, f, good_out, err);
	if (strcmp(act, "revoked") == 0 && f->count == 4)
		*good_out = read_revoked(ca, f);
	else if (strcmp(act, "released") == 0 && f->count == 3)
		*good_out = read_released(ca, f);
	else if (strcmp(act, "crl") == 0 && (f->count == 3 || f->count == 4))
		*good_out = read_crl(ca, f);
	else
		*good_out = act[0] == '\0' || act[0] == '#';
	return SIGNET_OK;
}

static signet_status note(app_ca *ca, const fields *f, app_ca_event event, signet_error *err)
{
	app_ca_event *grown;

	if (f->at[0][0] == '\0' || f->at[0][0] == '#')
		return SIGNET_OK;
	grown = grow(ca->events, ca->event_count, sizeof(event), err);
	if (grown == NULL)
		return SIGNET_E_MEMORY;
	event.act = f->at[0];
	event.what = f->at[1];
	event.more = "";
	if (strcmp(event.act, "issued") == 0)
		event.more = f->at[4][0] != '\0' ? f->at[4] : f->at[5];
	else if (strcmp(event.act, "revoked") == 0)
		event.more = f->at[3];
	else if (strcmp(event.act, "set") == 0)
		event.more = f->at[2];
	ca->events = grown;
	ca->events[ca->event_count++] = event;
	return SIGNET_OK;
}

typedef struct reading {
	app_ca *ca;
	const char *path;
	const uint8_t *octets; /* as they were before the lines were split */
	unsigned number;
	bool is_linked;
} reading;

static signet_status blame(const reading *r, const char *what, signet_error *err)
{
	return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET, "%.120s line %u %s", r->path,
	    r->number, what);
}

static bool is_link(const char *line)
{
	return strspn(line, "0123456789abcdef") == SIGNET_CA_LINK && line[SIGNET_CA_LINK] == '\t';
}

/* Whether a line fits the one before it; the first link covers all lines of the older form. */
static signet_status check_link(reading *r, const char *line, signet_error *err)
{
	app_ca *ca = r->ca;
	const char *rest = line + SIGNET_CA_LINK + 1;
	signet_status status = SIGNET_OK;

	if (!r->is_linked && line > ca->text)
		status = signet_ca_log_link(ca->session->ctx, "", r->octets,
		    (size_t)(line - ca->text), ca->link, err);
	if (status == SIGNET_OK)
		status = signet_ca_log_link(
		    ca->session->ctx, ca->link, rest, strlen(rest), ca->link, err);
	if (status != SIGNET_OK)
		return status;
	r->is_linked = true;
	if (strncmp(ca->link, line, SIGNET_CA_LINK) != 0)
		return blame(r, "does not fit those before it: the register was changed", err);
	return SIGNET_OK;
}

/* LINK TIME UID: moves line behind them. */
static signet_status read_when(reading *r, char **line, app_ca_event *event, signet_error *err)
{
	char *time = *line + SIGNET_CA_LINK + 1;
	char *uid = strchr(time, '\t');
	char *act = uid == NULL ? NULL : strchr(uid + 1, '\t');

	if (act == NULL)
		return blame(r, "is not understood", err);
	*uid++ = '\0';
	*act++ = '\0';
	if (!read_number(time, &event->time) || !read_number(uid, &event->uid))
		return blame(r, "is not understood", err);
	*line = act;
	return SIGNET_OK;
}

static signet_status read_line(reading *r, char *line, signet_error *err)
{
	app_ca_event event = { .uid = -1 };
	bool is_good = true;
	fields f;
	signet_status status = SIGNET_OK;

	if (is_link(line)) {
		status = check_link(r, line, err);
		if (status == SIGNET_OK)
			status = read_when(r, &line, &event, err);
	} else if (r->is_linked) {
		status = blame(r, "has no link to those before it: the register was changed", err);
	}
	if (status != SIGNET_OK)
		return status;
	f = split(line);
	status = read_act(r->ca, &f, &is_good, err);
	if (status == SIGNET_OK && !is_good)
		status = blame(r, "is not understood", err);
	return status == SIGNET_OK ? note(r->ca, &f, event, err) : status;
}

/* A register that cannot be understood is not added to: a serial could be revoked in it. */
static signet_status read_lines(reading *r, signet_error *err)
{
	char *line = r->ca->text;
	char *end;
	signet_status status = SIGNET_OK;

	while (status == SIGNET_OK && (end = strchr(line, '\n')) != NULL) {
		*end = '\0';
		r->number++;
		status = read_line(r, line, err);
		line = end + 1;
	}
	return status;
}

void app_ca_register_clear(app_ca *ca)
{
	free(ca->text);
	free(ca->domains);
	free(ca->entries);
	free(ca->events);
	free(ca->settings.policies);
	ca->text = NULL;
	ca->domains = NULL;
	ca->entries = NULL;
	ca->events = NULL;
	ca->settings = (app_ca_settings){ 0 };
	ca->domain_count = ca->entry_count = ca->event_count = 0;
	ca->link[0] = '\0';
}

signet_status app_ca_register_read(app_ca *ca, signet_error *err)
{
	sn_buf data = { 0 };
	char *path = NULL;
	signet_status status = app_ca_path(ca->dir, "register", &path, err);

	app_ca_register_clear(ca);
	if (status != SIGNET_OK || !app_file_exists(path))
		goto out;
	status = app_file_read(ca->session, path, &data, err);
	if (status != SIGNET_OK)
		goto out;
	ca->text = calloc(1, data.size + 1);
	if (ca->text == NULL) {
		status = signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
		goto out;
	}
	if (data.size > 0)
		memcpy(ca->text, data.data, data.size);
	status = read_lines(&(reading){ .ca = ca, .path = path, .octets = data.data }, err);
out:
	sn_buf_clear(&data);
	free(path);
	return status;
}
