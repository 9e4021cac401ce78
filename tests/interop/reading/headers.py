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
         holds=lambda r: r["from"] == "alice@example.com")
    case("untrusted", 3, clear(payload(), "stranger", head=OUTSIDE), text=b"Subject: Invoice 4711")


def encrypted():
    case("hp cipher", 0, sealed(), *BOB, text=b"Subject: Invoice 4711\r\n", absent=(b"[...]", b"HP-Outer"),
         holds=headers(ALL, ["Subject"]))
    case("addressed to me", 0, sealed(), *BOB, holds=lambda r: r["addressed_to_me"] is True and
         {p["code"] for p in r["problems"]} <= {"date-mismatch"})
    forwarded = FIELDS.replace(b"To: bob@", b"To: carol@")
    case("sent on to another", 0, sealed(forwarded.replace(b"carol", b"bob"), forwarded, fields=forwarded), *BOB,
         codes_in=["not-addressed-to-me"], holds=lambda r: r["addressed_to_me"] is False)
    case("no keys, no addressee", 0, clear(payload(), head=FIELDS), holds=lambda r: r["addressed_to_me"] is None)
    case("outer placeholder changed", 0, sealed(OUTSIDE.replace(b"[...]", b"Urgent")), *BOB,
         codes_in=["header-changed"], holds=headers(ALL, ["Subject"], [("Subject", "Urgent", "Invoice 4711")]))
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


def all():
    signed_only()
    author()
    encrypted()
    before()
