#!/bin/bash
# The network: which options let whom be asked, and that nobody is asked otherwise.
. "$(dirname "$0")/common.bash"

# The options, and where they are none.
for option in --private-network --fetch-issuers; do
	for command in open verify; do
		expect 0 $command --help
		prints "$option"
	done
	for command in sign decrypt inspect; do
		expect 64 $command $option
	done
done

# A server with a list of what is revoked, which writes down what it is asked.
cat >server.py <<'END'
import http.server, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open("asked", "a") as log:
            log.write(f"{self.command} {self.path} {self.headers.get('User-Agent')}\n")
        body = open("ca.crl", "rb").read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_POST = do_CONNECT = do_GET
    def log_message(self, *args):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
with open("port.new", "w") as file:
    file.write(str(server.server_address[1]))
os.rename("port.new", "port")
server.serve_forever()
END
python3 server.py &
server=$!
trap 'kill "$server"; rm -rf "$work"' EXIT
for _ in $(seq 100); do
	[ ! -f port ] || break
	sleep 0.05
done
url=http://127.0.0.1:$(cat port)

# Alice's certificate says that the list lies there.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=CA' \
	-addext 'keyUsage=critical,keyCertSign,cRLSign' -keyout ca.key -out ca.pem 2>/dev/null
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=Alice' \
	-keyout alice.key -out alice.csr 2>/dev/null
printf '%s\n' "subjectAltName=email:alice@example.com" 'keyUsage=digitalSignature,keyAgreement' \
	"crlDistributionPoints=URI:$url/ca.crl" >alice.ext
openssl x509 -req -in alice.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
	-extfile alice.ext -out alice.pem 2>/dev/null
: >index
printf '[ca]\ndefault_ca=c\n[c]\ndatabase=index\ndefault_md=sha256\ndefault_crl_days=7\n' >ca.cnf
openssl ca -config ca.cnf -gencrl -cert ca.pem -keyfile ca.key 2>/dev/null |
	openssl crl -outform DER -out ca.crl
message bob@example.com >m.eml
expect 0 sign --no-store --cert alice.pem --key alice.key -o signed.eml m.eml
expect 0 encrypt --no-store -r alice.pem -o encrypted.eml signed.eml

asked() { [ "$(cat asked 2>/dev/null | wc -l)" -eq "$1" ]; }
curl_is_loaded() { LD_DEBUG=files "$SIGNET" "$@" 2>&1 >/dev/null | grep -q 'libcurl'; }

# Nobody is asked at an address that is not public.
expect 0 verify --trust ca.pem signed.eml
holds 'nobody was asked' asked 0
expect 3 verify --trust ca.pem --revocation required signed.eml
holds 'nobody was asked' asked 0
expect 0 verify --trust ca.pem -v signed.eml
says 'not public'
# Nobody is asked offline, without a store, with --revocation none, and before a path stands.
expect 3 verify --trust ca.pem --private-network --offline --revocation required signed.eml
expect 3 verify --trust ca.pem --private-network --no-store --revocation required signed.eml
expect 0 verify --trust ca.pem --private-network --revocation none signed.eml
expect 3 verify --private-network signed.eml
sed 's/noon/nine/' signed.eml >altered.eml
expect 1 verify --trust ca.pem --private-network altered.eml
mkdir -p "$SIGNET_HOME"
printf 'private-network = yes\n' >"$SIGNET_HOME/config"
# What only decrypts or draws asks nobody either.
expect 0 inspect --trust ca.pem signed.eml
expect 0 decrypt --trust ca.pem --cert alice.pem --key alice.key encrypted.eml
holds 'nobody was asked' asked 0
holds 'libcurl is not loaded where nobody is asked' \
	eval '! curl_is_loaded verify --trust ca.pem --offline signed.eml'
holds 'nor to decrypt' \
	eval '! curl_is_loaded decrypt --cert alice.pem --key alice.key encrypted.eml'

openssl req -x509 -key alice.key -days 30 -subj '/CN=Alice' -out own.pem \
	-addext 'subjectAltName=email:alice@example.com' -addext 'keyUsage=digitalSignature' 2>/dev/null
expect 0 sign --no-store --cert own.pem --key alice.key -o own.eml m.eml
holds 'nor for a certificate that names nobody to ask' \
	eval '! curl_is_loaded verify --trust own.pem --private-network own.eml'

# Who may be asked is: by the option, by the configuration; and no variable sends it elsewhere.
rm "$SIGNET_HOME/config"
expect 0 verify --trust ca.pem --private-network --revocation required signed.eml
holds 'the list was fetched' asked 1
holds 'and nothing was said of who asks' grep -qx 'GET /ca.crl signet' asked
holds 'reading makes no store' test ! -e "$SIGNET_HOME/store.db"
http_proxy=$url HTTP_PROXY=$url all_proxy=$url \
	expect 0 verify --trust ca.pem --private-network --revocation required signed.eml
holds 'the server itself was asked, no proxy' test "$(grep -cx 'GET /ca.crl signet' asked)" -eq 2
printf '[verify]\nprivate-network = yes\n' >"$SIGNET_HOME/config"
expect 0 verify --trust ca.pem --revocation required signed.eml
holds 'the configuration allows it' asked 3
holds 'libcurl is loaded then' curl_is_loaded verify --trust ca.pem signed.eml
holds 'once more' asked 4

# Where there is a store, it keeps the list: it is asked for once, and then is there offline.
rm "$SIGNET_HOME/config" asked
expect 0 trust add ca.pem
expect 0 verify --private-network --revocation required signed.eml
expect 0 verify --private-network --revocation required signed.eml
holds 'it was asked for once' asked 1
expect 0 verify --offline --revocation required signed.eml
holds 'the store has it' asked 1
expect 3 verify --no-store --trust ca.pem --revocation required signed.eml
# A damaged entry is no answer.
python3 - "$SIGNET_HOME/store.db" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
assert db.execute("UPDATE cache SET data = CAST(substr(data, 1, length(data) - 9) || x'000000000000000000' AS BLOB)").rowcount > 0
db.commit()
END
expect 3 verify --offline --revocation required signed.eml
expect 0 verify --private-network --revocation required signed.eml
holds 'it is fetched anew' asked 2
finish
