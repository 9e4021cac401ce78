/* What opening a message found, as it is gathered; signet/verdict.h is how it is read. */
#ifndef SN_SMIME_RESULT_H
#define SN_SMIME_RESULT_H

#include <signet/verdict.h>

#include "base/buf.h"
#include "base/context.h"
#include "base/json.h"
#include "cms/reader.h"
#include "trust/chain.h"

enum { SN_PROBLEM_ARGS = 4, SN_NO_LAYER = -1 };

typedef enum sn_answer { SN_UNKNOWN, SN_NO, SN_YES } sn_answer;

typedef struct sn_problem_arg {
	const char *name;   /* static */
	char *value;
} sn_problem_arg;

typedef struct sn_problem {
	const char *code;   /* static */
	char *text;
	int layer;          /* SN_NO_LAYER: of the message */
	sn_problem_arg args[SN_PROBLEM_ARGS];
	size_t arg_count;
} sn_problem;

typedef struct sn_signer_result {
	signet_signer_status status;
	const char *reason;         /* a problem code, or NULL */
	signet_cert *cert;          /* NULL: missing */
	char *issuer;               /* of the identifier when the certificate is missing */
	char *serial;
	sn_answer matches_from;
	const char *digest;         /* static name, or NULL */
	char algorithm[32];         /* "ecdsa-p256"; empty when unknown */
	int64_t signing_time;
	sn_revocation_state revocation;
} sn_signer_result;

typedef struct sn_recipient_result {
	sn_cms_recipient_kind kind;
	char *id;                   /* "ISSUER#HEX", "ski:HEX", or NULL */
	char *algorithm;
	bool mine;
} sn_recipient_result;

typedef struct sn_layer_result {
	signet_layer_type type;
	bool is_opaque;             /* signed */
	bool covers_part;
	bool is_aead;               /* encrypted */
	const char *algorithm;      /* cipher or compression; static, or NULL */
	char *algorithm_text;       /* owned form of it, for identifiers that no table knows */
	sn_recipient_result *recipients;
	size_t recipient_count;
	sn_signer_result *signers;
	size_t signer_count;
} sn_layer_result;

typedef struct sn_part_result {
	char *path;
	signet_result *result;
} sn_part_result;

typedef struct sn_header_change {
	char *name;
	char *outer;
	char *inner;
} sn_header_change;

/* What protects a header field (RFC 9788 4.3). */
typedef enum sn_field_state {
	SN_FIELD_UNPROTECTED,
	SN_FIELD_SIGNED,
	SN_FIELD_ENCRYPTED,
	SN_FIELD_SIGNED_AND_ENCRYPTED
} sn_field_state;

typedef struct sn_field_result {
	char *name;
	sn_field_state state;
} sn_field_result;

typedef struct sn_name_list {
	char **names;
	size_t count;
} sn_name_list;

struct signet_result {
	signet_context *ctx;
	signet_verdict verdict;
	char *summary;
	char *from;
	char *from_outer;
	bool encrypted, is_signed;
	bool released;
	bool recovered;             /* the content as it was signed was given out */
	sn_answer addressed_to_me;
	sn_layer_result *layers;
	size_t layer_count;
	sn_problem *problems;
	size_t problem_count;
	sn_part_result *parts;
	size_t part_count;
	sn_name_list protected_names;
	sn_name_list hidden_names;
	sn_header_change *changes;
	size_t change_count;
	sn_field_result *fields;    /* every header field, in the order of the protected section */
	size_t field_count;
	sn_name_list legacy_parts;  /* with a legacy display element */
	char *harvest_address;
	signet_cert *harvest_cert;
	signet_cert *harvest_encryption_cert;
	signet_cert_list *harvest_chain;
	uint8_t *harvest_capabilities;
	size_t harvest_capabilities_size;
	int64_t harvest_time;
};

signet_status sn_result_new(signet_context *ctx, signet_result **result_out, signet_error *err)
    SIGNET_CHECKED;

/* Adds a zeroed element at the end; borrowed until the next is added. */
signet_status sn_result_add_layer(signet_result *result, sn_layer_result **layer_out,
    signet_error *err) SIGNET_CHECKED;
signet_status sn_result_add_signer(signet_result *result, sn_layer_result *layer,
    sn_signer_result **signer_out, signet_error *err) SIGNET_CHECKED;
signet_status sn_result_add_recipient(signet_result *result, sn_layer_result *layer,
    sn_recipient_result **recipient_out, signet_error *err) SIGNET_CHECKED;
/* Takes part over, also on failure. */
signet_status sn_result_add_part(signet_result *result, const char *path, signet_result *part,
    signet_error *err) SIGNET_CHECKED;
signet_status sn_result_add_name(signet_result *result, sn_name_list *list, const char *name,
    size_t size, signet_error *err) SIGNET_CHECKED;
signet_status sn_result_add_change(signet_result *result, const char *name, const char *outer,
    const char *inner, signet_error *err) SIGNET_CHECKED;

signet_status sn_result_add_field(signet_result *result, const char *name, size_t size,
    sn_field_state state, signet_error *err) SIGNET_CHECKED;

/* A problem is told once per layer and code. */
signet_status sn_result_problem(signet_result *result, int layer, const char *code,
    signet_error *err, const char *format, ...) SIGNET_PRINTF(5, 6) SIGNET_CHECKED;
/* Adds an argument to the problem that was added last. */
signet_status sn_result_problem_arg(signet_result *result, const char *name, const char *value,
    signet_error *err) SIGNET_CHECKED;
bool sn_result_has_problem(const signet_result *result, const char *code);

/* The report object of INTERFACE, without a line end. */
void sn_report_write(const signet_result *result, sn_json *json);

#endif
