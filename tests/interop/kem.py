#!/usr/bin/env python3
"""RSA-KEM (RFC 9690) in KEMRecipientInfo (RFC 9629), written a second time: RSA without padding, AES key
wrap and AES-CBC by the openssl program, everything else here.

    kem.py seal KEY-ID PUBLIC-KEY INNER OUTER WRAP UKM <content >message
    kem.py open KEY <message >content

INNER and OUTER are kdf3-HASH or hkdf-HASH (HKDF with the salt absent), INNER also -: parameters absent;
WRAP is 128, 192 or 256; UKM hex, or -.
"""

import hashlib
import hmac
import os
import subprocess
import sys
import tempfile

HASHES = {"sha256": "0609608648016503040201", "sha384": "0609608648016503040202",
          "sha512": "0609608648016503040203"}
HKDFS = {"sha256": "1c", "sha384": "1d", "sha512": "1e"}
WRAPS = {16: ("05", "02"), 24: ("19", "16"), 32: ("2d", "2a")}  # aesNNN-wrap, aesNNN-CBC
IV = "a6" * 8


def run(*command, data):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def rsa(key, data, *how):
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return run("openssl", "pkeyutl", *how, "-inkey", key, "-in", file.name,
                   "-pkeyopt", "rsa_padding_mode:none", data=b"")


def aes(kind, way, key, iv, data):
    return run("openssl", "enc", kind, way, "-K", key.hex(), "-iv", iv, data=data)


def item(tag, *contents):
    data = b"".join(contents)
    size = len(data)
    if size < 128:
        return bytes([tag, size]) + data
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + data


def items(data):
    """The items side by side in data: tag, contents, and the whole."""
    at = 0
    while at < len(data):
        start, tag, size = at, data[at], data[at + 1]
        at += 2
        if size >= 128:
            count = size & 0x7F
            size = int.from_bytes(data[at:at + count], "big")
            at += count
        yield tag, data[at:at + size], data[start:at + size]
        at += size


def kdf(name, secret, info, size):
    kind, _, digest = name.partition("-")
    out = block = b""
    if kind == "hkdf":
        prk = hmac.new(bytes(hashlib.new(digest).digest_size), secret, digest).digest()
    for counter in range(1, 10):
        if kind == "kdf3":
            block = hashlib.new(digest, counter.to_bytes(4, "big") + secret + info).digest()
        else:
            block = hmac.new(prk, block + info + bytes([counter]), digest).digest()
        out += block
    return out[:size]


def kdf_identifier(name, after_digest=b""):
    kind, _, digest = name.partition("-")
    if kind == "hkdf":
        return item(0x30, bytes.fromhex("060b2a864886f70d01091003" + HKDFS[digest]))
    return item(0x30, bytes.fromhex("060a2b8105108648092c0102"),
                item(0x30, bytes.fromhex(HASHES[digest]), after_digest))


def kdf_name(identifier):
    names = [f"{kind}-{digest}" for kind in ("kdf3", "hkdf") for digest in HASHES]
    return next(name for name in names
                if identifier in (kdf_identifier(name), kdf_identifier(name, b"\x05\0")))


def integer(value):
    return item(0x02, bytes([value]))


def seal(key_id, public_key, inner, outer, bits, ukm):
    size = int(bits) // 8
    wrap_oid, cipher_oid = WRAPS[size]
    length = modulus_size(public_key)
    z = b"\0" + os.urandom(length - 1)
    ct = rsa(public_key, z, "-encrypt", "-pubin")
    kem = [bytes.fromhex("060728818c71020204")]
    if inner != "-":
        kem.append(item(0x30, kdf_identifier(inner), integer(size)))
    shared = kdf("kdf3-sha256" if inner == "-" else inner, z, b"", size)
    wrap = item(0x30, bytes.fromhex("06096086480165030401" + wrap_oid))
    note = b"" if ukm == "-" else item(0xA0, item(0x04, bytes.fromhex(ukm)))
    kek = kdf(outer, shared, item(0x30, wrap, integer(size), note), size)
    cek, iv = os.urandom(size), os.urandom(16)
    info = item(0x30, integer(0), item(0x80, bytes.fromhex(key_id)), item(0x30, *kem), item(0x04, ct),
                kdf_identifier(outer), integer(size), note, wrap,
                item(0x04, aes(f"-id-aes{bits}-wrap", "-e", kek, IV, cek)))
    content = aes(f"-aes-{bits}-cbc", "-e", cek, iv.hex(), sys.stdin.buffer.read())
    sys.stdout.buffer.write(item(
        0x30, bytes.fromhex("06092a864886f70d010703"),
        item(0xA0, item(0x30, integer(3),
                        item(0x31, item(0xA4, bytes.fromhex("060b2a864886f70d0109100d03"), info)),
                        item(0x30, bytes.fromhex("06092a864886f70d010701"),
                             item(0x30, bytes.fromhex("06096086480165030401" + cipher_oid),
                                  item(0x04, iv)),
                             item(0x80, content))))))


def modulus_size(public_key):
    text = run("openssl", "pkey", "-pubin", "-in", public_key, "-text", "-noout", data=b"").decode()
    return int(text.split("(")[1].split()[0]) // 8


def inside(data, index):
    return list(items(data))[index][1]


def open_(key):
    message = inside(inside(inside(sys.stdin.buffer.read(), 0), 1), 0)
    (_, version, _), (_, infos, _), (_, encrypted, _) = list(items(message))[:3]
    assert version == b"\3"
    other = list(items(inside(infos, 0)))
    assert other[0][1] == bytes.fromhex("2a864886f70d0109100d03")
    fields = list(items(other[1][1]))
    assert len(fields) == 8 and fields[0][1] == b"\0"
    assert fields[2][2] == item(0x30, bytes.fromhex("060728818c71020204"))
    size = fields[5][1][0]
    shared = kdf("kdf3-sha256", rsa(key, fields[3][1], "-decrypt"), b"", size)
    kek = kdf(kdf_name(fields[4][2]), shared, item(0x30, fields[6][2], fields[5][2]), size)
    cek = aes(f"-id-aes{8 * size}-wrap", "-d", kek, IV, fields[7][1])
    content = list(items(encrypted))
    iv = inside(content[1][1], 1)
    sys.stdout.buffer.write(aes(f"-aes-{8 * size}-cbc", "-d", cek, iv.hex(), content[2][1]))


if __name__ == "__main__":
    {"seal": seal, "open": open_}[sys.argv[1]](*sys.argv[2:])
