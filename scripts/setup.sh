#!/bin/sh
# Installs the packages that pgdr lacks on this machine: setup.sh [drill|test|bare].
# drill needs the least, test (the default) the rest, bare what
# scripts/bare-machine.sh needs. It says first what it will do, and asks on a
# terminal. PGDR_INSTALL=yes does not ask, PGDR_INSTALL=no installs nothing.
# Exit code: 0 if all is there in the end, else 1: then nothing is to be compiled.
set -eu
cd "$(dirname "$0")/.."
. scripts/needs.sh

say() { printf 'pgdr: %s\n' "$*" >&2; }
refuse() {
	say "$@"
	exit 1
}

# look finds what is missing: "lacking" as words for people, "install" as
# packages of the manager, "without" where the manager has none.
look() {
	lacking='' install='' without='' by_hand=''
	[ "$purpose" = bare ] || while read -r name oldest how; do
		have=$(found "$name")
		at_least "$have" "$oldest" || by_hand="$by_hand
  $name $oldest or newer, found ${have:-none}: $how"
	done <<-END
		$(tools)
	END
	while read -r name oldest _ apt dnf brew; do
		have=$(found "$name")
		! at_least "$have" "$oldest" || continue
		about=$(reason "$name")
		lacking="$lacking${lacking:+, }$name${about:+ ($about)}"
		case "$manager" in dnf) names=$dnf ;; brew) names=$brew ;; *) names=$apt ;; esac
		if [ "$names" = - ]; then without="$without${without:+, }$name"; else install="$install${install:+,}$names"; fi
	done <<-END
		$(wanted "$purpose")
	END
	names=$(echo "$install" | tr , ' ')
}

# A Debian package of the server makes a cluster and starts it on port 5432,
# unless this file says otherwise. Denying the start (policy-rc.d) would not do:
# the cluster would start with the next boot. The file goes once the packages are
# there, so that the user's next server is what its package says.
# https://manpages.debian.org/bookworm/postgresql-common/pg_createcluster.1.en.html
no_cluster=$root/etc/postgresql-common/createcluster.d/pgdr.conf

# line is what to type by hand.
line() {
	case "$manager" in
	apt-get)
		case "$install" in *postgresql*) echo "  echo 'create_main_cluster = false' | ${sudo}install -D -m 644 /dev/stdin $no_cluster   # no database on port 5432" ;; esac
		echo "  ${sudo}apt-get update && ${sudo}apt-get install --no-install-recommends $(apt_names "$install")"
		;;
	dnf) echo "  ${sudo}dnf install $names" ;;
	brew) echo "  brew install $names" ;;
	*) echo "  the packages of your system for these; on Debian: apt-get install $(apt_names "$install")" ;;
	esac
}

# by_user prints the line to type and ends: exit 1.
by_user() {
	say "$1 Type this, then repeat your command:"
	line >&2
	exit 1
}

# as_root runs a command with root's rights; what it prints goes to stderr.
as_root() {
	if [ -z "$sudo" ]; then "$@" >&2; else sudo -n "$@" >&2; fi
}

# ask ends unless a person at the terminal agrees; without a terminal it agrees.
ask() {
	[ "${PGDR_INSTALL:-}" != yes ] && [ -t 0 ] || return 0
	printf 'pgdr: install? [Y/n] ' >&2
	read -r answer || answer=n
	case "$answer" in '' | [Yy]*) ;; *) by_user 'Nothing is installed.' ;; esac
}

apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 "$@"; }

install_packages() {
	apt update -q || say 'apt-get update failed; trying with the lists that are there.'
	case "$install" in *postgresql*)
		major=$(server_major)
		at_least "$major" 15 || refuse "PostgreSQL 15 or newer is needed, this system's packages have ${major:-none}: https://www.postgresql.org/download/linux/"
		as_root mkdir -p "${no_cluster%/*}"
		echo 'create_main_cluster = false' | as_root tee "$no_cluster" 2>/dev/null
		;;
	esac
	# shellcheck disable=SC2046 # a list
	apt install -qy --no-install-recommends $(apt_names "$install") || by_user 'apt-get failed (see above).'
	as_root rm -f "$no_cluster"
	as_root rmdir --ignore-fail-on-non-empty "${no_cluster%/*}" 2>/dev/null || :
}

purpose=${1:-test}
case "$purpose" in drill | test | bare) ;; *) refuse "found purpose \"$purpose\", want drill, test or bare" ;; esac
case "${PGDR_INSTALL:-}" in '' | yes | no) ;; *) refuse "found PGDR_INSTALL=$PGDR_INSTALL, want yes, no or nothing" ;; esac
sudo=
[ "$(id -u)" = 0 ] || sudo='sudo '
manager=
for program in apt-get dnf brew; do
	[ -n "$manager" ] || ! command -v "$program" >/dev/null || manager=$program
done

look
[ -z "$by_hand" ] || say "these you install yourself:$by_hand"
if [ -n "$lacking" ]; then
	say "missing for $purpose: $lacking."
	[ -z "$without" ] || say "$manager has no package for: $without. Use a Linux virtual machine or container."
	[ -n "$install" ] || exit 1
	[ "$manager" = apt-get ] || by_user 'pgdr installs with apt-get only.'
	[ "${PGDR_INSTALL:-}" != no ] || by_user 'PGDR_INSTALL=no forbids the installation.'
	[ -z "$by_hand" ] || by_user 'Nothing is installed.'
	[ -z "$sudo" ] || sudo -n true 2>/dev/null || by_user 'Not root, and sudo asks for a password or is not there.'
	say "to install, as root: apt-get install $(apt_names "$install"). No database cluster is made. PGDR_INSTALL=no forbids it."
	ask
	install_packages
	look
	[ -z "$lacking" ] || refuse "still missing after the installation: $lacking"
fi
[ -z "$by_hand" ] || exit 1
