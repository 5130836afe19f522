package probe_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/pgdr/pgdr/twin/pgtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := errors.Join(closeShared(), pgtest.Cleanup()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if left := leaked(5 * time.Second); left != "" && code == 0 {
		fmt.Fprintln(os.Stderr, "goroutines that looks left behind:\n"+left)
		code = 1
	}
	os.Exit(code)
}

// leaked returns the goroutines that still run code of this project or of the
// PostgreSQL driver, if any do after a while.
func leaked(patience time.Duration) string {
	for until := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		var all bytes.Buffer
		_ = pprof.Lookup("goroutine").WriteTo(&all, 2) // a buffer takes everything
		var left []byte
		for _, g := range bytes.Split(all.Bytes(), []byte("\n\n")) {
			ours := bytes.Contains(g, []byte("guard/probe.")) || bytes.Contains(g, []byte("jackc/pgx"))
			if ours && !bytes.Contains(g, []byte("TestMain")) {
				left = append(append(left, g...), "\n\n"...)
			}
		}
		if len(left) == 0 || time.Now().After(until) {
			return string(left)
		}
	}
}
