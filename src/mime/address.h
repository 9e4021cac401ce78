/*
 * Addresses of From, Sender, To, Cc, Bcc, Reply-To (RFC 5322 3.4 with its obsolete forms, 6854
 * groups, 6532 UTF-8).
 */
#ifndef SN_MIME_ADDRESS_H
#define SN_MIME_ADDRESS_H

#include "mime/header.h"

typedef struct sn_mime_mailbox {
	char *address;      /* "alice@example.com", quoted local part unquoted where it needs no quotes;
	                       UTF-8 */
	char *name;         /* display name, RFC 2047 decoded; NULL when there is none */
} sn_mime_mailbox;

typedef struct sn_mime_address_list {
	const signet_context *ctx;
	sn_mime_mailbox *mailboxes;
	size_t count;
	bool is_damaged;    /* something could not be parsed and was left out */
	bool has_group;
} sn_mime_address_list;

/* Adds the mailboxes of one field; a zeroed list (with ctx) is empty. */
signet_status sn_mime_address_list_add(sn_mime_address_list *list, const sn_mime_field *field,
    signet_error *err) SIGNET_CHECKED;
void sn_mime_address_list_clear(sn_mime_address_list *list);

#endif
