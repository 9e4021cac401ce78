/* A PKCS#10 request, and the same octets as names (RFC 4514 text of DER, and DER of text). */
#include <stdlib.h>

#include "cert/cert_int.h"
#include "cert/issue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_csr(signet_context *ctx, const uint8_t *data, size_t size)
{
	sn_csr *csr = NULL;
	const char *address;
	signet_error err;

	if (sn_csr_read(ctx, data, size, &csr, &err) != SIGNET_OK) {
		if (csr != NULL)
			abort();
		return;
	}
	if (sn_csr_public_key(csr) == NULL)
		abort();
	for (size_t i = 0; (address = sn_csr_address(csr, i)) != NULL; i++)
		if (!sn_email_is_valid(address) || !sn_email_equal(address, address))
			abort();
	sn_csr_free(&csr);
}

/* The writer takes what the reader says, or refuses it; what it takes is a name. */
static void try_name(signet_context *ctx, const uint8_t *data, size_t size)
{
	sn_buf text, der, again;
	sn_ber_writer writer;
	const char *said;
	signet_error err;

	sn_buf_init(&text, ctx, 1 << 20, "a name");
	sn_buf_init(&der, ctx, 1 << 20, "a name");
	sn_buf_init(&again, ctx, 1 << 20, "a name");
	sn_ber_writer_init(&writer, &der, &err);
	if (sn_name_text(ctx, (sn_span){ data, size }, &text, &err) != SIGNET_OK ||
	    sn_buf_text(&text, &said, &err) != SIGNET_OK ||
	    sn_name_write(&writer, said, &err) != SIGNET_OK)
		goto out;
	if (sn_ber_writer_finish(&writer) != SIGNET_OK ||
	    sn_name_text(ctx, (sn_span){ der.data, der.size }, &again, &err) != SIGNET_OK)
		abort();
out:
	sn_buf_clear(&text);
	sn_buf_clear(&der);
	sn_buf_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static signet_context *ctx;
	signet_error err;

	if (ctx == NULL && signet_context_new(NULL, &ctx, &err) != SIGNET_OK)
		abort();
	try_csr(ctx, data, size);
	try_name(ctx, data, size);
	return 0;
}
