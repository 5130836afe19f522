// Package docpage keeps what is made from the code and committed: golden files,
// and what the documentation repeats: tables, and lines below headings.
// A table stands between two comments in a page:
//
//	<!-- table NAME: made from the code by make golden -->
//	<!-- end NAME -->
package docpage

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update-docs", false, "write the golden files and the tables in the documentation anew")

// File fails a test where a golden file is not what the code makes. With
// -update-docs the file is written instead.
func File(tb testing.TB, path, made string) {
	tb.Helper()
	old := ""
	if _, err := os.Stat(path); err == nil {
		old = read(tb, path)
	} else if !*update {
		tb.Fatalf("%s: found no such golden file; run make golden", path)
	} else if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		tb.Fatalf("make a folder for the golden file: %v", err)
	}
	write(tb, path, "the file", old, made)
}

// Check fails a test where a page's table is not what the code says. With
// -update-docs the page is written instead.
func Check(tb testing.TB, page, name, table string) {
	tb.Helper()
	before, old, after := find(tb, page, name)
	put(tb, page, name, before, old, table, after)
}

// Rows is a table of which the page itself has a part: an empty cell is prose,
// which stays as it stands in the row that begins alike. Of a cell that ends in
// "…" the page has the sentences after the first. A row without its prose fails
// the test.
func Rows(tb testing.TB, page, name string, header []string, rows [][]string) {
	tb.Helper()
	before, old, after := find(tb, page, name)
	prose := map[string][]string{}
	for line := range strings.Lines(old) {
		if cells := strings.Split(strings.Trim(line, "| \n"), " | "); len(cells) == len(header) {
			prose[cells[0]] = cells
		}
	}
	lines := []string{row(header), strings.Repeat("|---", len(header)) + "|\n"}
	for _, cells := range rows {
		cells = append([]string{}, cells...)
		for i, cell := range cells {
			first, goesOn := strings.CutSuffix(cell, "…")
			if old := prose[cells[0]]; len(old) == 0 {
				cells[i] = first
			} else if _, rest, more := strings.Cut(old[i], ". "); goesOn && more {
				cells[i] = first + ". " + rest
			} else if cells[i] = first; cell == "" {
				cells[i] = old[i]
			}
			if strings.TrimSpace(cells[i]) == "" {
				tb.Errorf("%s: the table %q: the row of %s has nothing under %q; write it into the page", page, name, cells[0], header[i])
			}
		}
		lines = append(lines, row(cells))
	}
	put(tb, page, name, before, old, strings.Join(lines, ""), after)
}

func row(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// Under holds one line below each heading of a page: "#### `NAME`" is followed,
// before the next heading, by a line that begins with label and goes on with the
// text of that name. Each name has one heading, and no other has one.
func Under(tb testing.TB, page, label string, texts map[string]string) {
	tb.Helper()
	raw := read(tb, page)
	lines := strings.Split(raw, "\n")
	heading, seen, found := "", map[string]bool{}, map[string]bool{}
	for i, line := range lines {
		switch name, is := strings.CutPrefix(line, "#### `"); {
		case is:
			heading = strings.TrimSuffix(name, "`")
			if texts[heading] == "" || seen[heading] {
				tb.Errorf("%s: found the heading %q, want one for each of the code's names", page, line)
			}
			seen[heading] = true
		case strings.HasPrefix(line, "#"):
			heading = ""
		case heading != "" && strings.HasPrefix(line, label):
			lines[i], found[heading] = label+texts[heading], true
		}
	}
	for name := range texts {
		if !found[name] {
			tb.Errorf("%s: found no line %q below a heading \"#### `%s`\"", page, label+"…", name)
		}
	}
	write(tb, page, fmt.Sprintf("a line %q", label), raw, strings.Join(lines, "\n"))
}

func read(tb testing.TB, page string) string {
	tb.Helper()
	raw, err := os.ReadFile(page) //nolint:gosec // a page of this project
	if err != nil {
		tb.Fatalf("read the page: %v", err)
	}
	return string(raw)
}

// find cuts a page at the table's marks.
func find(tb testing.TB, page, name string) (before, old, after string) {
	tb.Helper()
	begin := fmt.Sprintf("<!-- table %s: made from the code by make golden -->\n", name)
	end := fmt.Sprintf("<!-- end %s -->", name)
	before, rest, found := strings.Cut(read(tb, page), begin)
	old, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		tb.Fatalf("%s: found no table %q, want it between\n%s%s", page, name, begin, end)
	}
	return before + begin, old, end + after
}

func put(tb testing.TB, page, name, before, old, table, after string) {
	tb.Helper()
	write(tb, page, fmt.Sprintf("the table %q", name), before+old+after, before+table+after)
}

// write holds a page to what it should be, or writes it.
func write(tb testing.TB, page, what, old, text string) {
	tb.Helper()
	switch {
	case old == text || tb.Failed():
	case !*update:
		tb.Errorf("%s: %s is not what the code makes now; if that is meant, run make golden (-page +code):\n%s", page, what, cmp.Diff(old, text))
	default:
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil { //nolint:gosec // a page of this project
			tb.Fatalf("write the page: %v", err)
		}
	}
}
