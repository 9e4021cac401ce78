#include "cms/cms_int.h"
#include "cms/writer.h"

#define OID(name, ...) \
	static const uint8_t name##_octets[] = { __VA_ARGS__ }; \
	const sn_span sn_cms_oid_##name = { name##_octets, sizeof(name##_octets) };

/* 1.2.840.113549.1: RSA Data Security's PKCS */
#define PKCS 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01

OID(data, PKCS, 7, 1)
OID(signed, PKCS, 7, 2)
OID(enveloped, PKCS, 7, 3)
OID(auth_enveloped, PKCS, 9, 16, 1, 23)
OID(compressed, PKCS, 9, 16, 1, 9)
OID(zlib, PKCS, 9, 16, 3, 8)
OID(kem, PKCS, 9, 16, 13, 3)
OID(content_type, PKCS, 9, 3)
OID(message_digest, PKCS, 9, 4)
OID(signing_time, PKCS, 9, 5)
OID(countersignature, PKCS, 9, 6)
OID(capabilities, PKCS, 9, 15)
OID(encryption_key, PKCS, 9, 16, 2, 11)
/* 1.3.6.1.4.1.311.16.4 */
OID(encryption_key_microsoft, 0x2b, 6, 1, 4, 1, 0x82, 0x37, 16, 4)
OID(signing_certificate, PKCS, 9, 16, 2, 12)
OID(signing_certificate_v2, PKCS, 9, 16, 2, 47)
