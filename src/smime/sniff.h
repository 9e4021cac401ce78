/* What a message is by its first octets. */
#ifndef SN_SMIME_SNIFF_H
#define SN_SMIME_SNIFF_H

#include <signet/open.h>

enum { SN_SNIFF_HEAD = 64 };

/* head: the first SN_SNIFF_HEAD octets, or all there are. Never SIGNET_FORM_DETECT. */
signet_input_form sn_sniff_form(const uint8_t *head, size_t size);

#endif
