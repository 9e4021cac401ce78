/*
 * E-mail addresses. What is compared is brought to one form in a buffer of fixed size: the local
 * part unquoted with ASCII letters lowered, the domain as A-labels (RFC 5890) with ASCII letters
 * lowered. U-labels are taken as they stand, without the mappings of UTS 46: two spellings that
 * only such a mapping would join are different addresses, which errs on the safe side.
 */
#include "cert/email.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"

enum {
	LOCAL_MAX = 256,
	DOMAIN_MAX = 253,
	LABEL_MAX = 63,
	ADDRESS_MAX = 512
};

_Static_assert((int)SN_EMAIL_DOMAIN > (int)DOMAIN_MAX, "room for a domain and its NUL");

typedef struct normal {
	uint8_t local[LOCAL_MAX];
	size_t local_size;
	uint8_t domain[DOMAIN_MAX];
	size_t domain_size;
} normal;

/* RFC 3492 5: the parameters of Punycode. */
enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, FIRST_BIAS = 72, FIRST_N = 128 };

static uint8_t digit(uint32_t value)
{
	return (uint8_t)(value < 26 ? 'a' + value : '0' + (value - 26));
}

/* RFC 3492 6.1 */
static uint32_t adapt(uint32_t delta, uint32_t points, bool is_first)
{
	uint32_t k = 0;

	delta = is_first ? delta / DAMP : delta / 2;
	delta += delta / points;
	while (delta > ((BASE - T_MIN) * T_MAX) / 2) {
		delta /= BASE - T_MIN;
		k += BASE;
	}
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static bool put(uint8_t c, uint8_t *out, size_t room, size_t *used)
{
	if (*used == room)
		return false;
	out[(*used)++] = c;
	return true;
}

/* A generalised variable-length integer, RFC 3492 3.3. */
static bool put_delta(uint32_t delta, uint32_t bias, uint8_t *out, size_t room, size_t *used)
{
	for (uint32_t k = BASE;; k += BASE) {
		const uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;

		if (delta < t)
			break;
		if (!put(digit(t + (delta - t) % (BASE - t)), out, room, used))
			return false;
		delta = (delta - t) / (BASE - t);
	}
	return put(digit(delta), out, room, used);
}

/* RFC 3492 6.3. At most LABEL_MAX characters, so that no delta overflows 32 bits. */
static bool punycode(const uint32_t *label, size_t count, uint8_t *out, size_t room, size_t *used)
{
	uint32_t n = FIRST_N;
	uint32_t delta = 0;
	uint32_t bias = FIRST_BIAS;
	size_t basic = 0;
	size_t done;

	for (size_t i = 0; i < count; i++)
		if (label[i] < FIRST_N) {
			if (!put(sn_ascii_lower((uint8_t)label[i]), out, room, used))
				return false;
			basic++;
		}
	if (basic != 0 && !put('-', out, room, used))
		return false;
	for (done = basic; done < count; n++, delta++) {
		uint32_t next = UINT32_MAX;

		for (size_t i = 0; i < count; i++)
			if (label[i] >= n && label[i] < next)
				next = label[i];
		delta += (next - n) * (uint32_t)(done + 1);
		n = next;
		for (size_t i = 0; i < count; i++) {
			if (label[i] < n)
				delta++;
			if (label[i] != n)
				continue;
			if (!put_delta(delta, bias, out, room, used))
				return false;
			bias = adapt(delta, (uint32_t)(done + 1), done == basic);
			delta = 0;
			done++;
		}
	}
	return true;
}

/* One label, lowered, as an A-label where it is not ASCII. */
static bool put_label(const uint8_t *label, size_t size, normal *to)
{
	uint32_t points[LABEL_MAX];
	size_t count = 0;
	const size_t start = to->domain_size;
	bool is_ascii = true;

	if (size == 0)
		return false;
	for (size_t i = 0; i < size;) {
		const size_t used = sn_utf8_decode(label + i, size - i, &points[count]);

		if (used == 0 || points[count] <= ' ' || points[count] == 0x7f)
			return false;
		is_ascii = is_ascii && used == 1;
		i += used;
		if (++count == LABEL_MAX && i < size)
			return false;
	}
	if (!is_ascii)
		return put('x', to->domain, DOMAIN_MAX, &to->domain_size) &&
		    put('n', to->domain, DOMAIN_MAX, &to->domain_size) &&
		    put('-', to->domain, DOMAIN_MAX, &to->domain_size) &&
		    put('-', to->domain, DOMAIN_MAX, &to->domain_size) &&
		    punycode(points, count, to->domain, DOMAIN_MAX, &to->domain_size) &&
		    to->domain_size - start <= LABEL_MAX;
	for (size_t i = 0; i < count; i++)
		if (!put(sn_ascii_lower((uint8_t)points[i]), to->domain, DOMAIN_MAX,
			&to->domain_size))
			return false;
	return true;
}

static bool put_domain(const uint8_t *domain, size_t size, normal *to)
{
	const uint8_t *end = domain + size;

	for (;;) {
		const uint8_t *dot = memchr(domain, '.', (size_t)(end - domain));

		if (!put_label(domain, (size_t)((dot != NULL ? dot : end) - domain), to))
			return false;
		if (dot == NULL)
			return true;
		if (!put('.', to->domain, DOMAIN_MAX, &to->domain_size))
			return false;
		domain = dot + 1;
	}
}

/* RFC 5322 3.4.1: a quoted local part means what stands in it. */
static bool put_local(const uint8_t *local, size_t size, normal *to)
{
	const bool is_quoted = size >= 2 && local[0] == '"' && local[size - 1] == '"';
	const size_t end = is_quoted ? size - 1 : size;

	for (size_t i = is_quoted ? 1 : 0; i < end; i++) {
		uint8_t c = local[i];

		if (is_quoted && c == '\\' && ++i < end)
			c = local[i];
		else if (c == '"' || c == '\\' || (c == '@' && !is_quoted))
			return false;
		if (c <= ' ' || c == 0x7f || !put(sn_ascii_lower(c), to->local, LOCAL_MAX, &to->local_size))
			return false;
	}
	return to->local_size != 0;
}

static bool normalise(const char *address, normal *to)
{
	const size_t size = strnlen(address, ADDRESS_MAX + 1);
	const char *at = NULL;
	size_t local;

	to->local_size = 0;
	to->domain_size = 0;
	if (size > ADDRESS_MAX || !sn_utf8_is_valid((const uint8_t *)address, size))
		return false;
	at = strrchr(address, '@');
	if (at == NULL)
		return false;
	local = (size_t)(at - address);
	return put_local((const uint8_t *)address, local, to) &&
	    put_domain((const uint8_t *)at + 1, size - local - 1, to);
}

bool sn_email_is_valid(const char *address)
{
	normal form;

	return normalise(address, &form);
}

bool sn_email_equal(const char *a, const char *b)
{
	normal x, y;

	return normalise(a, &x) && normalise(b, &y) && x.local_size == y.local_size &&
	    x.domain_size == y.domain_size && memcmp(x.local, y.local, x.local_size) == 0 &&
	    memcmp(x.domain, y.domain, x.domain_size) == 0;
}

bool sn_email_is_in_domain(const char *address, const char *domain)
{
	normal form, limit;
	size_t before;

	limit.domain_size = 0;
	/* ".example.com", as name constraints write it */
	if (*domain == '.')
		domain++;
	if (!normalise(address, &form) ||
	    !put_domain((const uint8_t *)domain, strlen(domain), &limit))
		return false;
	if (form.domain_size < limit.domain_size)
		return false;
	before = form.domain_size - limit.domain_size;
	return memcmp(form.domain + before, limit.domain, limit.domain_size) == 0 &&
	    (before == 0 || form.domain[before - 1] == '.');
}

bool sn_email_domain_ascii(const char *domain, char text[SN_EMAIL_DOMAIN])
{
	normal form;

	form.domain_size = 0;
	if (!put_domain((const uint8_t *)domain, strlen(domain), &form))
		return false;
	memcpy(text, form.domain, form.domain_size);
	text[form.domain_size] = '\0';
	return true;
}
