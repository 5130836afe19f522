#!/usr/bin/env bash
# Makes a bare Debian in a folder and runs the README's two commands there, from a
# clean clone of what is committed: bare-machine.sh [--setup] [--only drill|test] [--warm].
#   --setup       the set-up half: make setup-drill, make setup and make doctor
#   --only WHICH  one of the two commands instead of both
#   --warm        begins with this machine's build cache of Go; it is not written to
#
# Go, Node.js and Terraform are this machine's, and so are the Debian mirror, the
# registries and the certificates they are reached with, and the modules that Go
# has downloaded. Needs root, debootstrap, and the right to mount.
# BARE_FOLDER: where to make the folder (/var/tmp), on a disk that allows devices
# and has 8 GB free. Exit code: that of the first command that failed.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s bare machine: %s\n' "$(date -u +%H:%M:%S)" "$*" >&2; }
refuse() {
	say "$@"
	exit 1
}

# All mounts are made in a mount namespace, which this script enters again by
# itself: they are gone when its last process is, also after a kill. The folder
# is removed from outside, where nothing is mounted in it.
outside() {
	[ "$(id -u)" = 0 ] || refuse 'needs root: it mounts and changes the root folder.'
	scripts/setup.sh bare
	unshare --mount --pid --fork true 2>/dev/null || refuse 'needs the right to mount, which this container does not have (docker: --privileged).'
	bare=$(mktemp -d "${BARE_FOLDER:-/var/tmp}/pgdr-bare.XXXXXX")
	trap remove EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	git clone -q --no-hardlinks . "$bare/clone"
	# A job of its own: signals reach this script only, and what it runs starts
	# with none ignored.
	set -m
	unshare --mount --propagation private --pid --fork --mount-proc "$0" --inside "$bare" "$@" </dev/null &
	job=$!
	wait "$job"
}

# remove ends what still runs in the namespace, by its first process: the job ends
# once all others have. Then it removes the folder, unless something is mounted in it.
remove() {
	if [ -n "${job:-}" ] && first=$(cat "/proc/$job/task/$job/children" 2>/dev/null) && [ -n "${first// /}" ]; then
		kill -KILL ${first} 2>/dev/null || :
		wait "$job" 2>/dev/null || :
	fi
	if grep -qF " $bare" /proc/self/mountinfo; then
		say "something is mounted in $bare: left as it is"
	else
		rm -rf --one-file-system "$bare"
	fi
}

# inside makes the machine in folder $1 and runs the commands there.
inside() {
	bare=$1 machine=$1/machine
	shift
	install_debian
	bind_tools
	mv "$bare/clone" "$machine/root/pgdr"
	for step in "$@"; do
		say "make $step"
		SECONDS=0
		in_machine make "$step" || {
			code=$?
			say "make $step failed: exit code $code after $SECONDS s"
			exit "$code"
		}
		say "make $step: $SECONDS s"
		[ "$step" != setup-drill ] || no_cluster
		[ "$step" != setup ] || no_cluster
	done
}

# install_debian installs a minimal Debian and make: with that the README begins.
# The mirror, its proxy and the certificates of authorities are this machine's.
install_debian() {
	local mirror='' suite=''
	read -r mirror suite < <(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 'Component: main' 'Origin: Debian' 2>/dev/null | head -n 1) || :
	mirror=${mirror:-http://deb.debian.org/debian/} suite=${suite:-bookworm}
	say "debootstrap $suite from $mirror"
	SECONDS=0
	debootstrap --variant=minbase --include=make "$suite" "$machine" "$mirror" >"$bare/debootstrap.log" 2>&1 ||
		{ tail -n 20 "$bare/debootstrap.log" >&2; refuse 'debootstrap failed.'; }
	apt-config dump 2>/dev/null | grep -E '^Acquire::https?::Proxy' >"$machine/etc/apt/apt.conf.d/90machine" || :
	mkdir -p "$machine/usr/local/share/ca-certificates"
	cp /usr/local/share/ca-certificates/*.crt "$machine/usr/local/share/ca-certificates/" 2>/dev/null || :
	cp -L /etc/resolv.conf /etc/hosts "$machine/etc/"
	say "debootstrap: $SECONDS s"
}

# bind FROM TO mounts a file or folder of this machine in the other, read-only.
bind() {
	if [ -d "$1" ]; then mkdir -p "$machine$2"; else mkdir -p "$machine${2%/*}" && touch "$machine$2"; fi
	mount --bind "$1" "$machine$2"
	mount -o remount,bind,ro "$machine$2"
}

bind_tools() {
	local node
	node=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
	bind "$(go env GOROOT)" /opt/go
	bind "$node/bin/node" /opt/node/bin/node
	bind "$node/lib/node_modules" /opt/node/lib/node_modules
	ln -s ../lib/node_modules/npm/bin/npm-cli.js "$machine/opt/node/bin/npm"
	ln -s ../lib/node_modules/npm/bin/npx-cli.js "$machine/opt/node/bin/npx"
	bind "$(readlink -f "$(command -v terraform)")" /opt/terraform/terraform
	mkdir -p "$(go env GOMODCACHE)/cache/download"
	bind "$(go env GOMODCACHE)/cache/download" /opt/modules
	mount -t proc proc "$machine/proc"
	mount --rbind /sys "$machine/sys"
	mount --rbind /dev "$machine/dev"
	mount -t tmpfs tmpfs "$machine/dev/shm"
	if [ -n "${BARE_WARM:-}" ]; then
		mkdir -p "$bare/upper" "$bare/work" "$machine/root/.cache/go-build"
		mount -t overlay -o "lowerdir=$(go env GOCACHE),upperdir=$bare/upper,workdir=$bare/work" overlay "$machine/root/.cache/go-build"
	fi
}

# in_machine runs a command in the clone, in an environment that has of this
# machine's only what reaches the registries.
in_machine() {
	local name pass=()
	for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY NODE_EXTRA_CA_CERTS; do
		[ -z "${!name:-}" ] || pass+=("$name=${!name}")
	done
	chroot "$machine" /usr/bin/env -i -C /root/pgdr HOME=/root LANG=C.UTF-8 \
		PATH=/opt/go/bin:/opt/node/bin:/opt/terraform:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		GOPROXY="file:///opt/modules,$(go env GOPROXY)" GOSUMDB="$(go env GOSUMDB)" GONOSUMDB="$(go env GONOSUMDB)" \
		npm_config_registry="$(npm config get registry)" "${pass[@]}" "$@"
}

# no_cluster: the packages of PostgreSQL were installed and made no database.
no_cluster() {
	local clusters
	clusters=$(chroot "$machine" pg_lsclusters --no-header)
	[ -z "$clusters" ] || refuse "the set-up left a cluster of PostgreSQL: $clusters"
	[ ! -e "$machine/etc/postgresql-common/createcluster.d" ] || refuse 'the set-up left its setting of createcluster behind.'
}

if [ "${1:-}" = --inside ]; then
	shift
	inside "$@"
	exit
fi
steps=(drill test)
while [ "$#" -gt 0 ]; do
	case "$1" in
	--setup) steps=(setup-drill setup doctor) ;;
	--warm) export BARE_WARM=yes ;;
	--only)
		case "${2:-}" in drill | test) steps=("$2") ;; *) refuse "found --only ${2:-}, want drill or test" ;; esac
		shift
		;;
	*) refuse "found $1, want --setup, --only, --warm or nothing" ;;
	esac
	shift
done
outside "${steps[@]}"
