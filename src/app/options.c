/* Parses command lines by the table of options.def. */
#include "app/options.h"

#include <stdlib.h>
#include <string.h>

static const app_command commands[] = {
#define COMMAND(id, verb, sub, operands, fewest, most, summary) \
	[APP_COMMAND_##id] = { APP_COMMAND_##id, verb, sub, operands, fewest, most, summary },
#include "app/options.def"
};

enum { ONCE = false, REPEAT = true };

static const app_option options[] = {
#define OPTION(id, name, letter, value, repeat, in, help) \
	[APP_OPTION_##id] = { name, letter, value, repeat, in, help },
#include "app/options.def"
};

const app_command *app_command_get(app_command_id id) { return &commands[id]; }
const app_option *app_option_get(app_option_id id) { return &options[id]; }

const app_command *app_command_find(const char *verb, const char *sub)
{
	for (size_t i = 0; i < APP_COMMAND_COUNT; i++) {
		if (strcmp(commands[i].verb, verb) != 0)
			continue;
		if (commands[i].sub == NULL || (sub != NULL && strcmp(commands[i].sub, sub) == 0))
			return &commands[i];
	}
	return NULL;
}

bool app_verb_exists(const char *verb)
{
	for (size_t i = 0; i < APP_COMMAND_COUNT; i++)
		if (strcmp(commands[i].verb, verb) == 0)
			return true;
	return false;
}

bool app_verb_has_subs(const char *verb)
{
	for (size_t i = 0; i < APP_COMMAND_COUNT; i++)
		if (strcmp(commands[i].verb, verb) == 0 && commands[i].sub != NULL)
			return true;
	return false;
}

static bool is_option_of(const app_option *option, const app_command *command)
{
	return (option->commands & (UINT64_C(1) << command->id)) != 0;
}

static const app_option *find_named(const char *name, size_t size)
{
	for (size_t i = 0; i < APP_OPTION_COUNT; i++)
		if (strlen(options[i].name) == size && memcmp(options[i].name, name, size) == 0)
			return &options[i];
	return NULL;
}

static const app_option *find_letter(char letter)
{
	for (size_t i = 0; i < APP_OPTION_COUNT; i++)
		if (options[i].letter == letter)
			return &options[i];
	return NULL;
}

const app_option *app_option_find(const app_command *command, const char *name)
{
	const app_option *option = find_named(name, strlen(name));

	return option != NULL && is_option_of(option, command) ? option : NULL;
}

/* -o takes the next word, -oFILE does not; the last of -qo does again. */
static bool takes_next_word(const char *word)
{
	const app_option *option = NULL;

	if (word[1] == '-') {
		option = find_named(word + 2, strlen(word + 2));
		return option != NULL && option->value != NULL;
	}
	for (const char *letter = word + 1; *letter != '\0'; letter++) {
		option = find_letter(*letter);
		if (option != NULL && option->value != NULL)
			return letter[1] == '\0';
	}
	return false;
}

int app_next_word(int argc, char *const *argv, int at)
{
	while (at < argc && argv[at][0] == '-')
		at += takes_next_word(argv[at]) ? 2 : 1;
	return at < argc ? at : argc;
}

bool app_has(const app_args *args, app_option_id id) { return args->values[id].count > 0; }

const char *app_value(const app_args *args, app_option_id id)
{
	const app_values *values = &args->values[id];

	return values->count == 0 ? NULL : values->text[values->count - 1];
}

static signet_status grow(const char ***list, size_t count, const char *text, signet_error *err)
{
	const char **grown = realloc(*list, (count + 1) * sizeof(**list));

	if (grown == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	grown[count] = text;
	*list = grown;
	return SIGNET_OK;
}

signet_status app_args_add(
    app_args *args, const app_option *option, const char *value, signet_error *err)
{
	app_values *values = &args->values[option - options];
	signet_status status = grow(&values->text, values->count, value, err);

	if (status == SIGNET_OK)
		values->count++;
	return status;
}

/* "signet identity new" */
static void command_name(const app_command *command, char name[64])
{
	(void)snprintf(name, 64, "signet %s%s%s", command->verb, command->sub == NULL ? "" : " ",
	    command->sub == NULL ? "" : command->sub);
}

static signet_status not_there(
    const app_command *command, const char *text, int size, bool elsewhere, signet_error *err)
{
	char name[64];

	command_name(command, name);
	if (elsewhere)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "%s has no option %.*s; see %s --help", name, size, text, name);
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "unknown option %.*s; see %s --help", size, text, name);
}

typedef struct parser {
	app_args *args;
	int argc;
	char *const *argv;
	int at;
} parser;

/* The value behind "=" or behind the letter, or else the next word. */
static signet_status take(parser *p, const app_option *option, const char *text, int size,
    const char *attached, signet_error *err)
{
	if (option == NULL || !is_option_of(option, p->args->command))
		return not_there(p->args->command, text, size, option != NULL, err);
	if (option->value == NULL)
		return app_args_add(p->args, option, NULL, err);
	if (attached == NULL) {
		if (p->at + 1 >= p->argc)
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "option %.*s needs a value (%s)", size, text, option->value);
		attached = p->argv[++p->at];
	}
	return app_args_add(p->args, option, attached, err);
}

static signet_status parse_long(parser *p, const char *word, signet_error *err)
{
	const char *name = word + 2;
	const char *equals = strchr(name, '=');
	size_t size = equals == NULL ? strlen(name) : (size_t)(equals - name);
	const app_option *option = find_named(name, size);

	if (equals != NULL && option != NULL && option->value == NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "option --%s takes no value", option->name);
	return take(p, option, word, size > 60 ? 62 : (int)size + 2,
	    equals == NULL ? NULL : equals + 1, err);
}

/* -q, -qv, -oFILE, -o FILE */
static signet_status parse_letters(parser *p, const char *word, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (const char *letter = word + 1; status == SIGNET_OK && *letter != '\0'; letter++) {
		const app_option *option = find_letter(*letter);
		const char text[3] = { '-', *letter, '\0' };
		bool has_value = option != NULL && option->value != NULL;

		status = take(
		    p, option, text, 2, has_value && letter[1] != '\0' ? letter + 1 : NULL, err);
		if (has_value)
			break;
	}
	return status;
}

static signet_status parse_operand(parser *p, const char *word, signet_error *err)
{
	app_args *args = p->args;
	signet_status status;

	if (args->operand_count >= args->command->most)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "\"%.60s\" is one argument too many; see signet %s --help", word,
		    args->command->verb);
	status = grow(&args->operands, args->operand_count, word, err);
	if (status == SIGNET_OK)
		args->operand_count++;
	return status;
}

signet_status app_args_parse(
    app_args *args, const app_command *command, int argc, char *const *argv, signet_error *err)
{
	parser p = { .args = args, .argc = argc, .argv = argv };
	signet_status first = SIGNET_OK;
	bool only_operands = false;

	*args = (app_args){ .command = command };
	for (; p.at < argc; p.at++) {
		const char *word = argv[p.at];
		signet_error *where = first == SIGNET_OK ? err : NULL;
		signet_status status;

		if (only_operands || word[0] != '-' || word[1] == '\0') {
			status = parse_operand(&p, word, where);
		} else if (strcmp(word, "--") == 0) {
			only_operands = true;
			status = SIGNET_OK;
		} else if (word[1] == '-') {
			status = parse_long(&p, word, where);
		} else {
			status = parse_letters(&p, word, where);
		}
		if (first == SIGNET_OK)
			first = status;
	}
	if (first == SIGNET_OK && args->operand_count < command->fewest &&
	    !app_has(args, APP_OPTION_HELP)) {
		char name[64];

		command_name(command, name);
		first = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "usage: %s %s; see %s --help", name, command->operands, name);
	}
	return first;
}

void app_args_clear(app_args *args)
{
	for (size_t i = 0; i < APP_OPTION_COUNT; i++)
		free(args->values[i].text);
	free(args->operands);
	free(args->configuration);
	*args = (app_args){ .command = args->command };
}
