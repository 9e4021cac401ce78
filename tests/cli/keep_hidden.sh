#!/bin/bash
# Replies keep what was confidential confidential (RFC 9788 6.1): by --keep-hidden, and by the HP-Outer
# fields of the message answered where the draft brings them.
. "$(dirname "$0")/common.bash"
people alice@example.com bob@example.com
P=(--headers no-confidentiality)

# draft FIELD…: a reply of Alice to Bob, with these fields besides.
draft()
{
	{
		printf 'From: Alice <alice@example.com>\r\nTo: Bob <bob@example.com>\r\n'
		printf 'Subject: Re: The plan\r\nKeywords: ledger\r\nX-Project: Osiris\r\n'
		printf 'Date: %s\r\nMessage-ID: <2@example.com>\r\n' "$(date -R)"
		[ "$#" -eq 0 ] || printf '%s\r\n' "$@"
		printf 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nYes.\r\n'
	} >d.eml
}
# outside TEXT…: the protected message says it in the clear; hides TEXT…: it does not, and once
# opened it does.
outside()
{
	local text
	for text; do
		count=$((count + 1))
		grep -qF -- "$text" p.eml || wrong "not outside: $text"
	done
}
hides()
{
	local text
	expect 0 open p.eml -o o.eml --report r.json
	json r.json 'r["verdict"] == "valid"'
	for text; do
		count=$((count + 2))
		! grep -qF -- "$text" p.eml || wrong "outside: $text"
		grep -qF -- "$text" o.eml || wrong "not inside: $text"
	done
}

# Without either, the policy alone decides.
draft
expect 0 protect "${P[@]}" d.eml -o p.eml
outside 'Re: The plan' ledger Osiris
expect 0 protect d.eml -o p.eml
hides 'Re: The plan' ledger
outside 'Subject: [...]' Osiris

# By the flag: whatever the policy, for any field, in any case, several times, for one without recipients' names.
expect 0 protect "${P[@]}" --keep-hidden subject d.eml -o p.eml
hides 'Re: The plan'
outside 'Subject: [...]' ledger Osiris
json r.json 'r["headers"]["hidden"] == ["Subject"]'
expect 0 protect "${P[@]}" --keep-hidden Subject --keep-hidden X-Project d.eml -o p.eml
hides 'Re: The plan' Osiris
outside ledger
expect 0 protect --keep-hidden X-Project d.eml -o p.eml
hides 'Re: The plan' ledger Osiris
expect 0 protect "${P[@]}" --keep-hidden From --keep-hidden To d.eml -o p.eml
hides 'Alice <' 'Bob <'
outside 'From: alice@example.com' 'To: bob@example.com' 'Re: The plan'
expect 0 protect "${P[@]}" --keep-hidden Date d.eml -o p.eml
outside '+0000'
expect 0 protect "${P[@]}" --keep-hidden X-Not-There d.eml -o p.eml
outside 'Re: The plan' ledger Osiris
expect 0 encrypt "${P[@]}" --keep-hidden Subject d.eml -o p.eml
outside 'Subject: [...]'
printf 'keep-hidden = Subject\n' >"$SIGNET_HOME/config"
expect 0 protect "${P[@]}" d.eml -o p.eml
hides 'Re: The plan'
rm "$SIGNET_HOME/config"

# By HP-Outer fields in the draft: what they show otherwise, or not at all, was hidden.
draft 'HP-Outer: Subject: [...]' 'HP-Outer: X-Project: Osiris'
expect 0 protect "${P[@]}" d.eml -o p.eml
hides 'Re: The plan' ledger
outside 'Subject: [...]' Osiris
holds 'HP-Outer itself stays inside' test "$(grep -c HP-Outer p.eml)" -eq 0
draft 'HP-Outer: Subject: Re: The plan' 'HP-Outer: Keywords: ledger'
expect 0 protect "${P[@]}" d.eml -o p.eml
outside 'Re: The plan' ledger Osiris
draft 'HP-Outer: From: alice@example.com' 'HP-Outer: Subject: Re: The plan' 'HP-Outer: Keywords: ledger'
expect 0 protect "${P[@]}" d.eml -o p.eml
hides 'Alice <'
outside 'From: alice@example.com' 'Re: The plan'
draft 'HP-Outer: no field at all'
expect 0 protect "${P[@]}" d.eml -o p.eml
outside 'Re: The plan' ledger

# From end to end: Bob's message hides its Subject, the payload that Alice answers says so, and so
# does her answer, although her policy would not.
{
	printf 'From: Bob <bob@example.com>\r\nTo: Alice <alice@example.com>\r\nSubject: The plan\r\n'
	printf 'Date: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nWhat now?\r\n' "$(date -R)"
} >b.eml
expect 0 protect b.eml -o b.p7
expect 0 open b.p7 --entity -o entity
mapfile -t outer < <(grep '^HP-Outer:' entity | tr -d '\r')
holds 'the payload says what was outside' test "${#outer[@]}" -ge 3
draft "${outer[@]}"
expect 0 protect "${P[@]}" d.eml -o p.eml
hides 'Re: The plan'
expect 0 protect b.eml "${P[@]}" -o b.p7
expect 0 open b.p7 --entity -o entity
mapfile -t outer < <(grep '^HP-Outer:' entity | sed 's/: The plan/: Re: The plan/' | tr -d '\r')
draft "${outer[@]}"
expect 0 protect "${P[@]}" d.eml -o p.eml
outside 'Re: The plan'

# Where nothing can be hidden, nothing is written: not signed alone, not without header protection,
# not in a message that is protected already.
draft
for how in sign 'protect --headers none' 'encrypt --headers none'; do
	expect 64 $how --keep-hidden Subject d.eml -o x.eml
	says 'Subject was confidential'
	holds 'nothing was written' test ! -e x.eml
done
expect 0 sign --keep-hidden X-Not-There d.eml -o s.eml
expect 64 encrypt --keep-hidden Subject s.eml -o x.eml
draft 'HP-Outer: Subject: [...]'
expect 64 sign d.eml -o x.eml
says 'encrypt, with header protection'
expect 64 protect --headers none d.eml -o x.eml
holds 'nothing was written' test ! -e x.eml
expect 64 open --keep-hidden Subject p.eml
finish
