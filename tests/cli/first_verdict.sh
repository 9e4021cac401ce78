#!/bin/bash
# The first good verdict of a message is remembered, and told once its certificate has ended.
. "$(dirname "$0")/common.bash"

expect 0 ca init --name 'CN=Test CA' --plain-key --algorithm p-256
expect 0 trust add "$SIGNET_HOME/ca/ca.pem"
expect 0 identity new alice@example.com --plain-key --algorithm p-256 --days 30
expect 0 identity new bob@example.com --plain-key --algorithm p-256 --days 30
printf 'From: Alice <alice@example.com>\r\nTo: bob@example.com\r\nSubject: x\r\n\r\nhello\r\n' >mail
today=$(date -u +%Y-%m-%d)
later=$(date -u -d '+200 days' +%Y-%m-%dT00:00:00Z)
for way in 'sign' 'sign --headers none' 'sign --opaque' 'protect -r bob@example.com'; do
	# shellcheck disable=SC2086
	expect 0 $way -o "first.eml" mail
	# What was never good is not said to have been.
	expect 3 open --at "$later" --report report -o o first.eml
	json report 'not any(p["code"] == "was-valid" for p in r["problems"])'
	# Who says when, or whom to trust, is trying something out: nothing is kept.
	expect 0 open --at "$(date -u +%Y-%m-%dT%H:%M:%SZ)" -o o first.eml
	expect 0 open --trust "$SIGNET_HOME/ca/ca.pem" -o o first.eml
	expect 3 open --at "$later" --report report -o o first.eml
	json report 'not any(p["code"] == "was-valid" for p in r["problems"])'
	expect 0 open -o o first.eml
	for verb in open verify; do
		expect 3 $verb --at "$later" --report report first.eml
		says "was valid when it was first opened here, on $today"
		json report 'r["verdict"] == "untrusted" and [p["args"]["time"][:10] for p in r["problems"] if p["code"] == "was-valid"] == ["'"$today"'"]'
	done
	# Of an altered message, or one that shows another sender, it is not said.
	sed 's/^From: Alice/From: Alicia/' first.eml >other.eml
	if ! grep -q 'hp=' first.eml && [ "$way" != 'sign --opaque' ] && [ "${way#protect}" = "$way" ]; then
		expect 3 open --at "$later" --report report -o o other.eml
		json report 'not any(p["code"] == "was-valid" for p in r["problems"])'
	fi
	sed 's/hello/hullo/' first.eml >altered.eml
	if grep -q hullo altered.eml; then
		expect 1 open --at "$later" --report report altered.eml
		json report 'not any(p["code"] == "was-valid" for p in r["problems"])'
	fi
	# Another message of the same signer is another message.
	sed 's/hello/goodbye/' mail >mail2
	# shellcheck disable=SC2086
	expect 0 $way -o third.eml mail2
	expect 3 open --at "$later" --report report -o o third.eml
	json report 'not any(p["code"] == "was-valid" for p in r["problems"])'
done
# A day before the first one is no day on which it had been opened.
expect 3 open --at 2020-01-01T00:00:00Z --report report -o o first.eml
json report 'not any(p["code"] == "was-valid" for p in r["problems"])'
# The authority gone.
expect 0 sign --opaque -o gone.eml mail
expect 0 open -o o gone.eml
name=$("$SIGNET" trust list --json | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["fingerprint"])')
expect 0 trust remove "$name"
expect 3 open --report report -o o gone.eml
says 'was valid when it was first opened'
json report '[p["code"] for p in r["problems"]] == ["issuer-unknown", "was-valid"]'
finish
