#!/bin/bash
# The messages of RFC 9788, appendix C, that are at hand (../shared/vectors/rfc9788): each comes out
# as the RFC says, field by field (4.3.1), octet for octet, and without its legacy display element.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
SIGNET=$(realpath "${SIGNET:-$here/../../build/signet}")
shared=$here/../../../shared/vectors/rfc9788
if [ ! -d "$shared" ]; then
	echo '../shared is not there: the messages of RFC 9788 are left out'
	exit 0
fi
shared=$(cd "$shared" && pwd)
keys=$here/../data/rfc9216
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
SIGNET=$SIGNET SHARED=$shared KEYS=$keys python3 - <<'END'
import email, glob, json, os, subprocess, sys

signet, shared, keys = (os.environ[k] for k in ("SIGNET", "SHARED", "KEYS"))
base = [signet, "open", "--no-store", "--trust", f"{keys}/ca.rsa.crt", "--cert", f"{keys}/bob.encrypt.crt",
        "--key", f"{keys}/bob.encrypt.key"]
count = wrong = 0


def held(name, good, what):
    global count, wrong
    count += 1
    if not good:
        wrong += 1
        print(f"WRONG: {name}: {what}")


def run(name, *options):
    done = subprocess.run([*base, *options, "--report", "report", f"{shared}/{name}.eml"], capture_output=True)
    held(name, done.returncode == 0, f"exit {done.returncode}: {done.stderr!r}")
    return done.stdout


HIDDEN = {"baseline": {"Subject"}, "shy": {"Subject", "From", "To", "Date"}}
for path in sorted(glob.glob(f"{shared}/*.eml")):
    name = os.path.basename(path)[:-4]
    payload = open(f"{shared}/{name}.payload", "rb").read().replace(b"\r\n", b"\n")
    entity = run(name, "--entity").replace(b"\r\n", b"\n")
    held(name, entity.rstrip(b"\n") == payload.rstrip(b"\n"), "the payload is another one")
    report = json.load(open("report", encoding="utf-8"))
    policy = next((p for p in HIDDEN if f"-{p}" in name), None)
    hidden = HIDDEN.get(policy, set())
    states = {f["name"]: f["state"] for f in report["headers"]["fields"]}
    for field in ("Subject", "Message-ID", "From", "To", "Date", "User-Agent"):
        want = "signed-and-encrypted" if field in hidden else "signed"
        held(name, states.get(field) == want, f"{field} is {states.get(field)}, not {want}")
    held(name, report["headers"]["changed"] == [], "fields are said to be changed")
    legacy = name.endswith("-legacy")
    held(name, report["headers"]["legacy_display"] == (["1"] if legacy else []), "legacy display")
    # "lines up to the first blank line are the Legacy Display Element and must not be shown"
    whole = email.message_from_bytes(run(name)).as_bytes()
    less = email.message_from_bytes(run(name, "--no-legacy-display")).as_bytes()
    if legacy:
        head, body = whole.replace(b"\r\n", b"\n").split(b"\n\n", 1)
        held(name, less.replace(b"\r\n", b"\n") == head + b"\n\n" + body.split(b"\n\n", 1)[1],
             "not the text without its first lines")
        held(name, body.startswith(b"Subject: "), "the element is not there by default")
    else:
        held(name, less == whole, "something was left out")
    held(name, email.message_from_bytes(less)["Subject"] == name, "Subject")
print(f"{count} held, {wrong} wrong")
sys.exit(wrong != 0)
END
