#!/usr/bin/env python3
"""An EST server (RFC 7030, RFC 8951) for tests, on 127.0.0.1, that also misbehaves when asked to.

    est_server.py SIGNET CA-DIR TLS-CERT TLS-KEY PORT-FILE LOG [TLS-CLIENT-CA]

The label in the path says how it behaves: /.well-known/est/LABEL/simpleenroll. Certificates are
issued by `signet ca issue --csr`. The port is written to PORT-FILE; LOG gets a line for each request.
"""

import base64
import hashlib
import http.server
import os
import ssl
import subprocess
import sys
import tempfile
import time

SIGNET, CA, CERT, KEY, PORT_FILE, LOG = sys.argv[1:7]
CLIENT_CA = sys.argv[7] if len(sys.argv) > 7 else None
ASKED = {}


def run(*words, data=None):
    return subprocess.run(words, input=data, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def certs_only(*paths):
    words = ["openssl", "crl2pkcs7", "-nocrl", "-outform", "DER"]
    for path in paths:
        words += ["-certfile", path]
    return run(*words)


def issue(folder, der, *addresses):
    csr, cert = os.path.join(folder, "r.csr"), os.path.join(folder, "c.pem")
    with open(csr, "wb") as file:
        file.write(der)
    run(SIGNET, "ca", "issue", "--dir", CA, "--csr", csr, "-o", cert, *addresses)
    return cert


def issue_for_tls(folder, der, address=None):
    """A certificate for mail that also lets its owner log in by TLS, for the address of the request or another."""
    csr, cert, names = (os.path.join(folder, name) for name in ("r.csr", "c.pem", "names"))
    with open(csr, "wb") as file:
        file.write(der)
    if address is None:
        text = run("openssl", "req", "-inform", "DER", "-noout", "-text", data=der).decode()
        address = text.split("email:", 1)[1].split(",")[0].split()[0]
    with open(names, "w", encoding="ascii") as file:
        file.write(f"subjectAltName=email:{address}\nextendedKeyUsage=emailProtection,clientAuth\n"
                   "keyUsage=critical,digitalSignature\n")
    run("openssl", "x509", "-req", "-inform", "DER", "-in", csr, "-CA", os.path.join(CA, "ca.pem"),
        "-CAkey", os.path.join(CA, "ca.key"), "-days", "20", "-extfile", names, "-out", cert)
    return cert


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def note(self, text):
        with open(LOG, "a", encoding="utf-8") as file:
            file.write(text + "\n")

    def answer(self, status, kind=None, body=b"", **fields):
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def p7(self, der, **fields):
        self.answer(200, "application/pkcs7-mime; smime-type=certs-only",
                    base64.encodebytes(der), Content_Transfer_Encoding="base64", **fields)

    # Who asks.
    def is_let_in(self, label):
        given = self.headers.get("Authorization", "")
        if label == "basic":
            if given == "Basic " + base64.b64encode(b"alice:open sesame").decode():
                return True
            self.answer(401, "text/plain", b"Who are you?", WWW_Authenticate='Basic realm="est"')
            return False
        if label == "digest":
            if given.startswith("Digest ") and self.is_digest(given):
                return True
            self.answer(401, "text/plain", b"Who are you?",
                        WWW_Authenticate='Digest realm="est", nonce="abc", algorithm=MD5')
            return False
        if label == "cert" and not self.connection.getpeercert():
            self.answer(401, "text/plain", b"Show a certificate")
            return False
        return True

    def is_digest(self, given):
        fields = dict(part.strip().split("=", 1) for part in given[7:].split(","))
        value = {name: text.strip('"') for name, text in fields.items()}
        def md5(text):
            return hashlib.md5(text.encode()).hexdigest()
        want = md5(md5("alice:est:open sesame") + ":abc:" + md5(self.command + ":" + value["uri"]))
        return value["response"] == want

    # What goes wrong whoever asks.
    def misbehave(self, label):
        if label == "forbidden":
            self.answer(403, "text/plain", b"Not for you")
        elif label == "broken":
            self.answer(500, "text/plain", b"Out of order")
        elif label == "html":
            self.answer(200, "text/html", b"<html>Welcome</html>")
        elif label == "garbage":
            self.answer(200, "application/pkcs7-mime", os.urandom(500))
        elif label == "nonsense":
            self.answer(200, "application/pkcs7-mime", base64.b64encode(os.urandom(500)))
        elif label == "huge":
            self.send_response(200)
            self.send_header("Content-Type", "application/pkcs7-mime")
            self.send_header("Content-Length", str(1 << 30))
            self.end_headers()
            try:
                for _ in range(1 << 14):
                    self.wfile.write(b"A" * (1 << 16))
            except OSError:
                self.note("the client went away")
            self.close_connection = True
        elif label == "loop":
            self.answer(307, None, b"", Location=self.path)
        elif label == "hang":
            time.sleep(30)
            self.close_connection = True
        elif label == "http":
            self.answer(307, None, b"", Location="http://127.0.0.1:9/")
        else:
            return False
        return True

    def cacerts(self):
        self.p7(certs_only(os.path.join(CA, "ca.pem")))

    def csrattrs(self, label):
        if label == "wishes":
            self.answer(200, "application/csrattrs",
                        b"MEEGCSqGSIb3DQEJBzASBgcqhkjOPQIBMQcGBSuBBAAiMBYGCSqGSIb3DQEJDjEJ"
                        b"BgcrBgEBAQEWBggqhkjOPQQDAw==")
        elif label == "badwishes":
            self.answer(200, "application/csrattrs", b"MAMCAQE=")
        else:
            self.answer(204)

    def key_and_cert(self, folder, der):
        key = os.path.join(folder, "k.pem")
        csr = os.path.join(folder, "own.csr")
        run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-out", key)
        text = run("openssl", "req", "-inform", "DER", "-noout", "-text", data=der).decode()
        address = text.split("email:", 1)[1].split(",")[0].split()[0]
        run("openssl", "req", "-new", "-key", key, "-subj", "/CN=x", "-addext",
            "subjectAltName=email:" + address, "-outform", "DER", "-out", csr)
        with open(csr, "rb") as file:
            cert = issue(folder, file.read())
        pkcs8 = run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", key, "-outform", "DER")
        parts = [("application/pkcs8", pkcs8),
                 ("application/pkcs7-mime; smime-type=certs-only", certs_only(cert))]
        body = b"".join(b"--xyz\r\nContent-Type: " + kind.encode() + b"\r\n"
                        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data)
                        for kind, data in parts) + b"--xyz--\r\n"
        self.answer(200, "multipart/mixed; boundary=xyz", body)

    def enroll(self, label, operation, der):
        ASKED[der] = ASKED.get(der, 0) + 1
        if label == "later" and ASKED[der] < 3:
            self.answer(202, "text/plain", b"patience", Retry_After="1")
            return
        if label == "never":
            self.answer(202, "text/plain", b"patience", Retry_After="3600")
            return
        with tempfile.TemporaryDirectory() as folder:
            if operation == "serverkeygen":
                self.key_and_cert(folder, der)
                return
            if label == "refuse":
                self.answer(400, "text/plain", b"No such person")
                return
            if label == "other":
                cert = os.path.join(CA, "ca.pem")
            elif label == "multi":
                cert = issue_for_tls(folder, der)
            elif label == "mallory":
                cert = issue_for_tls(folder, der, "mallory@example.com")
            else:
                cert = issue(folder, der)
            self.p7(certs_only(cert))

    def serve(self, der):
        way = self.path.removeprefix("/.well-known/est/").split("/")
        label, operation = (way[0], way[1]) if len(way) == 2 else ("", way[0])
        peer = self.connection.getpeercert()
        self.note(f"{self.command} {label or '-'} {operation} {'cert' if peer else 'anonymous'}"
                  f" {self.headers.get('Content-Transfer-Encoding', '-')}")
        # What goes wrong begins behind /cacerts where it says so.
        if label.endswith("-late"):
            if operation != "cacerts" and self.misbehave(label.removesuffix("-late")):
                return
        elif self.misbehave(label):
            return
        if operation == "cacerts":
            self.cacerts()
        elif not self.is_let_in(label):
            return
        elif operation == "csrattrs":
            self.csrattrs(label)
        elif operation in ("simpleenroll", "simplereenroll", "serverkeygen") and der:
            if operation == "simplereenroll" and not peer and label != "basic":
                self.answer(401, "text/plain", b"Show the old certificate")
            else:
                self.enroll(label, operation, der)
        else:
            self.answer(404)

    def do_GET(self):
        self.serve(b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        # RFC 8951 3.1: line breaks, or none
        self.serve(base64.b64decode(b"".join(body.split()), validate=True))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


def main():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERT, KEY)
    if CLIENT_CA:
        tls.verify_mode = ssl.CERT_OPTIONAL
        tls.load_verify_locations(CLIENT_CA)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with open(PORT_FILE + ".new", "w", encoding="ascii") as file:
        file.write(str(server.server_address[1]))
    os.rename(PORT_FILE + ".new", PORT_FILE)
    server.serve_forever()


main()
