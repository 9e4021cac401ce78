/*
 * One run of the program: its arguments, the library context, the clock, the store when it is
 * first needed, the passphrase, and what is said to a person.
 */
#ifndef SIGNET_APP_SESSION_H
#define SIGNET_APP_SESSION_H

#include <stdio.h>

#include <signet/input.h>
#include <signet/net.h>
#include <signet/open.h>
#include <signet/signet.h>

#include "app/options.h"
#include "base/buf.h"
#include "net/lookup.h"
#include "store/store.h"
#include "token/token.h"

enum {
	APP_PASSPHRASE_MAX = 1024,
	APP_FILE_MAX = 64 << 20 /* of a file with keys, certificates or CRLs */
};

typedef struct app_secret {
	char text[APP_PASSPHRASE_MAX];
	size_t size;
	bool is_known;
} app_secret;

enum { APP_SECRET_NAME_MAX = 160 };

/* What is being unlocked, and by what: what fits may be kept by the agent. */
typedef struct app_asking {
	char name[APP_SECRET_NAME_MAX]; /* as the agent knows it; empty: it is not asked */
	bool has_tried_agent, has_tried_typed, has_asked;
	bool is_from_agent;         /* the passphrase given last */
	const app_secret *last;     /* the one typed last; NULL: none was */
	bool is_agent_away;         /* not asked again in this run */
} app_asking;

typedef struct app_session {
	app_args args;
	signet_context *ctx;
	char *home;  /* NULL: not asked for yet */
	int64_t now; /* --at, or the clock */
	bool is_quiet, is_verbose;
	size_t lines; /* said so far */
	int exit;     /* of a command that did its work: 0 unless it has found something */
	/* Tables of the modules; NULL: not loaded. */
	const sn_store_api *store_api;
	const signet_net_api *net_api;
	const sn_token_api *token_api;
	const sn_ldap_api *ldap_api;
	const sn_dns_api *dns_api;
	uint64_t silent_sources;      /* a bit for each place to look in that could not be asked */
	sn_store *store;              /* NULL: not opened */
	signet_net *net;              /* the same */
	signet_fetch fetch;           /* network.c: the ports for the library */
	signet_cache cache;
	signet_network network;
	signet_first_verdicts first_verdicts; /* remember.c: the same */
	app_secret given;             /* --passphrase-file, --passphrase-fd */
	app_secret typed;             /* at the terminal */
	app_secret fresh;             /* for what is being made */
	app_secret password;          /* --password-file, of the message itself */
	signet_passphrase passphrase; /* the callback for the library */
	app_asking asking;
	sn_token *token; /* NULL: none was needed */
	app_secret pin;               /* of one token, typed */
	char *settings;               /* that options point into, of how an identity was got */
} app_session;

/* After the arguments were parsed: configuration file, context, time, given passphrase. */
signet_status app_session_begin(app_session *session, signet_error *err) SIGNET_CHECKED;
void app_session_end(app_session *session);

/* A line on standard error, "signet: " before it; control characters are shown as "?". */
void app_say(app_session *session, const char *format, ...) SIGNET_PRINTF(2, 3);
/* The first line about a message: a word, coloured where standard error is a terminal that can (and
 * NO_COLOR does not forbid it), and a sentence. */
void app_say_first(app_session *session, const char *escape, const char *word, const char *text);
/* A line below it, indented, without "signet: ". */
void app_say_below(app_session *session, const char *format, ...) SIGNET_PRINTF(2, 3);
/* With -v only. */
void app_say_more(app_session *session, const char *format, ...) SIGNET_PRINTF(2, 3);

/* SIGNET_HOME: found, not made. Borrowed. */
signet_status app_home(
    app_session *session, const char **home_out, signet_error *err) SIGNET_CHECKED;
/* A path in it: text is appended to. */
signet_status app_home_path(
    app_session *session, const char *name, sn_buf *path, signet_error *err) SIGNET_CHECKED;

/*
 * Opens the store. When it is only to be read and there is none, *store_out is NULL: nothing is
 * made, and the store counts as empty. With --no-store the same.
 */
signet_status app_store(
    app_session *session, bool is_to_write, sn_store **store_out, signet_error *err) SIGNET_CHECKED;

/* Whether the key material comes from --cert, --key or --p12, so that the store is not asked. */
bool app_has_own_keys(const app_session *session);

/* wire.c: loads a module, unless it is there already. */
signet_status app_wire_store(app_session *session, signet_error *err) SIGNET_CHECKED;
signet_status app_wire_net(app_session *session, signet_error *err) SIGNET_CHECKED;
signet_status app_wire_token(app_session *session, signet_error *err) SIGNET_CHECKED;
signet_status app_wire_ldap(app_session *session, signet_error *err) SIGNET_CHECKED;
signet_status app_wire_dns(app_session *session, signet_error *err) SIGNET_CHECKED;

/* passphrase.c */
signet_status app_passphrase_begin(app_session *session, signet_error *err) SIGNET_CHECKED;
/* For something new: the given one, or typed twice, once for the whole run. Borrowed. */
signet_status app_passphrase_new(app_session *session, const char *what,
    const app_secret **secret_out, signet_error *err) SIGNET_CHECKED;
void app_secret_wipe(app_secret *secret);
/* What came of the last passphrase: one that was typed and fits is given to the agent, one of the
 * agent's that does not fit is forgotten there. Passes status on. */
signet_status app_passphrase_result(app_session *session, signet_status status);
/* Before a secret comes in: no core dump, no swap. */
void app_secrets_guard(app_session *session);
/* The callback for PINs: what was typed for anything else is never tried on a token. */
signet_passphrase app_pin(app_session *session);
/* The first line of a file, without its end. */
signet_status app_first_line(
    app_session *session, const char *path, app_secret *secret, signet_error *err) SIGNET_CHECKED;

/* Whether a person is there to be asked. */
bool app_is_terminal(void);
/* Asks at the terminal; anything but "yes" is SIGNET_E_USAGE: nothing was done. */
signet_status app_ask_yes(const char *question, signet_error *err) SIGNET_CHECKED;

/* config.c: adds what $SIGNET_HOME/config says and the command line does not. */
signet_status app_config_read(app_session *session, signet_error *err) SIGNET_CHECKED;

#endif
