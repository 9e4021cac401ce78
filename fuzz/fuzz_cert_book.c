/*
 * Address books (vCard, LDIF), answers of certificate stores, SMIMEA records: the first octet says
 * which. Whatever fails adds nothing; what is read are certificates that read again.
 */
#include <stdlib.h>
#include <string.h>

#include <signet/cert.h>
#include <signet/smimea.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_record(const signet_cert_list *list, const uint8_t *data, size_t size)
{
	signet_smimea record;

	if (!signet_smimea_read(data, size, &record))
		return;
	if (record.data != data + 3 || record.size != size - 3)
		abort();
	for (size_t i = 0; i < signet_cert_list_count(list); i++)
		(void)signet_smimea_matches(&record, signet_cert_list_get(list, i));
}

/* A Content-Type up to the first line end, then the body. */
static signet_status read_answer(signet_cert_list *list, const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	const size_t length = end == NULL ? size : (size_t)(end - data);
	char *type = malloc(length + 1);
	signet_status status;

	if (type == NULL)
		abort();
	if (length > 0)
		memcpy(type, data, length);
	type[length] = '\0';
	status = signet_cert_list_read_answer(list, type, end == NULL ? data + size : end + 1,
	    end == NULL ? 0 : size - length - 1, NULL);
	free(type);
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static signet_context *ctx;
	signet_cert_list *list = NULL;
	signet_status status = SIGNET_OK;
	size_t skipped = 0;

	if (size == 0)
		return 0;
	if (ctx == NULL && signet_context_new(NULL, &ctx, NULL) != SIGNET_OK)
		abort();
	if (signet_cert_list_new(ctx, &list, NULL) != SIGNET_OK)
		abort();
	switch (data[0]) {
	case 'a': status = read_answer(list, data + 1, size - 1); break;
	case 'r': read_record(list, data + 1, size - 1); break;
	default:
		status = signet_cert_list_read_book(list, data, size, &skipped, NULL);
		if (status == SIGNET_OK && !signet_cert_book_is(data, size))
			abort();
		break;
	}
	if (status != SIGNET_OK && signet_cert_list_count(list) != 0)
		abort();
	if (status == SIGNET_OK && data[0] != 'r' && signet_cert_list_count(list) == 0)
		abort();
	signet_cert_list_free(&list);
	return 0;
}
