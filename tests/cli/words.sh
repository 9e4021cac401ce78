#!/bin/bash
# What a person reads: for each exit the whole of standard error, as it is meant to be.
. "$(dirname "$0")/common.bash"
people alice@example.com bob@example.com mallory@example.com
message bob@example.com >m.eml

# reads FILE: standard error is what FILE holds; how an unknown authority is told is trust's own affair.
reads()
{
	count=$((count + 1))
	sed -E 's/^  why: CN=alice@example.com was certified by CN=Test CA,O=Example, .*/  why: ISSUER/;s/^  why: the certificate of alice@example.com was valid until .*/  why: EXPIRED/
		s/first opened here, on [0-9-]+$/first opened here, on DAY/;s/^  why: .*revoked.*/  why: REVOKED/' err >said
	diff "$1" said >differs || wrong "$1: $(cat differs)"
}

# verdict CODE TEXT COMMAND…: the exit, and the whole of standard error, from standard input.
verdict()
{
	local code=$1
	shift
	cat >wanted
	expect "$code" "$@"
	reads wanted
	# -q: the first line, and nothing else
	head -n 1 wanted >first
	expect "$code" "$@" -q
	reads first
}

expect 0 sign m.eml -o s.eml
verdict 0 open s.eml -o x <<'END'
signet: valid: signed by alice@example.com, and unaltered
END
expect 0 protect m.eml -o p.eml
verdict 0 open p.eml -o x <<'END'
signet: valid: signed by alice@example.com, unaltered, and it was encrypted
END
expect 0 encrypt m.eml -o e.eml
verdict 0 decrypt e.eml -o x <<'END'
signet: valid: this message was decrypted
END
sed 's/^Subject: The plan/Subject: [list] The plan/;t;' s.eml | awk '/list/ && n++ { sub(/\[list\] /, "") } 1' >h.eml
verdict 0 open h.eml -o x <<'END'
signet: valid: signed by alice@example.com, and unaltered
  note: header fields were changed on the way, and the protected ones count: Subject
  changed: Subject came as "[list] The plan"; signed was "The plan"
  what to do: Believe the signed values; the others were written on the way.
END
sed 's/noon/nine/' s.eml >t.eml
verdict 1 open t.eml <<'END'
signet: tampered: this message was altered or damaged
  why: the text does not match what alice@example.com signed
  what to do: Do not rely on what it says; ask the sender to send it again, as an attachment if need be.
END
sed 's/^We meet.*$/[EXTERNAL] beware\r\n&/' s.eml >f.eml
verdict 1 open f.eml <<'END'
signet: tampered: this message was changed on the way; what was signed can be restored
  why: content intact as signed; changed in transit: a banner of 1 line was added
  what to do: What was signed can be restored: open it again with --recover FILE, and read that.
END
# a bit of the tag, which stands at the very end
python3 - <<'END'
import base64
head, body = open("e.eml", "rb").read().split(b"\r\n\r\n", 1)
der = bytearray(base64.b64decode(body))
der[-1] ^= 1
open("te.eml", "wb").write(head + b"\r\n\r\n" + base64.encodebytes(bytes(der)))
END
verdict 1 open te.eml <<'END'
signet: tampered: this message was altered or damaged
  why: the encrypted message was altered, or its key was: the authentication tag does not match
  what to do: Do not rely on it; ask the sender to send it again.
END
SIGNET_HOME=$work/other verdict 2 open p.eml <<'END'
signet: undecryptable: this message cannot be decrypted here
  why: the message is encrypted, but not to any key that is at hand here
  what to do: Look for the key that the message is encrypted to and import it, or ask the sender to encrypt to your present certificate.
END
SIGNET_HOME=$work/other verdict 3 open s.eml -o x <<'END'
signet: untrusted: nobody whom you trust says who signed this message
  why: ISSUER
  what to do: If you know who runs that authority and trust it, accept it with signet trust add; else take the message as unsigned.
  its content was written all the same
END
verdict 3 verify --at 2040-01-01T00:00:00Z s.eml <<'END'
signet: untrusted: this message was signed with a certificate that has expired
  why: EXPIRED
  also: the message was valid when it was first opened here, on DAY
  what to do: Accept it if you had it before the certificate expired, or judge it as of then with --at.
END
expect 0 identity export alice@example.com --with-key --plain-key -o alice.pem
cms()
{
	printf 'From: alice@example.com\r\n'
	openssl cms -sign -in m.eml -binary -nodetach -signer alice.pem "$@" -outform SMIME
}
cms -md sha1 >sha1.eml
verdict 3 verify sha1.eml <<'END'
signet: untrusted: this message was signed in a way that can be forged
  why: the signature uses sha1, which is too weak to prove who made it
  what to do: Ask the sender for a newer program or key: such a signature or cipher can be forged or broken.
END
cms -md sha256 -nocerts >nocerts.eml
verdict 3 verify --no-store nocerts.eml <<'END'
signet: untrusted: this message is signed, but the signature cannot be checked
  why: the signer's certificate is not in the message: the signature cannot be verified
  what to do: Ask the sender to sign again with the certificate sent along, as mail programs do by themselves.
END
verdict 3 verify --revocation required --offline s.eml <<'END'
signet: untrusted: nobody whom you trust says who signed this message
  why: REVOKED
  what to do: Go online, or give the authority's list with --crl.
END
expect 0 verify --json s.eml
python3 -c 'import json; print(json.load(open("out"))["layers"][0]["signers"][0]["serial"])' >serial
expect 0 ca revoke "$(cat serial)" --reason keyCompromise
expect 0 ca crl -o crl.pem
verdict 3 verify --crl crl.pem s.eml <<'END'
signet: untrusted: this message was signed with a certificate that has been revoked
  why: REVOKED
  what to do: Do not rely on it; ask the signer for a new certificate, and for this message signed anew.
END
expect 0 encrypt --headers none m.eml -o e.eml
verdict 4 open e.eml -o x <<'END'
signet: unsigned: this message was encrypted, but nothing says who it is from
  what to do: Ask the sender to sign, if it matters who wrote it.
  its content was written all the same
END
verdict 4 open m.eml -o x <<'END'
signet: unprotected: this message is neither signed nor encrypted as a whole
  what to do: Take it as a postcard: ask the sender to sign, if it matters who wrote it.
  its content was written all the same
END
{
	printf 'From: alice@example.com\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nAnswer this:\n'
	printf -- '--b\nContent-Type: message/rfc822\n\n'
	cat e.eml
	printf -- '\n--b--\n'
} >part.eml
verdict 4 open part.eml -o x <<'END'
signet: unprotected: this message is neither signed nor encrypted as a whole
  why: part 2 is protected, the message around it is not
  part 2: unprotected: encrypted, and not opened without being asked to
  what to do: Open that part by itself with --inner, if you expect it.
  its content was written all the same
END
verdict 4 decrypt s.eml -o x <<'END'
signet: unprotected: this message is not encrypted
  why: no encryption is outermost: there was nothing to decrypt
  what to do: Use signet open, which verifies signatures, too.
  its content was written all the same
END
expect 0 encrypt --cipher aes-256-cbc m.eml -o cbc.eml
verdict 5 open cbc.eml <<'END'
signet: unauthenticated: anybody could have altered this message unnoticed: it is withheld
  why: the message is encrypted in a way that anyone can alter on the way, and no intact signature inside says that nobody did
  what to do: Ask the sender to sign it or to encrypt with AES-GCM; --allow-unauthenticated shows it all the same.
END
expect 0 sign --ignore-sender -u mallory@example.com --headers none m.eml -o i.eml
verdict 6 open i.eml -o x <<'END'
signet: impostor: signed by mallory@example.com, who is not whom this message shows
  why: the message says it is from alice@example.com, but it was signed by mallory@example.com
  what to do: Do not act on it; ask the person it seems to be from in another way, by telephone for example.
  its content was written all the same
END
{
	printf 'From: alice@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=xx\r\n\r\n--xx\r\n'
	expect 0 sign --headers none m.eml -o s1.eml
	sed -n '/^Content-Type: multipart\/signed/,$p' s1.eml
	printf '\r\n--xx\r\n\r\nthe list\r\n--xx--\r\n'
} >list.eml
verdict 6 open list.eml -o x <<'END'
signet: impostor: only a part of this message is signed
  why: only part 1 of the message is signed, not the whole
  part 1: valid: signed by alice@example.com and unaltered
  what to do: Believe the signed part only: --inner writes it alone; all around it anybody can have written.
  its content was written all the same
END
head -c 900 p.eml >cut.eml
verdict 65 open cut.eml <<'END'
signet: malformed: this message is broken and cannot be read
  why: the message ends after 900 bytes, before its end: the rest was cut off
  what to do: Fetch the message once more, or ask the sender to send it again.
END
verdict 64 open --nonsense <<'END'
signet: unknown option --nonsense; see signet open --help
END
verdict 66 open nothing.eml <<'END'
signet: cannot open nothing.eml: No such file or directory
END

# -v names the codes, for those who look them up, and says what to do about each.
expect 1 open -v f.eml
says '(altered-banner)'
says '(digest-mismatch)'
expect 66 open -v nothing.eml
says 'what to do: Look whether the name of the file is right.'

# Colour: of the verdict's word, on a terminal that has it, unless NO_COLOR; and nothing else changes.
on_terminal()
{
	count=$((count + 1))
	python3 - "$@" <<'END'
import os, pty, sys
def run(command, env):
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, env)
    data = b""
    try:
        while piece := os.read(fd, 4096):
            data += piece
    except OSError:
        pass
    os.waitpid(pid, 0)
    return data.replace(b"\r\n", b"\n")
env = dict(os.environ, TERM="xterm")
env.pop("NO_COLOR", None)
command = [os.environ["SIGNET"], "open", sys.argv[1], "-o", "x"]
coloured = run(command, env)
plain = [run(command, dict(env, **more)) for more in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""})]
word = sys.argv[2].encode()
assert coloured.startswith(b"signet: " + word + b"\x1b[0m: "), coloured
assert coloured.count(b"\x1b") == 2, coloured
assert plain[0] == plain[1] == plain[2] and b"\x1b" not in plain[0], plain
assert coloured.replace(word, b"").replace(b"\x1b[0m", b"") == plain[0].replace(word[word.index(b"m") + 1:], b"", 1), (coloured, plain[0])
END
}
export SIGNET
holds 'valid is green' on_terminal s.eml $'\033[1;32mvalid'
holds 'tampered is red' on_terminal t.eml $'\033[1;31mtampered'
holds 'unprotected is yellow' on_terminal m.eml $'\033[1;33munprotected'
expect 0 open s.eml -o x
holds 'a file gets no colour' sh -c "! grep -q $'\033' err"

# What a message says cannot colour the line, or look like one of signet's.
printf 'From: "\033[1;32mvalid" <alice@example.com>\r\n\r\nx\r\n' >esc.eml
expect 4 open esc.eml -o x
holds 'no escape' sh -c "! grep -q $'\033' err"
printf 'From: alice@example.com\r\nSubject: x\n  note: all is well\033[2J\r\nTo: bob@example.com\r\n\r\nx\r\n' >esc.eml
expect 0 sign esc.eml -o es.eml
sed 's/all is well/all is bad/;:a;n;ba' es.eml >es2.eml
"$SIGNET" open es2.eml -o x 2>err
holds 'no escape of a changed field' sh -c "! grep -q $'\033' err"
finish
