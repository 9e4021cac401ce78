/*
 * Loads back ends. The module lies beside the program in the build tree, else where it was
 * installed: relative to the program first, so that an installation can be moved as a whole.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/files.h"
#include "app/find.h"
#include "app/session.h"

enum { LOOKUP_LDAP, LOOKUP_DNS };

static bool program_folder(char folder[PATH_MAX])
{
	ssize_t size = readlink("/proc/self/exe", folder, PATH_MAX - 1);
	char *slash;

	if (size <= 0)
		return false;
	folder[size] = '\0';
	slash = strrchr(folder, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	return true;
}

/* name: "signet-store.so"; folder: where it lies in the build tree. */
static void *load(const char *folder_in_build, const char *name)
{
	char folder[PATH_MAX];
	char path[PATH_MAX + 128];

	if (program_folder(folder)) {
		(void)snprintf(path, sizeof(path), "%s/%s/%s", folder, folder_in_build, name);
		if (app_file_exists(path))
			return dlopen(path, RTLD_NOW | RTLD_LOCAL);
		/* bin and lib side by side */
		(void)snprintf(
		    path, sizeof(path), "%s/../" SIGNET_LIBDIR "/signet/%s", folder, name);
		if (app_file_exists(path))
			return dlopen(path, RTLD_NOW | RTLD_LOCAL);
	}
	(void)snprintf(path, sizeof(path), SIGNET_MODULE_DIR "/%s", name);
	return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

signet_status app_wire_store(app_session *session, signet_error *err)
{
	sn_store_module_function *module = NULL;
	void *handle = load("src/store", "signet-store.so");
	void *symbol;

	if (handle == NULL)
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "the store's module cannot be loaded: %.200s", dlerror());
	symbol = dlsym(handle, SN_STORE_MODULE_SYMBOL);
	if (symbol != NULL) {
		/* ISO C has no way from an object pointer to a function; POSIX dlsym says so. */
		memcpy(&module, &symbol, sizeof(module));
		session->store_api = module();
	}
	session->module = handle;
	if (session->store_api == NULL || session->store_api->version != SN_STORE_VERSION) {
		session->store_api = NULL;
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "the store's module is of another version of signet");
	}
	return SIGNET_OK;
}

/* The function that a module of src/net exports, the module loaded once. */
static signet_status lookup_symbol(app_session *session, int which, const char *name,
    const char *symbol_name, void **symbol_out, signet_error *err)
{
	void **handle = &session->lookup_modules[which];

	if (*handle == NULL)
		*handle = load("src/net", name);
	if (*handle == NULL)
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "%s cannot be loaded: %.180s", name, dlerror());
	*symbol_out = dlsym(*handle, symbol_name);
	return *symbol_out != NULL ? SIGNET_OK
				   : signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
					 "%s is no module of signet", name);
}

static signet_status check_version(unsigned version, const char *name, signet_error *err)
{
	if (version == SN_LOOKUP_VERSION)
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
	    "%s is of another version of signet", name);
}

signet_status app_wire_ldap(app_session *session, const sn_ldap_api **api_out, signet_error *err)
{
	static const char name[] = "signet-ldap.so";
	sn_ldap_module_function *module = NULL;
	void *symbol = NULL;
	signet_status status =
	    lookup_symbol(session, LOOKUP_LDAP, name, SN_LDAP_MODULE_SYMBOL, &symbol, err);

	if (status != SIGNET_OK)
		return status;
	memcpy(&module, &symbol, sizeof(module));
	*api_out = module();
	return check_version((*api_out)->version, name, err);
}

signet_status app_wire_dns(app_session *session, const sn_dns_api **api_out, signet_error *err)
{
	static const char name[] = "signet-dns.so";
	sn_dns_module_function *module = NULL;
	void *symbol = NULL;
	signet_status status =
	    lookup_symbol(session, LOOKUP_DNS, name, SN_DNS_MODULE_SYMBOL, &symbol, err);

	if (status != SIGNET_OK)
		return status;
	memcpy(&module, &symbol, sizeof(module));
	*api_out = module();
	return check_version((*api_out)->version, name, err);
}

signet_status app_find_fetch(app_session *session, const signet_fetch **fetch_out, signet_error *err)
{
	(void)session, (void)fetch_out;
	return signet_fail(
	    err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET, "there is no module for the web here");
}
