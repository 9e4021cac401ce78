"""What the process does: report, output, options and the exits above 63."""
import json
import os
import stat
import subprocess

from bench import (BASE, ENTITY, HEAD, SIGNET, attempt, clear, encrypted_der, entity_of, faults_of_report,
                   mail, read, run, signed_der, write, wrong)
from wrappers import BOB, PAY


def is_report(text, verdict):
    try:
        r = json.loads(text)
    except ValueError:
        return False
    return not faults_of_report(r) and r["verdict"] == verdict


def error_report(name, want, *args, data=b""):
    if os.path.exists("err.json"):
        os.remove("err.json")
    attempt(name, want, [*args, "--report", "err.json"], data)
    r = json.loads(read("err.json")) if os.path.exists("err.json") else {}
    if r.get("verdict") != "error" or len(r.get("problems", [])) != 1 or not r.get("summary") or \
            faults_of_report(r):
        wrong(name, f"report {json.dumps(r)[:400]}")
    attempt(f"{name}, to standard output", want, [*args, "--report", "-"], data,
            holds=lambda d: is_report(d.stdout, "error"))


def reports():
    good = write("good.eml", clear())
    bad = write("bad.eml", clear().replace(b"1,250", b"9,250"))
    for verb in ("verify", "inspect"):
        for way in (["--report", "-"], ["--json"]):
            attempt(f"{verb} {way}", 0, [verb, *BASE, *way, good], holds=lambda d: is_report(d.stdout, "valid"))
    for verb in ("open", "decrypt"):
        attempt(f"{verb} --json without -o", 64, [verb, *BASE, "--json", good])
        attempt(f"{verb} --report - without -o", 64, [verb, *BASE, "--report", "-", good])
    attempt("open --json -o", 0, ["open", *BASE, "--json", "-o", "o", good],
            holds=lambda d: is_report(d.stdout, "valid") and PAY in read("o"))
    attempt("open --json -o -", 64, ["open", *BASE, "--json", "-o", "-", good])
    attempt("report of tampered on stdout", 1, ["verify", *BASE, "--json", bad],
            holds=lambda d: is_report(d.stdout, "tampered"))
    attempt("options after FILE", 0, ["verify", good, *BASE, "--json"],
            holds=lambda d: is_report(d.stdout, "valid"))
    attempt("report to a device", 0, ["verify", *BASE, "--report", "/dev/null", good])
    if not stat.S_ISCHR(os.stat("/dev/null").st_mode):
        wrong("report to a device", "the device is gone")
    attempt("report to a descriptor", 0, ["verify", *BASE, "--report", "/dev/stdout", good],
            holds=lambda d: b'"verdict": "valid"' in d.stdout)
    attempt("report and output the same", 64, ["open", *BASE, "--report", "same", "-o", "same", good])
    # one line and first lines
    attempt("-q", 0, ["open", *BASE, "-q", good], holds=lambda d: d.stderr.count(b"\n") <= 1 and PAY in d.stdout)
    attempt("-q of 1", 1, ["open", *BASE, "-q", bad], holds=lambda d: d.stderr.count(b"\n") == 1 and not d.stdout)
    attempt("-q of 6", 6, ["open", *BASE, "-q", write("imp.eml", clear(name="mallory"))],
            holds=lambda d: d.stderr.count(b"\n") == 1)
    attempt("-v", 0, ["open", *BASE, "-v", good])
    attempt("verify prints facts", 0, ["verify", *BASE, good], holds=lambda d: b"alice@example.com" in d.stdout
            and b"valid" in d.stdout and PAY not in d.stdout)
    attempt("verify writes no content of 6", 6, ["verify", *BASE, "-o", "v.out", "imp.eml"],
            holds=lambda d: not os.path.exists("v.out"))
    attempt("inspect", 0, ["inspect", *BASE, good], holds=lambda d: b"signed" in d.stdout.lower())


def outputs():
    good = clear()
    write("same.eml", good)
    os.chmod("same.eml", 0o644)
    attempt("-o equal to FILE", 0, ["open", *BASE, "-o", "same.eml", "same.eml"],
            holds=lambda d: PAY in read("same.eml") and b"multipart/signed" not in read("same.eml"))
    bad = good.replace(b"1,250", b"9,250")
    write("same.eml", bad)
    attempt("-o equal to FILE, altered", 1, ["open", *BASE, "-o", "same.eml", "same.eml"],
            holds=lambda d: read("same.eml") == bad)
    write("in.eml", good)
    attempt("new files are 0600", 0, ["open", *BASE, "-o", "new.eml", "in.eml"],
            holds=lambda d: stat.S_IMODE(os.stat("new.eml").st_mode) == 0o600)
    write("old.eml", b"old")
    attempt("an output stays as it was", 1, ["open", *BASE, "-o", "old.eml", "-"], bad,
            holds=lambda d: read("old.eml") == b"old")
    attempt("-o /dev/null", 0, ["open", *BASE, "-o", "/dev/null", "in.eml"],
            holds=lambda d: stat.S_ISCHR(os.stat("/dev/null").st_mode))
    attempt("-o /dev/stdout", 0, ["open", *BASE, "-o", "/dev/stdout", "in.eml"], holds=lambda d: PAY in d.stdout)
    attempt("-o -", 0, ["open", *BASE, "-o", "-", "in.eml"], holds=lambda d: PAY in d.stdout)
    attempt("standard input", 0, ["open", *BASE], good, holds=lambda d: PAY in d.stdout)
    attempt("standard input as -", 0, ["open", *BASE, "-"], good, holds=lambda d: PAY in d.stdout)
    attempt("--", 0, ["open", *BASE, "--", "in.eml"], holds=lambda d: PAY in d.stdout)
    attempt("--option=value", 0, ["open", "--no-store", "--trust=ca.crt", "--revocation=none", "in.eml"])
    os.mkfifo("fifo")
    reader = subprocess.Popen(["cat", "fifo"], stdout=subprocess.PIPE)
    attempt("-o a pipe", 0, ["open", *BASE, "-o", "fifo", "in.eml"])
    out = reader.communicate(timeout=20)[0]
    if PAY not in out or not stat.S_ISFIFO(os.stat("fifo").st_mode):
        wrong("-o a pipe", "it was not written to")
    os.symlink("target.eml", "link.eml")
    attempt("-o a link", 0, ["open", *BASE, "-o", "link.eml", "in.eml"], holds=lambda d: PAY in read("link.eml"))
    with open("/dev/full", "wb") as full:
        done = subprocess.run([SIGNET, "open", *BASE, "in.eml"], stdout=full, stderr=subprocess.PIPE, check=False)
        if done.returncode != 74:
            wrong("a full device", f"exit {done.returncode}")
    done = subprocess.run(["sh", "-c", f'{{ "$1" open {" ".join(BASE)} in.eml; echo $? >code; }} | true', "sh", SIGNET],
                          check=False)
    if read("code").strip() not in (b"0", b"74"):
        wrong("a closed pipe", f"exit {read('code')}")


def failures():
    write("in.eml", clear())
    error_report("no such file", 66, "open", *BASE, "-o", "x", "nothing.eml")
    error_report("a directory as FILE", 66, "open", *BASE, "-o", "x", ".")
    error_report("no such --trust", 66, "open", "--no-store", "--trust", "nothing", "-o", "x", "in.eml")
    error_report("--trust that is none", 65, "open", "--no-store", "--trust", "in.eml", "-o", "x", "in.eml") if False else None
    error_report("output in no directory", 73, "open", *BASE, "-o", "nowhere/x", "in.eml")
    error_report("a directory as output", 73, "open", *BASE, "-o", ".", "in.eml")
    error_report("no such --content", 66, "open", *BASE, "--content", "nothing", "-o", "x", "in.eml")
    error_report("no such --cert", 66, "open", *BASE, "--cert", "nothing", "--key", "bob.key", "-o", "x", "in.eml")
    error_report("no such --crl", 66, "open", *BASE, "--crl", "nothing", "-o", "x", "in.eml")
    error_report("no such --chain", 66, "open", *BASE, "--chain", "nothing", "-o", "x", "in.eml")
    attempt("report that cannot be written", 73, ["open", *BASE, "-o", "x", "--report", "nowhere/x", "in.eml"])
    for name, args in (("unknown option", ["--nonsense"]), ("abbreviation", ["--ignore"]), ("two files", ["in.eml"]),
                       ("option without value", ["--trust"]), ("--at nonsense", ["--at", "yesterday"]),
                       ("--revocation nonsense", ["--revocation", "maybe"]),
                       ("--require nonsense", ["--require", "all"]), ("--format nonsense", ["--format", "tar"]),
                       ("--cert without --key", ["--cert", "bob.crt"]), ("--key without --cert", ["--key", "bob.key"]),
                       ("--policy nonsense", ["--policy", "x"]), ("value to a flag", ["--entity=1"])):
        attempt(name, 64, ["open", *BASE, "-o", "x", "in.eml", *args])
    attempt("no command", 64, [])
    attempt("unknown command", 64, ["opne"])
    attempt("--help", 0, ["open", "--help"], holds=lambda d: b"--allow-unauthenticated" in d.stdout)
    attempt("--version", 0, ["--version"])


def passphrases():
    run("openssl", "pkcs8", "-topk8", "-in", "bob.key", "-out", "bob.enc", "-v2", "aes-256-cbc", "-passout",
        "pass:secret")
    run("openssl", "pkcs12", "-export", "-inkey", "bob.key", "-in", "bob.crt", "-out", "bob.p12", "-passout",
        "pass:secret")
    run("openssl", "x509", "-in", "bob.crt", "-outform", "DER", "-out", "bob.der")
    run("openssl", "pkey", "-in", "bob.key", "-outform", "DER", "-out", "bob.key.der")
    write("right", "secret\nmore\n")
    write("crlf", "secret\r\n")
    write("bare", "secret")
    write("wrong", "guess\n")
    write("enc.eml", mail(entity_of(encrypted_der(), "enveloped-data")))
    keys = ["--cert", "bob.crt", "--key", "bob.enc"]
    for name, want, args in (("right", 4, [*keys, "--passphrase-file", "right"]),
                             ("CRLF", 4, [*keys, "--passphrase-file", "crlf"]),
                             ("without an end", 4, [*keys, "--passphrase-file", "bare"]),
                             ("wrong", 2, [*keys, "--passphrase-file", "wrong"]), ("none", 2, keys),
                             ("PKCS#12", 4, ["--p12", "bob.p12", "--passphrase-file", "right"]),
                             ("PKCS#12, wrong", 2, ["--p12", "bob.p12", "--passphrase-file", "wrong"]),
                             ("DER", 4, ["--cert", "bob.der", "--key", "bob.key.der"]),
                             ("two pairs", 4, ["--cert", "carol.crt", "--key", "carol.key", *BOB]),
                             ("pairs in the other order", 4, [*BOB, "--cert", "carol.crt", "--key", "carol.key"]),
                             ("key of another", None, ["--cert", "bob.crt", "--key", "carol.key"])):
        if want is None:
            done = subprocess.run([SIGNET, "open", *BASE, *args, "-o", "x", "enc.eml"], capture_output=True, check=False)
            if done.returncode not in (64, 65, 67, 2):
                wrong(name, f"exit {done.returncode}: {done.stderr}")
            continue
        attempt(f"passphrase: {name}", want, ["open", *BASE, *args, "-o", "x", "enc.eml"])
    attempt("passphrase not needed for what is signed", 0, ["open", *BASE, *keys, "-o", "x", "in.eml"])
    reader, writer = os.pipe()
    os.write(writer, b"secret\n")
    os.close(writer)
    done = subprocess.run([SIGNET, "open", *BASE, *keys, "--passphrase-fd", str(reader), "-o", "x", "enc.eml"],
                          pass_fds=(reader,), capture_output=True, check=False)
    os.close(reader)
    if done.returncode != 4:
        wrong("--passphrase-fd", f"exit {done.returncode}: {done.stderr}")


def require():
    for name, data, level, want, written in (
            ("valid", clear(), "valid", 0, True), ("impostor", clear(name="mallory"), "valid", 6, False),
            ("impostor", clear(name="mallory"), "signed", 6, True),
            ("untrusted", clear(name="stranger"), "signed", 3, True),
            ("untrusted", clear(name="stranger"), "valid", 3, False),
            ("plain", mail(ENTITY), "signed", 4, False), ("plain", mail(ENTITY), "any", 4, True),
            ("encrypted", mail(entity_of(encrypted_der(), "authEnveloped-data")), "signed", 4, False)):
        if os.path.exists("r.out"):
            os.remove("r.out")
        attempt(f"--require {level}: {name}", want, ["open", *BASE, *BOB, "--require", level, "-o", "r.out", "-"], data,
                holds=lambda d, w=written: os.path.exists("r.out") == w)


def all():
    reports()
    outputs()
    failures()
    passphrases()
    require()
