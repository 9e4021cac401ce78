#!/bin/bash
# Contacts cannot be poisoned: what a message may teach, what waits for a person, what is told.
. "$(dirname "$0")/common.bash"

ours=$work/home

# authority NAME: an authority in the folder NAME. person NAME ADDR CA [OPTION…]: an identity in a
# store of its own, certified by that authority.
authority()
{
	expect 0 ca init --dir "$work/$1" --name "CN=$1" --plain-key --algorithm p-256
}
person()
{
	local who=$1 address=$2 ca=$3
	shift 3
	SIGNET_HOME=$work/$who expect 0 identity new "$address" --plain-key --algorithm p-256 \
		--ca "$work/$ca" "$@"
}
# mail FILE WHO FROM: signed by WHO.
mail()
{
	printf 'From: %s\r\nTo: alice@example.com\r\nSubject: Hello\r\n\r\nHello, %s.\r\n' "$3" "$1" >plain
	SIGNET_HOME=$work/$2 expect 0 sign -o "$1" plain
	cp plain "plain-$2"
}
# fingerprint WHO
fingerprint()
{
	SIGNET_HOME=$work/$1 "$SIGNET" identity list --json | python3 -c \
		'import json, sys; print(json.load(sys.stdin)[0]["fingerprint"])'
}
# states ADDR EXPRESSION: of r, a dictionary from fingerprint to state.
states()
{
	expect 0 contact list "$1" --json
	json out "(lambda r: $2)({c['fingerprint']: c['state'] for c in r})"
}

authority one
authority two
authority stranger
expect 0 trust add one/ca.pem
expect 0 trust add two/ca.pem
person bob bob@example.com one
person renewed bob@example.com one
person moved bob@example.com two
person unknown bob@example.com stranger
for who in bob renewed moved unknown; do
	mail $who.eml $who bob@example.com
done
bob=$(fingerprint bob) renewed=$(fingerprint renewed) moved=$(fingerprint moved)

# What teaches nothing: not trusted, altered, of another sender, a trust of one's own, no look at the
# sender, another time, no store.
expect 3 verify unknown.eml
sed 's/Hello, bob/Hullo, bob/' bob.eml >altered.eml
expect 1 verify altered.eml
SIGNET_HOME=$work/bob expect 0 sign --headers none -o shown.eml plain-bob
sed 's/^From:.*/From: eve@example.com/' shown.eml >impostor.eml
expect 6 verify impostor.eml
expect 0 verify --trust stranger/ca.pem unknown.eml
expect 0 verify --trust one/ca.pem bob.eml
expect 0 verify --ignore-sender bob.eml
expect 0 verify --at "$(date -u +%FT%TZ)" bob.eml
expect 0 verify --no-store --trust one/ca.pem bob.eml
expect 4 decrypt -o decrypted bob.eml
expect 0 inspect bob.eml
mkdir -p home
printf 'trust = %s\n' "$work/one/ca.pem" >home/config
expect 0 verify bob.eml
rm home/config
expect 67 contact show bob@example.com
expect 67 contact confirm bob@example.com
says 'no certificate of "bob@example.com" waits'

# The first that is vouched for is taken; the same once more changes nothing and says nothing.
expect 0 verify bob.eml
states bob@example.com "r == {'$bob': 'accepted'}"
expect 0 verify bob.eml
says 'valid'
count=$((count + 1))
if grep -q -e changed -e confirm err; then wrong 'the same certificate is told'; fi
expect 0 contact show bob@example.com --json
json out 'r[0]["source"] == "harvest" and "aes-256-gcm" in r[0]["capabilities"]'
json out 'r[0]["last_seen"] is not None and len(r[0]["issuer_key"]) == 64'

# Another authority, though it is accepted: told, kept, not used.
message bob@example.com >to-bob.eml
expect 0 verify moved.eml
says "contact confirm ${moved:0:16}"
states bob@example.com "r == {'$bob': 'accepted', '$moved': 'pending'}"
reader()
{
	local code=$1 who=$2
	expect 0 encrypt --no-self -o sent.eml to-bob.eml
	SIGNET_HOME=$work/$who expect "$code" open -o opened sent.eml
}
reader 4 bob
reader 2 moved
# However often it comes, and with a later time.
sleep 1
mail moved.eml moved bob@example.com
expect 0 verify moved.eml
expect 0 open -o opened moved.eml
states bob@example.com "r['$moved'] == 'pending'"
reader 4 bob

# A pending signer says nothing about the certificate in use: not even what its owner reads.
SIGNET_HOME=$work/bob expect 0 identity export bob@example.com --with-key --plain-key --format pem -o bob.both
openssl x509 -in bob.both -out bob.pem
SIGNET_HOME=$work/moved expect 0 identity export bob@example.com --with-key --plain-key --format pem -o moved.both
printf 'Content-Type: text/plain\r\n\r\nHello.\r\n' >entity
openssl x509 -in moved.both -out moved.pem
openssl pkey -in moved.both -out moved.key 2>/dev/null
sleep 1
openssl cms -sign -in entity -signer moved.pem -inkey moved.key -certfile bob.pem \
	-from bob@example.com -to alice@example.com -subject Hello -out old-client.eml 2>err ||
	wrong 'openssl cms'
expect 0 verify old-client.eml
expect 0 contact show "$bob" --json
json out '"aes-256-gcm" in r[0]["capabilities"]'
reader 4 bob

# The same authority, again: a renewal, told and used.
expect 0 verify renewed.eml
says 'the certificate of bob@example.com changed: another by the same authority'
states bob@example.com "r['$renewed'] == 'accepted' and r['$moved'] == 'pending' and len(r) == 3"
reader 4 renewed
# An older mail of the old certificate is no change back.
expect 0 verify bob.eml
count=$((count + 1))
if grep -q changed err; then wrong 'an older certificate is told as a change'; fi
rm -rf saved
cp -r home saved

# Where nothing else can be used, what waits is named.
expect 0 contact delete "$bob"
expect 0 contact delete "$renewed"
expect 67 encrypt --no-self -o none to-bob.eml
says "signet contact confirm ${moved:0:16}"
holds 'nothing is written' test ! -e none
expect 67 contact find bob@example.com
expect 67 rewrap -r bob@example.com -o none sent.eml
expect 1 contact check
says 'by another authority than the one known'
says "signet contact confirm ${moved:0:16}"
# A person confirms it, by address or fingerprint.
expect 67 contact confirm "$bob"
expect 0 contact confirm "$moved"
says 'of bob@example.com, issued by CN=two'
states bob@example.com "r == {'$moved': 'accepted'}"
# What it said of its own reading counts now: CBC, which signet warns its readers of.
reader 5 moved
expect 67 contact confirm "$moved"
expect 64 contact confirm
rm -rf home
cp -r saved home
expect 0 contact import moved.pem
says "which stays: signet contact delete ${bob:0:16}"
states bob@example.com "r['$moved'] == 'accepted'"
# What a person took in by hand is held against newcomers as well: by its authority.
expect 0 contact delete bob@example.com
expect 0 contact import bob.pem
expect 0 verify moved.eml
says 'contact confirm'
expect 0 verify renewed.eml
says 'same authority'
states bob@example.com "r == {'$bob': 'accepted', '$renewed': 'accepted', '$moved': 'pending'}"

# Two of the same name are two authorities: it is the key that counts.
expect 0 contact delete bob@example.com
expect 0 ca init --dir "$work/twin" --name CN=one --plain-key --algorithm p-256
expect 0 trust add twin/ca.pem
person twin bob@example.com twin
mail twin.eml twin bob@example.com
expect 0 verify bob.eml
expect 0 verify twin.eml
says 'contact confirm'
# Accepted for itself, without an authority: another key is another authority.
export SIGNET_HOME=$work/pinned
expect 0 trust add bob.pem
expect 0 verify bob.eml
expect 0 trust add moved.pem
expect 0 verify moved.eml
says 'contact confirm'
states bob@example.com "r == {'$bob': 'accepted', '$moved': 'pending'}"
export SIGNET_HOME=$ours

# The certificate to encrypt to is only a claim of the message: it needs a path of its own, the
# purpose, the time, and the address (RFC 8551 2.5.3).
openssl ecparam -name prime256v1 -genkey -noout -out other.key
claim()
{
	local name=$1 ca=$2 san=$3 usage=$4 days=$5
	printf 'basicConstraints=CA:FALSE\nsubjectAltName=email:%s\nkeyUsage=%s\n' "$san" "$usage" >ext
	openssl req -new -key other.key -subj "/CN=$name" -out other.csr 2>err
	openssl x509 -req -in other.csr -CA "$ca/ca.pem" -CAkey "$ca/ca.key" -set_serial 4711 \
		-days "$days" -extfile ext -out "$name.pem" 2>err
	SIGNET_HOME=$work/carol "$SIGNET" identity export carol@example.com --with-key --plain-key \
		--format pem -o carol.both 2>err
	openssl x509 -in carol.both -out carol.pem
	openssl pkey -in carol.both -out carol.key 2>/dev/null
	openssl cms -sign -in entity -signer carol.pem -inkey carol.key -certfile "$name.pem" \
		-from carol@example.com -to alice@example.com -subject Hello -out "$name.eml" 2>err ||
		wrong "openssl cms for $name"
}
person carol carol@example.com one --purpose sign
claim strange stranger carol@example.com keyAgreement 30
claim nobody one eve@example.com keyAgreement 30
claim signing one carol@example.com digitalSignature 30
for name in strange nobody signing; do
	expect 0 verify $name.eml
	expect 0 contact show carol@example.com --json
	json out 'len(r) == 1 and r[0]["usage"] == ["sign"]'
done
message carol@example.com >to-carol.eml
expect 67 encrypt --no-self -o none to-carol.eml
expect 1 contact check carol@example.com --json
json out 'r[0]["code"] == "key-usage" and r[0]["about"] == "carol@example.com"'
claim good one carol@example.com keyAgreement 30
expect 0 verify good.eml
expect 0 encrypt --no-self -o sent.eml to-carol.eml
claim elsewhere two carol@example.com keyAgreement 90
expect 0 verify elsewhere.eml
says 'contact confirm'
# Certificates of authorities that a message carries besides are not kept.
expect 0 contact list --json
openssl cms -sign -in entity -signer carol.pem -inkey carol.key -certfile stranger/ca.pem \
	-from carol@example.com -to alice@example.com -subject Hello -out stuffed.eml 2>err
expect 0 verify stuffed.eml
sqlite()
{
	python3 -c 'import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone())' "$SIGNET_HOME/store.db" "$1"
}
stranger=$(openssl x509 -in stranger/ca.pem -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f)
holds 'a stuffed authority is not kept' test "$(sqlite "SELECT count(*) FROM certificate WHERE fingerprint = '$stranger'")" = 0

# Checks: each finding with what to type; 1 and 2 are for those who watch.
export SIGNET_HOME=$work/check
expect 0 contact check
expect 0 contact check --json
json out 'r == []'
expect 67 contact check nobody@example.com
expect 0 trust add one/ca.pem
expect 0 contact import bob.pem
expect 0 contact check
silent
expect 0 contact check bob@example.com
expect 1 contact check --at "$(date -u -d '+715 days' +%FT%TZ)"
says 'expires on'
says 'signet contact find --refresh bob@example.com'
expect 2 contact check --at "$(date -u -d '+800 days' +%FT%TZ)" --json
json out '[f["code"] for f in r] == ["cert-expired"]'
expect 0 contact import bob.pem --address robert@example.net
expect 2 contact check robert@example.net --json
json out 'len(r) == 1 and r[0]["code"] == "address-mismatch" and r[0]["remedy"].startswith("signet contact delete")'
expect 0 contact delete robert@example.net
expect 0 contact import moved.pem
expect 2 contact check --json
json out '[f["code"] for f in r] == ["issuer-missing"] or [f["code"] for f in r] == ["issuer-unknown"]'
expect 0 contact delete "$moved"
expect 0 ca revoke --dir one "$(openssl x509 -in bob.pem -noout -serial | sed 's/.*=//')" --reason key-compromise
expect 0 ca crl --dir one -o one.crl
expect 2 contact check --crl one.crl --json
json out 'len(r) == 1 and r[0]["code"] == "cert-revoked" and r[0]["remedy"].startswith("signet contact delete")'
expect 0 contact check --crl one.crl --revocation none
expect 66 contact check --crl missing.crl
expect 64 contact check --revocation perhaps
finish
