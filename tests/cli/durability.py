#!/usr/bin/env python3
"""The store under violence: killed writers, a full disk, many at once. SIGNET is the program.

    durability.py kill N | full | crowd

Every import that said it was done must be there afterwards, and the store must be whole.
"""
import json, os, random, resource, signal, subprocess, sys, time

SIGNET = os.environ["SIGNET"]
HOME = os.environ["SIGNET_HOME"]
broken = 0


def wrong(text):
    global broken
    broken += 1
    print("WRONG:", text)


def run(*args, **more):
    return subprocess.run([SIGNET, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, **more)


def kept():
    rows = json.loads(run("contact", "list", "--json").stdout)
    return {row["address"] for row in rows}


def whole(when):
    check = run("store", "check")
    if check.returncode != 0:
        wrong(f"{when}: store check says {check.returncode}: {check.stderr}")


def import_args(address):
    return ["contact", "import", "cert.pem", "--address", address]


def kill(count):
    """kill -9 at any moment of an import, count times."""
    begin = time.monotonic()
    for _ in range(5):
        run(*import_args("first@example.com"))
    one = (time.monotonic() - begin) / 5
    rng = random.Random(count)
    done, killed = {"first@example.com"}, 0
    for i in range(count):
        address = f"u{i}@example.com"
        child = subprocess.Popen([SIGNET, *import_args(address)], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if child.wait(timeout=rng.uniform(0, one * 1.2)) == 0:
                done.add(address)
            else:
                wrong(f"import {i}: exit {child.returncode}")
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            killed += child.wait() != 0
    missing = done - kept()
    if missing:
        wrong(f"{len(missing)} imports that were done are lost")
    whole(f"after {killed} kills")
    if killed < count // 4 or killed == count:
        wrong(f"{killed} of {count} were killed: that shows little")
    print(f"{count} imports, {killed} killed, {len(done)} done, {len(missing)} lost")


def full():
    """No room: files may grow to a limit only."""
    # from no room at all, not even for the log beside the database, to twice what there is
    size = os.path.getsize(f"{HOME}/store.db") // 2048 * 2048
    failed = 0
    done = set()
    for step in range(0, 60):
        limit = step * size // 30

        def shrink():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        address = f"f{step}@example.com"
        result = run(*import_args(address), preexec_fn=shrink)
        if result.returncode == 0:
            done.add(address)
        else:
            failed += 1
            if result.returncode not in (73, 74) or not result.stderr.startswith("signet: "):
                wrong(f"limit {limit}: exit {result.returncode}: {result.stderr}")
            if "File too large" not in result.stderr and "full" not in result.stderr:
                wrong(f"limit {limit}: it is not said that there is no room: {result.stderr}")
        whole(f"limit {limit}")
    if done - kept():
        wrong("an import that was done is lost")
    if failed == 0:
        wrong("there was room for all: that shows nothing")
    print(f"{failed} had no room, {len(done)} had")


def crowd():
    """Twenty writers at once."""
    addresses = [f"c{i}@example.com" for i in range(20)]
    children = [subprocess.Popen([SIGNET, *import_args(a)], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for a in addresses]
    for child in children:
        said = child.communicate()[1]
        if child.returncode != 0:
            wrong(f"exit {child.returncode}: {said}")
    if set(addresses) - kept():
        wrong("some are lost")
    whole("after twenty at once")


{"kill": lambda: kill(int(sys.argv[2])), "full": full, "crowd": crowd}[sys.argv[1]]()
sys.exit(broken != 0)
