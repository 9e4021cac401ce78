/*
 * base64 by 32 characters, after W. Mula and D. Lemire, "Faster Base64 Encoding and Decoding
 * Using AVX2 Instructions" (ACM TWEB 12, 2018).
 */
#include "mime/mime_int.h"

#if SN_MIME_AVX2

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

/* Each 16 octets twice, for both halves of a register. */
AVX2 static inline __m256i both(__m128i half)
{
	return _mm256_broadcastsi128_si256(half);
}

/*
 * The values of 32 characters; the mask has a bit for each that is not in the alphabet. A character
 * is told by its two halves: each half has a set of classes, and those of a good one are disjoint.
 */
AVX2 static inline __m256i values_of(__m256i text, uint32_t *bad_out)
{
	const __m256i lut_lo = both(_mm_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
	    0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a));
	const __m256i lut_hi = both(_mm_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08,
	    0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10));
	const __m256i lut_roll = both(_mm_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71,
	    0, 0, 0, 0, 0, 0, 0, 0));
	const __m256i low = _mm256_set1_epi8(0x0f);
	const __m256i hi = _mm256_and_si256(_mm256_srli_epi32(text, 4), low);
	const __m256i lo = _mm256_and_si256(text, low);
	const __m256i classes = _mm256_and_si256(_mm256_shuffle_epi8(lut_lo, lo),
	    _mm256_shuffle_epi8(lut_hi, hi));
	const __m256i good = _mm256_cmpeq_epi8(classes, _mm256_setzero_si256());
	const __m256i is_slash = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('/'));
	const __m256i roll = _mm256_shuffle_epi8(lut_roll, _mm256_add_epi8(is_slash, hi));

	*bad_out = ~(uint32_t)_mm256_movemask_epi8(good);
	return _mm256_add_epi8(text, roll);
}

/* 32 values of 6 bits to 24 octets, in the lower part. */
AVX2 static inline __m256i pack(__m256i values)
{
	const __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
	const __m256i quads = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
	const __m256i order = both(_mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12,
	    -1, -1, -1, -1));

	return _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(quads, order),
	    _mm256_setr_epi32(0, 1, 2, 4, 5, 6, -1, -1));
}

/* 44 characters are to be there so that the store of 32 octets stays within size / 4 * 3. */
enum { DECODE_NEEDS = 44 };

AVX2 size_t sn_base64_decode_bulk_avx2(const uint8_t *in, size_t size, uint8_t *out,
    size_t *out_size)
{
	uint8_t *o = out;
	size_t at = 0;
	size_t rest;

	while (size - at >= DECODE_NEEDS) {
		uint32_t bad;
		size_t good;
		const __m256i values = values_of(_mm256_loadu_si256((const __m256i *)(const void *)
		    (in + at)), &bad);

		_mm256_storeu_si256((__m256i *)(void *)o, pack(values));
		if (bad == 0) {
			o += 24;
			at += 32;
			continue;
		}
		good = (size_t)__builtin_ctz(bad);
		o += good / 4 * 3;
		at += good / 4 * 4;
		/* a line of 76 ends here: 32, 32, 12, and on with the next */
		if (good % 4 != 0)
			break;
		if (in[at] == '\r' && in[at + 1] == '\n')
			at += 2;
		else if (in[at] == '\n')
			at++;
		else
			break;
	}
	at += sn_base64_decode_bulk_portable(in + at, size - at, o, &rest);
	*out_size = (size_t)(o - out) + rest;
	return at;
}

/* 12 octets at the start of each half to 16 values of 6 bits. */
AVX2 static inline __m256i spread(__m256i octets)
{
	const __m256i order = both(_mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10));
	const __m256i text = _mm256_shuffle_epi8(octets, order);
	const __m256i odd = _mm256_mulhi_epu16(_mm256_and_si256(text, _mm256_set1_epi32(0x0fc0fc00)),
	    _mm256_set1_epi32(0x04000040));
	const __m256i even = _mm256_mullo_epi16(_mm256_and_si256(text, _mm256_set1_epi32(0x003f03f0)),
	    _mm256_set1_epi32(0x01000010));

	return _mm256_or_si256(odd, even);
}

AVX2 static inline __m256i characters_of(__m256i values)
{
	const __m256i lut = both(_mm_setr_epi8(65, 71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4,
	    -19, -16, 0, 0));
	const __m256i over = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
	const __m256i is_past_upper = _mm256_cmpgt_epi8(values, _mm256_set1_epi8(25));

	return _mm256_add_epi8(values,
	    _mm256_shuffle_epi8(lut, _mm256_sub_epi8(over, is_past_upper)));
}

/* 24 octets to 32 characters; reads 28 octets. */
AVX2 static inline void encode_24(const uint8_t *in, uint8_t *out)
{
	const __m128i low = _mm_loadu_si128((const __m128i *)(const void *)in);
	const __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(in + 12));
	const __m256i octets = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);

	_mm256_storeu_si256((__m256i *)(void *)out, characters_of(spread(octets)));
}

/* The last 9 of a line to 12 characters; reads 16 and writes 16. */
AVX2 static inline void encode_9(const uint8_t *in, uint8_t *out)
{
	const __m128i octets = _mm_loadu_si128((const __m128i *)(const void *)in);
	const __m256i text = characters_of(spread(_mm256_castsi128_si256(octets)));

	_mm_storeu_si128((__m128i *)(void *)out, _mm256_castsi256_si128(text));
}

AVX2 size_t sn_base64_encode_bulk_avx2(const uint8_t *in, size_t size, bool lf, uint8_t *out,
    size_t *out_size)
{
	uint8_t *o = out;
	size_t at = 0;
	size_t rest;

	for (; size - at >= SN_BASE64_LINE_OCTETS + 7; at += SN_BASE64_LINE_OCTETS) {
		encode_24(in + at, o);
		encode_24(in + at + 24, o + 32);
		encode_9(in + at + 48, o + 64);
		o += SN_BASE64_LINE;
		if (!lf)
			*o++ = '\r';
		*o++ = '\n';
	}
	at += sn_base64_encode_bulk_portable(in + at, size - at, lf, o, &rest);
	*out_size = (size_t)(o - out) + rest;
	return at;
}

#endif
