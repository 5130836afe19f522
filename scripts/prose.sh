#!/usr/bin/env bash
# Checks that comments and pages use plain words. Counts words that readers
# stumble over, per 10,000, in comments of Go, Rego, YAML, shell and Makefiles
# and in Markdown; code spans and code blocks do not count. Prints each place
# and fails above the limit.
# Usage: prose.sh [LIMIT]  (default 4 in 10,000)
set -euo pipefail
cd "$(git rev-parse --show-toplevel)"
limit=${1:-4}
git ls-files '*.go' '*.md' '*.rego' '*.yaml' '*.yml' '*.sh' Makefile ':!generated' ':!CHANGELOG.md' ':!*/testdata/*' ':!scripts/prose.sh' |
	xargs awk -v limit="$limit" '
	function judge(text,   n, words, rest) {
		gsub(/`[^`]*`/, "", text)
		n = split(text, words, /[^A-Za-z0-9'\''-]+/)
		total += n
		rest = " " tolower(text) " "
		while (match(rest, /[^a-z](mend(s|ed|ing)?|whoever|somebody|nobody|anybody|by name|owe[sd]?|people are told)[^a-z]/)) {
			found++
			printf "%s:%d:%s: %s\n", FILENAME, FNR, substr(rest, RSTART + 1, RLENGTH - 2), text
			rest = substr(rest, RSTART + RLENGTH - 1)
		}
	}
	FNR == 1 { fenced = 0; kind = FILENAME ~ /\.md$/ ? "md" : FILENAME ~ /\.go$/ ? "go" : "hash" }
	kind == "md" && /^ *```/ { fenced = !fenced; next }
	kind == "md" { if (!fenced) judge($0); next }
	kind == "go" && match($0, /(^|[^:"])\/\/ /) { judge(substr($0, RSTART + RLENGTH)); next }
	kind == "hash" && match($0, /(^|[ \t])# /) { judge(substr($0, RSTART + RLENGTH)) }
	END {
		rate = total ? found * 10000 / total : 0
		printf "%d in %d words: %.1f in 10,000; at most %s\n", found, total, rate, limit
		exit rate > limit
	}'
