#!/bin/bash
# contact harvest: Maildir, mbox and files of signed mails; many at once, again, and bad ones.
. "$(dirname "$0")/common.bash"

expect 0 ca init --dir "$work/one" --name CN=one --plain-key --algorithm p-256
expect 0 ca init --dir "$work/two" --name CN=two --plain-key --algorithm p-256
expect 0 ca init --dir "$work/stranger" --name CN=stranger --plain-key --algorithm p-256
person()
{
	SIGNET_HOME=$work/$1 expect 0 identity new "$2" --plain-key --algorithm p-256 --ca "$work/$3"
}
# mail FILE WHO FROM
mail()
{
	printf 'From: %s\r\nTo: alice@example.com\r\nSubject: Hello\r\n\r\nHello, %s.\r\nFrom here on.\r\n' \
		"$3" "$1" >plain
	SIGNET_HOME=$work/$2 expect 0 sign -o "$1" plain
}
person bob bob@example.com one
person carol carol@example.com one
person moved carol@example.com two
person unknown dave@example.com stranger
mkdir -p Maildir/new Maildir/cur Maildir/tmp Maildir/.Sent/cur Maildir/.Sent/new Maildir/deep/er
mail Maildir/cur/1.host:2,S bob bob@example.com
mail Maildir/cur/2.host:2, bob bob@example.com
mail Maildir/new/3.host carol carol@example.com
mail Maildir/.Sent/cur/4.host:2,S unknown dave@example.com
mail Maildir/tmp/5.host moved carol@example.com
mail Maildir/deep/er/6.eml bob bob@example.com
mail Maildir/deep/er/7.txt moved carol@example.com
printf 'From: a@example.com\r\nSubject: x\r\n\r\nNothing.\r\n' >Maildir/cur/8.host:2,
sed 's/Hello, /Hullo, /' Maildir/cur/1.host:2,S >Maildir/cur/9.host:2,
head -c 700 Maildir/cur/1.host:2,S >Maildir/cur/10.host:2,
printf 'From: x@example.com\nContent-Type: application/pkcs7-mime; smime-type=signed-data\n\nAAAA\n' >Maildir/new/11.host
: >Maildir/new/12.host
head -c 100000 /dev/urandom >Maildir/new/13.host
ln -s /etc Maildir/link
ln -s "$work/nowhere" Maildir/cur/14.host:2,
message bob@example.com >letter
SIGNET_HOME=$work/bob expect 0 identity export bob@example.com -o bob.pem
expect 0 encrypt --no-store -r ./bob.pem -o Maildir/cur/15.host:2,S letter

# Who is trusted comes first: without anchors nothing is kept, and nothing is given up either.
expect 66 contact harvest missing
expect 66 contact harvest Maildir missing
expect 64 contact harvest
expect 0 contact harvest Maildir --json
json out 'r["kept"] == 0 and r["untrusted"] == 5 and r["mails"] == 12'
expect 0 contact list --json
json out 'r == []'
expect 0 trust add one/ca.pem
expect 0 trust add two/ca.pem
expect 0 contact harvest Maildir --json
json out 'r["kept"] == 2 and r["known"] == 2 and r["untrusted"] == 1 and r["pending"] == 0'
json out 'r["seen_before"] == 7'
expect 0 contact list --json
json out '{c["address"] for c in r} == {"bob@example.com", "carol@example.com"}'
json out 'all(c["source"] == "harvest" and c["state"] == "accepted" for c in r)'
# Again: nothing is looked at but what may be trusted now; flags and folders may have changed.
mv Maildir/new/3.host Maildir/cur/3.host:2,RS
mv Maildir/cur/1.host:2,S Maildir/.Sent/cur/1.host:2,FS
expect 0 contact harvest Maildir --json
json out 'r["seen_before"] == 11 and r["untrusted"] == 1 and r["kept"] == 0'
expect 0 trust add stranger/ca.pem
expect 0 contact harvest Maildir
prints 'kept             1'
# One file; a mail of another authority waits.
expect 0 contact harvest Maildir/tmp/5.host --json
json out 'r["pending"] == 1 and r["mails"] == 1'
says 'contact confirm'
expect 0 contact list carol@example.com --json
json out 'sorted(c["state"] for c in r) == ["accepted", "pending"]'
message carol@example.com >to-carol
expect 0 encrypt --no-self -o sent.eml to-carol
SIGNET_HOME=$work/carol expect 4 open -o opened sent.eml

# mbox: LF as such files have it, "From " within a mail, a mail larger than a block, no end of line.
export SIGNET_HOME=$work/second
expect 0 trust add one/ca.pem
stamp='From someone@example.com Wed Nov 25 00:00:00 2026'
person erin erin@example.com one
mail erin.eml erin erin@example.com
{
	printf 'From: erin@example.com\r\nTo: alice@example.com\r\nSubject: long\r\n\r\n'
	for i in $(seq 20000); do printf 'A line of a long letter, number %d.\r\n' "$i"; done
} >plain
SIGNET_HOME=$work/erin expect 0 sign -o long.eml plain
{
	printf '%s\n' "$stamp"
	tr -d '\r' <Maildir/cur/2.host:2,
	printf '\n%s\n' "$stamp"
	printf 'From: x@example.com\n\nFirst paragraph\nFrom here it is no mail.\n'
	printf '\n%s\n' "$stamp"
	tr -d '\r' <long.eml
	printf '\n%s\n' "$stamp"
	tr -d '\r' <Maildir/cur/3.host:2,RS
} >box
expect 0 contact harvest box --json
json out 'r["mails"] == 4 and r["kept"] == 3 and r["not_signed"] == 1 and r["bad"] == 0'
{ cat box; printf '\n%s\n' "$stamp"; tr -d '\r' <erin.eml; } >grown
cp grown box
expect 0 contact harvest box --json
json out 'r["mails"] == 5 and r["seen_before"] == 3'
json out 'r["known"] >= 1 and r["kept"] == 0'
printf '%s\n' "$stamp" >empty-box
expect 0 contact harvest empty-box --json
json out 'r["mails"] == 1 and r["kept"] == 0'
head -c 3000000 /dev/zero | tr '\0' x >line
{ printf '%s\n' "$stamp"; cat line; printf '\n\n%s\n' "$stamp"; tr -d '\r' <erin.eml; } >odd
expect 0 contact harvest odd --json
json out 'r["mails"] == 2 and r["known"] == 1'

# Broken off in the middle, it goes on where it was; nothing that was kept is lost.
export SIGNET_HOME=$work/third
expect 0 trust add one/ca.pem
mkdir -p Many/cur
for i in $(seq 900); do
	cp erin.eml "Many/cur/$i.host:2,"
done
for i in 1 2 3; do
	timeout -s KILL 0.3 "$SIGNET" contact harvest Many >/dev/null 2>&1
done
expect 0 contact harvest Many --json
json out 'r["mails"] == 900 and r["kept"] + r["known"] + r["seen_before"] == 900 and r["bad"] == 0'
expect 0 contact harvest Many --json
json out 'r["seen_before"] == 900'
expect 0 contact list --json
json out 'len(r) == 1 and r[0]["state"] == "accepted"'
# Two at once.
export SIGNET_HOME=$work/fourth
expect 0 trust add one/ca.pem
"$SIGNET" contact harvest Many >first.log 2>&1 &
other=$!
expect 0 contact harvest Many --json
holds 'the other one ends well' wait $other
expect 0 contact list --json
json out 'len(r) == 1'
finish
