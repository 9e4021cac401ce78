#include "enroll/jws.h"

#include <string.h>

#include "base/json.h"
#include "crypt/digest.h"
#include "crypt/jose.h"
#include "enroll/http.h"

enum { JWS_MAX = 1 << 20, JWK_MAX = 512 };

static signet_status coordinate(
    sn_buf *out, const char *name, const uint8_t *octets, signet_error *err)
{
	signet_status status = sn_buf_printf(out, err, "\"%s\":\"", name);

	if (status == SIGNET_OK)
		status = sn_base64url((sn_span){ octets, SN_JOSE_COORDINATE }, out, err);
	return status == SIGNET_OK ? sn_buf_append_text(out, "\"", err) : status;
}

/* RFC 7638 3: members in this order, no white space; so it serves for both. */
static signet_status write_jwk(const signet_key *key, sn_buf *out, signet_error *err)
{
	uint8_t x[SN_JOSE_COORDINATE], y[SN_JOSE_COORDINATE];
	signet_status status = sn_jose_point(key, x, y, err);

	if (status == SIGNET_OK)
		status = sn_buf_append_text(out, "{\"crv\":\"P-256\",\"kty\":\"EC\",", err);
	if (status == SIGNET_OK)
		status = coordinate(out, "x", x, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_text(out, ",", err);
	if (status == SIGNET_OK)
		status = coordinate(out, "y", y, err);
	return status == SIGNET_OK ? sn_buf_append_text(out, "}", err) : status;
}

static signet_status member(sn_buf *out, const char *name, const char *value, signet_error *err)
{
	sn_json json;
	signet_status status = sn_buf_printf(out, err, ",\"%s\":", name);

	if (status != SIGNET_OK)
		return status;
	sn_json_init(&json, out, false);
	sn_json_string(&json, value);
	return sn_json_finish(&json, err);
}

/* The protected header (RFC 8555 6.2). */
static signet_status write_header(
    const sn_jws *jws, const char *alg, const char *kid, sn_buf *out, signet_error *err)
{
	signet_status status = sn_buf_printf(out, err, "{\"alg\":\"%s\"", alg);

	if (status == SIGNET_OK && jws->nonce != NULL)
		status = member(out, "nonce", jws->nonce, err);
	if (status == SIGNET_OK)
		status = member(out, "url", jws->url, err);
	if (status == SIGNET_OK && kid != NULL)
		status = member(out, "kid", kid, err);
	if (status == SIGNET_OK && kid == NULL)
		status = sn_buf_append_text(out, ",\"jwk\":", err);
	if (status == SIGNET_OK && kid == NULL)
		status = write_jwk(jws->key, out, err);
	return status == SIGNET_OK ? sn_buf_append_text(out, "}", err) : status;
}

/* What is signed: header, a dot, payload; both base64url (RFC 7515 5.1). */
static signet_status write_input(sn_span header, sn_span payload, sn_buf *input,
    size_t *dot_out, signet_error *err)
{
	signet_status status = sn_base64url(header, input, err);

	*dot_out = input->size;
	if (status == SIGNET_OK)
		status = sn_buf_append_text(input, ".", err);
	return status == SIGNET_OK ? sn_base64url(payload, input, err) : status;
}

/* The flattened form (RFC 7515 7.2.2). */
static signet_status write_flat(
    const sn_buf *input, size_t dot, sn_span signature, sn_buf *out, signet_error *err)
{
	signet_status status = sn_buf_append_text(out, "{\"protected\":\"", err);

	if (status == SIGNET_OK)
		status = sn_buf_append(out, input->data, dot, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_text(out, "\",\"payload\":\"", err);
	if (status == SIGNET_OK)
		status = sn_buf_append(out, input->data + dot + 1, input->size - dot - 1, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_text(out, "\",\"signature\":\"", err);
	if (status == SIGNET_OK)
		status = sn_base64url(signature, out, err);
	return status == SIGNET_OK ? sn_buf_append_text(out, "\"}", err) : status;
}

signet_status sn_jws_write(signet_context *ctx, const sn_jws *jws, const char *payload,
    sn_buf *out, signet_error *err)
{
	const sn_span text = { (const uint8_t *)payload, payload == NULL ? 0 : strlen(payload) };
	uint8_t signature[SN_JOSE_SIGNATURE];
	sn_buf header, input;
	size_t dot = 0;
	signet_status status;

	sn_buf_init(&header, ctx, JWS_MAX, "a signed request");
	sn_buf_init(&input, ctx, JWS_MAX, "a signed request");
	status = write_header(jws, "ES256", jws->kid, &header, err);
	if (status == SIGNET_OK)
		status = write_input(
		    (sn_span){ header.data, header.size }, text, &input, &dot, err);
	if (status == SIGNET_OK)
		status = sn_jose_es256(
		    ctx, jws->key, (sn_span){ input.data, input.size }, signature, err);
	if (status == SIGNET_OK)
		status = write_flat(
		    &input, dot, (sn_span){ signature, sizeof(signature) }, out, err);
	sn_buf_clear(&header);
	sn_buf_clear(&input);
	return status;
}

signet_status sn_jws_write_binding(signet_context *ctx, const sn_jws *jws, const char *kid,
    sn_span mac_key, sn_buf *out, signet_error *err)
{
	uint8_t mac[SN_JOSE_MAC];
	sn_buf header, input, jwk;
	size_t dot = 0;
	signet_status status;

	sn_buf_init(&header, ctx, JWS_MAX, "a binding");
	sn_buf_init(&input, ctx, JWS_MAX, "a binding");
	sn_buf_init(&jwk, ctx, JWK_MAX, "a public key");
	status = write_header(jws, "HS256", kid, &header, err);
	if (status == SIGNET_OK)
		status = write_jwk(jws->key, &jwk, err);
	if (status == SIGNET_OK)
		status = write_input((sn_span){ header.data, header.size },
		    (sn_span){ jwk.data, jwk.size }, &input, &dot, err);
	if (status == SIGNET_OK)
		status = sn_jose_hs256(
		    ctx, mac_key, (sn_span){ input.data, input.size }, mac, err);
	if (status == SIGNET_OK)
		status = write_flat(&input, dot, (sn_span){ mac, sizeof(mac) }, out, err);
	sn_buf_clear(&header);
	sn_buf_clear(&input);
	sn_buf_clear(&jwk);
	return status;
}

signet_status sn_jws_thumbprint(signet_context *ctx, const signet_key *key,
    char text[SN_JWS_THUMBPRINT], signet_error *err)
{
	uint8_t digest[SN_DIGEST_MAX];
	sn_buf jwk, encoded;
	const char *said = NULL;
	size_t size = 0;
	signet_status status;

	sn_buf_init(&jwk, ctx, JWK_MAX, "a public key");
	sn_buf_init(&encoded, ctx, SN_JWS_THUMBPRINT, "a thumbprint");
	status = write_jwk(key, &jwk, err);
	if (status == SIGNET_OK)
		status = sn_digest_once(ctx, sn_alg_by_name(SN_ALG_DIGEST, "sha256"), jwk.data,
		    jwk.size, digest, &size, err);
	if (status == SIGNET_OK)
		status = sn_base64url((sn_span){ digest, size }, &encoded, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&encoded, &said, err);
	if (status == SIGNET_OK)
		memcpy(text, said, encoded.size + 1);
	sn_buf_clear(&jwk);
	sn_buf_clear(&encoded);
	return status;
}
