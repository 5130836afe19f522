package app_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/pgdr/pgdr/twin/pgtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := pgtest.Cleanup(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
