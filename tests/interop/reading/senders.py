"""Whom the signature is held against, and what trust it is given."""
from bench import (BASE, HEAD, b64, case, clear, entity_of, mail, run, signed_der, write, read)


def head(*lines):
    return b"".join((l if isinstance(l, bytes) else l.encode()) + b"\r\n" for l in lines)


def form(name, want, line, *args, signer="alice", **more):
    lines = line if isinstance(line, list) else [line]
    case(f"{name}: {line!r}", want, clear(name=signer, head=head(*lines, "Subject: x")), *args, **more)


def matches(value):
    return lambda r: r["layers"][0]["signers"][0]["matches_from"] is value


def from_forms():
    good = ["From: alice@example.com", "From: <alice@example.com>", "From: Alice <alice@example.com>",
            'From: "Liddell, Alice" <alice@example.com>', "From: alice@example.com (Alice)",
            "From: (c) Alice (of (nested) fame) <alice@example.com> (end)",
            "From: =?utf-8?q?Al=C3=ADce?= <alice@example.com>", "From: ALICE@EXAMPLE.COM",
            "From: Alice <Alice@Example.Com>", "From:alice@example.com", "From:\r\n alice@example.com",
            "From: Alice\r\n\t<alice@example.com>", 'From: "alice"@example.com',
            'From: "alice@example.com" <alice@example.com>', "From: alice @ example.com",
            'From: "Alice @ home" <alice@example.com>', 'From: "alice@work" <alice@example.com>',
            'From: "Alice@EXAMPLE.com." <alice@example.com>', "From: \u05d0\u200f <alice@example.com>",
            "From: Alice <alice@(x)example.com>", "from: alice@example.com",
            "From: Alice, alice@example.com" if False else "From: \"A, B\" <alice@example.com>",
            "From: <@relay.example:alice@example.com>", "From: alice@example.com,",
            "From: Friends: alice@example.com;"]
    for line in good:
        form("is alice", 0, line, holds=lambda r: r["from"].lower().replace('"', "") == "alice@example.com"
             and r["layers"][0]["signers"][0]["matches_from"] is True)
    bad = ["From: alice@example.org", "From: alice+tag@example.com", "From: alice.@example.com",
           "From: a.lice@example.com", 'From: "alice@example.com" <mallory@evil.example>',
           "From: alice@example.com <mallory@evil.example>", "From: alice@example.com@evil.example",
           "From: mallory@evil.example (alice@example.com)",
           "From: =?utf-8?q?alice=40example=2Ecom?= <mallory@evil.example>",
           "From: =?utf-8?q?alice=40example.com?=", "From: \u0430lice@example.com",
           "From: alice@example.com.", "From: alice@ex\u0430mple.com", "From: <>", "From:", "From: Alice",
           "From: undisclosed:;", "From: alice", "From: alice@",
           "From: alice@example.com, mallory@evil.example", "From: mallory@evil.example, alice@example.com",
           "From: A: alice@example.com;, mallory@evil.example", "From: alice@example.com\0@evil.example",
           "From: <alice@example.com> <mallory@evil.example>", "From: alice@example.com mallory@evil.example",
           "From: alice@example.com; mallory@evil.example", "From: \u202Ealice@example.com"]
    for line in bad:
        form("is not alice", 6, line)
    for line in ('From: "bob@example.com" <alice@example.com>', 
                 "From: alice@example.com (really bob@bank.example)",
                 "From: =?utf-8?q?bob=40bank=2Eexample?= <alice@example.com>",
                 "From: =?utf-8?b?Ym9iQGJhbmsuZXhhbXBsZQ==?= <alice@example.com>",
                 'From: "=?utf-8?q?bob=40bank=2Eexample?=" <alice@example.com>',
                 "From: Boss \uff08bob\uff20bank.example\uff09 <alice@example.com>",
                 'From: "mailto:bob@bank.example" <alice@example.com>',
                 'From: "\u0430lice@example.com" <alice@example.com>'):
        form("shows another", 6, line, codes_in=["display-name-address"])
    for line in ("From: bob@bank.example <alice@example.com>", "From: \u0430lice@example.com <alice@example.com>"):
        form("cannot be read", 6, line, codes_in=["from-malformed"])
    for line in ("From: Alice \u202emoc.elpmaxe\u202c <alice@example.com>",
                 "From: =?utf-8?q?=E2=81=A6Alice?= <alice@example.com>"):
        form("turned around", 6, line, codes_in=["from-bidi"])
    form("Cyrillic in a Latin name", 6, "From: anna@ex\u0430mple.com", signer="mixed", codes_in=["from-lookalike"])
    form("Cyrillic in a Latin name, as A-label", 6, "From: anna@xn--exmple-4nf.com", signer="mixed", codes_in=["from-lookalike"])
    form("a name all of double letters", 6, "From: anna@\u0430\u0440\u0440\u04cf\u0435.com", signer="double", codes_in=["from-lookalike"])
    form("a name all of double letters, as A-label", 6, "From: anna@xn--80ak6aa92e.com", signer="double", codes_in=["from-lookalike"])
    form("the name it looks like", 6, "From: anna@apple.com", signer="double", codes_in=["sender-mismatch"])
    form("a display name that looks like the address", 6, "From: \u0430lice@ex\u0430mple.com <alice@example.com>")
    form("group around several", 6, "From: Friends: alice@example.com, mallory@evil.example;", codes_in=["from-several"])
    form("empty group and a group", 0, "From: none:;, Friends: alice@example.com;")
    form("group with another's name", 6, 'From: "bob@bank.example": alice@example.com;', codes_in=["display-name-address"])
    form("comment after the address", 6, "From: alice@example.com (bob@bank.example)", codes_in=["display-name-address"])
    form("comment before the address", 6, "From: (bob@bank.example) alice@example.com", codes_in=["display-name-address"])
    form("nested comment", 6, "From: alice@example.com (a (bob@bank.example))", codes_in=["display-name-address"])
    form("encoded word in a comment", 6, "From: alice@example.com (=?utf-8?q?bob=40bank.example?=)",
         codes_in=["display-name-address"])
    form("address in two encoded words", 6, "From: =?utf-8?q?bob=40?= =?utf-8?q?bank.example?= <alice@example.com>",
         codes_in=["display-name-address"])
    form("one's own address in an encoded word", 0, "From: =?utf-8?q?alice=40example.com?= <alice@example.com>")
    form("three From fields, one of them the signer's", 6, ["From: a@example.org", "From: alice@example.com", "From: b@example.org"],
         codes_in=["from-fields"])
    form("From twice, the same", 0, ["From: alice@example.com", "From: Alice <ALICE@example.com>"])
    form("From with a folded name", 6, ["From: mallory@evil.example", " (", " alice@example.com)"])
    form("an empty From and the right one", 0, ["From:", "From: alice@example.com"])
    form("Sender another, From the signer's plus-address", 6, ["From: alice+x@example.com", "Sender: alice@example.com"],
         codes_in=["sender-only"])
    form("several Senders", 6, ["From: boss@example.com", "Sender: a@example.com", "Sender: alice@example.com"])
    form("Reply-To the sender and another", 0, ["From: alice@example.com", "Reply-To: alice@example.com, mallory@evil.example"],
         codes_in=["reply-to-differs"], holds=lambda r: any(p["args"].get("reply_to") == "mallory@evil.example"
                                                            for p in r["problems"]))
    form("Reply-To twice", 0, ["From: alice@example.com", "Reply-To: alice@example.com", "Reply-To: x@evil.example"],
         codes_in=["reply-to-differs"])
    form("Reply-To to nobody", 0, ["From: alice@example.com", "Reply-To: none:;"], holds=lambda r: r["problems"] == [])
    form("Reply-To the plus-address", 0, ["From: alice@example.com", "Reply-To: alice+x@example.com"],
         codes_in=["reply-to-differs"])
    form("Reply-To another", 0, ["From: alice@example.com", "Reply-To: mallory@evil.example"],
         codes_in=["reply-to-differs"])
    form("Reply-To the same", 0, ["From: alice@example.com", "Reply-To: Alice <ALICE@example.com>"],
         holds=lambda r: r["problems"] == [])
    form("Date of long ago", 0, ["From: alice@example.com", "Date: Mon, 1 Jan 2001 00:00:00 +0000"],
         codes_in=["date-mismatch"])
    form("Date that is none", 0, ["From: alice@example.com", "Date: yesterday"], holds=lambda r: r["problems"] == [])
    form("two From fields", 6, ["From: alice@example.com", "From: mallory@evil.example"], codes_in=["from-fields"])
    form("two From fields the other way", 6, ["From: mallory@evil.example", "From: alice@example.com"],
         codes_in=["from-fields"])
    form("no From", 6, "To: bob@example.com", codes_in=["from-missing"],
         holds=lambda r: r["from"] is None and r["from_outer"] is None)
    form("Sender only", 6, ["From: boss@example.com", "Sender: alice@example.com"], codes_in=["sender-only"],
         holds=lambda r: r["from"] == "boss@example.com" and r["layers"][0]["signers"][0]["matches_from"] is False)
    form("Sender without From", 6, "Sender: alice@example.com", codes_in=["from-missing"])
    form("Resent-From", 6, ["From: boss@example.com", "Resent-From: alice@example.com"])
    form("Sender beside the right From", 0, ["From: alice@example.com", "Sender: list@lists.example"])
    form("ignore the sender", 0, "From: boss@example.com", "--ignore-sender")
    form("ignore the sender without From", 0, "To: bob@example.com", "--ignore-sender")
    form("the other signer", 6, "From: alice@example.com", signer="mallory", codes_in=["sender-mismatch"],
         said="mallory@evil.example")
    form("plus address of the certificate", 0, "From: alice+tag@example.com", signer="plus")
    form("plus address of the certificate only", 6, "From: alice@example.com", signer="plus")
    form("case of the certificate", 0, "From: alice@example.com", signer="upper")
    form("second address of the certificate", 0, "From: second@example.com", signer="two",
         holds=lambda r: sorted(r["layers"][0]["signers"][0]["addresses"]) ==
         ["alice@example.com", "second@example.com"])
    form("IDN as A-label", 0, "From: anna@xn--bcher-kva.example", signer="idn")
    form("IDN as U-label", 0, "From: anna@b\u00fccher.example", signer="idn")
    form("IDN as upper case A-label", 0, "From: anna@XN--BCHER-KVA.example", signer="idn")
    form("no address", 6, "From: alice@example.com", signer="nobody", codes_in=["certificate-without-address"],
         holds=lambda r: r["layers"][0]["signers"][0]["addresses"] == [])
    form("address in the name only", 0, "From: alice@example.com", signer="dnonly", codes_in=["address-in-subject"])
    form("address in the name beside another in SAN", 6, "From: alice@example.com", signer="dnboth")
    der = signed_der()
    for name, data in (("DER", der), ("PEM", b"-----BEGIN CMS-----\n" + b64(der) + b"-----END CMS-----\n"),
                       ("entity", entity_of(der)), ("MIME-Version and entity", b"MIME-Version: 1.0\r\n" + entity_of(der)),
                       ("clear entity", clear(head=b""))):
        case(f"bare {name}", 0, data, text=b"1,250.00", holds=lambda r: r["from"] is None and
             r["from_outer"] is None and r["layers"][0]["signers"][0]["matches_from"] is None)
    case("a field more than bare", 6, b"X-Any: 1\r\n" + entity_of(der), codes_in=["from-missing"])
    case("Content-Foo is bare", 0, b"Content-Foo: 1\r\n" + entity_of(der))


def trust():
    good = clear()
    one = lambda r: r["layers"][0]["signers"][0]
    def cert(name, want, signer, *args, base=None, at=None, **more):
        if at:
            args = (*args, "--at", at)
        case(name, want, clear(name=signer), *args, base=base, **more)
    plain = ["--no-store", "--revocation", "none"]
    cert("nothing trusted", 3, "alice", base=plain, holds=lambda r: one(r)["status"] == "untrusted")
    cert("another CA", 3, "alice", "--trust", "other.crt", base=plain)
    cert("unknown CA", 3, "stranger", holds=lambda r: r["signed"] is True)
    for file in ("ca.der", "ca.p7b", "both.p7b"):
        cert(f"trust {file}", 0, "alice", "--trust", file, base=plain)
    cert("two --trust", 0, "alice", "--trust", "other.crt", "--trust", "ca.crt", base=plain)
    cert("trust the leaf itself", 0, "alice", "--trust", "alice.crt", base=plain)
    cert("trust the intermediate", 0, "below", "--trust", "sub.crt", base=plain)
    cert("intermediate in .p7b is no anchor", 3, "below", "--trust", "onlysub.p7b", base=plain) \
        if run("openssl", "crl2pkcs7", "-nocrl", "-certfile", "sub.crt", "-outform", "DER", "-out",
               "onlysub.p7b") == b"" else None
    cert("missing intermediate", 3, "below")
    cert("--chain", 0, "below", "--chain", "sub.crt")
    run("openssl", "x509", "-in", "sub.crt", "-outform", "DER", "-out", "sub.der")
    cert("--chain DER", 0, "below", "--chain", "sub.der")
    cert("--chain p7b", 0, "below", "--chain", "both.p7b")
    cert("--chain gives no trust", 3, "stranger", "--chain", "other.crt")
    cert("expired", 3, "expired", codes_in=["cert-expired"],
         holds=lambda r: one(r)["reason"] == "cert-expired" and one(r)["not_after"] == "2021-01-01T00:00:00Z")
    write("long.crt", read("ca.crt"))
    cert("not yet valid", 3, "future")
    cert("wrong usage", 3, "usage")
    cert("wrong extended usage", 3, "eku")
    cert("any extended usage", 0, "anyeku")
    cert("no usage at all", 0, "plain")
    cert("--at before the certificate", 3, "alice", at="2019-01-01T00:00:00Z")
    cert("--at after the certificate", 3, "alice", at="2035-01-01T00:00:00Z", codes_in=["cert-expired", "expired-since"],
         holds=lambda r: one(r)["reason"] == "expired-since" and
         any(p["code"] == "cert-expired" and p["args"]["not_after"] == one(r)["not_after"] for p in r["problems"]))
    cert("--at with offset", 0, "alice", at=(lambda: __import__("datetime").datetime.now(
        __import__("datetime").timezone(__import__("datetime").timedelta(hours=2))).isoformat(
            timespec="seconds"))())
    cert("revoked", 3, "revoked", "--crl", "ca.crl", "--revocation", "available", "--offline",
         base=["--no-store", "--trust", "ca.crt"], holds=lambda r: one(r)["revocation"] == "revoked" and
         one(r)["reason"] == "cert-revoked")
    base = ["--no-store", "--trust", "ca.crt"]
    cert("revoked, by default", 3, "revoked", "--crl", "ca.crl", base=base)
    cert("revoked, CRL in DER", 3, "revoked", "--crl", "ca.crl.der", base=base)
    cert("revoked, not asked", 0, "revoked", "--crl", "ca.crl", "--revocation", "none", base=base,
         holds=lambda r: one(r)["revocation"] == "unchecked")
    cert("not revoked", 0, "alice", "--crl", "ca.crl", base=base, holds=lambda r: one(r)["revocation"] == "good")
    cert("not revoked, required", 0, "alice", "--crl", "ca.crl", "--revocation", "required", base=base)
    cert("required without a CRL", 3, "alice", "--revocation", "required", base=base,
         holds=lambda r: one(r)["revocation"] == "unknown")
    cert("available without a CRL", 0, "alice", "--revocation", "available", base=base)
    cert("--policy with none in the chain", 0, "alice", "--policy", "1.2.3.4")
    cert("--explicit-policy with none in the chain", 3, "alice", "--explicit-policy", "--policy", "1.2.3.4")


def several():
    from bench import cms, ENTITY
    def two(a, b):
        return cms("-sign", "-binary", "-nodetach", "-signer", f"{a}.crt", "-inkey", f"{a}.key", "-signer",
                   f"{b}.crt", "-inkey", f"{b}.key", "-md", "sha256", "-outform", "DER")
    def opaque(der, head_=HEAD):
        return mail(entity_of(der), head_)
    both = two("alice", "carol")
    case("From and another", 0, opaque(both), holds=lambda r: len(r["layers"][0]["signers"]) == 2)
    case("From and a stranger to trust", 0, opaque(two("alice", "stranger")))
    ab = head("From: alice@example.com, carol@example.com")
    case("several From, all signers", 0, opaque(both, ab))
    case("several From, one signer", 6, opaque(signed_der(), ab), codes_in=["from-several"])
    case("several From fields, all signers", 0,
         opaque(both, head("From: alice@example.com", "From: carol@example.com")))
    same = two("alice", "alice-rsa")
    case("two of one address", 0, opaque(same))
    # the last octet of the last SignerInfo is of its signature
    bad = same[:-1] + bytes([same[-1] ^ 1])
    case("a bad one beside a good one of the address", 1, opaque(bad), holds=lambda r:
         sorted(s["status"] for s in r["layers"][0]["signers"]) == ["invalid", "valid"])
    bad = both[:-1] + bytes([both[-1] ^ 1])
    case("a bad one beside a good one of another", 1, opaque(bad))
    ecdsa = b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"
    if same.rfind(ecdsa) >= 0:
        at = same.rfind(ecdsa)
        odd = same[:at + 9] + b"\x7d" + same[at + 10:]
        case("an unsupported one beside a good one", 0, opaque(odd), codes_in=["algorithm-unavailable"])
        alone = signed_der()
        at = alone.rfind(ecdsa)
        case("an unsupported one alone", 3, opaque(alone[:at + 9] + b"\x7d" + alone[at + 10:]),
             codes_in=["algorithm-unavailable"], holds=lambda r: r["layers"][0]["signers"][0]["status"]
             == "unverifiable" and r["signed"] is False)
    case("certificate not there", 3, opaque(cms("-sign", "-binary", "-nodetach", "-nocerts", "-signer", "alice.crt",
         "-inkey", "alice.key", "-md", "sha256", "-outform", "DER")), codes_in=["certificate-missing"])
    case("certificate by --chain", 3, opaque(cms("-sign", "-binary", "-nodetach", "-nocerts", "-signer", "alice.crt",
         "-inkey", "alice.key", "-md", "sha256", "-outform", "DER")), "--chain", "alice.crt")
    case("no attributes", 0, opaque(signed_der("alice", ENTITY, "-noattr")))
    case("sha1", 3, opaque(cms("-sign", "-binary", "-nodetach", "-signer", "alice.crt", "-inkey", "alice.key", "-md",
         "sha1", "-outform", "DER")), codes_in=["weak-algorithm"])
    case("SKI", 0, opaque(signed_der("alice", ENTITY, "-keyid")))


def twins():
    """Two certificates with the same issuer and serial: the one whose key made the signature counts."""
    from bench import build, children, key_of, oid, parse, tlv
    serial = run("openssl", "x509", "-in", "alice.crt", "-noout", "-serial").decode().strip().split("=")[1]
    for name, subject in (("twin", "subjectAltName=email:mallory@evil.example"), ("twin-same", "subjectAltName=email:alice@example.com")):
        key_of(name)
        run("openssl", "req", "-new", "-key", f"{name}.key", "-subj", "/CN=twin", "-out", f"{name}.csr")
        write(f"{name}.ext", f"{subject}\nkeyUsage=digitalSignature\nextendedKeyUsage=emailProtection\n")
        run("openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-set_serial", f"0x{serial}",
            "-days", "300", "-extfile", f"{name}.ext", "-out", f"{name}.crt")
    der = lambda name: run("openssl", "x509", "-in", f"{name}.crt", "-outform", "DER")
    def signed(signer, *certs):
        sd = children(parse(children(parse(signed_der(signer))[2])[1][1])[2])
        sd = [(t, b"".join(der(c) for c in certs)) if t == 0xa0 else (t, v) for t, v in sd]
        return mail(entity_of(tlv(0x30, oid("1.2.840.113549.1.7.2") + tlv(0xa0, tlv(0x30, build(sd))))))
    is_alice = lambda r: r["layers"][0]["signers"][0]["addresses"] == ["alice@example.com"]
    case("twin certificates, the right one first", 0, signed("alice", "alice", "twin"), holds=is_alice)
    case("twin certificates, the right one last", 0, signed("alice", "twin", "alice"), holds=is_alice)
    case("twin certificates, of one address", 0, signed("alice", "twin-same", "alice"), holds=is_alice)
    case("twin certificate in place of the right one", 1, signed("alice", "twin"))
    case("twin certificate of the address in place of it", 1, signed("alice", "twin-same"))
    case("twin signs, the From is the other", 6, signed("twin", "alice", "twin"), codes_in=["sender-mismatch"],
         holds=lambda r: r["layers"][0]["signers"][0]["addresses"] == ["mallory@evil.example"])


def all():
    twins()
    from_forms()
    trust()
    several()
