/* HTML, as far as is needed to find a tag: for who reads and who writes legacy display elements. */
#ifndef SN_SMIME_HTML_H
#define SN_SMIME_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

/* Behind the '>' of the tag or comment that begins at `at`; the size of the text: it has no end. */
size_t sn_html_end_of_tag(sn_span text, size_t at);
/* Whether a tag of that name ("<div", "</div") begins at `at`. */
bool sn_html_is_tag(sn_span text, size_t at, const char *name);

#endif
