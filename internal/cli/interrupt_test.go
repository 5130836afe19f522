package cli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// stubbornVariable makes the test program a command that is slow to put its
// things away.
const stubbornVariable = "PGDR_TEST_STUBBORN"

func TestMain(m *testing.M) {
	if os.Getenv(stubbornVariable) != "" {
		ctx, stop := Interruptible(context.Background())
		defer stop()
		fmt.Println("runs")
		<-ctx.Done()
		fmt.Println("ends")
		select {}
	}
	os.Exit(m.Run())
}

func TestInterruptible_TheFirstSignalAsksAndTheSecondEnds(t *testing.T) {
	// Who started the tests may ignore them (nohup, a job in the background), and
	// a child inherits that unless they are caught here.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGINT, syscall.SIGHUP)
	defer signal.Stop(caught)
	for _, first := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(first.String(), func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this test
			cmd.Env = append(os.Environ(), stubbornVariable+"=1")
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			lines := bufio.NewScanner(out)
			require.True(t, lines.Scan())
			require.NoError(t, cmd.Process.Signal(first))
			require.True(t, lines.Scan())
			require.Equal(t, "ends", lines.Text(), "the context ends, the process does not")
			require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
			var exit *exec.ExitError
			require.ErrorAs(t, cmd.Wait(), &exit)
			require.Equal(t, syscall.SIGINT, exit.Sys().(syscall.WaitStatus).Signal(), "ended by the second signal")
		})
	}
}
