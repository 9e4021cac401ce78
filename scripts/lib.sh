# Sourced by the scripts: where things are, builds, and counting. bash.
set -u -o pipefail
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 70
# Builds of the checks; each kind is made once and then brought up to date.
builds=${SIGNET_BUILDS:-$root/build-check}
jobs=$(nproc 2>/dev/null || echo 2)
passed=0 failed=0 skipped=0

pass()
{
	passed=$((passed + 1))
	[ $# -eq 0 ] || printf '  ok       %s\n' "$*"
}

fail()
{
	failed=$((failed + 1))
	printf '  FAILED   %s\n' "$*"
}

skip()
{
	skipped=$((skipped + 1))
	printf '  skipped  %s\n' "$*"
}

# try NAME COMMAND…: runs it, shows what it said only when it failed.
try()
{
	local name=$1 said
	shift
	if said=$("$@" 2>&1 </dev/null); then
		pass "$name"
	else
		fail "$name (status $?)"
		printf '%s\n' "$said" | grep -vE '^\[[0-9]+/[0-9]+\] (Comp|Link|Gen)' | tail -n 60 | sed 's/^/    | /'
		return 1
	fi
}

# The last line and the exit status of a check.
finish()
{
	printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
	exit
}

# meson_options KIND: how each kind is built.
meson_options()
{
	case $1 in
	gcc) echo '-Dwerror=true' ;;
	clang) echo '-Dwerror=true' ;;
	asan) echo '-Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fno-omit-frame-pointer' ;;
	fuzz) echo '-Dfuzz=true -Dtests=false -Db_sanitize=address,undefined -Db_lundef=false
		-Dc_args=-fsanitize=fuzzer-no-link -Dbuildtype=debugoptimized' ;;
	esac
}

# build KIND [TARGET…]
build()
{
	local kind=$1 folder=$builds/$1 cc=clang
	shift
	[ "$kind" != gcc ] || cc=gcc
	if [ ! -f "$folder/build.ninja" ]; then
		rm -rf "$folder"
		# shellcheck disable=SC2046
		CC=$cc meson setup $(meson_options "$kind") "$folder" || return
	fi
	ninja -C "$folder" -j "$jobs" "$@"
}

# The program in a build, or nothing.
program()
{
	local at
	for at in "$builds/$1/signet" "$builds/$1/src/cli/signet"; do
		[ ! -x "$at" ] || { echo "$at"; return; }
	done
}

# run_scripts FOLDER: every FOLDER/*.sh, as many at once as there are cores, each in a folder of its
# own, with SIGNET (the program), TOP (the source) and the store in that folder. 77 means skipped.
run_scripts()
{
	local folder=$1 work signet script name status
	signet=$(program gcc)
	shopt -s nullglob
	local scripts=("$root/$folder"/*.sh)
	shopt -u nullglob
	if [ ${#scripts[@]} -eq 0 ]; then
		skip "no scripts in $folder"
		return
	fi
	if [ -z "$signet" ]; then
		fail "$folder: there is no program signet in $builds/gcc"
		return
	fi
	work=$(mktemp -d "${TMPDIR:-/tmp}/signet-check-XXXXXX")
	chmod 711 "$work" # servers that a test starts give up root, and then look for their files
	printf '%s\0' "${scripts[@]}" | xargs -0 -n 1 -P "$jobs" "$root/scripts/run-one" "$work" "$signet"
	for script in "${scripts[@]}"; do
		name=$(basename "$script" .sh)
		status=$(cat "$work/$name.status" 2>/dev/null || echo 'not run')
		case $status in
		0) pass "$folder/$name ($(cat "$work/$name.time") s)" ;;
		77) skip "$folder/$name: $(tail -n 1 "$work/$name.log")" ;;
		*)
			fail "$folder/$name (status $status)"
			tail -n 40 "$work/$name.log" | sed 's/^/    | /'
			;;
		esac
	done
	rm -rf "$work"
}

# unit_tests KIND: builds, runs meson's tests, counts each test of each program.
unit_tests()
{
	local kind=$1 log=$builds/$1/meson-logs/testlog.txt programs broken
	try "build $kind" build "$kind" || return
	meson test -C "$builds/$kind" --no-rebuild --num-processes "$jobs" --timeout-multiplier 5 \
		--quiet --print-errorlogs </dev/null 2>&1 | tail -n 300
	if [ ! -f "$log" ]; then
		fail "$kind: meson ran no test"
		return
	fi
	programs=$(grep -c '^result: ' "$log")
	broken=$(grep '^result: ' "$log" | grep -vcE 'exit status 0|exit status 77')
	passed=$((passed + $(grep -c '^\[       OK \]' "$log")))
	skipped=$((skipped + $(grep -c '^\[  SKIPPED \] [a-z]' "$log")))
	failed=$((failed + broken))
	printf '  %d programs, %d of them failed\n' "$programs" "$broken"
}
