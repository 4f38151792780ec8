#!/bin/sh
# Builds the real OpenTelemetry Collector that the tests start, from the module in
# collector/. Needs Go and the network once, minutes on two cores and 40 MB; does nothing
# when what was built is of this module.
#
# It goes to $PROWTRACE_COLLECTOR_DIR, else to prowtrace-test in the user's cache
# directory. Several runs at once are safe: each renames what it made.
set -eu

cd "$(dirname "$0")/collector"
if [ -n "${PROWTRACE_COLLECTOR_DIR:-}" ]; then
	dir=$PROWTRACE_COLLECTOR_DIR
elif [ "$(uname -s)" = Darwin ]; then
	dir=$HOME/Library/Caches/prowtrace-test
else
	dir=${XDG_CACHE_HOME:-$HOME/.cache}/prowtrace-test
fi
mkdir -p "$dir"

unset GOFLAGS # build tags of the caller are not meant for this module
export GOWORK=off
of=$(cat go.mod go.sum main.go | cksum; go env GOVERSION GOOS GOARCH)
if [ -x "$dir/collector" ] && [ "$(cat "$dir/collector.of" 2>/dev/null)" = "$of" ]; then
	exit 0
fi
echo "building a Collector into $dir (once, some minutes)" >&2
nice go build -trimpath -ldflags '-s -w' -o "$dir/collector.$$" .
mv -f "$dir/collector.$$" "$dir/collector"
echo "$of" >"$dir/collector.of"
