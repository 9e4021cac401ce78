#!/bin/bash
# enroll acme with the challenge mail from an IMAP server and the reply by an SMTP server.
. "$(dirname "$0")/common.bash"
printf 'open sesame\n' >password
printf 'close sesame\n' >wrong
servers=
stop() { for server in $servers; do kill "$server" 2>/dev/null; done; rm -rf "$work"; }
trap stop EXIT
await() { for _ in $(seq 100); do [ -s "$1" ] && return; sleep 0.1; done; }
for folder in box in; do
	mkdir -p $folder/new $folder/cur
done
expect 0 ca init --dir ca --name 'CN=ACME CA' --plain-key --algorithm p-256
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.pem -days 300 \
	-subj '/CN=test' -addext 'subjectAltName=IP:127.0.0.1' 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out other.pem -days 300 \
	-subj '/CN=test' -addext 'subjectAltName=DNS:elsewhere.test' 2>/dev/null
python3 "$TOP/tests/cli/acme_server.py" "$SIGNET" "$work/ca" tls.pem tls.key port log "$work/in" "$work/box" 2>server.err &
servers=$!
mail() # mail NAME MODE CERT KEY
{
	python3 "$TOP/tests/cli/mail_server.py" "$work/box" "$work/in" "$3" "$4" "$1.imap" "$1.smtp" "$1.log" "$2" 2>>server.err &
	servers="$servers $!"
	await "$1.smtp"
}
mail good tls tls.pem tls.key
mail plain plain tls.pem tls.key
mail other tls other.pem other.key
mail hang hang tls.pem tls.key
await port
at() { echo "127.0.0.1:$(cat "$1")"; }
# acme EXIT ADDRESS IMAP SMTP [OPTION…]
acme()
{
	expect "$1" enroll acme "https://$(at port)/ok/directory" "$2" --private-network --trust tls.pem --plain-key \
		--algorithm p-256 --authserv-id mx.example.com --imap "$3" --smtp "$4" --wait 20 \
		--mail-user alice --mail-password-file password "${@:5}"
}
imaps=imaps://$(at good.imap)
smtps=smtps://$(at good.smtp)

acme 0 alice@example.com "$imaps" "$smtps"
says 'identity of alice@example.com kept'
holds 'from whom' grep -q '^Smtp MAIL FROM:<alice@example.com>' good.log
holds 'and to whom' grep -q '^Smtp RCPT TO:<acme+ok@ca.test>' good.log
acme 0 two@example.com "$imaps/INBOX" "$smtps"
# Not the mail of the order before, which still lies there.
sleep 1
expect 0 identity renew alice@example.com
says 'was answered'

before=$(find in/new -type f | wc -l)
fails() { acme "$1" x@example.com "$3" "$4" "${@:5}"; says "$2"; }
fails 77 'user and password' "$imaps" "$smtps" --mail-password-file wrong
fails 64 'go together' "$imaps" "$smtps" --mail-password-file password --mail-user eve --mail-password-file missing/../password \
	--user bob
fails 66 'missing' "$imaps" "$smtps" --mail-password-file missing
fails 77 'no such folder' "$imaps/Nowhere" "$smtps"
fails 69 '' "imaps://$(at plain.imap)" "$smtps"
fails 69 'TLS' "imap://$(at plain.imap)" "$smtps"
fails 69 'TLS' "$imaps" "smtp://$(at plain.smtp)"
fails 69 'TLS certificate' "imaps://$(at other.imap)" "$smtps"
fails 69 'TLS certificate' "$imaps" "smtps://$(at other.smtp)"
fails 69 'too slow' "imaps://$(at hang.imap)" "$smtps"
fails 69 'connected' imaps://127.0.0.1:9 "$smtps"
fails 64 'imaps://HOST' "https://$(at good.imap)" "$smtps"
fails 64 'imaps://HOST' "imaps://alice:x@$(at good.imap)" "$smtps"
fails 64 'imaps://HOST' "$imaps/;UID=1" "$smtps"
fails 64 'smtps://HOST' "$imaps" "https://$(at good.smtp)"
holds 'no password went to who has no TLS' test -z "$(grep -iE 'login|auth' plain.log)"
holds 'nobody was answered' test "$before" -eq "$(find in/new -type f | wc -l)"
expect 0 identity list x@example.com --json
json out 'r == []'
finish
