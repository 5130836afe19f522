package report_test

import (
	"context"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/drill/report"
)

// chromium is the browser that this machine has. Without one a test is skipped,
// with the reason.
func chromium(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "../../../scripts/chromium.sh").CombinedOutput()
	if err != nil {
		t.Skip(strings.TrimSpace(string(out)))
	}
	return strings.TrimSpace(string(out))
}

// harness shows a page in frames of several widths, as a browser lays it out, and
// writes down what it measured.
const harness = `<!DOCTYPE html><body><script>
const found = []
let left = %d
function measure(frame) {
  const d = frame.contentDocument, w = frame.contentWindow, out = []
  for (const e of d.body.querySelectorAll('*')) {
    const r = e.getBoundingClientRect()
    if (r.right > w.innerWidth + 1 && r.width > 0) out.push(e.tagName + '.' + e.className + ' ' + Math.round(r.right))
  }
  const rto = d.querySelector('#rto .figure')
  found.push({width: w.innerWidth, wide: d.documentElement.scrollWidth, out: out.slice(0, 5),
    back: w.getComputedStyle(d.body).backgroundColor, paths: d.querySelectorAll('svg path').length,
    areas: [...d.querySelectorAll('svg path')].filter(p => p.getBoundingClientRect().height > 0).length, rto: rto ? rto.innerText : ''})
  if (--left == 0) document.body.innerText = 'MEASURED' + JSON.stringify(found) + 'END'
}
</script>%s</body>`

type measured struct {
	Width, Wide, Paths, Areas int
	Out                       []string
	Back, RTO                 string
}

// show lets the browser lay a page out, in light or dark colours, and returns what
// it measured at each width and what it printed on its console.
func show(t *testing.T, page []byte, dark bool, widths ...int) (all []measured, console []string) {
	t.Helper()
	browser, folder := chromium(t), t.TempDir()
	frames := ""
	for _, width := range widths {
		frames += fmt.Sprintf(`<iframe style="border:0;width:%dpx;height:900px" onload="measure(this)" srcdoc="%s"></iframe>`, width, html.EscapeString(string(page)))
	}
	file := filepath.Join(folder, "harness.html")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, harness, len(widths), frames), 0o600))
	scheme := 1
	if dark {
		scheme = 0
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+folder, "--enable-logging=stderr",
		fmt.Sprintf("--blink-settings=preferredColorScheme=%d", scheme), "--window-size=1400,1000", "--dump-dom", "file://"+file)
	cmd.Env = append(os.Environ(), "HOME="+folder)
	var said strings.Builder
	cmd.Stderr = &said
	dom, err := cmd.Output()
	require.NoError(t, err, said.String())
	found := regexp.MustCompile(`MEASURED(.*)END`).FindStringSubmatch(string(dom))
	require.NotNil(t, found, "%s\n%s", dom, said.String())
	unmarshal(t, html.UnescapeString(found[1]), &all)
	for line := range strings.Lines(said.String()) {
		if strings.Contains(line, "CONSOLE") {
			console = append(console, line)
		}
	}
	return all, console
}

// TestPage_InABrowser holds the page of a recorded drill to what a reader wants: it
// renders without errors, shows the figures, fits each width, in both colours.
func TestPage_InABrowser(t *testing.T) {
	r := recorded(t, "region-loss")
	text, err := r.HTML()
	require.NoError(t, err)
	backs := map[string]bool{}
	for _, dark := range []bool{false, true} {
		all, console := show(t, text, dark, 1200, 800, 360)
		require.Empty(t, console, "nothing goes wrong in the browser")
		require.Len(t, all, 3)
		for _, m := range all {
			require.LessOrEqual(t, m.Wide, m.Width, "overflow at %d: %v", m.Width, m.Out)
			require.Empty(t, m.Out, "cut off at %d", m.Width)
			require.Equal(t, report.Span(*r.Apps[1].RTO), m.RTO)
			require.Equal(t, 5, m.Paths, "each application's writes, those of the one that moved on both servers")
			require.Equal(t, m.Paths, m.Areas, "all of them are drawn")
			backs[m.Back] = true
		}
	}
	require.Len(t, backs, 2, "light and dark differ: %v", backs)
}

func TestIndex_InABrowser(t *testing.T) {
	text, err := report.Index(entries())
	require.NoError(t, err)
	all, console := show(t, text, false, 1200, 360)
	require.Empty(t, console)
	for _, m := range all {
		require.LessOrEqual(t, m.Wide, m.Width, "overflow at %d: %v", m.Width, m.Out)
	}
}

// TestShow_NoticesWhatIsWrong: the measurements above can fail.
func TestShow_NoticesWhatIsWrong(t *testing.T) {
	all, console := show(t, []byte(`<p style="width:2000px">wide</p><script>nothing.at.all</script>`), false, 400)
	require.NotEmpty(t, console)
	require.Greater(t, all[0].Wide, all[0].Width)
	require.NotEmpty(t, all[0].Out)
}
