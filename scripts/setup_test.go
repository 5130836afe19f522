// Package scripts_test runs the scripts on machines that it makes up: a PATH with
// programs of its own and a folder in which absolute paths begin. What the machine
// has that runs the test does not matter, but for make, bash and the core utilities.
package scripts_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// machine is a made-up one: bin is its PATH, root where its other paths begin.
type machine struct {
	t         *testing.T
	bin, root string
	env       []string
	stdin     *os.File
}

// coreutils are the programs that every machine has.
var coreutils = []string{
	"awk", "bash", "cat", "chmod", "dirname", "env", "false", "grep", "head", "ln", "ls", "make", "mkdir", "rm", "rmdir", "sed", "sh", "sort", "tee", "touch", "tr", "true", "uname",
}

// newMachine has Go, Node.js and Terraform, apt-get and root's rights; what
// apt-get can install is not there.
func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, bin: t.TempDir(), root: t.TempDir()}
	for _, name := range coreutils {
		path, err := exec.LookPath(name)
		require.NoError(t, err)
		require.NoError(t, os.Symlink(path, filepath.Join(m.bin, name)))
	}
	// What it builds is a program that prints its arguments.
	m.program("go", `for a; do
	[ "$before" != -o ] || { printf '#!/bin/sh\nfor a; do echo "<$a>"; done\n' >"$a"; chmod +x "$a"; }
	before=$a
done
echo 'go version go1.26.1 linux/amd64'`)
	m.program("node", "echo v22.14.0")
	m.program("npm", "echo 10.9.2")
	m.program("terraform", "echo 'Terraform v1.11.4'")
	m.program("id", "echo 0")
	m.apt("15+248")
	return m
}

// program is one that notes how it was called and does what a script says.
func (m *machine) program(name, script string) {
	m.t.Helper()
	path := filepath.Join(m.bin, name)
	_ = os.Remove(path)
	text := "#!/bin/sh\necho \"" + name + " $*\" >>'" + m.path("calls") + "'\n" + script + "\n"
	require.NoError(m.t, os.WriteFile(path, []byte(text), 0o755)) //nolint:gosec // a program
}

func (m *machine) remove(name string) { require.NoError(m.t, os.Remove(filepath.Join(m.bin, name))) }

func (m *machine) path(name string) string { return filepath.Join(m.root, name) }

// apt gives the machine apt-get, whose packages are what Debian's are: that of
// the server makes a cluster unless the setting of createcluster denies it.
func (m *machine) apt(candidate string) {
	m.t.Helper()
	m.program("apt-cache", "printf 'postgresql:\\n  Installed: (none)\\n  Candidate: "+candidate+"\\n'")
	program := func(path, says string) string {
		return "mkdir -p \"$(dirname '" + path + "')\"; printf '#!/bin/sh\\necho \"" + says + "\"\\n' >'" + path + "'; chmod +x '" + path + "'"
	}
	servers := m.path("usr/lib/postgresql/15/bin") + "/"
	m.program("apt-get", strings.Join([]string{
		"for name; do case $name in",
		"postgresql)",
		program(servers+"postgres", "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), program(servers+"initdb", ""), program(servers+"pg_basebackup", ""),
		"grep -qs '^create_main_cluster = false' '" + m.path("etc/postgresql-common/createcluster.d/pgdr.conf") + "' || touch '" + m.path("cluster") + "' ;;",
		"postgresql-15-pgaudit) mkdir -p '" + servers + "../lib'; touch '" + servers + "../lib/pgaudit.so' ;;",
		"ca-certificates) mkdir -p '" + m.path("etc/ssl/certs") + "'; echo one >'" + m.path("etc/ssl/certs/ca-certificates.crt") + "' ;;",
		"git)", program(filepath.Join(m.bin, "git"), "git version 2.39.5"), ";;",
		"gcc)", program(filepath.Join(m.bin, "gcc"), "gcc (Debian 12.2.0-14) 12.2.0"), ";;",
		"qemu-user-static)", program(filepath.Join(m.bin, "qemu-aarch64-static"), "qemu-aarch64 version 7.2.22"), ";;",
		"esac; done",
	}, "\n"))
}

// run runs a program of the machine in the project's folder.
func (m *machine) run(name string, args ...string) (code int, said string) {
	m.t.Helper()
	project, err := filepath.Abs("..")
	require.NoError(m.t, err)
	cmd := exec.CommandContext(m.t.Context(), filepath.Join(m.bin, "env"), append([]string{name}, args...)...) //nolint:gosec // the test's own
	cmd.Dir, cmd.Env = project, append([]string{"PATH=" + m.bin, "PGDR_ROOT=" + m.root, "HOME=" + m.root}, m.env...)
	if m.stdin != nil {
		cmd.Stdin = m.stdin
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	var exit *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &exit) {
		require.NoError(m.t, err)
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

// calls of a program since the machine was made.
func (m *machine) calls(program string) []string {
	m.t.Helper()
	text, err := os.ReadFile(m.path("calls"))
	if !errors.Is(err, os.ErrNotExist) {
		require.NoError(m.t, err)
	}
	var found []string
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), program+" "); ok {
			found = append(found, rest)
		}
	}
	return found
}

const options = "-o DPkg::Lock::Timeout=120 "

func TestSetup_InstallsForADrillWhatADrillCannotDoWithout(t *testing.T) {
	m := newMachine(t)
	code, said := m.run("scripts/setup.sh", "drill")
	require.Zero(t, code, said)
	require.Equal(t, []string{options + "update -q", options + "install -qy --no-install-recommends ca-certificates postgresql"}, m.calls("apt-get"))
	require.Contains(t, said, "to install, as root: apt-get install ca-certificates postgresql.")
	require.Contains(t, said, "PostgreSQL (the server: drills run real ones)")
	require.NoFileExists(t, m.path("cluster"), "a database would run on port 5432")
	require.NoDirExists(t, m.path("etc/postgresql-common/createcluster.d"), "the user's next server is what its package says")

	code, said = m.run("scripts/setup.sh", "drill")
	require.Zero(t, code)
	require.Empty(t, said, "nothing is missing")
	require.Len(t, m.calls("apt-get"), 2)

	m.remove("terraform")
	code, said = m.run("scripts/setup.sh", "drill")
	require.Equal(t, 1, code, "no package is missing, and a tool is")
	require.Contains(t, said, "Terraform 1.11.1 or newer, found none")
}

func TestSetup_InstallsForTestsTheRest(t *testing.T) {
	m := newMachine(t)
	code, said := m.run("scripts/setup.sh")
	require.Zero(t, code, said)
	require.Equal(t, options+"install -qy --no-install-recommends ca-certificates postgresql git gcc libc6-dev postgresql-15-pgaudit qemu-user-static", m.calls("apt-get")[1])
	require.NoFileExists(t, m.path("cluster"))
	code, said = m.run("scripts/doctor.sh")
	require.Zero(t, code, said)
	require.NotContains(t, said, "MISSING")
}

func TestSetup_InstallsWithASudoThatAsksForNoPassword(t *testing.T) {
	m := newMachine(t)
	m.program("id", "echo 1000")
	m.program("sudo", `shift; exec "$@"`)
	code, said := m.run("scripts/setup.sh", "drill")
	require.Zero(t, code, said)
	require.Contains(t, m.calls("sudo"), "-n env DEBIAN_FRONTEND=noninteractive apt-get "+options+"install -qy --no-install-recommends ca-certificates postgresql")
	for _, call := range m.calls("sudo") {
		require.True(t, strings.HasPrefix(call, "-n "), "it would ask for a password: %s", call)
	}
}

// refusals: what a machine lacks or forbids, and what it is told.
var refusals = map[string]struct {
	spoil func(*machine)
	words []string
}{
	"forbidden": {func(m *machine) { m.env = []string{"PGDR_INSTALL=no"} },
		[]string{"PGDR_INSTALL=no forbids the installation", "\n  apt-get update && apt-get install --no-install-recommends ca-certificates postgresql", "no database on port 5432"}},
	"sudo asks for a password": {func(m *machine) { m.program("id", "echo 1000"); m.program("sudo", "exit 1") },
		[]string{"Not root, and sudo asks for a password", "\n  sudo apt-get update && sudo apt-get install"}},
	"no sudo":    {func(m *machine) { m.program("id", "echo 1000") }, []string{"Not root, and sudo asks for a password or is not there"}},
	"dnf":        {func(m *machine) { m.remove("apt-get"); m.program("dnf", "") }, []string{"pgdr installs with apt-get only", "\n  dnf install", "postgresql-server"}},
	"brew":       {func(m *machine) { m.remove("apt-get"); m.program("brew", "") }, []string{"pgdr installs with apt-get only", "\n  brew install", "postgresql"}},
	"no manager": {func(m *machine) { m.remove("apt-get") }, []string{"the packages of your system for these; on Debian: apt-get install ca-certificates postgresql"}},
	"no Go": {func(m *machine) { m.remove("go") },
		[]string{"these you install yourself:\n  Go 1.26 or newer, found none: https://go.dev/dl/", "Nothing is installed."}},
	"old Go":          {func(m *machine) { m.program("go", "echo 'go version go1.25.3 linux/amd64'") }, []string{"Go 1.26 or newer, found 1.25.3"}},
	"no Node.js":      {func(m *machine) { m.remove("node"); m.remove("npm") }, []string{"Node.js 20 or newer, found none", "npm 9 or newer, found none"}},
	"old Terraform":   {func(m *machine) { m.program("terraform", "echo Terraform v1.9.8") }, []string{"Terraform 1.11.1 or newer, found 1.9.8: https://"}},
	"unknown setting": {func(m *machine) { m.env = []string{"PGDR_INSTALL=No"} }, []string{"found PGDR_INSTALL=No, want yes, no or nothing"}},
}

func TestSetup_RefusesAndInstallsNothing(t *testing.T) {
	for name, c := range refusals {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			c.spoil(m)
			code, said := m.run("scripts/setup.sh", "drill")
			require.Equal(t, 1, code, said)
			for _, words := range c.words {
				require.Contains(t, said, words)
			}
			require.Empty(t, m.calls("apt-get"))
		})
	}
	m := newMachine(t)
	code, said := m.run("scripts/setup.sh", "drills")
	require.Equal(t, 1, code)
	require.Contains(t, said, `found purpose "drills", want drill, test or bare`)
}

func TestSetup_SaysWhatAptCouldNotDo(t *testing.T) {
	m := newMachine(t)
	m.apt("14+238")
	code, said := m.run("scripts/setup.sh", "drill")
	require.Equal(t, 1, code)
	require.Contains(t, said, "PostgreSQL 15 or newer is needed, this system's packages have 14: https://www.postgresql.org/download/linux/")
	require.Equal(t, []string{options + "update -q"}, m.calls("apt-get"))
	require.NoDirExists(t, m.path("etc/postgresql-common"))

	m = newMachine(t)
	m.program("apt-get", `case "$*" in *install*) exit 100 ;; esac`)
	code, said = m.run("scripts/setup.sh", "drill")
	require.Equal(t, 1, code)
	require.Contains(t, said, "apt-get failed (see above). Type this")

	m = newMachine(t)
	m.program("apt-get", "")
	code, said = m.run("scripts/setup.sh", "drill")
	require.Equal(t, 1, code)
	require.Contains(t, said, "still missing after the installation: certificates (of authorities: modules are downloaded over TLS), PostgreSQL (the server")
}

// A build takes minutes: what is missing is told before.
func TestMake_CompilesNothingWhereTheSetupRefuses(t *testing.T) {
	// What each refusal says is tested above.
	for _, name := range []string{"forbidden", "no sudo", "dnf", "no Go", "old Terraform"} {
		for _, target := range []string{"drill", "test"} {
			t.Run(target+" "+name, func(t *testing.T) {
				m := newMachine(t)
				refusals[name].spoil(m)
				code, said := m.run("make", "-j4", target, "BIN="+t.TempDir())
				require.NotZero(t, code, said)
				for _, program := range []string{"go", "npm"} {
					for _, call := range m.calls(program) {
						require.Contains(t, []string{"version", "--version"}, call, program)
					}
				}
			})
		}
	}
}

// The drill's program is a stand-in that prints its arguments.
func TestMake_HandsAValueOnAsOneArgument(t *testing.T) {
	m := newMachine(t)
	code, said := m.run("make", "drill", "BIN="+t.TempDir(), "SCENARIO=/a b/it's.yaml", "ENV=$$(touch "+m.path("ran")+")")
	require.Zero(t, code, said)
	require.Contains(t, said, "<drill>\n</a b/it's.yaml>\n<--environment>\n<$(touch "+m.path("ran")+")>\n")
	require.NoFileExists(t, m.path("ran"), "a value is no command")

	code, said = m.run("make", "drill", "BIN="+t.TempDir())
	require.Zero(t, code, said)
	require.Contains(t, said, "<drill>\n<--environment>\n<dev>\n", "no scenario is no argument")
}

func TestDoctor_NamesWhatIsMissingAndHowToGetIt(t *testing.T) {
	m := newMachine(t)
	m.remove("terraform")
	m.program("node", "echo v20.19.0")
	code, said := m.run("scripts/doctor.sh")
	require.Equal(t, 1, code)
	for _, words := range []string{
		"MISSING  Terraform    not found; 1.11.1 or newer is needed", "https://developer.hashicorp.com/terraform/install",
		"ok       Go           1.26.1", "20 works but is past its end of life",
		"MISSING  PostgreSQL   not found; 15 or newer is needed", "make drill, make test or make setup install it (apt-get: postgresql;",
		"MISSING  pgaudit      not found (extension of the server", "apt-get: postgresql-15-pgaudit",
	} {
		require.Contains(t, said, words)
	}
	require.NotContains(t, said, "node_modules", "the next command makes it by itself")
	require.NotContains(t, said, "cdktf")
	require.Empty(t, m.calls("apt-get"))
}

// That it works is shown by running it, which takes root and minutes: make
// test-bare-machine, the set-up half in .ci/run.
func TestBareMachine_RefusesBeforeItMakesAnything(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*machine)
		args  []string
		words string
	}{
		"no root":        {func(m *machine) { m.program("id", "echo 1000") }, nil, "needs root"},
		"may not mount":  {func(m *machine) { m.program("unshare", "exit 1") }, []string{"--setup"}, "needs the right to mount"},
		"no debootstrap": {func(m *machine) { m.remove("debootstrap"); m.env = append(m.env, "PGDR_INSTALL=no") }, nil, "apt-get install --no-install-recommends debootstrap"},
		"unknown option": {func(*machine) {}, []string{"--set-up"}, "found --set-up, want --setup, --only, --warm or nothing"},
		"unknown target": {func(*machine) {}, []string{"--only", "lint"}, "found --only lint, want drill or test"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.program("debootstrap", "echo debootstrap 1.0.128")
			m.program("unshare", "")
			m.program("date", "")
			m.env = []string{"BARE_FOLDER=" + t.TempDir()}
			c.spoil(m)
			code, said := m.run("scripts/bare-machine.sh", c.args...)
			require.Equal(t, 1, code, said)
			require.Contains(t, said, c.words)
			require.Empty(t, m.calls("apt-get"))
			entries, err := os.ReadDir(strings.TrimPrefix(m.env[0], "BARE_FOLDER="))
			require.NoError(t, err)
			require.Empty(t, entries)
		})
	}
}
