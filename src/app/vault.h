/*
 * Secrets in memory of their own: locked (not swapped), left out of core dumps and of children, wiped
 * when they expire.
 */
#ifndef SIGNET_APP_VAULT_H
#define SIGNET_APP_VAULT_H

#include "app/agent.h"

typedef struct app_vault_slot {
	char name[APP_SECRET_NAME_MAX]; /* empty: free */
	size_t size;
	int64_t ends_at;  /* milliseconds, of a clock that runs on while the system sleeps */
	uint64_t used_at; /* a count */
} app_vault_slot;

typedef struct app_vault {
	app_vault_slot slots[APP_AGENT_SLOTS];
	uint64_t uses;
	struct app_vault_memory *memory;
} app_vault;

/* SIGNET_E_UNAVAILABLE: the system does not let that much memory be locked. */
signet_status app_vault_open(app_vault *vault, signet_error *err) SIGNET_CHECKED;
void app_vault_close(app_vault *vault);
/* Locked memory for packets that hold secrets. */
uint8_t *app_vault_packet(app_vault *vault);

/* A name or secret that is too long is not kept: false. */
bool app_vault_put(
    app_vault *vault, const char *name, const uint8_t *secret, size_t size, int64_t ends_at);
/* Copies to out, which has room for APP_AGENT_SECRET_MAX. */
bool app_vault_get(app_vault *vault, const char *name, uint8_t *out, size_t *size_out);
/* name NULL: all. The number of those that were there. */
size_t app_vault_forget(app_vault *vault, const char *name);
/* Wipes what has ended by now; the time until the next will, -1: nothing is there. */
int64_t app_vault_expire(app_vault *vault, int64_t now);

#endif
