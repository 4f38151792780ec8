#!/bin/sh
# Makes archives and packages of this commit into dist/, with GoReleaser from the module in this
# directory, and a list of what is in each archive (an SBOM), with syft from the module in
# syft/. Needs Go and the network once, some minutes on two cores. Publishes nothing.
set -eu

cd "$(dirname "$0")"
if [ "$(uname -s)" = Darwin ]; then
	dir=$HOME/Library/Caches/prowtrace-test
else
	dir=${XDG_CACHE_HOME:-$HOME/.cache}/prowtrace-test
fi

unset GOFLAGS # build tags of the caller are not meant for these modules
export GOWORK=off
here=$(go env GOVERSION GOOS GOARCH)

# build NAME MODULE PACKAGE [FLAG...] makes $dir/bin/NAME from the module in the directory
# MODULE, once for each state of it.
build() {
	name=$1 module=$2 package=$3
	shift 3
	of=$(cat "$module/go.mod" "$module/go.sum" | cksum; echo "$here")
	if [ ! -x "$dir/bin/$name" ] || [ "$(cat "$dir/bin/$name.of" 2>/dev/null)" != "$of" ]; then
		echo "building $name into $dir/bin (once, some minutes)" >&2
		(cd "$module" && go build -trimpath "$@" -o "$dir/bin/$name.$$" "$package") || return 1
		mv -f "$dir/bin/$name.$$" "$dir/bin/$name"
		echo "$of" >"$dir/bin/$name.of"
	fi
}

mkdir -p "$dir/bin"
build goreleaser . github.com/goreleaser/goreleaser/v2
skip=
version=$(cd syft && go list -m -f '{{.Version}}' github.com/anchore/syft) || version=unknown
if build syft syft github.com/anchore/syft/cmd/syft -ldflags "-s -w -X main.version=$version"; then
	PATH=$dir/bin:$PATH
else
	echo "syft cannot be built here: the archives get no SBOM" >&2
	skip=--skip=sbom
fi

cd ..
COMMIT=$(git rev-parse --short=12 HEAD) COMMIT_DAY=$(git log -1 --format=%cs) COMMIT_TIME=$(git log -1 --format=%ct)
SMALL=$(sed 's/.*/-gcflags=&=-l/' release/cold.txt | tr '\n' ' ') # as in the Makefile
export COMMIT COMMIT_DAY COMMIT_TIME SMALL
exec "$dir/bin/goreleaser" release --config release/goreleaser.yaml --snapshot --clean $skip
