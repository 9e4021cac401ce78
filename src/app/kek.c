/* --kek HEXID:FILE: key-encryption keys by their identifiers. */
#include <stdlib.h>
#include <string.h>

#include "app/message.h"
#include "base/ascii.h"
#include "base/mem.h"

enum { ID_MAX = 255, KEY_MAX = 32 };

/* The octets live and die with the entry. */
typedef struct storage {
	uint8_t id[ID_MAX];
	uint8_t key[KEY_MAX];
} storage;

static signet_status read_key(
    app_session *session, const char *path, uint8_t *key, size_t *size_out, signet_error *err)
{
	app_secret line = { 0 };
	const char *text = line.text;
	size_t length;
	signet_status status = app_first_line(session, path, &line, err);

	if (status != SIGNET_OK)
		return status;
	length = line.size;
	while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		length--;
	if (!sn_hex_decode(text, length, key, KEY_MAX, size_out) ||
	    (*size_out != 16 && *size_out != 24 && *size_out != 32))
		status = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "%.150s does not hold a key of 16, 24 or 32 octets in hex", path);
	app_secret_wipe(&line);
	return status;
}

static signet_status read_one(
    app_session *session, const char *text, signet_kek *kek, signet_error *err)
{
	const char *colon = strchr(text, ':');
	storage *octets;

	if (colon == NULL || colon == text || colon[1] == '\0')
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--kek \"%.100s\" is not HEXID:FILE", text);
	octets = calloc(1, sizeof(*octets));
	if (octets == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	kek->id = octets->id;
	kek->key = octets->key;
	if (!sn_hex_decode(text, (size_t)(colon - text), octets->id, ID_MAX, &kek->id_size))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--kek \"%.100s\": the identifier is not hex, of %d octets at most", text,
		    ID_MAX);
	return read_key(session, colon + 1, octets->key, &kek->key_size, err);
}

signet_status app_keks_given(app_session *session, app_keks *keks, signet_error *err)
{
	const app_values *given = &session->args.values[APP_OPTION_KEK];
	signet_status status = SIGNET_OK;

	if (given->count == 0)
		return SIGNET_OK;
	keks->list = calloc(given->count, sizeof(*keks->list));
	if (keks->list == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	for (; status == SIGNET_OK && keks->count < given->count; keks->count++)
		status =
		    read_one(session, given->text[keks->count], &keks->list[keks->count], err);
	return status;
}

void app_keks_clear(app_keks *keks)
{
	for (size_t i = 0; i < keks->count; i++) {
		storage *octets = (storage *)(void *)keks->list[i].id;

		if (octets != NULL)
			sn_wipe(octets, sizeof(*octets));
		free(octets);
	}
	free(keks->list);
	*keks = (app_keks){ 0 };
}
