/* Searches over bodies: by AVX2 where the CPU has it, else by the C library's memchr. */
#include <string.h>

#include "mime/canon.h"
#include "mime/mime_int.h"

size_t sn_mime_find_line_portable(const uint8_t *data, size_t size, const char start[2])
{
	size_t at = 1;

	/* for "--": base64 has no '-' at all, so that this is one memchr over most mail there is */
	while (at + 1 < size) {
		const uint8_t *found = memchr(data + at, start[0], size - 1 - at);

		if (found == NULL)
			break;
		if (found[-1] == '\n' && found[1] == (uint8_t)start[1])
			return (size_t)(found - data) - 1;
		at = (size_t)(found - data) + 1;
	}
	return size;
}

size_t sn_mime_find_bare_lf_portable(const uint8_t *data, size_t size, uint8_t last)
{
	size_t at = 0;

	while (at < size) {
		const uint8_t *lf = memchr(data + at, '\n', size - at);
		size_t found;

		if (lf == NULL)
			break;
		found = (size_t)(lf - data);
		if ((found == 0 ? last : lf[-1]) != '\r')
			return found;
		at = found + 1;
	}
	return size;
}

void sn_mime_facts_add_portable(sn_mime_facts *facts, const uint8_t *data, size_t size,
    uint8_t last)
{
	for (size_t i = 0; i < size; i++) {
		const uint8_t c = data[i];

		facts->has_8bit |= c > 127;
		facts->has_nul |= c == 0;
		facts->has_bare_cr |= last == '\r' && c != '\n';
		facts->has_bare_lf |= last != '\r' && c == '\n';
		last = c;
	}
}

size_t sn_mime_find_line(const uint8_t *data, size_t size, const char start[2])
{
	if (sn_mime_has_avx2())
		return sn_mime_find_line_avx2(data, size, start);
	return sn_mime_find_line_portable(data, size, start);
}

size_t sn_mime_find_bare_lf(const uint8_t *data, size_t size, uint8_t last)
{
	if (sn_mime_has_avx2())
		return sn_mime_find_bare_lf_avx2(data, size, last);
	return sn_mime_find_bare_lf_portable(data, size, last);
}

void sn_mime_facts_add(sn_mime_facts *facts, const uint8_t *data, size_t size, uint8_t last)
{
	if (sn_mime_has_avx2()) {
		sn_mime_facts_add_avx2(facts, data, size, last);
		return;
	}
	sn_mime_facts_add_portable(facts, data, size, last);
}
