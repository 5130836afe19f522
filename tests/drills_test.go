package tests

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin"
	"github.com/pgdr/pgdr/twin/drill"
)

// prepared is what the drills of this package begin with: made once, since
// building, synthesizing and applying take as long as a drill.
var prepared struct {
	once sync.Once
	root string
	base *drill.Base
	said safeBuffer
	err  error
}

// drills is the base of the drills, which TestMain closes.
func drills(t *testing.T) *drill.Base {
	t.Helper()
	p := &prepared
	p.once.Do(func() {
		var project string
		if project, p.err = filepath.Abs(".."); p.err != nil {
			return
		}
		if p.root, p.err = os.MkdirTemp("", "pgdr-drills-"); p.err != nil { //nolint:usetesting // it outlives the test
			return
		}
		// Slower than by default: what else a machine does must not decide a test.
		p.base, p.err = drill.Prepare(t.Context(), drill.Options{
			Project: project, Root: twin.Dir(p.root), Environment: "dev", Scale: 16, Patience: 2, Out: &p.said, Labelled: true,
		})
	})
	require.NoError(t, p.err)
	return p.base
}

// closeDrills ends what drills began and wants nothing left of it.
func closeDrills() error {
	p := &prepared
	if p.root == "" {
		return nil
	}
	var errs []error
	if p.base != nil {
		errs = append(errs, p.base.Close())
	}
	mark, servers := ServersOf(os.Getpid())
	left, err := Remains([]string{p.root, mark}, []string{filepath.Join(p.root, "drill-*"), servers})
	errs = append(errs, err)
	for _, what := range left {
		errs = append(errs, errors.New("the drills left "+what))
	}
	return errors.Join(append(errs, os.RemoveAll(p.root))...)
}

func TestMain(m *testing.M) {
	code := m.Run()
	if err := closeDrills(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
