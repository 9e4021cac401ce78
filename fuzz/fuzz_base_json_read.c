/* A JSON text of any octets: what is read can be walked, and ends where it says. */
#include "plain.h"

#include "base/json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const sn_json_document *d)
{
	for (size_t i = 0; i < d->count; i++) {
		const sn_json_value *value = &d->values[i];
		size_t at = SN_JSON_NONE, count = 0;

		if (value->end <= i || value->end > d->count)
			abort();
		if ((value->kind == SN_JSON_STRING) != (value->text != NULL))
			abort();
		while ((at = sn_json_next(d, i, at)) != SN_JSON_NONE) {
			if (at <= i || at >= value->end || count++ > d->count)
				abort();
			if ((value->kind == SN_JSON_OBJECT) != (d->values[at].key != NULL))
				abort();
			if (value->kind == SN_JSON_OBJECT &&
			    sn_json_member(d, i, d->values[at].key) == SN_JSON_NONE)
				abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = plain_copy(data, size);
	sn_json_document document = { 0 };
	signet_context ctx;
	signet_error err;

	plain_context(&ctx);
	if (sn_json_read(&ctx, copy, size, &document, &err) == SIGNET_OK)
		walk(&document);
	else if (document.ctx != NULL)
		abort();
	sn_json_document_clear(&document);
	free(copy);
	return 0;
}
