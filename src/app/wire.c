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

/* "store": src/store in the build tree; else bin and lib side by side, or where it was installed. */
static void *load(const char *module)
{
	char folder[PATH_MAX];
	char path[PATH_MAX + 128];

	if (program_folder(folder)) {
		(void)snprintf(
		    path, sizeof(path), "%s/src/%s/signet-%s.so", folder, module, module);
		if (!app_file_exists(path))
			(void)snprintf(path, sizeof(path),
			    "%s/../" SIGNET_LIBDIR "/signet/signet-%s.so", folder, module);
		if (app_file_exists(path))
			return dlopen(path, RTLD_NOW | RTLD_LOCAL);
	}
	(void)snprintf(path, sizeof(path), SIGNET_MODULE_DIR "/signet-%s.so", module);
	return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

/* ISO C has no way from an object pointer to a function; POSIX dlsym says so. */
static signet_status find_symbol(const char *module, const char *name, void **handle_out,
    void *function, size_t size, signet_error *err)
{
	void *handle = load(module);
	void *symbol;

	if (handle == NULL)
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "the module signet-%s.so cannot be loaded: %.180s", module, dlerror());
	*handle_out = handle;
	symbol = dlsym(handle, name);
	if (symbol == NULL)
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "the module signet-%s.so is of another version of signet", module);
	memcpy(function, &symbol, size);
	return SIGNET_OK;
}

static signet_status other_version(const char *module, signet_error *err)
{
	return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
	    "the module signet-%s.so is of another version of signet", module);
}

signet_status app_wire_store(app_session *session, signet_error *err)
{
	sn_store_module_function *module = NULL;
	const sn_store_api *api;
	signet_status status = find_symbol(
	    "store", SN_STORE_MODULE_SYMBOL, &session->module, &module, sizeof(module), err);

	if (status != SIGNET_OK)
		return status;
	api = module();
	if (api->version != SN_STORE_VERSION)
		return other_version("store", err);
	session->store_api = api;
	return SIGNET_OK;
}

signet_status app_wire_token(app_session *session, signet_error *err)
{
	sn_token_module_function *module = NULL;
	const sn_token_api *api;
	signet_status status = find_symbol("token", SN_TOKEN_MODULE_SYMBOL, &session->token_module,
	    &module, sizeof(module), err);

	if (status != SIGNET_OK)
		return status;
	api = module();
	if (api->version != SN_TOKEN_VERSION)
		return other_version("token", err);
	session->token_api = api;
	return SIGNET_OK;
}
