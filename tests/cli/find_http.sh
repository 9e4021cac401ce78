#!/bin/bash
# Certificate stores on the web (RFC 4387): one answer, several, none, and servers that misbehave.
. "$(dirname "$0")/common.bash"
. "$TOP/tests/cli/servers.bash"

expect 0 ca init --dir "$work/one" --name CN=one --plain-key --algorithm p-256 --at 2019-12-01 --days 5000
expect 0 ca init --dir "$work/stranger" --name CN=stranger --plain-key --algorithm p-256
expect 0 trust add one/ca.pem
person()
{
	local who=$1 address=$2 ca=$3
	shift 3
	SIGNET_HOME=$work/$who expect 0 identity new "$address" --plain-key --algorithm p-256 \
		--ca "$work/$ca" "$@"
	SIGNET_HOME=$work/$who expect 0 identity export "$address" -o "$who.pem"
	openssl x509 -in "$who.pem" -outform DER -out "$who.der"
}
person bob bob@example.com one
person carol 'c+a&rol@example.com' one
person gina gina@example.com one --days 400
person short gina@example.com one --days 40
person old gina@example.com one --at 2020-01-01 --days 30
person dave dave@example.com stranger
person erin erin@example.com one --purpose sign
openssl crl2pkcs7 -nocrl -certfile gina.pem -certfile one/ca.pem -outform DER -out gina.p7c
tls_authority root
tls_server web root 'DNS:www.example.org'

cat >web.py <<'END'
"""web.py [CERTIFICATE KEY]: a certificate store, as RFC 4387 has it, and worse ones by their path."""
import http.server, ssl, sys, time, urllib.parse

def read(name):
    return open(name, "rb").read()

def multipart(*parts, begin=b"", end=b"--x--\r\n"):
    body = begin
    for fields, octets in parts:
        body += b"--x\r\n" + fields + b"\r\n" + octets + b"\r\n"
    return "multipart/mixed; boundary=x", body + end

CERT = b"Content-Type: application/pkix-cert\r\n"

def answer(address):
    if address == "bob@example.com":
        return "application/pkix-cert", read("bob.der")
    if address == "c+a&rol@example.com":
        return "application/pkix-cert", read("carol.der")
    if address == "gina@example.com":
        return multipart((CERT, read("old.der")), (CERT, b"broken"), (CERT, read("short.der")),
                         (CERT, read("gina.der")), begin=b"a preamble\r\n")
    if address == "dave@example.com":
        return "application/pkix-cert", read("dave.der")
    if address == "erin@example.com":
        return "application/pkix-cert", read("erin.der")
    if address == "wrong@example.com":
        return "application/pkix-cert", read("bob.der")
    return None, None

class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        with open("asked", "a") as f:
            f.write(self.path + "\n")

    def send(self, status, kind, body):
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        address = dict(urllib.parse.parse_qsl(url.query)).get("email", "")
        try:
            self.serve(url.path, address)
        except OSError:
            pass

    def serve(self, path, address):
        if path == "/hang":
            time.sleep(30)
        elif path == "/loop":
            self.send_response(302)
            self.send_header("Location", self.path)
            self.end_headers()
        elif path == "/endless":
            self.send_response(200)
            self.send_header("Content-Type", "application/pkix-cert")
            self.end_headers()
            for _ in range(16384):
                self.wfile.write(b"\x30" * 65536)
        elif path == "/claims":
            self.send_response(200)
            self.send_header("Content-Length", str(1 << 40))
            self.end_headers()
        elif path == "/html":
            self.send(200, "text/html", b"<html>Not found</html>")
        elif path == "/empty":
            self.send(200, "application/pkix-cert", b"")
        elif path == "/error":
            self.send(500, "application/pkix-cert", read("bob.der"))
        elif path == "/p7c":
            self.send(200, "application/pkcs7-mime; smime-type=certs-only", read("gina.p7c"))
        elif path == "/pem":
            self.send(200, None, read("bob.pem"))
        elif path == "/noboundary":
            self.send(200, "multipart/mixed", multipart((CERT, read("bob.der")))[1])
        elif path == "/cut":
            self.send(200, "multipart/mixed; boundary=x", b"--x\r\n" + CERT + b"\r\n" + read("bob.der")[:200])
        elif path == "/noend":
            self.send(200, "multipart/mixed; boundary=x", multipart((CERT, read("bob.der")), end=b"--x\r\n")[1])
        elif path == "/base64":
            import base64
            self.send(200, *multipart((CERT + b"Content-Transfer-Encoding: base64\r\n",
                                       base64.encodebytes(read("bob.der")))))
        elif path == "/many":
            self.send(200, *multipart(*[(CERT, b"x")] * 5000))
        elif path == "/search.cgi":
            kind, body = answer(address)
            self.send(200, kind, body) if kind else self.send(404, "text/plain", b"none")
        else:
            self.send(404, "text/plain", b"none")

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
if len(sys.argv) > 1:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
END
python3 web.py >port 2>/dev/null &
servers+=($!)
python3 web.py web.pem web.key >tls-port 2>/dev/null &
servers+=($!)
for file in port tls-port; do
	for _ in $(seq 200); do [ -s $file ] && break; sleep 0.05; done
done
base=http://127.0.0.1:$(cat port)
tls=https://127.0.0.1:$(cat tls-port)

# found CODE ADDR PATH OPTION…
found()
{
	local code=$1 address=$2 path=$3
	shift 3
	expect "$code" contact find "$address" --private-network --certificate-store "$base$path" "$@"
}
forget() { "$SIGNET" contact delete "$1" >/dev/null 2>&1; }

# Only who is configured is asked, over the network as it is allowed.
: >asked
expect 67 contact find bob@example.com
expect 67 contact find bob@example.com --certificate-store "$base/search.cgi"
says 'cannot be asked'
found 67 bob@example.com /search.cgi --offline
expect 67 contact find bob@example.com --private-network --certificate-store "ftp://127.0.0.1/x"
expect 67 contact find bob@example.com --private-network --certificate-store "file://$work/bob.der"
expect 67 contact find bob@example.com --private-network --certificate-store "$tls/search.cgi"
holds 'nobody was asked' test ! -s asked

found 0 bob@example.com /search.cgi
expect 0 contact show bob@example.com --json
json out 'r[0]["source"].startswith("http:127.0.0.1") and r[0]["state"] == "accepted"'
holds 'asked as RFC 4387 says' grep -qx '/search.cgi?email=bob%40example.com' asked
found 0 'c+a&rol@example.com' '/search.cgi?one=two'
holds 'asked behind a query' grep -qxF '/search.cgi?one=two&email=c%2Ba%26rol%40example.com' asked
# Several: the one that is valid and holds longest, though one part is broken.
found 0 gina@example.com /search.cgi
message gina@example.com >to-gina.eml
expect 0 encrypt --no-self -o sent.eml to-gina.eml
SIGNET_HOME=$work/gina expect 4 open -o opened sent.eml
forget gina@example.com
found 0 gina@example.com /p7c
for path in /pem /noend /base64; do
	forget bob@example.com
	found 0 bob@example.com $path
done
forget bob@example.com
forget gina@example.com
forget 'c+a&rol@example.com'

# What does not count.
found 67 dave@example.com /search.cgi
says 'CN=stranger'
found 67 erin@example.com /search.cgi
says 'not for encryption'
found 67 wrong@example.com /search.cgi
says 'another address'
found 67 nobody@example.com /search.cgi
count=$((count + 1))
if grep -q 'cannot be asked' err; then wrong '404 is told as a failure'; fi
for path in /html /empty /error /noboundary /cut /many /loop /endless /claims; do
	begin=$(date +%s)
	found 67 bob@example.com $path
	says 'cannot be asked'
	holds "$path ends in time" test "$(($(date +%s) - begin))" -le 12
done
begin=$(date +%s)
found 67 bob@example.com /hang
says 'cannot be asked'
holds 'a server that hangs ends in time' test "$(($(date +%s) - begin))" -le 14
expect 0 contact list --json
json out 'r == []'
# The next is asked.
found 0 bob@example.com /error --certificate-store "$base/search.cgi"
forget bob@example.com

# When encrypting, by the configuration.
printf 'private-network = yes\ncertificate-store = %s/search.cgi\n' "$base" >home/config
message 'bob@example.com, dave@example.com' >to-both.eml
expect 67 encrypt --no-self -o none to-both.eml
says 'dave@example.com'
holds 'nothing is written' test ! -e none
message bob@example.com >to-bob.eml
forget bob@example.com
: >asked
expect 67 encrypt --no-self --offline -o none to-bob.eml
expect 67 encrypt --no-self --no-store -o none to-bob.eml
holds 'nobody was asked' test ! -s asked
expect 0 encrypt --no-self -o sent.eml to-bob.eml
SIGNET_HOME=$work/bob expect 4 open -o opened sent.eml
: >asked
expect 0 encrypt --no-self -o sent.eml to-bob.eml
holds 'who is known is not asked for' test ! -s asked
finish
