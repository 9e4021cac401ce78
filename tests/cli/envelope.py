#!/usr/bin/env python3
"""What a (Auth)EnvelopedData consists of: envelope.py FILE (a message in base64, or CMS in BER).

Prints its version, how many RecipientInfos it has, and a digest of all octets behind them."""
import base64
import hashlib
import re
import sys


def header(data, at):
    """Tag, where the contents begin, their length (None: indefinite)."""
    tag, first = data[at], data[at + 1]
    if first < 0x80:
        return tag, at + 2, first
    if first == 0x80:
        return tag, at + 2, None
    size = first & 0x7f
    return tag, at + 2 + size, int.from_bytes(data[at + 2:at + 2 + size], "big")


def end(data, at):
    """Behind the item at that place."""
    _, inside, length = header(data, at)
    if length is not None:
        return inside + length
    while data[inside:inside + 2] != b"\0\0":
        inside = end(data, inside)
    return inside + 2


def children(data, at):
    _, inside, length = header(data, at)
    found = []
    while data[inside:inside + 2] != b"\0\0" if length is None else inside < end(data, at):
        found.append(inside)
        inside = end(data, inside)
    return found, inside


def cms_of(raw):
    if raw[:1] == b"0":
        return raw
    if raw.startswith(b"-----BEGIN"):
        return base64.b64decode(re.search(rb"-----\r?\n(.*?)-----END", raw, re.S)[1])
    body = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[1]
    return base64.b64decode(body) if re.search(rb"(?im)^content-transfer-encoding: *base64", raw) else body


def main():
    data = cms_of(open(sys.argv[1], "rb").read())
    assert end(data, 0) == len(data), "octets behind the object, or lengths that are wrong"
    content = children(data, 0)[0][1]
    fields, stop = children(data, children(data, content)[0][0])
    infos = next(f for f in fields if data[f] == 0x31)
    rest = data[end(data, infos):stop]
    version = data[fields[0] + 2]
    print(version, len(children(data, infos)[0]), hashlib.sha256(rest).hexdigest())


main()
