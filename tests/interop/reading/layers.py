"""Layers in each other, what is withheld, and what lies below an unprotected root."""
import json
import os

from bench import (BASE, ENTITY, HEAD, attempt, b64, case, clear, cms, compressed_der, encrypted_der,
                   entity_of, mail, oid, read, run, signed_der, tlv, write)
from wrappers import BOB, PAY

AUTH = "authEnveloped-data"


def enc(entity, *names, cipher="aes-256-gcm", more=()):
    kind = AUTH if cipher.endswith("gcm") else "enveloped-data"
    return entity_of(encrypted_der(entity, *names, cipher=cipher, more=more), kind)


def opaque(entity=ENTITY, name="alice"):
    return entity_of(signed_der(name, entity))


def nested():
    def types(*wanted):
        return lambda r: [l["type"] for l in r["layers"]] == list(wanted)
    case("signed in encrypted", 0, mail(enc(opaque())), *BOB, text=PAY, holds=lambda r: r["encrypted"] and
         r["signed"] and types("encrypted", "signed")(r) and r["layers"][0]["integrity"] == "aead"
         and r["layers"][0]["cipher"] == "aes-256-gcm" and r["layers"][0]["recipients"][0]["mine"] is True)
    case("clear signed in encrypted", 0, mail(enc(clear(head=b""))), *BOB, text=PAY)
    case("signed in CBC", 0, mail(enc(opaque(), cipher="aes-128-cbc")), *BOB, text=PAY,
         holds=lambda r: r["layers"][0]["integrity"] == "none" and r["layers"][0]["cipher"] == "aes-128-cbc")
    case("encrypted in signed", 0, mail(opaque(enc(ENTITY))), *BOB, text=PAY,
         holds=types("signed", "encrypted"))
    case("triple wrapped", 0, mail(opaque(enc(opaque()))), *BOB, text=PAY,
         holds=types("signed", "encrypted", "signed"))
    case("compressed in signed in encrypted", 0, mail(enc(opaque(entity_of(compressed_der(ENTITY))))),
         *BOB, text=PAY, holds=types("encrypted", "signed", "compressed"))
    case("compressed only", 4, mail(entity_of(compressed_der(ENTITY))), text=PAY)
    case("CBC alone", 5, mail(enc(ENTITY, cipher="aes-256-cbc")), *BOB,
         holds=lambda r: types("encrypted")(r) and len(r["problems"]) == 1)
    case("CBC alone, allowed", 5, mail(enc(ENTITY, cipher="aes-256-cbc")), *BOB,
         "--allow-unauthenticated", text=PAY)
    case("CBC around GCM", 5, mail(enc(enc(ENTITY), cipher="aes-256-cbc")), *BOB, holds=types("encrypted"))
    case("CBC around untrusted signature", 3, mail(enc(opaque(ENTITY, "stranger"), cipher="aes-128-cbc")), *BOB,
         text=PAY)
    case("signed CBC", 5, mail(opaque(enc(ENTITY, cipher="aes-256-cbc"))), *BOB,
         holds=types("signed", "encrypted"))
    bad = signed_der().replace(b"1,250.00", b"9,250.00")
    case("altered in CBC", 5, mail(enc(entity_of(bad), cipher="aes-256-cbc")), *BOB, holds=types("encrypted"))
    case("altered in GCM", 1, mail(enc(entity_of(bad))), *BOB, holds=types("encrypted", "signed"))
    case("altered in GCM shown", 1, mail(enc(entity_of(bad))), *BOB, "--show-altered", text=b"9,250.00")
    case("altered clear shown", 1, clear().replace(b"1,250", b"9,250"), "--show-altered", text=b"9,250.00")
    case("altered around undecryptable", 1, mail(entity_of(signed_der("alice", enc(ENTITY)).replace(
        b"authEnveloped", b"authenveloped"))))
    case("not for me", 2, mail(enc(opaque(), "carol")), *BOB, codes_in=["no-recipient"],
         holds=lambda r: r["encrypted"] is False and r["layers"][0]["recipients"][0]["mine"] is False)
    case("no key", 2, mail(enc(opaque())))
    case("signed around what is not for me", 2, mail(opaque(enc(ENTITY, "carol"))), *BOB,
         holds=types("signed", "encrypted"))
    # a bit of the tag, which is the last field of AuthEnvelopedData
    der = encrypted_der(opaque())
    case("tag altered", 1, mail(entity_of(der[:-1] + bytes([der[-1] ^ 1]), AUTH)), *BOB,
         codes_in=["decrypt-failed"], holds=lambda r: types("encrypted")(r) and len(r["problems"]) == 1)
    case("tag altered, shown", 1, mail(entity_of(der[:-1] + bytes([der[-1] ^ 1]), AUTH)), *BOB,
         "--show-altered", text=b"")
    if os.path.exists("out"):
        from bench import wrong
        wrong("tag altered, shown", "content of a failed tag left")
    for depth, want in ((7, 0), (8, 0), (9, 65)):
        entity = ENTITY
        for _ in range(depth):
            entity = opaque(entity)
        case(f"{depth} layers", want, mail(entity), holds=None if want else
             lambda r, d=depth: len(r["layers"]) == d)
    case("several recipients", 0, mail(enc(opaque(), "carol", "bob-rsa", "bob")), *BOB, holds=lambda r:
         sorted(x["mine"] for x in r["layers"][0]["recipients"]) == [False, False, True])
    case("recipient by SKI", 0, mail(enc(opaque(), "bob-rsa", more=["-keyid"])), "--cert", "bob-rsa.crt", "--key",
         "bob-rsa.key", holds=lambda r: r["layers"][0]["recipients"][0]["id"].startswith("ski:") and
         r["layers"][0]["recipients"][0]["kind"] == "key-transport")
    case("recipient by issuer", 0, mail(enc(opaque(), "bob-rsa")), "--cert", "bob-rsa.crt", "--key",
         "bob-rsa.key", holds=lambda r: "#0a0" in r["layers"][0]["recipients"][0]["id"])


def collapse():
    """For one matching recipient the same report and words whatever the key or plaintext."""
    seen = {}
    for cipher, want in (("aes-256-gcm", 1), ("aes-256-cbc", 5)):
        entity = mail(enc(opaque(), "bob-rsa", cipher=cipher))
        der = encrypted_der(opaque(), "bob-rsa", cipher=cipher)
        at = der.index(bytes.fromhex("0482 0100".replace(" ", ""))) + 4 + 100
        variants = {"key": der[:at] + bytes([der[at] ^ 1]) + der[at + 1:]}
        variants["body"] = der[:-40] + bytes([der[-40] ^ 1]) + der[-39:]
        for inner_name, inner in (("plain", ENTITY), ("garbage", b"\0\1\2"), ("empty", b""),
                                  ("der", entity_of(b"\x30\x80"))):
            if cipher.endswith("cbc"):
                variants[inner_name] = encrypted_der(inner, "bob-rsa", cipher=cipher)
        for name, variant in variants.items():
            kind = AUTH if want == 1 else "enveloped-data"
            report = case(f"collapse {cipher} {name}", want, mail(entity_of(variant, kind)), "--cert", "bob-rsa.crt",
                          "--key", "bob-rsa.key")
            if report is None:
                continue
            text = json.dumps(report)
            if seen.setdefault(cipher, text) != text:
                from bench import wrong
                wrong(f"collapse {cipher} {name}", f"{text}\n{seen[cipher]}")
        assert entity


def decrypt():
    def dec(name, want, data, *args, **more):
        case(f"decrypt {name}", want, data, *args, verb="decrypt", **more)
    gcm, signed = enc(ENTITY), opaque()
    dec("GCM", 0, mail(gcm), *BOB, text=[PAY, HEAD], absent=(b"pkcs7",))
    dec("GCM around signed", 0, mail(enc(signed)), *BOB, text=[HEAD, signed])
    dec("GCM around clear", 0, mail(enc(clear(head=b""))), *BOB, text=[HEAD, b"multipart/signed"])
    dec("GCM around altered", 0, mail(enc(entity_of(signed_der().replace(b"1,250", b"9,250")))), *BOB)
    dec("GCM in GCM", 0, mail(enc(gcm)), *BOB, text=PAY)
    dec("CBC", 5, mail(enc(ENTITY, cipher="aes-256-cbc")), *BOB)
    dec("CBC allowed", 5, mail(enc(ENTITY, cipher="aes-256-cbc")), *BOB, "--allow-unauthenticated", text=PAY)
    dec("CBC around signed", 0, mail(enc(signed, cipher="aes-256-cbc")), *BOB, text=signed)
    dec("CBC around a stranger's", 0, mail(enc(opaque(ENTITY, "stranger"), cipher="aes-256-cbc")), *BOB,
        text=b"pkcs7-mime")
    dec("CBC around altered", 5, mail(enc(entity_of(signed_der().replace(b"1,250", b"9,250")),
                                          cipher="aes-256-cbc")), *BOB)
    dec("signed", 4, mail(signed), text=signed)
    dec("signed around encrypted", 4, mail(opaque(gcm)), *BOB)
    dec("plain", 4, mail(ENTITY), text=PAY)
    dec("not for me", 2, mail(enc(ENTITY, "carol")), *BOB)
    der = encrypted_der()
    dec("altered", 1, mail(entity_of(der[:-1] + bytes([der[-1] ^ 1]), AUTH)), *BOB)
    dec("altered DER", 1, der[:-1] + bytes([der[-1] ^ 1]), *BOB)
    dec("DER", 0, encrypted_der(b"any\0octets"), *BOB, text=b"any\0octets")
    dec("truncated DER", 65, der[:-9], *BOB)
    dec("entity", 0, mail(gcm), *BOB, "--entity", text=ENTITY, absent=(b"From:",))


def parts():
    def mixed(*bodies, boundary=b"mm", head=HEAD, kind=b"multipart/mixed"):
        return (head + b'MIME-Version: 1.0\r\nContent-Type: ' + kind + b'; boundary="' + boundary + b'"\r\n\r\n'
                + b"".join(b"--" + boundary + b"\r\n" + b + b"\r\n" for b in bodies) + b"--" + boundary + b"--\r\n")
    footer = b"Content-Type: text/plain\r\n\r\n-- \r\nThe list\r\n"
    inner = clear(head=b"")
    first = lambda r: r["parts"][0]
    list_mail = mixed(inner, footer)
    case("list footer", 6, list_mail, text=list_mail, codes_in=["covers-part"], holds=lambda r:
         len(r["parts"]) == 1 and first(r)["path"] == "1" and first(r)["layers"][0]["covers"] == "part"
         and r["layers"] == [] and r["signed"] is False)
    case("second part", 6, mixed(footer, entity_of(signed_der())), holds=lambda r: first(r)["path"] == "2")
    case("deeper part", 6, mixed(footer, mixed(footer, inner, boundary=b"nn", head=b"")), holds=lambda r:
         first(r)["path"] == "2.2")
    case("two signed parts", 6, mixed(inner, clear(head=b"", name="carol")), holds=lambda r: [
        p["path"] for p in r["parts"]] == ["1", "2"])
    case("altered part", 1, mixed(inner.replace(b"1,250", b"9,250"), footer))
    case("altered part beside a good one", 1, mixed(inner, inner.replace(b"1,250", b"9,250")))
    case("untrusted part", 3, mixed(clear(head=b"", name="stranger"), footer))
    case("forwarded message", 6, mixed(footer, b"Content-Type: message/rfc822\r\n\r\n" + clear()),
         holds=lambda r: first(r)["from"] == "alice@example.com")
    case("encrypted part", 4, mixed(footer, enc(ENTITY)), *BOB, holds=lambda r:
         r["verdict"] == "unprotected" and r["encrypted"] is False and len(r["parts"]) == 1, absent=(PAY,), text=b"The list")
    whole = mixed(footer, enc(opaque()))
    case("encrypted and signed part, asked for", 6, whole, *BOB, "--inner", text=PAY, absent=(b"The list",),
         holds=lambda r: first(r)["encrypted"] and first(r)["verdict"] == "valid" and not r["encrypted"]
         and [l["covers"] for l in first(r)["layers"] if l["type"] == "signed"] == ["part"])
    case("encrypted part for another, asked for", 2, mixed(footer, enc(ENTITY, "carol")), *BOB, "--inner")
    case("CBC part, asked for", 5, mixed(footer, enc(ENTITY, cipher="aes-256-cbc")), *BOB, "--inner")
    case("CBC part, asked for and allowed", 5, mixed(footer, enc(ENTITY, cipher="aes-256-cbc")), *BOB,
         "--inner", "--allow-unauthenticated", text=PAY)
    der = encrypted_der()
    case("part with a bad tag, asked for", 1, mixed(footer, entity_of(der[:-1] + bytes([der[-1] ^ 1]), AUTH)),
         *BOB, "--inner")
    case("good part asked for beside an altered one", 1, mixed(inner, inner.replace(b"1,250", b"9,250")),
         "--inner")
    case("signed part asked for, only valid ones", 6, list_mail, "--inner", "--require", "valid", text=b"",
         absent=(PAY,))
    case("encrypted part, asked for", 4, mixed(footer, enc(ENTITY)), *BOB, "--inner", text=PAY,
         absent=(b"The list",))
    case("signed part, asked for", 6, list_mail, "--inner", text=PAY, absent=(b"The list",))
    case("verify a part", 6, list_mail, verb="verify")
    case("alternative around", 6, mixed(inner, footer, kind=b"multipart/alternative"))
    case("no such part asked for", 4, mail(ENTITY), "--inner", text=PAY)
    case("multipart/signed of another kind around", 6, mixed(
        inner, footer, kind=b'multipart/signed; protocol="application/pgp-signature"'))
    three = clear().replace(b"\r\n--=_bound--", b"\r\n--=_bound\r\n\r\nmore\r\n--=_bound--")
    case("three parts in multipart/signed", 65, three)
    case("one part in multipart/signed", 65, HEAD + b'Content-Type: multipart/signed; protocol="application/pkcs7-'
         b'signature"; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n')
    case("altered in a signed forwarded message", 0, clear(
        b"Content-Type: message/rfc822\r\n\r\n" + clear(boundary=b"other").replace(b"1,250", b"9,250")), text=b"9,250")


def bare():
    der = signed_der("alice", b"any\0octets\n")
    for label in ("CMS", "PKCS7", "PKCS #7 SIGNED DATA", "SIGNED MESSAGE", "ANY THING"):
        pem = b"-----BEGIN " + label.encode() + b"-----\n" + b64(der).replace(b"\r\n", b"\n") + \
            b"-----END " + label.encode() + b"-----\n"
        case(f"PEM {label}", 0, pem, text=b"any\0octets\n")
        case(f"PEM {label} CRLF after text", 0, b"\r\n" + pem.replace(b"\n", b"\r\n"), text=b"any\0octets\n")
    case("DER", 0, der, text=b"any\0octets\n")
    case("DER said so", 0, der, "--format", "der")
    case("DER said to be MIME", 65, der, "--format", "mime")
    case("MIME said to be DER", 65, clear(), "--format", "der")
    case("DER said to be PEM", 65, der, "--format", "pem")
    case("trailing octets", 0, der + b"x", text=b"any\0octets\n")
    case("trailing newline", 0, der + b"\n", text=b"any\0octets\n")
    for n in (1, 10, 60, len(der) // 2, len(der) - 1):
        case(f"DER cut at {n}", 65, der[:n])
    case("detached, no content", 65, signed_der(detached=True))
    write("content", ENTITY)
    case("detached", 0, signed_der(detached=True), "--content", "content", text=PAY)
    write("content", ENTITY.replace(b"\r\n", b"\n"))
    case("detached, content in LF", 0, signed_der(detached=True), "--content", "content", text=PAY)
    case("detached, verify", 0, signed_der(detached=True), "--content", "content", verb="verify")
    write("content", ENTITY + b"x")
    case("detached, other content", 1, signed_der(detached=True), "--content", "content")
    certs = run("openssl", "crl2pkcs7", "-nocrl", "-certfile", "alice.crt", "-outform", "DER")
    case("certs-only", 4, certs, codes_in=["certs-only"])
    case("certs-only mail", 4, mail(entity_of(certs, "certs-only")), codes_in=["certs-only"])
    case("empty content", 0, signed_der("alice", b""), text=b"")
    case("empty entity", 0, mail(entity_of(signed_der("alice", b"\r\n"))))
    case("empty GCM", 4, encrypted_der(b""), *BOB)
    for data in (b"", b"\n", b"\r\n", b"x", b"0", b"\x30", b"\x30\x80", b"\x30\x80\0\0", b"-----BEGIN CMS-----\n",
                 b"-----BEGIN CMS-----\n-----END CMS-----\n", b":", b"From: x", b"a: b\n", b"\0" * 100):
        want = 4 if data in (b"From: x", b"a: b\n") else 65
        done = attempt(f"tiny {data[:20]!r}", want, ["open", *BASE, "-"], data)
        assert done is not None
    case("plain", 4, mail(ENTITY), text=mail(ENTITY), holds=lambda r: r["verdict"] == "unprotected")


def all():
    nested()
    collapse()
    decrypt()
    parts()
    bare()
