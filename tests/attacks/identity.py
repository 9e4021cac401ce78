"""Mallory's good signature, with a From that shows alice; alice's, with one that shows another."""
from kit import EVIL, attack, clear, good, mail, opaque


def show(line, name="mallory", exits=(6,), codes=(), entity=None):
    lines = line if isinstance(line, list) else [line]
    head = b"".join((l if isinstance(l, bytes) else l.encode()) + b"\r\n" for l in [*lines, "To: bob@example.com", "Subject: x"])
    attack("identity", " | ".join(repr(l) for l in lines), mail(entity or clear(EVIL, name), head), codes, exits)


def forms():
    m = "mallory@evil.example"
    for line in ("From: alice@example.com", "From: Alice <alice@example.com>", f"From: alice@example.com, {m}",
                 f"From: {m}, alice@example.com", f"From: A: alice@example.com;, {m}", f"From: A: {m}, alice@example.com;",
                 f'From: "alice@example.com" <{m}>', f"From: alice@example.com <{m}>", f"From: <alice@example.com> <{m}>",
                 f"From: alice@example.com {m}", f"From: alice@example.com; {m}", f"From: {m} (alice@example.com)",
                 f"From: (alice@example.com) <{m}>", f"From: Alice (alice@example.com) <{m}>",
                 f"From: =?utf-8?q?alice=40example=2Ecom?= <{m}>", f"From: =?utf-8?b?YWxpY2VAZXhhbXBsZS5jb20=?= <{m}>",
                 f'From: "=?utf-8?q?alice=40example.com?=" <{m}>',
                 f"From: =?utf-8?q?alice=40?= =?utf-8?q?example=2Ecom?= <{m}>",
                 f"From: =?iso-8859-1?q?Alice_=3Calice=40example=2Ecom=3E?= <{m}>",
                 f"From: =?utf-8?q?Alice_=3Calice=40example=2Ecom=3E=0D=0A?= <{m}>",
                 f"From: Alice \uff1calice\uff20example.com\uff1e <{m}>", f"From: alice\ufe6bexample.com <{m}>",
                 f"From: <alice@example.com>\r\n\t<{m}>", f"From: alice@example.com,\r\n {m}",
                 f"From:\r\n alice@example.com\r\n <{m}>", "From: alice@example.com\0<mallory@evil.example>",
                 b"From: alice@example.com\0", f"From: <@example.com,@alice.example:{m}>, alice@example.com",
                 f'From: "Alice <alice@example.com>" <{m}>', f"From: 'alice@example.com' <{m}>",
                 f"From: mailto:alice@example.com <{m}>", f"From: Alice \u202emoc.elpmaxe@ecila\u202c <{m}>",
                 f"From: \u2066Alice\u2069 <{m}>", "From: \u0430lice@example.com", "From: alice@ex\u0430mple.com",
                 "From: alice@examp1e.com", "From: alice@example.com.", "From: alice@example.com@evil.example",
                 "From: alice+mallory@example.com", "From: <>", "From:", "From: Alice", "From: undisclosed-recipients:;",
                 "From: alice@[127.0.0.1]", "From: mallory@example.com", b"From: alice@example.com\xff",
                 b"From: Alic\xe9 <alice@example.com>", "From: =?utf-8?q?alice=40example.com?=",
                 "From: \"alice@example.com", "From: alice@example.com (", "From: postmaster@evil.example"):
        show(line)


def fields():
    m = "mallory@evil.example"
    show([f"From: {m}", "From: alice@example.com"], codes=["from-fields"])
    show(["From: alice@example.com", f"From: {m}"], codes=["from-fields"])
    show([f"from: {m}", "FROM: alice@example.com"], codes=["from-fields"])
    show([f"From: {m}", "From : alice@example.com"])
    show(["From: alice@example.com", f"Sender: {m}"], codes=["sender-only"])
    show([f"Sender: {m}"], codes=["from-missing"])
    show([f"Reply-To: {m}"], codes=["from-missing"])
    show(["From: alice@example.com", f"Resent-From: {m}"])
    show(["From: alice@example.com", f"X-Original-From: {m}"])
    show(["From: alice@example.com", f"Return-Path: <{m}>"])
    show([b"From\0: mallory@evil.example", "From: alice@example.com"], exits=(6, 65))
    show(["Subject: From: alice@example.com", "X-Any: 1"], codes=["from-missing"])


def alices():
    """alice's key, and a name that is not hers: a thief, or a helpful program."""
    for line in ('From: "boss@bank.example" <alice@example.com>', "From: =?utf-8?q?boss=40bank=2Eexample?= <alice@example.com>",
                 "From: alice@example.com (really boss@bank.example)", "From: Boss \uff08boss\uff20bank.example\uff09 <alice@example.com>",
                 "From: Boss \u202eelpmaxe.knab\u202c <alice@example.com>", "From: boss@bank.example <alice@example.com>",
                 "From: alice@example.com, boss@bank.example",
                 'From: "boss\\@bank.example" <alice@example.com>', 'From: boss"@bank.example" <alice@example.com>',
                 'From: "boss@bank\uff0eexample" <alice@example.com>', 'From: "boss@bank\u3002example" <alice@example.com>',
                 "From: =?x-unknown?q?boss=40bank.example?= <alice@example.com>",
                 "From: =?utf-8?q?boss=40bank.example=FF?= <alice@example.com>",
                 "From: =?utf-8?q?boss=00=40bank.example?= <alice@example.com>",
                 "From: boss=?utf-8?q?=40?=bank.example <alice@example.com>"):
        show(line, "alice")
    # what the protected header says counts, not what came
    inner = b'Content-Type: text/plain; hp="clear"\r\nFrom: boss@bank.example\r\nTo: bob@example.com\r\n\r\nx\r\n'
    show("From: mallory@evil.example", "mallory", entity=opaque(good(inner, "mallory")), codes=["from-mismatch"])
    show("From: alice@example.com", "mallory", entity=opaque(good(inner, "mallory")))
    two = inner.replace(b"From: boss@bank.example\r\n", b"From: boss@bank.example\r\nFrom: mallory@evil.example\r\n")
    show("From: mallory@evil.example", "mallory", entity=opaque(good(two, "mallory")), codes=["from-fields"])


def all():
    forms()
    fields()
    alices()
