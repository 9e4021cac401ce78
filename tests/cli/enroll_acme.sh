#!/bin/bash
# enroll acme: against a server of the test's own (acme_server.py) that checks what it gets.
. "$(dirname "$0")/common.bash"
db() { python3 -c 'import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchall())' "$SIGNET_HOME/store.db" "$1"; }
server=
stop() { [ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"; }
trap stop EXIT
for folder in box in; do
	mkdir -p $folder/new $folder/cur $folder/tmp
done
# A sendmail that brings the reply to the authority's mailbox.
cat >sendmail <<END
#!/bin/sh
echo "\$*" >>"$work/sent"
cat >"$work/in/new/\$\$.\$(date +%N)"
END
printf '#!/bin/sh\nexit 75\n' >busy
printf '#!/bin/sh\ncat >/dev/null\nexit 67\n' >unwilling
chmod +x sendmail busy unwilling

expect 0 ca init --dir ca --name 'CN=ACME CA' --plain-key --algorithm p-256
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.pem -days 300 \
	-subj '/CN=ACME' -addext 'subjectAltName=IP:127.0.0.1' 2>/dev/null
python3 "$TOP/tests/cli/acme_server.py" "$SIGNET" "$work/ca" tls.pem tls.key port log "$work/in" "$work/box" 2>server.err &
server=$!
for _ in $(seq 100); do
	[ -s port ] && break
	sleep 0.1
done
url=https://127.0.0.1:$(cat port)
# acme EXIT LABEL ADDRESS… [OPTION…]
acme()
{
	expect "$1" enroll acme "$url/$2/directory" --private-network --trust tls.pem --plain-key \
		--algorithm p-256 --sendmail "$work/sendmail" --authserv-id mx.example.com --wait 20 "${@:3}"
}
in_box() { acme "$@" --maildir box; }

# From nothing to an identity.
in_box 0 ok alice@example.com
says 'was answered'
says 'identity of alice@example.com kept'
holds 'sent as sendmail wants it' grep -qx -- '-i -f alice@example.com -- acme+ok@ca.test' sent
expect 0 identity export alice@example.com -o alice.pem
holds 'from the CA, with its chain' test "$(grep -c BEGIN alice.pem)" -eq 2
holds 'verified' openssl verify -CAfile ca/ca.pem alice.pem >/dev/null
holds 'the contact is told' grep -q "ok contact \['mailto:alice@example.com'\]" log
holds 'one account' test "$(db 'SELECT count(*) FROM acme_account')" = '[(1,)]'
in_box 0 ok two@example.com deux@example.com
expect 0 identity list two@example.com --json
json out 'r[0]["addresses"] == ["two@example.com", "deux@example.com"]'
holds 'the same account' test "$(grep -c '^ok account' log)" -eq 1
holds 'how it was got is known' test "$(db 'SELECT method FROM enrollment')" = "[('acme',), ('acme',)]"

# The reply goes where the mail says; bad nonces; slow servers.
in_box 0 replyto reply@example.com
holds 'to Reply-To' grep -q -- '-- answers@ca.test' sent
in_box 0 badnonce nonce@example.com
in_box 0 slow slow@example.com
in_box 69 alwaysbad nonce2@example.com
says 'nonces'

# In steps: the mail is brought by hand, and answered once.
acme 75 ok steps@example.com
says 'with --mail FILE'
expect 0 enroll csr --json
json out '[x["method"] for x in r] == ["acme"]'
waiting=$(db 'SELECT key FROM pending_request')
mail=$(grep -l 'To: steps@example.com' box/new/*)
expect 66 enroll acme "$url/ok/directory" steps@example.com --private-network --trust tls.pem --plain-key --mail missing
acme 77 ok steps@example.com --mail "$mail" --authserv-id mx.example.org
says 'nothing proves'
acme 75 ok steps@example.com --mail "$mail" --sendmail "$work/busy"
acme 69 ok steps@example.com --mail "$mail" --sendmail "$work/unwilling"
acme 69 ok steps@example.com --mail "$mail" --sendmail "$work/missing"
holds 'the same key' test "$waiting" = "$(db 'SELECT key FROM pending_request')"
acme 0 ok steps@example.com --mail "$mail"
holds 'answered once' test "$(grep -c 'f steps@example.com' sent)" -eq 1
acme 75 ok again@example.com --maildir box --wait 0
mail=$(grep -l 'To: again@example.com' box/new/*)
acme 75 ok again@example.com --mail "$mail" --wait 0
in_box 0 ok again@example.com
holds 'also then but once' test "$(grep -c 'f again@example.com' sent)" -eq 1

# Accounts: terms, binding to an account elsewhere.
in_box 77 terms terms@example.com
says '--agree-terms'
in_box 0 terms terms@example.com --agree-terms
printf 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\n' >eab
printf 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWU\n' >eab.wrong
printf 'not base64url!\n' >eab.none
in_box 77 eab eab@example.com
says '--eab-key-file'
in_box 64 eab eab@example.com --eab-id kid-1
in_box 77 eab eab@example.com --eab-id kid-2 --eab-key-file eab
in_box 77 eab eab@example.com --eab-id kid-1 --eab-key-file eab.wrong
says 'the binding is wrong'
in_box 65 eab eab@example.com --eab-id kid-1 --eab-key-file eab.none
in_box 0 eab eab@example.com --eab-id kid-1 --eab-key-file eab
in_box 77 deactivated gone@example.com
says 'not valid'
expect 0 enroll csr --json
json out 'r == []'

# Mail that nothing proves to be the server's is not answered.
before=$(wc -l <sent)
for label in nodkim otherdomain uncovered; do
	acme 75 $label forged@example.com --maildir box --wait 3
	says 'passed by'
done
printf 'From: acme+ok@ca.test\r\nTo: hoax@example.com\r\nSubject: ACME: %s\r\nAuto-Submitted: auto-generated\r\n\r\nx\r\n' \
	0123456789012345678901234567 >hoax.eml
acme 77 ok hoax@example.com --mail hoax.eml
says 'nothing proves'
{ printf 'Received: from elsewhere\r\nAuthentication-Results: mx.evil.test; dkim=pass header.d=ca.test\r\n'
printf 'Authentication-Results: mx.example.com; dkim=pass header.d=ca.test\r\n'; cat hoax.eml; } >hoax2.eml
sed 's/hoax@/hoax2@/' hoax2.eml >hoax3.eml
acme 77 ok hoax2@example.com --mail hoax3.eml
says 'nothing proves'
sed 's/^Subject: /Subject: Re: /' hoax.eml >re.eml
acme 67 ok hoax@example.com --mail re.eml
says 'ACME:'
acme 67 ok hoax4@example.com --mail hoax.eml
says 'another address'
holds 'nobody was answered' test "$before" -eq "$(wc -l <sent)"

# Signed by S/MIME, header and all, by a trusted certificate of the sender.
expect 0 ca issue acme+ok@ca.test --dir ca -o sender.p12 --generate-passphrase --algorithm p-256
cp out sender.pw
smime() # smime FILE ADDRESS [OPTION…]: the challenge mail of the box, signed
{
	sed -e '/^Authentication-Results/d' -e '/^DKIM-Signature/,/bh=/d' "$(grep -l "To: $2" box/new/*)" >plain.eml
	expect 0 sign plain.eml -o "$1" --p12 sender.p12 --passphrase-file sender.pw "${@:3}"
}
sign_anew() { expect 75 enroll acme "$url/ok/directory" "$1" --private-network --trust tls.pem --plain-key --algorithm p-256; }
sign_anew smime@example.com
smime s.eml smime@example.com
smime bare.eml smime@example.com --headers none
acme 77 ok smime@example.com --mail s.eml
expect 0 trust add ca/ca.pem
acme 77 ok smime@example.com --mail bare.eml
sed 's/A challenge/Another/' s.eml >changed.eml
acme 77 ok smime@example.com --mail changed.eml
acme 0 ok smime@example.com --mail s.eml

# What goes wrong leaves the store as it was.
before=$(db 'SELECT * FROM identity')
fails() { in_box "$1" "$2" x@example.com; says "$3"; }
fails 65 garbage 'is no ACME directory'
fails 65 html 'is no ACME directory'
fails 69 nothing 'no ACME directory'
fails 65 short 'newAccount'
fails 65 plain 'no https URL'
fails 75 ratelimit 'too many orders'
says '7200 s'
fails 77 rejected 'not this domain'
fails 69 outage 'Come back later'
fails 65 odd 'for a status'
fails 69 dns 'does not prove'
fails 65 notoken 'lacks a sender or a token'
fails 77 invalid 'wrong in the reply: the test'
fails 65 htmlcert 'no PEM chain'
fails 65 nopem ''
fails 67 mallory 'lacks the address x@example.com'
acme 66 ok y@example.com --maildir missing
acme 64 ok x.example.com
acme 64 ok '*@example.com'
expect 64 enroll acme "$url/ok/directory"
expect 64 enroll acme http://127.0.0.1/ x@example.com --plain-key
says 'https://HOST'
expect 69 enroll acme "$url/ok/directory" x@example.com --plain-key --trust tls.pem
expect 69 enroll acme "$url/ok/directory" x@example.com --plain-key --private-network
says 'TLS certificate is not accepted'
expect 69 enroll acme "$url/ok/directory" x@example.com --plain-key --offline
holds 'nothing has changed' test "$before" = "$(db 'SELECT * FROM identity')"

# The account's key and the new one under a passphrase.
printf 'correct horse\n' >pw
export SIGNET_HOME=$work/home2
expect 0 enroll acme "$url/ok/directory" pass@example.com --private-network --trust tls.pem --passphrase-file pw \
	--sendmail "$work/sendmail" --authserv-id mx.example.com --maildir box --wait 20 --algorithm p-256
holds 'both are' test "$(db 'SELECT is_key_encrypted FROM acme_account')" = '[(1,)]'
expect 2 enroll acme "$url/ok/directory" pass2@example.com --private-network --trust tls.pem --algorithm p-256
finish
