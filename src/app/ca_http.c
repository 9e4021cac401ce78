/* Reads HTTP requests that carry an OCSP request (RFC 6960 A.1), writes the answers. */
#include "app/ca_http.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/base64_text.h"
#include "base/time.h"

enum { DATE_MAX = 64, HEAD_MAX = 1024 };

void app_http_begin(app_http_request *request)
{
	request->size = 0;
	request->head = 0;
	request->code = 200;
	request->body = NULL;
	request->body_size = 0;
}

uint8_t *app_http_room(app_http_request *request, size_t *room_out)
{
	*room_out = APP_HTTP_ROOM - request->size;
	return request->data + request->size;
}

static bool fail(app_http_request *request, unsigned code)
{
	request->code = code;
	return true;
}

/* Base64 in place, with or without what fills it up. false: something else is in it. */
static bool decode64(const uint8_t *text, size_t size, uint8_t *out, size_t *size_out)
{
	uint32_t group = 0;
	size_t bits = 0, used = 0;

	while (size > 0 && text[size - 1] == '=')
		size--;
	for (size_t i = 0; i < size; i++) {
		int value = sn_base64_digit(text[i]);

		if (value < 0)
			return false;
		group = (group << 6 | (uint32_t)value) & 0xffffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[used++] = (uint8_t)(group >> bits);
		}
	}
	*size_out = used;
	return true;
}

/* "%2B" is "+" (RFC 3986 2.1); in place. */
static size_t unescape(uint8_t *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < size; i++) {
		size_t one = 0;

		if (text[i] == '%' && i + 2 < size &&
		    sn_hex_decode((const char *)text + i + 1, 2, &text[used], 1, &one))
			i += 2;
		else
			text[used] = text[i];
		used++;
	}
	return used;
}

/* A SEQUENCE whose length octets say as much as there is. */
static bool is_whole(const uint8_t *der, size_t size)
{
	if (size < 2 || der[0] != 0x30)
		return false;
	if (der[1] < 0x80)
		return size == 2u + der[1];
	if (der[1] == 0x81)
		return size > 3 && size == 3u + der[2];
	return der[1] == 0x82 && size > 4 && size == 4u + ((size_t)der[2] << 8 | der[3]);
}

/*
 * GET {url}/{base64 of the request}: how long {url} is, the web server in front decides, and
 * base64 has slashes itself, so each one is tried. What is found nowhere is answered as malformed.
 */
static bool read_get(app_http_request *request, uint8_t *target, size_t size)
{
	uint8_t *out = request->data + APP_HTTP_HEAD_MAX;

	size = unescape(target, size);
	for (size_t i = 0; i < size; i++)
		if (target[i] == '/' && size - i - 1 <= APP_HTTP_BODY_MAX &&
		    decode64(target + i + 1, size - i - 1, out, &request->body_size) &&
		    is_whole(out, request->body_size)) {
			request->body = out;
			return true;
		}
	request->body = out;
	request->body_size = 0;
	return true;
}

/* The value of a field of the header section, or NULL; ends at CR or LF. */
static const char *find_field(const char *head, const char *name)
{
	for (const char *line = strchr(head, '\n'); line != NULL; line = strchr(line, '\n')) {
		const char *colon;

		line++;
		colon = strchr(line, ':');
		if (colon != NULL && sn_ascii_equal_n(line, (size_t)(colon - line), name)) {
			for (colon++; *colon == ' ' || *colon == '\t'; colon++)
				;
			return colon;
		}
	}
	return NULL;
}

static bool read_length(const char *text, size_t *length_out)
{
	size_t length = 0;

	if (!sn_ascii_is_digit((uint8_t)*text))
		return false;
	for (; sn_ascii_is_digit((uint8_t)*text); text++) {
		length = length * 10 + (size_t)(*text - '0');
		if (length > APP_HTTP_BODY_MAX)
			length = APP_HTTP_BODY_MAX + 1;
	}
	*length_out = length;
	return *text == '\r' || *text == '\n' || *text == ' ';
}

static bool read_post(app_http_request *request)
{
	const char *text = find_field((const char *)request->data, "content-length");
	size_t length = 0;

	if (text == NULL || find_field((const char *)request->data, "transfer-encoding") != NULL)
		return fail(request, 411);
	if (!read_length(text, &length))
		return fail(request, 400);
	if (length > APP_HTTP_BODY_MAX)
		return fail(request, 413);
	if (request->size - request->head < length)
		return false;
	request->body = request->data + request->head;
	request->body_size = length;
	return true;
}

static size_t find_end(const app_http_request *request)
{
	for (size_t i = 0; i + 1 < request->size; i++) {
		if (request->data[i] != '\n')
			continue;
		if (request->data[i + 1] == '\n')
			return i + 2;
		if (i + 2 < request->size && request->data[i + 1] == '\r' &&
		    request->data[i + 2] == '\n')
			return i + 3;
	}
	return 0;
}

/* METHOD SP TARGET SP HTTP/1.x */
static bool read_head(app_http_request *request)
{
	uint8_t *line = request->data;
	uint8_t *end = memchr(line, '\n', request->head);
	uint8_t *target = memchr(line, ' ', (size_t)(end - line));
	uint8_t *version;

	if (memchr(line, 0, request->head) != NULL || target == NULL)
		return fail(request, 400);
	target++;
	version = memchr(target, ' ', (size_t)(end - target));
	if (version == NULL || !sn_ascii_has_prefix_n(version + 1, (size_t)(end - version - 1), "HTTP/1."))
		return fail(request, 400);
	if (sn_ascii_equal_n(line, (size_t)(target - 1 - line), "GET"))
		return read_get(request, target, (size_t)(version - target));
	if (!sn_ascii_equal_n(line, (size_t)(target - 1 - line), "POST"))
		return fail(request, 405);
	return read_post(request);
}

bool app_http_take(app_http_request *request, size_t size)
{
	request->size += size;
	request->data[request->size] = '\0';
	if (request->head == 0)
		request->head = find_end(request);
	if (request->head == 0)
		return request->size >= APP_HTTP_HEAD_MAX ? fail(request, 431) : false;
	if (request->head > APP_HTTP_HEAD_MAX)
		return fail(request, 431);
	return read_head(request);
}

static const char *reason_of(unsigned code)
{
	switch (code) {
	case 200: return "OK";
	case 405: return "Method Not Allowed";
	case 411: return "Length Required";
	case 413: return "Content Too Large";
	case 431: return "Request Header Fields Too Large";
	default: return "Bad Request";
	}
}

/* RFC 9110 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT" */
static void write_date(int64_t time, char text[DATE_MAX])
{
	static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	int64_t day = time >= 0 ? time / 86400 : 0;
	sn_civil c;

	sn_time_to_civil(time, &c);
	(void)snprintf(text, DATE_MAX, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[day % 7], c.day,
	    months[c.month - 1], c.year, c.hour, c.minute, c.second);
}

/* RFC 5019 6.2: what everybody may keep, and until when. */
static void write_head(const app_http_answer *answer, size_t size, char head[HEAD_MAX])
{
	char now[DATE_MAX], until[DATE_MAX];
	int used;

	write_date(answer->now, now);
	used = snprintf(head, HEAD_MAX,
	    "HTTP/1.1 %u %s\r\nDate: %s\r\n%sContent-Length: %zu\r\nConnection: close\r\n",
	    answer->code, reason_of(answer->code), now,
	    answer->code == 200   ? "Content-Type: application/ocsp-response\r\n"
	    : answer->code == 405 ? "Allow: GET, POST\r\n"
				  : "",
	    size);
	if (answer->code == 200 && answer->kind == SIGNET_CA_ANSWER_SHARED) {
		write_date(answer->until, until);
		used += snprintf(head + used, HEAD_MAX - (size_t)used,
		    "Last-Modified: %s\r\nExpires: %s\r\n"
		    "Cache-Control: max-age=%lld,public,no-transform,must-revalidate\r\n",
		    now, until, (long long)(answer->until - answer->now));
	} else {
		used += snprintf(
		    head + used, HEAD_MAX - (size_t)used, "Cache-Control: no-store\r\n");
	}
	(void)snprintf(head + used, HEAD_MAX - (size_t)used, "\r\n");
}

signet_status app_http_write(const app_http_answer *answer, const signet_sink *body,
    signet_sink *out, signet_error *err)
{
	char head[HEAD_MAX];
	size_t size = 0;
	const uint8_t *data = signet_sink_memory_get(body, &size);
	signet_status status;

	write_head(answer, size, head);
	status = out->write(out, (const uint8_t *)head, strlen(head), err);
	if (status == SIGNET_OK && size > 0)
		status = out->write(out, data, size, err);
	return status;
}
