/* What EST servers send beside certificates: their wishes, and keys that they made. */
#include <stdio.h>
#include <string.h>

#include "ber/value.h"
#include "crypt/algs.h"
#include "enroll/est_int.h"
#include "mime/header.h"

enum { WISHES_MAX = 256, PARTS_MAX = 8, KEY_MAX = 1 << 20 };

static bool is_oid(sn_span oid, const char *text)
{
	char said[SN_OID_TEXT];

	sn_oid_text(oid, said);
	return strcmp(said, text) == 0;
}

/* An OID alone: the signature scheme, or an attribute that the request is to have. */
static void read_oid(sn_span oid, signet_est_wishes *wishes)
{
	static const struct {
		const char *oid, *digest;
	} schemes[] = {
		{ "1.2.840.10045.4.3.2", "sha256" },
		{ "1.2.840.10045.4.3.3", "sha384" },
		{ "1.2.840.10045.4.3.4", "sha512" },
		{ "1.2.840.113549.1.1.11", "sha256" },
		{ "1.2.840.113549.1.1.12", "sha384" },
		{ "1.2.840.113549.1.1.13", "sha512" },
	};

	if (is_oid(oid, "1.2.840.113549.1.9.7")) {
		wishes->challenge = true;
		return;
	}
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (!is_oid(oid, schemes[i].oid))
			continue;
		if (wishes->digest == NULL)
			wishes->digest = schemes[i].digest;
		return;
	}
	wishes->unknown++;
}

/* The curve of an EC key; NULL: none of ours. */
static const char *curve(const sn_ber_item *value)
{
	static const struct {
		const char *oid, *algorithm;
	} curves[] = {
		{ "1.2.840.10045.3.1.7", "p-256" },
		{ "1.3.132.0.34", "p-384" },
		{ "1.3.132.0.35", "p-521" },
	};

	for (size_t i = 0; value->tag == SN_BER_OID && i < sizeof(curves) / sizeof(curves[0]); i++)
		if (is_oid(value->contents, curves[i].oid))
			return curves[i].algorithm;
	return NULL;
}

/* The bits of an RSA key; NULL: not a size of ours. */
static const char *rsa_size(const sn_ber_item *value)
{
	uint64_t bits = 0;

	if (value->tag != SN_BER_INTEGER || !sn_ber_uint_read(value->contents, 1 << 16, &bits))
		return NULL;
	return bits == 2048 ? "rsa-2048" : bits == 3072 ? "rsa-3072" : bits == 4096 ? "rsa-4096"
										    : NULL;
}

/* Attribute ::= SEQUENCE { type, values SET OF }: the key's algorithm and its parameter. */
static signet_status read_attribute(
    sn_ber_list fields, signet_est_wishes *wishes, signet_error *err)
{
	const char *algorithm = NULL;
	sn_ber_item type, set, value;
	sn_ber_list values;
	signet_status status =
	    sn_ber_list_expect(&fields, SN_BER_OID, "the type of an attribute", &type, err);

	if (status == SIGNET_OK)
		status = sn_ber_list_expect(
		    &fields, SN_BER_SET, "the values of an attribute", &set, err);
	if (status != SIGNET_OK)
		return status;
	values = sn_ber_list_in(&fields, &set);
	if (is_oid(type.contents, "1.2.840.113549.1.1.1") && sn_ber_list_is_empty(&values))
		algorithm = "rsa-3072";
	if (!sn_ber_list_is_empty(&values)) {
		status = sn_ber_list_next(&values, "the value of an attribute", &value, err);
		if (status != SIGNET_OK)
			return status;
		if (is_oid(type.contents, "1.2.840.10045.2.1"))
			algorithm = curve(&value);
		else if (is_oid(type.contents, "1.2.840.113549.1.1.1"))
			algorithm = rsa_size(&value);
	}
	if (algorithm == NULL)
		wishes->unknown++;
	else if (wishes->algorithm == NULL)
		wishes->algorithm = algorithm;
	return SIGNET_OK;
}

signet_status sn_est_read_wishes(sn_span der, signet_est_wishes *wishes_out, signet_error *err)
{
	sn_ber_list outer = sn_ber_list_of(der, 0);
	signet_est_wishes wishes = { 0 };
	sn_ber_item sequence, item;
	sn_ber_list list;
	size_t count = 0;
	signet_status status =
	    sn_ber_list_expect(&outer, SN_BER_SEQUENCE, "csrattrs", &sequence, err);

	if (status == SIGNET_OK)
		status = sn_ber_list_end(&outer, "csrattrs", err);
	if (status != SIGNET_OK)
		return status;
	list = sn_ber_list_in(&outer, &sequence);
	while (status == SIGNET_OK && !sn_ber_list_is_empty(&list)) {
		if (count++ == WISHES_MAX)
			return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
			    "csrattrs has more than %d wishes", WISHES_MAX);
		status = sn_ber_list_next(&list, "csrattrs", &item, err);
		if (status == SIGNET_OK && item.tag == SN_BER_OID)
			read_oid(item.contents, &wishes);
		else if (status == SIGNET_OK && item.tag == SN_BER_SEQUENCE)
			status = read_attribute(sn_ber_list_in(&list, &item), &wishes, err);
		else if (status == SIGNET_OK)
			status = signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
			    "csrattrs holds what is neither OID nor attribute");
	}
	if (status == SIGNET_OK)
		*wishes_out = wishes;
	return status;
}

/* Lines of a multipart body (RFC 2046 5.1.1), a part from one delimiter to the next. */
typedef struct parts {
	sn_span rest;
	char delimiter[76];
} parts;

static signet_status read_boundary(
    signet_context *ctx, const char *content_type, parts *p, signet_error *err)
{
	sn_mime_header header = { 0 };
	sn_mime_value value = { 0 };
	const char *boundary;
	const char *text = NULL;
	sn_buf field;
	signet_status status;

	sn_buf_init(&field, ctx, SN_HTTP_FIELD, "Content-Type");
	status = sn_buf_printf(&field, err, "Content-Type: %s\r\n", content_type);
	if (status == SIGNET_OK)
		status = sn_buf_text(&field, &text, err);
	if (status == SIGNET_OK)
		status = sn_mime_header_parse(
		    ctx, (sn_span){ field.data, field.size }, &header, err);
	if (status == SIGNET_OK)
		status = sn_mime_content_type(ctx, &header, &value, err);
	if (status != SIGNET_OK)
		goto out;
	boundary = sn_mime_value_param(&value, "boundary");
	if (boundary == NULL || *boundary == '\0' || strlen(boundary) > 70)
		status = signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the EST server's multipart has no boundary");
	else
		(void)snprintf(p->delimiter, sizeof(p->delimiter), "--%s", boundary);
	sn_mime_value_clear(&value);
out:
	sn_mime_header_clear(&header);
	sn_buf_clear(&field);
	return status;
}

static sn_span next_line(sn_span *rest)
{
	const uint8_t *end = rest->size == 0 ? NULL : memchr(rest->data, '\n', rest->size);
	const size_t size = end == NULL ? rest->size : (size_t)(end - rest->data) + 1;
	const sn_span line = { rest->data, size };

	rest->data += size;
	rest->size -= size;
	return line;
}

static bool is_delimiter(const parts *p, sn_span line)
{
	const size_t size = strlen(p->delimiter);

	return line.size >= size && memcmp(line.data, p->delimiter, size) == 0;
}

/* The octets up to the next delimiter, which is read too. false: there is none. */
static bool next_part(parts *p, sn_span *part_out)
{
	const uint8_t *from = p->rest.data;

	while (p->rest.size > 0) {
		const sn_span line = next_line(&p->rest);

		if (is_delimiter(p, line)) {
			*part_out = (sn_span){ from, (size_t)(line.data - from) };
			return true;
		}
	}
	return false;
}

static void split_part(sn_span part, sn_span *header_out, sn_span *body_out)
{
	sn_span rest = part;

	while (rest.size > 0) {
		const sn_span line = next_line(&rest);

		if (line.size <= 2 && (line.data[0] == '\n' || line.data[0] == '\r'))
			break;
	}
	*header_out = (sn_span){ part.data, part.size - rest.size };
	*body_out = rest;
}

static signet_status read_pkcs8(
    signet_context *ctx, sn_span body, signet_key **key_out, signet_error *err)
{
	sn_buf der;
	signet_status status;

	sn_buf_init_secret(&der, ctx, KEY_MAX, "private key");
	status = sn_base64_strict(body, &der, "the private key", err);
	if (status == SIGNET_OK)
		status = signet_key_read(ctx, der.data, der.size, "the key of the EST server",
		    NULL, key_out, err);
	sn_buf_clear(&der);
	return status;
}

/* A part is known by its type: application/pkcs8, or application/pkcs7-mime (certs-only). */
static signet_status read_part(
    signet_context *ctx, sn_span part, signet_est_answer *answer, signet_error *err)
{
	sn_mime_header header = { 0 };
	sn_mime_value type = { 0 };
	sn_span section, body;
	signet_status status;

	split_part(part, &section, &body);
	status = sn_mime_header_parse(ctx, section, &header, err);
	if (status == SIGNET_OK)
		status = sn_mime_content_type(ctx, &header, &type, err);
	if (status != SIGNET_OK)
		goto out;
	if (sn_mime_value_is(&type, "application/pkcs8") && answer->key == NULL)
		status = read_pkcs8(ctx, body, &answer->key, err);
	else if (sn_mime_value_is(&type, "application/pkcs7-mime"))
		status = sn_est_read_certs(ctx, body, answer->certs, err);
	else
		status = signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the EST server's multipart holds \"%.60s\"", type.value);
	sn_mime_value_clear(&type);
out:
	sn_mime_header_clear(&header);
	return status;
}

signet_status sn_est_read_key(signet_context *ctx, const char *content_type, sn_span body,
    signet_est_answer *answer_out, signet_error *err)
{
	signet_est_answer answer = { 0 };
	parts p = { .rest = body };
	sn_span part;
	size_t count = 0;
	signet_status status = read_boundary(ctx, content_type, &p, err);

	if (status == SIGNET_OK)
		status = signet_cert_list_new(ctx, &answer.certs, err);
	/* what stands before the first delimiter is nobody's */
	if (status == SIGNET_OK)
		(void)next_part(&p, &part);
	while (status == SIGNET_OK && count++ < PARTS_MAX && next_part(&p, &part))
		status = read_part(ctx, part, &answer, err);
	if (status == SIGNET_OK &&
	    (answer.key == NULL || signet_cert_list_count(answer.certs) == 0))
		status = signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the EST server's answer holds no key with its certificate");
	if (status == SIGNET_OK) {
		*answer_out = answer;
		return SIGNET_OK;
	}
	signet_key_unref(&answer.key);
	signet_cert_list_free(&answer.certs);
	return status;
}
