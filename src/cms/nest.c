#include "cms/nest.h"

#include "base/mem.h"
#include "cms/writer.h"

/* From the inside out: what each header says. */
static bool measure(const sn_cms_nest *nest, size_t count, uint64_t content_size,
    uint64_t lengths[SN_CMS_NEST_MAX], uint64_t *size_out)
{
	uint64_t size = content_size;

	for (size_t i = count; i-- > 0;) {
		if (!sn_add_u64(size, nest[i].before.size, &size) ||
		    !sn_add_u64(size, nest[i].after, &size))
			return false;
		lengths[i] = size;
		if (!sn_ber_item_size(size, &size))
			return false;
	}
	*size_out = size;
	return true;
}

signet_status sn_cms_nest_begin(const sn_cms_nest *nest, size_t count, uint64_t content_size,
    sn_buf *out, uint64_t *size_out, signet_error *err)
{
	const bool is_known = content_size != SN_SIZE_UNKNOWN;
	uint64_t lengths[SN_CMS_NEST_MAX] = { 0 };
	uint64_t size = 0;
	sn_ber_writer writer;

	if (is_known && !measure(nest, count, content_size, lengths, &size))
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "a content of %llu octets is too long for BER",
		    (unsigned long long)content_size);
	sn_ber_writer_init(&writer, out, err);
	for (size_t i = 0; i < count; i++) {
		if (is_known)
			sn_ber_writer_header(&writer, nest[i].tag, lengths[i]);
		else
			sn_ber_writer_indefinite(&writer, nest[i].tag | SN_BER_CONSTRUCTED);
		sn_ber_writer_raw(&writer, nest[i].before);
	}
	if (sn_ber_writer_finish(&writer) == SIGNET_OK && size_out != NULL)
		*size_out = size;
	return sn_ber_writer_finish(&writer);
}

void sn_cms_nest_end(sn_ber_writer *writer, size_t count)
{
	while (count-- != 0)
		sn_ber_writer_end_of_contents(writer);
}
