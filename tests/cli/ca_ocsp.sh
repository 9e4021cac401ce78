#!/bin/bash
# ca ocsp: answers in files and over HTTP, with openssl as the one who asks.
. "$(dirname "$0")/common.bash"
fast='--algorithm p-256'
responder=

# shellcheck disable=SC2086
{
expect 0 ca init --dir root --name 'CN=Root' --plain-key $fast
expect 0 ca init --dir ca --name 'CN=Sub' --under root --plain-key $fast --domain example.com
expect 0 ca issue --dir ca a@example.com -o a.pem --plain-key $fast
expect 0 ca issue --dir ca b@example.com -o b.pem --plain-key $fast
}
openssl x509 -in a.pem -out leaf.pem
openssl x509 -in ca/ca.pem -out issuer.pem
cat issuer.pem root/ca.pem >chain.pem
serial=$(openssl x509 -in leaf.pem -noout -serial | sed 's/serial=//')

# ask FILE ARGUMENT…: what openssl reads from an answer, verified against the root.
ask()
{
	local file=$1
	shift
	count=$((count + 1))
	openssl ocsp -respin "$file" -issuer issuer.pem "$@" -no_nonce -CAfile chain.pem >told 2>&1 ||
		wrong "openssl does not read $file: $(head -n 2 told)"
	grep -q 'Response verify OK' told || wrong "openssl does not verify $file: $(head -n 2 told)"
}

told()
{
	count=$((count + 1))
	grep -qF -- "$1" told || wrong "openssl was not told: $1, but: $(head -n 4 told | tr '\n' '|')"
}

# error FILE TEXT: an answer that is an error.
error()
{
	count=$((count + 1))
	openssl ocsp -respin "$1" >told 2>&1
	grep -qF "$2" told || wrong "$1 is not $2: $(head -n 2 told)"
}

expect 64 ca ocsp --dir ca
expect 64 ca ocsp --dir ca --all
expect 64 ca ocsp --dir ca --request q.der --listen 127.0.0.1:0
expect 66 ca ocsp --dir ca --request missing.der
expect 67 ca ocsp --dir nothing --request q.der

for hash in sha1 sha256; do
	openssl ocsp -$hash -issuer issuer.pem -cert leaf.pem -no_nonce -reqout $hash.der 2>err
	expect 0 ca ocsp --dir ca --request $hash.der -o answer.der
	ask answer.der -$hash -cert leaf.pem
	told 'leaf.pem: good'
done
expect_in 0 sha1.der ca ocsp --dir ca --request -
holds 'to standard output' openssl ocsp -respin out -noverify -out /dev/null

# The key that signs is a responder's own, short-lived, and nobody asks whether it is revoked.
openssl x509 -in ca/ocsp.pem -out signer.pem
openssl x509 -in signer.pem -noout -text >text
holds 'it is for OCSP' grep -q 'OCSP Signing' text
holds 'it is not asked about' grep -q 'OCSP No Check' text
holds 'it ends within a month' test "$(openssl x509 -in signer.pem -noout -checkend 2678400 | grep -c not)" -eq 0
expect 0 ca list --dir ca --json
json out 'len(r) == 2'
expect 0 ca list --dir ca --json -v
json out '[c["purpose"] for c in r] == ["both", "both", "ocsp"]'
old=$(sha256sum ca/ocsp.pem)
expect 0 ca ocsp --dir ca --request sha1.der -o answer.der
holds 'it is kept' test "$old" = "$(sha256sum ca/ocsp.pem)"
expect 0 ca ocsp --dir ca --request sha1.der -o answer.der --at "$(date -u -d '+29 days' +%Y-%m-%d)"
holds 'and made anew in time' test "$old" != "$(sha256sum ca/ocsp.pem)"
rm ca/ocsp.pem

# Revoked, with time and reason; unknown; somebody else's.
expect 0 ca revoke --dir ca "$serial" --reason key-compromise
expect 0 ca ocsp --dir ca --request sha1.der -o answer.der
ask answer.der -cert leaf.pem
told 'leaf.pem: revoked'
told 'Reason: keyCompromise'
told 'Revocation Time'
openssl ocsp -issuer issuer.pem -serial 0x123456 -no_nonce -reqout unknown.der 2>err
expect 0 ca ocsp --dir ca --request unknown.der -o answer.der
ask answer.der -serial 0x123456
told '0x123456: unknown'
openssl ocsp -issuer root/ca.pem -cert leaf.pem -no_nonce -reqout other.der 2>err
expect 0 ca ocsp --dir ca --request other.der -o answer.der
error answer.der 'unauthorized (6)'

# RFC 9654 2.1: a nonce is echoed; of no octets, or more than 128, it is a malformedRequest.
nonce()
{
	python3 - sha1.der "$1" <<'END'
import sys
d = open(sys.argv[1], "rb").read()
n = int(sys.argv[2])
def tlv(tag, v):
    size = len(v)
    head = bytes([size]) if size < 128 else bytes([0x81, size]) if size < 256 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + head + v
def strip(v):
    k = 2 + (v[1] & 0x7f if v[1] & 0x80 else 0)
    return v[k:]
tbs = strip(strip(d))
oid = bytes.fromhex("06092b0601050507300102")
tbs += tlv(0xa2, tlv(0x30, tlv(0x30, oid + tlv(4, tlv(4, b"N" * n)))))
open("nonce.der", "wb").write(tlv(0x30, tlv(0x30, tbs)))
END
}
for size in 1 16 32 128; do
	nonce $size
	expect 0 ca ocsp --dir ca --request nonce.der -o answer.der
	ask answer.der -cert leaf.pem
	holds "a nonce of $size octets comes back" \
		grep -aq "$(printf 'N%.0s' $(seq $size))" answer.der
done
for size in 0 129 200; do
	nonce $size
	expect 0 ca ocsp --dir ca --request nonce.der -o answer.der
	error answer.der 'malformedrequest (1)'
done
for bad in issuer.pem /dev/null; do
	expect 0 ca ocsp --dir ca --request $bad -o answer.der
	error answer.der 'malformedrequest (1)'
done
head -c 30 sha1.der >cut.der
expect 0 ca ocsp --dir ca --request cut.der -o answer.der
error answer.der 'malformedrequest (1)'

# All of them, under the names that RFC 5019 5 asks for.
expect 0 ca ocsp --dir ca --all --output-dir answers
holds 'two certificates, two hashes' test "$(find answers -type f | wc -l)" -eq 4
name=$(base64 -w 0 sha1.der | sed 's/+/%2B/g; s,/,%2F,g; s/=/%3D/g')
holds 'by the name of its request' test -s "answers/$name"
ask "answers/$name" -cert leaf.pem
told 'leaf.pem: revoked'

# Over HTTP.
listen()
{
	"$SIGNET" ca ocsp --dir ca --listen "$1" 2>listen.err &
	responder=$!
	for _ in $(seq 100); do
		grep -q ' at http' listen.err && break
		sleep 0.05
	done
	url=$(sed -n 's/.* at \(http.*\)$/\1/p' listen.err)
}
for address in 0.0.0.0:0 192.0.2.1:80 [::]:0 example.com:80 127.0.0.1 127.0.0.1:70000 :80; do
	expect 64 ca ocsp --dir ca --listen $address
	says 'loopback'
done
listen 127.0.0.1:0
http()
{
	count=$((count + 1))
	openssl ocsp -issuer issuer.pem -url "$url" -CAfile chain.pem "$@" >told 2>&1 ||
		wrong "openssl is not answered: $(head -n 2 told)"
}
http -cert leaf.pem
told 'Response verify OK'
told 'leaf.pem: revoked'
openssl x509 -in b.pem -out second.pem
http -sha256 -cert second.pem
told 'second.pem: good'
http -cert second.pem -cert leaf.pem
told 'second.pem: good'
# A revocation counts at once.
expect 0 ca revoke --dir ca "$(openssl x509 -in second.pem -noout -serial | sed 's/serial=//')" \
	--reason certificate-hold
http -cert second.pem
told 'Reason: certificateHold'
holds 'an ASCII answer of HTTP for each way of asking' python3 - "$url" <<'END'
import base64, socket, sys, time, urllib.parse
host, port = urllib.parse.urlsplit(sys.argv[1]).netloc.rsplit(":", 1)
request = open("sha1.der", "rb").read()

def talk(data, close=True):
    s = socket.create_connection((host, int(port)), 20)
    s.sendall(data)
    got = b""
    try:
        while True:
            piece = s.recv(65536)
            if not piece:
                break
            got += piece
    except ConnectionResetError:
        pass
    return got

def check(what, data, code, body=None):
    got = talk(data)
    head, _, rest = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % code), (what, got[:80])
    if body is not None:
        assert rest.startswith(body), (what, rest[:20])
    return head

def post(body, more=b""):
    return b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n%s\r\n%s" % (len(body), more, body)

head = check("post", post(request), 200, b"\x30\x82")
assert b"application/ocsp-response" in head and b"Expires: " in head and b"max-age=" in head
text = base64.b64encode(request)
for path in (urllib.parse.quote(text, safe="").encode(), text, b"ocsp/" + text, b"a/b/" + text):
    check("get", b"GET /" + path + b" HTTP/1.0\r\n\r\n", 200, b"\x30\x82")
check("get of nothing", b"GET / HTTP/1.1\r\n\r\n", 200, bytes.fromhex("30030a0101"))
check("garbage", post(b"garbage"), 200, bytes.fromhex("30030a0101"))
check("empty", post(b""), 200, bytes.fromhex("30030a0101"))
check("method", b"PUT / HTTP/1.1\r\n\r\n", 405)
check("no length", b"POST / HTTP/1.1\r\n\r\n", 411)
check("chunked", post(request, b"Transfer-Encoding: chunked\r\n"), 411)
check("too much", b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 413)
check("no number", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400)
check("no HTTP", b"hello\r\n\r\n", 400)
check("NUL", b"GET /\0 HTTP/1.1\r\n\r\n", 400)
check("long head", b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 8000, 431)
# byte by byte
s = socket.create_connection((host, int(port)), 20)
for i in range(0, len(post(request)), 7):
    s.sendall(post(request)[i:i + 7])
    time.sleep(0.001)
assert s.recv(100).startswith(b"HTTP/1.1 200")
# Many that say nothing keep nobody from being answered, and are hung up in the end.
idle = [socket.create_connection((host, int(port)), 20) for _ in range(40)]
check("beside idle ones", post(request), 200, b"\x30\x82")
idle[0].settimeout(15)
assert idle[0].recv(10) == b""
END
kill "$responder"
wait "$responder"
holds 'it ends well on SIGTERM' test $? -eq 0
listen '[::1]:0'
if [ -n "$url" ]; then
	kill -INT "$responder"
fi
wait "$responder"
holds 'and without IPv6 says so' test -n "$url" -o -s listen.err

# A key under a passphrase: asked for once, and the responder's key is under it too.
echo secret >pw
echo wrong >pw-wrong
# shellcheck disable=SC2086
expect 0 ca init --dir locked --name 'CN=Locked' --passphrase-file pw $fast
openssl ocsp -issuer locked/ca.pem -serial 0x77 -no_nonce -reqout locked.der 2>err
expect 2 ca ocsp --dir locked --request locked.der -o locked.out --passphrase-file pw-wrong
expect 2 ca ocsp --dir locked --request locked.der -o locked.out
holds 'nothing is written' test ! -e locked.out
expect 0 ca ocsp --dir locked --request locked.der -o locked.out --passphrase-file pw
holds 'its key is encrypted' grep -q 'BEGIN ENCRYPTED PRIVATE KEY' locked/ocsp.pem
expect 2 ca ocsp --dir locked --request locked.der -o locked.out --passphrase-file pw-wrong
finish
