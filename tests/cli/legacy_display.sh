#!/bin/bash
# protect --legacy-display: what is hidden of the header is repeated in the text, for programs that
# do not know of protected fields (RFC 9788 5.2), and open --no-legacy-display gives the text back.
. "$(dirname "$0")/common.bash"
look() { python3 "$TOP/tests/cli/legacy_display.py" "$@"; }
people alice@example.com
subject='Subject: The plan'

# begin CONTENT-FIELD…: a message in CRLF whose body the caller adds; $subject is its Subject line.
begin()
{
	printf 'From: Alice <alice@example.com>\r\nTo: Alice <alice@example.com>\r\n%s\r\n' "$subject" >m.eml
	printf 'Date: Mon, 21 Sep 2026 15:00:00 +0200\r\nMIME-Version: 1.0\r\n' >>m.eml
	[ "$#" -eq 0 ] || printf '%s\r\n' "$@" >>m.eml
	printf '\r\n' >>m.eml
}
# body FORMAT: to the message, with the escapes of printf.
body() { printf -- "$1" >>m.eml; }

# makes HOW PATHS OPTION…: protects m.eml and opens it three ways; HOW is same or alike (see
# legacy_display.py), PATHS what the reports say.
makes()
{
	local how=$1 paths=$2
	shift 2
	expect 0 protect m.eml "$@" --legacy-display none -o plain.p7
	expect 0 open plain.p7 -o plain.eml
	expect 0 protect m.eml "$@" --legacy-display always -o always.p7 --report w.json
	json w.json "r['headers']['legacy_display'] == '$paths'.split()"
	expect 0 open always.p7 -o seen.eml --report r.json
	json r.json "r['headers']['legacy_display'] == '$paths'.split() and r['verdict'] == 'valid'"
	expect 0 open always.p7 --no-legacy-display -o back.eml
	holds "$how, without the element: $(head -n 6 m.eml | tail -n 1)" look "$how" plain.eml back.eml
}

# shows PATH TEXT: the text of that part begins so for a reader that knows nothing of it.
shows()
{
	count=$((count + 1))
	look text seen.eml "$1" >text
	printf "$2" >want
	head -c "$(stat -c %s want)" text | cmp -s - want || wrong "part $1 begins: $(head -c 200 text)"
}
holds_text()
{
	count=$((count + 1))
	look text seen.eml "$1" | tr -d '\r' | grep -qF -- "$2" || wrong "part $1 does not hold: $2"
}

# leaves OPTION…: nothing is repeated, and the message is the same as without the option.
leaves()
{
	expect 0 protect m.eml "$@" -o plain.p7
	expect 0 open plain.p7 -o plain.eml
	expect 0 protect m.eml "$@" --legacy-display always -o always.p7 --report w.json
	json w.json "r['headers']['legacy_display'] == []"
	expect 0 open always.p7 -o seen.eml
	holds "it was changed: $(grep -m 1 -i content-type m.eml)" cmp -s plain.eml seen.eml
}

# ---- RFC 9788 5.2.2: text/plain ----
begin 'Content-Type: text/plain; charset=utf-8'
body 'We meet at noon.\r\n\r\nBring the ledger.\r\n'
makes same 1
shows 1 'Subject: The plan\r\n\r\nWe meet at noon.\r\n'
holds 'the field is marked' grep -q 'hp-legacy-display="1"' seen.eml
sed -i 's/\r$//' m.eml
makes same 1
{ printf 'From alice Mon Sep 21 15:00:00 2026\n'; cat m.eml; } >mbox && mv mbox m.eml
makes same 1
shows 1 'Subject: The plan\r\n\r\nWe'

# The form of the RFC's example (D.1.2.1), and of its messages (C.3.2).
cat >want <<'END'
Subject: Handling the Jones contract

Please review and approve or decline by Thursday, it's critical!
END
subject='Subject: Handling the Jones contract'
begin 'Content-Type: text/plain; charset="us-ascii"'
body "Please review and approve or decline by Thursday, it's critical!\\r\\n"
makes same 1
holds 'it is as in D.1.2.1' cmp -s want <(look text seen.eml 1 | tr -d '\r')

subject='Subject: The plan'
begin 'Content-Type: text/plain; charset=utf-8; format=flowed;' 'Content-Transfer-Encoding: quoted-printable'
body 'Gr=C3=BC=C3=9Fe, a line that is soft=20\r\nbroken=\r\n here.\r\n'
makes alike 1
shows 1 'Subject: The plan\r\n\r\nGr\303\274\303\237e'
begin 'Content-Type: text/plain; charset=utf-8' 'Content-Transfer-Encoding: base64'
for text in 'The plan' 'The plan.' 'The plan..'; do
	subject="Subject: $text"
	begin 'Content-Type: text/plain; charset=utf-8' 'Content-Transfer-Encoding: base64'
	seq 1 100 | base64 -w 76 | sed 's/$/\r/' >>m.eml
	makes same 1
	holds_text 1 "$text"
	holds_text 1 100
done
subject='Subject: The plan'
begin 'Content-Type: text/plain; charset=utf-8' 'Content-Transfer-Encoding: 8bit'
body 'Gr\303\274\303\237e\r\n'
makes alike 1
begin
body 'No Content-Type.\r\n'
makes alike 1
shows 1 'Subject: The plan\r\n\r\nNo'
begin 'Content-Type: text/plain'
makes same 1
shows 1 'Subject: The plan\r\n\r\n'

# ---- charsets ----
subject='Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?='
begin 'Content-Type: text/plain; charset=us-ascii'
body 'Hello\r\n'
makes alike 1
shows 1 'Subject: Gr\303\274\303\237e\r\n\r\nHello'
begin 'Content-Type: text/plain'
body 'Hello\r\n'
makes alike 1
shows 1 'Subject: Gr\303\274\303\237e\r\n\r\nHello'
begin 'Content-Type: text/plain; charset=iso-8859-1' 'Content-Transfer-Encoding: 8bit'
body 'Gr\374\337e\r\n'
makes alike 1
shows 1 'Subject: Gr\303\274\303\237e\r\n\r\nGr\303\274'
subject='Subject: =?utf-8?b?5pel5pys?='
begin 'Content-Type: text/plain; charset=iso-2022-jp'
body '\033$BF|K\\\\\033(B\r\n'
makes alike 1
shows 1 'Subject: \346\227\245\346\234\254\r\n\r\n\346\227\245'
begin 'Content-Type: text/plain; charset=iso-8859-1'
body 'A charset that lacks them.\r\n'
leaves
begin 'Content-Type: text/plain; charset=us-ascii' 'Content-Transfer-Encoding: 8bit'
body 'It says US-ASCII, and is not: \374\r\n'
leaves
subject='Subject: The plan'
begin 'Content-Type: text/plain; charset=x-none'
body 'A charset that nobody knows.\r\n'
leaves
begin 'Content-Type: text/html; charset=x-none'
body '<p>A charset that nobody knows.</p>\r\n'
leaves
begin 'Content-Type: text/plain; charset=utf-7'
body 'Not US-ASCII in its own place.\r\n'
leaves
begin 'Content-Type: text/plain; charset=utf-16le' 'Content-Transfer-Encoding: base64'
printf 'Hello' | iconv -t utf-16le | base64 >>m.eml
leaves

# RFC 9788 10.3: an empty line in a Subject does not end the element.
subject='Subject: =?utf-8?q?One=0D=0A=0D=0Atwo?=   three'
begin 'Content-Type: text/plain; charset=utf-8'
body 'Text\r\n'
makes same 1
shows 1 'Subject: One two three\r\n\r\nText'

# ---- RFC 9788 5.2.3: text/html ----
subject='Subject: <b>"Tom" & '"'Jerry'</b></div>"
element='<pre>Subject: &lt;b&gt;&quot;Tom&quot; &amp; &apos;Jerry&apos;&lt;/b&gt;&lt;/div&gt;</pre>'
begin 'Content-Type: text/html; charset=utf-8'
body '<!DOCTYPE html><html><head><script>"<body>"</script><title></title></head><BODY class="a>b">\r\n<p>Text</p></body></html>\r\n'
makes same 1
holds_text 1 '<BODY class="a>b"><div class="header-protection-legacy-display">'
holds_text 1 "$element"
begin 'Content-Type: text/html; charset=utf-8' 'Content-Transfer-Encoding: quoted-printable'
body '<html><head><title>=C3=BC</title></head><body style=3D"margin:0; padding:00"=\r\n><p>Gr=C3=BC=C3=9Fe</p></body></html>\r\n'
makes alike 1
holds_text 1 "$element"
count=$((count + 1))
sed -n '/^$/,$p' seen.eml | tr -d '\r' | grep -q '.\{77\}' && wrong 'a quoted-printable line is over 76'
for pad in '' x xx; do
	begin 'Content-Type: text/html' 'Content-Transfer-Encoding: base64'
	printf '<html><!--%s--><body>\r\n<p>Text of some length, more than a line of base64 holds</p></body></html>\r\n' "$pad" |
		base64 -w 76 | sed 's/$/\r/' >>m.eml
	makes same 1
	holds_text 1 "$element"
	begin 'Content-Type: text/html' 'Content-Transfer-Encoding: base64'
	printf '%s<body>' "$pad" | base64 | sed 's/$/\r/' >>m.eml
	makes same 1
	holds_text 1 "$element"
done
subject='Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?='
begin 'Content-Type: text/html; charset=iso-8859-2'
body '<html><head></head><p>No body tag.</p></html>\r\n'
makes same 1
holds_text 1 '<html><head></head><div class="header-protection-legacy-display">'
holds_text 1 '<pre>Subject: Gr&#252;&#223;e</pre>'
begin 'Content-Type: text/html; charset=us-ascii'
body '<p>A fragment.</p>\r\n'
makes same 1
shows 1 '<div class="header-protection-legacy-display">\r\n<pre>'
subject='Subject: The plan'
begin 'Content-Type: text/html' 'Content-Transfer-Encoding: base64'
printf '<body>Text' | iconv -t utf-16le | base64 >>m.eml
leaves
begin 'Content-Type: text/html' 'Content-Transfer-Encoding: base64'
body 'PGJvZHk!+!\r\n'
expect 0 protect m.eml --legacy-display always -o always.p7
expect 0 open always.p7
begin 'Content-Type: text/html'
{
	printf '<html><head><style>\r\n'
	seq -f '.class-%g { margin: 0 }' 1 4000 | sed 's/$/\r/'
	printf '</style></head><body>Far behind.</body></html>\r\n'
} >>m.eml
leaves

# ---- RFC 9788 5.2.4: the main parts, and no other ----
begin 'Content-Type: multipart/mixed; boundary=m'
body 'Preamble\r\n--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n'
body '--a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nText\r\n'
body '--a\r\nContent-Type: multipart/related; boundary=r\r\n\r\n--r\r\nContent-Type: text/html\r\n\r\n<body>Text</body>\r\n'
body '--r\r\nContent-Type: text/html\r\n\r\n<body>Related</body>\r\n--r--\r\n'
body '\r\n--a--\r\n\r\n--m\r\nContent-Type: text/plain\r\n\r\nAn attachment\r\n--m--\r\n'
makes same '1.1 1.2.1'
shows 1.1 'Subject: The plan\r\n\r\nText'
holds_text 1.2.1 '<body><div class="header-protection-legacy-display">'
shows 1.2.2 '<body>Related'
shows 2 'An attachment'
begin 'Content-Type: multipart/mixed; boundary=m'
body '--m\r\n\r\n--m\r\nContent-Type: text/plain\r\n\r\nAn attachment\r\n--m--\r\n'
expect 0 protect m.eml --legacy-display always -o always.p7
expect 0 open always.p7 --no-legacy-display
prints 'An attachment'
for fields in 'Content-Disposition: attachment' 'Content-Disposition: inline; filename=a.txt' \
	'Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==' 'Content-Transfer-Encoding: x-own' 'Content-Type: text/plain'; do
	begin 'Content-Type: text/plain' "$fields"
	body 'Text\r\n'
	leaves
done
begin 'Content-Type: text/plain; hp-legacy-display="1"'
body 'Subject: Another\r\n\r\nText\r\n'
expect 0 protect m.eml --legacy-display always -o always.p7 --report w.json
json w.json 'r["headers"]["legacy_display"] == []'
begin 'Content-Type: text/calendar'
body 'BEGIN:VCALENDAR\r\n'
leaves
begin 'Content-Type: message/rfc822'
body 'From: bob@example.com\r\nSubject: Other\r\n\r\nForwarded\r\n'
leaves
begin 'Content-Type: multipart/mixed; boundary=m'
body '--m\r\nContent-Type: multipart/digest; boundary=d\r\n\r\n--d\r\nContent-Type: text/plain\r\n\r\nText\r\n--d--\r\n\r\n--m--\r\n'
leaves

# ---- where nothing is hidden ----
begin 'Content-Type: text/plain; charset=utf-8'
body 'Text\r\n'
leaves --headers none
leaves --headers no-confidentiality
cp m.eml keep.eml
subject='X-Other: x'
begin 'Content-Type: text/plain; charset=utf-8'
body 'Text\r\n'
leaves
cp keep.eml m.eml
expect 0 sign m.eml --legacy-display always
count=$((count + 1))
! grep -q hp-legacy-display out || wrong 'a signed message got an element'
expect 0 encrypt -r alice@example.com m.eml --legacy-display always -o always.p7
expect 4 open always.p7 -o seen.eml --report r.json
json r.json 'r["headers"]["legacy_display"] == ["1"]'
shows 1 'Subject: The plan\r\n\r\nText'
expect 0 sign m.eml -o signed.eml
expect 0 encrypt -r alice@example.com signed.eml --legacy-display always --headers none -o always.p7
expect 0 open always.p7 --report r.json
json r.json 'r["headers"]["legacy_display"] == []'
printf 'Content-Type: text/plain\r\n\r\nBare\r\n' >bare.eml
expect 0 protect bare.eml -u alice@example.com -r alice@example.com --legacy-display always -o always.p7 --report w.json
json w.json 'r["headers"]["legacy_display"] == []'
expect 0 protect m.eml --format der -u alice@example.com -r alice@example.com --legacy-display always -o always.p7 --report w.json
json w.json 'r["headers"]["legacy_display"] == []'

# RFC 9788 6.1: hidden since the message answered had it hidden, whatever the policy; and shy.
makes same 1 --headers no-confidentiality --keep-hidden Subject
shows 1 'Subject: The plan\r\n\r\nText'
makes same 1 --headers shy
shows 1 'From: Alice <alice@example.com>\r\nTo: Alice <alice@example.com>\r\nSubject: The plan\r\nDate: Mon, 21 Sep 2026 15:00:00 +0200\r\n\r\nText'
# All of it, or nothing.
subject="Subject: $(printf 'word%.0s ' {1..200} | fold -sw 76 | sed '2,$s/^/ /')"
begin 'Content-Type: text/plain; charset=utf-8'
body 'Text\r\n'
makes alike 1
subject="Subject: $(seq -f ' word %g' 1 2000)"
begin 'Content-Type: text/plain; charset=utf-8'
body 'Text\r\n'
leaves

# ---- large: nothing of it is kept in memory ----
subject='Subject: The plan'
begin 'Content-Type: text/plain; charset=us-ascii'
seq -f 'Line %.0f of a text that is long.' 1 300000 | sed 's/$/\r/' >>m.eml
holds 'it is large' test "$(stat -c %s m.eml)" -gt 10000000
makes same 1
expect_in 0 m.eml protect --legacy-display always
mv out always.p7
expect 0 open always.p7 --no-legacy-display -o back.eml
holds 'from a pipe too' look same plain.eml back.eml

# ---- the option ----
cp keep.eml m.eml
expect 0 protect m.eml -o default.p7
expect 0 open default.p7
count=$((count + 1))
! grep -q hp-legacy-display out || wrong 'it is the default'
expect 64 protect m.eml --legacy-display auto
says 'none of always, none'
expect 64 open default.p7 --legacy-display always
printf 'legacy-display = always\n' >"$SIGNET_HOME/config"
expect 0 protect m.eml -o always.p7
expect 0 open always.p7
prints 'hp-legacy-display="1"'
finish
