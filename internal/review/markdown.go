package review

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Formats that [Render] writes.
var Formats = []string{"markdown", "json", "comment"}

// ErrFormat says that a format is not one of [Formats].
var ErrFormat = errors.New("unknown format")

// Render writes the review: all of it as Markdown or JSON, or what fits into a
// comment on GitHub. Each ends in a line break.
func Render(r *Review, format string) ([]byte, error) {
	switch format {
	case "markdown":
		return []byte(markdown(r)), nil
	case "comment":
		return []byte(comment(r)), nil
	case "json":
		raw, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("encode the review: %w", err)
		}
		return append(raw, '\n'), nil
	default:
		return nil, fmt.Errorf("%w: found %q, want one of %s", ErrFormat, format, strings.Join(Formats, ", "))
	}
}

// Marker is the first line of the Markdown of an environment, by which CI
// finds the comment that it wrote before.
func Marker(environment string) string { return "<!-- pgdr review " + environment + " -->" }

// page is a Markdown text in the making.
type page struct{ text []byte }

func (p *page) line(format string, args ...any) {
	p.text = fmt.Appendf(p.text, format+"\n", args...)
}

func markdown(r *Review) string {
	p := &page{}
	p.head(r)
	p.sections(sections(r))
	p.all(r)
	return string(p.text)
}

// head has the verdict.
func (p *page) head(r *Review) {
	p.line("%s", Marker(r.Environment))
	p.line("## Plan review of %s: %s", safe(r.Environment), r.Verdict.Heading())
	p.line("")
	p.line("%s", tally(r))
	for _, note := range r.Notes {
		p.line("\n> %s", safe(note))
	}
}

// section is a part of the page that is shown whole or not at all.
type section struct {
	// title stands above the first section that has it.
	title string
	// what is in it, in a word or two of Markdown.
	what string
	text []byte
}

func sections(r *Review) []section {
	var list []section
	add := func(title, what string, write func(*page)) {
		p := &page{}
		write(p)
		if len(p.text) > 0 {
			list = append(list, section{title, what, p.text})
		}
	}
	add("What happens", "what happens", func(p *page) { p.grave(r) })
	add("What it does", "what it does", func(p *page) { p.effects(r) })
	for _, t := range titles {
		ids, byPolicy := grouped(r.Findings, t.severity)
		for _, id := range ids {
			add(t.title, "`"+id+"`", func(p *page) { p.policy(r.Policies[id], byPolicy[id]) })
		}
		for _, line := range following(r.Findings, t.severity) {
			add(t.title, "what follows from a replacement", func(p *page) { p.line("\n%s", line) })
		}
	}
	return list
}

func (p *page) sections(list []section) {
	last := ""
	for _, s := range list {
		if s.title != last {
			p.line("\n### %s", s.title)
		}
		last = s.title
		p.text = append(p.text, s.text...)
	}
}

// tally is the review in one line.
func tally(r *Review) string {
	var parts []string
	for _, s := range r.Stacks {
		parts = append(parts, fmt.Sprintf("%s: %s", s.Role, counted(s)))
	}
	line := strings.Join(parts, "; ") + "."
	if r.NoChanges() {
		line = "No changes. " + strings.ToUpper(line[:1]) + line[1:]
	}
	counts := map[Severity]int{}
	for _, f := range r.Findings {
		counts[f.Severity]++
	}
	if len(r.Findings) == 0 {
		return line + " Nothing here needs a human."
	}
	return fmt.Sprintf("%s Findings: %d block, %d for a human, %d to know.", line, counts[Block], counts[Human], counts[Info])
}

func counted(s StackSummary) string {
	var parts []string
	for _, c := range []struct {
		n    int
		what string
	}{{s.Destroy, "destroyed"}, {s.Forget, "out of the state and left in AWS"}, {s.Replace, "replaced"}, {s.Update, "changed"}, {s.Create, "created"}, {s.Import, "imported"}, {s.Move, "moved in the state"}, {s.Actions, "actions run"}, {len(s.Outputs), "outputs change"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if s.RefreshOnly {
		parts = append(parts, "the state is refreshed")
	}
	if len(parts) == 0 {
		return fmt.Sprintf("nothing changes (%d resources)", s.Keep)
	}
	return strings.Join(parts, ", ")
}

// most is how many lines a table shows before the rest goes into the details.
const most = 12

// grave lists what happens, one line each. A first deployment, and what changes
// its tags only, is a line for all.
func (p *page) grave(r *Review) {
	first := map[string]int{}
	for _, s := range r.Stacks {
		if !s.Deployed {
			first[s.Role] = s.Create
		}
	}
	var grave []Change
	tags := 0
	for _, c := range r.Changes {
		switch {
		case c.tagsOnly():
			tags++
		case c.Action != ActionCreate || first[c.Stack] == 0:
			grave = append(grave, c)
		}
	}
	if len(r.Changes) == 0 {
		return
	}
	p.line("")
	for _, s := range r.Stacks {
		if n := first[s.Role]; n > 0 {
			p.line("- %s: %d resources are created; the stack is deployed for the first time", s.Role, n)
		}
	}
	for _, c := range grave[:min(len(grave), most)] {
		p.line("- %s: %s", c.Stack, safe(c.Sentence))
	}
	if len(grave) > most {
		p.line("- and %d more, below", len(grave)-most)
	}
	if tags > 0 {
		p.line("- %d resources change their tags and nothing else", tags)
	}
}

func (p *page) effects(r *Review) {
	if r.NoChanges() && len(r.Findings) == 0 {
		return
	}
	p.line("\n| | |\n|---|---|")
	for _, e := range []struct {
		what  string
		lines []string
	}{{"RPO", r.Effects.RPO}, {"RTO", r.Effects.RTO}, {"Protection", r.Effects.Protection}, {"Cost", r.Effects.Cost}} {
		text := "no effect found"
		if len(e.lines) > 0 {
			text = safe(strings.Join(e.lines[:min(len(e.lines), 3)], "; "))
		}
		if len(e.lines) > 3 {
			text += fmt.Sprintf("; and %d more, see the findings", len(e.lines)-3)
		}
		p.line("| %s | %s |", e.what, text)
	}
}

// all folds away every change, for who wants to see it all.
func (p *page) all(r *Review) {
	if len(r.Changes) == 0 {
		return
	}
	p.line("\n<details><summary>All %d changes</summary>\n", len(r.Changes))
	p.line("| Stack | What | Address |\n|---|---|---|")
	for _, c := range r.Changes {
		p.line("| %s | %s | `%s` |", c.Stack, safe(c.Sentence), code(c.Address))
	}
	p.line("\n</details>")
}
