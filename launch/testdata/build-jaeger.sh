#!/bin/sh
# Builds the real Jaeger that the tests start: the programs jaeger (v2, of the
# 2.13 generation) and jaeger-query (v1) from the newest module version that can
# be built with Go alone. Needs Go and the network once, minutes on two cores and
# 140 MB; does nothing when both are there.
#
# They go to $PROWTRACE_JAEGER_DIR, else to prowtrace-test in the user's cache
# directory. Several runs at once are safe: one builds, the others wait for it.
set -eu

version=v1.76.0
module=github.com/jaegertracing/jaeger

if [ -n "${PROWTRACE_JAEGER_DIR:-}" ]; then
	dir=$PROWTRACE_JAEGER_DIR
elif [ "$(uname -s)" = Darwin ]; then
	dir=$HOME/Library/Caches/prowtrace-test
else
	dir=${XDG_CACHE_HOME:-$HOME/.cache}/prowtrace-test
fi
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
lock=$dir/build.lock
scratch=

there() { [ -x "$dir/jaeger" ] && [ -x "$dir/jaeger-query" ]; }

leave() {
	code=$?
	trap - EXIT
	[ -z "$scratch" ] || rm -rf "$scratch"
	[ "$(cat "$lock/pid" 2>/dev/null)" != $$ ] || rm -rf "$lock"
	exit "$code"
}
trap leave EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# The lock only saves work: every build has a scratch directory of its own and
# renames what it made, so that even two builds at once end well.
waited=
empty=0
until there; do
	if mkdir "$lock" 2>/dev/null; then
		echo $$ >"$lock/pid"
		break
	fi
	holder=$(cat "$lock/pid" 2>/dev/null || :)
	if [ -z "$holder" ]; then
		empty=$((empty + 1)) # just made, or left by one that died right then
	elif kill -0 "$holder" 2>/dev/null; then
		empty=0
	else
		empty=10
	fi
	if [ "$empty" -ge 10 ]; then
		rm -rf "$lock"
		empty=0
		continue
	fi
	[ -n "$waited" ] || echo "waiting for another build of Jaeger in $dir" >&2
	waited=yes
	sleep 1
done
there && exit 0

echo "building Jaeger $version into $dir (once, some minutes)" >&2
scratch=$(mktemp -d "$dir/build.XXXXXX")
cd "$scratch"
unset GOFLAGS # build tags and -mod of the caller are not meant for this module
export GOWORK=off
go mod init jaegerbuild 2>go.log
if ! go get -tool "$module/cmd/jaeger@$version" "$module/cmd/query@$version" 2>>go.log; then
	tail -n 20 go.log >&2
	echo "build-jaeger.sh: the modules of Jaeger $version could not be downloaded; is there a network, and is GOPROXY right?" >&2
	exit 1
fi
build() { # program package
	nice go build -ldflags '-s -w' -o "$1.new" "$module/cmd/$2"
	mv -f "$1.new" "$dir/$1"
}
build jaeger jaeger
build jaeger-query query
