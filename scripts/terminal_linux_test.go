package scripts_test

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// terminal is one at which a person has typed a line.
func terminal(t *testing.T, typed string) *os.File {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = master.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	person, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = person.Close() })
	_, err = master.WriteString(typed)
	require.NoError(t, err)
	return person
}

func TestSetup_AsksOnATerminal(t *testing.T) {
	for typed, installs := range map[string]bool{"y\n": true, "\n": true, "n\n": false, "what?\n": false, "\x04": false} {
		t.Run(fmt.Sprintf("%q", typed), func(t *testing.T) {
			m := newMachine(t)
			m.stdin = terminal(t, typed)
			code, said := m.run("scripts/setup.sh", "drill")
			require.Contains(t, said, "install? [Y/n]")
			if installs {
				require.Zero(t, code, said)
				require.NotEmpty(t, m.calls("apt-get"))
				return
			}
			require.Equal(t, 1, code, said)
			require.Contains(t, said, "Nothing is installed. Type this")
			require.Empty(t, m.calls("apt-get"))
		})
	}
	m := newMachine(t)
	m.stdin, m.env = terminal(t, ""), []string{"PGDR_INSTALL=yes"}
	code, said := m.run("scripts/setup.sh", "drill")
	require.Zero(t, code, said)
	require.NotContains(t, said, "[Y/n]")
}
