#!/usr/bin/env python3
"""IMAP and SMTP for tests, as far as `signet enroll acme` needs them, on 127.0.0.1.

    mail_server.py BOX INBOX TLS-CERT TLS-KEY IMAP-PORT-FILE SMTP-PORT-FILE LOG MODE

IMAP shows the Maildir BOX, SMTP delivers to the Maildir INBOX; alice's password is "open sesame". MODE:
tls, or plain (no TLS and none offered), or hang.
"""

import base64
import glob
import os
import re
import secrets
import socketserver
import ssl
import sys
import threading
import time

BOX, INBOX, CERT, KEY, IMAP, SMTP, LOG, MODE = sys.argv[1:9]
USER = base64.b64encode(b"\0alice\0open sesame").decode()


def mails():
    files = sorted(glob.glob(BOX + "/new/*"), key=os.path.getmtime)
    return list(enumerate(files, 1))


class Talk(socketserver.StreamRequestHandler):
    def setup(self):
        if MODE == "tls":
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(CERT, KEY)
            self.request = tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def hear(self):
        line = self.rfile.readline().decode().rstrip("\r\n")
        with open(LOG, "a", encoding="utf-8") as file:
            file.write(f"{type(self).__name__} {line}\n")
        return line


class Imap(Talk):
    def handle(self):
        if MODE == "hang":
            time.sleep(30)
        self.say("* OK ready")
        is_in = False
        while line := self.hear():
            tag, _, command = line.partition(" ")
            upper = command.upper()
            if upper.startswith("CAPABILITY"):
                self.say("* CAPABILITY IMAP4rev1")
            elif upper.startswith("LOGIN"):
                is_in = command.split(" ", 1)[1].replace('"', "") == "alice open sesame"
                if not is_in:
                    self.say(tag + " NO wrong")
                    continue
            elif upper.startswith("LOGOUT"):
                self.say("* BYE")
                self.say(tag + " OK")
                return
            elif not is_in:
                self.say(tag + " NO log in")
                continue
            elif upper.startswith("SELECT") and "INBOX" not in upper:
                self.say(tag + " NO no such folder")
                continue
            elif upper.startswith("SELECT"):
                self.say(f"* {len(mails())} EXISTS")
            elif upper.startswith("UID SEARCH"):
                self.say("* SEARCH" + "".join(f" {n}" for n, _ in mails()))
            elif upper.startswith("UID FETCH"):
                self.fetch(int(command.split()[2]), upper)
            self.say(tag + " OK done")

    def fetch(self, number, command):
        path = dict(mails())[number]
        if "INTERNALDATE" in command:
            came = time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(os.path.getmtime(path)))
            self.say(f'* {number} FETCH (UID {number} INTERNALDATE "{came}")')
            return
        with open(path, "rb") as file:
            text = file.read()
        self.wfile.write(f"* {number} FETCH (UID {number} BODY[] {{{len(text)}}}\r\n".encode() + text)
        self.say(")")


class Smtp(Talk):
    def handle(self):
        if MODE == "hang":
            time.sleep(30)
        self.say("220 mx.test")
        while line := self.hear():
            verb = line.split()[0].upper()
            if verb == "EHLO":
                self.say("250-mx.test")
                self.say("250 AUTH PLAIN")
            elif verb == "AUTH":
                given = line.split(" ")[2:] or [self.challenge()]
                self.say("235 welcome" if given[0] == USER else "535 wrong")
            elif verb == "RCPT":
                self.say("550 nobody" if "refused" in line else "250 ok")
            elif verb == "DATA":
                self.data()
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def challenge(self):
        self.say("334 ")
        return self.hear()

    def data(self):
        self.say("354 go on")
        text = b""
        while (line := self.rfile.readline()) != b".\r\n":
            if not re.search(rb"\r\n$", line):
                break
            text += line.removeprefix(b".") if line.startswith(b"..") else line
        with open(os.path.join(INBOX, "new", secrets.token_hex(8)), "wb") as file:
            file.write(text)
        self.say("250 taken")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


def main():
    for handler, place in ((Imap, IMAP), (Smtp, SMTP)):
        server = Server(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever).start()
        with open(place + ".new", "w", encoding="ascii") as file:
            file.write(str(server.server_address[1]))
        os.rename(place + ".new", place)


main()
