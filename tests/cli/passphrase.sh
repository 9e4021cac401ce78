#!/bin/bash
# Passphrases: files, descriptors, the terminal, and none.
. "$(dirname "$0")/common.bash"
printf 'secret\r\nsecond line\n' >pw
printf 'secret' >pw-short
printf 'wrong\n' >pw-wrong
head -c 5000 /dev/zero | tr '\0' x >pw-long
expect 0 ca init --name 'CN=CA' --plain-key --algorithm p-256
expect 0 trust add "$SIGNET_HOME/ca/ca.pem"
expect 0 identity new alice@example.com --passphrase-file pw --algorithm p-256
message alice@example.com >m.eml

expect 2 sign m.eml
says '--passphrase-file'
silent
expect 2 sign m.eml --passphrase-file pw-wrong -o x.eml --report r.json
holds 'nothing was written' test ! -e x.eml
json r.json 'r["verdict"] == "undecryptable"'
expect 66 sign m.eml --passphrase-file missing
expect 64 sign m.eml --passphrase-file pw-long
for way in '--passphrase-file pw' '--passphrase-file pw-short' '--passphrase-file=pw'; do
	# shellcheck disable=SC2086
	expect 0 sign m.eml $way
done
expect 0 sign m.eml --passphrase-fd 7 7<pw-short
expect 66 sign m.eml --passphrase-fd 77
expect 64 sign m.eml --passphrase-fd -1

# Who needs no key is asked for none.
expect 0 identity list
expect 4 verify m.eml
expect 0 encrypt m.eml -o e.eml
expect 2 open e.eml
expect 2 open e.eml --passphrase-file pw-wrong
expect 4 open e.eml --passphrase-file pw

# At a terminal: asked without echo, asked again, and given up.
terminal()
{
	python3 - "$@" <<'END'
import os, pty, select, sys, time
answers = sys.argv[1].split(",")
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
said = b""
end = time.time() + 20
while time.time() < end:
    if not select.select([fd], [], [], 0.2)[0]:
        continue
    try:
        piece = os.read(fd, 4096)
    except OSError:
        break
    if not piece:
        break
    said += piece
    if said.endswith(b": ") and answers:
        time.sleep(0.05)
        answer = answers.pop(0)
        os.write(fd, b"\x03" if answer == "^C" else answer.encode() + b"\n")
        said += b"<answered>"
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(said)
print("\nstatus", status if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
END
}
terminal secret "$SIGNET" sign m.eml -o t.eml >out
prints 'status 0'
prints 'Passphrase of the key of alice@example.com'
count=$((count + 1))
! grep -q secret out || wrong 'the passphrase was echoed'
terminal wrong,secret "$SIGNET" sign m.eml -o t.eml >out
prints 'does not fit'
prints 'status 0'
terminal a,b,c,d "$SIGNET" sign m.eml -o t.eml >out
prints 'status 2'
terminal new,new "$SIGNET" identity new bob@example.com --algorithm p-256 >out
prints 'status 0'
terminal one,two "$SIGNET" identity new carol@example.com --algorithm p-256 >out
prints 'differ'
prints 'status 2'
terminal ^C "$SIGNET" sign m.eml -o t2.eml >out
prints 'status 2'
holds 'interrupted: nothing was written' test ! -e t2.eml
expect 67 identity show carol@example.com
finish
