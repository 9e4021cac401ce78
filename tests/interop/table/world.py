"""Keys, certificates and messages that every peer works with, and what signet itself does."""
import base64
import os
import re
import subprocess

SIGNET = os.environ["SIGNET"]
ENTITY = b"Content-Type: text/plain; charset=us-ascii\r\n\r\nPlease pay 1,250.00 EUR.\r\n"
FROM = b"From: Alice <alice@example.com>\r\nTo: bob@example.com\r\nSubject: Invoice\r\n"
KEYS = {
    "rsa-2048": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "rsa-3072": ["RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    "rsa-pss": ["RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
    "p-256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p-384": ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "p-521": ["EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "ed25519": ["ED25519"],
    "ed448": ["ED448"],
    "x25519": ["X25519"],
}
REWRAP = ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]  # the other key of what is rewrapped: no peer has it


class Refused(Exception):
    """A program said no; the text is what it said."""


def run(*command, data=None, env=None):
    return subprocess.run(command, input=data, capture_output=True, check=False, timeout=60,
                          env={**os.environ, **env} if env else None)


def must(*command, data=None):
    done = run(*command, data=data)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def write(path, data):
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    return path


def read(path):
    with open(path, "rb") as file:
        return file.read()


def certificate(name):
    """Of Alice when it can sign, and of Bob when it can be encrypted to: one that is both."""
    signs, transports, agrees = "digitalSignature", "keyEncipherment", "keyAgreement"
    usage = {"ed25519": signs, "ed448": signs, "rsa-pss": signs, "x25519": agrees}
    # keyEncipherment of an EC key means nothing (RFC 8813 3), but gpgsm asks for it
    both = f"{signs},{transports}" if name.startswith("rsa") else f"{signs},{transports},{agrees}"
    key_usage = usage.get(name, both)
    must("openssl", "genpkey", "-algorithm", *KEYS.get(name, REWRAP), "-out", f"{name}.key")
    write(f"{name}.ext", f"basicConstraints=CA:FALSE\nkeyUsage={key_usage}\nextendedKeyUsage=emailProtection\n"
          f"subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
          f"subjectAltName=email:alice@example.com,email:{name}@example.com\n")
    subject = f"/CN={name}/O=Interop"
    if name == "x25519":  # signs nothing, not even a request
        must("openssl", "pkey", "-in", f"{name}.key", "-pubout", "-out", f"{name}.pub")
        must("openssl", "req", "-new", "-key", "rsa-2048.key", "-subj", subject, "-out", f"{name}.csr")
        force = ["-force_pubkey", f"{name}.pub"]
    else:
        must("openssl", "req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
        force = []
    must("openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
         "-days", "30", "-sha256", "-extfile", f"{name}.ext", "-out", f"{name}.crt", *force)
    must("openssl", "x509", "-in", f"{name}.crt", "-outform", "DER", "-out", f"{name}.cer")
    must("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", f"{name}.key", "-outform", "DER", "-out", f"{name}.p8")
    # the older scheme, which every peer reads
    must("openssl", "pkcs12", "-export", "-inkey", f"{name}.key", "-in", f"{name}.crt", "-name", name, "-certfile",
         "ca.crt", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1", "-passout", "pass:x",
         "-out", f"{name}.p12")


def prepare():
    must("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-days",
         "30", "-subj", "/CN=Interop CA", "-addext", "keyUsage=keyCertSign,cRLSign")
    for name in (*KEYS, "rewrap"):
        certificate(name)
    write("entity", ENTITY)
    write("mail", FROM + b"MIME-Version: 1.0\r\n" + ENTITY)


# MIME, put together and taken apart without signet

def pkcs7(der, kind="signed-data"):
    return (f"Content-Type: application/pkcs7-mime; smime-type={kind}; name=smime.p7m\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n").encode() + base64.encodebytes(der).replace(b"\n", b"\r\n")


def clear(entity, der):
    return (b"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; "
            b"boundary=bb\r\n\r\n--bb\r\n" + entity + b"\r\n--bb\r\n"
            b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(der).replace(b"\n", b"\r\n") +
            b"\r\n--bb--\r\n")


def body_der(message):
    return base64.b64decode(message.split(b"\r\n\r\n", 1)[1])


def split_clear(message):
    """The signed part, and the signature."""
    boundary = re.search(rb'boundary="?([^"\r\n;]+)', message)[1]
    parts = message.split(b"\r\n--" + boundary)
    signed = parts[1].removeprefix(b"\r\n")
    return signed, body_der(parts[2])


# signet

def sentence(done):
    lines = done.stderr.decode(errors="replace").splitlines() or [f"exit {done.returncode}"]
    return lines[0].removeprefix("signet: ")


def signet(*arguments, data=None, good=(0,)):
    done = run(SIGNET, *arguments, "--no-store", data=data)
    if done.returncode not in good:
        raise Refused(sentence(done))
    return done.stdout


def pair(name):
    return ["--cert", f"{name}.crt", "--key", f"{name}.key"]


def signet_write(row):
    """The message of a row as signet makes it."""
    to = ["-r", f"./{row.key}.crt", "--cipher", row.cipher, "--key-transport",
          row.transport if row.transport in ("pkcs1", "oaep") else "auto"]
    if row.form == "clear":
        return signet("sign", *pair(row.key), "mail")
    if row.form == "opaque":
        return signet("sign", "--opaque", *pair(row.key), "mail")
    if row.form == "encrypted":
        return signet("encrypt", *to, "mail")
    if row.form == "rewrapped":
        before = signet("encrypt", "-r", "./rewrap.crt", "--cipher", row.cipher, "mail")
        return signet("rewrap", *pair("rewrap"), "-r", f"./{row.key}.crt", *to[4:], data=before)
    return signet("protect", "--opaque", "--no-self", "--headers", "none", *pair(row.key), *to, "mail")


def signet_read(row, der):
    """Opens what a peer made; what it holds must be what was put in."""
    if row.form == "clear":
        message = clear(ENTITY, der)
    else:
        message = pkcs7(der, "signed-data" if row.form == "opaque" else "enveloped-data")
    arguments = ["open", "--entity", "--trust", "ca.crt", "--revocation", "none"]
    if row.form in ("clear", "opaque"):
        good = (0,)
    elif row.form == "protected":
        good = (0,)
        arguments += pair(row.key)
    elif row.form == "compressed":
        good = (4,)
    else:  # 4 with a tag, 5 without
        good = (4, 5)
        arguments += ["--allow-unauthenticated", *(pair(row.key) if row.form == "encrypted" else [])]
    message = FROM + b"MIME-Version: 1.0\r\n" + message
    if row.form == "rewrapped":
        message = signet("rewrap", *pair(row.key), "-r", "./rewrap.crt", data=message)
        arguments += pair("rewrap")
    found = signet(*arguments, data=message, good=good)
    if found != ENTITY:
        # under a key that was not the one, random octets: nothing that a table could hold
        raise Refused("other content")
