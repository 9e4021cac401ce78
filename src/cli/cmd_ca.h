/* What the files of ca share. */
#ifndef SIGNET_CLI_CMD_CA_H
#define SIGNET_CLI_CMD_CA_H

#include "app/ca.h"

/* cmd_ca_list.c */
signet_status cmd_ca_list(app_ca *ca, signet_error *err) SIGNET_CHECKED;
signet_status cmd_ca_log(app_ca *ca, signet_error *err) SIGNET_CHECKED;

#endif
