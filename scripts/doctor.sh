#!/bin/sh
# Says what this machine lacks for working on pgdr, and how to get it.
# Exit code: 0 if nothing is missing, 1 otherwise. POSIX shell, because Go may
# be what is missing.
set -u

missing=0

ok() { printf '  ok       %-11s %s\n' "$1" "$2"; }
warn() { printf '  note     %-11s %s\n' "$1" "$2"; }
lacks() {
	printf '  MISSING  %-11s %s\n           %-11s get it: %s\n' "$1" "$2" '' "$3"
	missing=1
}

# at_least HAVE WANT: whether version HAVE is WANT or newer.
at_least() {
	[ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# check NAME HAVE WANT HOW: one tool; HAVE is empty where it is not there.
check() {
	if [ -z "$2" ]; then
		lacks "$1" "not found; $3 or newer is needed" "$4"
	elif at_least "$2" "$3"; then
		ok "$1" "$2"
	else
		lacks "$1" "found $2; $3 or newer is needed" "$4"
	fi
}

version_of() { "$@" 2>/dev/null | grep -Eo '[0-9]+(\.[0-9]+)+' | head -n 1; }

echo 'What pgdr needs on this machine:'
[ "$(uname -s)" = Linux ] || warn system 'drills run on Linux: use a Linux virtual machine or container for them'
check Go "$(version_of go version)" 1.26 'https://go.dev/dl/'
node=$(version_of node --version)
check Node.js "$node" 20 'https://nodejs.org/ (22 or newer), or: apt-get install nodejs npm'
case "$node" in 20.*) warn Node.js '20 works but is past its end of life (2026-04-30); 22 is supported' ;; esac
check npm "$(version_of npm --version)" 9 'comes with Node.js'
check Terraform "$(version_of terraform version)" 1.11.1 'https://developer.hashicorp.com/terraform/install (write-only arguments need 1.11)'
check git "$(version_of git --version)" 2 'apt-get install git'
check make "$(version_of make --version)" 4 'apt-get install make'
check gcc "$(version_of gcc --version)" 8 'apt-get install gcc libc6-dev (the race detector, under which tests run)'

# PostgreSQL's server programs are often not on the PATH.
postgres=$(version_of postgres --version)
for dir in $(pg_config --bindir 2>/dev/null) /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin; do
	[ -n "$postgres" ] && break
	[ -x "$dir/postgres" ] && postgres=$(version_of "$dir/postgres" --version)
done
check PostgreSQL "$postgres" 15 'apt-get install postgresql (the server; drills run real ones)'

if [ -e "$(pg_config --pkglibdir 2>/dev/null)/pgaudit.so" ]; then
	ok pgaudit 'extension of the server'
else
	lacks pgaudit 'extension of the server not found' 'apt-get install postgresql-15-pgaudit (of your server: the tests audit as RDS does)'
fi
check QEMU "$(version_of qemu-aarch64-static --version)" 5 'apt-get install qemu-user-static (the tests run the arm64 function)'

if [ -x node_modules/.bin/cdktf ]; then
	ok cdktf-cli "$(sed -n 's/.*"cdktf-cli": "\(.*\)".*/\1/p' package.json)"
else
	lacks cdktf-cli 'not installed in node_modules' 'make deps'
fi
exit "$missing"
