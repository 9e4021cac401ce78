/*
 * Loads back ends, each when it is first needed. A module lies beside the program in the build
 * tree, else where it was installed: relative to the program first, so that an installation can be
 * moved as a whole.
 */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/files.h"
#include "app/session.h"

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

/* folder: where it lies in the build tree, below src. */
static void *load(const char *build_folder, const char *name)
{
	/* What a module brings along (libcurl, PKCS #11 modules) may have threads of its own. */
	const int flags = RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE;
	char folder[PATH_MAX];
	char path[PATH_MAX + 64];

	if (program_folder(folder)) {
		/* the build tree */
		(void)snprintf(path, sizeof(path), "%s/src/%s/signet-%s.so", folder,
		    build_folder, name);
		if (app_file_exists(path))
			return dlopen(path, flags);
		/* bin and lib side by side */
		(void)snprintf(path, sizeof(path), "%s/../" SIGNET_LIBDIR "/signet/signet-%s.so",
		    folder, name);
		if (app_file_exists(path))
			return dlopen(path, flags);
	}
	(void)snprintf(path, sizeof(path), SIGNET_MODULE_DIR "/signet-%s.so", name);
	return dlopen(path, flags);
}

/* function is the address of a pointer to a function. */
static signet_status find_in(const char *build_folder, const char *name, const char *symbol_name,
    void *function, signet_error *err)
{
	void *handle = load(build_folder, name);
	void *symbol;

	if (handle == NULL)
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "the module signet-%s cannot be loaded: %.180s", name, dlerror());
	symbol = dlsym(handle, symbol_name);
	if (symbol == NULL)
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "the module signet-%s is of another version of signet", name);
	/* ISO C has no way from an object pointer to a function; POSIX dlsym says so. */
	memcpy(function, &symbol, sizeof(symbol));
	return SIGNET_OK;
}

static signet_status find(
    const char *name, const char *symbol_name, void *function, signet_error *err)
{
	return find_in(name, name, symbol_name, function, err);
}

static signet_status check_version(
    const char *name, unsigned version, unsigned wanted, signet_error *err)
{
	if (version == wanted)
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
	    "the module signet-%s is of another version of signet", name);
}

signet_status app_wire_store(app_session *session, signet_error *err)
{
	sn_store_module_function *module = NULL;
	signet_status status;

	if (session->store_api != NULL)
		return SIGNET_OK;
	status = find("store", SN_STORE_MODULE_SYMBOL, &module, err);
	if (status == SIGNET_OK)
		status = check_version("store", module()->version, SN_STORE_VERSION, err);
	if (status == SIGNET_OK)
		session->store_api = module();
	return status;
}

signet_status app_wire_net(app_session *session, signet_error *err)
{
	signet_net_module_function *module = NULL;
	signet_status status;

	if (session->net_api != NULL)
		return SIGNET_OK;
	status = find("net", SIGNET_NET_MODULE_SYMBOL, &module, err);
	if (status == SIGNET_OK)
		status = check_version("net", module()->version, SIGNET_NET_VERSION, err);
	if (status == SIGNET_OK)
		session->net_api = module();
	return status;
}

signet_status app_wire_token(app_session *session, signet_error *err)
{
	sn_token_module_function *module = NULL;
	signet_status status;

	if (session->token_api != NULL)
		return SIGNET_OK;
	status = find("token", SN_TOKEN_MODULE_SYMBOL, &module, err);
	if (status == SIGNET_OK)
		status = check_version("token", module()->version, SN_TOKEN_VERSION, err);
	if (status == SIGNET_OK)
		session->token_api = module();
	return status;
}

signet_status app_wire_ldap(app_session *session, signet_error *err)
{
	sn_ldap_module_function *module = NULL;
	signet_status status;

	if (session->ldap_api != NULL)
		return SIGNET_OK;
	status = find_in("net", "ldap", SN_LDAP_MODULE_SYMBOL, &module, err);
	if (status == SIGNET_OK)
		status = check_version("ldap", module()->version, SN_LOOKUP_VERSION, err);
	if (status == SIGNET_OK)
		session->ldap_api = module();
	return status;
}

signet_status app_wire_dns(app_session *session, signet_error *err)
{
	sn_dns_module_function *module = NULL;
	signet_status status;

	if (session->dns_api != NULL)
		return SIGNET_OK;
	status = find_in("net", "dns", SN_DNS_MODULE_SYMBOL, &module, err);
	if (status == SIGNET_OK)
		status = check_version("dns", module()->version, SN_LOOKUP_VERSION, err);
	if (status == SIGNET_OK)
		session->dns_api = module();
	return status;
}
