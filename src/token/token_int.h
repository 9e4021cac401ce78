/* What the files of the tokens' module share. */
#ifndef SN_TOKEN_INT_H
#define SN_TOKEN_INT_H

#include "base/context.h"
#include "token/token.h"

/* roots.c */
signet_status sn_token_roots_each(signet_context *ctx, const char *path,
    sn_token_root_visit *visit, void *user, signet_error *err) SIGNET_CHECKED;

const sn_token_api *signet_token_module(void);

#endif
