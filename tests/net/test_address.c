/* RFC 6890 and the IANA registries of special-purpose addresses. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "harness.h"
#include "net/net_int.h"

static bool is_public(const char *text)
{
	struct sockaddr_storage address = { 0 };
	struct sockaddr_in *in4 = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address;

	if (inet_pton(AF_INET, text, &in4->sin_addr) == 1)
		in4->sin_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1)
		in6->sin6_family = AF_INET6;
	else
		fail_msg("%s is no address", text);
	return sn_net_is_public((const struct sockaddr *)&address);
}

static void address__that_is_not_public_is_known(void **state)
{
	static const char *const texts[] = {
		"0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0",
		"100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.0.0", "169.254.169.254",
		"172.16.0.0", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.0",
		"192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.7", "203.0.113.7",
		"224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1",
		"::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::127.0.0.1",
		"64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378::1",
		"2001:db8::1", "2001:1ff::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1",
		"3fff:fff:ffff::1", "fc00::1", "fdff::1", "fe80::1", "febf::1", "fec0::1", "ff02::1",
		"ffff::1", "4000::1", "1fff::1", "5f00::1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (is_public(texts[i]))
			fail_msg("%s is taken for public", texts[i]);
}

static void address__beside_a_block_is_public(void **state)
{
	static const char *const texts[] = {
		"1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
		"126.255.255.255", "128.0.0.1", "169.253.255.255", "169.255.0.0", "172.15.255.255",
		"172.32.0.0", "192.0.1.1", "192.0.3.1", "192.167.255.255", "192.169.0.0",
		"198.17.255.255", "198.20.0.0", "223.255.255.255", "2001:200::1", "2001:db7::1",
		"2001:db9::1", "2003::1", "2606:4700::1111", "3ffe::1", "3fff:1000::1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (!is_public(texts[i]))
			fail_msg("%s is not taken for public", texts[i]);
}

static void address__of_another_family_is_not_public(void **state)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };

	(void)state;
	assert_false(sn_net_is_public((const struct sockaddr *)&local));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(address__that_is_not_public_is_known),
		cmocka_unit_test(address__beside_a_block_is_public),
		cmocka_unit_test(address__of_another_family_is_not_public),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
