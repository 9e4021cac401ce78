/* The files beside the database that a backup takes along: config, and the authority in ca/. */
#ifndef SIGNET_APP_STORE_FILES_H
#define SIGNET_APP_STORE_FILES_H

#include "app/session.h"

typedef struct app_store_files {
	app_session *session;
	sn_store_file *list;
	size_t count;
	bool replaces; /* restoring: a file that is there is replaced */
} app_store_files;

/* Reads them; a store without any has none. */
signet_status app_store_files_read(app_store_files *files, signet_error *err) SIGNET_CHECKED;
/* Wipes and frees. */
void app_store_files_clear(app_store_files *files);
/* Writes one back into the store's folder: the visitor of a restore; user is app_store_files. */
signet_status app_store_files_write(
    void *user, const sn_store_file *file, signet_error *err) SIGNET_CHECKED;

#endif
