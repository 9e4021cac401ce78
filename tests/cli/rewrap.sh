#!/bin/bash
# rewrap: other recipients, the same ciphertext; every form that comes in goes out.
. "$(dirname "$0")/common.bash"

certificate() # NAME KEY-OPTIONS…
{
	local name=$1
	shift
	openssl req -x509 -nodes -keyout "$name.key" -out "$name.crt" -days 30 -subj "/CN=$name" \
		-addext "subjectAltName=email:$name@example.com" \
		-addext 'keyUsage=digitalSignature,keyEncipherment,keyAgreement' "$@" 2>/dev/null
}

envelope() # FILE FIELD (1 version, 2 recipients, 3 the rest)
{
	python3 "$TOP/tests/cli/envelope.py" "$1" | cut -d' ' -f"$2"
}

same_rest() # WHAT OLD NEW
{
	holds "$1: the ciphertext is the same" test -n "$(envelope "$2" 3)" -a \
		"$(envelope "$2" 3)" = "$(envelope "$3" 3)"
}

# reads WHO FORM FILE: openssl decrypts it to the text; shut_out: it does not.
reads()
{
	openssl cms -decrypt -inform "$2" -in "$3" -recip "$1.crt" -inkey "$1.key" >peer 2>peer.err &&
		grep -q 'Bring the ledger' peer
}
shut_out()
{
	! reads "$@"
}

certificate bob -newkey rsa:2048
certificate carol -newkey rsa:2048
certificate dave -newkey ec -pkeyopt ec_paramgen_curve:P-256
certificate erin -newkey ec -pkeyopt ec_paramgen_curve:P-384
# its certificate cannot be encrypted to
openssl req -x509 -nodes -newkey rsa:2048 -keyout sign.key -out sign.crt -days 30 -subj /CN=sign \
	-addext 'keyUsage=digitalSignature' 2>/dev/null
message bob@example.com 'X-Kept: as
	it  is' >m.eml
bob=(--no-store --cert bob.crt --key bob.key)
rewrap=(rewrap "${bob[@]}")

# What signet and openssl encrypt, to RSA and EC, with a tag and without.
for cipher in aes-256-gcm aes-128-gcm aes-256-cbc aes-128-cbc; do
	expect 0 encrypt --no-store --cipher $cipher -r ./bob.crt m.eml -o old.eml
	for who in carol dave erin; do
		expect 0 "${rewrap[@]}" -r ./$who.crt old.eml -o new.eml
		same_rest "$cipher to $who" old.eml new.eml
		holds "$cipher: $who reads it" reads $who SMIME new.eml
		holds "$cipher: bob reads it no longer" shut_out bob SMIME new.eml
		expect 2 open "${bob[@]}" new.eml
		diff <(sed '/^\r*$/q' old.eml) <(sed '/^\r*$/q' new.eml) >/dev/null
		holds "$cipher: the fields are the same" test $? -eq 0
	done
done
holds 'EnvelopedData to EC has version 2' test "$(envelope new.eml 1)" = 2
expect 0 "${rewrap[@]}" -r ./carol.crt old.eml -o new.eml
holds 'EnvelopedData to RSA has version 0' test "$(envelope new.eml 1)" = 0
expect 0 "${rewrap[@]}" -r ./carol.crt --key-transport oaep old.eml -o new.eml
holds 'by OAEP too' reads carol SMIME new.eml

# Both ways and back: what carol got goes to bob again.
expect 0 rewrap --no-store --cert carol.crt --key carol.key -r ./bob.crt new.eml -o back.eml
same_rest 'there and back' old.eml back.eml
holds 'bob reads it again' reads bob SMIME back.eml

# Old recipients beside the new; several new ones; one twice counts once.
expect 0 encrypt --no-store -r ./bob.crt m.eml -o old.eml
expect 0 "${rewrap[@]}" --keep -r ./carol.crt -r ./dave.crt -r ./carol.crt old.eml -o new.eml
same_rest 'with --keep' old.eml new.eml
holds 'three recipients' test "$(envelope new.eml 2)" = 3
for who in bob carol dave; do
	holds "$who reads it" reads $who SMIME new.eml
done
expect 0 encrypt --no-store --cipher aes-128-cbc -r ./bob.crt m.eml -o old.eml
expect 0 "${rewrap[@]}" --keep -r ./dave.crt old.eml -o new.eml
holds 'one of version 3 makes version 2' test "$(envelope new.eml 1)" = 2
holds 'bob reads it' reads bob SMIME new.eml

# Forms: bare DER and PEM, base64 and binary, BER of indefinite length, pipe, -o onto itself.
expect 0 encrypt --no-store --format der -r ./bob.crt m.eml -o old.der
expect 0 "${rewrap[@]}" -r ./carol.crt old.der -o new.der
same_rest 'DER' old.der new.der
holds 'DER' reads carol DER new.der
expect 0 encrypt --no-store --format pem -r ./bob.crt m.eml -o old.pem
sed -i 's/BEGIN CMS/BEGIN PKCS7/; s/END CMS/END PKCS7/; 1i what stands before\nand a --- line' old.pem
echo '-- what stands behind' >>old.pem
expect 0 "${rewrap[@]}" --format pem -r ./carol.crt old.pem -o new.pem
holds 'the label stays' grep -qx -- '-----END PKCS7-----' new.pem
holds 'the text before PEM stays' test "$(head -n 3 new.pem)" = "$(head -n 3 old.pem)"
holds 'the text behind PEM stays' test "$(tail -n 1 new.pem)" = '-- what stands behind'
sed -n '/BEGIN/,/END/p' new.pem >bare.pem
holds 'PEM' reads carol PEM bare.pem
holds 'its lines are of 64' test "$(sed -n 2p bare.pem | tr -d '\n' | wc -c)" -eq 64
for name in aes128 aes-256-gcm; do
	openssl cms -encrypt -stream -$name -in m.eml -outform DER -out old.ber bob.crt
	for keep in '' --keep; do
		# shellcheck disable=SC2086
		expect 0 "${rewrap[@]}" $keep -r ./dave.crt old.ber -o new.ber
		same_rest "BER $name $keep" old.ber new.ber
		holds "BER $name $keep" reads dave DER new.ber
	done
	openssl cms -encrypt -stream -binary -$name -in m.eml -out old.eml bob.crt
	expect 0 "${rewrap[@]}" -r ./carol.crt old.eml -o new.eml
	holds "openssl -stream $name" reads carol SMIME new.eml
	holds 'line ends stay' test "$(grep -c $'\r' new.eml)" -eq "$(grep -c $'\r' old.eml)"
done
{
	printf 'From: Alice <alice@example.com>\nContent-Type: application/pkcs7-mime; name=smime.p7m\n'
	printf 'Content-Transfer-Encoding: binary\n\n'
	cat old.der
} >old.eml
expect 0 "${rewrap[@]}" -r ./carol.crt old.eml -o new.eml
sed '1,/^$/d' new.eml >new.der
same_rest 'binary' old.der new.der
holds 'binary' reads carol DER new.der
{
	printf 'From: Alice <alice@example.com>\r\nContent-Type: application/pkcs7-mime; name=smime.p7m\r\n'
	printf 'Content-Transfer-Encoding: Quoted-Printable\r\n\r\n'
	python3 -c '
data = open("old.der", "rb").read()
for at in range(0, len(data), 24):
	print("".join("=%02X" % octet for octet in data[at:at + 24]) + "=", end="\r\n")'
} >quoted.eml
expect 0 "${rewrap[@]}" -r ./carol.crt quoted.eml -o new.eml
holds 'what was quoted-printable is base64' grep -qx $'Content-Transfer-Encoding: base64\r' new.eml
holds 'the encoding is said once' test "$(grep -c Encoding new.eml)" = 1
same_rest 'quoted-printable' old.der new.eml
holds 'quoted-printable' reads carol SMIME new.eml
expect_in 0 old.eml "${rewrap[@]}" -r ./carol.crt
sed '1,/^$/d' out >pipe.der
same_rest 'by pipe' old.der pipe.der
holds 'by pipe' reads carol DER pipe.der
expect 0 encrypt --no-store -r ./bob.crt m.eml -o self.eml
cp self.eml old.eml
expect 0 "${rewrap[@]}" -r ./carol.crt self.eml -o self.eml
same_rest 'onto itself' old.eml self.eml
holds 'onto itself' reads carol SMIME self.eml
sed '1i From alice@example.com Tue Nov 24 03:16:36 2026' old.eml >mbox.eml
expect 0 "${rewrap[@]}" -r ./carol.crt mbox.eml -o new.eml
holds 'the mbox line stays' grep -q '^From alice@example.com Tue' new.eml

# Encrypted twice: the outermost layer alone changes.
expect 0 encrypt --no-store -r ./erin.crt m.eml -o inner.eml
expect 0 encrypt --no-store -r ./bob.crt inner.eml -o old.eml
expect 0 "${rewrap[@]}" -r ./carol.crt old.eml -o new.eml
expect 0 decrypt --no-store --cert carol.crt --key carol.key --cert erin.crt --key erin.key new.eml
expect 2 decrypt --no-store --cert carol.crt --key carol.key new.eml

# With the store: addresses, my own keys.
people alice@example.com frank@example.com
expect 0 contact import carol.crt
expect 0 encrypt -r alice@example.com m.eml -o old.eml
expect 0 rewrap -r carol@example.com -r frank@example.com old.eml -o new.eml
same_rest 'with the store' old.eml new.eml
holds 'carol of the store reads it' reads carol SMIME new.eml
expect 67 rewrap -r carol@example.com -r nobody@example.com -r noone@example.com old.eml -o no.eml
says 'nobody@example.com'
says 'noone@example.com'
holds 'nothing is written' test ! -e no.eml

# What cannot be: each with its exit, and never an output.
expect 0 encrypt --no-store -r ./bob.crt m.eml -o old.eml
refused() # CODE ARGUMENT…
{
	local want=$1
	shift
	expect "$want" "$@" -o no.eml
	holds "nothing is written: $*" test ! -e no.eml
	expect "$want" "$@"
	silent
}
refused 2 rewrap --no-store --cert carol.crt --key carol.key -r ./dave.crt old.eml
says 'no recipient'
refused 4 "${rewrap[@]}" -r ./carol.crt m.eml
expect 0 sign --no-store --cert bob.crt --key bob.key --ignore-sender m.eml -o signed.eml
refused 4 "${rewrap[@]}" -r ./carol.crt signed.eml
says 'not encryption'
expect 0 sign --no-store --cert bob.crt --key bob.key --ignore-sender --opaque old.eml -o signed.eml
refused 4 "${rewrap[@]}" -r ./carol.crt signed.eml
refused 64 "${rewrap[@]}" old.eml
refused 64 "${rewrap[@]}" -r ./carol.crt --key-transport none old.eml
refused 66 "${rewrap[@]}" -r ./carol.crt nothing.eml
refused 67 "${rewrap[@]}" -r ./sign.crt old.eml
says 'not for encryption'
head -c 900 old.eml >cut.eml
refused 65 "${rewrap[@]}" -r ./carol.crt cut.eml
expect 0 encrypt --no-store --format der -r ./bob.crt m.eml -o old.der
python3 - <<'END'
data = bytearray(open("old.der", "rb").read())
for name, at in (("tag", len(data) - 1), ("text", len(data) - 40)):
    altered = bytearray(data)
    altered[at] ^= 1
    open(f"{name}.der", "wb").write(altered)
open("cut.der", "wb").write(data[:-20])
# the wrapped key: the last OCTET STRING of 256 octets
at = data.index(b"\x04\x82\x01\x00") + 100
data[at] ^= 1
open("key.der", "wb").write(data)
END
refused 1 "${rewrap[@]}" -r ./carol.crt tag.der
refused 1 "${rewrap[@]}" -r ./carol.crt text.der
refused 1 "${rewrap[@]}" -r ./carol.crt key.der
holds 'all are told the same' grep -q 'the authentication tag does not match' err
refused 65 "${rewrap[@]}" -r ./carol.crt cut.der
openssl pkcs8 -topk8 -in bob.key -out locked.key -passout pass:secret
refused 2 rewrap --no-store --cert bob.crt --key locked.key -r ./carol.crt old.der
echo wrong >pass
refused 2 rewrap --no-store --cert bob.crt --key locked.key --passphrase-file pass -r ./carol.crt old.der
echo secret >pass
expect 0 rewrap --no-store --cert bob.crt --key locked.key --passphrase-file pass -r ./carol.crt old.der
# CBC proves nothing: an altered key or padding is not told apart from a good one.
expect 0 encrypt --no-store --cipher aes-128-cbc --format der -r ./bob.crt m.eml -o old.der
python3 - <<'END'
data = bytearray(open("old.der", "rb").read())
data[-17] ^= 1
open("padding.der", "wb").write(data)
at = data.index(b"\x04\x82\x01\x00") + 100
data[at] ^= 1
open("key.der", "wb").write(data)
END
for name in padding key; do
	expect 0 "${rewrap[@]}" -r ./carol.crt $name.der -o new.der
	holds "$name: nothing is said" test ! -s err
done

# By a password, and by a key that both sides share.
echo swordfish >password
echo 000102030405060708090a0b0c0d0e0f >shared
expect 0 encrypt --no-store --password-file password --kek c0ffee:shared --format der m.eml -o old.der
refused 2 rewrap --no-store -r ./carol.crt old.der
refused 2 rewrap --no-store --password-file pass -r ./carol.crt old.der
expect 0 rewrap --no-store --password-file password -r ./carol.crt old.der -o new.der
expect 0 decrypt --no-store --cert carol.crt --key carol.key new.der -o out.eml
holds 'carol reads it' cmp m.eml out.eml
expect 0 rewrap --no-store --kek c0ffee:shared -r ./carol.crt old.der -o new.der
expect 0 decrypt --no-store --cert carol.crt --key carol.key new.der -o out.eml
holds 'carol reads it' cmp m.eml out.eml

# Any size in the same memory: 100 MB from a pipe.
if [ -x /usr/bin/time ]; then
	head -c 100000000 /dev/zero >zeros
	expect 0 encrypt --no-store --format der -r ./bob.crt zeros -o old.der
	rm zeros
	/usr/bin/time -f %M -o memory "$SIGNET" "${rewrap[@]}" -r ./carol.crt <old.der >new.der 2>err
	holds "rewrapping 100 MB takes $(cat memory) KiB" test "$(cat memory)" -lt 24000
	holds 'its end is the same' cmp <(tail -c 90000000 old.der) <(tail -c 90000000 new.der)
fi
finish
