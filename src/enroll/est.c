/* Enrolment over secure transport, for signet/est.h. */
#include <signet/est.h>

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "enroll/est_int.h"

enum { URL_MAX = 2048, WAIT_DEFAULT = 60 };

static const char well_known[] = "/.well-known/est";

/* RFC 7030 3.3: never without TLS. */
static signet_status check_url(const char *url, signet_error *err)
{
	if (!sn_ascii_has_prefix_n(url, strlen(url), "https://") || url[8] == '\0' ||
	    url[8] == '/' || strlen(url) > URL_MAX || strpbrk(url, "?# \t\r\n\"") != NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "\"%.100s\" is no URL of an EST server: https://HOST[:PORT]", url);
	return SIGNET_OK;
}

/* RFC 7030 3.2.2: https://HOST/.well-known/est[/LABEL]/OPERATION */
static signet_status write_url(
    const signet_est_options *options, const char *operation, sn_buf *url, signet_error *err)
{
	const char *label = options->label;
	size_t size = strlen(options->url);
	signet_status status = check_url(options->url, err);

	if (status != SIGNET_OK)
		return status;
	if (label != NULL && (*label == '\0' || *label == '.' || strpbrk(label, "/?#% \t\r\n\"\\") != NULL))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "\"%.60s\" is no label of an EST server", label);
	while (options->url[size - 1] == '/')
		size--;
	return sn_buf_printf(url, err, "%.*s%s%s%s/%s", (int)size, options->url,
	    memchr(options->url + 8, '/', size - 8) == NULL ? well_known : "",
	    label == NULL ? "" : "/", label == NULL ? "" : label, operation);
}

/* What any status but those that an operation expects means. */
static signet_status refuse(
    const sn_http_answer *answer, const char *operation, signet_error *err)
{
	char words[100];

	sn_http_words(answer, words, sizeof(words));
	if (answer->status == 401)
		return signet_fail(err, SIGNET_E_PERMISSION, SIGNET_NO_OFFSET,
		    "the EST server does not know who asks (HTTP 401): it wants a user and "
		    "password, or a certificate%s%s",
		    *words == '\0' ? "" : ": ", words);
	if (answer->status == 403)
		return signet_fail(err, SIGNET_E_PERMISSION, SIGNET_NO_OFFSET,
		    "the EST server does not allow %s (HTTP 403)%s%s", operation,
		    *words == '\0' ? "" : ": ", words);
	return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
	    "the EST server answered %s by HTTP %d%s%s", operation, answer->status,
	    *words == '\0' ? "" : ": ", words);
}

signet_status sn_est_ask(signet_context *ctx, const signet_est_options *options,
    const char *operation, sn_span request, sn_http_answer *answer, signet_error *err)
{
	static const char *const headers[] = { "Content-Type: application/pkcs10" };
	signet_fetch_request asked = {
		.max_size = SN_HTTP_BODY,
		.login = options->login,
	};
	sn_buf url, body;
	signet_status status;

	*answer = (sn_http_answer){ 0 };
	sn_buf_init(&url, ctx, 2 * URL_MAX, "URL");
	sn_buf_init(&body, ctx, 2 * SN_HTTP_BODY, "certificate request");
	status = write_url(options, operation, &url, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&url, &asked.url, err);
	/* RFC 8951 3: base64, without a Content-Transfer-Encoding; libest's server reads short lines only */
	if (status == SIGNET_OK)
		status = sn_base64_lines(request, &body, err);
	if (status == SIGNET_OK && request.size > 0) {
		asked.body = body.data;
		asked.body_size = body.size;
		asked.headers = headers;
		asked.header_count = 1;
	}
	if (status == SIGNET_OK)
		status = sn_http_exchange(ctx, options->fetch, &asked, answer, err);
	sn_buf_clear(&url);
	sn_buf_clear(&body);
	return status;
}

static signet_status expect_type(const sn_http_answer *answer, const char *operation,
    const char *type, signet_error *err)
{
	if (sn_http_is_type(answer, type))
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
	    "the answer to %s is \"%.80s\", not %s", operation, answer->content_type, type);
}

/* RFC 7030 4.1.3, 4.2.3: a certs-only CMS in base64. */
signet_status sn_est_read_certs(
    signet_context *ctx, sn_span text, signet_cert_list *list, signet_error *err)
{
	bool is_p7 = false;
	sn_buf der;
	signet_status status;

	sn_buf_init(&der, ctx, SN_HTTP_BODY, "certificates");
	status = sn_base64_strict(text, &der, "the EST server's answer", err);
	if (status == SIGNET_OK)
		status = signet_cert_list_read(list, der.data, der.size, &is_p7, err);
	if (status == SIGNET_OK && !is_p7)
		status = signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the EST server's answer is no certs-only CMS");
	sn_buf_clear(&der);
	return status;
}

signet_status signet_est_authorities(signet_context *ctx, const signet_est_options *options,
    signet_cert_list *list, signet_error *err)
{
	static const char operation[] = "cacerts";
	sn_http_answer answer;
	signet_status status =
	    sn_est_ask(ctx, options, operation, (sn_span){ NULL, 0 }, &answer, err);

	if (status == SIGNET_OK && answer.status != 200)
		status = refuse(&answer, operation, err);
	if (status == SIGNET_OK)
		status = expect_type(&answer, operation, "application/pkcs7-mime", err);
	if (status == SIGNET_OK)
		status = sn_est_read_certs(ctx, answer.body, list, err);
	sn_http_clear(&answer);
	return status;
}

signet_status signet_est_ask_wishes(signet_context *ctx, const signet_est_options *options,
    signet_est_wishes *wishes_out, signet_error *err)
{
	static const char operation[] = "csrattrs";
	signet_est_wishes wishes = { 0 };
	sn_http_answer answer;
	sn_buf der;
	signet_status status =
	    sn_est_ask(ctx, options, operation, (sn_span){ NULL, 0 }, &answer, err);

	sn_buf_init(&der, ctx, SN_HTTP_BODY, "attributes");
	/* RFC 7030 4.5.2: 204 and 404 say that there are no wishes */
	if (status != SIGNET_OK || answer.status == 204 || answer.status == 404)
		goto out;
	status = answer.status == 200
	    ? expect_type(&answer, operation, "application/csrattrs", err)
	    : refuse(&answer, operation, err);
	if (status == SIGNET_OK)
		status = sn_base64_strict(answer.body, &der, "the EST server's answer", err);
	if (status == SIGNET_OK && der.size > 0)
		status = sn_est_read_wishes((sn_span){ der.data, der.size }, &wishes, err);
out:
	if (status == SIGNET_OK)
		*wishes_out = wishes;
	sn_buf_clear(&der);
	sn_http_clear(&answer);
	return status;
}

/* 202 (RFC 7030 4.2.3): later. true: that is the answer. */
static bool is_pending(const signet_est_options *options, const sn_http_answer *answer,
    signet_est_answer *answer_out)
{
	if (answer->status != 202)
		return false;
	*answer_out = (signet_est_answer){
		.is_pending = true,
		.retry_after = sn_http_wait(answer, options->now, WAIT_DEFAULT),
	};
	return true;
}

signet_status signet_est_enroll(signet_context *ctx, const signet_est_options *options,
    bool is_renewal, const uint8_t *request, size_t size, signet_est_answer *answer_out,
    signet_error *err)
{
	const char *operation = is_renewal ? "simplereenroll" : "simpleenroll";
	signet_cert_list *certs = NULL;
	sn_http_answer answer;
	signet_status status =
	    sn_est_ask(ctx, options, operation, (sn_span){ request, size }, &answer, err);

	if (status != SIGNET_OK || is_pending(options, &answer, answer_out))
		goto out;
	status = answer.status == 200
	    ? expect_type(&answer, operation, "application/pkcs7-mime", err)
	    : refuse(&answer, operation, err);
	if (status == SIGNET_OK)
		status = signet_cert_list_new(ctx, &certs, err);
	if (status == SIGNET_OK)
		status = sn_est_read_certs(ctx, answer.body, certs, err);
	if (status == SIGNET_OK) {
		*answer_out = (signet_est_answer){ .certs = certs };
		certs = NULL;
	}
out:
	signet_cert_list_free(&certs);
	sn_http_clear(&answer);
	return status;
}

signet_status signet_est_make_key(signet_context *ctx, const signet_est_options *options,
    const uint8_t *request, size_t size, signet_est_answer *answer_out, signet_error *err)
{
	static const char operation[] = "serverkeygen";
	sn_http_answer answer;
	signet_status status =
	    sn_est_ask(ctx, options, operation, (sn_span){ request, size }, &answer, err);

	if (status != SIGNET_OK || is_pending(options, &answer, answer_out))
		goto out;
	status = answer.status == 200
	    ? expect_type(&answer, operation, "multipart/mixed", err)
	    : refuse(&answer, operation, err);
	if (status == SIGNET_OK)
		status = sn_est_read_key(
		    ctx, answer.content_type, answer.body, answer_out, err);
out:
	sn_http_clear(&answer);
	return status;
}
