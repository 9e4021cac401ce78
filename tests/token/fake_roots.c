/*
 * A PKCS #11 module with roots of all sorts, for test_roots.c. Its certificates lie in the folder
 * that the variable TEST_TOKEN_ROOTS names, as NAME.der with NAME.issuer and NAME.serial; what it
 * says of each is in the table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <p11-kit/pkcs11.h>
#include <p11-kit/pkcs11x.h>

enum { ROOTS = 9, ROOM = 8192 };

typedef struct root {
	const char *name;
	CK_OBJECT_CLASS class;     /* of the trust object */
	CK_ULONG email, server;
	const char *distrust;      /* NULL: false */
	unsigned char der[ROOM], issuer[ROOM], serial[ROOM];
	CK_ULONG der_size, issuer_size, serial_size;
} root;

static root roots[ROOTS] = {
	{ "email", CKO_NSS_TRUST, CKT_NSS_TRUSTED_DELEGATOR, CKT_NSS_MUST_VERIFY_TRUST, NULL },
	{ "server", CKO_NSS_TRUST, CKT_NSS_MUST_VERIFY_TRUST, CKT_NSS_TRUSTED_DELEGATOR, NULL },
	{ "bad", CKO_NSS_TRUST, CKT_NSS_NOT_TRUSTED, CKT_NSS_NOT_TRUSTED, NULL },
	{ "person", CKO_NSS_TRUST, CKT_NSS_TRUSTED, CKT_NSS_TRUSTED, NULL },
	{ "left", CKO_NSS_TRUST, CKT_NSS_TRUSTED_DELEGATOR, CKT_NSS_TRUSTED_DELEGATOR,
	    "220831000000Z" },
	{ "strange", CKO_NSS_TRUST, CKT_NSS_TRUSTED_DELEGATOR, CKT_NSS_TRUSTED_DELEGATOR,
	    "20220831000000Z" },
	{ "new-email", 0x0b, 2, 4, NULL },
	{ "new-server", 0x0b, 4, 2, NULL },
	/* The number of NSS's in an object of the standard's says nothing. */
	{ "new-mixed", 0x0b, CKT_NSS_TRUSTED_DELEGATOR, 2, NULL },
};

/* What is being looked for. */
static struct {
	int is_certificate;
	CK_OBJECT_CLASS class;
	CK_ATTRIBUTE issuer, serial;
	int next;
} search;

static CK_ULONG load(const char *name, const char *end, unsigned char octets[ROOM])
{
	char path[512];
	FILE *file;
	size_t size;

	(void)snprintf(path, sizeof(path), "%s/%s.%s", getenv("TEST_TOKEN_ROOTS"), name, end);
	file = fopen(path, "r");
	if (file == NULL)
		return 0;
	size = fread(octets, 1, ROOM, file);
	(void)fclose(file);
	return size;
}

static CK_RV initialize(void *reserved)
{
	(void)reserved;
	for (int i = 0; i < ROOTS; i++) {
		roots[i].der_size = load(roots[i].name, "der", roots[i].der);
		roots[i].issuer_size = load(roots[i].name, "issuer", roots[i].issuer);
		roots[i].serial_size = load(roots[i].name, "serial", roots[i].serial);
	}
	return getenv("TEST_TOKEN_BROKEN") != NULL ? CKR_DEVICE_ERROR : CKR_OK;
}

static CK_RV finalize(void *reserved)
{
	(void)reserved;
	return CKR_OK;
}

static CK_RV get_slots(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count)
{
	(void)present;
	if (slots != NULL)
		slots[0] = 1;
	*count = 1;
	return CKR_OK;
}

static CK_RV open_session(
    CK_SLOT_ID slot, CK_FLAGS flags, void *user, CK_NOTIFY notify, CK_SESSION_HANDLE *session)
{
	(void)slot, (void)flags, (void)user, (void)notify;
	*session = 1;
	return CKR_OK;
}

static CK_RV close_session(CK_SESSION_HANDLE session)
{
	(void)session;
	return CKR_OK;
}

static CK_RV find_begin(CK_SESSION_HANDLE session, CK_ATTRIBUTE *match, CK_ULONG count)
{
	(void)session;
	memset(&search, 0, sizeof(search));
	for (CK_ULONG i = 0; i < count; i++) {
		if (match[i].type == CKA_CLASS)
			memcpy(&search.class, match[i].pValue, sizeof(search.class));
		else if (match[i].type == CKA_ISSUER)
			search.issuer = match[i];
		else if (match[i].type == CKA_SERIAL_NUMBER)
			search.serial = match[i];
	}
	search.is_certificate = search.class == CKO_CERTIFICATE;
	return CKR_OK;
}

static int is_equal(const CK_ATTRIBUTE *match, const unsigned char *octets, CK_ULONG size)
{
	return match->pValue == NULL ||
	       (match->ulValueLen == size && memcmp(match->pValue, octets, size) == 0);
}

/* Handles: 1 to ROOTS are trust objects, from 101 on the certificates of the same. */
static CK_RV find_next(
    CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *found, CK_ULONG room, CK_ULONG *count)
{
	(void)session;
	*count = 0;
	for (; search.next < ROOTS && *count < room && *count < 2; search.next++) {
		const root *r = &roots[search.next];

		if (search.is_certificate ? is_equal(&search.issuer, r->issuer, r->issuer_size) &&
			    is_equal(&search.serial, r->serial, r->serial_size)
					  : r->class == search.class)
			found[(*count)++] =
			    (CK_OBJECT_HANDLE)(search.next + (search.is_certificate ? 101 : 1));
	}
	return CKR_OK;
}

static CK_RV find_end(CK_SESSION_HANDLE session)
{
	(void)session;
	return CKR_OK;
}

static CK_RV give(CK_ATTRIBUTE *attribute, const void *octets, CK_ULONG size)
{
	if (attribute->pValue != NULL) {
		if (attribute->ulValueLen < size)
			return CKR_BUFFER_TOO_SMALL;
		memcpy(attribute->pValue, octets, size);
	}
	attribute->ulValueLen = size;
	return CKR_OK;
}

static CK_RV get_value(
    CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attribute, CK_ULONG count)
{
	int is_certificate = object > 100;
	const root *r = &roots[object - (is_certificate ? 101 : 1)];
	int is_nss = r->class == CKO_NSS_TRUST;

	(void)session, (void)count;
	if (attribute->type == CKA_VALUE && is_certificate)
		return give(attribute, r->der, r->der_size);
	if (attribute->type == CKA_NSS_EMAIL_DISTRUST_AFTER && is_certificate)
		return give(attribute, r->distrust == NULL ? "" : r->distrust,
		    r->distrust == NULL ? 1 : strlen(r->distrust));
	if (attribute->type == CKA_ISSUER)
		return give(attribute, r->issuer, r->issuer_size);
	if (attribute->type == CKA_SERIAL_NUMBER)
		return give(attribute, r->serial, r->serial_size);
	if (attribute->type == (is_nss ? CKA_TRUST_EMAIL_PROTECTION : 0x62f) && !is_certificate)
		return give(attribute, &r->email, sizeof(r->email));
	if (attribute->type == (is_nss ? CKA_TRUST_SERVER_AUTH : 0x62c) && !is_certificate)
		return give(attribute, &r->server, sizeof(r->server));
	attribute->ulValueLen = (CK_ULONG)-1;
	return CKR_ATTRIBUTE_TYPE_INVALID;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list);

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	static CK_FUNCTION_LIST functions;

	functions.version.major = 2;
	functions.version.minor = 40;
	functions.C_Initialize = initialize;
	functions.C_Finalize = finalize;
	functions.C_GetFunctionList = C_GetFunctionList;
	functions.C_GetSlotList = get_slots;
	functions.C_OpenSession = open_session;
	functions.C_CloseSession = close_session;
	functions.C_FindObjectsInit = find_begin;
	functions.C_FindObjects = find_next;
	functions.C_FindObjectsFinal = find_end;
	functions.C_GetAttributeValue = get_value;
	*list = &functions;
	return CKR_OK;
}
