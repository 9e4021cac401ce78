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

static const char *const places[] = {
	"src/store/signet-store.so",                   /* the build tree */
	"../" SIGNET_LIBDIR "/signet/signet-store.so", /* bin and lib side by side */
};

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

static void *load(void)
{
	char folder[PATH_MAX];
	char path[PATH_MAX + 64];

	if (program_folder(folder)) {
		for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
			(void)snprintf(path, sizeof(path), "%s/%s", folder, places[i]);
			if (app_file_exists(path))
				return dlopen(path, RTLD_NOW | RTLD_LOCAL);
		}
	}
	return dlopen(SIGNET_MODULE_DIR "/signet-store.so", RTLD_NOW | RTLD_LOCAL);
}

signet_status app_wire_store(app_session *session, signet_error *err)
{
	sn_store_module_function *module = NULL;
	void *handle = load();
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
