"""The interoperability table: main.py DOCUMENT [--write].

Runs every row with every peer in both directions, prints the table, and holds it against the one
kept in DOCUMENT for this Debian release, cell by cell. --write keeps the table just run instead."""
import concurrent.futures
import re
import sys

from peers import PEERS, short
from rows import ROWS
from world import ENTITY, Refused, prepare, signet_read, signet_write

YES = "yes"


def release():
    with open("/etc/os-release", encoding="utf-8") as file:
        found = dict(line.strip().split("=", 1) for line in file if "=" in line)
    return f"{found.get('NAME', '?')} {found.get('VERSION_ID', '?')}".replace('"', "").replace(" GNU/Linux", "")


def from_signet():
    """The message of each row, or why there is none."""
    made = []
    for row in ROWS:
        try:
            made.append(Refused("signet reads this, and does not write it") if row.read_only else signet_write(row))
        except Refused as said:
            made.append(Refused(f"signet: {said}"))
    return made


def work(peer, made):
    """All jobs of a peer."""
    jobs = [(f"w{i}", "write", row, None) for i, row in enumerate(ROWS)]
    jobs += [(f"r{i}", "read", row, made[i]) for i, row in enumerate(ROWS) if not isinstance(made[i], Refused)]
    peer.begin()
    try:
        return peer.run(jobs)
    finally:
        peer.end()


def cell_read(made, result):
    if isinstance(made, Refused):
        return short(str(made))
    if isinstance(result, Refused):
        return short(str(result))
    # what signet encrypts or signs is the entity, with or without its other fields
    return YES if result.endswith(ENTITY.split(b"\r\n\r\n", 1)[1]) else short(f"other content {result[-40:]!r}")


def cell_written(row, result):
    if isinstance(result, Refused):
        return short(str(result))
    try:
        signet_read(row, result)
    except Refused as said:
        return short(f"signet: {said}")
    return YES


def cells(made, results):
    table = []
    for i, row in enumerate(ROWS):
        line = []
        for peer in PEERS:
            found = results[peer.name]
            line += [cell_written(row, found[f"w{i}"]), cell_read(made[i], found.get(f"r{i}"))]
        table.append(line)
    return table


def heading():
    return "| " + " | ".join([""] + [f"{peer.name} → signet | signet → {peer.name}" for peer in PEERS]) + " |\n" + \
        "| " + " | ".join(["---"] * (1 + 2 * len(PEERS))) + " |\n"


def lines_of(table):
    text, group = "", None
    for row, line in zip(ROWS, table):
        if row.group != group:
            group = row.group
            text += f"\n### {group.capitalize()}\n\n" + heading()
        text += "| " + " | ".join([row.name] + line) + " |\n"
    return text


def section(name, table):
    versions = ", ".join(f"{peer.name} {peer.version()}" for peer in PEERS)
    return f"## {name}\n\nRun with {versions}.\n{lines_of(table)}"


def sections(document):
    """The kept text: what stands before, and a section for each release."""
    parts = re.split(r"(?m)^(?=## )", document)
    return parts[0], {part.split("\n", 1)[0][3:]: part for part in parts[1:]}


def rows_of(text):
    found, group = {}, None
    for line in text.splitlines():
        if line.startswith("### "):
            group = line
        elif line.startswith("| ") and not line.startswith("|  |") and not line.startswith("| ---"):
            fields = [field.strip() for field in line.strip("|").split(" | ")]
            found[(group, fields[0])] = fields[1:]
    return found


def differences(kept, now):
    columns = [column for peer in PEERS for column in (f"{peer.name} → signet", f"signet → {peer.name}")]
    old, new = rows_of(kept), rows_of(now)
    for key in sorted(old.keys() | new.keys(), key=str):
        if key not in old or key not in new:
            yield f"{key[1]}: {'not kept' if key not in old else 'not run'}"
            continue
        for column, before, after in zip(columns, old[key], new[key]):
            # how a peer says no may depend on random octets; that it does must not
            if (before == YES) != (after == YES):
                yield f"{key[0][4:]}: {key[1]}: {column}: kept \"{before}\", run \"{after}\""


def keep(path, before, kept, name, now):
    kept[name] = now
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + "\n".join(kept[each].rstrip("\n") + "\n" for each in sorted(kept)))


def main():
    path = sys.argv[1]
    missing = [peer.name for peer in PEERS if not peer.is_here()]
    if missing:
        print("not here (scripts/bootstrap installs them):", ", ".join(missing))
        return 77
    prepare()
    made = from_signet()
    with concurrent.futures.ThreadPoolExecutor(len(PEERS)) as pool:
        futures = {peer.name: pool.submit(work, peer, made) for peer in PEERS}
        results = {name: future.result() for name, future in futures.items()}
    table = cells(made, results)
    now = section(release(), table)
    print(now)
    good = sum(cell == YES for line in table for cell in line)
    print(f"{good} of {sum(map(len, table))} cells are {YES}")
    with open(path, encoding="utf-8") as file:
        before, kept = sections(file.read())
    if "--write" in sys.argv:
        keep(path, before, kept, release(), now)
        return 0
    if release() not in kept:
        print(f"{path} keeps no table for {release()}: nothing to hold this against")
        return 0
    wrong = list(differences(kept[release()], now))
    for text in wrong:
        print("DIFFERS:", text)
    print(f"{len(wrong)} cells differ from {path}")
    return 1 if wrong else 0


sys.exit(main())
