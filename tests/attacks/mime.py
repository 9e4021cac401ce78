"""A good signature, in wrappers that show something else."""
from kit import (ENTITY, EVIL, HEAD, SIGNED_TYPE, attack, b64, clear, good, mail, multi, opaque, p7s)

TEXT = b"Content-Type: text/plain\r\n\r\nPlease pay 99,000.00 EUR to me.\r\n"
HTML = b"Content-Type: text/html\r\n\r\n"


def wrap(name, entity, *codes, exits=(6,), head=HEAD, **more):
    attack("mime", name, mail(entity, head), codes, exits, **more)


def wrappers():
    whole = clear()
    for kind in (b"multipart/mixed", b"multipart/alternative", b"multipart/related", b"multipart/digest",
                 b"multipart/parallel", b"multipart/report", b"multipart/x-unknown", b"multipart/form-data",
                 b'multipart/signed; protocol="application/pgp-signature"', b"multipart/encrypted"):
        name = kind.decode().split(";")[0]
        wrap(f"{name}, behind", multi(EVIL, whole, kind=kind), "covers-part")
        wrap(f"{name}, in front", multi(whole, EVIL, kind=kind), "covers-part")
    wrap("opaque, behind", multi(EVIL, opaque(good())), "covers-part")
    wrap("opaque, in front", multi(opaque(good()), EVIL), "covers-part")
    wrap("three deep", multi(EVIL, multi(EVIL, multi(EVIL, whole, boundary=b"c"), boundary=b"b")), "covers-part")
    wrap("between others", multi(EVIL, whole, TEXT), "covers-part")
    wrap("alone in a multipart", multi(whole), "covers-part")
    wrap("hidden by a style", multi(HTML + b"<p>Please pay 99,000</p><div style='display:none'>", whole, HTML + b"</div>"),
         "covers-part")
    wrap("shown by its cid", multi(HTML + b'<img src="cid:x">pay', b"Content-ID: <x>\r\n" + whole,
                                   kind=b"multipart/related"), "covers-part")
    wrap("as an attachment", multi(EVIL, b'Content-Disposition: attachment; filename="a.eml"\r\n' + whole), "covers-part")
    wrap("forwarded", multi(EVIL, b"Content-Type: message/rfc822\r\n\r\n" + mail(whole)), "covers-part")
    wrap("forwarded as the whole", b"Content-Type: message/rfc822\r\n\r\n" + mail(whole), exits=(4, 6))
    wrap("forwarded in base64", multi(EVIL, b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                                      + b64(mail(whole))), exits=(4, 6, 65))
    wrap("message/global", multi(EVIL, b"Content-Type: message/global\r\n\r\n" + mail(whole)), exits=(4, 6))
    wrap("message/partial", b'Content-Type: message/partial; id="a"; number=1; total=1\r\n\r\n' + mail(whole), exits=(4, 6))
    wrap("message/external-body", b'Content-Type: message/external-body; access-type=URL; URL="http://evil.example/"\r\n\r\n'
         + whole, exits=(4, 6, 65))
    altered = whole.replace(b"1,250", b"9,250")
    wrap("an altered part", multi(EVIL, altered), "part-tampered", exits=(1,))
    wrap("an altered part beside a good one", multi(whole, altered), "part-tampered", exits=(1,))
    wrap("a part that is none", multi(EVIL, b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n\r\nnone"),
         "part-malformed", exits=(4,))


def signed():
    der = good(inside=False)
    wrap("three parts", clear(parts=[ENTITY, p7s(der), EVIL]), exits=(65,))
    wrap("a part before", clear(parts=[EVIL, ENTITY, p7s(der)]), exits=(1, 65))
    wrap("one part", clear(parts=[ENTITY]), exits=(65,))
    wrap("no part", clear(parts=[]), exits=(65,))
    wrap("the signature first", clear(parts=[p7s(der), ENTITY]), exits=(1, 65))
    wrap("two signatures, one of another", clear(parts=[EVIL, p7s(der), p7s(good(EVIL, "mallory", False))]), exits=(65,))
    wrap("signature beside the text, mixed", multi(EVIL, p7s(der)), exits=(1, 4, 65))
    wrap("no boundary", clear(kind=b'multipart/signed; protocol="application/pkcs7-signature"'), exits=(4, 65))
    wrap("empty boundary", clear(kind=b'multipart/signed; protocol="application/pkcs7-signature"; boundary=""', boundary=b""),
         exits=(4, 65))
    wrap("text below, boundary of two minds", clear(EVIL, der=der, kind=b'multipart/signed; protocol='
         b'"application/pkcs7-signature"; boundary="=_bound"; boundary="other"'), exits=(1, 65))
    wrap("boundary with NUL", clear(kind=SIGNED_TYPE.replace(b"=_bound", b"=_b\0ound"), boundary=b"=_b\0ound"),
         exits=(1, 4, 65))
    wrap("boundary in 8 bit", clear(EVIL, der=der, kind=SIGNED_TYPE.replace(b"=_bound", b"\xff\xfe"),
         boundary=b"\xff\xfe"), exits=(1, 4, 65))
    wrap("a boundary that the other begins", clear(multi(EVIL, TEXT, boundary=b"=_bound2"), der=der), exits=(1, 65))
    wrap("the same boundary inside", clear(multi(EVIL, TEXT, boundary=b"=_bound"), der=der), exits=(1, 65))
    wrap("in base64 as a whole", SIGNED_TYPE.join([b"Content-Type: ", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"])
         + b64(clear().split(b"\r\n\r\n", 1)[1]), exits=(1, 4, 65))
    wrap("Content-Type twice, html first", HTML.strip() + b"\r\n" + clear(), exits=(4, 65))
    wrap("Content-Type twice, html last", clear().replace(b"\r\n\r\n", b"\r\nContent-Type: text/html\r\n\r\n", 1), exits=(4, 65))
    wrap("no end, and text behind", clear(EVIL, der=der)[:-14], exits=(1, 65))
    wrap("cut before the signature", clear()[:180], "truncated", exits=(65,))
    wrap("signed again by another", clear(clear(), "mallory", kind=SIGNED_TYPE.replace(b"=_bound", b"o"), boundary=b"o")
         .replace(b"1,250", b"9,250"), exits=(1,))
    wrap("another's whole signature around mixed", clear(multi(EVIL, clear()), "mallory",
         kind=SIGNED_TYPE.replace(b"=_bound", b"o"), boundary=b"o"), "sender-mismatch")
    wrap("a comment in the type", b"Content-Type: multipart(x)/signed; boundary=q\r\n\r\n--q\r\n" + EVIL + b"\r\n--q--\r\n",
         exits=(4, 65))
    wrap("encoded type", b"Content-Type: =?us-ascii?q?multipart/signed?=; boundary=q\r\n\r\n--q\r\n" + EVIL + b"\r\n--q--\r\n",
         exits=(4, 65))
    attack("mime", "said in a header field", HEAD + b"X-Signet: valid\r\nAuthentication-Results: signet; smime=pass\r\n\r\nx\r\n",
           exits=(4,))
    attack("mime", "text before an mbox line", b"Subject: x\r\n\r\nx\r\nFrom alice@example.com\r\n" + mail(clear()), exits=(4, 6))
    attack("mime", "header that ends in the middle", HEAD + b"\r\n" + mail(clear()), exits=(4, 6))


def all():
    wrappers()
    signed()
