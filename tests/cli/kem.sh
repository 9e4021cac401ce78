#!/bin/bash
# RSA-KEM (RFC 9690): the RFC's example, what signet writes, and what is altered.
. "$(dirname "$0")/common.bash"
data=$TOP/tests/data/rfc9690
bob=(--no-store --cert "$data/bob.cer" --key "$data/bob.key.pem")

patch() # FILE OFFSET OCTETS: as printf has them, into a copy named altered
{
	cp "$1" altered
	printf '%b' "$3" | dd of=altered bs=1 seek="$2" conv=notrunc 2>dd.err
}

# The example is CBC, with nothing signed inside.
printf 'Hello, world!' >plain
expect 5 decrypt "${bob[@]}" -o no "$data/enveloped.der"
holds 'nothing was written' test ! -e no
expect 5 decrypt "${bob[@]}" --allow-unauthenticated -o read "$data/enveloped.der"
holds 'the example is read' cmp -s plain read
expect 5 open "${bob[@]}" --allow-unauthenticated --report report -o read "$data/enveloped.der"
json report 'r["layers"][0]["recipients"] == [{"kind": "kem", "id": "ski:9eeb67c9b95a74d44d2f16396680e801b5cba49c", "algorithm": "rsa-kem", "mine": True}]'

# kemct, encryptedKey and kekLength altered: as any CBC that is wrong, whatever it was.
for place in 200 525 506; do
	patch "$data/enveloped.der" $place '\021'
	expect 5 decrypt "${bob[@]}" --report report -o no altered
	json report '[p["code"] for p in r["problems"]] == ["unauthenticated"]'
	cat err >>all
done
holds 'no word tells them apart' test -z "$(sort all | uniq -c | awk '$1 != 3')"
# The identifiers of kdf and wrap: everybody sees that they are unknown.
for place in 488 519 84; do
	patch "$data/enveloped.der" $place '\177'
	expect 2 decrypt "${bob[@]}" --report report -o no altered
	json report '[p["code"] for p in r["problems"]] == ["algorithm-unavailable"]'
done

# What signet writes it reads, under every size of key; OtherRecipientInfo makes version 3.
certificate() # NAME
{
	openssl req -x509 -nodes -newkey rsa:2048 -keyout "$1.key" -out "$1.crt" -days 30 -subj "/CN=$1" \
		-addext "subjectAltName=email:$1@example.com" -addext 'keyUsage=keyEncipherment' 2>/dev/null
}
envelope() # FILE FIELD
{
	python3 "$TOP/tests/cli/envelope.py" "$1" | cut -d' ' -f"$2"
}
certificate carol
certificate dave
carol=(--no-store --cert carol.crt --key carol.key)
dave=(--no-store --cert dave.crt --key dave.key)
message carol@example.com >m.eml
for cipher in aes-128-gcm aes-192-gcm aes-256-gcm chacha20-poly1305; do
	expect 0 encrypt --no-store -r ./carol.crt --key-transport kem --cipher $cipher -o out.eml m.eml
	expect 0 decrypt "${carol[@]}" --report report -o read.eml out.eml
	holds "$cipher is read" grep -q 'We meet at noon.' read.eml
	json report '[(x["kind"], x["algorithm"]) for x in r["layers"][0]["recipients"]] == [("kem", "rsa-kem")]'
	expect 2 decrypt "${dave[@]}" -o no out.eml
done
for cipher in aes-128-cbc aes-192-cbc aes-256-cbc; do
	expect 0 encrypt --no-store -r ./carol.crt --key-transport kem --cipher $cipher -o out.eml m.eml
	holds "$cipher: EnvelopedData has version 3" test "$(envelope out.eml 1)" = 3
	expect 5 decrypt "${carol[@]}" --allow-unauthenticated -o read.eml out.eml
	holds "$cipher is read" grep -q 'We meet at noon.' read.eml
done

# AuthEnvelopedData: an octet of kemct and one of encryptedKey altered are the same to who sees it.
expect 0 encrypt --no-store -r ./carol.crt --key-transport kem --format der -o out.der m.eml
kemct=$(openssl asn1parse -inform DER -in out.der | sed -n '/:1.0.18033.2.2.4/{n;s/ *\([0-9]*\):.*/\1/p}')
wrapped=$(openssl asn1parse -inform DER -in out.der | sed -n '/aes256-wrap/{n;s/ *\([0-9]*\):.*/\1/p}')
for place in $((kemct + 100)) $((wrapped + 9)); do
	patch out.der $place '\021\022\023\024\025\026\027'
	expect 1 decrypt "${carol[@]}" --report report -o no altered
	json report 'r["verdict"] == "tampered" and [p["code"] for p in r["problems"]] == ["decrypt-failed"]'
	holds 'nothing was written' test ! -e no
done

# Beside others, rewritten for others, and by name only.
expect 0 encrypt --no-store -r ./carol.crt -r ./dave.crt --key-transport kem -o out.eml m.eml
expect 0 decrypt "${dave[@]}" -o read.eml out.eml
expect 0 rewrap "${dave[@]}" --keep -r ./dave.crt --key-transport oaep -o new.eml out.eml
expect 0 decrypt "${carol[@]}" -o read.eml new.eml
expect 0 encrypt --no-store -r ./dave.crt --cipher aes-128-cbc -o out.eml m.eml
expect 0 rewrap "${dave[@]}" -r ./carol.crt --key-transport kem -o new.eml out.eml
holds 'rewritten it has version 3' test "$(envelope new.eml 1)" = 3
expect 5 decrypt "${carol[@]}" --allow-unauthenticated -o read.eml new.eml
holds 'rewritten it is read' grep -q 'We meet at noon.' read.eml
expect 0 rewrap "${carol[@]}" -r ./dave.crt -o back.eml new.eml
holds 'and without it has version 0' test "$(envelope back.eml 1)" = 0
expect 64 encrypt --no-store -r ./carol.crt --key-transport rsa-kem -o no m.eml
says 'pkcs1, oaep, kem'
expect 64 rewrap "${carol[@]}" -r ./dave.crt --key-transport KEM -o no new.eml
says 'pkcs1, oaep, kem'
finish
