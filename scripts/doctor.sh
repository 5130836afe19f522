#!/bin/sh
# Says what this machine lacks for working on pgdr, and how to get it. It installs
# nothing, and does not name what the targets make by themselves (node_modules).
# Exit code: 0 if nothing is missing, 1 otherwise.
set -u
cd "$(dirname "$0")/.." || exit
. scripts/needs.sh

missing=0

# report NAME OLDEST HOW: a line on a program, or two if it is missing.
report() {
	have=$(found "$1")
	about=$(reason "$1")
	if at_least "$have" "$2"; then
		printf '  ok       %-12s %s\n' "$1" "$have"
		return
	fi
	if [ "$2" = - ]; then wants=; else wants="; $2 or newer is needed"; fi
	printf '  MISSING  %-12s %s%s%s\n           %-12s get it: %s\n' \
		"$1" "${have:-not found}" "$wants" "${about:+ ($about)}" '' "$3"
	missing=1
}

echo 'What pgdr needs on this machine:'
[ "$(uname -s)" = Linux ] || echo '  note     system       drills run on Linux: use a Linux virtual machine or container for them'
while read -r name oldest how; do
	report "$name" "$oldest" "$how"
done <<END
$(tools)
END
case "$(found Node.js)" in 20 | 20.*) echo '  note     Node.js      20 works but is past its end of life (2026-04-30); 22 is supported' ;; esac
while read -r name oldest for apt dnf brew; do
	case "$for" in drill) how='make drill, make test or make setup install it' ;; *) how='make test or make setup install it' ;; esac
	report "$name" "$oldest" "$how (apt-get: $(apt_names "$apt"); dnf: $dnf; brew: $brew)"
done <<END
$(wanted test)
END
exit "$missing"
