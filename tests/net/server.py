#!/usr/bin/env python3
"""A server on 127.0.0.1 that misbehaves in every way that tests/net asks for.

    server.py DIR

Makes its authorities and certificates in DIR, starts on ports of the system's choice, and prints
one line with their numbers: http, https, expired, wrong-name, client, silent. It ends when its
standard input does. /connections says how often "silent", which never answers, was connected to.
"""

import http.server
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

connections = 0
over = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, body, status=200, **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def redirect(self, to, status=302):
        self.answer(b"elsewhere " * 1000, status, Location=to, X_Hop="yes")

    def stream(self, piece, seconds=0.0):
        self.send_response(200)
        self.end_headers()
        while not over.wait(seconds) if seconds else True:
            self.wfile.write(piece)

    def echo(self, body):
        said = f"{self.command} {self.path}\n{self.headers}".encode() + body
        self.answer(said, X_Field="told", Set_Cookie="a=b")

    def handle_one(self):
        path, _, query = self.path.partition("?")
        size = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(size)
        value = urllib.parse.unquote(query)
        self.close_connection = True
        if path == "/echo":
            self.echo(body)
        elif path == "/connections":
            self.answer(str(connections).encode())
        elif path == "/status":
            self.answer(b"no", int(value))
        elif path == "/hang":
            over.wait()
        elif path == "/close":
            pass
        elif path == "/garbage":
            self.wfile.write(os.urandom(64) + b"\r\n\r\n")
        elif path == "/nothing-but-text":
            self.wfile.write(b"hello, this is no HTTP\r\n")
        elif path == "/redirect":
            self.redirect("/echo" if int(value) == 0 else f"/redirect?{int(value) - 1}")
        elif path == "/to":
            self.redirect(value)
        elif path == "/to307":
            self.redirect(value, 307)
        elif path == "/to-nowhere":
            self.answer(b"", 302)
        elif path == "/octets":
            self.answer(b"x" * int(value))
        elif path == "/endless":
            self.stream(b"x" * 65536)
        elif path == "/gigabyte":
            self.send_response(200)
            self.send_header("Content-Length", str(1 << 30))
            self.end_headers()
            for _ in range(1 << 14):
                self.wfile.write(b"x" * 65536)
        elif path == "/drip":
            self.stream(b"x", 0.1)
        elif path == "/long-header":
            self.send_response(200)
            self.flush_headers()
            for _ in range(100000):
                self.wfile.write(b"X-Filler: " + b"x" * 1000 + b"\r\n")
        elif path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"only this")
        elif path == "/login":
            if self.headers.get("Authorization") == "Basic YWxpY2U6c2VjcmV0":
                self.answer(b"welcome")
            else:
                self.answer(b"who?", 401, WWW_Authenticate='Basic realm="x"')
        else:
            self.answer(b"", 404)

    do_GET = do_POST = do_PUT = do_HEAD = handle_one


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # whoever asked went away


def openssl(*words, cwd):
    subprocess.run(["openssl", *words], cwd=cwd, check=True, capture_output=True)


def make_certificates(folder):
    """ca.pem issues good, expired, wrong and client; other.pem is nobody's."""
    def request(name, subject):
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", f"{name}.key", "-subj", subject, "-out", f"{name}.csr", cwd=folder)

    for name in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", f"{name}.key", "-subj", f"/CN=TLS {name}", "-days", "30", "-out",
                f"{name}.pem", cwd=folder)
    with open(f"{folder}/ca.cnf", "w", encoding="ascii") as file:
        file.write("[ca]\ndefault_ca=c\n[c]\nnew_certs_dir=.\ndatabase=index\nserial=serial\n"
                   "default_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n")
        for name, names in (("good", "IP:127.0.0.1,DNS:localhost"), ("wrong", "DNS:other.example"),
                            ("expired", "IP:127.0.0.1"), ("client", "email:a@example.com")):
            file.write(f"[{name}]\nsubjectAltName={names}\n")
    open(f"{folder}/index", "w").close()
    for name in ("good", "wrong", "expired", "client"):
        request(name, f"/CN={name}")
        begin, end = ("200101000000Z", "210101000000Z") if name == "expired" else (
            "200101000000Z", "20991231000000Z")
        openssl("ca", "-config", "ca.cnf", "-batch", "-rand_serial", "-notext", "-cert", "ca.pem",
                "-keyfile", "ca.key", "-in", f"{name}.csr", "-out", f"{name}.pem", "-extensions",
                name, "-startdate", begin, "-enddate", end, cwd=folder)


def start(folder=None, certificate=None, asks_client=False):
    server = Server(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/{certificate}.pem", f"{folder}/{certificate}.key")
        if asks_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(f"{folder}/ca.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def start_silent():
    listener = socket.create_server(("127.0.0.1", 0))

    def count():
        global connections
        kept = []
        while True:
            kept.append(listener.accept())
            connections += 1

    threading.Thread(target=count, daemon=True).start()
    return listener.getsockname()[1]


def main():
    folder = sys.argv[1]
    make_certificates(folder)
    print(start(), start(folder, "good"), start(folder, "expired"), start(folder, "wrong"),
          start(folder, "good", True), start_silent(), flush=True)
    sys.stdin.read()
    over.set()
    time.sleep(0.05)


main()
