/* The module's table. */
#include "token/token_int.h"

__attribute__((visibility("default"))) const sn_token_api *signet_token_module(void)
{
	static const sn_token_api api = {
		.version = SN_TOKEN_VERSION,
		.roots_each = sn_token_roots_each,
	};

	return &api;
}
