"""People, messages and the checks that every run of signet must pass."""
import base64
import json
import os
import re
import subprocess
import sys

SIGNET = os.environ["SIGNET"]
VERDICTS = {0: {"valid"}, 1: {"tampered"}, 2: {"undecryptable"}, 3: {"untrusted"},
            4: {"unsigned", "unprotected"}, 5: {"unauthenticated"}, 6: {"impostor"}, 65: {"malformed"}}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
HEX = re.compile(r"[0-9a-f]+$")
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*$")
count = 0
wrongs = 0


def run(*command, data=None, check=True):
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    if check and done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stderr.decode()}")
    return done.stdout


def wrong(name, text):
    global wrongs
    wrongs += 1
    print(f"WRONG: {name}: {text}")


def write(path, data):
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    return path


def read(path):
    with open(path, "rb") as file:
        return file.read()


# What every report holds

def is_text(value):
    return value is None or isinstance(value, str)


def keys_are(what, found, wanted):
    return [] if set(found) == set(wanted) else [f"{what} has keys {sorted(found)}"]


def faults_of_signer(s):
    bad = keys_are("signer", s, ("status reason addresses matches_from subject issuer serial "
                                 "fingerprint not_before not_after digest algorithm signing_time "
                                 "revocation").split())
    if bad:
        return bad
    if s["status"] not in ("valid", "invalid", "untrusted", "unverifiable"):
        bad.append(f"status {s['status']}")
    if (s["reason"] is None) != (s["status"] == "valid"):
        bad.append(f"reason {s['reason']} of a signer who is {s['status']}")
    if s["matches_from"] not in (True, False, None) or not isinstance(s["addresses"], list):
        bad.append("types of a signer")
    if s["revocation"] not in ("good", "revoked", "unknown", "unchecked"):
        bad.append(f"revocation {s['revocation']}")
    for key in ("serial", "fingerprint"):
        text = s[key] or "0"
        if not HEX.match(text.removeprefix("ski:")):
            bad.append(f"{key} {s[key]}")
    for key in ("not_before", "not_after", "signing_time"):
        if s[key] is not None and not TIME.match(s[key]):
            bad.append(f"{key} {s[key]}")
    return bad


def faults_of_layer(layer):
    kind = layer.get("type")
    if kind == "compressed":
        return keys_are("compressed", layer, ("type", "algorithm"))
    if kind == "signed":
        bad = keys_are("signed", layer, ("type", "form", "covers", "signers"))
        if not bad and (layer["form"] not in ("clear", "opaque") or
                        layer["covers"] not in ("whole", "part")):
            bad.append("form or covers")
        return bad + [f for s in layer.get("signers", []) for f in faults_of_signer(s)]
    if kind != "encrypted":
        return [f"type {kind}"]
    bad = keys_are("encrypted", layer, ("type", "integrity", "cipher", "recipients"))
    if layer.get("integrity") not in ("aead", "none"):
        bad.append("integrity")
    for r in layer.get("recipients", []):
        bad += keys_are("recipient", r, ("kind", "id", "algorithm", "mine"))
        if r.get("kind") not in ("key-transport", "key-agreement", "kem", "password", "kek"):
            bad.append(f"kind {r.get('kind')}")
        if r.get("id") is not None and r.get("kind") in ("key-transport", "key-agreement") and \
                not re.search(r"(^ski:|#)[0-9a-f]+$", r["id"]):
            bad.append(f"id {r['id']}")
        if not isinstance(r.get("mine"), bool):
            bad.append("mine")
    return bad


def faults_of_report(r, top=True):
    wanted = ("verdict summary from from_outer encrypted signed addressed_to_me layers headers "
              "problems parts copies").split() + ([] if top else ["path"])
    bad = keys_are("report", r, wanted)
    if bad:
        return bad
    if not isinstance(r["summary"], str) or not is_text(r["from"]) or not is_text(r["from_outer"]):
        bad.append("types of texts")
    if not isinstance(r["encrypted"], bool) or not isinstance(r["signed"], bool):
        bad.append("types of truths")
    if r["addressed_to_me"] not in (True, False, None):
        bad.append("addressed_to_me")
    bad += keys_are("headers", r["headers"], ("protected", "hidden", "changed", "fields", "legacy_display"))
    for problem in r["problems"]:
        bad += keys_are("problem", problem, ("code", "text", "layer", "args"))
        if not CODE.match(problem["code"]) or not problem["text"]:
            bad.append(f"problem {problem}")
        if problem["layer"] is not None and not 0 <= problem["layer"] < max(1, len(r["layers"])):
            bad.append(f"layer of {problem}")
        if not isinstance(problem["args"], dict):
            bad.append("args")
    for layer in r["layers"]:
        bad += faults_of_layer(layer)
    for part in r["parts"]:
        bad += faults_of_report(part, False)
    return bad


# One run

def codes(r):
    return [p["code"] for p in r["problems"]]


def attempt(name, want, args, data=None, holds=None, said=None):
    """Runs signet; returns (exit, report or None, standard output)."""
    global count
    count += 1
    done = subprocess.run([SIGNET, *args], input=data if data is not None else b"",
                          capture_output=True, check=False, timeout=120)
    if done.returncode != want:
        wrong(name, f"exit {done.returncode}, not {want}: {' '.join(args)}\n    "
              + done.stderr.decode(errors="replace").strip().replace("\n", "\n    "))
    if done.returncode < 0 or b"Sanitizer" in done.stderr:
        wrong(name, "died")
    if said is not None and said not in done.stderr.decode(errors="replace"):
        wrong(name, f"does not say {said!r}: {done.stderr.decode(errors='replace')}")
    if holds is not None and not holds(done):
        wrong(name, f"does not hold: {done.stdout[:200]!r} {done.stderr[:300]!r}")
    return done


BASE = ["--no-store", "--trust", "ca.crt", "--revocation", "none"]


def case(name, want, data, *args, verb="open", base=None, holds=None, text=None, absent=(), codes_in=(),
         said=None):
    """One message: exit, report, and output; holds is asked of the report."""
    global count
    count += 1
    for path in ("out", "report"):
        if os.path.lexists(path):
            os.remove(path)
    write("input", data)
    base = BASE if base is None else base
    done = subprocess.run([SIGNET, verb, *base, *args, "-o", "out", "--report", "report", "input"],
                          capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=120)
    words = done.stderr.decode(errors="replace").strip()
    if done.returncode != want:
        report = read("report").decode() if os.path.exists("report") else ""
        wrong(name, f"exit {done.returncode}, not {want}\n    {words}\n    {report[:1500]}")
        return None
    if done.returncode < 0 or "Sanitizer" in words:
        wrong(name, f"died: {words}")
    if done.stdout:
        wrong(name, f"standard output holds {done.stdout[:80]!r}")
    if not words and want != 0:
        wrong(name, "nothing is said")
    if said is not None and said not in words:
        wrong(name, f"does not say {said!r}: {words}")
    written = os.path.exists("out")
    release = {"open": (0, 3, 4, 6), "decrypt": (0, 4), "verify": (0,)}[verb]
    loose = {"--show-altered", "--allow-unauthenticated", "--require"} & set(args)
    if not loose and written != (want in release):
        wrong(name, f"output {'is' if written else 'is not'} written")
    if text is not None:
        found = read("out") if written else b""
        texts = text if isinstance(text, (list, tuple)) else [text]
        for t in texts:
            if t not in found:
                wrong(name, f"output does not hold {t!r}: {found[:300]!r}")
        for t in absent:
            if t in found:
                wrong(name, f"output holds {t!r}: {found[:300]!r}")
    try:
        report = json.loads(read("report").decode())
    except (OSError, ValueError) as error:
        wrong(name, f"no report: {error}")
        return None
    for fault in faults_of_report(report):
        wrong(name, f"report: {fault}")
    if report["verdict"] not in VERDICTS[want] | ({"valid"} if verb == "decrypt" else set()):
        wrong(name, f"verdict {report['verdict']} with exit {want}")
    for code in codes_in:
        if code not in codes(report):
            wrong(name, f"no problem {code}: {codes(report)}")
    if holds is not None:
        try:
            good = holds(report)
        except (KeyError, IndexError, TypeError) as error:
            good, words = False, repr(error)
        if not good:
            wrong(name, f"not so: {json.dumps(report)[:1800]}")
    return report


# People

EXTENSIONS = {"basicConstraints": "CA:FALSE", "keyUsage": "digitalSignature,keyEncipherment,keyAgreement",
              "extendedKeyUsage": "emailProtection"}


def key_of(name, kind="p256"):
    if kind == "rsa":
        run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out",
            f"{name}.key")
    else:
        run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
            f"{name}.key")


def authority(name, subject, under=None, extra=()):
    key_of(name)
    if under is None:
        run("openssl", "req", "-x509", "-key", f"{name}.key", "-out", f"{name}.crt", "-days", "3650",
            "-subj", subject, "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        return
    sign(name, subject, under, {"basicConstraints": "critical,CA:TRUE",
                                "keyUsage": "critical,keyCertSign,cRLSign"})


def sign(name, subject, issuer, extensions, dates=()):
    run("openssl", "req", "-new", "-utf8", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
    write(f"{name}.ext", "".join(f"{k}={v}\n" for k, v in extensions.items() if v))
    if not os.path.exists(f"{issuer}.cnf"):
        write(f"{issuer}.cnf", f"[ca]\ndefault_ca=d\n[d]\ndatabase={issuer}.db\nserial={issuer}.srl\n"
              f"new_certs_dir=.\ndefault_md=sha256\npolicy=p\ndefault_days=365\nunique_subject=no\n"
              f"default_crl_days=30\ncrlnumber={issuer}.crlnum\n"
              "[p]\ncommonName=optional\nemailAddress=optional\norganizationName=optional\n")
        write(f"{issuer}.db", "")
        write(f"{issuer}.srl", "0a01\n")
        write(f"{issuer}.crlnum", "01\n")
    run("openssl", "ca", "-batch", "-notext", "-config", f"{issuer}.cnf", "-cert", f"{issuer}.crt",
        "-keyfile", f"{issuer}.key", "-in", f"{name}.csr", "-out", f"{name}.crt", "-extfile",
        f"{name}.ext", "-utf8", *dates)


def person(name, address, kind="p256", issuer="ca", subject=None, dates=(), **extensions):
    key_of(name, kind)
    wanted = dict(EXTENSIONS)
    if address:
        wanted["subjectAltName"] = address if ":" in address else f"email:{address}"
    wanted.update(extensions)
    sign(name, subject or f"/CN={name}", issuer, wanted, dates)


# Messages

ENTITY = (b"Content-Type: text/plain; charset=us-ascii\r\n\r\nPlease pay 1,250.00 EUR.\r\n"
          b"Thank you.\r\n")
HEAD = b"From: Alice <alice@example.com>\r\nTo: bob@example.com\r\nSubject: Invoice\r\n"


def cms(*args, data=ENTITY):
    return run("openssl", "cms", *args, data=data)


def signed_der(name="alice", entity=ENTITY, *more, detached=False):
    opaque = [] if detached else ["-nodetach"]
    return cms("-sign", "-binary", *opaque, "-signer", f"{name}.crt", "-inkey", f"{name}.key", "-md",
               "sha256", "-outform", "DER", *more, data=entity)


def encrypted_der(entity=ENTITY, *names, cipher="aes-256-gcm", more=()):
    return cms("-encrypt", "-binary", f"-{cipher}", "-outform", "DER", *more,
               *(f"{n}.crt" for n in names or ("bob",)), data=entity)


def compressed_der(entity):
    """CompressedData by hand: the openssl of Debian has no zlib."""
    import zlib
    inner = tlv(0x30, oid("1.2.840.113549.1.7.1") + tlv(0xa0, tlv(4, zlib.compress(entity))))
    body = tlv(2, b"\0") + tlv(0x30, oid("1.2.840.113549.1.9.16.3.8")) + inner
    return tlv(0x30, oid("1.2.840.113549.1.9.16.1.9") + tlv(0xa0, tlv(0x30, body)))


def b64(der):
    return base64.encodebytes(der).replace(b"\n", b"\r\n")


def entity_of(der, smime="signed-data", kind=b"application/pkcs7-mime"):
    """The opaque S/MIME entity around an object."""
    return (b"Content-Type: " + kind + b"; smime-type=" + smime.encode() + b"; name=smime.p7m\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" + b64(der))


def mail(entity, head=HEAD):
    return head + b"MIME-Version: 1.0\r\n" + entity


def clear(entity=ENTITY, name="alice", head=HEAD, boundary=b"=_bound", kind=None, sig=None, tail=b"\r\n",
          sig_head=None, preamble=b"", epilogue=b"", der=None, more=()):
    """multipart/signed, put together here."""
    der = der if der is not None else signed_der(name, entity, *more, detached=True)
    kind = kind or (b'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; '
                    b'boundary="' + boundary + b'"')
    sig_head = sig_head or (b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n"
                            b"Content-Transfer-Encoding: base64\r\n\r\n")
    return (head + b"MIME-Version: 1.0\r\nContent-Type: " + kind + b"\r\n\r\n" + preamble
            + b"--" + boundary + b"\r\n" + entity + b"\r\n--" + boundary + b"\r\n" + sig_head
            + (sig if sig is not None else b64(der)) + b"\r\n--" + boundary + b"--" + tail + epilogue)


# DER by hand

def tlv(tag, value):
    n = len(value)
    if n < 128:
        return bytes([tag, n]) + value
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + value


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


def parse(der, at=0):
    """(tag, header size, value, end) of the element at AT; definite lengths only."""
    tag, n, size = der[at], der[at + 1], 2
    if n >= 128:
        size = 2 + (n & 127)
        n = int.from_bytes(der[at + 2:at + size], "big")
    return tag, size, der[at + size:at + size + n], at + size + n


def children(value):
    at, out = 0, []
    while at < len(value):
        tag, _, inner, end = parse(value, at)
        out.append((tag, inner))
        at = end
    return out


def build(parts):
    return b"".join(tlv(t, v) for t, v in parts)


def finish():
    print(f"{count} cases, {wrongs} wrong")
    sys.exit(1 if wrongs else 0)
