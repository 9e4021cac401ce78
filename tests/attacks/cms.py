"""SignedData: what is signed, by whom, and what else can be made of it."""
import hashlib

from kit import (CONTENT_TYPE, DATA, ECDSA, ENTITY, EVIL, HEAD, MESSAGE_DIGEST, SHA256, SIGNED, SIGNING_TIME, attack,
                 attribute, attributes, cert, children, clear, element, good, issuer_and_serial, mail, oid, opaque, p7s,
                 seq, signature, signed_data, signer, tlv, value)


def forged(name, der, *codes, exits=(1, 65), **more):
    attack("cms", name, mail(opaque(der)), codes, exits, **more)


def content():
    attack("cms", "detached signature with other content inside", mail(clear(EVIL, der=good(ENTITY))), exits=(1, 65))
    attack("cms", "detached signature with the forged content inside",
           mail(clear(ENTITY, der=signed_data(EVIL, [signer("mallory", ENTITY)], ("mallory",)))), exits=(1, 6, 65))
    forged("content exchanged", signed_data(EVIL, [signer("alice", ENTITY)]), "digest-mismatch", exits=(1,))
    forged("two contents", signed_data(ENTITY, [signer("alice", ENTITY)],
                                       explicit=tlv(0xa0, tlv(4, ENTITY), tlv(4, EVIL))))
    forged("content after content", signed_data(ENTITY, [signer("alice", ENTITY)],
                                                explicit=tlv(0xa0, tlv(4, EVIL)) + tlv(0xa0, tlv(4, ENTITY))))
    forged("content in pieces, one exchanged", signed_data(ENTITY, [signer("alice", ENTITY)],
           explicit=tlv(0xa0, tlv(0x24, tlv(4, ENTITY[:50]), tlv(4, EVIL)))))
    forged("content of another tag", signed_data(ENTITY, [signer("alice", ENTITY)], explicit=tlv(0xa0, tlv(12, EVIL))))
    forged("content absent", signed_data(ENTITY, [signer("alice", ENTITY)], inside=False), "malformed", exits=(65,))
    forged("content empty", signed_data(b"", [signer("alice", ENTITY)]), exits=(1,))
    forged("another object behind", good(EVIL, "mallory") + good(ENTITY), exits=(1, 6, 65))
    forged("wrong type of content", signed_data(ENTITY, [signer("alice", ENTITY)], kind=SIGNED))
    forged("wrong type of content without attributes",
           signed_data(ENTITY, [signer("alice", ENTITY, plain=True)], kind=SIGNED), "signed-attributes-missing")
    for name, kind in (("data", DATA), ("digested data", "1.2.840.113549.1.7.5"), ("encrypted data", "1.2.840.113549.1.7.6"),
                       ("authenticated data", "1.2.840.113549.1.9.16.1.2"), ("nothing known", "1.2.3.4"),
                       ("enveloped data", "1.2.840.113549.1.7.3")):
        forged(f"said to be {name}", signed_data(ENTITY, [signer("alice", ENTITY)], outer=kind), exits=(1, 2, 4, 65))
    attack("cms", "certificates only", mail(opaque(signed_data(b"", [], explicit=b""), b"certs-only")),
           ["certs-only"], (4,))


def signers():
    attack("cms", "no signer", mail(opaque(signed_data(ENTITY, []))), ["no-signer"], (3, 4))
    attack("cms", "no signer, clear", mail(clear(der=signed_data(ENTITY, [], inside=False))), exits=(3, 4, 65))
    attack("cms", "no signer and no certificate", mail(opaque(signed_data(ENTITY, [], ()))), exits=(3, 4))
    one, bad = signer("alice", ENTITY), signer("mallory", EVIL)
    forged("a bad signer beside a good one", signed_data(ENTITY, [one, bad], ("alice", "mallory")), "digest-mismatch")
    forged("the good one last", signed_data(ENTITY, [bad, one], ("alice", "mallory")), "digest-mismatch")
    forged("alice's of another message beside mallory's", signed_data(EVIL, [one, bad], ("alice", "mallory")))
    forged("mallory's signature under alice's name",
           signed_data(EVIL, [signer("mallory", EVIL, sid=issuer_and_serial("alice"))], ("alice", "mallory")),
           "signature-invalid")
    forged("a twin of the certificate, alone", signed_data(EVIL, [signer("twin", EVIL)], ("twin",)), exits=(1, 3))
    forged("a twin before the certificate", signed_data(EVIL, [signer("twin", EVIL)], ("twin", "alice")), exits=(1, 3))
    forged("a twin behind the certificate", signed_data(EVIL, [signer("twin", EVIL)], ("alice", "twin")), exits=(1, 3))
    forged("self-signed", good(EVIL, "self"), "issuer-unknown", exits=(3,))
    forged("a twin of the authority in the message", signed_data(EVIL, [signer("twin", EVIL)], ("twin", "fakeca")),
           exits=(1, 3))
    forged("issued by a person", signed_data(EVIL, [signer("below", EVIL)], ("below", "mallory")), exits=(3,))
    forged("a certificate for encryption", good(EVIL, "usage"), "key-usage", exits=(3,))
    forged("a certificate for servers", good(EVIL, "eku"), "extended-key-usage", exits=(3,))
    forged("a certificate without address", good(EVIL, "noone"), "certificate-without-address", exits=(6,))
    forged("an address that alice's begins", good(EVIL, "null"), "sender-mismatch", exits=(6,))
    forged("another person", good(EVIL, "mallory"), "sender-mismatch", exits=(6,))
    forged("the authority itself", good(EVIL, "ca"), exits=(3, 6))
    forged("certificate missing", signed_data(EVIL, [signer("mallory", EVIL, sid=issuer_and_serial("alice"))], ()),
           "certificate-missing", exits=(3,))
    forged("a signer of no known algorithm beside mallory", signed_data(EVIL, [
        signer("alice", EVIL, algorithm="1.2.3.4", sig=b"x"), signer("mallory", EVIL)], ("alice", "mallory")),
        exits=(3, 6))
    forged("an unknown digest", signed_data(EVIL, [signer("alice", EVIL, digest="1.2.3.4", sig=b"x")]), exits=(1, 3))


def signatures():
    forged("empty signature", signed_data(EVIL, [signer("alice", EVIL, sig=b"")]))
    forged("r and s are 0", signed_data(EVIL, [signer("alice", EVIL, sig=seq(tlv(2, b"\0"), tlv(2, b"\0")))]),
           "signature-invalid")
    forged("r and s are 1", signed_data(EVIL, [signer("alice", EVIL, sig=seq(tlv(2, b"\1"), tlv(2, b"\1")))]))
    forged("signature with more behind", signed_data(EVIL, [signer("alice", EVIL, sig=signature("alice", ENTITY) + b"x")]))
    forged("signature of the content, attributes told", signed_data(EVIL, [signer("alice", EVIL, signed=ENTITY)]))
    forged("version 200", signed_data(EVIL, [signer("alice", ENTITY, version=200)]))
    sha1 = hashlib.sha1(EVIL).digest()
    weak = [attribute(CONTENT_TYPE, oid(DATA)), attribute(MESSAGE_DIGEST, tlv(4, sha1))]
    over = tlv(0x31, *sorted(weak))
    forged("SHA-1", signed_data(EVIL, [signer("alice", EVIL, weak, digest="1.3.14.3.2.26", algorithm=ECDSA["sha1"],
           sig=signature("alice", over, "sha1"))], digests=[seq(oid("1.3.14.3.2.26"))]), "weak-algorithm", exits=(3,))
    forged("digest named otherwise than signed", signed_data(EVIL, [signer("alice", EVIL, weak,
           digest="1.3.14.3.2.26")], digests=[seq(oid("1.3.14.3.2.26"))]), "digest-algorithm-mismatch")


def attribute_sets():
    """The signature over attributes is one over content that is these attributes, and the reverse."""
    info = children(signer("alice", ENTITY))
    fields = children(value(signer("alice", ENTITY)))
    attrs, sig = tlv(0x31, value(fields[3])), value(fields[5])
    assert info
    forged("attributes as content", signed_data(attrs, [signer("alice", attrs, plain=True, sig=sig)]),
           "attribute-set-content")
    attack("cms", "attributes as content, clear", mail(clear(attrs, der=signed_data(
        attrs, [signer("alice", attrs, plain=True, sig=sig)], inside=False))), exits=(1, 65))
    # content that alice signed without attributes, told as attributes of another
    block = tlv(0x31, *sorted(attributes(EVIL)))
    plain = signature("alice", block)
    forged("content as attributes", signed_data(block, [signer("alice", block, plain=True, sig=plain)]),
           "attribute-set-content")
    digest = hashlib.sha256(EVIL).digest()
    good_attrs = attributes(EVIL)
    for name, attrs_, code in (
            ("no message digest", good_attrs[:1], "message-digest-missing"),
            ("no content type", good_attrs[1:], "content-type-missing"),
            ("no attribute at all", [], None),
            ("the digest twice", [good_attrs[0], good_attrs[1], attributes(ENTITY)[1]], None),
            ("the type twice", [*good_attrs, attribute(CONTENT_TYPE, oid(SIGNED))], "attribute-repeated"),
            ("two digests in one", [good_attrs[0], attribute(MESSAGE_DIGEST, tlv(4, digest),
                                                             tlv(4, hashlib.sha256(ENTITY).digest()))], None),
            ("no digest in one", [good_attrs[0], attribute(MESSAGE_DIGEST)], None),
            ("half a digest", [good_attrs[0], attribute(MESSAGE_DIGEST, tlv(4, digest[:16]))], None),
            ("an empty digest", [good_attrs[0], attribute(MESSAGE_DIGEST, tlv(4, b""))], None),
            ("more than a digest", [good_attrs[0], attribute(MESSAGE_DIGEST, tlv(4, digest + b"\0"))], None),
            ("a digest of another type", [good_attrs[0], attribute(MESSAGE_DIGEST, tlv(12, digest))], None),
            ("another type of content", [attribute(CONTENT_TYPE, oid(SIGNED)), good_attrs[1]], "content-type-mismatch"),
            ("a countersignature among them", [*good_attrs, attribute("1.2.840.113549.1.9.6", signer("mallory", b"x"))],
             "countersignature-signed"),
            ("a signing time that is none", [*good_attrs, attribute(SIGNING_TIME, tlv(23, b"yesterday"))],
             "attribute-malformed"),
            ("another certificate named", [*good_attrs, attribute("1.2.840.113549.1.9.16.2.47", seq(seq(seq(
                tlv(4, hashlib.sha256(cert("mallory")).digest())))))], "signing-certificate-mismatch")):
        forged(f"attributes: {name}", signed_data(EVIL, [signer("alice", EVIL, attrs_)]), *([code] if code else []))
    forged("signed in the future", signed_data(EVIL, [signer("mallory", EVIL, [*good_attrs, attribute(
        SIGNING_TIME, tlv(23, b"400101000000Z"))])], ("mallory",)), "signing-time-future", exits=(6,))
    forged("an attribute that is signed elsewhere",
           signed_data(EVIL, [signer("alice", EVIL, unsigned=tlv(0xa1, *attributes(EVIL)), attrs=attributes(ENTITY))]),
           "digest-mismatch")


def all():
    content()
    signers()
    signatures()
    attribute_sets()
    assert HEAD and SHA256 and element and p7s
