/* Long work shows on a terminal how far it is. */
#ifndef SIGNET_APP_PROGRESS_H
#define SIGNET_APP_PROGRESS_H

#include <signet/input.h>

/*
 * Puts a counter before an input that reads the file at path (NULL: its size is not known): after
 * the first second a line on the standard error output says how far the present pass over the
 * message is. *input is taken over, also on failure, and is then the counter. Does nothing, with
 * SIGNET_OK, when standard error is no terminal.
 */
signet_status app_progress_wrap(signet_input **input, const char *path, signet_error *err)
    SIGNET_CHECKED;

#endif
