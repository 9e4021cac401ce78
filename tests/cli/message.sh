#!/bin/bash
# protect, sign, encrypt, open, verify, decrypt, inspect between two people with a store each.
. "$(dirname "$0")/common.bash"
people alice@example.com
alice=$SIGNET_HOME
bob=$work/bob
expect 0 identity new bob@example.com --home "$bob" --ca "$alice/ca" --plain-key --algorithm p-256
expect 0 trust add "$alice/ca/ca.pem" --home "$bob"
expect 0 identity export bob@example.com --home "$bob" -o bob.pem
message 'Bob <bob@example.com>' >m.eml

# Somebody without a certificate: named, nothing written.
expect 67 protect m.eml -o p.eml
says 'bob@example.com'
holds 'nothing was written' test ! -e p.eml
expect 0 contact import bob.pem

# There and back.
expect 0 protect m.eml -o p.eml
holds 'it is 0600' test "$(stat -c %a p.eml)" = 600
count=$((count + 1))
! grep -q 'ledger' p.eml || wrong 'the text is in the clear'
expect 0 open --home "$bob" p.eml -o o.eml --report r.json
says 'signet: valid: '
holds 'the text is back' grep -q 'Bring the ledger' o.eml
json r.json 'r["verdict"] == "valid" and r["encrypted"] and r["signed"]'
json r.json 'r["from"] == "alice@example.com"'
json r.json '[l["type"] for l in r["layers"]] == ["encrypted", "signed"]'
json r.json 'r["layers"][0]["cipher"] == "aes-256-gcm" and r["layers"][0]["integrity"] == "aead"'
json r.json '{p["code"] for p in r["problems"]} <= {"revocation-unknown"} and r["parts"] == [] and r["copies"] == []'
json r.json 'set(r) >= {"summary", "from_outer", "headers"}'

# The sender's certificate was kept: Bob can answer without having imported anything.
expect 0 contact list --home "$bob" --json
json out '[(c["address"], c["source"]) for c in r] == [("alice@example.com", "harvest")]'

# By pipe, from standard input, and onto itself.
expect_in 0 m.eml protect
cp out pipe.eml
expect_in 0 pipe.eml open --home "$bob"
prints 'Bring the ledger'
expect_in 0 pipe.eml open --home "$bob" -
cp p.eml self.eml
expect 0 open --home "$bob" self.eml -o self.eml
holds 'opened onto itself' grep -q 'Bring the ledger' self.eml
expect 0 open --home "$alice" p.eml
prints 'Bring the ledger'
expect 0 protect m.eml -o nosel.eml --no-self
expect 2 open --home "$alice" nosel.eml
silent

# Nobody's message.
expect 2 open --no-store p.eml -o x.eml --report r.json
holds 'nothing was written' test ! -e x.eml
json r.json 'r["verdict"] == "undecryptable"'
expect 2 verify --no-store p.eml
expect 2 decrypt --no-store p.eml
expect 0 inspect --no-store p.eml

# Signed only.
for how in '' --opaque; do
	# shellcheck disable=SC2086
	expect 0 sign $how m.eml -o s.eml
	expect 0 verify s.eml
	prints 'alice@example.com'
	says 'signet: valid: '
	expect 0 verify s.eml -o v.eml
	holds 'content with -o' grep -q 'Bring the ledger' v.eml
	silent
	expect 0 verify s.eml --json
	json out 'r["verdict"] == "valid" and not r["encrypted"] and r["signed"]'
	json out 'r["layers"][0]["signers"][0]["matches_from"] is True'
	expect 0 open s.eml
	prints 'Bring the ledger'
	expect 4 decrypt s.eml
	# Untrusted: open writes and says so, verify does not.
	expect 3 open --no-store s.eml -o u.eml
	says 'signet: untrusted: '
	holds 'open writes what is untrusted' test -s u.eml
	expect 3 verify --no-store s.eml -o u2.eml
	holds 'verify does not' test ! -e u2.eml
	expect 0 verify --no-store --trust "$alice/ca/ca.pem" s.eml
	expect 3 open --require valid --no-store s.eml -o u3.eml
	holds '--require valid withholds' test ! -e u3.eml
done

# Altered.
expect 0 sign m.eml -o s.eml
sed 's/at noon/at nine/' s.eml >t.eml
expect 1 open t.eml -o x.eml --report r.json
holds 'nothing was written' test ! -e x.eml
json r.json 'r["verdict"] == "tampered"'
says 'signet: tampered: '
expect 1 verify t.eml
expect 1 open t.eml --show-altered
prints 'at nine'

# Another sender in From.
expect 0 sign --headers none m.eml -o plain.eml
sed 's/^From: .*/From: Mallory <mallory@example.com>\r/' plain.eml >imp.eml
expect 6 open imp.eml -o imp.out
says 'signet: impostor: '
holds 'written all the same' test -s imp.out
expect 6 verify imp.eml
expect 0 open --ignore-sender imp.eml
expect 64 sign imp.eml -u alice@example.com
expect 67 sign imp.eml
says 'mallory@example.com'

# Not protected at all.
expect 4 open m.eml
prints 'Bring the ledger'
expect 4 verify m.eml
expect 4 open m.eml --require signed -o no.eml
holds 'withheld' test ! -e no.eml

# Encrypted only.
expect 0 encrypt m.eml -r ./bob.pem -o e.eml
expect 4 open --home "$bob" e.eml
prints 'Bring the ledger'
expect 0 decrypt --home "$bob" e.eml -o d.eml
holds 'decrypted' grep -q 'Bring the ledger' d.eml
expect 0 encrypt m.eml -r bob@example.com --cipher aes-128-cbc -o cbc.eml
says 'warning'
expect 5 open --home "$bob" cbc.eml -o x.eml
holds 'withheld' test ! -e x.eml
expect 5 open --home "$bob" cbc.eml --allow-unauthenticated
prints 'Bring the ledger'
# A signature inside is proof enough.
expect 0 encrypt s.eml -r bob@example.com --cipher aes-128-cbc -o cbcs.eml
count=$((count + 1))
! grep -q warning err || wrong 'warned of a message that is signed inside'
expect 0 open --home "$bob" cbcs.eml
expect 0 protect --compatible m.eml -o comp.eml
expect 0 open --home "$bob" comp.eml --report r.json -o x.eml
json r.json 'r["layers"][0]["cipher"] == "aes-128-cbc"'

# Recipients.
expect 67 encrypt m.eml -r carol@example.com -r dora@example.com -o x2.eml
says 'carol@example.com'
says 'dora@example.com'
holds 'nothing was written' test ! -e x2.eml
expect 66 encrypt m.eml -r ./missing.pem
printf 'From: alice@example.com\r\nSubject: x\r\n\r\nhello\r\n' >nobody.eml
expect 64 encrypt nobody.eml
says '-r'
printf 'hello without a header\n' >bare
expect 65 sign bare
says '--format der'
printf 'From: a@example.com, alice@example.com\r\nTo: bob@example.com\r\nSubject: x\r\n\r\nhi\r\n' >two.eml
expect 64 sign two.eml
says '-u'

# Bcc: a copy of its own for each.
expect 0 identity new carol@example.com --plain-key --algorithm p-256
message 'bob@example.com' 'Bcc: carol@example.com' >bcc.eml
expect 64 protect bcc.eml -o x3.eml
says '--output-dir'
holds 'nothing was written' test ! -e x3.eml
expect 0 protect bcc.eml --output-dir copies --report r.json
holds 'the folder is 0700' test "$(stat -c %a copies)" = 700
json copies/copies.json '[(c["file"], c["recipients"]) for c in r] == [("1.eml", ["bob@example.com"]), ("2.eml", ["carol@example.com"])]'
json r.json 'len(r["copies"]) == 2 and all(c["signed"] and c["encrypted"] for c in r["copies"])'
count=$((count + 1))
! grep -rqi carol copies/1.eml || wrong 'the Bcc recipient is named in the other copy'
expect 0 open --home "$bob" copies/1.eml
expect 2 open --home "$bob" copies/2.eml
expect 73 protect bcc.eml --output-dir copies
says 'not empty'
expect 64 protect bcc.eml --output-dir c2 -o x.eml
message 'bob@example.com' 'Bcc: nobody@example.com' >bcc2.eml
expect 67 protect bcc2.eml --output-dir c3
holds 'no folder is left' test ! -e c3

# Keys in files, without a store.
expect 0 identity export alice@example.com --with-key --plain-key -o alice.pem
expect 0 sign --no-store --cert alice.pem --key alice.pem m.eml -o s2.eml
expect 0 verify --no-store --trust "$alice/ca/ca.pem" s2.eml
expect 64 sign --no-store --cert alice.pem m.eml
expect 64 sign --no-store --cert bob.pem --key alice.pem m.eml
expect 67 sign --no-store m.eml
expect 0 protect --no-store --cert alice.pem --key alice.pem -r ./bob.pem m.eml -o p2.eml
expect 0 identity export bob@example.com --home "$bob" --with-key --plain-key -o bobkey.pem
expect 0 open --no-store --cert bobkey.pem --key bobkey.pem --trust "$alice/ca/ca.pem" p2.eml
prints 'Bring the ledger'
printf 'pw\n' >pw
expect 0 identity export bob@example.com --home "$bob" -o bob.p12 --passphrase-file pw
expect 0 open --no-store --p12 bob.p12 --passphrase-file pw --trust "$alice/ca/ca.pem" p2.eml
printf 'wp\n' >wrong
expect 2 open --no-store --p12 bob.p12 --passphrase-file wrong p2.eml
expect 2 open --no-store --p12 bob.p12 p2.eml

# Bare CMS.
printf 'any octets\n\0\xff' >any.bin
expect 64 sign --format der any.bin
expect 0 sign --format der -u alice@example.com any.bin -o any.p7m
expect 0 open any.p7m -o any.out
holds 'the same octets' cmp any.bin any.out
expect 0 sign --format pem --detached -u alice@example.com any.bin -o any.p7s
holds 'PEM' grep -q 'BEGIN' any.p7s
expect 0 verify --content any.bin any.p7s
printf 'x' >>any.bin
expect 1 verify --content any.bin any.p7s
expect 64 sign --detached m.eml

# Harvest: not by other anchors, another time, or without looking at the sender.
expect 0 contact delete alice@example.com --home "$bob"
for option in "--trust $alice/ca/ca.pem" "--at $(date -u +%Y-%m-%dT%H:%M:%SZ)" --ignore-sender; do
	# shellcheck disable=SC2086
	expect 0 open --home "$bob" $option p.eml -o x.eml
	expect 0 contact list --home "$bob" --json
	json out 'r == []'
done
expect 1 open --home "$bob" t.eml
expect 0 contact list --home "$bob" --json
json out 'r == []'
expect 0 verify --home "$bob" s.eml
expect 0 contact list --home "$bob" --json
json out 'len(r) == 1'
finish
