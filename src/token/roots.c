/*
 * The public e-mail roots, as NSS's module of built-in objects says (Mozilla's programme of root
 * certificates). Not the list that a system keeps for TLS: that one is made from the same source,
 * but says nothing about who is trusted for e-mail.
 */
#define _GNU_SOURCE /* dlinfo */
#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/pkcs11x.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/time.h"
#include "token/token_int.h"

enum { SLOTS_MAX = 16, ROOTS_MAX = 4096, VALUE_MAX = 64 << 10, BATCH = 64 };

/* Debian: libnss3; elsewhere p11-kit's own module may stand in its place, and say the same. */
static const char nss_module[] = "libnssckbi.so";

/*
 * How a module says whom it trusts for what: NSS's own objects (what stands in p11-kit's header),
 * or since PKCS #11 3.2 the standard's, whose numbers are these.
 */
#define SN_CKO_TRUST ((CK_OBJECT_CLASS)0x0000000b)
#define SN_CKA_TRUST_EMAIL_PROTECTION ((CK_ATTRIBUTE_TYPE)0x0000062f)
#define SN_CKT_TRUST_ANCHOR ((CK_ULONG)2)

typedef struct trust_kind {
	CK_OBJECT_CLASS class;
	CK_ATTRIBUTE_TYPE email;
	CK_ULONG anchor; /* an authority (NSS: delegator), not a certificate of one person */
} trust_kind;

static const trust_kind kinds[] = {
	{ CKO_NSS_TRUST, CKA_TRUST_EMAIL_PROTECTION, CKT_NSS_TRUSTED_DELEGATOR },
	{ SN_CKO_TRUST, SN_CKA_TRUST_EMAIL_PROTECTION, SN_CKT_TRUST_ANCHOR },
};

typedef struct roots {
	signet_context *ctx;
	CK_FUNCTION_LIST *module;
	CK_SESSION_HANDLE session;
	sn_token_root_visit *visit;
	void *user;
	size_t trust_objects; /* of any purpose */
} roots;

static signet_status fail_token(const char *what, CK_RV code, signet_error *err)
{
	if (code == CKR_HOST_MEMORY)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
	    "the module with the public roots cannot be read (%s): %.100s", what,
	    p11_kit_strerror(code));
}

/* The objects that match, at most ROOTS_MAX, as an array of handles. */
static signet_status find(roots *r, CK_ATTRIBUTE *match, CK_ULONG match_count, sn_buf *handles,
    signet_error *err)
{
	CK_OBJECT_HANDLE batch[BATCH];
	CK_ULONG count = 0;
	CK_RV code = r->module->C_FindObjectsInit(r->session, match, match_count);
	signet_status status = SIGNET_OK;

	if (code != CKR_OK)
		return fail_token("C_FindObjectsInit", code, err);
	do {
		code = r->module->C_FindObjects(r->session, batch, BATCH, &count);
		if (code != CKR_OK)
			status = fail_token("C_FindObjects", code, err);
		else if (count > BATCH)
			status = fail_token("C_FindObjects", CKR_GENERAL_ERROR, err);
		else
			status = sn_buf_append(handles, batch, count * sizeof(*batch), err);
	} while (status == SIGNET_OK && count > 0);
	(void)r->module->C_FindObjectsFinal(r->session);
	return status;
}

static void handles_init(sn_buf *handles, const roots *r)
{
	sn_buf_init(handles, r->ctx, ROOTS_MAX * sizeof(CK_OBJECT_HANDLE), "list of public roots");
}

/* The octets of an attribute; none where the object does not have it. */
static signet_status read_value(roots *r, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
    sn_buf *value, signet_error *err)
{
	CK_ATTRIBUTE attribute = { .type = type };
	CK_RV code = r->module->C_GetAttributeValue(r->session, object, &attribute, 1);
	signet_status status;

	if (code == CKR_ATTRIBUTE_TYPE_INVALID || code == CKR_ATTRIBUTE_SENSITIVE ||
	    attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION || attribute.ulValueLen == 0)
		return SIGNET_OK;
	if (code != CKR_OK)
		return fail_token("C_GetAttributeValue", code, err);
	status = sn_buf_reserve(value, attribute.ulValueLen, err);
	if (status != SIGNET_OK)
		return status;
	attribute.pValue = value->data;
	code = r->module->C_GetAttributeValue(r->session, object, &attribute, 1);
	if (code != CKR_OK || attribute.ulValueLen > value->capacity)
		return fail_token("C_GetAttributeValue", code, err);
	value->size = attribute.ulValueLen;
	return SIGNET_OK;
}

/*
 * CKA_NSS_EMAIL_DISTRUST_AFTER: false (0), or a UTCTime. What cannot be read is taken for the
 * beginning of 1970: an authority that something is wrong with is not trusted by mistake.
 */
enum { NEVER = 1 };

static int64_t read_distrust(const sn_buf *value)
{
	char text[32];
	int64_t time;

	if (value->size <= 1)
		return value->size == 0 || value->data[0] == 0 ? 0 : NEVER;
	if (value->size != 13 || value->data[12] != 'Z')
		return NEVER;
	/* "YYMMDDhhmmssZ" as "20YY-MM-DDThh:mm:ssZ": such dates are all of this century. */
	(void)snprintf(text, sizeof(text), "20%.2s-%.2s-%.2sT%.2s:%.2s:%.2sZ", value->data,
	    value->data + 2, value->data + 4, value->data + 6, value->data + 8, value->data + 10);
	return sn_time_parse(text, &time) ? time : NEVER;
}

static signet_status visit_cert(roots *r, CK_OBJECT_HANDLE object, signet_error *err)
{
	sn_token_root root = { 0 };
	sn_buf der, distrust;
	signet_status status;

	sn_buf_init(&der, r->ctx, VALUE_MAX, "public root");
	sn_buf_init(&distrust, r->ctx, VALUE_MAX, "date of a public root");
	status = read_value(r, object, CKA_VALUE, &der, err);
	if (status == SIGNET_OK)
		status = read_value(r, object, CKA_NSS_EMAIL_DISTRUST_AFTER, &distrust, err);
	if (status == SIGNET_OK)
		status = signet_cert_new(r->ctx, der.data, der.size, &root.cert, err);
	if (status == SIGNET_OK) {
		root.distrust_after = read_distrust(&distrust);
		status = r->visit(r->user, &root, err);
	}
	signet_cert_unref(&root.cert);
	sn_buf_clear(&distrust);
	sn_buf_clear(&der);
	return status;
}

/* The certificates of an issuer and serial number that a trust object speaks about. */
static signet_status visit_certs(roots *r, CK_OBJECT_HANDLE trust, signet_error *err)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	sn_buf issuer, serial, handles;
	signet_status status;

	sn_buf_init(&issuer, r->ctx, VALUE_MAX, "issuer of a public root");
	sn_buf_init(&serial, r->ctx, VALUE_MAX, "serial number of a public root");
	handles_init(&handles, r);
	status = read_value(r, trust, CKA_ISSUER, &issuer, err);
	if (status == SIGNET_OK)
		status = read_value(r, trust, CKA_SERIAL_NUMBER, &serial, err);
	if (status == SIGNET_OK && issuer.size > 0 && serial.size > 0) {
		CK_ATTRIBUTE match[] = { { CKA_CLASS, &class, sizeof(class) },
			{ CKA_ISSUER, issuer.data, issuer.size },
			{ CKA_SERIAL_NUMBER, serial.data, serial.size } };

		status = find(r, match, 3, &handles, err);
	}
	for (size_t i = 0; status == SIGNET_OK && i + sizeof(CK_OBJECT_HANDLE) <= handles.size;
	    i += sizeof(CK_OBJECT_HANDLE)) {
		CK_OBJECT_HANDLE object;

		memcpy(&object, handles.data + i, sizeof(object));
		status = visit_cert(r, object, err);
	}
	sn_buf_clear(&handles);
	sn_buf_clear(&serial);
	sn_buf_clear(&issuer);
	return status;
}

/* One that is trusted for e-mail as an authority; no other word of trust counts. */
static signet_status visit_trust(
    roots *r, const trust_kind *kind, CK_OBJECT_HANDLE object, signet_error *err)
{
	sn_buf value;
	CK_ULONG trust = 0;
	bool is_said;
	signet_status status;

	sn_buf_init(&value, r->ctx, VALUE_MAX, "trust in a public root");
	status = read_value(r, object, kind->email, &value, err);
	is_said = value.size == sizeof(trust);
	if (is_said)
		memcpy(&trust, value.data, sizeof(trust));
	sn_buf_clear(&value);
	r->trust_objects++;
	if (status != SIGNET_OK || !is_said || trust != kind->anchor)
		return status;
	return visit_certs(r, object, err);
}

static signet_status visit_kind(roots *r, const trust_kind *kind, signet_error *err)
{
	CK_OBJECT_CLASS class = kind->class;
	CK_ATTRIBUTE match = { CKA_CLASS, &class, sizeof(class) };
	sn_buf handles;
	signet_status status;

	handles_init(&handles, r);
	status = find(r, &match, 1, &handles, err);
	for (size_t i = 0; status == SIGNET_OK && i + sizeof(CK_OBJECT_HANDLE) <= handles.size;
	    i += sizeof(CK_OBJECT_HANDLE)) {
		CK_OBJECT_HANDLE object;

		memcpy(&object, handles.data + i, sizeof(object));
		status = visit_trust(r, kind, object, err);
	}
	sn_buf_clear(&handles);
	return status;
}

static signet_status visit_slots(roots *r, signet_error *err)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX;
	CK_RV code = r->module->C_GetSlotList(CK_TRUE, slots, &count);
	signet_status status = SIGNET_OK;

	if (code != CKR_OK || count > SLOTS_MAX)
		return fail_token("C_GetSlotList", code, err);
	for (CK_ULONG i = 0; status == SIGNET_OK && i < count; i++) {
		code = r->module->C_OpenSession(
		    slots[i], CKF_SERIAL_SESSION, NULL, NULL, &r->session);
		if (code != CKR_OK)
			return fail_token("C_OpenSession", code, err);
		for (size_t k = 0; status == SIGNET_OK && k < sizeof(kinds) / sizeof(*kinds); k++)
			status = visit_kind(r, &kinds[k], err);
		(void)r->module->C_CloseSession(r->session);
	}
	if (status == SIGNET_OK && r->trust_objects == 0)
		status = signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "this module says of no authority whether it is trusted for e-mail");
	return status;
}

/* p11-kit looks for a bare name in a folder of its own; the loader knows where libraries lie. */
static bool find_module(char path[PATH_MAX])
{
	void *handle = dlopen(nss_module, RTLD_LAZY | RTLD_LOCAL);
	struct link_map *map = NULL;
	bool is_found;

	if (handle == NULL)
		return false;
	is_found = dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 &&
		   snprintf(path, PATH_MAX, "%s", map->l_name) < PATH_MAX;
	(void)dlclose(handle);
	return is_found;
}

signet_status sn_token_roots_each(signet_context *ctx, const char *path,
    sn_token_root_visit *visit, void *user, signet_error *err)
{
	roots r = { .ctx = ctx, .visit = visit, .user = user };
	char found[PATH_MAX];
	signet_status status;
	CK_RV code;

	if (path == NULL && find_module(found))
		path = found;
	if (path != NULL)
		r.module = p11_kit_module_load(path, P11_KIT_MODULE_CRITICAL);
	if (r.module == NULL)
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "the public e-mail roots lie in a module of NSS, %.100s, which is not here"
		    " (Debian: install the package libnss3)",
		    path == NULL ? nss_module : path);
	code = p11_kit_module_initialize(r.module);
	if (code != CKR_OK) {
		status = fail_token("C_Initialize", code, err);
	} else {
		status = visit_slots(&r, err);
		(void)p11_kit_module_finalize(r.module);
	}
	p11_kit_module_release(r.module);
	return status;
}
