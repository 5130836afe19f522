package review

import (
	"encoding/json"
	"fmt"
	"slices"
)

// DriftFormats that [DriftReport.Render] writes.
var DriftFormats = []string{"markdown", "json"}

// Render writes the report.
func (r *DriftReport) Render(format string) ([]byte, error) {
	switch format {
	case "markdown":
		return []byte(r.markdown()), nil
	case "json":
		raw, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("encode the report: %w", err)
		}
		return append(raw, '\n'), nil
	default:
		return nil, fmt.Errorf("%w: found %q, want markdown or json", ErrFormat, format)
	}
}

// mostDrift is how many differences of a class the page shows: the body of an
// issue on GitHub has 65,536 characters, for all environments.
const mostDrift = 25

func (r *DriftReport) markdown() string {
	p := &page{}
	if len(r.Drift) == 0 {
		p.line("## Drift of %s: none\n\nAWS is as the configuration says, and the guard's check found nothing.", safe(r.Environment))
		return string(p.text)
	}
	p.line("## Drift of %s: %d found", safe(r.Environment), len(r.Drift))
	for _, class := range []DriftClass{DriftDecayed, DriftChanged, DriftFailover} {
		var of []Drifted
		for _, d := range r.Drift {
			if d.Class == class {
				of = append(of, d)
			}
		}
		p.drift(class, of)
	}
	return string(p.text)
}

func (p *page) drift(class DriftClass, of []Drifted) {
	if len(of) == 0 {
		return
	}
	p.line("\n### %s\n", capital(string(class)))
	var steps []string
	for i, d := range of {
		if d.Next != "" && !slices.Contains(steps, d.Next) && i < mostDrift {
			steps = append(steps, d.Next)
		}
		switch {
		case i < mostDrift && d.Address != "":
			p.line("- %s. <sub>%s `%s`</sub>", safe(capital(d.Message)), d.Stack, code(d.Address))
		case i < mostDrift:
			p.line("- %s.", safe(capital(d.Message)))
		case i == mostDrift:
			p.line("- and %d more, in drift.json", len(of)-mostDrift)
		}
	}
	for _, step := range steps {
		p.line("\nWhat to do: %s", safe(step))
	}
}
