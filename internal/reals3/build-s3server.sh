#!/bin/sh
# Builds the real S3 server that the tests start, versitygw, from the module in
# versitygw/. Needs Go and the network once, minutes on two cores and 60 MB; does nothing
# when what was built is of this module.
#
# It goes to $PROWTRACE_S3SERVER_DIR, else to prowtrace-test in the user's cache
# directory. Several runs at once are safe: each renames what it made.
set -eu

cd "$(dirname "$0")/versitygw"
if [ -n "${PROWTRACE_S3SERVER_DIR:-}" ]; then
	dir=$PROWTRACE_S3SERVER_DIR
elif [ "$(uname -s)" = Darwin ]; then
	dir=$HOME/Library/Caches/prowtrace-test
else
	dir=${XDG_CACHE_HOME:-$HOME/.cache}/prowtrace-test
fi
mkdir -p "$dir"

unset GOFLAGS # build tags of the caller are not meant for this module
export GOWORK=off
of=$(cat go.mod go.sum | cksum; go env GOVERSION GOOS GOARCH)
if [ -x "$dir/versitygw" ] && [ "$(cat "$dir/versitygw.of" 2>/dev/null)" = "$of" ]; then
	exit 0
fi
echo "building an S3 server into $dir (once, some minutes)" >&2
nice go build -trimpath -ldflags '-s -w' -o "$dir/versitygw.$$" github.com/versity/versitygw/cmd/versitygw
mv -f "$dir/versitygw.$$" "$dir/versitygw"
echo "$of" >"$dir/versitygw.of"
