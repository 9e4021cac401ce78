#!/bin/bash
# enroll acme with real mail: the challenge and its reply go through a Postfix of the test's own, with
# its configuration, queue and mailboxes in the test's folder, on a port of loopback.
. "$(dirname "$0")/common.bash"
postfix=$(command -v postfix || echo /usr/sbin/postfix)
if [ "$(id -u)" -ne 0 ] || [ ! -x "$postfix" ]; then
	echo "a Postfix of one's own is started as root, where it is installed"
	exit 77
fi
server='' mta=
stop()
{
	[ -z "$server" ] || kill "$server" 2>/dev/null
	[ -z "$mta" ] || "$postfix" -c "$work/etc" stop >/dev/null 2>&1
	rm -rf "$work"
}
trap stop EXIT
chmod 755 "$work"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir -p etc queue data mail
chown postfix data
chown nobody mail
# What Postfix calls alice's server adds what it found of DKIM; here it believes the test's authority.
cat >etc/main.cf <<END
compatibility_level = 3.6
queue_directory = $work/queue
data_directory = $work/data
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.com
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
maillog_file = $work/maillog
maillog_file_prefixes = $work
virtual_mailbox_domains = example.com, ca.test
virtual_mailbox_base = $work/mail
virtual_mailbox_maps = static:all
virtual_transport = virtual
virtual_minimum_uid = 1
virtual_uid_maps = static:$(id -u nobody)
virtual_gid_maps = static:$(id -g nobody)
smtpd_sender_restrictions = check_sender_access inline:{{acme+ok@ca.test = PREPEND Authentication-Results: mx.example.com; dkim=pass header.d=ca.test}}
smtpd_relay_restrictions = permit_mynetworks, reject
END
sed -i "s|static:all|inline:{{alice@example.com = alice/}, {bob@example.com = bob/}, {acme+ok@ca.test = ca/}, {acme+plain2@ca.test = ca/}}|" etc/main.cf
cat >etc/master.cf <<END
127.0.0.1:$port inet n - n - - smtpd
pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
smtp unix - - n - - smtp
showq unix n - n - - showq
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
postlog unix-dgram n - n - 1 postlogd
END
if ! "$postfix" -c "$work/etc" start >start.log 2>&1; then
	cat start.log
	echo 'this Postfix cannot be started here'
	exit 77
fi
mta=yes
for box in alice bob ca; do
	mkdir -p "mail/$box/new" "mail/$box/cur" "mail/$box/tmp"
done
chown -R nobody mail
printf '#!/bin/sh\nexec %s -C %s/etc "$@"\n' "$(command -v sendmail || echo /usr/sbin/sendmail)" "$work" >sendmail
chmod +x sendmail

expect 0 ca init --dir ca --name 'CN=ACME CA' --plain-key --algorithm p-256
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.pem -days 300 \
	-subj '/CN=ACME' -addext 'subjectAltName=IP:127.0.0.1' 2>/dev/null
python3 "$TOP/tests/cli/acme_server.py" "$SIGNET" "$work/ca" tls.pem tls.key port log "$work/mail/ca" "smtp:$port" 2>server.err &
server=$!
for _ in $(seq 100); do
	[ -s port ] && break
	sleep 0.1
done
url=https://127.0.0.1:$(cat port)
acme()
{
	expect "$1" enroll acme "$url/$2/directory" "$3" --private-network --trust tls.pem --plain-key \
		--algorithm p-256 --sendmail "$work/sendmail" --authserv-id mx.example.com "${@:4}"
}

acme 0 ok alice@example.com --maildir mail/alice --wait 60
says 'identity of alice@example.com kept'
holds 'the challenge went through Postfix' grep -q 'by mx.example.com (Postfix' mail/alice/new/*
holds 'and the reply' grep -q 'by mx.example.com (Postfix' mail/ca/new/*
expect 0 identity export alice@example.com -o alice.pem
holds 'verified' openssl verify -CAfile ca/ca.pem alice.pem >/dev/null

# A mail for which the server vouches not is seen, and not answered.
acme 75 plain2 bob@example.com --maildir mail/bob --wait 8
says 'passed by'
holds 'nobody was answered' test "$(find mail/ca/new mail/ca/cur -type f | wc -l)" -eq 1
[ "$broken" -eq 0 ] || tail -n 20 maillog
finish
