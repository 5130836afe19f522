#!/usr/bin/env bash
# Measures the time to the first drill: a fresh clone, empty build and synthesis
# caches, step by step, and then the next drill. Go's modules are there already:
# downloads are the network's time. Prints a table in Markdown and
# writes it to dist/first-drill.md.
set -euo pipefail
cd "$(git rev-parse --show-toplevel)"
root=$PWD
scratch=$(mktemp -d "${TMPDIR:-/tmp}/pgdr-first.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch" # PostgreSQL's user goes in
export GOCACHE=$scratch/cache PGDR_CACHE_DIR=$scratch/kept PGDR_INSTALL=no

rows=()
# step NAME COMMAND…: runs and times it; what it prints is kept.
step() {
	local name=$1 began
	shift
	began=$(date +%s.%N)
	echo "==> $name" >&2
	"$@" >>"$scratch/log" 2>&1 || { tail -n 40 "$scratch/log" >&2; echo "failed: $name" >&2; exit 1; }
	rows+=("| $name | $(awk -v a="$began" -v b="$(date +%s.%N)" 'BEGIN { printf "%.0f", b - a }') s |")
}

all=$(date +%s)
step 'clone' git clone -q "$root" "$scratch/pgdr"
cd "$scratch/pgdr"
step 'build the twin' make bin/twin
step 'first drill' make drill
first=$(($(date +%s) - all))
step 'next drill' make drill
# The steps that a drill tells of itself.
told=$(grep -E '^  [0-9]+ s: ' "$scratch/log" | sed -E 's/^  ([0-9]+) s: (.*)$/| … \2 | \1 s |/' | head -n 4 || true)
mkdir -p "$root/dist"
{
	echo '| Step | Time |'
	echo '|---|---|'
	printf '%s\n' "${rows[@]:0:3}"
	[ -z "$told" ] || echo "$told"
	echo "| clone to the end of the first drill | $first s |"
	printf '%s\n' "${rows[@]:3}"
	echo
	echo "$(nproc) processors, $(go env GOVERSION), $(date -u +%F), commit $(git rev-parse --short HEAD)"
} | tee "$root/dist/first-drill.md"
