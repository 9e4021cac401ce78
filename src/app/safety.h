/* Whether the store is whole, and for its owner's eyes only. */
#ifndef SIGNET_APP_SAFETY_H
#define SIGNET_APP_SAFETY_H

#include "app/findings.h"

/* Permissions and owners of the folder and its files, the database, keys that fit certificates. */
signet_status app_check_store(app_findings *findings, signet_error *err) SIGNET_CHECKED;

#endif
