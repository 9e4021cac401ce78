"""Protected header fields (RFC 9788), the draft before it, and the wrapped form of RFC 8551 3.1."""
from bench import case, clear, encrypted_der, entity_of, mail, signed_der
from wrappers import BOB, PAY

FIELDS = (b"From: Alice <alice@example.com>\r\nTo: bob@example.com\r\nSubject: Invoice 4711\r\n"
          b"Date: Tue, 24 Nov 2026 09:00:00 +0100\r\n")
BODY = b"\r\nPlease pay 1,250.00 EUR.\r\n"


def payload(hp=b"clear", fields=FIELDS, outer=None, kind=b"text/plain"):
    listed = b"".join(b"HP-Outer: " + line + b"\r\n" for line in (outer or b"").split(b"\r\n") if line)
    return (b"MIME-Version: 1.0\r\n" + fields + listed + b"Content-Type: " + kind + b"; hp=\"" + hp + b"\"\r\n" + BODY)


OUTSIDE = FIELDS.replace(b"Invoice 4711", b"[...]")


def sealed(outside=OUTSIDE, listed=OUTSIDE, hp=b"cipher", name="alice", fields=FIELDS, cipher="aes-256-gcm"):
    signed = entity_of(signed_der(name, payload(hp, fields, listed)))
    return mail(entity_of(encrypted_der(signed, cipher=cipher), "authEnveloped-data"), outside)


def headers(protected=None, hidden=(), changed=()):
    def holds(r):
        h = r["headers"]
        return (protected is None or h["protected"] == protected) and h["hidden"] == list(hidden) and \
            [(c["name"], c["outer"], c["signed"]) for c in h["changed"]] == list(changed)
    return holds


ALL = ["From", "To", "Subject", "Date"]


def signed_only():
    whole = clear(payload(), head=FIELDS)
    case("hp clear", 0, whole, text=[PAY, b"Subject: Invoice 4711\r\n"], holds=headers(ALL))
    case("hp clear, not addressed", 0, whole.replace(b"To: bob", b"To: rob", 1), holds=headers(
        ALL, changed=[("To", "rob@example.com", "bob@example.com")]), codes_in=["header-changed"])
    other = clear(payload(), head=FIELDS.replace(b"Invoice", b"[list] Invoice"))
    case("outer Subject changed", 0, other, codes_in=["header-changed"], text=b"Subject: Invoice 4711\r\n",
         absent=(b"[list]",), holds=headers(ALL, changed=[("Subject", "[list] Invoice 4711", "Invoice 4711")]))
    other = clear(payload(), head=FIELDS.replace(b"Invoice 4711", b"=?utf-8?q?Invoice_4711?="))
    case("outer Subject encoded anew", 0, other, holds=headers(ALL))
    other = clear(payload(), head=FIELDS.replace(b"To: bob@", b"To:\r\n bob@"))
    case("outer To folded anew", 0, other, holds=headers(ALL))
    other = clear(payload(), head=FIELDS.replace(b"From: Alice <alice@", b"From: Alice via list <list@"))
    case("outer From rewritten by a list", 0, other, text=b"From: Alice <alice@example.com>",
         holds=lambda r: r["from"] == "alice@example.com" and r["from_outer"] == "list@example.com")
    case("outer From gone", 0, clear(payload(), head=FIELDS.split(b"\r\n", 1)[1]),
         holds=lambda r: r["from"] == "alice@example.com" and r["from_outer"] is None)
    other = clear(payload(), head=b"Received: from x by y; now\r\nList-Id: <l.example.com>\r\n" + FIELDS
                  + b"Reply-To: mallory@example.net\r\n")
    case("Reply-To added", 0, other, text=[b"Received: ", b"List-Id: "], absent=(b"mallory",),
         codes_in=["header-changed"], holds=headers(ALL, changed=[("Reply-To", "mallory@example.net", None)]))
    case("inner Subject altered", 1, whole.replace(b"Subject: Invoice 4711", b"Subject: Invoice 4712"),
         holds=headers([]))
    case("hp cipher without encryption hides nothing", 0, clear(payload(b"cipher", outer=OUTSIDE), head=FIELDS),
         holds=headers(ALL), absent=(b"HP-Outer",))
    case("hp of another kind", 0, clear(payload(b"other"), head=OUTSIDE), text=b"Subject: [...]", holds=headers([]))
    case("hp below the root", 0, clear(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + payload()
                                       + b"\r\n--b--\r\n", head=OUTSIDE), text=b"Subject: [...]", holds=headers([]))
    case("hp in an unprotected message", 4, OUTSIDE + payload().replace(FIELDS, b""), holds=headers([]))


def author():
    bad = FIELDS.replace(b"alice@", b"carol@")
    case("protected From is not the signer", 6, clear(payload(fields=bad), head=bad), codes_in=["sender-mismatch"])
    case("protected From is not the signer, outer one is", 6, clear(payload(fields=bad), head=FIELDS),
         codes_in=["sender-mismatch", "from-mismatch"], text=b"From: Alice <alice@example.com>",
         holds=lambda r: r["from"] == "carol@example.com" and r["from_outer"] == "alice@example.com")
    only = mail(entity_of(encrypted_der(payload(b"cipher", outer=OUTSIDE)), "authEnveloped-data"),
                OUTSIDE.replace(b"alice@", b"mallory@"))
    case("nobody vouches for the protected From", 4, only, *BOB, codes_in=["from-mismatch"],
         text=[b"From: Alice <mallory@example.com>", b"Subject: Invoice 4711"])
    case("two protected From", 6, clear(payload(fields=FIELDS + b"From: carol@example.com\r\n"), head=FIELDS),
         codes_in=["from-fields"])
    case("no protected From", 0, clear(payload(fields=FIELDS.split(b"\r\n", 1)[1]), head=FIELDS),
         text=b"From: Alice <alice@example.com>", holds=lambda r: r["from"] == "alice@example.com" and
         headers(ALL[1:])(r))
    case("untrusted", 3, clear(payload(), "stranger", head=OUTSIDE), text=b"Subject: Invoice 4711")


def encrypted():
    case("hp cipher", 0, sealed(), *BOB, text=b"Subject: Invoice 4711\r\n", absent=(b"[...]", b"HP-Outer"),
         holds=headers(ALL, ["Subject"]))
    case("addressed to me", 0, sealed(), *BOB, holds=lambda r: r["addressed_to_me"] is True and
         {p["code"] for p in r["problems"]} <= {"date-mismatch"})
    forwarded = FIELDS.replace(b"To: bob@", b"To: carol@")
    case("sent on to another", 0, sealed(forwarded.replace(b"carol", b"bob"), forwarded, fields=forwarded), *BOB,
         codes_in=["not-addressed-to-me"], holds=lambda r: r["addressed_to_me"] is False)
    copied = FIELDS.replace(b"To: bob@example.com", b"To: carol@example.com\r\nCc: Bob <BOB@example.com>")
    case("addressed by Cc", 0, sealed(copied, copied, fields=copied), *BOB, holds=lambda r: r["addressed_to_me"] is True)
    blind = FIELDS.replace(b"To: bob@example.com", b"To: carol@example.com\r\nBcc: bob@example.com")
    case("Bcc addresses nobody", 0, sealed(blind, blind, fields=blind), *BOB, codes_in=["not-addressed-to-me"])
    group = FIELDS.replace(b"To: bob@example.com", b"To: Friends: carol@example.com, bob@example.com;")
    case("addressed in a group", 0, sealed(group, group, fields=group), *BOB, holds=lambda r: r["addressed_to_me"] is True)
    nobody = FIELDS.replace(b"To: bob@example.com", b"To: undisclosed-recipients:;")
    case("addressed to nobody that is named", 0, sealed(nobody, nobody, fields=nobody), *BOB,
         holds=lambda r: r["addressed_to_me"] is None)
    plus = FIELDS.replace(b"To: bob@example.com", b"To: bob+list@example.com")
    case("addressed to a plus-address", 0, sealed(plus, plus, fields=plus), *BOB, codes_in=["not-addressed-to-me"])
    shown = FIELDS.replace(b"To: bob@example.com", b'To: "bob@example.com" <carol@example.com>')
    case("addressed by display name only", 0, sealed(shown, shown, fields=shown), *BOB, codes_in=["not-addressed-to-me"])
    case("addressed outside only", 0, sealed(FIELDS.replace(b"Invoice 4711", b"[...]"), fields=forwarded,
                                             listed=forwarded.replace(b"Invoice 4711", b"[...]")), *BOB,
         codes_in=["not-addressed-to-me", "header-changed"], holds=lambda r: r["addressed_to_me"] is False)
    case("outer To is nobody's word", 0, mail(entity_of(encrypted_der(entity_of(signed_der("alice")))), FIELDS), *BOB,
         holds=lambda r: r["addressed_to_me"] is None)
    case("no keys, no addressee", 0, clear(payload(), head=FIELDS), holds=lambda r: r["addressed_to_me"] is None)
    case("outer placeholder changed", 0, sealed(OUTSIDE.replace(b"[...]", b"Urgent")), *BOB,
         codes_in=["header-changed"], holds=headers(ALL, ["Subject"], [("Subject", "Urgent", "Invoice 4711")]))
    empty = FIELDS.replace(b" Invoice 4711", b"")
    case("empty Subject, hidden", 0, sealed(fields=empty), *BOB, holds=headers(ALL, ["Subject"]))
    case("empty Subject, outside too", 0, sealed(empty, empty, fields=empty), *BOB, holds=headers(ALL))
    case("empty Subject, changed outside", 0, sealed(OUTSIDE, empty, fields=empty), *BOB,
         holds=headers(ALL, changed=[("Subject", "[...]", "")]))
    case("removed outside", 0, sealed(OUTSIDE.replace(b"Subject: [...]\r\n", b""), OUTSIDE.replace(
        b"Subject: [...]\r\n", b"")), *BOB, text=b"Subject: Invoice 4711", holds=headers(ALL, ["Subject"]))
    case("hp clear in encryption", 0, sealed(FIELDS, b"", b"clear"), *BOB, holds=headers(ALL))
    case("in CBC", 0, sealed(cipher="aes-256-cbc"), *BOB, holds=headers(ALL, ["Subject"]))
    only = mail(entity_of(encrypted_der(payload(b"cipher", outer=OUTSIDE), cipher="aes-256-cbc"), "enveloped-data"),
                OUTSIDE)
    case("in CBC and unsigned", 5, only, *BOB, holds=headers([]))
    case("decrypt leaves the outer fields", 0, sealed(), *BOB, verb="decrypt", text=b"Subject: [...]")
    case("not for me", 2, sealed(), holds=headers([]))
    many = b"".join(b"X-%d: y\r\n" % i for i in range(600))
    case("too many fields", 65, clear(payload(fields=FIELDS + many), head=FIELDS))
    case("too many fields in CBC", 5, mail(entity_of(encrypted_der(payload(fields=FIELDS + many), cipher="aes-256-cbc"),
                                                     "enveloped-data")), *BOB)


def before():
    draft = FIELDS + b'Content-Type: text/plain; protected-headers="v1"\r\n' + BODY
    case("draft", 0, clear(draft, head=FIELDS), holds=headers(ALL))
    case("draft, encrypted", 0, mail(entity_of(encrypted_der(entity_of(signed_der("alice", draft))),
                                               "authEnveloped-data"), OUTSIDE.replace(b"[...]", b"...")), *BOB,
         text=b"Subject: Invoice 4711", holds=headers(ALL, ["Subject"]))
    inner = b"MIME-Version: 1.0\r\n" + FIELDS + b"Content-Type: text/plain\r\n" + BODY
    wrapped = b"Content-Type: message/rfc822\r\n\r\n" + inner
    case("wrapped", 0, clear(wrapped, head=FIELDS), holds=headers(ALL), text=[b"Content-Type: message/rfc822", inner])
    case("wrapped, encrypted", 0, mail(entity_of(encrypted_der(entity_of(signed_der("alice", wrapped))),
                                                 "authEnveloped-data"), OUTSIDE), *BOB,
         text=b"Subject: Invoice 4711\r\nDate", absent=(b"[...]",), holds=headers(ALL, ["Subject"]))
    theirs = wrapped.replace(b"Alice <alice@", b"Carol <carol@")
    case("a forwarded message is no wrapper", 0, clear(theirs, head=OUTSIDE), text=b"Subject: [...]",
         holds=headers([]))
    again = b"Content-Type: message/rfc822\r\n\r\n" + clear(head=FIELDS, boundary=b"=_inner")
    case("a forwarded signed message is no wrapper", 0, clear(again, head=OUTSIDE), holds=headers([]))
    case("wrapped in base64 is no wrapper", 0, clear(wrapped.replace(
        b"rfc822\r\n", b"rfc822\r\nContent-Transfer-Encoding: base64\r\n", 1), head=OUTSIDE), holds=headers([]))


def states(*wanted):
    """Of the fields, in the order of the report: N, S, E or B (RFC 9788 4.3)."""
    letters = {"unprotected": "N", "signed": "S", "encrypted": "E", "signed-and-encrypted": "B"}
    return lambda r: [f"{f['name']} {letters[f['state']]}" for f in r["headers"]["fields"]] == list(wanted)


def field_states():
    plain = [f"{name} N" for name in ALL]
    case("states of a plain message", 4, FIELDS + b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n" + BODY,
         holds=states(*plain))
    case("states of a bare entity", 0, entity_of(signed_der()), holds=states())
    case("states without header protection", 0, clear(head=FIELDS), holds=states(*plain))
    case("states of hp clear", 0, clear(payload(), head=b"List-Id: <l>\r\n" + FIELDS),
         holds=states(*(f"{name} S" for name in ALL), "List-Id N"))
    case("states of an altered message", 1, clear(payload(), head=FIELDS).replace(b"1,250", b"9,250"),
         holds=states(*plain))
    case("states of hp cipher", 0, sealed(), *BOB, holds=states("From S", "To S", "Subject B", "Date S"))
    only = mail(entity_of(encrypted_der(payload(b"cipher", outer=OUTSIDE)), "authEnveloped-data"), OUTSIDE)
    case("states of what is encrypted only", 4, only, *BOB, holds=states("From N", "To N", "Subject E", "Date N"))
    shy = OUTSIDE.replace(b"Alice <alice@example.com>", b"alice@example.com").replace(b"09:00:00 +0100",
                                                                                      b"08:00:00 +0000")
    case("states of hcp_shy", 0, sealed(shy, shy), *BOB, holds=states("From B", "To S", "Subject B", "Date B"))
    case("states of what is not for me", 2, sealed(), holds=states(*plain))
    draft = FIELDS + b'Content-Type: text/plain; protected-headers="v1"\r\n' + BODY
    case("states of the draft", 0, mail(entity_of(encrypted_der(entity_of(signed_der("alice", draft))),
                                                  "authEnveloped-data"), OUTSIDE), *BOB,
         holds=states("From S", "To S", "Subject B", "Date S"))
    case("changed outside is signed inside", 0, clear(payload(), head=FIELDS.replace(b"4711", b"4712")),
         holds=states(*(f"{name} S" for name in ALL)))
    twice = FIELDS + b"X-Tag: one\r\nX-Tag: two\r\n"
    outside = OUTSIDE + b"X-Tag: one\r\n"
    case("one of two fields hidden", 0, sealed(outside, outside, fields=twice), *BOB,
         holds=states("From S", "To S", "Subject B", "Date S", "X-Tag S", "X-Tag B"))


SHOWN = b"Subject: Invoice 4711\r\n\r\n"
DIV = b'<div class="header-protection-legacy-display"><pre>Subject: Invoice 4711</pre></div>'


def legacy():
    """RFC 9788 4.5.3: byte for byte unless asked for, and only where the RFC says that one is."""
    def enc(entity, *args, want=0, parts=("1",), hp=b"cipher", wrap=None, **more):
        name, head, body = entity
        listed = b"".join(b"HP-Outer: " + line + b"\r\n" for line in OUTSIDE.split(b"\r\n") if line)
        inner = b"MIME-Version: 1.0\r\n" + FIELDS + listed + head.replace(b"HP", b'hp="' + hp + b'"') + b"\r\n" + body
        data = wrap(inner) if wrap else mail(entity_of(encrypted_der(entity_of(signed_der("alice", inner))),
                                                       "authEnveloped-data"), OUTSIDE)
        case(f"legacy display: {name}", want, data, *BOB, text=body,
             holds=lambda r: r["headers"]["legacy_display"] == list(parts))
        case(f"legacy display left out: {name}", want, data, *BOB, "--no-legacy-display", *args, **more)

    mark = b'; hp-legacy-display="1"'
    text = b"Content-Type: text/plain; charset=us-ascii; HP" + mark + b"\r\n"
    enc(("text", text, SHOWN + b"Please pay.\r\n\r\nThank you.\r\n"), absent=(SHOWN,),
        text=b"\r\n\r\nPlease pay.\r\n\r\nThank you.\r\n")
    enc(("text, the entity alone", text, SHOWN + b"Please pay.\r\n"), "--entity",
        text=b"\r\n\r\nPlease pay.\r\n", absent=(SHOWN + b"Please",))
    enc(("text without an end", text, b"Subject: x\r\nPlease pay.\r\n"), text=b"Subject: x\r\nPlease pay.\r\n")
    enc(("text that is long", text, b"Subject: x\r\n" * 6000 + b"\r\nPay.\r\n"),
        text=b"Subject: x\r\n\r\nPay.\r\n")
    enc(("nothing but the element", text, SHOWN), text=b"\r\n\r\n", absent=(b"\r\n\r\nSubject",))
    enc(("not marked", text.replace(mark, b""), SHOWN + b"x\r\n"), parts=(), text=SHOWN + b"x\r\n")
    enc(("marked 0", text.replace(b'"1"', b'"0"'), SHOWN + b"x\r\n"), parts=(), text=SHOWN + b"x\r\n")
    enc(("another type", text.replace(b"text/plain", b"text/calendar"), SHOWN + b"x\r\n"), parts=(),
        text=SHOWN + b"x\r\n")
    enc(("quoted-printable", text + b"Content-Transfer-Encoding: quoted-printable\r\n",
         b"Subject: Invoice=\r\n 4711\r\n\r\nPlease p=61y.\r\n"), text=b"\r\n\r\nPlease pay.\r\n",
        absent=(b"Invoice=",))
    import base64
    coded = base64.b64encode(SHOWN + b"Please pay.\r\n")
    enc(("base64", text + b"Content-Transfer-Encoding: base64\r\n", coded + b"\r\n"),
        text=base64.b64encode(b"Please pay.\r\n"), absent=(coded,))
    html = b"Content-Type: text/html; charset=us-ascii; HP" + mark + b"\r\n"
    enc(("HTML", html, b"<html><body>\r\n" + DIV + b"<p>Pay</p></body></html>\r\n"),
        text=b"\r\n\r\n<html><body>\r\n<p>Pay</p></body></html>\r\n", absent=(b"<pre>",))
    for name, div in (
            ("nested", DIV.replace(b"<pre>", b"<div>a</div><pre>")), ("upper case", DIV.replace(b"div", b"DIV")),
            ("with other attributes", DIV.replace(b"<div ", b"<div id='a>b' ")),
            ("with several classes", DIV.replace(b'"header', b'"x header').replace(b'display"', b'display y"')),
            ("unquoted", DIV.replace(b'"', b"")), ("folded", DIV.replace(b"<div ", b"<div\r\n\t")),
            ("with a comment", DIV.replace(b"<pre>", b"<!-- </div> --><pre>")),
            ("twice", DIV + DIV)):
        enc((f"HTML {name}", html, b"<body>" + div + b"<p>Pay</p>\r\n"), text=b"\r\n\r\n<body><p>Pay</p>\r\n")
    for name, div in (("another class", DIV.replace(b"legacy", b"other")), ("no end", DIV.replace(b"</div>", b"")),
                      ("in a comment", b"<!-- " + DIV + b" -->"), ("another element", DIV.replace(b"div", b"nav")),
                      ("longer class", DIV.replace(b'display"', b'display2"')),
                      ("other attribute", DIV.replace(b"class", b"id")), ("cut", DIV[:30])):
        enc((f"HTML {name}", html, b"<body>" + div + b"<p>Pay</p>\r\n"), text=b"<body>" + div + b"<p>Pay</p>\r\n")
    both = (b"--a\r\nContent-Type: text/plain" + mark + b"\r\n\r\n" + SHOWN + b"Pay\r\n--a\r\nContent-Type: text/html"
            + mark + b"\r\n\r\n" + DIV + b"<p>Pay</p>\r\n--a--\r\n")
    kind = b"Content-Type: multipart/alternative; boundary=a; HP\r\n"
    less = both.replace(SHOWN, b"").replace(DIV, b"")
    enc(("alternative", kind, both), parts=("1", "2"), text=less)
    enc(("alternative in mixed", b"Content-Type: multipart/mixed; boundary=m; HP\r\n",
         b"--m\r\n" + kind.replace(b"; HP", b"") + b"\r\n" + both + b"--m\r\n\r\nno element\r\n\r\nhere\r\n--m--\r\nend\r\n"),
        parts=("1.1", "1.2"), text=b"\r\n" + less + b"--m\r\n\r\nno element\r\n\r\nhere\r\n--m--\r\nend\r\n")
    enc(("in a forwarded message", b"Content-Type: multipart/mixed; boundary=m; HP\r\n",
         b"--m\r\nContent-Type: message/rfc822\r\n\r\n" + text.replace(b"HP", b"a=b") + b"\r\n" + SHOWN + b"x\r\n--m--\r\n"),
        parts=(), text=SHOWN + b"x\r\n")
    enc(("no boundary", b"Content-Type: multipart/mixed; HP\r\n", both), parts=(), text=both)
    enc(("hp of another kind", text, SHOWN + b"x\r\n"), hp=b"other", parts=(), text=SHOWN + b"x\r\n")
    # without encryption there is none: a signer must not hide text from some readers and not from others
    enc(("signed only", text, SHOWN + b"x\r\n"), parts=(), text=SHOWN + b"x\r\n",
        wrap=lambda inner: clear(inner, head=OUTSIDE))
    enc(("unprotected", text, SHOWN + b"x\r\n"), want=4, parts=(), text=SHOWN + b"x\r\n",
        wrap=lambda inner: inner)
    enc(("CBC", text, SHOWN + b"x\r\n"), text=b"\r\n\r\nx\r\n", absent=(SHOWN + b"x",),
        wrap=lambda inner: mail(entity_of(encrypted_der(entity_of(signed_der("alice", inner)), cipher="aes-256-cbc"),
                                          "enveloped-data"), OUTSIDE))


def all():
    field_states()
    legacy()
    signed_only()
    author()
    encrypted()
    before()
