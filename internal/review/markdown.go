package review

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Formats that [Render] writes.
var Formats = []string{"markdown", "text", "json", "comment"}

// ErrFormat says that a format is not one of [Formats].
var ErrFormat = errors.New("unknown format")

// Render writes the review: all of it as Markdown, text or JSON, or what fits into
// a comment on GitHub. Each ends in a line break. [Text] has colours too.
func Render(r *Review, format string) ([]byte, error) {
	switch format {
	case "markdown":
		return []byte(markdown(r)), nil
	case "text":
		return []byte(Text(r, false)), nil
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
	for _, line := range headlines(r) {
		p.line("- **%s**", safe(line))
	}
	if len(r.Loosened) > 0 {
		p.line("")
	}
	p.line("%s", tally(r))
	for _, note := range r.Notes {
		p.line("\n> %s", safe(note))
	}
}

// topLines is how many things that are loosened stand on top.
const topLines = 3

// headlines are what a reader has to see first: what is switched off or loosened.
func headlines(r *Review) []string {
	lines := slices.Clone(r.Loosened[:min(len(r.Loosened), topLines)])
	if more := len(r.Loosened) - topLines; more > 0 {
		lines[topLines-1] += fmt.Sprintf("; and %d more: %s", more, strings.Join(r.Loosened[topLines:], "; "))
	}
	for i := range lines {
		lines[i] = capital(lines[i])
	}
	return lines
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
	line := strings.Join(parts, "; ") + "." + undoing(r.Changes)
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

// undoing counts the changes by whether they can be undone.
func undoing(changes []Change) string {
	counts := map[Reversal]int{}
	for _, c := range changes {
		counts[c.Reversal]++
	}
	if len(changes) == 0 {
		return ""
	}
	return fmt.Sprintf(" To undo: %d irreversible, %d unknown, %d reversible.", counts[Irreversible], counts[ReversalUnknown], counts[Reversible])
}

// plural is a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// changing is a count of things that change.
func changing(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " changes"
	}
	return plural(n, noun) + " change"
}

func counted(s StackSummary) string {
	var parts []string
	for _, c := range []struct {
		n    int
		what string
	}{{s.Destroy, "destroyed"}, {s.Forget, "out of the state and left in AWS"}, {s.Replace, "replaced"}, {s.Update, "changed"}, {s.Create, "created"}, {s.Import, "imported"}, {s.Move, "moved in the state"}, {s.Actions, "actions run"}, {len(s.Outputs), ""}} {
		switch {
		case c.n > 0 && c.what == "":
			parts = append(parts, changing(c.n, "output"))
		case c.n > 0:
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

// most is how many lines a list shows before the rest goes into the details.
const most = 12

// sorted are the changes as a reader meets them: those with a line of their own,
// and the others, of which a first deployment and what changes its tags only are
// a line for all.
type sorted struct {
	// told have a line each, rest come below.
	told, rest []Change
	// created counts, by role, what a first deployment creates.
	created map[string]int
	// tags counts what changes its tags and nothing else.
	tags int
}

func sortedChanges(r *Review) sorted {
	s := sorted{created: map[string]int{}}
	for _, stack := range r.Stacks {
		if !stack.Deployed && stack.Create > 0 {
			s.created[stack.Role] = stack.Create
		}
	}
	for _, c := range r.Changes {
		switch {
		case c.tagsOnly():
			s.tags++
			s.rest = append(s.rest, c)
		case c.Action == ActionCreate && s.created[c.Stack] > 0, len(s.told) == most:
			s.rest = append(s.rest, c)
		default:
			s.told = append(s.told, c)
		}
	}
	return s
}

// others are the changes that have no line of their own.
func others(r *Review) []Change { return sortedChanges(r).rest }

// lines say what happens, one thing each.
func (s sorted) lines() []string {
	var lines []string
	for _, role := range []string{Primary, Replica} {
		if n := s.created[role]; n > 0 {
			lines = append(lines, fmt.Sprintf("%s: %s created; the stack is deployed for the first time", role, counting(n, "resource")))
		}
	}
	for _, c := range s.told {
		lines = append(lines, fmt.Sprintf("%s: %s %s", c.Stack, c.Sentence, c.undo()))
	}
	more := len(s.rest) - s.tags
	for _, n := range s.created {
		more -= n
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more, below", more))
	}
	if s.tags > 0 {
		lines = append(lines, changing(s.tags, "resource")+" tags and nothing else")
	}
	return lines
}

// counting is a count of things that something is done to.
func counting(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return plural(n, noun) + " are"
}

func (p *page) grave(r *Review) {
	for i, line := range sortedChanges(r).lines() {
		if i == 0 {
			p.line("")
		}
		p.line("- %s", safe(line))
	}
}

func (p *page) effects(r *Review) {
	if r.NoChanges() && len(r.Findings) == 0 {
		return
	}
	p.line("\n| | |\n|---|---|")
	for _, e := range effectLines(r) {
		p.line("| %s | %s |", e[0], safe(e[1]))
	}
}

// effectLines are what the changes do, each with its word.
func effectLines(r *Review) [][2]string {
	var list [][2]string
	for _, e := range []struct {
		what  string
		lines []string
	}{{"RPO", r.Effects.RPO}, {"RTO", r.Effects.RTO}, {"Protection", r.Effects.Protection}, {"Cost", r.Effects.Cost}} {
		text := "no effect found"
		if len(e.lines) > 0 {
			text = strings.Join(e.lines[:min(len(e.lines), 3)], "; ")
		}
		if len(e.lines) > 3 {
			text += fmt.Sprintf("; and %d more, see the findings", len(e.lines)-3)
		}
		list = append(list, [2]string{e.what, text})
	}
	return list
}

// all folds away the changes that have no line above.
func (p *page) all(r *Review) {
	rest := others(r)
	if len(rest) == 0 {
		return
	}
	summary := plural(len(rest), "change")
	if len(rest) < len(r.Changes) {
		summary = plural(len(rest), "other change")
	}
	p.line("\n<details><summary>%s</summary>\n", summary)
	p.line("| Stack | What | Undo | Address |\n|---|---|---|---|")
	for _, c := range rest {
		p.line("| %s | %s | %s | `%s` |", c.Stack, safe(c.Sentence), c.Reversal, code(c.Address))
	}
	p.line("\n</details>")
}
