#!/usr/bin/env python3
"""Gives a PKCS#12 file a MAC by PBMAC1 (RFC 9579) in place of its own.

    make_pbmac1.py IN OUT PASSPHRASE

OpenSSL's program does so from 3.4 on; this one makes a file for what is older.
"""

import hashlib
import hmac
import sys


def take(data, at=0):
    """Tag, contents, and where the item ends; definite lengths only."""
    size, begin = data[at + 1], at + 2
    if size & 0x80:
        octets = size & 0x7F
        size = int.from_bytes(data[begin:begin + octets], "big")
        begin += octets
    return data[at], data[begin:begin + size], begin + size


def item(tag, *parts):
    contents = b"".join(parts)
    size = len(contents)
    if size < 0x80:
        return bytes([tag, size]) + contents
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + contents


def oid(hexes):
    return item(6, bytes.fromhex(hexes))


def main(source, target, passphrase):
    data = open(source, "rb").read()
    _, pfx, _ = take(data)
    _, _, version_end = take(pfx)
    _, safe, safe_end = take(pfx, version_end)
    _, _, type_end = take(safe)
    _, explicit, _ = take(safe, type_end)
    _, content, _ = take(explicit)

    salt, rounds = b"saltsalt", 2048
    key = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, rounds, 32)
    mac = hmac.new(key, content, "sha256").digest()
    hmac_sha256 = item(0x30, oid("2a864886f70d0209"), item(5))
    kdf = item(0x30, oid("2a864886f70d01050c"),
               item(0x30, item(4, salt), item(2, rounds.to_bytes(2, "big")), item(2, b"\x20"),
                    hmac_sha256))
    pbmac1 = item(0x30, oid("2a864886f70d01050e"), item(0x30, kdf, hmac_sha256))
    mac_data = item(0x30, item(0x30, pbmac1, item(4, mac)), item(4, b"NOT USED"), item(2, b"\x01"))
    open(target, "wb").write(item(0x30, pfx[:safe_end], mac_data))


if __name__ == "__main__":
    main(*sys.argv[1:])
