#!/bin/sh
# Builds the real Deck, Prow's own page, that the tests start: the program from the module
# in deck/, and beside it its templates, its static files and its lenses, with their
# scripts bundled. Needs Go, npm and the network once, minutes on two cores and 100 MB; does
# nothing when what was built is of this module.
#
# It goes to the folder deck in $PROWTRACE_DECK_DIR, else in prowtrace-test in the user's
# cache directory. Several runs at once are safe: one builds, the others wait for it.
set -eu

cd "$(dirname "$0")/deck"
if [ -n "${PROWTRACE_DECK_DIR:-}" ]; then
	dir=$PROWTRACE_DECK_DIR
elif [ "$(uname -s)" = Darwin ]; then
	dir=$HOME/Library/Caches/prowtrace-test
else
	dir=${XDG_CACHE_HOME:-$HOME/.cache}/prowtrace-test
fi
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
lock=$dir/deck.lock
scratch=

unset GOFLAGS # build tags of the caller are not meant for this module
export GOWORK=off
of=$(cat go.mod go.sum package-lock.json ../build-deck.sh | cksum; go env GOVERSION GOOS GOARCH)
there() { [ -x "$dir/deck/deck" ] && [ "$(cat "$dir/deck/of" 2>/dev/null)" = "$of" ]; }

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

waited=0
until there; do
	if mkdir "$lock" 2>/dev/null; then
		echo $$ >"$lock/pid"
		break
	fi
	[ "$waited" != 0 ] || echo "waiting for another build of Deck in $dir" >&2
	waited=$((waited + 1))
	holder=$(cat "$lock/pid" 2>/dev/null || :)
	# A lock is left by a build that was killed: its process has gone, or it never said its number.
	if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null || [ -z "$holder" ] && [ "$waited" -gt 10 ]; then
		rm -rf "$lock"
		continue
	fi
	sleep 1
done
! there || exit 0

echo "building Deck into $dir/deck (once, some minutes)" >&2
scratch=$(mktemp -d "$dir/deck-build.XXXXXX")
nice go build -trimpath -ldflags '-s -w' -o "$scratch/deck" sigs.k8s.io/prow/cmd/deck
nice go build -trimpath -o "$scratch/esbuild" github.com/evanw/esbuild/cmd/esbuild
prow=$(go list -m -f '{{.Dir}}' sigs.k8s.io/prow)

# The scripts find each other by their places in the module.
mkdir -p "$scratch/cmd/deck" "$scratch/pkg/spyglass"
cp -R "$prow/cmd/deck/static" "$prow/cmd/deck/template" "$scratch/cmd/deck/"
cp -R "$prow/pkg/spyglass/lenses" "$scratch/pkg/spyglass/"
chmod -R u+w "$scratch"
cp package.json package-lock.json "$scratch/"
cd "$scratch"
npm ci --ignore-scripts --no-audit --no-fund --silent

bundle() { # source bundle
	./esbuild --bundle --minify --log-level=error --outfile="$2" "$1"
}
static=cmd/deck/static
bundle $static/spyglass/spyglass.ts $static/spyglass_bundle.min.js
bundle $static/spyglass/lens.ts $static/spyglass_lens_bundle.min.js
for lens in pkg/spyglass/lenses/*/; do
	for script in "$lens"*.ts; do
		case "$script" in
		*"/*.ts" | *.d.ts | */parser.ts | */utils.ts) ;;
		*) bundle "$script" "${lens}script_bundle.min.js" ;;
		esac
	done
done

# The sheet and script that its page takes from another host, for pictures of it.
mkdir cdn
cp node_modules/material-design-lite/dist/material.indigo-pink.min.css node_modules/material-design-lite/material.min.js cdn/
rm -rf node_modules package.json package-lock.json esbuild
echo "$of" >of
rm -rf "$dir/deck"
mv "$scratch" "$dir/deck"
chmod 755 "$dir/deck"
scratch=
