package tests

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/gobuild"
)

// terminal opens a pseudo-terminal: what a person types at.
// https://man7.org/linux/man-pages/man4/ptmx.4.html
func terminal(t *testing.T) (keyboard, tty *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = keyboard.Close() })
	var unlock, number int32
	for request, value := range map[uintptr]*int32{syscall.TIOCSPTLCK: &unlock, syscall.TIOCGPTN: &number} {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, keyboard.Fd(), request, uintptr(unsafe.Pointer(value))) //nolint:gosec // the call takes it so
		require.Zero(t, errno)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tty.Close() })
	return keyboard, tty
}

// upTwin is a twin that is up, and a person at a second terminal.
type upTwin struct {
	*interrupted
	programs, export string
}

// bringUp builds the programs and brings a twin up with them.
func bringUp(t *testing.T) *upTwin {
	t.Helper()
	programs := t.TempDir()
	for name, pkg := range map[string]string{"twin": "./twin/cmd/twin", "drctl": "./cmd/drctl"} {
		require.NoError(t, gobuild.Program(t.Context(), "..", pkg, filepath.Join(programs, name)))
	}
	temp, err := os.MkdirTemp("", "pgdr-u-") //nolint:usetesting // a socket's path must be short
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(temp)) })
	require.NoError(t, os.Chmod(temp, 0o711)) //nolint:gosec // PostgreSQL's user goes in
	u := &upTwin{interrupted: begin(t, filepath.Join(programs, "twin"), temp, "up"), programs: programs}
	u.await("lists the actions", "walsender")
	u.export = regexp.MustCompile(`export [^\n]*`).FindString(u.out.String())
	require.NotEmpty(t, u.export, &u.out)
	return u
}

// types has a shell at a terminal do a line, as the twin says that a second
// terminal reaches it, and returns what was printed and the exit code. A question
// is answered with the environment's name; what does not end is interrupted.
func (u *upTwin) types(line string, patience time.Duration) (string, int) {
	u.t.Helper()
	keyboard, tty := terminal(u.t)
	_, err := keyboard.WriteString("dev\n")
	require.NoError(u.t, err)
	ctx, cancel := context.WithTimeout(u.t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", u.export+"; exec "+line) //nolint:gosec // the runbook's own words
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	cmd.Dir, cmd.Stdin = "..", tty
	cmd.Env = append(os.Environ(), "PATH="+u.programs+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) && ctx.Err() == nil {
		require.NoError(u.t, err, line)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// runbook are the commands of docs/runbook.md that ask the guard, each once, in
// its order: those of its blocks and those in its sentences.
func runbook(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile("../docs/runbook.md")
	require.NoError(t, err)
	var all []string
	for _, found := range regexp.MustCompile("(?m)(?:^ *|`)(drctl guard [^\n`#]*)").FindAllStringSubmatch(string(page), -1) {
		line := strings.TrimSpace(strings.ReplaceAll(found[1], "prod", "dev"))
		if !slices.Contains(all, line) {
			all = append(all, line)
		}
	}
	return all
}

// TestUp brings a twin up, has each command of the runbook typed at it, takes the
// primary's region away, and reads the failover from drctl guard status.
func TestUp(t *testing.T) {
	u := bringUp(t)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for u.said.Scan() {
			_, _ = u.out.Write([]byte(u.said.Text() + "\n"))
		}
	}()
	u.reachedByNameAndPSQL()
	var out string
	var code int
	// A guard that has just been armed has yet to see its first heartbeat replicated.
	require.Eventually(t, func() bool {
		out, code = u.types("drctl guard status -e dev", time.Minute)
		return code == 0 && strings.HasPrefix(out, "OK: armed")
	}, 3*time.Minute, 200*time.Millisecond, "not armed: %s", &u.out)
	commands := runbook(t)
	require.Greater(t, len(commands), 15)
	orders := u.typeRunbook(commands, out)
	u.armAgain()

	dir := " --dir " + filepath.Join(u.temp, "twin")
	out, code = u.types("twin break loose-region primary"+dir, time.Minute)
	require.Equal(t, 1, code)
	require.Contains(t, out, `did you mean "lose-region"`)
	out, code = u.types("twin break lose-region primary"+dir, time.Minute)
	require.Zero(t, code, out)
	require.Contains(t, out, "us-east-1 is lost")
	require.Eventually(t, func() bool {
		out, code = u.types("drctl guard status -e dev", time.Minute)
		return strings.HasPrefix(out, "FAILOVER in progress")
	}, 5*time.Minute, 200*time.Millisecond, "no failover: %s", &u.out)
	require.Zero(t, code)
	out, code = u.types("drctl guard status -e dev --follow", 5*time.Minute)
	require.Zero(t, code, out)
	out, code = u.types("drctl guard status -e dev", time.Minute)
	require.Equal(t, 4, code, "after a failover an operator has work\n%s", out)
	require.Contains(t, out, "replica-db-dev at the replica site")
	out, code = u.types("drctl guard history -e dev --limit 1", time.Minute)
	require.Zero(t, code)
	require.Regexp(t, `recovery \S+ from the first silence to the switch of the name; objective 15m0s`, out)
	for _, order := range orders {
		out, code = u.types(order, 5*time.Minute)
		require.Equal(t, 2, code, "%s: there is nothing to fail over to any more\n%s", order, out)
	}
	out, code = u.types("twin mend"+dir, time.Minute)
	require.Zero(t, code, out)
	require.Contains(t, out, "us-east-1 is back\nall faults have ended\n")

	require.NoError(t, syscall.Kill(-u.cmd.Process.Pid, syscall.SIGINT))
	<-read
	require.NoError(t, u.cmd.Wait(), &u.out)
	require.NoFileExists(t, filepath.Join(u.temp, "twin", "up.sock"))
	require.Empty(t, left(t, u.temp), &u.out)
}

// typeRunbook types the runbook's commands at a twin in which nothing is wrong, and
// returns those that order a failover, for later. None is a command that there is
// not, or that does not reach the guard: those end with 1.
func (u *upTwin) typeRunbook(commands []string, status string) (orders []string) {
	u.t.Helper()
	writer := regexp.MustCompile(`db-[A-Z0-9]{10,}`).FindString(status)
	require.NotEmpty(u.t, writer, status)
	for _, line := range commands {
		if strings.Contains(line, "failover") && strings.Contains(line, "--yes") {
			orders = append(orders, line)
			continue
		}
		line = regexp.MustCompile(`db-(…|[A-Z]{10,})`).ReplaceAllString(line, writer)
		patience := time.Minute
		if strings.Contains(line, "--watch") {
			patience = 5 * time.Second
		}
		out, code := u.types(line, patience)
		want := []int{0, 2, 3, 4}
		if strings.Contains(line, "--watch") {
			want = []int{130}
		}
		require.Contains(u.t, want, code, "%s\n%s", line, out)
	}
	require.NotEmpty(u.t, orders)
	return orders
}

// armAgain undoes what the runbook's commands left: a pause, a disarmed guard.
func (u *upTwin) armAgain() {
	u.t.Helper()
	_, code := u.types("drctl guard resume -e dev", time.Minute)
	require.Zero(u.t, code)
	require.Eventually(u.t, func() bool {
		_, code = u.types("drctl guard arm -e dev", time.Minute)
		return code == 0
	}, 3*time.Minute, time.Second, "the guard does not arm: %s", &u.out)
}

// reachedByNameAndPSQL follows the lines for dig and psql that the twin prints.
func (u *upTwin) reachedByNameAndPSQL() {
	u.t.Helper()
	dig := regexp.MustCompile(`dig @(\S+) -p (\d+) (\S+)`).FindStringSubmatch(u.out.String())
	require.NotNil(u.t, dig, &u.out)
	resolver := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", net.JoinHostPort(dig[1], dig[2]))
	}}
	hosts, err := resolver.LookupHost(u.t.Context(), dig[3])
	require.NoError(u.t, err)
	psql := regexp.MustCompile(`PGPASSWORD=[^\n]*`).FindString(u.out.String())
	psql = regexp.MustCompile(`\$\(dig[^)]*\)`).ReplaceAllString(psql, hosts[len(hosts)-1])
	out, code := u.types("env "+psql+` -Atc "SELECT count(*) > 0, pg_is_in_recovery() FROM drill_rows"`, time.Minute)
	require.Zero(u.t, code, out)
	require.Equal(u.t, "t|f\n", out, "the name leads to the writer, which applications write to")
}
