"""S/MIME in every wrapper."""
import base64
import quopri

from bench import (ENTITY, HEAD, b64, case, clear, compressed_der, encrypted_der, entity_of, mail,
                   signed_der)

PAY = b"1,250.00"
BOB = ["--cert", "bob.crt", "--key", "bob.key"]


def content_types():
    der = signed_der()
    for kind in ("application/pkcs7-mime", "application/x-pkcs7-mime", "APPLICATION/PKCS7-MIME",
                 "Application/X-Pkcs7-Mime", "application/pkcs7-mime; smime-type=signed-data",
                 "application/pkcs7-mime; SMIME-TYPE=Signed-Data; name=smime.p7m",
                 "application/pkcs7-mime; smime-type=enveloped-data",
                 "application/pkcs7-mime; smime-type=nonsense",
                 "application/pkcs7-mime; smime-type=compressed-data",
                 "application/pkcs7-mime; smime-type=certs-only",
                 "application/pkcs7-mime (a comment); (another) smime-type = signed-data",
                 "application/pkcs7-mime;\r\n\tsmime-type=signed-data;\r\n name=\"smime.p7m\"",
                 "application/pkcs7-mime; smime-type=signed-data;", "application / pkcs7-mime",
                 "application/octet-stream; name=smime.p7m", "application/octet-stream; name=SMIME.P7M",
                 "application/octet-stream; name=\"a b.p7m\"",
                 "application/octet-stream; name*=utf-8''smime.p7m",
                 "application/octet-stream; name*0=smi; name*1=\"me.p7m\""):
        data = mail(b"Content-Type: " + kind.encode() + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                    + b64(der))
        case(f"opaque {kind}", 0, data, text=PAY, holds=lambda r: r["layers"][0]["form"] == "opaque")
    for disposition in ("attachment; filename=smime.p7m", "attachment; filename=\"SMIME.p7m\"",
                        "inline;\r\n filename*=us-ascii'en'smime.p7m"):
        data = mail(b"Content-Type: application/octet-stream\r\nContent-Disposition: "
                    + disposition.encode() + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64(der))
        case(f"opaque {disposition}", 0, data, text=PAY)
    encrypted = encrypted_der()
    for kind in ("application/pkcs7-mime; smime-type=authEnveloped-data",
                 "application/pkcs7-mime; smime-type=enveloped-data",
                 "application/pkcs7-mime; smime-type=authenveloped-data",
                 "application/x-pkcs7-mime", "application/pkcs7-mime; smime-type=signed-data",
                 "application/octet-stream; name=smime.p7m"):
        data = mail(b"Content-Type: " + kind.encode() + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                    + b64(encrypted))
        case(f"encrypted {kind}", 4, data, *BOB, text=PAY,
             holds=lambda r: r["verdict"] == "unsigned" and r["encrypted"])
    compressed = compressed_der(entity_of(der))
    for kind in ("application/pkcs7-mime; smime-type=compressed-data; name=smime.p7z",
                 "application/octet-stream; name=smime.p7z", "application/pkcs7-mime"):
        data = mail(b"Content-Type: " + kind.encode() + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                    + b64(compressed))
        case(f"compressed {kind}", 0, data, text=PAY,
             holds=lambda r: r["layers"][0] == {"type": "compressed", "algorithm": "zlib"})


def transfer_encodings():
    der = signed_der()
    head = b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
    line = base64.b64encode(der)
    for name, encoding, body in (
            ("base64 in one line", "base64", line), ("base64 in one line with an end", "BASE64", line + b"\r\n"),
            ("base64 with comment", "base64 (of course)", b64(der)),
            ("base64 folded name", "\r\n base64", b64(der)),
            ("base64 in lines of four", "base64",
             b"".join(line[i:i + 4] + b"\r\n" for i in range(0, len(line), 4))),
            ("base64 with blanks", "base64",
             b"".join(b" " + line[i:i + 60] + b" \t\r\n" for i in range(0, len(line), 60))),
            ("base64 without padding", "base64", line.rstrip(b"=")),
            ("base64 with trailing empty lines", "base64", b64(der) + b"\r\n\r\n\r\n"),
            ("base64 with leading empty lines", "base64", b"\r\n\r\n" + b64(der)),
            ("quoted-printable", "quoted-printable",
             b"".join(b"=%02X" % c if i % 24 != 23 else b"=%02X=\r\n" % c for i, c in enumerate(der))),
            ("binary", "binary", der), ("8bit holding DER", "8bit", der),
            ("none given holding DER", None, der)):
        field = f"Content-Transfer-Encoding: {encoding}\r\n".encode() if encoding else b""
        if name in ("8bit holding DER", "none given holding DER") and b"\n" in der:
            continue
        case(f"opaque {name}", 0, mail(head + field + b"\r\n" + body), text=PAY)
    case("binary with bare LF header", 0,
         (HEAD + head + b"Content-Transfer-Encoding: binary\r\n\r\n").replace(b"\r\n", b"\n") + der, text=PAY)
    p7s = signed_der(detached=True)
    quoted = b"".join(b"=%02X" % c if i % 24 != 23 else b"=%02X=\r\n" % c for i, c in enumerate(p7s))
    for name, encoding, body in (("quoted-printable", b"quoted-printable", quoted),
                                 ("base64 one line", b"base64", base64.b64encode(p7s)),
                                 ("binary", b"binary", p7s)):
        case(f"clear with signature in {name}", 0,
             clear(sig=body, sig_head=b"Content-Type: application/pkcs7-signature\r\n"
                   b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n"), text=PAY,
             holds=lambda r: r["layers"][0]["form"] == "clear")
    quoted_entity = (b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
                     b"quoted-printable\r\n\r\n" + quopri.encodestring("naïve = 1\n".encode()).replace(b"\n", b"\r\n"))
    case("clear with quoted-printable content", 0, clear(quoted_entity), text=quoted_entity)
    eight = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nnaïve\r\n".encode()
    case("clear with 8bit content", 0, clear(eight), text=eight)


def boundaries():
    protocol = b'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; '
    for name, boundary, kind in (
            ("quoted with blank inside", b"a b", b'boundary="a b"'),
            ("unquoted", b"abc", b"boundary=abc"),
            ("with all marks", b"'()+_,-./:=?", b"boundary=\"'()+_,-./:=?\""),
            ("of 70", b"x" * 70, b"boundary=" + b"x" * 70),
            ("escaped in quotes", b'a', b'boundary="\\a"'),
            ("first of the parameters", b"first", b'Boundary=first; x=y'),
            ("upper case name", b"case", b'BOUNDARY="case"'),
            ("folded", b"fold", b'\r\n\tboundary="fold"'),
            ("RFC 2231 pieces", b"abcdef", b'boundary*0=abc; boundary*1="def"'),
            ("RFC 2231 coded", b"a b", b"boundary*=us-ascii'en'a%20b")):
        case(f"boundary {name}", 0, clear(boundary=boundary, kind=protocol + kind), text=PAY)
    case("boundary then blanks on delimiter lines", 0,
         clear(boundary=b"bl").replace(b"--bl\r\n", b"--bl \t\r\n").replace(b"--bl--", b"--bl-- "), text=PAY)
    case("boundary with trailing blank in the parameter", 0,
         clear(boundary=b"tr", kind=protocol + b'boundary="tr "'), text=PAY)
    case("preamble and epilogue", 0, clear(preamble=b"This is S/MIME.\r\n\r\n", epilogue=b"\r\nbye\r\n"), text=PAY,
         absent=(b"bye", b"This is S/MIME"))
    case("no final newline", 0, clear(tail=b""), text=PAY)
    case("content that holds a longer line of the boundary", 0,
         clear(b"Content-Type: text/plain\r\n\r\n--ab\r\nx -- ab\r\n", boundary=b"abc"), text=b"--ab\r\n")
    case("no close delimiter", 0, clear().replace(b"--=_bound--", b""), text=PAY,
         codes_in=("unclosed-multipart",))
    inner = (b'Content-Type: multipart/mixed; boundary="=_bound1"\r\n\r\n--=_bound1\r\n\r\none\r\n'
             b"--=_bound1\r\nContent-Type: text/html\r\n\r\n<p>two</p>\r\n--=_bound1--\r\n")
    case("inner boundary that the outer begins", 0, clear(inner), text=inner)


def parameters():
    for name, kind, want in (
            ("no micalg", b'multipart/signed; protocol="application/pkcs7-signature"; boundary="=_bound"', 0),
            ("wrong micalg", b'multipart/signed; protocol="application/pkcs7-signature"; micalg=md5; boundary="=_bound"', 0),
            ("unknown micalg", b'multipart/signed; protocol="application/pkcs7-signature"; micalg=foo; boundary="=_bound"', 0),
            ("micalg list", b'multipart/signed; protocol="application/pkcs7-signature"; micalg="sha1,SHA256"; boundary="=_bound"', 0),
            ("x-pkcs7 protocol", b'multipart/signed; protocol="application/x-pkcs7-signature"; boundary="=_bound"', 0),
            ("no protocol", b'multipart/signed; micalg=sha-256; boundary="=_bound"', 0),
            ("protocol in odd case", b'Multipart/SIGNED; Protocol="Application/PKCS7-Signature"; boundary="=_bound"', 0),
            ("comments", b'multipart/signed (c); protocol="application/pkcs7-signature" (x); boundary="=_bound" (y)', 0),
            ("a trailing semicolon", b'multipart/signed; protocol="application/pkcs7-signature"; boundary="=_bound";', 0),
            ("another protocol", b'multipart/signed; protocol="application/pgp-signature"; boundary="=_bound"', 4)):
        case(f"clear with {name}", want, clear(kind=kind), text=PAY)
    for name, sig_head in (
            ("x-pkcs7-signature", b"Content-Type: application/x-pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n"),
            ("octet-stream", b"Content-Type: application/octet-stream; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n"),
            ("pkcs7-mime", b"Content-Type: application/pkcs7-mime; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n")):
        case(f"signature part as {name}", 0, clear(sig_head=sig_head), text=PAY)


def line_ends():
    data = clear(epilogue=b"\r\n")
    case("LF only", 0, data.replace(b"\r\n", b"\n"), text=PAY)
    lines = data.split(b"\r\n")
    mixed = b"".join(line + (b"\n" if i % 2 else b"\r\n") for i, line in enumerate(lines))
    case("mixed line ends", 0, mixed, text=PAY)
    case("mbox form", 0, b"From alice@example.com Tue Nov 24 03:16:36 2026\r\n" + data, text=PAY,
         absent=(b"From alice@example.com Tue",))
    case("mbox form LF", 0, b"From - Tue Nov 24 03:16:36 2026\n" + data.replace(b"\r\n", b"\n"), text=PAY)
    case("opaque LF only", 0, mail(entity_of(signed_der())).replace(b"\r\n", b"\n"), text=PAY)
    lf = ENTITY.replace(b"\r\n", b"\n")
    case("content signed with LF", 0, mail(entity_of(signed_der("alice", lf))), text=lf)


def headers():
    data = clear()
    case("folded From", 0, data.replace(b"From: Alice <", b"From: Alice\r\n <"), text=PAY)
    case("blank before the colon", 0, data.replace(b"From:", b"From :"), text=PAY,
         holds=lambda r: r["from"] == "alice@example.com")
    case("upper case names", 0, 
         data.replace(b"From:", b"FROM:").replace(b"Content-Type:", b"CONTENT-TYPE:", 1), text=PAY)
    case("no MIME-Version", 0, data.replace(b"MIME-Version: 1.0\r\n", b""), text=PAY)
    case("header in 8 bit", 0, data.replace(b"Subject: Invoice", "Subject: Zahlung für März".encode()), text=PAY)
    case("header in Latin-1", 0, data.replace(b"Subject: Invoice", "Subject: März".encode("latin-1")), text=PAY)
    case("outer fields stay", 0, data, text=[b"From: Alice <alice@example.com>\r\n", b"Subject: Invoice\r\n",
                                             b"MIME-Version: 1.0\r\n", ENTITY],
         absent=(b"multipart/signed",))
    case("entity alone", 0, data, "--entity", text=ENTITY, absent=(b"From:",))
    twice = data.replace(b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n")
    case("Content-Type twice, the first harmless", 4, twice, text=twice)
    case("Content-Type twice, the first signed", 65,
         data.replace(b"\r\n\r\n--=_bound", b"\r\nContent-Type: text/html\r\n\r\n--=_bound", 1))
    case("Content-Type of the signature twice", 0,
         clear(sig_head=b"Content-Type: application/pkcs7-signature\r\nContent-Type: text/plain\r\n"
               b"Content-Transfer-Encoding: base64\r\n\r\n"))


def all():
    content_types()
    transfer_encodings()
    boundaries()
    parameters()
    line_ends()
    headers()
