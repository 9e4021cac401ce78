#define _GNU_SOURCE /* MADV_DONTDUMP, MADV_WIPEONFORK */
#include "app/vault.h"

#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"

struct app_vault_memory {
	uint8_t secrets[APP_AGENT_SLOTS][APP_AGENT_SECRET_MAX];
	uint8_t packet[APP_AGENT_PACKET_MAX];
};

signet_status app_vault_open(app_vault *vault, signet_error *err)
{
	const size_t size = sizeof(struct app_vault_memory);
	void *memory = mmap(
	    NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*vault = (app_vault){ .memory = NULL };
	if (memory == MAP_FAILED)
		return signet_fail_sys(err, SIGNET_E_MEMORY, "no memory for secrets");
	if (mlock(memory, size) != 0) {
		(void)munmap(memory, size);
		return signet_fail_sys(err, SIGNET_E_UNAVAILABLE,
		    "%zu octets cannot be kept from swap (see ulimit -l)", size);
	}
	(void)madvise(memory, size, MADV_DONTDUMP);
	(void)madvise(memory, size, MADV_WIPEONFORK);
	vault->memory = memory;
	return SIGNET_OK;
}

void app_vault_close(app_vault *vault)
{
	if (vault->memory == NULL)
		return;
	sn_wipe(vault->memory, sizeof(*vault->memory));
	(void)munmap(vault->memory, sizeof(*vault->memory));
	vault->memory = NULL;
}

uint8_t *app_vault_packet(app_vault *vault) { return vault->memory->packet; }

static app_vault_slot *find(app_vault *vault, const char *name)
{
	for (size_t i = 0; i < APP_AGENT_SLOTS; i++)
		if (vault->slots[i].name[0] != '\0' && strcmp(vault->slots[i].name, name) == 0)
			return &vault->slots[i];
	return NULL;
}

static void wipe(app_vault *vault, app_vault_slot *slot)
{
	sn_wipe(vault->memory->secrets[slot - vault->slots], APP_AGENT_SECRET_MAX);
	*slot = (app_vault_slot){ .size = 0 };
}

/* A free one, else the one that was not used for longest. */
static app_vault_slot *take(app_vault *vault)
{
	app_vault_slot *oldest = &vault->slots[0];

	for (size_t i = 0; i < APP_AGENT_SLOTS; i++) {
		if (vault->slots[i].name[0] == '\0')
			return &vault->slots[i];
		if (vault->slots[i].used_at < oldest->used_at)
			oldest = &vault->slots[i];
	}
	wipe(vault, oldest);
	return oldest;
}

bool app_vault_put(
    app_vault *vault, const char *name, const uint8_t *secret, size_t size, int64_t ends_at)
{
	app_vault_slot *slot;

	if (name[0] == '\0' || strlen(name) >= APP_SECRET_NAME_MAX || size > APP_AGENT_SECRET_MAX)
		return false;
	slot = find(vault, name);
	if (slot != NULL)
		wipe(vault, slot);
	else
		slot = take(vault);
	memcpy(slot->name, name, strlen(name) + 1);
	memcpy(vault->memory->secrets[slot - vault->slots], secret, size);
	slot->size = size;
	slot->ends_at = ends_at;
	slot->used_at = ++vault->uses;
	return true;
}

bool app_vault_get(app_vault *vault, const char *name, uint8_t *out, size_t *size_out)
{
	app_vault_slot *slot = find(vault, name);

	if (slot == NULL)
		return false;
	memcpy(out, vault->memory->secrets[slot - vault->slots], slot->size);
	*size_out = slot->size;
	slot->used_at = ++vault->uses;
	return true;
}

size_t app_vault_forget(app_vault *vault, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < APP_AGENT_SLOTS; i++) {
		app_vault_slot *slot = &vault->slots[i];

		if (slot->name[0] == '\0' || (name != NULL && strcmp(slot->name, name) != 0))
			continue;
		wipe(vault, slot);
		count++;
	}
	return count;
}

int64_t app_vault_expire(app_vault *vault, int64_t now)
{
	int64_t next = -1;

	for (size_t i = 0; i < APP_AGENT_SLOTS; i++) {
		app_vault_slot *slot = &vault->slots[i];

		if (slot->name[0] == '\0')
			continue;
		if (slot->ends_at <= now)
			wipe(vault, slot);
		else if (next < 0 || slot->ends_at - now < next)
			next = slot->ends_at - now;
	}
	return next;
}
