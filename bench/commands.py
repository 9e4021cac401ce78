"""What is measured: the commands of signet, and those of openssl that do the same."""

import base64
import os
import subprocess

UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def size_of(text):
    return int(text[:-1]) * UNITS[text[-1]] if text[-1] in UNITS else int(text)


class Operation:
    """made: what it makes, for the ones that need it; floor: the steps of bench_floor."""

    def __init__(self, name, needs, made, status, floor):
        self.name, self.needs, self.made = name, needs, made
        self.status, self.floor = status, floor


OPERATIONS = [
    Operation("sign", None, "signed", 0, "h"),
    Operation("verify", "signed", None, 0, "h"),
    Operation("sign opaque", None, "opaque", 0, None),
    Operation("verify opaque", "opaque", None, 0, None),
    Operation("encrypt GCM", None, "gcm", 0, "ce"),
    Operation("open GCM", "gcm", None, 4, "dp"),  # 4: not signed
    Operation("encrypt CBC", None, "cbc", 0, None),
    Operation("open CBC", "cbc", None, 5, None),  # 5: nothing proves it
    Operation("protect", None, "protected", 0, "hce"),
    Operation("open protected", "protected", None, 0, "dph"),
]
CIPHERS = {"GCM": "aes-256-gcm", "CBC": "aes-256-cbc"}


def quiet(*command):
    subprocess.run([str(word) for word in command], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def signet(program, keys, name):
    alice = ["--no-store", "--cert", keys / "1.pem", "--key", keys / "key.pem"]
    to_bob = ["-r", keys / "2.pem"]
    trust = ["--trust", keys / "ca.pem"]
    bob = ["--no-store", "--cert", keys / "2.pem", "--key", keys / "key.pem", *trust]
    verb, *what = name.split()
    if verb == "sign":
        return [program, "sign", *alice, *(["--opaque"] if what else [])]
    if verb == "verify":
        return [program, "verify", "--no-store", *trust]
    if verb == "encrypt":
        return [program, "encrypt", "--no-store", "--cipher", CIPHERS[what[0]], *to_bob]
    if verb == "protect":
        return [program, "protect", *alice, "--no-self", "--cipher", CIPHERS["GCM"], *to_bob]
    return [program, "open", *bob, *(["--allow-unauthenticated"] if what == ["CBC"] else [])]


def openssl(keys, name):
    """One command, or two in a pipe. -stream, where there is a choice: it is faster."""
    cms = ["openssl", "cms"]
    sign = [*cms, "-sign", "-signer", keys / "1.pem", "-inkey", keys / "key.pem"]
    verify = [*cms, "-verify", "-CAfile", keys / "ca.pem"]
    decrypt = [*cms, "-decrypt", "-recip", keys / "2.pem", "-inkey", keys / "key.pem"]
    verb, *what = name.split()
    encrypt = [*cms, "-encrypt", "-stream",
               f"-{CIPHERS[what[0] if verb == 'encrypt' else 'GCM']}", "-recip", keys / "2.pem"]
    if verb == "sign":
        return [[*sign, *(["-nodetach", "-stream"] if what else [])]]
    if verb == "verify":
        return [verify]
    if verb == "encrypt":
        return [encrypt]
    if verb == "protect":
        return [sign, encrypt]
    return [decrypt, verify] if what == ["protected"] else [decrypt]


def make_message(path, size, parts=1):
    """About size octets: a line of text, and attachments in base64."""
    head = (b"From: Alice <alice@example.com>\r\nTo: Bob <bob@example.com>\r\n"
            b"Subject: figures\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n--b0\r\n"
            b"Content-Type: text/plain\r\n\r\nThe figures are attached.\r\n")
    part = (b"--b0\r\nContent-Type: application/octet-stream\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n")
    tail = b"--b0--\r\n"
    block = base64.encodebytes(os.urandom(57 * 16384)).replace(b"\n", b"\r\n")
    each = max(78, (size - len(head) - len(tail)) // parts - len(part))
    with open(path, "wb") as out:
        out.write(head)
        for _ in range(parts):
            out.write(part)
            left = each
            while left > 0:
                piece = block[:max(78, left // 78 * 78)]
                out.write(piece)
                left -= len(piece)
        out.write(tail)


class Run:
    """One way to do one thing: commands in a pipe, from a file to a file or through pipes."""

    def __init__(self, commands, by, source, target, allowed=(0,), is_signet=True):
        self.commands = [list(map(str, command)) for command in commands]
        self.by, self.source, self.allowed = by, source, set(allowed)
        if by == "file" and is_signet:
            self.commands[0] += ["-o", str(target), str(source)]
        elif by == "file":
            self.commands[0] += ["-in", str(source)]
            self.commands[-1] += ["-out", str(target)]
        elif is_signet and "verify" in self.commands[0]:
            self.commands[0] += ["-o", "/dev/stdout"]

    def processes(self, prefix):
        chain = [prefix(i) + command for i, command in enumerate(self.commands)]
        return [["cat", str(self.source)], *chain, ["cat"]] if self.by == "pipe" else chain

    def go(self, clock, prefix=lambda index: []):
        """Seconds; what they say is thrown away unless they fail."""
        chain = self.processes(prefix)
        before = subprocess.DEVNULL
        running = []
        start = clock()
        for i, command in enumerate(chain):
            last = i == len(chain) - 1
            process = subprocess.Popen(command, stdin=before, close_fds=False,
                                       stdout=subprocess.DEVNULL if last else subprocess.PIPE,
                                       stderr=subprocess.PIPE if last else subprocess.DEVNULL)
            if before is not subprocess.DEVNULL:
                before.close()
            before = process.stdout
            running.append(process)
        said = running[-1].stderr.read()
        statuses = [process.wait() for process in running]
        taken = clock() - start
        running[-1].stderr.close()
        if not set(statuses) <= {0} | self.allowed:
            raise RuntimeError(f"{chain}: status {statuses}: {said.decode(errors='replace')}")
        return taken
