"""The peers. Each has a version, writes a CMS object (DER) for a row, and reads signet's message."""
import os
import re
import shutil
import tempfile

from world import ENTITY, KEYS, Refused, body_der, clear, must, pkcs7, read, run, split_clear, write

HERE = os.path.dirname(os.path.abspath(__file__))
LONGEST = 80
DIGESTS = {"p-384": "sha384", "p-521": "sha512", "ed25519": "sha512"}  # else sha256


def short(text):
    """The first sentence of what a program said, without what differs from run to run."""
    text = re.sub(r"\s+", " ", text).strip() or "says nothing"
    text = re.sub(r"(SEC_ERROR_\w+).*", r"\1", text)
    text = re.sub(r"0x[0-9a-fA-F]{6,}|/[\w/.-]*/", "", text).replace("|", "/")
    return text if len(text) <= LONGEST else text[:LONGEST - 1].rstrip() + "…"


def split(row, message):
    """The object in signet's message, and the content that it leaves out."""
    if row.form == "clear":
        content, der = split_clear(message)
        return der, content
    return body_der(message), None


def packaged(package):
    """The version that Debian packed, without what Debian adds to it."""
    found = run("dpkg-query", "-W", "-f", "${Version}", package).stdout.decode()
    return re.sub(r"^\d+:|-.*", "", found) or "?"


class Peer:
    name = command = ""

    def is_here(self):
        return shutil.which(self.command) is not None

    def begin(self):
        pass

    def end(self):
        pass

    def run(self, jobs):
        """jobs: (id, "write" or "read", row, message); answers {id: octets or Refused}."""
        results = {}
        for job, kind, row, message in jobs:
            try:
                results[job] = self.write(row) if kind == "write" else self.read(row, message)
            except Refused as said:
                results[job] = said
        return results


class OpenSSL(Peer):
    name = "OpenSSL"
    command = "openssl"
    CIPHERS = {"3des": "-des3"}

    def version(self):
        return must("openssl", "version").decode().split()[1]

    def cms(self, *arguments, data):
        done = run("openssl", "cms", *arguments, data=data)
        if done.returncode != 0:
            lines = done.stderr.decode(errors="replace").splitlines()
            said = [line.split(":")[5] for line in lines if line.count(":") > 6 and ":error:" in line]
            raise Refused(said[0] if said else (lines or ["says nothing"])[-1])
        return done.stdout

    def sign(self, row, detached):
        pss = ["-keyopt", "rsa_padding_mode:pss"] if row.key == "rsa-pss" else []
        return self.cms("-sign", "-binary", "-md", DIGESTS.get(row.key, "sha256"), "-signer", f"{row.key}.crt",
                        "-inkey", f"{row.key}.key", *pss, "-outform", "DER",
                        *([] if detached else ["-nodetach"]), data=ENTITY)

    def encrypt(self, row, content):
        how, _, digest = row.transport.partition(" ")
        digest = digest or "sha256"
        options = {"oaep": ["rsa_padding_mode:oaep", f"rsa_oaep_md:{digest}"], "ecdh": [f"ecdh_kdf_md:{digest}"],
                   "cofactor": ["ecdh_cofactor_mode:1", f"ecdh_kdf_md:{digest}"]}.get(how, [])
        return self.cms("-encrypt", "-binary", self.CIPHERS.get(row.cipher, f"-{row.cipher}"), "-outform", "DER",
                        "-recip", f"{row.key}.crt", *(word for option in options for word in ("-keyopt", option)),
                        data=content)

    def write(self, row):
        if row.form in ("clear", "opaque"):
            return self.sign(row, row.form == "clear")
        if row.form in ("encrypted", "rewrapped"):
            return self.encrypt(row, ENTITY)
        if row.form == "protected":
            return self.encrypt(row, clear(ENTITY, self.sign(row, True)))
        return self.cms("-compress", "-binary", "-outform", "DER", data=ENTITY)

    def verify(self, message):
        return self.cms("-verify", "-CAfile", "ca.crt", data=message)

    def decrypt(self, row, message):
        return self.cms("-decrypt", "-binary", "-recip", f"{row.key}.crt", "-inkey", f"{row.key}.key", data=message)

    def read(self, row, message):
        if row.form in ("clear", "opaque"):
            return self.verify(message)
        found = self.decrypt(row, message)
        return self.verify(found) if row.form == "protected" else found


class NSS(Peer):
    """Signs and encrypts as cmsutil chooses: which cipher, it does not let one say."""
    name = "NSS"
    command = "cmsutil"
    NAMES = {b"\x60\x86\x48\x01\x65\x03\x04\x01\x02": "aes-128-cbc", b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a":
             "aes-256-cbc", b"\x2a\x86\x48\x86\xf7\x0d\x03\x07": "3des"}

    def version(self):
        return packaged("libnss3-tools")

    def begin(self):
        os.mkdir("nss")
        must("certutil", "-N", "-d", "nss", "--empty-password")
        must("certutil", "-A", "-d", "nss", "-n", "ca", "-t", "CT,C,C", "-i", "ca.crt")
        self.missing = {}
        for name in KEYS:
            done = run("pk12util", "-i", f"{name}.p12", "-d", "nss", "-W", "x", "-K", "")
            if done.returncode != 0:
                self.missing[name] = done.stderr.decode().splitlines()[-1]
                run("certutil", "-A", "-d", "nss", "-n", name, "-t", ",,", "-i", f"{name}.crt")

    def key(self, row):
        if row.key in self.missing:
            raise Refused(self.missing[row.key])
        return row.key

    def cmsutil(self, *arguments, data):
        done = run("cmsutil", *arguments, "-d", "nss", data=data)
        said = [line for line in done.stderr.decode(errors="replace").splitlines()
                if re.search(r"problem|rror|fail|cannot|invalid|ERROR", line)]
        if done.returncode != 0 or (said and not done.stdout):
            raise Refused((said or ["says nothing"])[0])
        return done.stdout

    def sign(self, row, detached):
        return self.cmsutil("-S", "-N", self.key(row), "-H", DIGESTS.get(row.key, "sha256").upper(),
                            *(["-T"] if detached else []), data=ENTITY)

    def encrypt(self, row, content):
        der = self.cmsutil("-E", "-r", row.key, data=content)
        chosen = next((name for oid, name in self.NAMES.items() if oid in der), "another cipher")
        if chosen != row.cipher:
            raise Refused(f"cmsutil chooses {chosen}")
        return der

    def write(self, row):
        if row.form in ("clear", "opaque"):
            return self.sign(row, row.form == "clear")
        if row.form == "compressed":
            raise Refused("cmsutil has no option for it")
        if row.transport.startswith("oaep"):
            raise Refused("cmsutil has no option for OAEP")
        if " " in row.transport:
            raise Refused("cmsutil has no option for the digest")
        return self.encrypt(row, ENTITY if row.form != "protected" else clear(ENTITY, self.sign(row, True)))

    def verify(self, der, content):
        write("nss.content", content or b"")
        return self.cmsutil("-D", *(["-c", "nss.content"] if content is not None else []), data=der) or content

    def read(self, row, message):
        der, content = split(row, message)
        if row.form in ("clear", "opaque"):
            return self.verify(der, content)
        self.key(row)
        found = self.cmsutil("-D", data=der)
        return self.verify(body_der(found), None) if row.form == "protected" else found


class GnuPG(Peer):
    name = "gpgsm"
    command = "gpgsm"
    CIPHERS = {"aes-128-cbc": "AES128", "aes-256-cbc": "AES256", "3des": "3DES", "aes-128-gcm": "AES128.GCM",
               "aes-256-gcm": "AES256.GCM"}

    def version(self):
        return must("gpgsm", "--version").decode().split("\n")[0].split()[-1]

    def begin(self):
        # the agent's socket wants a short path
        self.home = tempfile.mkdtemp(prefix="gpgsm-", dir="/tmp")
        self.env = {"GNUPGHOME": self.home}
        write(f"{self.home}/gpgsm.conf", "disable-crl-checks\ndisable-policy-checks\nbatch\n"
              "pinentry-mode loopback\n")
        write(f"{self.home}/gpg-agent.conf", "allow-loopback-pinentry\n")
        fingerprint = must("openssl", "x509", "-in", "ca.crt", "-noout", "-fingerprint", "-sha1").decode()
        write(f"{self.home}/trustlist.txt", fingerprint.split("=")[1].strip() + " S relax\n")
        run("gpgsm", "--import", "ca.crt", env=self.env)
        self.missing = {}
        for name in KEYS:
            run("gpgsm", "--import", f"{name}.crt", env=self.env)
            done = run("gpgsm", "--passphrase-fd", "0", "--import", f"{name}.p12", data=b"x", env=self.env)
            if done.returncode != 0 or b"secret keys imported: 1" not in done.stderr:
                self.missing[name] = "import: " + self.said(done)

    def end(self):
        run("gpgconf", "--kill", "all", env=self.env)
        shutil.rmtree(self.home, ignore_errors=True)

    @staticmethod
    def said(done):
        lines = [line.removeprefix("gpgsm: ") for line in done.stderr.decode(errors="replace").splitlines()]
        crash = [line for line in lines if line.startswith("signal ")]
        noise = re.compile(r"insecure|Note:|certificate is|--disable-|^DBG:")
        bad = [line for line in lines if re.search(r"rror|fail|nsupported|not |No |nvalid|BAD", line) and
               not noise.search(line)]
        return (crash or bad or lines or ["says nothing"])[0]

    def key(self, row):
        if row.key in self.missing:
            raise Refused(self.missing[row.key])
        return f"{row.key}@example.com"

    def gpgsm(self, *arguments, data):
        done = run("gpgsm", "--passphrase-fd", "0", *arguments, data=data, env=self.env)
        if done.returncode != 0:
            raise Refused(self.said(done))
        return done

    def sign(self, row, detached):
        write("gpgsm.in", ENTITY)
        return self.gpgsm("-u", self.key(row), "--sign", *(["--detach-sign"] if detached else []),
                          "gpgsm.in", data=b"x").stdout

    def encrypt(self, row, content):
        write("gpgsm.in", content)
        return self.gpgsm("-r", f"{row.key}@example.com", "--cipher-algo",
                          self.CIPHERS.get(row.cipher, row.cipher), "--encrypt", "gpgsm.in", data=b"x").stdout

    def write(self, row):
        if row.form in ("clear", "opaque"):
            return self.sign(row, row.form == "clear")
        if row.form == "compressed":
            raise Refused("gpgsm has no option for it")
        if row.transport.startswith("oaep"):
            raise Refused("gpgsm has no option for OAEP")
        if " " in row.transport:
            raise Refused("gpgsm has no option for the digest")
        return self.encrypt(row, ENTITY if row.form != "protected" else clear(ENTITY, self.sign(row, True)))

    def verify(self, der, content):
        write("gpgsm.p7", der)
        write("gpgsm.content", content or b"")
        if content is not None:
            self.gpgsm("--verify", "gpgsm.p7", "gpgsm.content", data=b"x")
            return content
        if os.path.exists("gpgsm.out"):
            os.unlink("gpgsm.out")
        self.gpgsm("--output", "gpgsm.out", "--verify", "gpgsm.p7", data=b"x")
        return read("gpgsm.out")

    def read(self, row, message):
        der, content = split(row, message)
        if row.form in ("clear", "opaque"):
            return self.verify(der, content)
        write("gpgsm.p7", der)
        self.key(row)
        found = self.gpgsm("--decrypt", "gpgsm.p7", data=b"x").stdout
        return self.verify(body_der(found), None) if row.form == "protected" else found


class BouncyCastle(Peer):
    """One program, compiled once, which does all jobs in one run."""
    name = "Bouncy Castle"
    command = "javac"
    JARS = ("bcprov", "bcutil", "bcpkix", "bcmail")
    ALGORITHMS = {"rsa-2048": "SHA256withRSA", "rsa-3072": "SHA256withRSA", "rsa-pss": "SHA256withRSAandMGF1",
                  "p-256": "SHA256withECDSA", "p-384": "SHA384withECDSA", "p-521": "SHA512withECDSA",
                  "ed25519": "Ed25519", "ed448": "Ed448"}

    def is_here(self):
        return super().is_here() and all(os.path.exists(f"/usr/share/java/{jar}.jar") for jar in self.JARS)

    def version(self):
        # the provider knows itself as a number: of 1.80 that says 1.8
        return packaged("libbcprov-java")

    def job(self, kind, row, message, path):
        key = [f"{row.key}.p8", f"{row.key}.cer"]
        algorithm = self.ALGORITHMS.get(row.key, "none")
        to = [f"{row.key}.cer", row.transport, row.cipher]
        if kind == "write":
            source, job = "entity", {
                "clear": ["sign", *key, algorithm, "detached"], "opaque": ["sign", *key, algorithm, "attached"],
                "encrypted": ["encrypt", *to], "rewrapped": ["encrypt", *to],
                "protected": ["protect", *key, algorithm, *to],
                "compressed": ["compress"]}[row.form]
        else:
            der, content = split(row, message)
            source = write(f"{path}.der", der)
            job = {"clear": ["verify", f"{path}.content"], "opaque": ["verify", "-"],
                   "encrypted": ["decrypt", *key], "rewrapped": ["decrypt", *key],
                   "protected": ["open", *key]}[row.form]
            write(f"{path}.content", content or b"")
        return [job[0], source, path, *job[1:]]

    def run(self, jobs):
        classes = ":".join(f"/usr/share/java/{jar}.jar" for jar in self.JARS) + ":bc"
        os.mkdir("bc")
        lines = ["\t".join([job, *self.job(kind, row, message, f"bc/{job}")]) for job, kind, row, message in jobs]
        write("bc/jobs", "".join(line + "\n" for line in lines))
        must("javac", "-d", "bc", "-cp", classes, f"{HERE}/../peers/Peer.java")
        must("java", "-XX:TieredStopAtLevel=1", "-cp", classes, "Peer", "bc/jobs", "bc/results")
        results = {}
        for line in read("bc/results").decode().splitlines():
            job, text = line.split("\t", 1)
            results[job] = read(f"bc/{job}") if text == "ok" else Refused(text)
        return results


PEERS = [OpenSSL(), GnuPG(), NSS(), BouncyCastle()]
