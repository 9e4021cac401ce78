/*
 * What servers of EST and ACME and the senders of mail say: by its first octet the input is wishes
 * (csrattrs), the multipart of a server's key, certificates, or a challenge mail.
 */
#include <stdlib.h>
#include <string.h>

#include "enroll/est_int.h"
#include <signet/acme.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_key(signet_context *ctx, sn_span body)
{
	signet_est_answer answer = { 0 };
	signet_error err;

	if (sn_est_read_key(ctx, "multipart/mixed; boundary=xyz", body, &answer, &err) == SIGNET_OK &&
	    (answer.key == NULL || answer.certs == NULL))
		abort();
	signet_key_unref(&answer.key);
	signet_cert_list_free(&answer.certs);
}

static void try_certs(signet_context *ctx, sn_span body)
{
	signet_cert_list *list = NULL;
	signet_error err;

	if (signet_cert_list_new(ctx, &list, &err) != SIGNET_OK)
		abort();
	if (sn_est_read_certs(ctx, body, list, &err) == SIGNET_OK &&
	    signet_cert_list_count(list) == 0)
		abort();
	signet_cert_list_free(&list);
}

static void try_mail(signet_context *ctx, sn_span text)
{
	signet_acme_mail_options options = SIGNET_ACME_MAIL_OPTIONS_INIT;
	signet_acme_mail *mail = NULL;
	signet_sink *sink = NULL;
	signet_error err;

	options.from = "a@ca.test";
	options.address = "b@example.com";
	options.authserv = "mx";
	if (signet_acme_mail_read(ctx, text.data, text.size, &options, &mail, &err) == SIGNET_OK &&
	    strpbrk(signet_acme_mail_reply_to(mail), "\r\n ") != NULL)
		abort();
	signet_acme_mail_free(&mail);
	options.is_proven = true;
	if (signet_acme_mail_read(ctx, text.data, text.size, &options, &mail, &err) == SIGNET_OK &&
	    strchr(signet_acme_mail_reply_to(mail), '@') == NULL)
		abort();
	signet_acme_mail_free(&mail);
	if (signet_sink_memory_new(ctx, 1 << 20, &sink, &err) != SIGNET_OK)
		abort();
	if (signet_acme_mail_strip(ctx, text.data, text.size, sink, &err) != SIGNET_OK &&
	    err.status != SIGNET_E_LIMIT)
		abort();
	signet_sink_free(&sink);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static signet_context *ctx;
	signet_est_wishes wishes;
	signet_error err;
	sn_span rest;

	if (ctx == NULL && signet_context_new(NULL, &ctx, &err) != SIGNET_OK)
		abort();
	if (size == 0)
		return 0;
	rest = (sn_span){ data + 1, size - 1 };
	switch (data[0] % 4) {
	case 0: (void)!sn_est_read_wishes(rest, &wishes, &err); break;
	case 1: try_key(ctx, rest); break;
	case 2: try_certs(ctx, rest); break;
	default: try_mail(ctx, rest); break;
	}
	return 0;
}
