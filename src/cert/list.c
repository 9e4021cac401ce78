#include <string.h>

#include "base/mem.h"
#include "cert/cert_int.h"
#include "cert/list_int.h"

signet_status signet_cert_list_new(signet_context *ctx, signet_cert_list **list_out,
    signet_error *err)
{
	signet_cert_list *list = sn_calloc(ctx, 1, sizeof(*list), err);

	if (list == NULL)
		return SIGNET_E_MEMORY;
	list->ctx = sn_context_ref(ctx);
	*list_out = list;
	return SIGNET_OK;
}

void sn_cert_list_cut(signet_cert_list *list, size_t count)
{
	while (list->count > count)
		signet_cert_unref(&list->certs[--list->count]);
}

void signet_cert_list_free(signet_cert_list **list)
{
	signet_cert_list *freed = *list;
	signet_context *ctx;

	*list = NULL;
	if (freed == NULL)
		return;
	ctx = freed->ctx;
	sn_cert_list_cut(freed, 0);
	sn_free(ctx, freed->certs);
	sn_free(ctx, freed->digests);
	sn_free(ctx, freed);
	sn_context_unref(&ctx);
}

static uint64_t beginning_of_digest(const signet_cert *cert)
{
	uint64_t beginning;

	memcpy(&beginning, cert->digest, sizeof(beginning));
	return beginning;
}

bool sn_cert_list_has(const signet_cert_list *list, const signet_cert *cert)
{
	const uint64_t beginning = beginning_of_digest(cert);

	for (size_t i = 0; i < list->count; i++)
		if (list->digests[i] == beginning && signet_cert_equal(list->certs[i], cert))
			return true;
	return false;
}

static signet_status make_room(signet_cert_list *list, signet_error *err)
{
	const size_t room = list->room == 0 ? 4 : list->room * 2;
	signet_cert **certs;
	uint64_t *digests;

	if (list->count < list->room)
		return SIGNET_OK;
	certs = sn_realloc(list->ctx, list->certs, room * sizeof(*certs), err);
	if (certs == NULL)
		return SIGNET_E_MEMORY;
	list->certs = certs;
	digests = sn_realloc(list->ctx, list->digests, room * sizeof(*digests), err);
	if (digests == NULL)
		return SIGNET_E_MEMORY;
	list->digests = digests;
	list->room = room;
	return SIGNET_OK;
}

signet_status signet_cert_list_add(signet_cert_list *list, signet_cert *cert, signet_error *err)
{
	signet_status status;

	if (sn_cert_list_has(list, cert))
		return SIGNET_OK;
	if (list->count == SN_CERT_LIST_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "there are more than %d certificates", SN_CERT_LIST_MAX);
	status = make_room(list, err);
	if (status != SIGNET_OK)
		return status;
	list->digests[list->count] = beginning_of_digest(cert);
	list->certs[list->count++] = signet_cert_ref(cert);
	return SIGNET_OK;
}

size_t signet_cert_list_count(const signet_cert_list *list)
{
	return list->count;
}

signet_cert *signet_cert_list_get(const signet_cert_list *list, size_t index)
{
	return index < list->count ? list->certs[index] : NULL;
}
