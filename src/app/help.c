/* --help, from the table. */
#include <string.h>

#include "app/options.h"

void app_help(FILE *out)
{
	(void)fprintf(out, "usage: signet COMMAND [OPTION]... [FILE]\n\n");
	for (app_command_id id = 0; id < APP_COMMAND_COUNT; id++) {
		const app_command *command = app_command_get(id);
		char name[64];

		(void)snprintf(name, sizeof(name), "%s%s%s", command->verb,
		    command->sub == NULL ? "" : " ", command->sub == NULL ? "" : command->sub);
		(void)fprintf(out, "  %-18s %s\n", name, command->summary);
	}
	(void)fprintf(
	    out, "\nsignet COMMAND --help says more, and so do signet(1) and signet-COMMAND(1).\n");
}

void app_help_verb(FILE *out, const char *verb)
{
	(void)fprintf(out, "usage: signet %s COMMAND [OPTION]...\n\n", verb);
	for (app_command_id id = 0; id < APP_COMMAND_COUNT; id++) {
		const app_command *command = app_command_get(id);

		if (strcmp(command->verb, verb) == 0)
			(void)fprintf(out, "  %-10s %s\n", command->sub, command->summary);
	}
	(void)fprintf(out, "\nsignet %s COMMAND --help lists the options.\n", verb);
}

static void help_option(FILE *out, const app_option *option)
{
	char left[40];
	char letter[4] = "   ";

	if (option->letter != 0)
		(void)snprintf(letter, sizeof(letter), "-%c,", option->letter);
	(void)snprintf(left, sizeof(left), "%s --%s%s%s", letter, option->name,
	    option->value == NULL ? "" : " ", option->value == NULL ? "" : option->value);
	if (strlen(left) > 28)
		(void)fprintf(out, "  %s\n  %-28s %s\n", left, "", option->help);
	else
		(void)fprintf(out, "  %-28s %s\n", left, option->help);
}

void app_help_command(FILE *out, const app_command *command)
{
	(void)fprintf(out, "usage: signet %s%s%s [OPTION]... %s\n%s\n\n", command->verb,
	    command->sub == NULL ? "" : " ", command->sub == NULL ? "" : command->sub,
	    command->operands, command->summary);
	for (app_option_id id = 0; id < APP_OPTION_COUNT; id++) {
		const app_option *option = app_option_get(id);

		if ((option->commands & (UINT64_C(1) << command->id)) != 0)
			help_option(out, option);
	}
}
