# shellcheck shell=sh
# What pgdr needs on a machine, and how to look for it. The one list: setup.sh
# installs from it, doctor.sh reports it, .ci/run installs with setup.sh.
# POSIX shell, because Go may be what is missing.

# Where absolute paths begin; tests give a folder of their own.
root=${PGDR_ROOT:-}

# tools are never installed: name, oldest version, how to get it.
tools() {
	cat <<'END'
Go 1.26 https://go.dev/dl/
Node.js 20 https://nodejs.org/ (22 or newer; 20 is past its end of life)
npm 9 comes with Node.js: https://nodejs.org/
Terraform 1.11.1 https://developer.hashicorp.com/terraform/install
END
}

# packages can be installed: name, oldest version ("-": any), the first of drill,
# test and bare that needs it, then its packages for apt-get, dnf and brew, joined
# by commas ("-": none). N is the major version of the PostgreSQL server.
packages() {
	cat <<'END'
make 4 drill make make make
certificates - drill ca-certificates ca-certificates ca-certificates
PostgreSQL 15 drill postgresql postgresql-server,postgresql-contrib postgresql
git 2 test git git git
gcc 8 test gcc,libc6-dev gcc gcc
pgaudit - test postgresql-N-pgaudit pgaudit -
QEMU 5 test qemu-user-static qemu-user-static-aarch64 -
debootstrap 1 bare debootstrap debootstrap -
END
}

# reason NAME: what a program is for, where its name does not say it.
reason() {
	case "$1" in
	PostgreSQL) echo 'the server: drills run real ones' ;;
	certificates) echo 'of authorities: modules are downloaded over TLS' ;;
	gcc) echo 'the race detector, under which tests run' ;;
	pgaudit) echo 'extension of the server: tests audit as RDS does; a drill does without' ;;
	QEMU) echo 'tests run the arm64 function' ;;
	debootstrap) echo 'makes a bare Debian in a folder' ;;
	esac
}

# wanted FOR: the lines of packages that drill, test or bare needs. Each needs
# what the one before needs, but bare, which is a machine of its own.
wanted() {
	case "$1" in
	drill) packages | grep ' drill ' ;;
	test) packages | grep -e ' drill ' -e ' test ' ;;
	bare) packages | grep ' bare ' ;;
	esac
}

version_of() { "$@" 2>/dev/null | grep -Eo '[0-9]+(\.[0-9]+)+' | head -n 1; }
server_version() { "$1/postgres" --version 2>/dev/null | sed -n 's/.*(PostgreSQL) \([0-9][0-9.]*\).*/\1/p'; }

# server_folder prints the folder of PostgreSQL's server programs, which are often
# not on the PATH: the newest of the first place that has some. The same places in
# the same order as a drill (twin/pgtest/programs.go).
server_folder() {
	for folder in "$(pg_config --bindir 2>/dev/null)" "$(dirname "$(command -v postgres)" 2>/dev/null)" \
		$(ls -d "$root"/usr/lib/postgresql/*/bin "$root"/opt/homebrew/opt/postgresql*/bin 2>/dev/null | sort -rV); do
		[ -x "$folder/postgres" ] && [ -x "$folder/initdb" ] && [ -x "$folder/pg_basebackup" ] || continue
		at_least "$(server_version "$folder")" 15 || continue
		echo "$folder"
		return
	done
}

# has_library FOLDER NAME: whether the server of a folder has a library.
has_library() {
	for libraries in "$("$1/pg_config" --pkglibdir 2>/dev/null)" "$1/../lib" "$1/../lib/postgresql"; do
		[ -e "$libraries/$2.so" ] && return
	done
	return 1
}

has_certificates() {
	for file in "${SSL_CERT_FILE:-}" "$root/etc/ssl/certs/ca-certificates.crt" "$root/etc/pki/tls/certs/ca-bundle.crt" "$root/etc/ssl/cert.pem"; do
		[ -s "$file" ] && return
	done
	return 1
}

# found NAME: the version that is there, "yes" where it has none, nothing where
# it is not there.
found() {
	case "$1" in
	Go) version_of go version ;;
	Node.js) version_of node --version ;;
	npm) version_of npm --version ;;
	Terraform) CHECKPOINT_DISABLE=1 version_of terraform version ;;
	PostgreSQL)
		folder=$(server_folder)
		[ -z "$folder" ] || server_version "$folder"
		;;
	pgaudit)
		folder=$(server_folder)
		if [ -n "$folder" ] && has_library "$folder" pgaudit; then echo yes; fi
		;;
	certificates) if has_certificates; then echo yes; fi ;;
	QEMU) version_of qemu-aarch64-static --version ;;
	debootstrap) version_of debootstrap --version ;;
	*) version_of "$1" --version ;;
	esac
}

# at_least HAVE WANT: whether version HAVE is WANT or newer.
at_least() {
	[ -n "$1" ] || return 1
	[ "$2" = - ] || [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# server_major prints the major version of the server that is there, or else of
# the one that apt-get would install; nothing where apt-get knows of none.
server_major() {
	major=$(found PostgreSQL)
	[ -n "$major" ] || major=$(apt-cache policy postgresql 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9][0-9]*\).*/\1/p')
	echo "${major%%.*}"
}

# apt_names LIST: a column of packages as apt-get takes it, N replaced where the
# server's version is known.
apt_names() {
	case "$1" in *-N-*) major=$(server_major) ;; esac
	echo "$1" | sed "s/,/ /g; s/-N-/-${major:-N}-/g"
}
