/*
 * signet/open.h: takes the layers of protection off a message, verifies all of them, and gives out
 * what was protected.
 *
 * signet_open reads the input as often as needed (docs/architecture.md), never writes content to
 * the sink before every layer that protects it is verified, and ends the sink itself: finish when
 * the content was released, else abort. It takes the same memory for any size of message.
 *
 * An error (a status other than SIGNET_OK) means that nothing could be found out: malformed input
 * is a verdict, not an error; so is everything that the message itself is to blame for.
 *
 *	signet_open_options options = SIGNET_OPEN_OPTIONS_INIT;
 *
 *	options.trust = trust;
 *	options.time = time(NULL);
 *	options.identities = &bob;
 *	options.identity_count = 1;
 *	if (signet_open(ctx, input, &options, sink, &result, &err) != SIGNET_OK)
 *		errx(signet_status_exit(err.status), "%s", err.text);
 *	puts(signet_result_summary(result));
 */
#ifndef SIGNET_OPEN_H
#define SIGNET_OPEN_H

#include <signet/cert.h>
#include <signet/error.h>
#include <signet/input.h>
#include <signet/sink.h>
#include <signet/sys/fetch.h>
#include <signet/trust.h>
#include <signet/verdict.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum signet_open_mode {
	SIGNET_OPEN,            /* every layer off; content on valid, untrusted, unsigned, impostor */
	SIGNET_VERIFY,          /* the same; content on valid only */
	SIGNET_DECRYPT,         /* encryption layers off until the first signature */
	SIGNET_INSPECT          /* looks at every layer it can, writes no content */
} signet_open_mode;

typedef enum signet_input_form {
	SIGNET_FORM_DETECT,
	SIGNET_FORM_MIME,
	SIGNET_FORM_DER,        /* bare CMS, DER or BER */
	SIGNET_FORM_PEM
} signet_input_form;

typedef enum signet_require {
	SIGNET_REQUIRE_ANY,
	SIGNET_REQUIRE_SIGNED,  /* content withheld unless an intact signature covers the whole */
	SIGNET_REQUIRE_VALID
} signet_require;

/*
 * Who has keys and certificates: the port that a store implements. Each may be NULL. The callee
 * hands each identity (certificate) to add, which takes a reference of its own.
 */
typedef struct signet_source {
	/* all identities that may decrypt, new and old */
	signet_status (*decryption_identities)(void *user,
	    signet_status (*add)(void *add_user, signet_identity *identity, signet_error *err),
	    void *add_user, signet_error *err);
	/* whether address is one of mine */
	bool (*is_my_address)(void *user, const char *address);
	void *user;
} signet_source;

/* A key-encryption key that sender and recipient share (RFC 5652 6.2.3); borrowed. */
typedef struct signet_kek {
	const uint8_t *id;              /* keyIdentifier */
	size_t id_size;
	const uint8_t *key;             /* 16, 24 or 32 octets */
	size_t key_size;
} signet_kek;

/*
 * Who remembers the first good verdict of a message: the port that a store implements. digest is the
 * SHA-256 of the signatures, the certificates they verified by, and the From that the verdict is
 * bound to. What cannot be kept or found is no failure of opening: return SIGNET_OK then.
 */
typedef struct signet_first_verdicts {
	/* The message is valid at time. What is kept already stays. */
	signet_status (*put)(void *user, const uint8_t digest[32], int64_t time, signet_error *err);
	signet_status (*get)(void *user, const uint8_t digest[32], int64_t *time_out, bool *found_out,
	    signet_error *err);
	void *user;
} signet_first_verdicts;

typedef struct signet_open_options {
	unsigned version;               /* SIGNET_OPEN_OPTIONS_VERSION */
	signet_open_mode mode;
	signet_input_form form;
	const signet_trust *trust;      /* NULL: nothing is trusted */
	int64_t time;                   /* verification time, seconds since 1970 */
	signet_identity *const *identities; /* keys that decrypt; borrowed */
	size_t identity_count;
	const signet_source *source;    /* more of them; NULL: none */
	signet_require require;
	bool entity;                    /* write the innermost entity alone */
	bool ignore_sender;
	bool show_altered;
	bool allow_unauthenticated;
	bool inner;                     /* open a protected part below an unprotected root */
	signet_input *content;          /* detached content of a bare SignedData; NULL: none */
	const uint8_t *password;        /* for password recipients; NULL: none */
	size_t password_size;
	/*
	 * Of a clear-signed message that was altered on the way: gets the content as it was signed, where
	 * what happened can be undone (a footer, blanks, "From " lines ...), and is finished then, else
	 * aborted. The verdict stays. NULL: nobody wants it.
	 */
	signet_sink *recover;
	const signet_kek *keks;         /* for recipients by such a key; borrowed */
	size_t kek_count;
	const signet_network *network;  /* NULL: nothing is fetched, nothing kept */
	const signet_first_verdicts *first_verdicts; /* NULL: nobody remembers */
	bool no_legacy_display;         /* leave out what repeats the header fields (RFC 9788 4.5.3) */
} signet_open_options;

#define SIGNET_OPEN_OPTIONS_VERSION 1
#define SIGNET_OPEN_OPTIONS_INIT { .version = SIGNET_OPEN_OPTIONS_VERSION }

/* out may be NULL: nothing is written. The result is freed by signet_result_free. */
SIGNET_API signet_status signet_open(signet_context *ctx, signet_input *input,
    const signet_open_options *options, signet_sink *out, signet_result **result_out,
    signet_error *err) SIGNET_CHECKED;

/*
 * Draws the tree of MIME parts, CMS structures and certificates as text (UTF-8 lines) to out; NULL:
 * only the result is wanted.
 * result_out as of signet_open in mode SIGNET_INSPECT.
 */
SIGNET_API signet_status signet_inspect(signet_context *ctx, signet_input *input,
    const signet_open_options *options, signet_sink *out, signet_result **result_out,
    signet_error *err) SIGNET_CHECKED;

#ifdef __cplusplus
}
#endif

#endif
