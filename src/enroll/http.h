/* One exchange with an authority, by the fetch port, and what of its answer matters. */
#ifndef SN_ENROLL_HTTP_H
#define SN_ENROLL_HTTP_H

#include <signet/sys/fetch.h>

#include "base/base64_text.h"
#include "base/buf.h"
#include "base/context.h"
#include "base/span.h"

enum { SN_HTTP_FIELD = 2048, SN_HTTP_BODY = 1 << 20, SN_HTTP_WAIT_MAX = 86400 };

typedef struct sn_http_answer {
	int status;
	signet_sink *sink;
	sn_span body;                       /* in sink */
	char content_type[256];             /* each "" where there is none, or too long */
	char location[SN_HTTP_FIELD];
	char nonce[SN_HTTP_FIELD];          /* Replay-Nonce */
	char retry_after[64];
} sn_http_answer;

/* Errors are the port's. The answer is cleared by the caller in any case. */
signet_status sn_http_exchange(signet_context *ctx, const signet_fetch *fetch,
    const signet_fetch_request *request, sn_http_answer *answer, signet_error *err) SIGNET_CHECKED;
void sn_http_clear(sn_http_answer *answer);
/* Whether the media type is this one, whatever its parameters. */
bool sn_http_is_type(const sn_http_answer *answer, const char *type);
/* Seconds to wait (RFC 9110 10.2.3: a number, or a date), 1 to SN_HTTP_WAIT_MAX; without: by default. */
int64_t sn_http_wait(const sn_http_answer *answer, int64_t now, int64_t without);
/* The first line of the body as a sentence may hold it: printable, at most room - 1 octets. */
void sn_http_words(const sn_http_answer *answer, char *text, size_t room);

#endif
