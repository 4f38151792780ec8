#!/bin/sh
# Makes archives and packages of this commit into dist/, with GoReleaser from the module in this
# directory. Needs Go and the network once, some minutes on two cores. Publishes nothing.
set -eu

cd "$(dirname "$0")"
if [ "$(uname -s)" = Darwin ]; then
	dir=$HOME/Library/Caches/prowtrace-test
else
	dir=${XDG_CACHE_HOME:-$HOME/.cache}/prowtrace-test
fi
mkdir -p "$dir"

unset GOFLAGS # build tags of the caller are not meant for this module
export GOWORK=off
of=$(cat go.mod go.sum | cksum; go env GOVERSION GOOS GOARCH)
if [ ! -x "$dir/goreleaser" ] || [ "$(cat "$dir/goreleaser.of" 2>/dev/null)" != "$of" ]; then
	echo "building GoReleaser into $dir (once, some minutes)" >&2
	go build -trimpath -o "$dir/goreleaser.$$" github.com/goreleaser/goreleaser/v2
	mv -f "$dir/goreleaser.$$" "$dir/goreleaser"
	echo "$of" >"$dir/goreleaser.of"
fi

cd ..
skip=
if ! command -v syft >/dev/null; then
	echo "syft is not here: the archives get no SBOM" >&2
	skip=--skip=sbom
fi
COMMIT=$(git rev-parse --short=12 HEAD) COMMIT_DAY=$(git log -1 --format=%cs) COMMIT_TIME=$(git log -1 --format=%ct)
SMALL=$(sed 's/.*/-gcflags=&=-l/' release/cold.txt | tr '\n' ' ') # as in the Makefile
export COMMIT COMMIT_DAY COMMIT_TIME SMALL
exec "$dir/goreleaser" release --config release/goreleaser.yaml --snapshot --clean $skip
