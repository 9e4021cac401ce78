"""Messages that other programs made: NSS cmsutil, gpgsm, and python's email package."""
import email.generator
import email.message
import email.mime.application
import email.mime.multipart
import email.mime.text
import email.policy
import os
import shutil
import subprocess

from bench import BASE, ENTITY, HEAD, b64, case, clear, compressed_der, entity_of, mail, read, run, signed_der, write
from wrappers import BOB, PAY


def nss():
    if not shutil.which("cmsutil") or not shutil.which("pk12util"):
        print("SKIPPED: NSS is not here (libnss3-tools)")
        return
    os.mkdir("nssdb")
    write("nsspass", "")
    run("certutil", "-N", "-d", "nssdb", "--empty-password")
    run("certutil", "-A", "-d", "nssdb", "-n", "ca", "-t", "CT,C,C", "-i", "ca.crt")
    for name in ("alice-rsa", "bob-rsa", "alice"):
        run("openssl", "pkcs12", "-export", "-inkey", f"{name}.key", "-in", f"{name}.crt", "-name", name, "-out",
            f"{name}.p12", "-passout", "pass:x")
        run("pk12util", "-i", f"{name}.p12", "-d", "nssdb", "-W", "x", "-K", "")
    write("entity", ENTITY)
    for name in ("alice-rsa", "alice"):
        for digest in ("SHA256", "SHA512"):
            for form, args in (("opaque", []), ("with key preference", ["-P"]), ("detached", ["-T"]),
                               ("with time", ["-G"])):
                der = run("cmsutil", "-S", "-d", "nssdb", "-N", name, "-H", digest, *args, "-i", "entity")
                if form == "detached":
                    case(f"NSS {name} {digest} {form}", 0, clear(der=der), text=PAY)
                    case(f"NSS {name} {digest} altered", 1, clear(der=der).replace(b"1,250", b"9,250"))
                else:
                    case(f"NSS {name} {digest} {form}", 0, mail(entity_of(der)), text=PAY)
    der = run("cmsutil", "-S", "-d", "nssdb", "-N", "alice-rsa", "-H", "SHA256", "-i", "entity")
    write("signed", entity_of(der))
    inner = run("cmsutil", "-E", "-d", "nssdb", "-r", "bob@example.com", "-i", "signed", check=False)
    if inner:
        case("NSS encrypted", 0, mail(entity_of(inner, "enveloped-data")), "--cert", "bob-rsa.crt", "--key",
             "bob-rsa.key", "--cert", "bob.crt", "--key", "bob.key", text=PAY)
    else:
        print("SKIPPED: cmsutil does not encrypt here")


def gpgsm():
    if not shutil.which("gpgsm"):
        print("SKIPPED: gpgsm is not here")
        return
    # gpgsm wants a home of its own with a short path for the agent's socket
    home = subprocess.run(["mktemp", "-d", "/tmp/gpgsm-XXXXXX"], capture_output=True, check=True).stdout.decode().strip()
    os.environ["GNUPGHOME"] = home
    try:
        write(f"{home}/gpgsm.conf", "disable-crl-checks\ndisable-policy-checks\nbatch\n")
        fingerprint = run("openssl", "x509", "-in", "ca.crt", "-noout", "-fingerprint", "-sha1").decode()
        write(f"{home}/trustlist.txt", fingerprint.split("=")[1].strip() + " S relax\n")
        run("gpgsm", "--import", "ca.crt", "alice-rsa.crt", "bob-rsa.crt", check=False)
        write("entity", ENTITY)
        done = subprocess.run(["gpgsm", "--batch", "-r", "bob@example.com", "--encrypt", "entity"],
                              capture_output=True, check=False)
        if done.stdout:
            keys = ["--cert", "bob-rsa.crt", "--key", "bob-rsa.key", *BOB]
            case("gpgsm encrypted", 5, mail(entity_of(done.stdout, "enveloped-data")), *keys, "--allow-unauthenticated",
                 text=PAY)
            write("signed", entity_of(signed_der()))
            done = subprocess.run(["gpgsm", "--batch", "-r", "bob@example.com", "--armor", "--encrypt", "signed"],
                                  capture_output=True, check=False)
            case("gpgsm encrypted PEM around a signed entity", 0, done.stdout, *keys)
            done = subprocess.run(["gpgsm", "--batch", "-r", "bob@example.com", "--base64", "--encrypt", "signed"],
                                  capture_output=True, check=False)
            case("gpgsm base64", 65, done.stdout, *keys)
            done = subprocess.run(["gpgsm", "--batch", "-r", "bob@example.com", "--encrypt", "signed"],
                                  capture_output=True, check=False)
            case("gpgsm encrypted around signed", 0, mail(entity_of(done.stdout, "enveloped-data")), *keys, text=PAY)
        else:
            print("SKIPPED: gpgsm does not encrypt here: " + done.stderr.decode()[:200])
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


def python():
    """Composed as a script in python would do it."""
    body = email.mime.multipart.MIMEMultipart("alternative")
    body.attach(email.mime.text.MIMEText("Plain text: naïve\n", "plain", "utf-8"))
    body.attach(email.mime.text.MIMEText("<p>HTML</p>\n", "html", "utf-8"))
    octets = body.as_bytes(policy=email.policy.SMTP)
    # of its header section the message gets the Content fields only
    parts = octets[octets.index(b"\r\n\r\n"):]
    der = signed_der("alice", octets, detached=True)
    outer = (b"From: Alice <alice@example.com>\r\nTo: bob@example.com\r\nMIME-Version: 1.0\r\nContent-Type: "
             b'multipart/signed; protocol="application/pkcs7-signature"; micalg="sha256";\r\n boundary="outer"\r\n\r\n'
             b"--outer\r\n" + octets + b"\r\n--outer\r\n")
    part = email.mime.application.MIMEApplication(der, "pkcs7-signature", name="smime.p7s")
    part.add_header("Content-Disposition", "attachment", filename="smime.p7s")
    data = outer + part.as_bytes(policy=email.policy.SMTP) + b"\r\n--outer--\r\n"
    case("python clear", 0, data, text=parts)
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"] = "Älice <alice@example.com>"
    message["To"] = "bob@example.com"
    message["Subject"] = "Überweisung " * 12
    message.set_content(signed_der("alice", octets), maintype="application", subtype="pkcs7-mime",
                        filename="smime.p7m", params={"smime-type": "signed-data"})
    case("python opaque", 0, message.as_bytes(), text=parts, holds=lambda r: r["from"] == "alice@example.com")
    case("python opaque with LF", 0, message.as_bytes(policy=email.policy.default), text=parts)
    case("python mbox", 0, b"From nobody Tue Nov 24 03:16:36 2026\n" + message.as_bytes(policy=email.policy.default),
         text=parts)
    digest = email.mime.multipart.MIMEMultipart("mixed")
    digest.attach(email.mime.text.MIMEText("see below\n"))
    digest.attach(email.message_from_bytes(message.as_bytes()))
    digest["From"] = "carol@example.com"
    case("python wrapper", 6, digest.as_bytes(), holds=lambda r: [p["path"] for p in r["parts"]] == ["2"])
    # what was opened must be a message that python reads as the one that was signed
    if case("opened and read again", 0, data) is not None:
        again = email.message_from_bytes(read("out"), policy=email.policy.default)
        if again["From"] != "Alice <alice@example.com>" or again.get_content_type() != "multipart/alternative" or \
                "naïve" not in again.get_body(("plain",)).get_content():
            from bench import wrong
            wrong("opened and read again", f"{again}")


def all():
    nss()
    gpgsm()
    python()
