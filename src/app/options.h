/* The table of commands and options, and a command line parsed by it. */
#ifndef SIGNET_APP_OPTIONS_H
#define SIGNET_APP_OPTIONS_H

#include <stdio.h>

#include <signet/signet.h>

typedef enum app_command_id {
#define COMMAND(id, ...) APP_COMMAND_##id,
#include "app/options.def"
	APP_COMMAND_COUNT
} app_command_id;

typedef enum app_option_id {
#define OPTION(id, ...) APP_OPTION_##id,
#include "app/options.def"
	APP_OPTION_COUNT
} app_option_id;

typedef struct app_command {
	app_command_id id;
	const char *verb;
	const char *sub; /* NULL: the verb stands alone */
	const char *operands;
	size_t fewest, most;
	const char *summary;
} app_command;

typedef struct app_option {
	const char *name;
	char letter;       /* 0: none */
	const char *value; /* what the value is called; NULL: a flag */
	bool is_repeatable;
	uint64_t commands; /* a bit for each */
	const char *help;
} app_option;

/* What was given for one option. A flag has a count only. */
typedef struct app_values {
	const char **text;
	size_t count;
	bool is_configured; /* by the file, not by the command line */
} app_values;

typedef struct app_args {
	const app_command *command;
	app_values values[APP_OPTION_COUNT];
	const char **operands;
	size_t operand_count;
	char *configuration; /* the text that configured values point into */
} app_args;

const app_command *app_command_get(app_command_id id);
/* sub may be NULL. NULL: there is no such command. */
const app_command *app_command_find(const char *verb, const char *sub);
/*
 * The first word from argv[at] on that is no option and no value of one: "ca" and then "init" in
 * "--home DIR ca --dir DIR init". argc when there is none.
 */
int app_next_word(int argc, char *const *argv, int at);
/* Whether a verb has sub-commands. */
bool app_verb_has_subs(const char *verb);
bool app_verb_exists(const char *verb);
const app_option *app_option_get(app_option_id id);
/* The option of this command by its name; NULL. */
const app_option *app_option_find(const app_command *command, const char *name);

/*
 * Parses what stands behind the command. After a mistake the rest is still looked at, so that
 * --report is known; the first mistake is told. args is cleared by app_args_clear in any case.
 */
signet_status app_args_parse(app_args *args, const app_command *command, int argc,
    char *const *argv, signet_error *err) SIGNET_CHECKED;
void app_args_clear(app_args *args);
/* Adds a value (of a flag: NULL). */
signet_status app_args_add(
    app_args *args, const app_option *option, const char *value, signet_error *err) SIGNET_CHECKED;

bool app_has(const app_args *args, app_option_id id);
/* The value given last, or NULL. */
const char *app_value(const app_args *args, app_option_id id);

/* --help: of the program, of a verb with sub-commands, of one command. */
void app_help(FILE *out);
void app_help_verb(FILE *out, const char *verb);
void app_help_command(FILE *out, const app_command *command);

#endif
