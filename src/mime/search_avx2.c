#include "mime/mime_int.h"

#if SN_MIME_AVX2

#include <immintrin.h>

#include "mime/canon.h"

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i load(const uint8_t *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

AVX2 static inline __m256i is(__m256i octets, char c)
{
	return _mm256_cmpeq_epi8(octets, _mm256_set1_epi8(c));
}

/* Where such a line begins in the 32 places from p on, its LF included; reads 34. */
AVX2 static inline __m256i lines_at(const uint8_t *p, const char start[2])
{
	return _mm256_and_si256(_mm256_and_si256(is(load(p), '\n'), is(load(p + 1), start[0])),
	    is(load(p + 2), start[1]));
}

AVX2 size_t sn_mime_find_line_avx2(const uint8_t *data, size_t size, const char start[2])
{
	size_t at = 0;
	size_t found;

	for (; size - at >= 66; at += 64) {
		const __m256i first = lines_at(data + at, start);
		const __m256i second = lines_at(data + at + 32, start);
		uint64_t mask;

		if (_mm256_testz_si256(_mm256_or_si256(first, second),
		        _mm256_or_si256(first, second)))
			continue;
		mask = (uint32_t)_mm256_movemask_epi8(first) |
		    (uint64_t)(uint32_t)_mm256_movemask_epi8(second) << 32;
		return at + (size_t)__builtin_ctzll(mask);
	}
	found = sn_mime_find_line_portable(data + at, size - at, start);
	return at + found;
}

AVX2 size_t sn_mime_find_bare_lf_avx2(const uint8_t *data, size_t size, uint8_t last)
{
	size_t at = 1;

	if (size == 0)
		return 0;
	if (data[0] == '\n' && last != '\r')
		return 0;
	for (; size - at >= 32; at += 32) {
		const __m256i bare = _mm256_andnot_si256(is(load(data + at - 1), '\r'),
		    is(load(data + at), '\n'));
		const uint32_t mask = (uint32_t)_mm256_movemask_epi8(bare);

		if (mask != 0)
			return at + (size_t)__builtin_ctz(mask);
	}
	return at + sn_mime_find_bare_lf_portable(data + at, size - at, data[at - 1]);
}

AVX2 void sn_mime_facts_add_avx2(sn_mime_facts *facts, const uint8_t *data, size_t size,
    uint8_t last)
{
	__m256i all = _mm256_setzero_si256();
	__m256i nul = _mm256_setzero_si256();
	__m256i bare_cr = _mm256_setzero_si256();
	__m256i bare_lf = _mm256_setzero_si256();
	size_t at = 1;

	if (size == 0)
		return;
	sn_mime_facts_add_portable(facts, data, 1, last);
	for (; size - at >= 32; at += 32) {
		const __m256i here = load(data + at);
		const __m256i is_lf = is(here, '\n');
		const __m256i is_behind_cr = is(load(data + at - 1), '\r');

		all = _mm256_or_si256(all, here);
		nul = _mm256_or_si256(nul, is(here, 0));
		bare_cr = _mm256_or_si256(bare_cr, _mm256_andnot_si256(is_lf, is_behind_cr));
		bare_lf = _mm256_or_si256(bare_lf, _mm256_andnot_si256(is_behind_cr, is_lf));
	}
	facts->has_8bit |= _mm256_movemask_epi8(all) != 0;
	facts->has_nul |= _mm256_movemask_epi8(nul) != 0;
	facts->has_bare_cr |= _mm256_movemask_epi8(bare_cr) != 0;
	facts->has_bare_lf |= _mm256_movemask_epi8(bare_lf) != 0;
	sn_mime_facts_add_portable(facts, data + at, size - at, data[at - 1]);
}

#endif
