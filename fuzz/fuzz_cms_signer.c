/* What signed attributes and capabilities say, and the DER of attributes, which is its own DER. */
#include <stdlib.h>
#include <string.h>

#include "cms/attributes.h"
#include "cms/capabilities.h"
#include "cms/signer.h"
#include "ber/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *plain_alloc(void *user, size_t size)
{
	(void)user;
	return malloc(size);
}

static void *plain_realloc(void *user, void *ptr, size_t size)
{
	(void)user;
	return realloc(ptr, size);
}

static void plain_free(void *user, void *ptr)
{
	(void)user;
	free(ptr);
}

static volatile uint8_t seen;

static void look(sn_span span)
{
	for (size_t i = 0; i < span.size; i++)
		seen ^= span.data[i];
}

static void read_attributes(sn_span contents)
{
	const sn_cms_signer signer = { .has_signed_attributes = true,
		.signed_attributes = contents };
	sn_cms_attributes attributes;
	const char *form = "untouched";

	if (sn_cms_attributes_read(&signer, &attributes, &form, NULL) != SIGNET_OK) {
		if (strcmp(form, "untouched") != 0)
			abort();
		return;
	}
	if (form == NULL && (!attributes.has_content_type || !attributes.has_message_digest))
		abort();
	look(attributes.content_type);
	look(attributes.message_digest);
	look(attributes.capabilities);
	look(attributes.signing_certificate);
	look(attributes.encryption_certificate.issuer);
	look(attributes.encryption_certificate.serial);
	look(attributes.encryption_certificate.key_id);
}

static void read_capabilities(sn_span octets)
{
	sn_cms_capabilities capabilities;

	if (!sn_cms_capabilities_read(octets, &capabilities))
		return;
	if (capabilities.cipher_count > SN_CAPABILITIES_MAX)
		abort();
	for (size_t i = 0; i < capabilities.cipher_count; i++)
		if (!capabilities.ciphers[i]->write)
			abort();
}

static void make_der(const signet_context *ctx, sn_span contents)
{
	sn_buf once;
	sn_buf twice;
	sn_ber_list list;
	sn_ber_item set;

	sn_buf_init(&once, ctx, SIZE_MAX, "once");
	sn_buf_init(&twice, ctx, SIZE_MAX, "twice");
	if (sn_cms_attributes_der(contents, SN_BER_SET, &once, NULL) == SIGNET_OK) {
		list = sn_ber_list_of((sn_span){ once.data, once.size }, 0);
		if (sn_ber_list_next(&list, "set", &set, NULL) != SIGNET_OK ||
		    !sn_ber_list_is_empty(&list) ||
		    sn_cms_attributes_der(set.contents, SN_BER_SET, &twice, NULL) != SIGNET_OK ||
		    !sn_span_equal(
			(sn_span){ once.data, once.size }, (sn_span){ twice.data, twice.size }))
			abort();
	}
	sn_buf_clear(&twice);
	sn_buf_clear(&once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const signet_context ctx = {
		.allocator = { plain_alloc, plain_realloc, plain_free, NULL },
		.limits = SIGNET_LIMITS_DEFAULT,
	};

	(void)sn_cms_is_attribute_set((sn_span){ data, size }, size);
	read_attributes((sn_span){ data, size });
	make_der(&ctx, (sn_span){ data, size });
	read_capabilities((sn_span){ data, size });
	return 0;
}
