#!/bin/bash
# 5,000 recipients in one message, written and read: at a cost that grows as their number does, and in 64 MiB.
. "$(dirname "$0")/common.bash"
mark=1122334455667788112233445566778811223344
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out one.crt -subj /CN=Many \
	-days 30 -addext basicConstraints=CA:FALSE -addext keyUsage=digitalSignature,keyAgreement \
	-set_serial 0x$mark 2>/dev/null
mkdir people
# nobody looks at their signatures here: the certificates differ in their serial number alone
python3 - $mark <<'END'
import base64, sys
mark = bytes.fromhex(sys.argv[1])
der = base64.b64decode("".join(open("one.crt").read().split("-----")[2].split()))
assert der.count(mark) == 1
for i in range(5001):
    open(f"people/{i}", "wb").write(der.replace(mark, mark[:16] + i.to_bytes(4, "big")))
END
head -c 100000 /dev/urandom >blob

# measure CODE COUNT ARGUMENT…: encrypts to so many; "cpu" and "kib" say what it took.
measure()
{
	local want=$1 people=$2 got
	shift 2
	count=$((count + 1))
	python3 - "$SIGNET" "$people" "$@" >cost 2>err <<'END'
import resource, subprocess, sys
people = [x for i in range(int(sys.argv[2])) for x in ("-r", f"people/{i}")]
done = subprocess.run([sys.argv[1], *sys.argv[3:], *people], check=False)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(int((used.ru_utime + used.ru_stime) * 1000), used.ru_maxrss)
sys.exit(done.returncode)
END
	got=$?
	[ "$got" -eq "$want" ] || wrong "$people recipients: exit $got, not $want"
	read -r cpu kib <cost
}

measure 0 500 encrypt --no-store --format der -o few blob
few=$cpu
measure 0 5000 encrypt --no-store --format der -o many blob
echo "500: $few ms; 5000: $cpu ms, $kib KiB"
holds "5,000 recipients are written in 64 MiB" [ "$kib" -le 65536 ]
for who in 0 4999; do
	measure 0 0 decrypt --no-store --cert "people/$who" --key key -o got many
	holds "number $who reads it" cmp got blob
	holds "number $who reads it in 64 MiB" [ "$kib" -le 65536 ]
	rm -f got
done
measure 2 0 decrypt --no-store --cert people/5000 --key key -o got many
holds 'the one who is not among them does not' [ ! -e got ]
expect 0 inspect --no-store --json many
json out 'len(r["layers"][0]["recipients"]) == 5000'

# One more is refused before anything is written.
measure 65 5001 encrypt --no-store --format der -o more blob
says 'more recipients than the limit of 5000'
holds 'nothing was written' [ ! -e more ]

# The same certificate by several names is one recipient.
cp people/1 again
expect 0 encrypt --no-store --format der -o twice -r people/1 -r ./again -r people/2 -r people/1 blob
expect 0 inspect --no-store --json twice
json out 'len(r["layers"][0]["recipients"]) == 2'
# Files whose names differ by case are two.
cp people/1 one
cp people/2 ONE
expect 0 encrypt --no-store --format der -o case -r ./one -r ./ONE blob
expect 0 inspect --no-store --json case
json out 'len(r["layers"][0]["recipients"]) == 2'
finish
