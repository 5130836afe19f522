package review

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Formats that [Render] writes.
var Formats = []string{"markdown", "json"}

// ErrFormat says that a format is not one of [Formats].
var ErrFormat = errors.New("unknown format")

// Render writes the review. Both formats end in a line break.
func Render(r *Review, format string) ([]byte, error) {
	switch format {
	case "markdown":
		return []byte(markdown(r)), nil
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
	p.line("%s", Marker(r.Environment))
	p.line("## Plan review of %s: %s", safe(r.Environment), r.Verdict.Heading())
	p.line("")
	p.line("%s", tally(r))
	for _, note := range r.Notes {
		p.line("\n> %s", safe(note))
	}
	p.grave(r)
	p.effects(r)
	p.findings(r)
	p.all(r)
	return string(p.text)
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
	}{{s.Destroy, "destroyed"}, {s.Forget, "out of the state and left in AWS"}, {s.Replace, "replaced"}, {s.Update, "changed"}, {s.Create, "created"}, {len(s.Outputs), "outputs change"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
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
	p.line("\n### What happens\n")
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
	p.line("\n### What it does\n")
	p.line("| | |\n|---|---|")
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

// titles of the findings by severity, and what each asks for.
var titles = []struct {
	severity Severity
	title    string
}{{Block, "Blocked"}, {Human, "For a human to decide"}, {Info, "To know"}}

// findings are grouped by policy: its reason and remedy are said once.
func (p *page) findings(r *Review) {
	for _, t := range titles {
		var ids []string
		byPolicy := map[string][]Finding{}
		for _, f := range r.Findings {
			if f.Severity == t.severity && f.Follows == "" {
				ids = append(ids, f.Policy)
				byPolicy[f.Policy] = append(byPolicy[f.Policy], f)
			}
		}
		following := following(r.Findings, t.severity)
		if len(ids)+len(following) == 0 {
			continue
		}
		p.line("\n### %s", t.title)
		for _, id := range slices.Compact(ids) {
			p.policy(r.Policies[id], byPolicy[id])
		}
		for _, line := range following {
			p.line("\n%s", line)
		}
	}
}

// following is a line for each replacement that other findings only follow
// from.
func following(findings []Finding, severity Severity) []string {
	var causes, lines []string
	addresses, ids := map[string][]string{}, map[string][]string{}
	count := map[string]int{}
	for _, f := range findings {
		if f.Severity != severity || f.Follows == "" {
			continue
		}
		causes = append(causes, f.Follows)
		count[f.Follows]++
		addresses[f.Follows] = append(addresses[f.Follows], "`"+code(f.Address)+"`")
		ids[f.Follows] = append(ids[f.Follows], "`"+f.Policy+"`")
	}
	slices.Sort(causes)
	for _, cause := range slices.Compact(causes) {
		for _, list := range []map[string][]string{addresses, ids} {
			slices.Sort(list[cause])
			list[cause] = slices.Compact(list[cause])
		}
		lines = append(lines, fmt.Sprintf("**Follows from the replacement of %s** (%s): %d findings about %s. Each only says that what it judges is known after the apply: decide about the replacement.",
			safe(cause), strings.Join(ids[cause], ", "), count[cause], strings.Join(addresses[cause], ", ")))
	}
	return lines
}

func (p *page) policy(policy Policy, findings []Finding) {
	p.line("\n**%s** (`%s`)\n", safe(policy.Title), policy.ID)
	remedies := []string{}
	for i, f := range findings {
		if remedy := remedyOf(f, policy); !slices.Contains(remedies, remedy) {
			remedies = append(remedies, remedy)
		}
		switch {
		case i < most:
			p.line("- %s %s", safe(capital(f.Message)), placed(f))
		case i == most:
			p.line("- and %d more of this kind, in the JSON", len(findings)-most)
		}
	}
	p.line("\nWhy: %s", safe(policy.Reason))
	for _, remedy := range remedies {
		p.line("\nWhat to do: %s", safe(remedy))
	}
}

func remedyOf(f Finding, policy Policy) string {
	if f.Remedy != "" {
		return f.Remedy
	}
	return policy.Remedy
}

func placed(f Finding) string {
	if f.Address == "" {
		return ""
	}
	return fmt.Sprintf("<sub>%s `%s`</sub>", f.Stack, code(f.Address))
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

// markup are characters by which a value could become markup: names and tags
// come from whoever opened the pull request.
var markup = strings.NewReplacer(
	"\\", "\\\\", "|", "\\|", "<", "&lt;", ">", "&gt;", "`", "'", "*", "\\*", "[", "\\[", "]", "\\]", "\r", " ", "\n", " ",
)

// acting are words that GitHub makes a mention, a link, a reference or a formula
// of: @team, https://example.com, #1, $x$. In code it leaves them as they are.
var acting = regexp.MustCompile(`\S*(?:@|#|\$|://|(?i:www\.)|(?i:gh-)[0-9])\S*`)

// safe is a text in which nothing is markup.
func safe(text string) string {
	var b strings.Builder
	from := 0
	for _, word := range acting.FindAllStringIndex(text, -1) {
		b.WriteString(markup.Replace(text[from:word[0]]))
		b.WriteString("`" + code(text[word[0]:word[1]]) + "`")
		from = word[1]
	}
	b.WriteString(markup.Replace(text[from:]))
	return b.String()
}

// verbatim are those that end code, or a table's cell: code knows no escapes.
var verbatim = strings.NewReplacer("`", "'", "<", "‹", ">", "›", "|", "¦", "\r", " ", "\n", " ")

func code(text string) string { return verbatim.Replace(text) }

func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
