#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <signet/error.h>

int signet_status_exit(signet_status status)
{
	return (int)status >> 8;
}

const char *signet_status_code(signet_status status)
{
	switch (status) {
	case SIGNET_OK: return "ok";
	case SIGNET_E_DECRYPT: return "decrypt-failed";
	case SIGNET_E_PASSPHRASE: return "passphrase";
	case SIGNET_E_NO_KEY: return "no-key";
	case SIGNET_E_ALGORITHM: return "algorithm-unavailable";
	case SIGNET_E_UNPROTECTED: return "unprotected";
	case SIGNET_E_USAGE: return "usage";
	case SIGNET_E_SIGNER_MISMATCH: return "signer-not-from";
	case SIGNET_E_COPIES: return "several-copies";
	case SIGNET_E_MALFORMED: return "malformed";
	case SIGNET_E_LIMIT: return "limit";
	case SIGNET_E_NO_HEADER: return "no-header";
	case SIGNET_E_NO_INPUT: return "no-input";
	case SIGNET_E_NO_CERT: return "no-certificate";
	case SIGNET_E_NO_IDENTITY: return "no-identity";
	case SIGNET_E_NOT_FOUND: return "not-found";
	case SIGNET_E_UNAVAILABLE: return "unavailable";
	case SIGNET_E_TOKEN: return "token-unavailable";
	case SIGNET_E_INTERNAL: return "internal";
	case SIGNET_E_MEMORY: return "memory";
	case SIGNET_E_CRYPTO: return "crypto";
	case SIGNET_E_CANNOT_CREATE: return "cannot-create";
	case SIGNET_E_IO: return "io";
	case SIGNET_E_CHANGED: return "input-changed";
	case SIGNET_E_BUSY: return "busy";
	case SIGNET_E_PERMISSION: return "permission";
	}
	return "unknown";
}

SIGNET_PRINTF(6, 0)
static void fill(signet_error *err, signet_status status, int sys, uint64_t offset,
    const char *func, const char *format, va_list args)
{
	err->status = status;
	err->sys = sys;
	err->offset = offset;
	err->func = func;
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
}

signet_status signet_fail_at(signet_error *err, signet_status status, uint64_t offset,
    const char *func, const char *format, ...)
{
	va_list args;

	if (err == NULL)
		return status;
	va_start(args, format);
	fill(err, status, 0, offset, func, format, args);
	va_end(args);
	return status;
}

signet_status signet_fail_sys_at(signet_error *err, signet_status status, const char *func,
    const char *format, ...)
{
	const int sys = errno;
	va_list args;
	size_t used;

	if (err == NULL)
		return status;
	va_start(args, format);
	fill(err, status, sys, SIGNET_NO_OFFSET, func, format, args);
	va_end(args);
	used = strlen(err->text);
	if (sys != 0 && used + 3 < sizeof(err->text)) {
		char reason[128];

		/* the XSI form: 0 on success, text in the caller's buffer */
		if (strerror_r(sys, reason, sizeof(reason)) == 0)
			(void)snprintf(err->text + used, sizeof(err->text) - used, ": %s", reason);
	}
	return status;
}
