#include "smime/content_digest.h"

#include "base/buf.h"
#include "base/mem.h"
#include "cms/attributes.h"
#include "mime/canon.h"

typedef struct one_digest {
	const sn_alg *alg;
	sn_digest *exact;
	sn_digest *crlf;        /* NULL until the first bare LF */
	uint8_t exact_value[SN_DIGEST_MAX];
	uint8_t crlf_value[SN_DIGEST_MAX];
	size_t exact_size;
	size_t crlf_size;
} one_digest;

struct sn_content_digest {
	const signet_context *ctx;
	bool text;
	bool has_branched;
	uint8_t last;           /* octet before the next write; 0 at the start */
	uint8_t head[SN_CMS_ATTRIBUTE_HEAD];
	size_t head_size;
	uint64_t total;
	one_digest digests[SN_CONTENT_DIGESTS];
	size_t count;
	bool wants_content;
	sn_buf content;         /* as it came */
	sn_buf crlf_content;    /* once there was a bare LF */
};

signet_status sn_content_digest_new(const signet_context *ctx, bool text,
    sn_content_digest **digest_out, signet_error *err)
{
	sn_content_digest *digest = sn_calloc(ctx, 1, sizeof(*digest), err);

	if (digest == NULL)
		return SIGNET_E_MEMORY;
	digest->ctx = ctx;
	digest->text = text;
	sn_buf_init(&digest->content, ctx, ctx->limits.oneshot, "content that is signed in one go");
	sn_buf_init(
	    &digest->crlf_content, ctx, ctx->limits.oneshot, "content that is signed in one go");
	*digest_out = digest;
	return SIGNET_OK;
}

static const one_digest *find(const sn_content_digest *digest, const sn_alg *alg)
{
	for (size_t i = 0; i < digest->count; i++)
		if (digest->digests[i].alg == alg)
			return &digest->digests[i];
	return NULL;
}

bool sn_content_digest_has(const sn_content_digest *digest, const sn_alg *alg)
{
	return find(digest, alg) != NULL;
}

signet_status sn_content_digest_want(sn_content_digest *digest, const sn_alg *alg,
    signet_error *err)
{
	one_digest *one = &digest->digests[digest->count];
	signet_status status;

	if (find(digest, alg) != NULL || digest->count == SN_CONTENT_DIGESTS ||
	    !sn_alg_is_available(digest->ctx, alg))
		return SIGNET_OK;
	status = sn_digest_new(digest->ctx, alg, &one->exact, err);
	if (status != SIGNET_OK)
		return status;
	one->alg = alg;
	digest->count++;
	return SIGNET_OK;
}

void sn_content_digest_want_content(sn_content_digest *digest)
{
	digest->wants_content = true;
}

bool sn_content_digest_has_content(const sn_content_digest *digest)
{
	return digest->wants_content;
}

static signet_status write_exact(sn_content_digest *digest, const uint8_t *data, size_t size,
    signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (digest->wants_content)
		status = sn_buf_append(&digest->content, data, size, err);

	for (size_t i = 0; i < digest->count && status == SIGNET_OK; i++)
		status = sn_digest_write(digest->digests[i].exact, data, size, err);
	return status;
}

static signet_status write_crlf_piece(sn_content_digest *digest, const uint8_t *data, size_t size,
    signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (digest->wants_content)
		status = sn_buf_append(&digest->crlf_content, data, size, err);
	for (size_t i = 0; i < digest->count && status == SIGNET_OK; i++)
		status = sn_digest_write(digest->digests[i].crlf, data, size, err);
	return status;
}

/* Both forms were the same up to here: the second one branches off. */
static signet_status branch(sn_content_digest *digest, signet_error *err)
{
	for (size_t i = 0; i < digest->count; i++) {
		one_digest *one = &digest->digests[i];
		signet_status status = sn_digest_dup(one->exact, &one->crlf, err);

		if (status != SIGNET_OK)
			return status;
	}
	digest->has_branched = true;
	return sn_buf_append(
	    &digest->crlf_content, digest->content.data, digest->content.size, err);
}

static signet_status write_crlf(sn_content_digest *digest, const uint8_t *data, size_t size,
    uint8_t last, signet_error *err)
{
	while (size != 0) {
		const size_t run = sn_mime_find_bare_lf(data, size, last);
		signet_status status = write_crlf_piece(digest, data, run, err);

		if (status != SIGNET_OK || run == size)
			return status;
		status = write_crlf_piece(digest, (const uint8_t *)"\r\n", 2, err);
		if (status != SIGNET_OK)
			return status;
		data += run + 1;
		size -= run + 1;
		last = '\n';
	}
	return SIGNET_OK;
}

static void keep_head(sn_content_digest *digest, const uint8_t *data, size_t size)
{
	while (digest->head_size < SN_CMS_ATTRIBUTE_HEAD && size != 0) {
		digest->head[digest->head_size++] = *data++;
		size--;
	}
}

signet_status sn_content_digest_write(sn_content_digest *digest, const uint8_t *data, size_t size,
    signet_error *err)
{
	signet_status status;

	if (size == 0)
		return SIGNET_OK;
	keep_head(digest, data, size);
	digest->total += size;
	if (digest->text && !digest->has_branched) {
		const size_t run = sn_mime_find_bare_lf(data, size, digest->last);

		status = write_exact(digest, data, run, err);
		if (status == SIGNET_OK && run != size)
			status = branch(digest, err);
		if (status != SIGNET_OK)
			return status;
		if (run != 0)
			digest->last = data[run - 1];
		data += run;
		size -= run;
		if (size == 0)
			return SIGNET_OK;
	}
	status = write_exact(digest, data, size, err);
	if (status == SIGNET_OK && digest->has_branched)
		status = write_crlf(digest, data, size, digest->last, err);
	digest->last = data[size - 1];
	return status;
}

signet_status sn_content_digest_finish(sn_content_digest *digest, signet_error *err)
{
	for (size_t i = 0; i < digest->count; i++) {
		one_digest *one = &digest->digests[i];
		signet_status status =
		    sn_digest_finish(one->exact, one->exact_value, &one->exact_size, err);

		if (status == SIGNET_OK && one->crlf != NULL)
			status = sn_digest_finish(one->crlf, one->crlf_value, &one->crlf_size, err);
		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}

sn_span sn_content_digest_exact(const sn_content_digest *digest, const sn_alg *alg)
{
	const one_digest *one = find(digest, alg);

	return one == NULL ? (sn_span){ NULL, 0 } : (sn_span){ one->exact_value, one->exact_size };
}

sn_span sn_content_digest_crlf(const sn_content_digest *digest, const sn_alg *alg)
{
	const one_digest *one = find(digest, alg);

	return one == NULL ? (sn_span){ NULL, 0 } : (sn_span){ one->crlf_value, one->crlf_size };
}

sn_span sn_content_digest_exact_content(const sn_content_digest *digest)
{
	return (sn_span){ digest->content.data, digest->content.size };
}

sn_span sn_content_digest_crlf_content(const sn_content_digest *digest)
{
	return (sn_span){ digest->crlf_content.data, digest->crlf_content.size };
}

bool sn_content_digest_is_attribute_set(const sn_content_digest *digest)
{
	return sn_cms_is_attribute_set((sn_span){ digest->head, digest->head_size }, digest->total);
}

void sn_content_digest_free(sn_content_digest **digest_ptr)
{
	sn_content_digest *digest = *digest_ptr;

	*digest_ptr = NULL;
	if (digest == NULL)
		return;
	for (size_t i = 0; i < digest->count; i++) {
		sn_digest_free(&digest->digests[i].exact);
		sn_digest_free(&digest->digests[i].crlf);
	}
	sn_buf_clear(&digest->content);
	sn_buf_clear(&digest->crlf_content);
	sn_free(digest->ctx, digest);
}
