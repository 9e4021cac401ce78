#include "cms/capabilities.h"

#include <signet/cms.h>
#include <stdio.h>
#include <string.h>

#include "ber/value.h"
#include "crypt/public_key.h"

/* Once each, and no more than there is room for: what comes last is wanted least. */
static void add_cipher(sn_cms_capabilities *capabilities, const sn_alg *cipher)
{
	if (cipher == NULL || !cipher->write ||
	    capabilities->cipher_count == SN_CAPABILITIES_MAX)
		return;
	for (size_t i = 0; i < capabilities->cipher_count; i++)
		if (capabilities->ciphers[i] == cipher)
			return;
	capabilities->ciphers[capabilities->cipher_count++] = cipher;
}

/* SMIMECapability ::= SEQUENCE { capabilityID OBJECT IDENTIFIER, parameters ANY OPTIONAL } */
static bool read_one(sn_cms_capabilities *capabilities, sn_ber_list fields)
{
	sn_ber_item id;
	sn_ber_item parameters = { .tag = 0 };
	const sn_alg *transport;

	if (sn_ber_list_expect(&fields, SN_BER_OID, "capabilityID", &id, NULL) != SIGNET_OK)
		return false;
	if (!sn_ber_list_is_empty(&fields) &&
	    sn_ber_list_next(&fields, "parameters", &parameters, NULL) != SIGNET_OK)
		return false;
	add_cipher(capabilities, sn_alg_by_oid(SN_ALG_CIPHER, id.contents));
	transport = sn_alg_by_oid(SN_ALG_TRANSPORT, id.contents);
	if (transport != NULL && sn_transport_is_oaep_written(transport, parameters.der))
		capabilities->oaep = true;
	return true;
}

bool sn_cms_capabilities_read(sn_span octets, sn_cms_capabilities *capabilities_out)
{
	sn_cms_capabilities capabilities = { .cipher_count = 0 };
	sn_ber_list outer = sn_ber_list_of(octets, 0);
	sn_ber_item item;
	sn_ber_list list;

	if (sn_ber_list_expect(&outer, SN_BER_SEQUENCE, "SMIMECapabilities", &item, NULL) !=
		SIGNET_OK ||
	    !sn_ber_list_is_empty(&outer))
		return false;
	list = sn_ber_list_in(&outer, &item);
	while (!sn_ber_list_is_empty(&list)) {
		if (sn_ber_list_expect(&list, SN_BER_SEQUENCE, "a capability", &item, NULL) !=
			SIGNET_OK ||
		    !read_one(&capabilities, sn_ber_list_in(&list, &item)))
			return false;
	}
	*capabilities_out = capabilities;
	return true;
}

/* A name that has no room is left out: there are never so many. */
static void add_name(char text[SIGNET_CAPABILITIES_TEXT], const char *name)
{
	const size_t used = strlen(text);

	if (used + strlen(name) + 2 <= SIGNET_CAPABILITIES_TEXT)
		(void)snprintf(text + used, SIGNET_CAPABILITIES_TEXT - used, "%s%s",
		    used == 0 ? "" : " ", name);
}

void signet_capabilities_text(
    const uint8_t *data, size_t size, char text[SIGNET_CAPABILITIES_TEXT])
{
	sn_cms_capabilities capabilities;

	text[0] = '\0';
	if (!sn_cms_capabilities_read((sn_span){ data, size }, &capabilities))
		return;
	for (size_t i = 0; i < capabilities.cipher_count; i++)
		add_name(text, capabilities.ciphers[i]->name);
	if (capabilities.oaep)
		add_name(text, "rsa-oaep");
}
