#!/usr/bin/env bash
# Prints the packages that a change concerns, one a line: those with a changed
# file, those that depend on one of them, and those whose tests read a changed
# file that is not Go. Usage: changed-packages.sh [BASE]; BASE is a commit, by
# default where this branch left origin/main or main.
set -euo pipefail
cd "$(git rev-parse --show-toplevel)"

base=${1:-}
for branch in origin/main main HEAD~1; do
	[ -n "$base" ] && break
	base=$(git merge-base HEAD "$branch" 2>/dev/null || true)
	# On main itself: what is not committed yet, else the last commit.
	[ "$base" = "$(git rev-parse HEAD)" ] && git diff --quiet HEAD && [ -z "$(git ls-files -o --exclude-standard)" ] && base=
done
files=$( (git diff --name-only "$base"; git ls-files -o --exclude-standard) | sort -u)
[ -n "$files" ] || exit 0
case "$files" in
*go.mod* | *go.sum*) exec go list ./... ;;
esac

# The folder of the package that a file belongs to; its testdata is its own.
folder() {
	local dir
	dir=$(dirname "$1")
	while [ "$dir" != . ] && ! ls "$dir"/*.go >/dev/null 2>&1; do dir=$(dirname "$dir"); done
	ls "$dir"/*.go >/dev/null 2>&1 && echo "./$dir"
}

{
	while IFS= read -r file; do
		case "$file" in
		*.go) [ -d "$(dirname "$file")" ] && folder "$file" ;;
		*)
			names=(-e "$(basename "$file")")
			case "$file" in
			*/*) folder "$file"; names+=(-e "$(basename "$(dirname "$file")")/") ;;
			esac
			# Tests name the files and folders that they read.
			git grep -lF "${names[@]}" -- '*_test.go' | while IFS= read -r test; do folder "$test"; done
			;;
		esac || true
	done <<<"$files"
} | sort -u >"${TMPDIR:-/tmp}/changed.$$"
trap 'rm -f "${TMPDIR:-/tmp}/changed.$$"' EXIT
module=$(go list -m)
go list -f '{{.ImportPath}}|{{join .Deps " "}}|{{join .TestImports " "}} {{join .XTestImports " "}}' ./... |
	awk -F'|' -v module="$module" '
		NR == FNR { sub(/^\.\/\.?/, "", $1); changed[$1 == "" ? module : module "/" $1] = 1; next }
		{ packages[FNR] = $1; tests[$1] = $3; n = split($2, deps, " "); if ($1 in changed) hit[$1] = 1; for (i = 1; i <= n; i++) if (deps[i] in changed) hit[$1] = 1 }
		END { for (f in packages) { p = packages[f]; run = p in hit; n = split(tests[p], imports, " "); for (i = 1; i <= n; i++) if (imports[i] in hit) run = 1; if (run) print p } }
	' "${TMPDIR:-/tmp}/changed.$$" - | sort
