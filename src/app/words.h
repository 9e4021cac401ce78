/*
 * The words for a person: the verdict in one of a few fixed forms (signet-open(1)), why it is so, and
 * what to do. The same on a terminal and elsewhere; colour is for terminals, and of the verdict's word
 * only, so that no meaning hangs on it.
 */
#ifndef SIGNET_APP_WORDS_H
#define SIGNET_APP_WORDS_H

#include <signet/verdict.h>

#include "app/session.h"

/* What to do about a problem, a sentence; NULL: the code is not known. */
const char *app_remedy(const char *code);
/* The place of a code among the problems, the most important first. */
size_t app_remedy_rank(const char *code);
/* Says the verdict, why, and what to do. */
void app_say_result(app_session *session, const signet_result *result);

#endif
