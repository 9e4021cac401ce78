/* A PKCS #11 module that does what a test wants, and counts what is asked of it. */
#ifndef TOKEN_FAKE_H
#define TOKEN_FAKE_H

#include "harness.h"

#include <signet/ca.h>
#include <signet/sys/key_backend.h>

#include "token/token_int.h"

enum { FAKE_OBJECTS = 8, FAKE_SLOTS = 3, FAKE_VALUE = 1200 };

typedef struct fake_attribute {
	CK_ATTRIBUTE_TYPE type;
	uint8_t value[FAKE_VALUE];
	CK_ULONG size; /* CK_UNAVAILABLE_INFORMATION: it is not told */
} fake_attribute;

typedef struct fake_object {
	CK_OBJECT_CLASS class;
	fake_attribute attributes[4];
	size_t count;
} fake_object;

typedef struct fake {
	CK_SLOT_ID slots[FAKE_SLOTS];
	CK_TOKEN_INFO tokens[FAKE_SLOTS];
	CK_ULONG slot_count;
	fake_object objects[FAKE_OBJECTS];
	CK_ULONG object_count;
	CK_RV slot_list, open, login, find, sign, decrypt, derive; /* what each returns */
	const char *pin;
	bool is_endless; /* finds the first object for ever */
	bool has_raw;
	CK_ULONG answer_size; /* of what is decrypted or derived */
	unsigned logins, context_logins, null_logins, opens, closes, destroyed;
	CK_MECHANISM_TYPE mechanism;
	CK_OBJECT_CLASS wanted;
	uint8_t wanted_id[64];
	CK_ULONG wanted_id_size;
	bool is_wanting_id;
	CK_ULONG at;
} fake;

extern fake the_fake; /* one at a time: PKCS #11 has no argument for it */
CK_FUNCTION_LIST *fake_module(void);
void fake_reset(void);
/* Adds a slot with an initialized token. */
CK_TOKEN_INFO *fake_token(const char *label, const char *serial, CK_FLAGS flags);
fake_object *fake_object_add(CK_OBJECT_CLASS class);
void fake_set(fake_object *object, CK_ATTRIBUTE_TYPE type, const void *value, size_t size);

#endif
