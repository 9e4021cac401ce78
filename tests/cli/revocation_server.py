"""A distribution point, an OCSP responder (openssl ocsp) and an issuer's page, on 127.0.0.1.

revocation_server.py FOLDER: writes its port to FOLDER/port, each request to FOLDER/log. Files are
served from FOLDER/www. FOLDER/mode: "ok"; "error" answers 500; "hang" takes a question and says
nothing; "later" answers tryLater; "old" an answer that has ended; "other" one of another authority.
"""

import http.server
import os
import pathlib
import socketserver
import subprocess
import sys
import threading
import time

FOLDER = pathlib.Path(sys.argv[1]).resolve()


def answer(request, mode):
    """What `openssl ocsp` says to a request."""
    if mode == "later":
        return bytes.fromhex("30030a0103")
    signer = (FOLDER / "responder").read_text().strip()
    command = ["openssl", "ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner",
               f"{signer}.pem", "-rkey", f"{signer}.key", "-reqin", "request.der", "-respout",
               "response.der", "-rmd", "sha256"]
    command += ["-nmin", "60"] if mode != "old" else ["-nmin", "1"]
    (FOLDER / "request.der").write_bytes(request)
    subprocess.run(command, cwd=FOLDER, check=True, capture_output=True)
    return (FOLDER / "response.der").read_bytes()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def note(self):
        with open(FOLDER / "log", "a", encoding="utf-8") as log:
            log.write(f"{self.command} {self.path}\n")

    def give(self, status, body, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.note()
        request = self.rfile.read(int(self.headers["Content-Length"]))
        mode = (FOLDER / "mode").read_text().strip()
        if mode == "hang":
            time.sleep(60)
        elif mode == "error":
            self.give(500, b"", "text/plain")
        else:
            self.give(200, answer(request, mode), "application/ocsp-response")

    def do_GET(self):
        self.note()
        path = FOLDER / "www" / os.path.basename(self.path)
        if path.is_file():
            self.give(200, path.read_bytes(), "application/octet-stream")
        else:
            self.give(404, b"", "text/plain")


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
(FOLDER / "port.new").write_text(str(server.server_address[1]))
(FOLDER / "port.new").rename(FOLDER / "port")
# ends with the test, whatever becomes of it
threading.Timer(300, lambda: os._exit(0)).start()
server.serve_forever()
