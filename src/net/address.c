/*
 * Which addresses are public: those of the registries of special-purpose addresses (RFC 6890) that
 * are globally reachable, and everything that is in no such registry.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "net/net_int.h"

typedef struct block4 {
	uint32_t start;
	unsigned bits;
} block4;

static const block4 private4[] = {
	{ 0x00000000, 8 },  /* 0.0.0.0/8: this network (RFC 791) */
	{ 0x0a000000, 8 },  /* 10.0.0.0/8 (RFC 1918) */
	{ 0x64400000, 10 }, /* 100.64.0.0/10: shared (RFC 6598) */
	{ 0x7f000000, 8 },  /* 127.0.0.0/8: loopback */
	{ 0xa9fe0000, 16 }, /* 169.254.0.0/16: link-local, and clouds' metadata */
	{ 0xac100000, 12 }, /* 172.16.0.0/12 (RFC 1918) */
	{ 0xc0000000, 24 }, /* 192.0.0.0/24: protocols (RFC 6890) */
	{ 0xc0000200, 24 }, /* 192.0.2.0/24: documentation */
	{ 0xc0586300, 24 }, /* 192.88.99.0/24: 6to4 relays (RFC 7526) */
	{ 0xc0a80000, 16 }, /* 192.168.0.0/16 (RFC 1918) */
	{ 0xc6120000, 15 }, /* 198.18.0.0/15: benchmarks (RFC 2544) */
	{ 0xc6336400, 24 }, /* 198.51.100.0/24: documentation */
	{ 0xcb007100, 24 }, /* 203.0.113.0/24: documentation */
	{ 0xe0000000, 4 },  /* 224.0.0.0/4: multicast */
	{ 0xf0000000, 4 },  /* 240.0.0.0/4: reserved, broadcast */
};

typedef struct block6 {
	uint8_t start[16];
	unsigned bits;
} block6;

/*
 * Of IPv6 only 2000::/3 is given out to the public, so that loopback, unspecified, mapped and
 * compatible IPv4, NAT64, unique-local, link-local, site-local and multicast addresses all lie
 * outside; of that, these are no hosts either, or hold an IPv4 address.
 */
static const block6 private6[] = {
	{ { 0x20, 0x01, 0x00 }, 23 },             /* 2001::/23: protocols, Teredo among them */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },       /* 2001:db8::/32: documentation */
	{ { 0x20, 0x02 }, 16 },                   /* 2002::/16: 6to4 */
	{ { 0x3f, 0xff }, 20 },                   /* 3fff::/20: documentation (RFC 9637) */
};

static bool is_public4(uint32_t address)
{
	for (size_t i = 0; i < sizeof(private4) / sizeof(*private4); i++)
		if ((address ^ private4[i].start) >> (32 - private4[i].bits) == 0)
			return false;
	return true;
}

static bool is_within6(const uint8_t address[16], const block6 *block)
{
	unsigned whole = block->bits / 8, rest = block->bits % 8;

	if (memcmp(address, block->start, whole) != 0)
		return false;
	return rest == 0 || (address[whole] ^ block->start[whole]) >> (8 - rest) == 0;
}

static bool is_public6(const uint8_t address[16])
{
	if (address[0] >> 5 != 1) /* 2000::/3 */
		return false;
	for (size_t i = 0; i < sizeof(private6) / sizeof(*private6); i++)
		if (is_within6(address, &private6[i]))
			return false;
	return true;
}

bool sn_net_is_public(const struct sockaddr *address)
{
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;

	switch (address->sa_family) {
	case AF_INET:
		memcpy(&in4, address, sizeof(in4));
		return is_public4(ntohl(in4.sin_addr.s_addr));
	case AF_INET6:
		memcpy(&in6, address, sizeof(in6));
		return is_public6(in6.sin6_addr.s6_addr);
	default: return false;
	}
}
