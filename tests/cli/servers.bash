# Sourced behind common.bash by tests that need servers: real ones, on ports of 127.0.0.1, in the
# folder of the test, ended with it. bash.
servers=()
stop_servers()
{
	local pid
	for pid in "${servers[@]}"; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	servers=()
	rm -rf "$work"
}
trap stop_servers EXIT

# free_port: a port of 127.0.0.1 that nobody listens on, for TCP and UDP.
free_port()
{
	python3 - <<'END'
import socket
while True:
    t, u = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    t.bind(("127.0.0.1", 0))
    try:
        u.bind(t.getsockname())
    except OSError:
        continue
    print(t.getsockname()[1])
    break
END
}

# wait_for_port PORT: until somebody listens there, ten seconds at most.
wait_for_port()
{
	python3 - "$1" <<'END' || wrong "no server came up on port $1"
import socket, sys, time
for _ in range(200):
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1).close()
        sys.exit(0)
    except OSError:
        time.sleep(0.05)
sys.exit(1)
END
}

# tls_authority NAME: NAME.pem and NAME.key; tls_server NAME CA SAN: a certificate by it.
tls_authority()
{
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1.key" -subj "/CN=$1" -days 30 \
		-out "$1.pem" 2>/dev/null
}
tls_server()
{
	openssl req -new -newkey rsa:2048 -nodes -keyout "$1.key" -subj "/CN=$1" -out "$1.csr" 2>/dev/null
	printf 'subjectAltName=%s\n' "$3" >"$1.ext"
	openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -set_serial "$RANDOM" -days 30 \
		-extfile "$1.ext" -out "$1.pem" 2>/dev/null
}

# directory NAME PORT TLS-PORT CERTIFICATE: slapd for dc=example,dc=com with the entries of NAME.ldif.
directory()
{
	local name=$1 schema=/etc/ldap/schema modules=/usr/lib/ldap
	mkdir -p "$name.db"
	cat >"$name.conf" <<END
include $schema/core.schema
include $schema/cosine.schema
include $schema/inetorgperson.schema
modulepath $modules
moduleload back_mdb
pidfile $work/$name.pid
TLSCertificateFile $work/$4.pem
TLSCertificateKeyFile $work/$4.key
database mdb
suffix "dc=example,dc=com"
directory $work/$name.db
maxsize 16777216
END
	slapadd -f "$name.conf" -l "$name.ldif" 2>"$name.log" || wrong "slapadd: $(head -n 3 "$name.log")"
	slapd -f "$name.conf" -h "ldap://127.0.0.1:$2 ldaps://127.0.0.1:$3" -d 0 2>>"$name.log" &
	servers+=($!)
	wait_for_port "$2"
	wait_for_port "$3"
}
