#!/bin/bash
# Certificates in the DNS: a zone that is signed for real, served by nsd, validated by libunbound.
. "$(dirname "$0")/common.bash"
. "$TOP/tests/cli/servers.bash"
PATH=$PATH:/usr/sbin
for tool in nsd ldns-keygen ldns-signzone; do
	command -v $tool >/dev/null || { echo "there is no $tool: install nsd and ldnsutils"; exit 77; }
done

expect 0 ca init --dir "$work/one" --name CN=one --plain-key --algorithm p-256 --at 2019-12-01 --days 5000
expect 0 ca init --dir "$work/stranger" --name CN=stranger --plain-key --algorithm p-256 --at 2019-12-01 --days 5000
expect 0 trust add one/ca.pem
person()
{
	local who=$1 address=$2 ca=$3
	shift 3
	SIGNET_HOME=$work/$who expect 0 identity new "$address" --plain-key --algorithm p-256 \
		--ca "$work/$ca" "$@"
	SIGNET_HOME=$work/$who expect 0 identity export "$address" -o "$who.pem"
}
# record ADDR USAGE SELECTOR MATCHING FILE: a line of the zone; the name by another program.
label() { printf '%s' "${1%@*}" | sha256sum | cut -c 1-56; }
data()
{
	python3 - "$@" <<'END'
import hashlib, subprocess, sys
selector, matching, path = sys.argv[1:]
octets = subprocess.run(["openssl", "x509", "-in", path, "-outform", "DER"], capture_output=True).stdout
if selector == "1":
    pem = subprocess.run(["openssl", "x509", "-in", path, "-noout", "-pubkey"], capture_output=True).stdout
    octets = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=pem, capture_output=True).stdout
print({"0": octets, "1": hashlib.sha256(octets).digest(), "2": hashlib.sha512(octets).digest()}[matching].hex())
END
}
record()
{
	# as an unknown type (RFC 3597): the tools of older releases have no SMIMEA
	local hex
	hex=$(printf '%02x%02x%02x' "$2" "$3" "$4")$(data "$3" "$4" "$5")
	printf '%s._smimecert TYPE53 \\# %d %s\n' "$(label "$1")" $((${#hex} / 2)) "$hex"
}
holds 'the example of RFC 8162 3' test "$(label hugh@example.com)" = \
	c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6

person bob bob@example.net stranger
person carol carol@example.net one
person dave dave@example.net stranger
person erin erin@example.net one
person frank frank@example.net stranger
person gina gina@example.net stranger
person henry henry@example.net one
person ida ida@example.net stranger --purpose sign
person judy judy@example.net stranger --at 2020-01-01 --days 30
person kim kim@example.net one
person kim2 kim@example.net one
person leo leo@example.net stranger
person other other@example.net stranger
person mia mia@example.net one
{
	printf '$ORIGIN example.net.\n$TTL 300\n@ SOA ns.example.net. root.example.net. 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\n'
	# 3: the DNS vouches, whoever issued it; 1: an anchor of the store must too
	record bob@example.net 3 0 0 bob.pem
	record carol@example.net 1 0 0 carol.pem
	record dave@example.net 1 0 0 dave.pem
	# 2: an authority that the DNS names; the certificate itself lies in a folder
	record frank@example.net 2 0 0 stranger/ca.pem
	record gina@example.net 2 1 1 one/ca.pem
	# digests: of the key, by SHA-512; the certificate is found elsewhere
	record leo@example.net 3 1 2 leo.pem
	record henry@example.net 0 0 1 one/ca.pem
	record mia@example.net 0 0 1 stranger/ca.pem
	# what does not count: not for encryption, over, of another, of unknown kinds
	record ida@example.net 3 0 0 ida.pem
	record judy@example.net 3 0 0 judy.pem
	record nina@example.net 3 0 0 bob.pem
	printf '%s._smimecert TYPE53 \\# 4 09000000\n' "$(label oscar@example.net)"
	printf '%s._smimecert TYPE53 \\# 7 03000030820102\n' "$(label paul@example.net)"
	# of several places the DNS says which
	record kim@example.net 3 1 1 kim2.pem
	# case counts in local parts (RFC 8162 4): this one is another's name
	record Erin@example.net 3 0 0 erin.pem
} >example.net
# Signed by a key of its own; copies with wrong signatures.
key=$(ldns-keygen -a ECDSAP256SHA256 -k example.net 2>/dev/null)
ldns-signzone -n -e "$(date -u -d '+20 days' +%Y%m%d)" -f example.signed example.net "$key" 2>err ||
	wrong 'ldns-signzone'
# One octet of each record is changed after signing.
python3 - <<'END'
import re
out = []
for line in open("example.signed"):
    if re.search(r"\s(TYPE53|SMIMEA)\s", line) and "RRSIG" not in line and "NSEC" not in line:
        line = re.sub(r"([0-9a-f])(\s*)$", lambda m: ("0" if m[1] != "0" else "1") + m[2], line)
    out.append(line)
open("bogus.signed", "w").write("".join(out))
END
holds 'something was changed' test "$(diff example.signed bogus.signed | grep -c '^>')" -gt 10
sed 's/.*RRSIG.*//' example.signed >stripped.signed
ldns-signzone -n -i "$(date -u -d '-40 days' +%Y%m%d)" -e "$(date -u -d '-10 days' +%Y%m%d)" \
	-f expired.signed example.net "$key" 2>err || wrong 'ldns-signzone'
grep -h DNSKEY "$key.key" >anchor.key
other=$(ldns-keygen -a ECDSAP256SHA256 -k example.net 2>/dev/null)
cat "$other.key" >wrong.key

# nameserver ZONEFILE PORT
nameserver()
{
	mkdir -p "ns$2"
	cat >"ns$2/nsd.conf" <<END
server:
  ip-address: 127.0.0.1@$2
  username: ""
  chroot: ""
  zonesdir: "$work"
  database: ""
  pidfile: "$work/ns$2/pid"
  xfrdfile: "$work/ns$2/xfrd"
  zonelistfile: "$work/ns$2/zones"
  xfrdir: "$work/ns$2"
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: example.net
  zonefile: $1
END
	nsd -d -c "ns$2/nsd.conf" >"ns$2/log" 2>&1 &
	servers+=($!)
	wait_for_port "$2"
}
good=$(free_port)
nameserver example.signed "$good"
bogus=$(free_port)
nameserver bogus.signed "$bogus"
plain=$(free_port)
nameserver example.net "$plain"
stripped=$(free_port)
nameserver stripped.signed "$stripped"
expired=$(free_port)
nameserver expired.signed "$expired"

# found CODE ADDR OPTION…: by the good server, if no other is named.
found()
{
	local code=$1 address=$2
	shift 2
	expect "$code" contact find "$address" --smimea --dns-anchor anchor.key \
		--dns-server "127.0.0.1@$good" "$@"
}

# Nobody is asked unless that is switched on, and nobody while off line.
expect 67 contact find bob@example.net --dns-server "127.0.0.1@$good" --dns-anchor anchor.key
found 67 bob@example.net --offline
expect 0 contact list --json
json out 'r == []'

# What DNSSEC does not prove is not used: another key, no signatures, a changed octet, old signatures.
for bad in "--dns-server 127.0.0.1@$bogus" "--dns-server 127.0.0.1@$plain" \
	"--dns-server 127.0.0.1@$stripped" "--dns-server 127.0.0.1@$expired" \
	'--dns-anchor wrong.key' "--dns-server 127.0.0.1@$(free_port)"; do
	for address in bob carol; do
		# shellcheck disable=SC2086
		found 67 $address@example.net --find-timeout 5 $bad
		says 'cannot be asked'
		case $bad in
		*$bogus | *$plain | *$stripped | *$expired | *wrong.key) says 'not used' ;;
		esac
	done
done
found 67 bob@example.net --dns-anchor missing.key
found 64 bob@example.net --dns-server nonsense
expect 0 contact list --json
json out 'r == []'

# Usage 3: the DNS vouches, though no anchor of the store does.
found 0 bob@example.net
expect 0 contact show bob@example.net --json
json out 'r[0]["source"] == "smimea" and r[0]["issuer_key"] == "dnssec:example.net"'
message bob@example.net >to-bob.eml
expect 0 encrypt --no-self -o sent.eml to-bob.eml
SIGNET_HOME=$work/bob expect 4 open -o opened sent.eml
expect 0 contact check bob@example.net
# That is for encrypting to him; his signature is believed no more than before.
SIGNET_HOME=$work/bob
export SIGNET_HOME
printf 'From: bob@example.net\r\nTo: alice@example.com\r\nSubject: Hello\r\n\r\nHello.\r\n' >hello
expect 0 sign -o signed.eml hello
export SIGNET_HOME=$work/home
expect 3 verify signed.eml
# Usage 1: as an anchor of the store says.
found 0 carol@example.net
found 67 dave@example.net
says 'CN=stranger'
# Usage 2, and digests: of what other places have.
mkdir folder
cp frank.pem leo.pem gina.pem henry.pem mia.pem kim.pem kim2.pem folder
found 67 frank@example.net
found 0 frank@example.net --find-folder folder
expect 0 contact show frank@example.net --json
json out 'r[0]["issuer_key"] == "dnssec:example.net"'
found 67 gina@example.net --find-folder folder
found 67 leo@example.net
found 0 leo@example.net --find-folder folder
# Usage 0: the path must go through that authority, and end at an anchor of the store.
found 0 henry@example.net --find-folder folder
# What does not count.
for address in ida judy nina oscar paul quentin erin; do
	found 67 $address@example.net
done
found 67 nobody@example.net --find-folder folder
found 67 bob@nowhere.example
found 64 nonsense
expect 67 contact show nina@example.net

# When encrypting, by the configuration.
expect 0 contact delete bob@example.net
expect 67 encrypt --no-self -o none to-bob.eml
printf 'smimea = yes\ndns-anchor = %s\ndns-server = 127.0.0.1@%s\n' "$work/anchor.key" "$good" >home/config
expect 67 encrypt --no-self --offline -o none to-bob.eml
expect 0 encrypt --no-self -o sent.eml to-bob.eml
SIGNET_HOME=$work/bob expect 4 open -o opened sent.eml
# The zone says another one than the one known from elsewhere: it waits.
rm home/config
expect 0 contact delete bob@example.net
SIGNET_HOME=$work/second expect 0 ca init --dir "$work/two" --name CN=two --plain-key --algorithm p-256
person older bob@example.net one
expect 0 contact import older.pem
found 0 bob@example.net --refresh
says 'contact confirm'
expect 0 encrypt --no-self -o sent.eml to-bob.eml
SIGNET_HOME=$work/older expect 4 open -o opened sent.eml
finish
