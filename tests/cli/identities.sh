#!/bin/bash
# Several identities: which one signs and which is encrypted to, all keys ever owned, certificates for
# keys that are in the store, export for old and new clients, deletion with its warning.
. "$(dirname "$0")/common.bash"
printf 'secret\n' >pw
printf 'other\n' >pw-other
expect 0 ca init --name 'CN=CA' --plain-key --algorithm p-256 --at 2020-01-01 --days 36500
expect 0 trust add home/ca/ca.pem
mine() # PURPOSE TIME DAYS [OPTION…]: the fingerprint of a new identity of alice
{
	local purpose=$1 at=$2 days=$3
	shift 3
	count=$((count + 1))
	"$SIGNET" identity new alice@example.com --purpose "$purpose" --at "$at" --days "$days" --algorithm p-256 "$@" >out 2>err ||
		wrong "identity new $purpose $at"
	"$SIGNET" identity list --json >list.json
	python3 -c 'import json, sys; print(max(json.load(open("list.json")), key=lambda i: (i["not_before"], i["serial"]))["fingerprint"])'
}
signer() # FILE: the fingerprint of its signer
{
	"$SIGNET" verify --json "$1" 2>err | python3 -c 'import json, sys; print(json.load(sys.stdin)["layers"][0]["signers"][0]["fingerprint"])'
}
signs() # FINGERPRINT [OPTION…]: the identity that signs
{
	local who=$1
	shift
	expect 0 sign m.eml -o s.eml "$@"
	holds "signs as $who" test "$(signer s.eml)" = "$who"
}
reads() # FINGERPRINT: the certificate that is encrypted to, by its serial number in the report
{
	expect 0 encrypt m.eml -o e.eml
	"$SIGNET" identity show "$1" --json >show.json
	expect 4 open e.eml --report r.json -o o.eml
	json r.json "r['layers'][0]['recipients'][0]['id'].endswith('#' + __import__('json').load(open('show.json'))[0]['serial'])"
}
message alice@example.com >m.eml
old=$(mine both 2021-01-01 3650 --plain-key)
signs "$old"
reads "$old"
# Newer ones for one purpose each: the newest that is valid for it is taken.
sign=$(mine sign 2022-01-01 3650 --plain-key)
signs "$sign"
reads "$old"
encrypt=$(mine encrypt 2023-01-01 3650 --plain-key)
signs "$sign"
reads "$encrypt"
# They differ, so the signature says which is to be encrypted to; a reader keeps that one.
expect 0 sign m.eml -o s.eml
export SIGNET_HOME=$work/bob
expect 0 trust add home/ca/ca.pem
expect 0 verify s.eml
expect 0 contact list --json
json out "r[0]['fingerprint'] == '$encrypt'"
export SIGNET_HOME=$work/home
# Expired and future ones are passed over, however new.
expired=$(mine both 2024-01-01 30 --plain-key)
expect 0 identity show "$expired" --json
json out 'r[0]["state"] == "expired"'
signs "$sign"
reads "$encrypt"
future=$(mine both 2099-01-01 30 --plain-key)
expect 0 identity show "$future" --json
json out 'r[0]["state"] == "future"'
signs "$sign"
# The chosen default goes before newer ones, for what it is good for.
expect 64 identity default alice@example.com
expect 67 identity default 0123456789abcdef
expect 0 identity default "$old"
signs "$old"
reads "$old"
expect 0 identity default "$encrypt"
reads "$encrypt"
# One default to sign, another to be encrypted to; one for both takes the place of both.
sign_older=$(mine sign 2021-06-01 3650 --plain-key >/dev/null; python3 -c 'import json
print(next(i["fingerprint"] for i in json.load(open("list.json")) if i["not_before"] < "2021-06-02" and i["usage"] == ["sign"]))')
expect 0 identity default "$sign_older"
signs "$sign_older"
reads "$encrypt"
expect 0 identity list --json
json out 'sorted(i["fingerprint"] for i in r if i["default"]) == sorted(["'"$sign_older"'", "'"$encrypt"'"])'
expect 0 identity default "$expired"
signs "$sign"
reads "$encrypt"
expect 0 identity list --json
json out '[i["fingerprint"] for i in r if i["default"]] == ["'"$expired"'"]'
json out 'all(i["origin"] == "new" and i["token"] is None for i in r)'

# --- all keys ever owned are there to read with, and only the one that fits is unlocked ---
export SIGNET_HOME=$work/many
expect 0 ca init --name 'CN=CA' --plain-key --algorithm p-256 --at 2000-01-01 --days 36500
printf 'first\n' >pw-first
for year in $(seq 2001 2010); do
	for month in 01 03 05 07 09; do
		file=pw
		[ "$year-$month" = 2001-01 ] && file=pw-first
		"$SIGNET" identity new alice@example.com --algorithm p-256 --at $year-$month-01 --days 59 --passphrase-file $file 2>err || wrong "$year-$month"
	done
done
expect 0 identity list --json
json out 'len(r) == 50 and all(i["state"] == "expired" for i in r)'
first=$(python3 -c 'import json; print(json.load(open("out"))[-1]["fingerprint"])')
expect 67 sign m.eml
says 'expired'
expect 67 encrypt m.eml
expect 0 identity export "$first" -o first.pem
expect 0 encrypt --no-store --at 2001-01-15T00:00:00Z -r ./first.pem -o to-first.eml m.eml
# The key of the first is the last in the list: nobody is asked for the passphrase of the other 49.
cat >pinentry <<'EOF'
#!/bin/sh
echo OK
while read -r line; do
	case $line in
	SETDESC*) echo "$line" >>asked; echo OK ;;
	GETPIN*) echo D first; echo OK ;;
	*) echo OK ;;
	esac
done
EOF
chmod +x pinentry
expect 4 open to-first.eml --pinentry ./pinentry
prints 'Bring the ledger'
holds 'one question' test "$(wc -l <asked)" -eq 1
holds 'for the right key' grep -q "${first:0:16}" asked
expect 2 open to-first.eml --passphrase-file pw
expect 4 open to-first.eml --passphrase-file pw-first
# For somebody else nobody is asked.
rm asked
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -subj '/CN=x/emailAddress=x@example.com' -days 9 -out other.pem 2>err
expect 0 encrypt --no-store -r ./other.pem -o other.eml m.eml
began=$(date +%s%N)
expect 2 open other.eml --pinentry ./pinentry
holds 'nobody was asked' test ! -e asked
holds 'at once' test $((($(date +%s%N) - began) / 1000000)) -lt 2000
export SIGNET_HOME=$work/home

# --- a certificate for a key that is in the store: renewed, without a passphrase ---
expect 0 identity new carol@example.com --algorithm p-256 --passphrase-file pw
expect 0 identity export carol@example.com -o carol.pem
openssl x509 -in carol.pem -noout -pubkey >carol.pub
openssl req -new -key other.key -subj /CN=Carol -out any.csr
printf 'basicConstraints=CA:FALSE\nsubjectAltName=email:carol@example.com\nextendedKeyUsage=emailProtection\n' >ext
openssl x509 -req -in any.csr -force_pubkey carol.pub -CA home/ca/ca.pem -CAkey home/ca/ca.key -days 900 -extfile ext -out renewed.pem 2>err
openssl crl2pkcs7 -nocrl -certfile renewed.pem -certfile home/ca/ca.pem -outform DER -out renewed.p7b
expect 67 identity import carol.pem
says 'already'
expect 0 identity import renewed.p7b
expect 0 identity show carol@example.com --json
json out 'len(r) == 2 and all(i["key"] == "passphrase" for i in r)'
renewed=$(openssl x509 -in renewed.pem -noout -fingerprint -sha256 | sed 's/.*=//')
sed 's/alice@example.com/carol@example.com/' m.eml >from-carol.eml
expect 2 sign from-carol.eml -o s.eml
expect 0 sign from-carol.eml -o s.eml --passphrase-file pw
expect 0 verify s.eml
expect 0 encrypt -r ./carol.pem -o e.eml from-carol.eml
# With the old one gone the key is still there, and its mail can be read.
carol=$(openssl x509 -in carol.pem -noout -fingerprint -sha256 | sed 's/.*=//')
expect 0 identity delete "$carol"
holds 'no warning, since the key stays' test -z "$(grep 'never be read' err)"
expect 0 identity export "$renewed" -o renewed.p12 --passphrase-file pw
# Somebody else's certificate is no identity; nor is one with the same name and another key.
openssl x509 -req -in any.csr -CA home/ca/ca.pem -CAkey home/ca/ca.key -days 900 -extfile ext -out stranger.pem 2>err
expect 67 identity import stranger.pem
says 'contact import'
expect 67 identity import home/ca/ca.pem

# --- bad files change nothing ---
"$SIGNET" identity list --json >before
openssl pkcs12 -export -inkey other.key -in other.pem -passout pass:secret -out good.p12
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out unfit.key 2>err
for size in 1 20 100 300 500 $(($(stat -c %s good.p12) - 1)); do
	head -c "$size" good.p12 >cut.p12
	expect 65 identity import cut.p12 --passphrase-file pw
done
expect 2 identity import good.p12 --passphrase-file pw-other
expect 2 identity import good.p12
expect 67 identity import unfit.key other.pem --plain-key
says 'does not fit'
expect 67 identity import unfit.key --plain-key
# One good file beside a bad one: none of both.
expect 65 identity import good.p12 cut.p12 --passphrase-file pw
expect 67 identity import good.p12 unfit.key --passphrase-file pw
expect 66 identity import good.p12 missing.p12 --passphrase-file pw
openssl pkcs12 -export -inkey unfit.key -in unfit.key -nocerts -passout pass:secret -out keyonly.p12 2>err
expect 67 identity import keyonly.p12 --passphrase-file pw
openssl pkcs12 -export -nokeys -in other.pem -passout pass:secret -out nokey.p12 2>err
expect 67 identity import nokey.p12 --passphrase-file pw
# (a folder or file that the store cannot be written to)
if [ "$(id -u)" -ne 0 ]; then
	chmod 400 home/store.db
	expect 77 identity import good.p12 --passphrase-file pw
	chmod 600 home/store.db
fi
"$SIGNET" identity list --json >after
holds 'the store is as it was' cmp before after

# --- export ---
expect 64 identity export "$renewed" --legacy -o x.pem
expect 64 identity export "$renewed" --legacy --format der
expect 0 identity export "$renewed" --legacy -o old.p12 --passphrase-file pw
openssl pkcs12 -in old.p12 -passin pass:secret -info -noout >info 2>&1
holds 'an old MAC' grep -qi 'MAC: sha1' info
holds 'old encryption' grep -qi 'pbeWithSHA1And3-KeyTripleDES-CBC' info
expect 0 identity export "$renewed" -o new.p12 --passphrase-file pw
openssl pkcs12 -in new.p12 -passin pass:secret -info -noout >info 2>&1
holds 'a new MAC' grep -qi 'MAC: sha256' info
holds 'new encryption' grep -qi 'PBES2, PBKDF2, AES-256-CBC' info
holds 'nothing old in it' test -z "$(grep -i -e 3DES -e 'RC2' info)"
for form in old new; do
	export SIGNET_HOME=$work/home-$form
	expect 2 identity import $form.p12 --passphrase-file pw-other
	expect 0 identity import $form.p12 --passphrase-file pw
	expect 0 identity show carol@example.com --json
	json out 'len(r) == 1 and r[0]["origin"] == "import"'
	expect 0 identity import $form.p12 --passphrase-file pw
	expect 0 identity list --json
	json out 'len(r) == 1'
done
export SIGNET_HOME=$work/home

# --- delete ---
expect 64 identity delete carol@example.com
says 'never be read again'
says '--force'
expect 0 identity show "$renewed"
expect 0 identity delete carol@example.com --force
says 'never be read again'
expect 67 identity show "$renewed"
expect 0 identity import new.p12 --passphrase-file pw
expect 0 identity delete carol@example.com --yes
expect 0 identity import new.p12 --passphrase-file pw
# What only signs takes no mail with it.
expect 0 identity delete "$sign"
holds 'no warning' test -z "$(grep 'never be read' err)"
terminal() # ANSWER WORD…
{
	python3 - "$@" <<'EOF'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
said = b""
while True:
    try:
        piece = os.read(fd, 4096)
    except OSError:
        break
    said += piece
    if said.endswith(b"(yes/no) "):
        os.write(fd, sys.argv[1].encode() + b"\n")
        said += b"\n"
print(said.decode())
print("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
EOF
}
for answer in no y '' YES 'yes please'; do
	terminal "$answer" "$SIGNET" identity delete "$renewed" >out
	prints 'never be read again'
	prints 'status 64'
	expect 0 identity show "$renewed"
done
terminal yes "$SIGNET" identity delete carol@example.com >out
prints 'status 0'
expect 67 identity show "$renewed"
# A key to sign and another to encrypt: made at once, renewed each for what it does, exported in one file.
export SIGNET_HOME=$work/pair
expect 0 ca init --name 'CN=CA' --plain-key --algorithm p-256
expect 0 trust add pair/ca/ca.pem
expect 0 identity new pat@example.com --purpose separate --algorithm ed25519 --plain-key
expect 0 identity list --json
json out 'sorted((i["usage"], i["algorithm"]) for i in r) == [(["encrypt"], "x25519"), (["sign"], "ed25519")]'
expect 0 identity renew pat@example.com
expect 0 identity list --json
json out 'sorted(i["usage"][0] for i in r) == ["encrypt", "encrypt", "sign", "sign"]'
expect 0 identity export pat@example.com -o pat.p12 --passphrase-file pw
export SIGNET_HOME=$work/other-pair
expect 2 identity import pat.p12 --passphrase-file pw-other --plain-key
expect 0 identity import pat.p12 --passphrase-file pw --plain-key
expect 0 trust add pair/ca/ca.pem
message pat@example.com | sed 's/alice@/pat@/' >pat.eml
expect 0 protect pat.eml -o protected.eml
expect 0 open protected.eml
# The authority hands out the same as one PKCS#12 file, which others read; a request and PEM have one key.
expect 0 ca issue rob@example.com --dir pair/ca --purpose separate --algorithm p-256 -o rob.p12 --passphrase-file pw
holds 'two keys' test "$(openssl pkcs12 -in rob.p12 -passin file:pw -nodes 2>err | grep -c 'BEGIN PRIVATE KEY')" = 2
expect 0 identity import rob.p12 --passphrase-file pw --plain-key
expect 0 identity list rob@example.com --json
json out 'sorted(i["usage"] for i in r) == [["encrypt"], ["sign"]]'
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout r.key -out r.csr -subj /CN=R \
	-addext subjectAltName=email:rob@example.com 2>err
cp pair/ca/register register
expect 64 ca issue --csr r.csr --dir pair/ca --purpose separate -o r.pem
says 'a request has one'
expect 64 ca issue rob@example.com --dir pair/ca --purpose separate -o r.pem --plain-key
says 'PKCS#12'
expect 64 ca issue --domain example.com --dir pair/ca --purpose separate -o r.p12 --passphrase-file pw
holds 'nothing was noted' cmp register pair/ca/register
expect 73 ca issue rob@example.com --dir pair/ca --purpose separate -o nowhere/r.p12 --passphrase-file pw
expect 0 ca list --dir pair/ca --json
json out '[c["state"] for c in r][-2:] == ["revoked", "revoked"]'
finish
