// Package docpage keeps tables in the documentation that are made from code.
// A table stands between two comments in a page:
//
//	<!-- table NAME: made from the code by make golden -->
//	<!-- end NAME -->
package docpage

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update-docs", false, "write the tables in the documentation anew")

// Check fails a test where a page's table is not what the code says. With
// -update-docs the page is written instead.
func Check(tb testing.TB, page, name, table string) {
	tb.Helper()
	raw, err := os.ReadFile(page) //nolint:gosec // a page of this project
	if err != nil {
		tb.Fatalf("read the page: %v", err)
	}
	begin := fmt.Sprintf("<!-- table %s: made from the code by make golden -->\n", name)
	end := fmt.Sprintf("<!-- end %s -->", name)
	before, rest, found := strings.Cut(string(raw), begin)
	old, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		tb.Fatalf("%s: found no table %q, want it between\n%s%s", page, name, begin, end)
	}
	if old == table {
		return
	}
	if !*update {
		tb.Errorf("%s: the table %q is stale; run make golden. It should be:\n%s", page, name, table)
		return
	}
	if err := os.WriteFile(page, []byte(before+begin+table+end+after), 0o644); err != nil { //nolint:gosec // a page of this project
		tb.Fatalf("write the page: %v", err)
	}
}
