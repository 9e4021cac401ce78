/* Which URLs are fetched. libcurl parses them, once, and connects by what it parsed here. */
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "net/net_int.h"

void sn_net_url_clear(const signet_context *ctx, sn_net_url *url)
{
	curl_url_cleanup(url->parsed);
	curl_free(url->text);
	sn_free(ctx, url->origin);
	*url = (sn_net_url){ 0 };
}

/* "https://host:443" */
static signet_status make_origin(
    const signet_context *ctx, const char *const part[3], char **origin_out, signet_error *err)
{
	sn_buf text;
	size_t size;
	signet_status status;

	sn_buf_init(&text, ctx, SN_NET_URL, "origin of a URL");
	status = sn_buf_printf(&text, err, "%s://%s:%s", part[0], part[1], part[2]);
	if (status == SIGNET_OK)
		status = sn_buf_append_byte(&text, '\0', err);
	if (status != SIGNET_OK) {
		sn_buf_clear(&text);
		return status;
	}
	*origin_out = (char *)sn_buf_take(&text, &size);
	for (char *p = *origin_out; *p != '\0'; p++)
		*p = (char)sn_ascii_lower((uint8_t)*p);
	return SIGNET_OK;
}

static signet_status read_parts(const signet_context *ctx, sn_net_url *url, signet_error *err)
{
	char *scheme = NULL, *host = NULL, *port = NULL;
	signet_status status = SIGNET_OK;

	if (curl_url_get(url->parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(url->parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(url->parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
	    curl_url_get(url->parsed, CURLUPART_URL, &url->text, 0) != CURLUE_OK) {
		status = signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "a URL that was to be fetched cannot be read");
	} else {
		const char *const part[3] = { scheme, host, port };

		url->is_tls = strcmp(scheme, "https") == 0;
		if (!url->is_tls && strcmp(scheme, "http") != 0)
			status = signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
			    "%.20s is not fetched from, only http and https: %.120s", scheme,
			    url->text);
		else
			status = make_origin(ctx, part, &url->origin, err);
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	return status;
}

signet_status sn_net_url_parse(const signet_context *ctx, const sn_net_url *base, const char *text,
    sn_net_url *url, signet_error *err)
{
	CURLUcode code;
	signet_status status;

	if (strnlen(text, SN_NET_URL) == SN_NET_URL)
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "a URL is longer than %d octets: %.100s", SN_NET_URL, text);
	*url = (sn_net_url){ .parsed = base == NULL ? curl_url() : curl_url_dup(base->parsed) };
	if (url->parsed == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	code = curl_url_set(url->parsed, CURLUPART_URL, text, CURLU_DISALLOW_USER);
	if (code == CURLUE_OK) {
		/* It stays here, and would only tell a server more. */
		(void)curl_url_set(url->parsed, CURLUPART_FRAGMENT, NULL, 0);
		status = read_parts(ctx, url, err);
	} else {
		status = signet_fail(err,
		    code == CURLUE_OUT_OF_MEMORY ? SIGNET_E_MEMORY : SIGNET_E_UNAVAILABLE,
		    SIGNET_NO_OFFSET, "%.120s is not fetched: %.80s", text, curl_url_strerror(code));
	}
	if (status != SIGNET_OK)
		sn_net_url_clear(ctx, url);
	return status;
}
