/* Finds the command, parses its options, runs it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/message.h"
#include "cli/cmd.h"

/* Commands that later versions have: a script may ask, and gets an honest answer. */
static bool is_planned(const char *verb)
{
	static const char *const verbs[] = { "filter", "send", "config" };

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(verb, verbs[i]) == 0)
			return true;
	return false;
}

static int finish_stdout(int code)
{
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return code;
	(void)fprintf(stderr, "signet: cannot write to standard output\n");
	return 74;
}

static int no_command(const char *verb, const char *sub)
{
	if (is_planned(verb)) {
		(void)fprintf(stderr, "signet: %s%s%s is not available yet in this version\n", verb,
		    sub == NULL ? "" : " ", sub == NULL ? "" : sub);
		return 69;
	}
	if (app_verb_has_subs(verb))
		(void)fprintf(stderr,
		    "signet: %s needs a command of its own; see signet %s --help\n", verb, verb);
	else
		(void)fprintf(
		    stderr, "signet: there is no command \"%.60s\"; see signet --help\n", verb);
	return 64;
}

static bool is_message(const app_command *command) { return command->id <= APP_COMMAND_INSPECT; }

typedef signet_status command_function(app_session *session, signet_error *err);

static command_function *find_function(const char *verb)
{
	static const struct {
		const char *verb;
		command_function *function;
	} functions[] = {
		{ "rewrap", cmd_rewrap }, { "identity", cmd_identity }, { "contact", cmd_contact },
		{ "trust", cmd_trust }, { "ca", cmd_ca }, { "enroll", cmd_enroll }, { "store", cmd_store },
		{ "agent", cmd_agent },
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		if (strcmp(verb, functions[i].verb) == 0)
			return functions[i].function;
	return cmd_doctor;
}

static int run(app_session *session)
{
	signet_error err = { 0 };
	signet_status status;

	if (is_message(session->args.command))
		return session->args.command->id <= APP_COMMAND_ENCRYPT ? cmd_write(session)
									: cmd_read(session);
	if (session->args.command->id == APP_COMMAND_IDENTITY_LINT)
		return cmd_lint(session);
	status = find_function(session->args.command->verb)(session, &err);
	return status == SIGNET_OK ? finish_stdout(session->exit) : app_fail(session, &err);
}

/* Even a mistake on the command line is reported, where the report was asked for. */
static int refuse(app_session *session, const signet_error *err)
{
	app_report report = { 0 };
	int code;

	session->is_quiet = app_has(&session->args, APP_OPTION_QUIET);
	code = app_fail(session, err);
	if (!is_message(session->args.command))
		return code;
	if (session->ctx == NULL && signet_context_new(NULL, &session->ctx, NULL) != SIGNET_OK)
		return code;
	if (app_report_begin(&report, session, NULL) == SIGNET_OK)
		(void)!app_report_failure(&report, err, NULL);
	app_report_end(&report);
	return code;
}

static int run_command(const app_command *command, int argc, char *const *argv)
{
	app_session *session = calloc(1, sizeof(*session));
	signet_error err = { 0 };
	int code;

	if (session == NULL)
		return 70;
	if (app_args_parse(&session->args, command, argc, argv, &err) != SIGNET_OK) {
		code = refuse(session, &err);
	} else if (app_has(&session->args, APP_OPTION_HELP)) {
		app_help_command(stdout, command);
		code = finish_stdout(0);
	} else if (app_session_begin(session, &err) != SIGNET_OK) {
		code = refuse(session, &err);
	} else {
		code = run(session);
	}
	app_session_end(session);
	free(session);
	return code;
}

static bool has_word(int argc, char *const *argv, const char *a, const char *b)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], a) == 0 || (b != NULL && strcmp(argv[i], b) == 0))
			return true;
	return false;
}

/* Takes one word out of the list. */
static void remove_word(int *argc, char **argv, int at)
{
	for (int i = at; i + 1 < *argc; i++)
		argv[i] = argv[i + 1];
	(*argc)--;
}

static int without_verb(int argc, char *const *argv)
{
	if (has_word(argc, argv, "--help", "-h")) {
		app_help(stdout);
		return finish_stdout(0);
	}
	if (has_word(argc, argv, "--version", NULL)) {
		(void)printf("signet %s\n", signet_version());
		return finish_stdout(0);
	}
	if (argc > 1)
		(void)fprintf(stderr, "signet: no command before or after %.60s\n", argv[1]);
	app_help(stderr);
	return 64;
}

/* Options may stand before the command and between its two words. */
static int find_command(int argc, char **argv)
{
	const app_command *command;
	const char *verb, *sub = NULL;
	int at = app_next_word(argc, argv, 1);

	if (at == argc)
		return without_verb(argc, argv);
	verb = argv[at];
	remove_word(&argc, argv, at);
	if (strcmp(verb, "help") == 0) {
		app_help(stdout);
		return finish_stdout(0);
	}
	if (app_verb_has_subs(verb)) {
		at = app_next_word(argc, argv, at);
		if (at == argc && has_word(argc, argv, "--help", "-h")) {
			app_help_verb(stdout, verb);
			return finish_stdout(0);
		}
		if (at < argc) {
			sub = argv[at];
			remove_word(&argc, argv, at);
		}
	}
	command = app_command_find(verb, sub);
	if (command == NULL)
		return no_command(verb, sub != NULL || at >= argc ? sub : argv[at]);
	return run_command(command, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	/* A reader that went away is an error of writing (74), not a death; files are ours alone. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)umask(077);
	return find_command(argc, argv);
}
