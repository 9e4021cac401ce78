#!/bin/sh
# tools/floors finds each fault that it is there for, and no fault in a good tree.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/signet-floors-XXXXXX")
trap 'rm -rf "$work"' EXIT
broken=0

# fault TEXT: tools/floors complains of TEXT, and of nothing when TEXT is empty.
fault()
{
	said=$("$top/tools/floors" --top "$work" --build "$work/build" 2>/dev/null)
	status=$?
	if [ -z "$1" ] && [ "$status" -ne 0 ]; then
		echo "a good tree: $said"
		broken=1
	elif [ -n "$1" ] && { [ "$status" -ne 1 ] || ! echo "$said" | grep -qF -- "$1"; }; then
		echo "not found: $1"
		broken=1
	fi
}

tree()
{
	rm -rf "$work"/*
	for module in base ber mime cms crypt app cli smime; do
		mkdir -p "$work/src/$module" "$work/build/src/$module/libsn_$module.a.p"
	done
	mkdir -p "$work/include/signet"
	printf '#include <stdint.h>\nextern int twice(int);\nint twice(int n) { return 2 * n; }\n' \
		>"$work/src/base/good.c"
	object base good
}

object()
{
	gcc -fPIC -O1 -c -o "$work/build/src/$1/libsn_$1.a.p/$2.c.o" "$work/src/$1/$2.c"
}

# included MODULE LINE TEXT
included()
{
	tree
	printf '%s\n' "$2" >"$work/src/$1/bad.c"
	fault "$3"
}

# called MODULE CODE TEXT
called()
{
	tree
	printf '%s\n' "$2" >"$work/src/$1/bad.c"
	object "$1" bad
	fault "$3"
}

tree
fault ''
included mime '#include "ber/reader.h"' 'mime (floor 1) must not see ber (floor 1)'
included base '#include "cms/reader.h"' 'base (floor 0) must not see cms (floor 4)'
included smime '#include "crypt/evp_int.h"' 'belongs to crypt alone'
included cms '#include <openssl/evp.h>' '<openssl/evp.h> is for'
included cli '#include "cms/reader.h"' 'cli uses <signet/…>, not cms'
included cli '#include "base/mem.h"' 'cli uses <signet/…>, not base'
included app '#include "crypt/algs.h"' 'app uses <signet/…>, not crypt'
included ber '#include "reader.h"' 'names no module'
included ber '#include <sqlite3.h>' '<sqlite3.h> is for store only'
included crypt '#include <openssl/evp.h>' ''
included smime '#include "cms/reader.h"' ''
included cli '#include "app/session.h"' ''

tree
echo '#include <openssl/x509.h>' >"$work/include/signet/bad.h"
fault 'a public header includes openssl/x509.h'
tree
yes 'extern int n;' | head -n 701 >"$work/src/ber/bad.c"
fault '701 lines'
tree
mkdir "$work/src/attic"
echo 'extern int n;' >"$work/src/attic/bad.c"
fault 'there is no module attic'

called ber '#include <stdlib.h>
const char *f(void); const char *f(void) { return getenv("HOME"); }' 'getenv: the environment'
called smime '#include <time.h>
long f(void); long f(void) { return (long)time(0); }' 'time: the clock'
called cms '#include <stdio.h>
void f(int n); void f(int n) { fprintf(stderr, "%d", n); }' 'stderr: the standard streams'
called mime '#include <stdlib.h>
void f(void); void f(void) { exit(1); }' 'exit: leaving the process'
called mime '#include <stdlib.h>
long f(const char *s); long f(const char *s) { return strtol(s, 0, 10); }' 'the locale'
called mime '#include <ctype.h>
int f(int c); int f(int c) { return isalpha(c); }' 'the locale'
called cms '#include <stdlib.h>
void *f(void); void *f(void) { return malloc(7); }' 'malloc: memory round the hook'
called cms 'int f(void); int f(void) { static int n; return ++n; }' 'a static that can be written'
called cms 'int n = 7;' 'n is a static that can be written'
called cms '_Thread_local int n;' 'n is a static that can be written'
called cms 'extern const char *const rows[]; const char *const rows[] = { "a", "b" };' ''
called app '#include <stdlib.h>
const char *f(void); const char *f(void) { return getenv("HOME"); }' ''

[ "$broken" -eq 0 ] && echo 'every fault is found'
exit "$broken"
