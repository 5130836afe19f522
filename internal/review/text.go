package review

import (
	"strings"
	"unicode"

	"github.com/pgdr/pgdr/internal/cli"
)

// Text is the review for a terminal. Values of a plan come from its author: none
// of their characters moves the cursor or changes a colour.
func Text(r *Review, paint cli.Paint) string {
	p := &page{}
	p.line("Plan review of %s: %s", visible(r.Environment), paintVerdict(paint, r.Verdict))
	for _, line := range headlines(r) {
		p.line("  %s", paint.Red(visible(line)))
	}
	p.line("%s", visible(tally(r)))
	for _, note := range r.Notes {
		p.line("Note: %s", visible(note))
	}
	if lines := sortedChanges(r).lines(); len(lines) > 0 {
		p.line("\nWhat happens")
		for _, line := range lines {
			p.line("  %s", paintUndo(paint, visible(line)))
		}
	}
	if !r.NoChanges() || len(r.Findings) > 0 {
		p.line("\nWhat it does")
		for _, e := range effectLines(r) {
			p.line("  %-11s %s", e[0], visible(e[1]))
		}
	}
	for _, t := range titles {
		p.textFindings(r, t.severity, t.title, paint)
	}
	return string(p.text)
}

func (p *page) textFindings(r *Review, severity Severity, title string, paint cli.Paint) {
	ids, byPolicy := grouped(r.Findings, severity)
	following := following(r.Findings, severity)
	if len(ids)+len(following) == 0 {
		return
	}
	p.line("\n%s", paintSeverity(paint, severity, title))
	for _, id := range ids {
		policy := r.Policies[id]
		p.line("  %s (%s)", visible(policy.Title), id)
		findings, remedies := byPolicy[id], remediesOf(byPolicy[id], policy)
		for _, f := range findings[:min(len(findings), most)] {
			p.line("    - %s", visible(capital(f.Message)))
			if f.Source != "" {
				p.line("      set by %s", visible(f.Source))
			}
		}
		if len(findings) > most {
			p.line("    - and %d more of this kind, in the JSON", len(findings)-most)
		}
		p.line("    Why: %s", visible(policy.Reason))
		for _, remedy := range remedies {
			p.line("    Do:  %s", visible(remedy))
		}
	}
	for _, line := range following {
		p.line("  %s", visible(strings.NewReplacer("**", "", "`", "").Replace(line)))
	}
}

func paintVerdict(paint cli.Paint, v Verdict) string {
	switch v {
	case Clean:
		return paint.Green(v.Heading())
	case NeedsHuman:
		return paint.Yellow(v.Heading())
	default:
		return paint.Red(v.Heading())
	}
}

func paintSeverity(paint cli.Paint, s Severity, title string) string {
	switch s {
	case Block:
		return paint.Red(title)
	case Human:
		return paint.Yellow(title)
	default:
		return title
	}
}

func paintUndo(paint cli.Paint, line string) string {
	before, after, found := strings.Cut(line, "("+string(Irreversible))
	if !found {
		return line
	}
	return before + paint.Red("("+string(Irreversible)+after)
}

// visible is a text in which no character acts on a terminal.
func visible(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\n' || c == '\t' || c == '\r':
			return ' '
		case unicode.IsControl(c) || unicode.Is(unicode.Cf, c): // escapes; what turns the direction of text
			return unicode.ReplacementChar
		}
		return c
	}, text)
}
