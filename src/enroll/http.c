#include "enroll/http.h"

#include <string.h>

#include "base/ascii.h"
#include "base/time.h"

static void keep_field(char *to, size_t room, const char *value)
{
	const size_t size = strlen(value);

	if (size < room)
		memcpy(to, value, size + 1);
}

static void note_field(void *user, const char *name, const char *value)
{
	sn_http_answer *answer = user;

	if (sn_ascii_equal(name, "Content-Type"))
		keep_field(answer->content_type, sizeof(answer->content_type), value);
	else if (sn_ascii_equal(name, "Location"))
		keep_field(answer->location, sizeof(answer->location), value);
	else if (sn_ascii_equal(name, "Replay-Nonce"))
		keep_field(answer->nonce, sizeof(answer->nonce), value);
	else if (sn_ascii_equal(name, "Retry-After"))
		keep_field(answer->retry_after, sizeof(answer->retry_after), value);
}

signet_status sn_http_exchange(signet_context *ctx, const signet_fetch *fetch,
    const signet_fetch_request *request, sn_http_answer *answer, signet_error *err)
{
	signet_fetch_answer got = { .field = note_field, .field_user = answer };
	signet_status status;

	*answer = (sn_http_answer){ 0 };
	status = signet_sink_memory_new(ctx, (size_t)request->max_size, &answer->sink, err);
	if (status != SIGNET_OK)
		return status;
	got.body = answer->sink;
	status = fetch->fetch(fetch->user, request, &got, err);
	if (status != SIGNET_OK)
		return status;
	answer->status = got.status;
	answer->body.data = signet_sink_memory_get(answer->sink, &answer->body.size);
	return SIGNET_OK;
}

void sn_http_clear(sn_http_answer *answer)
{
	if (answer->sink != NULL)
		signet_sink_free(&answer->sink);
	*answer = (sn_http_answer){ 0 };
}

bool sn_http_is_type(const sn_http_answer *answer, const char *type)
{
	const size_t size = strcspn(answer->content_type, "; \t");

	return sn_ascii_equal_n(answer->content_type, size, type);
}

int64_t sn_http_wait(const sn_http_answer *answer, int64_t now, int64_t without)
{
	const char *text = answer->retry_after;
	int64_t seconds = 0, at;

	if (*text == '\0')
		return without;
	if (sn_time_parse_mail(text, strlen(text), &at)) {
		seconds = at > now ? at - now : 1;
	} else {
		while (sn_ascii_is_digit((uint8_t)*text) && seconds <= SN_HTTP_WAIT_MAX)
			seconds = 10 * seconds + (*text++ - '0');
		if (*text != '\0' && seconds <= SN_HTTP_WAIT_MAX)
			return without;
	}
	return seconds < 1 ? 1 : seconds > SN_HTTP_WAIT_MAX ? SN_HTTP_WAIT_MAX : seconds;
}

void sn_http_words(const sn_http_answer *answer, char *text, size_t room)
{
	size_t size = 0;

	for (size_t i = 0; i < answer->body.size && size + 1 < room; i++) {
		const uint8_t c = answer->body.data[i];

		if (c == '\n' || c == '\r')
			break;
		text[size++] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	text[size] = '\0';
}
