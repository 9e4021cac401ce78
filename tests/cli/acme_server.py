#!/usr/bin/env python3
"""An ACME server (RFC 8555) with email-reply-00 (RFC 8823) for tests, on 127.0.0.1.

    acme_server.py SIGNET CA-DIR TLS-CERT TLS-KEY PORT-FILE LOG INBOX OUTBOX

It checks signatures, nonces, URLs and key authorizations, and issues by `signet ca issue --csr`.
Challenge mails go to OUTBOX: "smtp:PORT", or a Maildir. Replies are found in the Maildir INBOX. The
first part of a path says how it behaves: /LABEL/directory.
"""

import base64
import email
import email.policy
import glob
import hashlib
import hmac
import http.server
import json
import os
import re
import secrets
import smtplib
import ssl
import subprocess
import sys
import tempfile
import threading

SIGNET, CA, CERT, KEY, PORT_FILE, LOG, INBOX, OUTBOX = sys.argv[1:9]
EAB = ("kid-1", b"0123456789abcdef0123456789abcdef")
COVERED = ("From:Sender:Reply-To:To:CC:Subject:Date:In-Reply-To:References:Message-ID:"
           "Auto-Submitted:Content-Type:Content-Transfer-Encoding")
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
lock = threading.Lock()
nonces, accounts, orders, seen = set(), {}, {}, {}


class Problem(Exception):
    def __init__(self, kind, detail, status=400, **fields):
        super().__init__(detail)
        self.kind, self.detail, self.status, self.fields = kind, detail, status, fields


def unb64(text):
    if "=" in text:
        raise Problem("malformed", "padding")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def thumbprint(jwk):
    text = json.dumps({k: jwk[k] for k in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    return b64(hashlib.sha256(text.encode()).digest())


def integer(octets):
    octets = octets.lstrip(b"\0") or b"\0"
    if octets[0] & 0x80:
        octets = b"\0" + octets
    return b"\x02" + bytes([len(octets)]) + octets


def is_signed(jwk, data, signature):
    der = SPKI + b"\x04" + unb64(jwk["x"]) + unb64(jwk["y"])
    pair = integer(signature[:32]) + integer(signature[32:])
    with tempfile.TemporaryDirectory() as folder:
        files = {"key": der, "sig": b"\x30" + bytes([len(pair)]) + pair, "data": data}
        for name, octets in files.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(octets)
        subprocess.run(["openssl", "pkey", "-pubin", "-inform", "DER", "-in", folder + "/key",
                        "-out", folder + "/key.pem"], check=True)
        return len(signature) == 64 and subprocess.run(
            ["openssl", "dgst", "-sha256", "-verify", folder + "/key.pem", "-signature",
             folder + "/sig", folder + "/data"], stdout=subprocess.DEVNULL,
            check=False).returncode == 0


def challenge_mail(label, address, token):
    sender = "acme+" + label + "@ca.test"
    domain = "evil.test" if label == "otherdomain" else "ca.test"
    covered = "From:To" if label == "uncovered" else COVERED
    lines = [f"From: ACME <{sender}>", f"To: {address}", f"Subject: ACME: {token}",
             f"Message-ID: <{secrets.token_hex(8)}@ca.test>",
             "Date: Sat, 5 Dec 2020 10:08:55 +0100",
             "Auto-Submitted: auto-generated; type=acme", "MIME-Version: 1.0",
             "Content-Type: text/plain", "", "A challenge.", ""]
    if label == "replyto":
        lines.insert(2, "Reply-To: answers@ca.test")
    if label != "nodkim":
        lines.insert(0, f"DKIM-Signature: v=1; a=rsa-sha256; d={domain}; s=x;\r\n h={covered};\r\n"
                        " bh=AAAA; b=BBBB")
    return sender, "\r\n".join(lines)


def send(label, address, token):
    sender, text = challenge_mail(label, address, token)
    if OUTBOX.startswith("smtp:"):
        with smtplib.SMTP("127.0.0.1", int(OUTBOX[5:])) as smtp:
            smtp.sendmail(sender, [address], text)
        return
    # As a server of the recipient's own would add it, on top.
    domain = "evil.test" if label == "otherdomain" else "ca.test"
    result = "none" if label == "nodkim" else f"pass header.d={domain}"
    text = f"Authentication-Results: mx.example.com; dkim={result}\r\n" + text
    with open(os.path.join(OUTBOX, "new", secrets.token_hex(8)), "w", encoding="utf-8",
              newline="") as file:
        file.write(text)


class Order:
    def __init__(self, label, account, addresses):
        self.label, self.account, self.id = label, account, secrets.token_hex(8)
        self.authorizations = {secrets.token_hex(8): Authorization(self, a) for a in addresses}
        self.status, self.certificate, self.looks, self.error = "pending", None, 0, None
        self.addresses = addresses

    def update(self):
        states = [a.status for a in self.authorizations.values()]
        if "invalid" in states:
            self.status = "invalid"
        elif self.status == "pending" and all(s == "valid" for s in states):
            self.status = "ready"

    def finalize(self, der):
        if self.label == "slow":
            self.status = "processing"
        else:
            self.status = "valid"
        with tempfile.TemporaryDirectory() as folder:
            csr, cert = folder + "/r.csr", folder + "/c.pem"
            with open(csr, "wb") as file:
                file.write(der)
            text = subprocess.run(["openssl", "req", "-inform", "DER", "-in", csr, "-noout", "-text",
                                   "-verify"], check=True, capture_output=True).stdout.decode()
            if sorted(re.findall(r"email:([^\s,]+)", text)) != sorted(self.addresses):
                raise Problem("badCSR", "other addresses than the order's")
            words = [SIGNET, "ca", "issue", "--dir", CA, "--csr", csr, "-o", cert]
            if self.label == "mallory":
                # what no authority of signet's would issue
                with open(folder + "/names", "w", encoding="ascii") as file:
                    file.write("subjectAltName=email:mallory@example.com\n")
                words = ["openssl", "x509", "-req", "-inform", "DER", "-in", csr, "-CA",
                         CA + "/ca.pem", "-CAkey", CA + "/ca.key", "-extfile", folder + "/names",
                         "-out", cert]
            subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
            with open(cert, encoding="ascii") as file:
                self.certificate = file.read()
            with open(CA + "/ca.pem", encoding="ascii") as file:
                self.certificate += file.read()


class Authorization:
    def __init__(self, order, address):
        self.order, self.address, self.status, self.error = order, address, "pending", None
        self.token1, self.token2 = secrets.token_urlsafe(20), secrets.token_urlsafe(20)
        self.is_sent = self.is_responded = False

    def challenge(self):
        if not self.is_sent:
            self.is_sent = True
            send(self.order.label, self.address, self.token1)
        if self.is_responded and self.status == "pending":
            self.look()
        return {"type": "email-reply-00", "token": self.token2,
                "from": "acme+" + self.order.label + "@ca.test", "status": self.status}

    def look(self):
        for path in glob.glob(INBOX + "/new/*") + glob.glob(INBOX + "/cur/*"):
            with open(path, "rb") as file:
                mail = email.message_from_binary_file(file, policy=email.policy.default)
            if "ACME: " + self.token1 not in str(mail["Subject"]):
                continue
            with lock:
                self.judge(mail)

    def judge(self, mail):
        print_ = thumbprint(accounts[self.order.account]["jwk"])
        want = b64(hashlib.sha256((self.token1 + self.token2 + "." + print_).encode()).digest())
        block = re.search(r"-----BEGIN ACME RESPONSE-----\s+(.*?)\s+-----END ACME RESPONSE-----",
                          mail.get_content(), re.S)
        faults = [name for name, good in (
            ("digest", block and re.sub(r"\s", "", block[1]) == want),
            ("From", email.utils.parseaddr(mail["From"])[1] == self.address),
            ("Subject", str(mail["Subject"]).startswith("Re: ACME: ")),
            ("In-Reply-To", mail["In-Reply-To"] and "@ca.test>" in mail["In-Reply-To"]),
            ("Auto-Submitted", str(mail["Auto-Submitted"]).startswith("auto-replied")),
            ("List", not any(n.lower().startswith("list-") for n in mail.keys())),
            ("the test", self.order.label != "invalid")) if not good]
        self.status = "invalid" if faults else "valid"
        if faults:
            self.error = {"type": "urn:ietf:params:acme:error:unauthorized",
                          "detail": "wrong in the reply: " + ", ".join(faults)}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def url(self, *way):
        scheme = "http" if self.label == "plain" else "https"
        return f"{scheme}://127.0.0.1:{self.server.server_address[1]}/{self.label}/" + "/".join(way)

    def answer(self, status, value, kind="application/json", **fields):
        body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        nonce = secrets.token_urlsafe(12)
        nonces.add(nonce)
        self.send_header("Replay-Nonce", nonce)
        for name, text in fields.items():
            self.send_header(name.replace("_", "-"), text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        _, self.label, what = (self.path + "//").split("/")[:3]
        if self.label == "garbage":
            self.answer(200, "{\"newNonce\": ")
        elif self.label == "html":
            self.answer(200, "<html></html>", "text/html")
        elif self.label == "nothing":
            self.answer(404, "", "text/plain")
        elif self.label == "short":
            self.answer(200, {"newNonce": self.url("nonce")})
        elif what == "nonce":
            self.answer(200, "")
        elif what == "directory":
            meta = {"externalAccountRequired": self.label == "eab"}
            if self.label == "terms":
                meta["termsOfService"] = "https://ca.test/terms"
            self.answer(200, {"newNonce": self.url("nonce"), "newAccount": self.url("account"),
                              "newOrder": self.url("order"), "meta": meta})
        else:
            self.answer(405, "", "text/plain")

    def do_POST(self):
        _, self.label, *self.way = self.path.split("/")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            with open(LOG, "a", encoding="ascii") as file:
                file.write(f"{self.label} {self.way[0]}\n")
            self.serve(*self.check(body))
        except Problem as problem:
            self.answer(problem.status, {"type": "urn:ietf:params:acme:error:" + problem.kind,
                                         "detail": problem.detail},
                        "application/problem+json", **problem.fields)

    def check(self, body):
        if self.headers["Content-Type"] != "application/jose+json":
            raise Problem("malformed", "not application/jose+json", 415)
        jws = json.loads(body)
        head = json.loads(unb64(jws["protected"]))
        nonce = head.get("nonce")
        count = seen[self.label] = seen.get(self.label, 0) + 1
        if nonce not in nonces or self.label == "alwaysbad" or \
                (self.label == "badnonce" and count % 2 == 1):
            nonces.discard(nonce)
            raise Problem("badNonce", "no such nonce")
        nonces.remove(nonce)
        if head["alg"] != "ES256" or head["url"] != self.url(*self.way):
            raise Problem("malformed", "alg or url")
        if ("jwk" in head) == ("kid" in head) or ("jwk" in head) != (self.way[0] == "account"):
            raise Problem("malformed", "jwk or kid")
        if "kid" in head and head["kid"] not in accounts:
            raise Problem("accountDoesNotExist", "no such account")
        jwk = head["jwk"] if "jwk" in head else accounts[head["kid"]]["jwk"]
        if not is_signed(jwk, (jws["protected"] + "." + jws["payload"]).encode(),
                         unb64(jws["signature"])):
            raise Problem("unauthorized", "the signature is wrong", 401)
        payload = jws["payload"]
        return jwk, head.get("kid"), json.loads(unb64(payload)) if payload else None

    def serve(self, jwk, kid, payload):
        what = self.way[0]
        if what == "account":
            self.new_account(jwk, payload)
        elif what == "order" and len(self.way) == 1:
            self.new_order(kid, payload)
        elif what == "order":
            self.show(self.order(kid))
        elif what == "authz":
            self.authorization(kid, payload)
        elif what == "respond":
            order = self.order(kid)
            if payload != {}:
                raise Problem("malformed", "the payload of a response is {}")
            order.authorizations[self.way[2]].is_responded = True
            self.answer(200, {"type": "email-reply-00", "url": self.url(*self.way)},
                        Retry_After="1")
        elif what == "finalize":
            order = self.order(kid)
            if order.status != "ready":
                raise Problem("orderNotReady", "not ready", 403)
            order.finalize(unb64(payload["csr"]))
            self.show(order)
        elif what == "cert":
            kind = "text/html" if self.label == "htmlcert" else "application/pem-certificate-chain"
            text = "no PEM" if self.label == "nopem" else self.order(kid).certificate
            self.answer(200, text, kind)

    def order(self, kid):
        order = orders.get(self.way[1])
        if order is None or order.account != kid:
            raise Problem("malformed", "no such order", 404)
        return order

    def new_account(self, jwk, payload):
        if self.label == "terms" and not payload["termsOfServiceAgreed"]:
            raise Problem("userActionRequired", "agree first", 403)
        if self.label == "eab":
            self.check_binding(jwk, payload.get("externalAccountBinding"))
        url = self.url("account", thumbprint(jwk))
        with open(LOG, "a", encoding="utf-8") as file:
            file.write(f"{self.label} contact {payload.get('contact')}\n")
        self.answer(201, {"status": "deactivated" if self.label == "deactivated" else "valid"},
                    Location=url)
        accounts[url] = {"jwk": jwk}

    def check_binding(self, jwk, binding):
        if not binding:
            raise Problem("externalAccountRequired", "who are you?", 403)
        head = json.loads(unb64(binding["protected"]))
        mac = hmac.new(EAB[1], (binding["protected"] + "." + binding["payload"]).encode(), "sha256")
        if head != {"alg": "HS256", "kid": EAB[0], "url": self.url("account")} or \
                json.loads(unb64(binding["payload"])) != jwk or \
                b64(mac.digest()) != binding["signature"]:
            raise Problem("unauthorized", "the binding is wrong", 403)

    def new_order(self, kid, payload):
        addresses = [i["value"] for i in payload["identifiers"] if i["type"] == "email"]
        if self.label == "ratelimit":
            raise Problem("rateLimited", "too many orders", 429, Retry_After="7200")
        if self.label == "rejected":
            raise Problem("rejectedIdentifier", "not this domain", 403)
        if self.label == "outage":
            self.answer(503, "Come back later", "text/plain")
            return
        order = Order(self.label, kid, addresses)
        orders[order.id] = order
        self.show(order, 201)

    def show(self, order, status=200):
        order.update()
        if order.status == "processing":
            order.looks += 1
            if order.looks > 2:
                order.status = "valid"
        value = {"status": "odd" if self.label == "odd" else order.status,
                 "identifiers": [{"type": "email", "value": a} for a in order.addresses],
                 "authorizations": [self.url("authz", order.id, a) for a in order.authorizations],
                 "finalize": self.url("finalize", order.id)}
        if order.status == "valid":
            value["certificate"] = self.url("cert", order.id)
        self.answer(status, value, Location=self.url("order", order.id), Retry_After="1")

    def authorization(self, kid, payload):
        if payload is not None:
            raise Problem("malformed", "not POST-as-GET")
        order = self.order(kid)
        one = order.authorizations[self.way[2]]
        challenge = one.challenge()
        challenge["url"] = self.url("respond", order.id, self.way[2])
        if one.error:
            challenge["error"] = one.error
        if self.label == "dns":
            challenge["type"] = "dns-01"
        if self.label == "notoken":
            del challenge["token"]
        self.answer(200, {"status": one.status, "identifier": {"type": "email", "value": one.address},
                          "challenges": [{"type": "other-01"}, challenge]})


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


def main():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERT, KEY)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with open(PORT_FILE + ".new", "w", encoding="ascii") as file:
        file.write(str(server.server_address[1]))
    os.rename(PORT_FILE + ".new", PORT_FILE)
    server.serve_forever()


main()
