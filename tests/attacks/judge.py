#!/usr/bin/env python3
"""Opens each message of the corpus: tests/attacks/judge.py FOLDER (SIGNET: the program).

None may be called valid but replays, which have to be told; and of what was encrypted not an octet may be
found in anything that is written: content, report, words, what is recovered.
"""
import json
import os
import subprocess
import sys

SIGNET = os.environ["SIGNET"]
SECRET = b"the-secret-is-7f3ac9"
BASE = ["--no-store", "--trust", "ca.crt", "--revocation", "none", "--cert", "bob.crt", "--key", "bob.key"]
WITHHELD = (1, 2, 5, 65)
wrongs = 0


def wrong(m, text):
    global wrongs
    wrongs += 1
    print(f"WRONG: {m['file']}: {m['group']}: {m['name']}: {text}")


def codes_of(report):
    found = {p["code"] for p in report["problems"]}
    for part in report["parts"]:
        found |= codes_of(part)
    return found


def run(verb, m, *more):
    for path in ("out", "report", "recovered"):
        if os.path.exists(path):
            os.remove(path)
    done = subprocess.run([SIGNET, verb, *BASE, *m["args"], *more, "--report", "report", "-o", "out", m["file"]],
                          capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=60)
    written = {"standard output": done.stdout, "standard error": done.stderr}
    for path in ("out", "report", "recovered"):
        if os.path.exists(path):
            with open(path, "rb") as file:
                written[path] = file.read()
    return done.returncode, written


def judge(m):
    """Opens it; (exit, what was written)."""
    code, written = run("open", m, "--recover", "recovered")
    if code < 0 or b"Sanitizer" in written["standard error"]:
        wrong(m, f"died: {written['standard error'][:300]}")
        return code, written
    report = json.loads(written.get("report", b"{}") or b"{}")
    found = codes_of(report) if report else set()
    if m["told"]:
        if code != 0 or not set(m["told"]) <= found:
            wrong(m, f"exit {code}, and it is told {sorted(found)}")
        return code, written
    if code == 0 or report.get("verdict") == "valid":
        wrong(m, "it is called valid")
    if code not in m["exits"]:
        wrong(m, f"exit {code}, not of {m['exits']}: {written['standard error'].decode(errors='replace')}")
    if not set(m["codes"]) <= found:
        wrong(m, f"not told {sorted(set(m['codes']) - found)}, but {sorted(found)}")
    if code in WITHHELD and ("out" in written or written["standard output"]):
        wrong(m, f"exit {code}, and content was written")
    return code, written


def check(m, verb, code, written):
    for name, data in written.items():
        if SECRET in data and (m["secret"] or code in WITHHELD):
            wrong(m, f"{verb}: {name} holds what was encrypted (exit {code})")


def leaks(m):
    """In open, and in what else reads; decrypt decrypts what is encrypted as a whole, and nothing else."""
    for verb, *more in (["verify"], ["inspect"], *([["decrypt"], ["open", "--show-altered"],
                        ["decrypt", "--show-altered"]] if m["secret"] else [])):
        code, written = run(verb, m, *more)
        check(m, verb, code, written)
        if verb == "verify" and code == 0:
            wrong(m, "verify calls it valid")


os.chdir(sys.argv[1])
with open("index.json", encoding="utf-8") as file:
    messages = json.load(file)
groups, exits = {}, {}
for message in messages:
    got, what = judge(message)
    if not message["told"]:
        check(message, "open", got, what)
        leaks(message)
    groups[message["group"]] = groups.get(message["group"], 0) + 1
    exits[got] = exits.get(got, 0) + 1
told = sum(1 for m in messages if m["told"])
print(f"{len(messages) - told} attacks ({', '.join(f'{n} {g}' for g, n in groups.items() if g != 'replay')}), "
      f"{exits.get(0, 0) - told} called valid; {told} replays, told")
print("exits:", ", ".join(f"{code}: {n}" for code, n in sorted(exits.items())))
sys.exit(1 if wrongs else 0)
