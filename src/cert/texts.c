#include "base/mem.h"
#include "cert/cert_int.h"

signet_status sn_texts_add(sn_texts *texts, const char *text, size_t size, signet_error *err)
{
	char *copy = NULL;
	signet_status status;

	if (texts->count == texts->room) {
		const size_t room = texts->room == 0 ? 2 : texts->room * 2;
		char **grown = sn_realloc(texts->ctx, texts->texts, room * sizeof(*grown), err);

		if (grown == NULL)
			return SIGNET_E_MEMORY;
		texts->texts = grown;
		texts->room = room;
	}
	status = sn_strndup(texts->ctx, text, size, &copy, err);
	if (status == SIGNET_OK)
		texts->texts[texts->count++] = copy;
	return status;
}

const char *sn_texts_get(const sn_texts *texts, size_t index)
{
	return index < texts->count ? texts->texts[index] : NULL;
}

void sn_texts_clear(sn_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		sn_free(texts->ctx, texts->texts[i]);
	sn_free(texts->ctx, texts->texts);
	texts->texts = NULL;
	texts->count = 0;
	texts->room = 0;
}
