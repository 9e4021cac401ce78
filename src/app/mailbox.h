/* Mails one after the other: a Maildir or a folder of .eml files, an mbox, one mail in a file. */
#ifndef SIGNET_APP_MAILBOX_H
#define SIGNET_APP_MAILBOX_H

#include <signet/input.h>

#include "app/session.h"

/*
 * input: the mail, for the time of the call; NULL: it cannot be read, or is too large. item: a name
 * that the same mail has next time, when a mail program has moved it from new to cur or changed its
 * flags. Any status but SIGNET_OK ends the walk, which returns it.
 */
typedef signet_status app_mail_visit(
    void *user, signet_input *input, const char *item, signet_error *err);

/*
 * Every mail at path. A folder is walked with those below it: the files in each cur and new, and
 * those called *.eml. Symbolic links are not followed. SIGNET_E_NO_INPUT: there is nothing at path.
 */
signet_status app_mailbox_each(app_session *session, const char *path, app_mail_visit *visit,
    void *user, signet_error *err) SIGNET_CHECKED;

#endif
