/*
 * signet/verdict.h: what opening a message found.
 *
 * A signet_result is made by signet_open (signet/open.h) and is immutable. Everything it hands out
 * is borrowed from it and lives as long as it does. Its JSON form is the report of signet-report(5).
 *
 * Look at signet_result_verdict first: SIGNET_VERDICT_VALID alone means that a trusted signer is
 * the From and that the signature covers the whole message. The rest explains.
 */
#ifndef SIGNET_VERDICT_H
#define SIGNET_VERDICT_H

#include <signet/cert.h>
#include <signet/error.h>
#include <signet/sink.h>

#ifdef __cplusplus
extern "C" {
#endif

/* In the order in which the first that applies decides. */
typedef enum signet_verdict {
	SIGNET_VERDICT_MALFORMED,
	SIGNET_VERDICT_TAMPERED,
	SIGNET_VERDICT_UNDECRYPTABLE,
	SIGNET_VERDICT_UNAUTHENTICATED,
	SIGNET_VERDICT_IMPOSTOR,
	SIGNET_VERDICT_UNTRUSTED,
	SIGNET_VERDICT_UNSIGNED,        /* encrypted, not signed */
	SIGNET_VERDICT_UNPROTECTED,
	SIGNET_VERDICT_VALID
} signet_verdict;

/* The exit code of the programs: 65 1 2 5 6 3 4 4 0. */
SIGNET_API int signet_verdict_exit(signet_verdict verdict);
SIGNET_API const char *signet_verdict_name(signet_verdict verdict);

typedef enum signet_layer_type {
	SIGNET_LAYER_SIGNED,
	SIGNET_LAYER_ENCRYPTED,
	SIGNET_LAYER_COMPRESSED
} signet_layer_type;

typedef enum signet_signer_status {
	SIGNET_SIGNER_VALID,            /* intact and trusted */
	SIGNET_SIGNER_INVALID,          /* digest or signature does not match */
	SIGNET_SIGNER_UNTRUSTED,        /* intact, not trusted */
	SIGNET_SIGNER_UNVERIFIABLE      /* certificate missing, algorithm unknown */
} signet_signer_status;

typedef struct signet_result signet_result;

SIGNET_API void signet_result_free(signet_result **result);

SIGNET_API signet_verdict signet_result_verdict(const signet_result *result);
/* One sentence for a person. */
SIGNET_API const char *signet_result_summary(const signet_result *result);
/* The From the verdict is bound to; NULL for a bare object. */
SIGNET_API const char *signet_result_from(const signet_result *result);
SIGNET_API bool signet_result_is_encrypted(const signet_result *result);
SIGNET_API bool signet_result_is_signed(const signet_result *result);
/* Whether the content was given to the sink. */
SIGNET_API bool signet_result_is_released(const signet_result *result);
/* Whether the content as it was signed was given to the recover sink of a message altered on the way. */
SIGNET_API bool signet_result_is_recovered(const signet_result *result);

/* Layers of protection, outermost first. */
SIGNET_API size_t signet_result_layer_count(const signet_result *result);
SIGNET_API signet_layer_type signet_result_layer_type(const signet_result *result, size_t layer);
SIGNET_API size_t signet_result_signer_count(const signet_result *result, size_t layer);
SIGNET_API signet_signer_status signet_result_signer_status(const signet_result *result,
    size_t layer, size_t signer);
/* NULL when the message does not carry it and no source had it. */
SIGNET_API const signet_cert *signet_result_signer_cert(const signet_result *result, size_t layer,
    size_t signer);

/* What is wrong or worth knowing: a stable code (signet-report(5)) and a sentence. */
SIGNET_API size_t signet_result_problem_count(const signet_result *result);
SIGNET_API const char *signet_result_problem_code(const signet_result *result, size_t index);
SIGNET_API const char *signet_result_problem_text(const signet_result *result, size_t index);

/* Protected header fields that were changed on the way: as they came (NULL: removed), and as they were
 * signed (NULL: added). */
SIGNET_API size_t signet_result_change_count(const signet_result *result);
SIGNET_API const char *signet_result_change_name(const signet_result *result, size_t index);
SIGNET_API const char *signet_result_change_outer(const signet_result *result, size_t index);
SIGNET_API const char *signet_result_change_signed(const signet_result *result, size_t index);

/* Protected parts below an unprotected root, each a result of its own (borrowed). */
SIGNET_API size_t signet_result_part_count(const signet_result *result);
SIGNET_API const signet_result *signet_result_part(const signet_result *result, size_t index);
SIGNET_API const char *signet_result_part_path(const signet_result *result, size_t index);

/* Appends the report, one JSON object and a line end, to out; out is not finished. */
SIGNET_API signet_status signet_result_write_json(const signet_result *result, signet_sink *out,
    signet_error *err) SIGNET_CHECKED;

/* Capabilities and certificates for the store of a caller that harvests (exit 0 only). */
typedef struct signet_harvest {
	const char *address;
	const signet_cert *signing_cert;
	const signet_cert *encryption_cert;     /* may be the same, or NULL */
	const signet_cert_list *chain;          /* certificates of the message */
	const uint8_t *capabilities;            /* SMIMECapabilities in DER */
	size_t capabilities_size;
	int64_t signing_time;                   /* seconds since 1970, INT64_MIN: not said */
} signet_harvest;
/* false when there is nothing to harvest: only a valid message has something. */
SIGNET_API bool signet_result_harvest(const signet_result *result, signet_harvest *harvest_out);

#ifdef __cplusplus
}
#endif

#endif
