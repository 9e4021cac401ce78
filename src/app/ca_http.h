/* The little of HTTP that OCSP needs: one request, one answer, then the connection ends. */
#ifndef SIGNET_APP_CA_HTTP_H
#define SIGNET_APP_CA_HTTP_H

#include <signet/ca.h>

enum {
	APP_HTTP_BODY_MAX = 16 << 10,
	APP_HTTP_HEAD_MAX = 24 << 10, /* a GET has the request in its first line */
	APP_HTTP_ROOM = APP_HTTP_HEAD_MAX + APP_HTTP_BODY_MAX
};

typedef struct app_http_request {
	uint8_t data[APP_HTTP_ROOM + 1];
	size_t size;
	size_t head;  /* octets of the header section, once it is whole; 0: not yet */
	unsigned code; /* 200: the OCSP request stands in body; else what is wrong */
	const uint8_t *body;
	size_t body_size;
} app_http_request;

void app_http_begin(app_http_request *request);
/* Where the next octets go. */
uint8_t *app_http_room(app_http_request *request, size_t *room_out);
/* After size octets came: whether there is something to answer now. */
bool app_http_take(app_http_request *request, size_t size);

typedef struct app_http_answer {
	unsigned code;
	signet_ca_answer_kind kind;
	int64_t now, until; /* how long a shared answer may be kept */
} app_http_answer;

/* Head and body; body is a sink in memory. */
signet_status app_http_write(const app_http_answer *answer, const signet_sink *body,
    signet_sink *out, signet_error *err) SIGNET_CHECKED;

#endif
