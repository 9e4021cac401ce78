/* From a URI (RFC 7512) to a token and to objects on it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "token/token_int.h"

enum { PIN_MAX = 256 };

signet_status sn_token_parse(const char *uri, P11KitUri **parsed_out, signet_error *err)
{
	P11KitUri *parsed = p11_kit_uri_new();
	int code;

	if (parsed == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	code = strlen(uri) < SN_TOKEN_URI_MAX ? p11_kit_uri_parse(uri, P11_KIT_URI_FOR_ANY, parsed)
					      : P11_KIT_URI_UNEXPECTED;
	if (code == P11_KIT_URI_OK && p11_kit_uri_any_unrecognized(parsed) == 0 &&
	    p11_kit_uri_get_pin_value(parsed) == NULL &&
	    p11_kit_uri_get_pin_source(parsed) == NULL) {
		*parsed_out = parsed;
		return SIGNET_OK;
	}
	p11_kit_uri_free(parsed);
	if (code == P11_KIT_URI_OK)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the URI has an attribute that is not known, or says a PIN, which others could see: "
		    "give that by --passphrase-file");
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "\"%.100s\" is no URI of RFC 7512, such as pkcs11:token=Card;id=%%01", uri);
}

/* Padded with blanks, not ended. Control characters are for the program to defuse. */
static void copy_text(const CK_UTF8CHAR *from, size_t size, char *to)
{
	while (size > 0 && (from[size - 1] == ' ' || from[size - 1] == '\0'))
		size--;
	memcpy(to, from, size);
	to[size] = '\0';
}

typedef struct match {
	CK_FUNCTION_LIST *module;
	CK_SLOT_ID id;
	CK_TOKEN_INFO info;
} match;

static bool is_match(P11KitUri *uri, CK_FUNCTION_LIST *module, CK_SLOT_ID id, match *match_out)
{
	const char *name = p11_kit_uri_get_module_name(uri);
	char *own = NULL;
	CK_INFO about;
	bool is_named = true;

	if (name != NULL) {
		own = p11_kit_module_get_name(module);
		is_named = own != NULL && strcmp(own, name) == 0;
		free(own);
	}
	if (!is_named || module->C_GetInfo(&about) != CKR_OK ||
	    p11_kit_uri_match_module_info(uri, &about) != 1 ||
	    module->C_GetTokenInfo(id, &match_out->info) != CKR_OK ||
	    (match_out->info.flags & CKF_TOKEN_INITIALIZED) == 0 ||
	    p11_kit_uri_match_token_info(uri, &match_out->info) != 1)
		return false;
	match_out->module = module;
	match_out->id = id;
	return true;
}

/* What holds no keys of a person (the system's list of authorities is a token, too) comes last. */
static bool is_personal(const match *m)
{
	return (m->info.flags & (CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED)) != 0;
}

/* *count_out: how many fit, of which found is the first. */
static void find_matches(sn_token *token, P11KitUri *uri, match *found, size_t *count_out)
{
	size_t personal = 0, other = 0;

	for (size_t i = 0; token->modules[i] != NULL; i++) {
		CK_SLOT_ID ids[SN_TOKEN_SLOTS_MAX];
		CK_ULONG count = SN_TOKEN_SLOTS_MAX;

		if (token->modules[i]->C_GetSlotList(CK_TRUE, ids, &count) != CKR_OK)
			continue;
		for (CK_ULONG k = 0; k < count && k < SN_TOKEN_SLOTS_MAX; k++) {
			match each;

			if (!is_match(uri, token->modules[i], ids[k], &each))
				continue;
			if (is_personal(&each) ? personal == 0 : personal == 0 && other == 0)
				*found = each;
			if (is_personal(&each))
				personal++;
			else
				other++;
		}
	}
	*count_out = personal != 0 ? personal : other;
}

static signet_status open_session(
    sn_token *token, const match *m, sn_token_slot **slot_out, signet_error *err)
{
	sn_token_slot *slot = &token->slots[token->slot_count];
	CK_RV code;

	for (size_t i = 0; i < token->slot_count; i++) {
		if (token->slots[i].module == m->module && token->slots[i].id == m->id) {
			*slot_out = &token->slots[i];
			return SIGNET_OK;
		}
	}
	if (token->slot_count == SN_TOKEN_SLOTS_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "more than %d tokens at once", SN_TOKEN_SLOTS_MAX);
	*slot = (sn_token_slot){ .module = m->module, .id = m->id, .flags = m->info.flags };
	copy_text(m->info.label, sizeof(m->info.label), slot->label);
	copy_text(m->info.serialNumber, sizeof(m->info.serialNumber), slot->serial);
	code = slot->module->C_OpenSession(slot->id, CKF_SERIAL_SESSION, NULL, NULL, &slot->session);
	if (code != CKR_OK)
		return sn_token_fail(slot, "be opened", code, err);
	token->slot_count++;
	*slot_out = slot;
	return SIGNET_OK;
}

signet_status sn_token_find_slot(sn_token *token, P11KitUri *uri, const char *text,
    sn_token_slot **slot_out, signet_error *err)
{
	match found = { .module = NULL };
	size_t count = 0;

	find_matches(token, uri, &found, &count);
	if (count == 0)
		return signet_fail(err, SIGNET_E_TOKEN, SIGNET_NO_OFFSET,
		    "there is no token for %.140s: is it plugged in?", text);
	if (count > 1)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "%.120s fits %zu tokens: name one by token=LABEL or serial=NUMBER", text, count);
	return open_session(token, &found, slot_out, err);
}

static signet_status pin_failed(sn_token_slot *slot, CK_RV code, signet_error *err)
{
	CK_TOKEN_INFO info;
	const char *left = "it is not tried again, since tokens lock";

	slot->has_failed = true;
	if (slot->module->C_GetTokenInfo(slot->id, &info) == CKR_OK) {
		if ((info.flags & CKF_USER_PIN_LOCKED) != 0)
			left = "the token is locked now";
		else if ((info.flags & CKF_USER_PIN_FINAL_TRY) != 0)
			left = "one more wrong one locks the token";
	}
	if (code == CKR_PIN_LOCKED)
		left = "the token is locked";
	return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET,
	    "the PIN does not fit the token \"%.40s\": %s", slot->label, left);
}

static signet_status ask_pin(
    sn_token_slot *slot, CK_UTF8CHAR pin[PIN_MAX], size_t *size_out, signet_error *err)
{
	const bool is_last = (slot->flags & CKF_USER_PIN_FINAL_TRY) != 0;
	char what[128];

	if (slot->pin.get == NULL)
		return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET,
		    "the token \"%.40s\" wants its PIN, and there is none", slot->label);
	(void)snprintf(what, sizeof(what), "the token %s (%s)%s", slot->label, slot->serial,
	    is_last ? ", which locks after one wrong PIN" : "");
	return slot->pin.get(slot->pin.user, what, 0, (char *)pin, PIN_MAX, size_out, err);
}

static signet_status login(sn_token_slot *slot, CK_USER_TYPE user, signet_error *err)
{
	CK_UTF8CHAR pin[PIN_MAX];
	size_t size = 0;
	CK_RV code;
	signet_status status;

	if ((slot->flags & CKF_USER_PIN_LOCKED) != 0)
		return pin_failed(slot, CKR_PIN_LOCKED, err);
	if (slot->has_failed)
		return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET,
		    "the PIN did not fit the token \"%.40s\", and is not tried again", slot->label);
	if ((slot->flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0) {
		/* typed at the reader */
		code = slot->module->C_Login(slot->session, user, NULL, 0);
	} else {
		status = ask_pin(slot, pin, &size, err);
		if (status != SIGNET_OK)
			return status;
		code = slot->module->C_Login(slot->session, user, pin, size);
		sn_wipe(pin, sizeof(pin));
	}
	switch (code) {
	case CKR_OK:
	case CKR_USER_ALREADY_LOGGED_IN: return SIGNET_OK;
	case CKR_PIN_INCORRECT:
	case CKR_PIN_INVALID:
	case CKR_PIN_LEN_RANGE:
	case CKR_PIN_EXPIRED:
	case CKR_PIN_LOCKED: return pin_failed(slot, code, err);
	default: slot->has_failed = true; return sn_token_fail(slot, "be logged in to", code, err);
	}
}

signet_status sn_token_login(sn_token_slot *slot, const signet_passphrase *pin, signet_error *err)
{
	signet_status status;

	slot->pin = pin != NULL ? *pin : (signet_passphrase){ .get = NULL };
	if (slot->is_logged_in || (slot->flags & CKF_LOGIN_REQUIRED) == 0)
		return SIGNET_OK;
	status = login(slot, CKU_USER, err);
	slot->is_logged_in = status == SIGNET_OK;
	return status;
}

signet_status sn_token_login_again(sn_token_slot *slot, signet_error *err)
{
	return login(slot, CKU_CONTEXT_SPECIFIC, err);
}

signet_status sn_token_find_objects(sn_token_slot *slot, P11KitUri *uri, CK_OBJECT_CLASS class,
    const CK_ATTRIBUTE *id, CK_OBJECT_HANDLE objects[SN_TOKEN_OBJECTS_MAX], size_t *count_out,
    signet_error *err)
{
	CK_ATTRIBUTE wanted[3] = { { CKA_CLASS, &class, sizeof(class) } };
	CK_ULONG wanted_count = 1;
	CK_ULONG got = 0;
	CK_ATTRIBUTE *each = p11_kit_uri_get_attribute(uri, CKA_ID);
	CK_RV code;

	if (id != NULL && id->ulValueLen > 0) {
		wanted[wanted_count++] = *id;
	} else {
		if (each != NULL)
			wanted[wanted_count++] = *each;
		each = p11_kit_uri_get_attribute(uri, CKA_LABEL);
		if (each != NULL)
			wanted[wanted_count++] = *each;
	}
	code = slot->module->C_FindObjectsInit(slot->session, wanted, wanted_count);
	if (code != CKR_OK)
		return sn_token_fail(slot, "be searched", code, err);
	*count_out = 0;
	while (code == CKR_OK && *count_out < SN_TOKEN_OBJECTS_MAX) {
		code = slot->module->C_FindObjects(slot->session, objects + *count_out,
		    SN_TOKEN_OBJECTS_MAX - *count_out, &got);
		if (code != CKR_OK || got == 0)
			break;
		*count_out += got;
	}
	(void)slot->module->C_FindObjectsFinal(slot->session);
	return code == CKR_OK ? SIGNET_OK : sn_token_fail(slot, "be searched", code, err);
}

signet_status sn_token_attribute(sn_token *token, const sn_token_slot *slot,
    CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, uint8_t **data_out, size_t *size_out,
    signet_error *err)
{
	enum { VALUE_MAX = 1 << 16 };
	CK_ATTRIBUTE attribute = { type, NULL, 0 };
	uint8_t *data;

	*data_out = NULL;
	*size_out = 0;
	if (slot->module->C_GetAttributeValue(slot->session, object, &attribute, 1) != CKR_OK ||
	    attribute.ulValueLen == 0 || attribute.ulValueLen > VALUE_MAX)
		return SIGNET_OK;
	data = sn_calloc(token->ctx, 1, attribute.ulValueLen, err);
	if (data == NULL)
		return SIGNET_E_MEMORY;
	attribute.pValue = data;
	if (slot->module->C_GetAttributeValue(slot->session, object, &attribute, 1) != CKR_OK) {
		sn_free(token->ctx, data);
		return SIGNET_OK;
	}
	*data_out = data;
	*size_out = attribute.ulValueLen;
	return SIGNET_OK;
}

bool sn_token_flag(
    const sn_token_slot *slot, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, bool otherwise)
{
	CK_BBOOL flag = CK_FALSE;
	CK_ATTRIBUTE attribute = { type, &flag, sizeof(flag) };

	if (slot->module->C_GetAttributeValue(slot->session, object, &attribute, 1) != CKR_OK)
		return otherwise;
	return flag == CK_TRUE;
}

signet_status sn_token_format(sn_token *token, const sn_token_slot *slot, const uint8_t *id,
    size_t id_size, const uint8_t *label, size_t label_size, char **uri_out, signet_error *err)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE attributes[2] = { { CKA_CLASS, &class, sizeof(class) } };
	P11KitUri *uri = p11_kit_uri_new();
	char *text = NULL;
	signet_status status = SIGNET_E_MEMORY;

	if (id_size > 0)
		attributes[1] = (CK_ATTRIBUTE){ CKA_ID, (void *)id, id_size };
	else
		attributes[1] = (CK_ATTRIBUTE){ CKA_LABEL, (void *)label, label_size };
	if (uri == NULL ||
	    slot->module->C_GetTokenInfo(slot->id, p11_kit_uri_get_token_info(uri)) != CKR_OK ||
	    p11_kit_uri_set_attributes(uri, attributes, attributes[1].ulValueLen > 0 ? 2 : 1) !=
		P11_KIT_URI_OK ||
	    p11_kit_uri_format(uri, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, &text) != P11_KIT_URI_OK)
		status = signet_fail(err, SIGNET_E_TOKEN, SIGNET_NO_OFFSET,
		    "the key on the token \"%.40s\" cannot be named by a URI", slot->label);
	else
		status = sn_strdup(token->ctx, text, uri_out, err);
	free(text);
	p11_kit_uri_free(uri);
	return status;
}
