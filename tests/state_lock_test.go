package tests

import (
	"bytes"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience bounds what is waited for; nothing is measured by it.
const patience = 2 * time.Minute

// requireOneAtATime holds an apply just before it writes its state, so that
// the lock is taken, and starts another. Nothing rests on who is faster.
func requireOneAtATime(t *testing.T, r *remote) {
	t.Helper()
	before := r.pull(t, "primary")

	t.Run("the second is refused, and told who has the lock", func(t *testing.T) {
		first := r.startHeld(t)
		out, code := run(t, r.terraform(t, "primary", "apply", "-auto-approve", "-no-color"))
		require.Equal(t, 1, code, out)
		require.Contains(t, out, "Error acquiring the state lock")
		require.Contains(t, out, "PreconditionFailed", "S3's conditional write refused it")
		require.Contains(t, unwrapped(out), "Path: acme-state/pgdr/dev/pgdr-primary-dev.tfstate")
		first.finish(t)
		after := r.pull(t, "primary")
		require.Equal(t, before.Lineage, after.Lineage)
		require.Equal(t, before.Serial+1, after.Serial, "one of the two wrote, once")
		require.Equal(t, before.Resources, after.Resources)
	})

	t.Run("the second waits if it is told to, and finds nothing left to do", func(t *testing.T) {
		first := r.startHeld(t)
		refused := r.refusedLocks()
		second := r.start(t, "apply", "-auto-approve", "-no-color", "-lock-timeout=2m")
		require.Eventually(t, func() bool { return r.refusedLocks() > refused }, patience, 20*time.Millisecond, "the second never asked for the lock")
		first.finish(t)
		require.Contains(t, second.finish(t), "Apply complete! Resources: 0 added, 0 changed, 0 destroyed.")
		after := r.pull(t, "primary")
		require.Equal(t, before.Lineage, after.Lineage)
		require.Equal(t, before.Resources, after.Resources)
	})

	t.Run("no lock is left behind, and the plan is empty", func(t *testing.T) {
		refused := r.refusedLocks()
		require.Equal(t, 2, lines(r.plan(t, 0), "No changes. Your infrastructure matches the configuration."))
		require.Equal(t, refused, r.refusedLocks())
	})
}

// requireOneHistory reads every state that was written since the requests were
// last forgotten: two writers at once would repeat a serial.
func requireOneHistory(t *testing.T, r *remote) {
	t.Helper()
	var last tfstate
	written := r.puts("pgdr-primary-dev.tfstate")
	require.GreaterOrEqual(t, len(written), 3)
	for _, put := range written {
		file := readState(t, put.Body)
		if last.Serial > 0 {
			require.Equal(t, last.Lineage, file.Lineage)
			require.Equal(t, last.Serial+1, file.Serial)
		}
		last = file
	}
}

// running is a Terraform that goes on beside the test.
type running struct {
	cmd     *exec.Cmd
	out     *bytes.Buffer
	release func()
}

func (r *remote) start(t *testing.T, args ...string) *running {
	t.Helper()
	p := &running{cmd: r.terraform(t, "primary", args...), out: &bytes.Buffer{}, release: func() {}}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	require.NoError(t, p.cmd.Start())
	return p
}

// startHeld starts an apply with something to do, and returns when it is about
// to write its state.
func (r *remote) startHeld(t *testing.T) *running {
	t.Helper()
	r.drift(t)
	hold := r.s3.Hold(http.MethodPut, ".tfstate")
	t.Cleanup(hold.Release)
	p := r.start(t, "apply", "-auto-approve", "-no-color")
	p.release = hold.Release
	select {
	case <-hold.Caught():
	case <-time.After(patience):
		require.Fail(t, "the first apply never wrote its state")
	}
	return p
}

// finish lets it go on and wants it to succeed.
func (p *running) finish(t *testing.T) string {
	t.Helper()
	p.release()
	require.NoError(t, p.cmd.Wait(), p.out)
	return p.out.String()
}

// refusedLocks counts the locks that S3 refused because there is one.
func (r *remote) refusedLocks() int {
	count := 0
	for _, request := range r.s3.Requests() {
		if request.Method == http.MethodPut && strings.HasSuffix(request.Key, ".tflock") && request.Status == http.StatusPreconditionFailed {
			count++
		}
	}
	return count
}
