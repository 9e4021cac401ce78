#!/bin/bash
# Recipients of every kind that openssl cms has, both ways: passwords, key-encryption keys, key agreement on
# every curve with every hash, with and without cofactor, RSA-OAEP with every hash; and what of them must fail.
set -eu
fails=0
count=0

# expect WHAT STATUS COMMAND…
expect()
{
	local what=$1 wanted=$2 status=0
	shift 2
	count=$((count + 1))
	"$@" >out 2>err || status=$?
	if [ "$status" -ne "$wanted" ]; then
		echo "FAILED: $what: status $status, not $wanted: $*"
		cat err
		fails=$((fails + 1))
	fi
}

same() # WHAT A B
{
	count=$((count + 1))
	cmp -s "$2" "$3" || { echo "FAILED: $1: $2 and $3 differ"; fails=$((fails + 1)); }
}

holds() # WHAT TEXT FILE
{
	count=$((count + 1))
	grep -q -- "$2" "$3" || { echo "FAILED: $1: no $2 in $3"; fails=$((fails + 1)); }
}

certificate() # NAME KEY-OPTIONS…
{
	local name=$1
	shift
	openssl genpkey "$@" -out "$name.key" 2>/dev/null
	openssl req -x509 -new -key "$name.key" -subj "/CN=$name" -days 30 -out "$name.crt" \
		-addext basicConstraints=CA:FALSE -addext extendedKeyUsage=emailProtection \
		-addext keyUsage=digitalSignature,keyEncipherment,keyAgreement \
		-addext "subjectAltName=email:$name@example.com" 2>/dev/null
}

# opened WHAT FILE OPTIONS…: signet decrypts it to what went in; CBC proves nothing, and ends with 5.
opened()
{
	local what=$1 file=$2 wanted=0
	shift 2
	case $what in *cbc*) wanted=5 ;; esac
	rm -f got
	expect "$what" "$wanted" "$SIGNET" decrypt --no-store --allow-unauthenticated "$@" -o got "$file"
	same "$what" octets got
}

printf 'any octets\0\377 and a\nline' >octets
printf 'correct horse\n' >password
printf 'correct horsf\n' >wrong
printf '\n' >empty
key16=000102030405060708090a0b0c0d0e0f
echo $key16 >key16
echo ${key16}1011121314151617 >key24
echo ${key16}101112131415161718191a1b1c1d1e1f >key32
openssl version

# Passwords. This openssl cannot write one beside GCM: the wrap would be GCM's too.
for cipher in aes-128-cbc aes-256-cbc des3; do
	expect "password, $cipher" 0 openssl cms -encrypt -binary -in octets -outform DER -out made "-$cipher" \
		-pwri_password 'correct horse'
	opened "password, openssl's $cipher cbc" made --password-file password
	expect "wrong password, $cipher" 2 "$SIGNET" decrypt --no-store --password-file wrong -o got made
	holds "wrong password, $cipher" 'not the one given' err
	expect "no password, $cipher" 2 "$SIGNET" decrypt --no-store -o got made
	expect "empty password, $cipher" 2 "$SIGNET" decrypt --no-store --password-file empty -o got made
done
for cipher in aes-256-gcm aes-128-gcm aes-256-cbc aes-128-cbc; do
	what="password, signet's $cipher"
	expect "$what" 0 "$SIGNET" encrypt --no-store --password-file password --cipher $cipher --format der \
		-o made octets
	expect "$what" 0 openssl cms -decrypt -binary -inform DER -in made -pwri_password 'correct horse' -out got
	same "$what" octets got
	opened "$what" made --password-file password
	expect "$what, wrong" 2 "$SIGNET" decrypt --no-store --password-file wrong -o got made
	openssl cms -cmsout -print -inform DER -in made >printed
	holds "$what" hmacWithSHA256 printed
	holds "$what" 'iterationCount\|0x927C0\|:0927C0' <(openssl asn1parse -inform DER -in made; cat printed)
done
expect 'an empty password' 64 "$SIGNET" encrypt --no-store --password-file empty --format der -o got octets
expect 'no such file' 66 "$SIGNET" encrypt --no-store --password-file nowhere --format der -o got octets

# Key-encryption keys.
for key in key16 key24 key32; do
	for cipher in aes-256-gcm aes-128-cbc; do
		what="$key, openssl's $cipher"
		expect "$what" 0 openssl cms -encrypt -binary -in octets -outform DER -out made "-$cipher" \
			-secretkey "$(cat $key)" -secretkeyid c0ffee
		opened "$what" made --kek "c0ffee:$key"
		expect "$what, another id" 2 "$SIGNET" decrypt --no-store --kek "c0ffef:$key" -o got made
		what="$key, signet's $cipher"
		expect "$what" 0 "$SIGNET" encrypt --no-store --kek "c0ffee:$key" --cipher $cipher --format der \
			-o made octets
		expect "$what" 0 openssl cms -decrypt -binary -inform DER -in made -secretkey "$(cat $key)" \
			-secretkeyid c0ffee -out got
		same "$what" octets got
		opened "$what" made --kek "c0ffee:$key"
	done
done
# The identifier matches: what is wrong after that is told by the content alone.
tr 0 1 <key32 >other32
expect 'the wrong key, GCM' 0 "$SIGNET" encrypt --no-store --kek c0ffee:key32 --format der -o made octets
expect 'the wrong key, GCM' 1 "$SIGNET" decrypt --no-store --kek c0ffee:other32 -o got made
expect 'a key of another length, GCM' 1 "$SIGNET" decrypt --no-store --kek c0ffee:key16 -o got made
for bad in c0ffee :key32 c0ffee: c0ffe:key32 xx:key32; do
	expect "--kek $bad" 64 "$SIGNET" decrypt --no-store --kek $bad -o got made
done
echo 0011 >short
expect 'a short key' 64 "$SIGNET" decrypt --no-store --kek c0ffee:short -o got made

# Key agreement: read with every hash that openssl derives by, with and without cofactor.
for curve in P-256 P-384 P-521 brainpoolP256r1 brainpoolP384r1 brainpoolP512r1 secp256k1; do
	certificate "$curve" -algorithm EC -pkeyopt "ec_paramgen_curve:$curve" -pkeyopt ec_param_enc:named_curve
	for hash in sha1 sha224 sha256 sha384 sha512; do
		for cofactor in 0 1; do
			what="$curve, $hash, cofactor $cofactor"
			expect "$what" 0 openssl cms -encrypt -binary -in octets -outform DER -out made -aes-256-gcm \
				-recip "$curve.crt" -keyopt "ecdh_kdf_md:$hash" -keyopt "ecdh_cofactor_mode:$cofactor"
			opened "$what" made --cert "$curve.crt" --key "$curve.key"
		done
	done
	expect "$curve" 0 openssl cms -encrypt -binary -in octets -outform DER -out made -aes-128-cbc \
		-recip "$curve.crt" -keyid
	opened "$curve by key identifier, cbc" made --cert "$curve.crt" --key "$curve.key"
	for cipher in aes-256-gcm aes-128-cbc; do
		what="$curve, signet's $cipher"
		expect "$what" 0 "$SIGNET" encrypt --no-store -r "./$curve.crt" --cipher $cipher --format der \
			-o made octets
		expect "$what" 0 openssl cms -decrypt -binary -inform DER -in made -recip "$curve.crt" \
			-inkey "$curve.key" -out got
		same "$what" octets got
	done
done
for curve in X25519 X448; do
	openssl genpkey -algorithm "$curve" -out "$curve.key"
	openssl pkey -in "$curve.key" -pubout -out "$curve.pub"
	openssl x509 -new -subj "/CN=$curve" -force_pubkey "$curve.pub" -key P-256.key -out "$curve.crt" -days 30 \
		2>/dev/null || openssl x509 -req -in <(openssl req -new -key P-256.key -subj "/CN=$curve") \
		-force_pubkey "$curve.pub" -CA P-256.crt -CAkey P-256.key -out "$curve.crt" -days 30 2>/dev/null
	expect "$curve" 0 "$SIGNET" encrypt --no-store -r "./$curve.crt" --format der -o made octets
	opened "$curve" made --cert "$curve.crt" --key "$curve.key"
done

# RSA-OAEP (RFC 4055): the hash, another for the mask, a label.
certificate rsa -algorithm RSA -pkeyopt rsa_keygen_bits:3072
for hash in sha1 sha224 sha256 sha384 sha512; do
	for mask in sha1 sha256 sha512; do
		what="oaep $hash, mgf1 $mask"
		expect "$what" 0 openssl cms -encrypt -binary -in octets -outform DER -out made -aes-256-gcm \
			-recip rsa.crt -keyopt rsa_padding_mode:oaep -keyopt "rsa_oaep_md:$hash" \
			-keyopt "rsa_mgf1_md:$mask"
		opened "$what" made --cert rsa.crt --key rsa.key
	done
done
expect 'oaep with a label' 0 openssl cms -encrypt -binary -in octets -outform DER -out made -aes-256-gcm \
	-recip rsa.crt -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_label:6c6162656c
opened 'oaep with a label' made --cert rsa.crt --key rsa.key
expect "signet's oaep" 0 "$SIGNET" encrypt --no-store -r ./rsa.crt --key-transport oaep --format der -o made octets
expect "signet's oaep" 0 openssl cms -decrypt -binary -inform DER -in made -recip rsa.crt -inkey rsa.key -out got
same "signet's oaep" octets got
openssl cms -cmsout -print -inform DER -in made >printed
holds "signet's oaep" rsaesOaep printed

# All kinds in one message, each opened by its own.
expect 'all kinds' 0 "$SIGNET" encrypt --no-store -r ./rsa.crt -r ./P-384.crt -r ./X25519.crt \
	--password-file password --kek c0ffee:key32 --kek 0b:key16 --format der -o made octets
opened 'all kinds, rsa' made --cert rsa.crt --key rsa.key
opened 'all kinds, ecdh' made --cert P-384.crt --key P-384.key
opened 'all kinds, x25519' made --cert X25519.crt --key X25519.key
opened 'all kinds, password' made --password-file password
opened 'all kinds, a key' made --kek 0b:key16
opened 'all kinds, wrong password and right key' made --password-file wrong --kek 0b:key16
expect 'all kinds, none' 2 "$SIGNET" decrypt --no-store --password-file wrong --kek 0c:key16 -o got made
expect 'all kinds, report' 0 "$SIGNET" inspect --no-store --password-file password --json made
for kind in key-transport key-agreement password kek; do
	holds 'all kinds, report' "\"$kind\"" out
done

# Ciphers that openssl cms does not have: signet reads what it writes; 2 where the key is derived by
# what the peer does not know.
for cipher in chacha20-poly1305 aes-256-gcm aes-256-cbc; do
	what="$cipher, cek-hkdf"
	expect "$what" 0 "$SIGNET" encrypt --no-store --password-file password -r ./rsa.crt --cipher $cipher \
		--cek-hkdf --format der -o made octets
	opened "$what" made --password-file password
	opened "$what" made --cert rsa.crt --key rsa.key
	holds "$what" 1.2.840.113549.1.9.16.3.31\\\|cek-hkdf <(openssl asn1parse -inform DER -in made)
	expect "$what" 0 "$SIGNET" encrypt --no-store -r ./rsa.crt --cipher $cipher --format der -o made octets
	opened "$cipher" made --cert rsa.crt --key rsa.key
done

# Old ciphers, where both have libcrypto's legacy provider: read, and called weak.
if openssl list -providers -provider legacy >/dev/null 2>&1; then
	for cipher in des rc2-40 rc2-64 rc2-128; do
		expect "$cipher cbc" 0 openssl cms -encrypt -provider default -provider legacy -binary -in octets \
			-outform DER -out made "-$cipher" -recip rsa.crt
		opened "$cipher cbc" made --cert rsa.crt --key rsa.key
		expect "$cipher" 5 "$SIGNET" decrypt --no-store --cert rsa.crt --key rsa.key --report report -o got made
		holds "$cipher" weak-algorithm report
	done
else
	echo 'there is no legacy provider here: DES and RC2 are left out'
fi
for cipher in des-cbc rc2-128-cbc 3des-cbc aes-256-ccm; do
	expect "$cipher is not written" 64 "$SIGNET" encrypt --no-store -r ./rsa.crt --cipher $cipher --format der \
		-o got octets
done

# Mail: the type says what is inside.
printf '%s\r\n' 'From: alice@example.com' 'To: bob@example.com' 'Subject: Plan' '' 'At noon.' >mail
expect 'mail by password' 0 "$SIGNET" encrypt --no-store --password-file password --cipher chacha20-poly1305 \
	-o made mail
holds 'mail by password' smime-type=authEnveloped-data made
expect 'mail by password' 4 "$SIGNET" open --no-store --password-file password -o got made
holds 'mail by password' 'At noon.' got

echo "$count checks, $fails failed"
[ "$fails" -eq 0 ]
