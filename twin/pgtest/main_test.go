package pgtest_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/pgdr/pgdr/twin/pgtest"
)

// childVariable makes the test program start a server and wait to be killed.
const childVariable = "PGTEST_CHILD"

func beKilled() {
	s, err := pgtest.New(context.Background(), pgtest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Addr())
	select {}
}

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		beKilled()
		return
	}
	code := m.Run()
	if err := pgtest.Cleanup(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
