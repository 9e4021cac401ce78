#include "fake.h"

#include <string.h>

fake the_fake;

static CK_RV get_info(CK_INFO *info)
{
	memset(info, 0, sizeof(*info));
	return CKR_OK;
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count)
{
	(void)present;
	if (the_fake.slot_list != CKR_OK)
		return the_fake.slot_list;
	assert_true(*count >= the_fake.slot_count);
	memcpy(slots, the_fake.slots, the_fake.slot_count * sizeof(*slots));
	*count = the_fake.slot_count;
	return CKR_OK;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	if (slot >= the_fake.slot_count)
		return CKR_SLOT_ID_INVALID;
	*info = the_fake.tokens[slot];
	return CKR_OK;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *user, CK_NOTIFY notify,
    CK_SESSION_HANDLE *session)
{
	(void)user;
	(void)notify;
	assert_true((flags & CKF_SERIAL_SESSION) != 0 && (flags & CKF_RW_SESSION) == 0);
	the_fake.opens++;
	*session = slot + 100;
	return the_fake.open;
}

static CK_RV close_session(CK_SESSION_HANDLE session)
{
	(void)session;
	the_fake.closes++;
	return CKR_OK;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG size)
{
	(void)session;
	the_fake.logins++;
	the_fake.context_logins += user == CKU_CONTEXT_SPECIFIC;
	the_fake.null_logins += pin == NULL;
	if (the_fake.login != CKR_OK || pin == NULL)
		return the_fake.login;
	return size == strlen(the_fake.pin) && memcmp(pin, the_fake.pin, size) == 0
	    ? CKR_OK
	    : CKR_PIN_INCORRECT;
}

static CK_RV find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *wanted, CK_ULONG count)
{
	(void)session;
	the_fake.is_wanting_id = false;
	for (CK_ULONG i = 0; i < count; i++) {
		if (wanted[i].type == CKA_CLASS)
			memcpy(&the_fake.wanted, wanted[i].pValue, sizeof(the_fake.wanted));
		if (wanted[i].type == CKA_ID) {
			the_fake.is_wanting_id = true;
			the_fake.wanted_id_size = wanted[i].ulValueLen;
			memcpy(the_fake.wanted_id, wanted[i].pValue, wanted[i].ulValueLen);
		}
	}
	the_fake.at = 0;
	return the_fake.find;
}

static const fake_attribute *attribute_of(const fake_object *object, CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < object->count; i++)
		if (object->attributes[i].type == type)
			return &object->attributes[i];
	return NULL;
}

static bool is_wanted(const fake_object *object)
{
	const fake_attribute *id = attribute_of(object, CKA_ID);

	if (object->class != the_fake.wanted)
		return false;
	return !the_fake.is_wanting_id || (id != NULL && id->size == the_fake.wanted_id_size &&
					      memcmp(id->value, the_fake.wanted_id, id->size) == 0);
}

static CK_RV find(
    CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG most, CK_ULONG *count)
{
	(void)session;
	*count = 0;
	if (the_fake.is_endless) {
		for (CK_ULONG i = 0; i < most; i++)
			objects[i] = 1;
		*count = most;
		return CKR_OK;
	}
	for (; the_fake.at < the_fake.object_count && *count < most; the_fake.at++)
		if (is_wanted(&the_fake.objects[the_fake.at]))
			objects[(*count)++] = the_fake.at + 1;
	return CKR_OK;
}

static CK_RV find_final(CK_SESSION_HANDLE session)
{
	(void)session;
	return CKR_OK;
}

static CK_RV get_value(
    CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE *wanted, CK_ULONG count)
{
	const fake_attribute *attribute;

	(void)session;
	assert_int_equal(count, 1);
	if (handle == 999) { /* what was derived */
		if (wanted->ulValueLen < the_fake.answer_size)
			return CKR_BUFFER_TOO_SMALL;
		memset(wanted->pValue, 0x77, the_fake.answer_size);
		wanted->ulValueLen = the_fake.answer_size;
		return CKR_OK;
	}
	assert_true(handle >= 1 && handle <= the_fake.object_count);
	attribute = attribute_of(&the_fake.objects[handle - 1], wanted->type);
	if (attribute == NULL || attribute->size == CK_UNAVAILABLE_INFORMATION) {
		wanted->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return attribute == NULL ? CKR_ATTRIBUTE_TYPE_INVALID : CKR_OK;
	}
	if (wanted->pValue != NULL) {
		assert_true(wanted->ulValueLen >= attribute->size);
		memcpy(wanted->pValue, attribute->value, attribute->size);
	}
	wanted->ulValueLen = attribute->size;
	return CKR_OK;
}

static CK_RV mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
	(void)slot;
	*info = (CK_MECHANISM_INFO){ .flags = CKF_DECRYPT };
	return type == CKM_RSA_X_509 && !the_fake.has_raw ? CKR_MECHANISM_INVALID : CKR_OK;
}

static CK_RV begin(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	(void)session;
	(void)key;
	the_fake.mechanism = mechanism->mechanism;
	return CKR_OK;
}

static CK_RV answer(CK_RV code, CK_BYTE *out, CK_ULONG *size)
{
	if (code != CKR_OK)
		return code;
	if (*size < the_fake.answer_size)
		return CKR_BUFFER_TOO_SMALL;
	memset(out, 0x77, the_fake.answer_size);
	*size = the_fake.answer_size;
	return CKR_OK;
}

static CK_RV sign(
    CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG size, CK_BYTE *out, CK_ULONG *out_size)
{
	(void)session;
	(void)data;
	(void)size;
	return answer(the_fake.sign, out, out_size);
}

static CK_RV decrypt(
    CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG size, CK_BYTE *out, CK_ULONG *out_size)
{
	(void)session;
	(void)data;
	(void)size;
	return answer(the_fake.decrypt, out, out_size);
}

static CK_RV derive(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
    CK_ATTRIBUTE *wanted, CK_ULONG count, CK_OBJECT_HANDLE *object)
{
	(void)session;
	(void)key;
	(void)wanted;
	(void)count;
	the_fake.mechanism = mechanism->mechanism;
	*object = 999;
	return the_fake.derive;
}

static CK_RV destroy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	(void)session;
	assert_int_equal(object, 999);
	the_fake.destroyed++;
	return CKR_OK;
}

CK_FUNCTION_LIST *fake_module(void)
{
	static CK_FUNCTION_LIST list = {
		.C_GetInfo = get_info,
		.C_GetSlotList = get_slot_list,
		.C_GetTokenInfo = get_token_info,
		.C_OpenSession = open_session,
		.C_CloseSession = close_session,
		.C_Login = login,
		.C_FindObjectsInit = find_init,
		.C_FindObjects = find,
		.C_FindObjectsFinal = find_final,
		.C_GetAttributeValue = get_value,
		.C_GetMechanismInfo = mechanism_info,
		.C_SignInit = begin,
		.C_Sign = sign,
		.C_DecryptInit = begin,
		.C_Decrypt = decrypt,
		.C_DeriveKey = derive,
		.C_DestroyObject = destroy,
	};

	return &list;
}

void fake_reset(void) { the_fake = (fake){ .pin = "1234", .has_raw = true }; }

CK_TOKEN_INFO *fake_token(const char *label, const char *serial, CK_FLAGS flags)
{
	CK_TOKEN_INFO *token = &the_fake.tokens[the_fake.slot_count];

	the_fake.slots[the_fake.slot_count] = the_fake.slot_count;
	the_fake.slot_count++;
	memset(token, ' ', sizeof(*token));
	memcpy(token->label, label, strlen(label));
	memcpy(token->serialNumber, serial, strlen(serial));
	token->flags = flags | CKF_TOKEN_INITIALIZED;
	return token;
}

fake_object *fake_object_add(CK_OBJECT_CLASS class)
{
	fake_object *object = &the_fake.objects[the_fake.object_count++];

	*object = (fake_object){ .class = class };
	return object;
}

void fake_set(fake_object *object, CK_ATTRIBUTE_TYPE type, const void *value, size_t size)
{
	fake_attribute *attribute = &object->attributes[object->count++];

	attribute->type = type;
	attribute->size = size;
	if (size != CK_UNAVAILABLE_INFORMATION)
		memcpy(attribute->value, value, size);
}
