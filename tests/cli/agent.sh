#!/bin/bash
# signet agent: passphrases for a stated time, in locked memory, for one's own processes alone; and
# pinentry programs, good and bad ones.
. "$(dirname "$0")/common.bash"
unset XDG_RUNTIME_DIR
printf 'secret\n' >pw
expect 0 ca init --name 'CN=CA' --plain-key --algorithm p-256
expect 0 trust add home/ca/ca.pem
expect 0 identity new alice@example.com --passphrase-file pw --algorithm p-256
message alice@example.com >m.eml
expect 0 encrypt m.eml -o e.eml

# pinentry ANSWER…: a program that answers GETPIN by the lines, and counts how often it is asked.
pinentry()
{
	printf '%s\n' "$@" >answer
	cat >pinentry <<'EOF'
#!/bin/sh
here=$(dirname "$0")
echo "OK Pleased to meet you"
while read -r line; do
	echo "$line" >>"$here/told"
	case $line in
	GETPIN*) echo asked >>"$here/asked"; cat "$here/answer" ;;
	OPTION*) echo "ERR 83886254 Unknown option <Pinentry>" ;;
	*) echo OK ;;
	esac
done
EOF
	chmod +x pinentry
	rm -f asked told
}
asked() # N: how often the last pinentry was asked
{
	local times=0
	[ ! -e asked ] || times=$(wc -l <asked)
	holds "asked $1 times, not $times" test "$times" -eq "$1"
}

is_gone() # PID: ended, perhaps with nobody who asks how
{
	[ ! -e "/proc/$1" ] || grep -q '^State:.*Z' "/proc/$1/status"
}

# --- pinentry ---
pinentry 'D secret' OK
expect 0 sign m.eml --pinentry ./pinentry -o s.eml
expect 0 verify s.eml
asked 1
holds 'the prompt names the key' grep -q '^SETDESC Passphrase of the key of alice@example.com' told
expect 0 sign m.eml --pinentry "$work/pinentry" -o s.eml
# What cannot stand in a line comes in hex; comments and status lines are passed over.
pinentry '# a comment' 'S PINENTRY_LAUNCHED 1' 'D %73ec%72et' OK
expect 0 sign m.eml --pinentry ./pinentry -o s.eml
pinentry 'D sec' 'D ret' OK
expect 0 sign m.eml --pinentry ./pinentry -o s.eml
# Of the configuration, for every command that may ask.
printf 'pinentry = %s/pinentry\n' "$work" >home/config
expect 0 sign m.eml -o s.eml
expect 4 open e.eml
expect 0 identity export alice@example.com -o a.p12
holds 'a new passphrase is asked for twice' test "$(grep -c GETPIN told)" -ge 4
rm home/config
# Wrong: told so, asked again, given up.
pinentry 'D wrong' OK
expect 2 sign m.eml --pinentry ./pinentry -o x.eml
holds 'no file' test ! -e x.eml
holds 'says that it does not fit' grep -q 'SETDESC That does not fit' told
# Cancelled; nothing; garbage; a line without end; too many lines; ended; not there; no program.
for answer in 'ERR 83886179 Operation cancelled <Pinentry>' 'D %zz' 'D %7' 'INQUIRE WHAT'; do
	pinentry "$answer" OK
	expect 2 sign m.eml --pinentry ./pinentry -o x.eml
	says 'pinentry'
done
pinentry 'Dsecret' OK
expect 2 sign m.eml --pinentry ./pinentry
pinentry "D $(head -c 1500 /dev/zero | tr '\0' x)" OK
expect 2 sign m.eml --pinentry ./pinentry
pinentry "D $(head -c 900 /dev/zero | tr '\0' x)" "D $(head -c 900 /dev/zero | tr '\0' x)" OK
expect 2 sign m.eml --pinentry ./pinentry
yes '# again' | head -n 500 >many
pinentry "$(cat many)" OK
expect 2 sign m.eml --pinentry ./pinentry
says 'too many lines'
printf '#!/bin/sh\nexit 0\n' >ends
printf '#!/bin/sh\necho $$ >refuses.pid\necho ERR 1 no\nsleep 60\n' >refuses
printf '#!/bin/sh\nhead -c 100000 /dev/urandom\n' >garbage
printf 'no program\n' >text
chmod +x ends refuses garbage
for program in ./ends ./refuses ./garbage ./text ./missing /dev/null .; do
	expect 2 sign m.eml --pinentry $program
	says 'pinentry program'
done
holds 'it does not outlive us' is_gone "$(cat refuses.pid)"
# The passphrase that is given goes before.
pinentry 'D wrong' OK
expect 0 sign m.eml --passphrase-file pw --pinentry ./pinentry -o s.eml
asked 0
# The real programs, where they are.
for real in pinentry-tty pinentry-curses; do
	command -v $real >/dev/null || continue
	count=$((count + 1))
	python3 - "$real" "$SIGNET" <<'EOF' || wrong "$real"
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "vt100"
    os.execv(sys.argv[2], [sys.argv[2], "sign", "m.eml", "--pinentry", sys.argv[1], "-o", "real.eml"])
said, sent, end = b"", False, time.time() + 30
while time.time() < end:
    if select.select([fd], [], [], 0.2)[0]:
        try:
            piece = os.read(fd, 4096)
        except OSError:
            break
        if not piece:
            break
        said += piece
    elif not sent and b"Passphrase" in said:
        os.write(fd, b"secret\r" if "curses" in sys.argv[1] else b"secret\n")
        sent = True
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, said
assert b"secret" not in said
EOF
done

# --- no agent, and none that can be had ---
expect 69 agent
says 'XDG_RUNTIME_DIR'
export XDG_RUNTIME_DIR=$work/run
expect 73 agent
expect 69 agent status
expect 69 agent stop
mkdir -m 700 run
expect 69 agent status
says 'no agent runs'
expect 64 agent dance
expect 64 agent status now
expect 64 agent stop now
for time in 0 x 10x -1 99999999 9999999 200h 10m10 ''; do
	expect 64 agent --lifetime "$time"
done
holds 'nothing is made' test ! -e run/signet
# A folder that is not one's own, or that others can use, or a link.
mkdir -m 755 run/signet
expect 77 agent --daemon
expect 77 agent status
rmdir run/signet
mkdir -m 700 elsewhere
ln -s "$work/elsewhere" run/signet
expect 77 agent --daemon
rm run/signet
: >run/signet
expect 77 agent --daemon
rm run/signet
pinentry 'D secret' OK
mkdir -m 777 run/signet
chmod 777 run/signet
expect 0 sign m.eml --pinentry ./pinentry -o s.eml
says 'not a folder of one'
asked 1
rmdir run/signet
holds 'a path too long' test "$(XDG_RUNTIME_DIR=/$(head -c 300 /dev/zero | tr '\0' x) "$SIGNET" agent >out 2>err; echo $?)" -eq 64

# --- a batch of work asks once ---
expect 0 agent --daemon
holds 'the folder is 0700' test "$(stat -c %a run/signet)" = 700
holds 'the socket is 0600 or less' test $((0$(stat -c %a run/signet/agent) & 077)) -eq 0
expect 75 agent --daemon
says 'runs already'
expect 75 agent
expect 0 agent status
silent
pinentry 'D secret' OK
for i in 1 2 3 4 5; do
	expect 0 sign m.eml --pinentry ./pinentry -o s.eml
	expect 4 open e.eml --pinentry ./pinentry
done
asked 1
expect 0 sign m.eml -o s.eml
expect 0 agent status --json
json out 'len(r) == 1 and "alice@example.com" in r[0]["name"] and 0 < int(r[0]["seconds"]) <= 600'
holds 'no secret in what it says' test -z "$(grep secret out)"
# Not asked: --no-agent, --no-store, a passphrase that is given.
expect 2 sign m.eml --no-agent -o s.eml
pinentry 'D secret' OK
expect 0 sign m.eml --no-agent --pinentry ./pinentry -o s.eml
asked 1
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out plain.key 2>err
openssl pkey -in plain.key -aes256 -passout pass:other -out locked.key
openssl req -new -x509 -key plain.key -subj '/CN=x/emailAddress=alice@example.com' -days 9 -out locked.pem
pinentry 'D other' OK
expect 0 sign m.eml --cert locked.pem --key locked.key --pinentry ./pinentry -o s.eml
expect 0 sign m.eml --cert locked.pem --key locked.key -o s.eml
expect 2 sign m.eml --no-store --cert locked.pem --key locked.key -o s.eml
asked 1
# A file that was changed is another one, and the passphrase of its old self is none for it.
sleep 1
openssl pkey -in plain.key -aes256 -passout pass:changed -out locked.key
expect 2 sign m.eml --cert locked.pem --key locked.key -o s.eml
# PKCS#12 the same way.
openssl pkcs12 -export -inkey plain.key -in locked.pem -passout pass:p12 -out a.p12
pinentry 'D p12' OK
expect 0 sign m.eml --p12 a.p12 --pinentry ./pinentry -o s.eml
expect 0 sign m.eml --p12 a.p12 -o s.eml
asked 1
# A wrong one is not kept.
expect 0 agent forget
expect 0 agent status
silent
pinentry 'D wrong' OK
expect 2 sign m.eml --pinentry ./pinentry -o s.eml
expect 0 agent status
silent
# Forgotten by name, and one that does not fit any more is forgotten by itself.
pinentry 'D secret' OK
expect 0 sign m.eml --pinentry ./pinentry -o s.eml
expect 0 agent status --json
name=$(python3 -c 'import json; print(json.load(open("out"))[0]["name"])')
expect 67 agent forget nobody
expect 0 agent forget "$name"
expect 67 agent forget "$name"
expect 2 sign m.eml -o s.eml
cat >client.py <<'EOF'
"""client.py: one packet of the agent's protocol. client.py OPERATION NAME [SECRET]"""
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.settimeout(5)
s.connect(os.environ["XDG_RUNTIME_DIR"] + "/signet/agent")
s.send(sys.argv[1].encode() + sys.argv[2].encode() + b"\0" + b"".join(a.encode() for a in sys.argv[3:]))
sys.stdout.buffer.write(s.recv(70000))
EOF
python3 client.py P "$name" stale >out
holds 'kept' grep -q '^+' out
expect 2 sign m.eml -o s.eml
expect 0 agent status
silent

# --- hostile clients ---
pinentry 'D secret' OK
expect 0 sign m.eml --pinentry ./pinentry -o s.eml
cat >hostile.py <<'EOF'
import os, random, socket, struct, time
path = os.environ["XDG_RUNTIME_DIR"] + "/signet/agent"
def reach():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(8)
    while True:
        try:
            s.connect(path)
            return s
        except BlockingIOError:
            time.sleep(0.01)
def ask(packet):
    s = reach()
    try:
        s.send(packet)
        return s.recv(70000)
    except OSError:
        return b""
    finally:
        s.close()
random.seed(1)
# Garbage, of every size, with and without an end of the name.
for size in (0, 1, 2, 3, 100, 161, 300, 1023, 1024, 1025, 4000, 60000):
    for packet in (bytes(size), b"G" * size, b"P" + b"n" * size, random.randbytes(size)):
        assert not ask(packet).startswith(b"+") or packet[:1] == b"S", packet[:20]
# Names and secrets that are too long are not kept, and an empty name is none.
assert ask(b"P" + b"n" * 159 + b"\0secret") == b"+"
assert ask(b"P" + b"n" * 160 + b"\0secret") == b"-"
assert ask(b"Plong\0" + b"s" * 256) == b"+"
assert ask(b"Plong\0" + b"s" * 257) == b"-"
assert ask(b"Glong\0") == b"+" + b"s" * 256
assert ask(b"P\0secret") == b"-"
assert ask(b"G\0") == b"-"
assert ask(b"Gnobody\0") == b"-"
# A name takes no part of another, and the request's secret does not come back.
assert ask(b"Glon\0") == b"-" and ask(b"Glongs\0") == b"-"
# Another kind of socket does not reach it.
try:
    socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).connect(path)
    raise SystemExit("a stream socket connected")
except OSError:
    pass
# Many that say nothing, and hang: others are served at once, and these are dropped.
held = [reach() for _ in range(200)]
began = time.time()
assert ask(b"Glong\0")[:1] == b"+"
assert time.time() - began < 2, time.time() - began
began = time.time()
assert held[-1].recv(10) == b"" and time.time() - began < 7
# More than fits: the oldest goes.
for i in range(200):
    assert ask(b"Pkey %d\0secret %d" % (i, i)) == b"+"
assert ask(b"Gkey 199\0") == b"+secret 199" and ask(b"Gkey 1\0") == b"-"
assert len(ask(b"S\0").splitlines()) == 128
# One who goes before the answer.
for _ in range(100):
    s = reach()
    s.send(b"S\0")
    s.close()
assert ask(b"Gkey 199\0") == b"+secret 199"
EOF
python3 hostile.py || wrong 'hostile.py'
count=$((count + 1))
expect 0 agent status
# A second user is refused, though he could reach the socket.
pid=$(cat run/signet/agent.lock)
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 711 "$work" run run/signet
	chmod 777 run/signet/agent
	sed 's/^s\.send/print("connected", file=sys.stderr)\n&/' client.py >other.py
	chmod 755 other.py
	python=$(command -v /usr/bin/python3 || command -v python3)
	setpriv --reuid nobody --clear-groups "$python" other.py G 'key 199' >out 2>err
	holds 'the other user reached the socket' grep -q connected err
	holds 'nothing for another user' test ! -s out
	holds 'the secret is not said' test -z "$(grep secret out)"
	chmod 700 "$work" run/signet
fi
# --- what the kernel says about its memory ---
if [ -r "/proc/$pid/smaps" ]; then
	holds 'locked memory' test "$(awk '/^VmLck/ { print $2 }' "/proc/$pid/status")" -ge 32
	holds 'left out of core dumps' grep -q 'VmFlags:.* dd' "/proc/$pid/smaps"
	holds 'wiped in children' grep -q 'VmFlags:.* wf' "/proc/$pid/smaps"
	holds 'no core' grep -Eq '^Max core file size +0 +0' "/proc/$pid/limits"
	# not dumpable: the folder of the process is root's, whoever runs it
	holds 'not dumpable' test "$(stat -c %u "/proc/$pid/environ")" -eq 0
fi
expect 0 agent stop
expect 69 agent status
holds 'the socket is gone' test ! -e run/signet/agent
sleep 0.2
holds 'the process is gone' is_gone "$pid"

# --- time passes ---
expect 0 agent --daemon --lifetime 1s
pinentry 'D secret' OK
expect 0 sign m.eml --pinentry ./pinentry -o s.eml
expect 0 sign m.eml -o s.eml
sleep 1.3
expect 0 agent status
silent
expect 2 sign m.eml -o s.eml
# Killed, and started again over what it left.
kill -KILL "$(cat run/signet/agent.lock)"
sleep 0.1
holds 'the socket is left' test -e run/signet/agent
expect 69 agent status
pinentry 'D secret' OK
expect 0 sign m.eml --pinentry ./pinentry -o s.eml
expect 0 agent --daemon
expect 0 agent status
# In the foreground, ended by a signal.
expect 0 agent stop
"$SIGNET" agent --lifetime 2h >out 2>err &
pid=$!
for _ in $(seq 50); do
	[ -S run/signet/agent ] && break
	sleep 0.1
done
expect 0 agent status
kill -TERM $pid
wait $pid
holds 'it ends well' test $? -eq 0
holds 'it leaves no socket' test ! -e run/signet/agent
# Somebody's socket that does not answer holds nobody up for long.
cat >silent.py <<'EOF'
import os, socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(os.environ["XDG_RUNTIME_DIR"] + "/signet/agent")
s.listen(8)
time.sleep(60)
EOF
python3 silent.py &
pid=$!
for _ in $(seq 50); do
	[ -S run/signet/agent ] && break
	sleep 0.1
done
began=$(date +%s)
expect 0 sign m.eml --pinentry ./pinentry -o s.eml
holds 'not for long' test $(($(date +%s) - began)) -le 5
kill $pid
wait $pid 2>/dev/null
finish
