"""People, DER and CMS put together octet by octet, by openssl and hashlib alone."""
import base64
import hashlib
import os
import subprocess

SECRET = b"the-secret-is-7f3ac9"
ENTITY = b"Content-Type: text/plain; charset=us-ascii\r\n\r\nPlease pay 1,250.00 EUR.\r\nThank you.\r\n"
EVIL = b"Content-Type: text/html\r\n\r\n<b>Please pay 99,000.00 EUR to me.</b>\r\n"
HEAD = b"From: Alice <alice@example.com>\r\nTo: bob@example.com\r\nSubject: Invoice\r\n"
HIDDEN = b"Content-Type: text/plain\r\n\r\n" + SECRET + b"\r\n" + b"and more of it. " * 8 + b"\r\n"


def run(*command, data=None):
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stderr.decode()}")
    return done.stdout


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)
    return path


def read(path):
    with open(path, "rb") as file:
        return file.read()


# People

def key(name, kind="p256"):
    how = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "p256" else \
        ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
    run("openssl", "genpkey", *how, "-out", f"{name}.key")


def authority(name, subject):
    key(name)
    run("openssl", "req", "-x509", "-key", f"{name}.key", "-out", f"{name}.crt", "-days", "3650", "-subj",
        subject, "-addext", "keyUsage=critical,keyCertSign,cRLSign")


def person(name, address, kind="p256", issuer="ca", serial=None, days="365", usage="digitalSignature",
           eku="emailProtection", more=""):
    key(name, kind)
    run("openssl", "req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.csr")
    san = f"subjectAltName=email:{address}\n" if address else ""
    write(f"{name}.ext", f"{san}keyUsage={usage}\nextendedKeyUsage={eku}\n{more}".encode())
    run("openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", f"{issuer}.crt", "-CAkey", f"{issuer}.key",
        "-set_serial", serial or str(abs(hash(name)) % 10**9 + 1), "-days", days, "-extfile", f"{name}.ext",
        "-out", f"{name}.crt")


def people():
    authority("ca", "/CN=Attack CA/O=Example")
    authority("fakeca", "/CN=Attack CA/O=Example")
    person("alice", "alice@example.com", serial="4711")
    person("mallory", "mallory@evil.example", serial="4712", usage="digitalSignature,keyCertSign")
    person("bob", "bob@example.com", kind="rsa", serial="4713", usage="digitalSignature,keyEncipherment")
    person("carol", "carol@example.com", kind="rsa", serial="4714", usage="digitalSignature,keyEncipherment")
    # what an attacker can have made: the same names and serial number under another key, a leaf as issuer
    person("twin", "alice@example.com", issuer="fakeca", serial="4711")
    person("below", "alice@example.com", issuer="mallory", serial="9")
    person("usage", "alice@example.com", serial="4715", usage="keyEncipherment")
    person("eku", "alice@example.com", serial="4716", eku="serverAuth")
    person("noone", None, serial="4717")
    person("null", "alice@example.com.evil.example", serial="4718")
    authority("self", "/CN=alice")
    run("openssl", "req", "-x509", "-key", "self.key", "-out", "self.crt", "-days", "30", "-subj", "/CN=alice",
        "-addext", "subjectAltName=email:alice@example.com", "-addext", "keyUsage=digitalSignature")


# DER

def tlv(tag, *values):
    value = b"".join(values)
    n = len(value)
    if n < 128:
        return bytes([tag, n]) + value
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + value


def seq(*values):
    return tlv(0x30, *values)


def oid(text):
    arcs = [int(a) for a in text.split(".")]
    out = bytes([arcs[0] * 40 + arcs[1]])
    for arc in arcs[2:]:
        part = [arc & 127]
        while arc > 127:
            arc >>= 7
            part.insert(0, 128 | (arc & 127))
        out += bytes(part)
    return tlv(6, out)


def element(der, at=0):
    """(tag, value, end)"""
    n, size = der[at + 1], 2
    if n >= 128:
        size = 2 + (n & 127)
        n = int.from_bytes(der[at + 2:at + size], "big")
    return der[at], der[at + size:at + size + n], at + size + n


def children(value):
    at, out = 0, []
    while at < len(value):
        end = element(value, at)[2]
        out.append(value[at:end])
        at = end
    return out


def value(der):
    return element(der)[1]


DATA, SIGNED, ENVELOPED = ("1.2.840.113549.1.7." + str(i) for i in (1, 2, 3))
AUTH_ENVELOPED = "1.2.840.113549.1.9.16.1.23"
SHA256 = "2.16.840.1.101.3.4.2.1"
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = ("1.2.840.113549.1.9." + str(i) for i in (3, 4, 5))


def cert(name):
    text = read(f"{name}.crt").split(b"-----BEGIN CERTIFICATE-----")[1].split(b"-----END")[0]
    return base64.b64decode(text)


def issuer_and_serial(name):
    fields = children(value(children(value(cert(name)))[0]))
    return seq(fields[3], fields[1])


# SignedData

def attribute(kind, *values):
    return seq(oid(kind), tlv(0x31, *values))


def attributes(content, kind=DATA):
    return [attribute(CONTENT_TYPE, oid(kind)), attribute(MESSAGE_DIGEST, tlv(4, hashlib.sha256(content).digest()))]


def signature(name, data, digest="sha256"):
    return run("openssl", "dgst", f"-{digest}", "-sign", f"{name}.key", data=data)


ECDSA = {"sha256": "1.2.840.10045.4.3.2", "sha1": "1.2.840.10045.4.1", "md5": "1.2.840.10045.4.3.2"}


def signer(name, content, attrs=None, sid=None, signed=None, sig=None, digest=SHA256, algorithm=ECDSA["sha256"],
           version=1, unsigned=b"", plain=False):
    """A SignerInfo; attrs are those told, signed what the signature is over."""
    attrs = attributes(content) if attrs is None else attrs
    body = b"" if plain else b"".join(sorted(attrs))
    over = content if plain else tlv(0x31, body)
    if signed is not None:
        over = signed
    sig = signature(name, over) if sig is None else sig
    return seq(tlv(2, bytes([version])), sid if sid is not None else issuer_and_serial(name), seq(oid(digest)),
               b"" if plain else tlv(0xa0, body), seq(oid(algorithm)), tlv(4, sig), unsigned)


def signed_data(content, signers, certs=("alice",), kind=DATA, inside=True, explicit=None, outer=SIGNED, digests=None):
    if explicit is None:
        explicit = tlv(0xa0, tlv(4, content)) if inside else b""
    body = seq(tlv(2, b"\1"), tlv(0x31, *(digests or [seq(oid(SHA256))])), seq(oid(kind), explicit),
               tlv(0xa0, *(cert(c) if isinstance(c, str) else c for c in certs)), tlv(0x31, *signers))
    return seq(oid(outer), tlv(0xa0, body))


def good(content=ENTITY, name="alice", inside=True):
    return signed_data(content, [signer(name, content)], (name,), inside=inside)


# EnvelopedData

def encrypted(entity=HIDDEN, cipher="aes-256-cbc", names=("bob",)):
    return run("openssl", "cms", "-encrypt", "-binary", f"-{cipher}", "-outform", "DER",
               *(f"{n}.crt" for n in names), data=entity)


def enveloped_fields(der):
    """(content type, fields of the EnvelopedData)"""
    parts = children(value(der))
    return parts[0], children(value(value(parts[1])))


def rebuild(kind, fields):
    return seq(kind, tlv(0xa0, seq(*fields)))


def with_ciphertext(der, change):
    """The same with other ciphertext."""
    kind, fields = enveloped_fields(der)
    for i, field in enumerate(fields):
        parts = children(value(field)) if field[0] == 0x30 else []
        if len(parts) == 3 and parts[0] == oid(DATA):
            old = parts[2]
            assert old[0] in (0x80, 0xa0)
            data = value(old) if old[0] == 0x80 else b"".join(value(c) for c in children(value(old)))
            fields[i] = seq(parts[0], parts[1], tlv(0x80, change(data)))
            return rebuild(kind, fields)
    raise RuntimeError("no ciphertext")


def with_parameters(der, change):
    """The same with another content-encryption algorithm."""
    kind, fields = enveloped_fields(der)
    for i, field in enumerate(fields):
        parts = children(value(field)) if field[0] == 0x30 else []
        if len(parts) == 3 and parts[0] == oid(DATA):
            fields[i] = seq(parts[0], change(parts[1]), parts[2])
            return rebuild(kind, fields)
    raise RuntimeError("no parameters")


# Messages

def b64(der):
    return base64.encodebytes(der).replace(b"\n", b"\r\n")


def opaque(der, smime=b"signed-data"):
    return (b"Content-Type: application/pkcs7-mime; smime-type=" + smime + b"; name=smime.p7m\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" + b64(der))


def mail(entity, head=HEAD):
    return head + b"MIME-Version: 1.0\r\n" + entity


def p7s(der, kind=b"application/pkcs7-signature"):
    return (b"Content-Type: " + kind + b"; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64(der))


SIGNED_TYPE = b'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="=_bound"'


def clear(entity=ENTITY, name="alice", der=None, kind=SIGNED_TYPE, parts=None, boundary=b"=_bound"):
    """The entity multipart/signed; parts: others than the two."""
    der = good(entity, name, inside=False) if der is None else der
    parts = [entity, p7s(der)] if parts is None else parts
    return (b"Content-Type: " + kind + b"\r\n\r\n" + b"".join(b"--" + boundary + b"\r\n" + p + b"\r\n" for p in parts)
            + b"--" + boundary + b"--\r\n")


def multi(*parts, kind=b"multipart/mixed", boundary=b"mm"):
    return (b"Content-Type: " + kind + b'; boundary="' + boundary + b'"\r\n\r\n'
            + b"".join(b"--" + boundary + b"\r\n" + p + b"\r\n" for p in parts) + b"--" + boundary + b"--\r\n")


# The corpus

messages = []


def attack(group, name, data, codes=(), exits=(1, 2, 3, 4, 5, 6, 65), secret=False, told=(), args=()):
    """secret: not an octet of the plaintext may come out whatever the exit; told: codes of a replay,
    which is valid and has to be told. codes: problems that have to be there, in it or in a part."""
    file = f"{len(messages) + 1:03}.eml"
    write(file, data)
    messages.append({"file": file, "group": group, "name": name, "codes": list(codes), "exits": list(exits),
                     "secret": secret, "told": list(told), "args": list(args)})
