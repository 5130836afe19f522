package report

import (
	"encoding/xml"
	"fmt"
	"html/template"
	"strings"

	"github.com/pgdr/pgdr/twin/drill/scenario"
)

// Entry is one of several drills.
type Entry struct {
	Scenario, Title string
	Kind            scenario.Kind
	// Link is the file of its page, beside the index; "" if there is none.
	Link   string
	Report Report
	// Err is why the drill could not be held; nil if it was.
	Err error
}

// faults are what was not as it should be.
func (e Entry) faults() []string {
	if e.Err != nil {
		return []string{"could not be held: " + strings.Join(strings.Fields(e.Err.Error()), " ")}
	}
	return e.Report.Failures
}

func (e Entry) passed() bool { return e.Err == nil && e.Report.Passed }

// row is a line of the index.
type row struct {
	Entry
	Verdict, Colour string
	Faults          []string
	RTO, RPO        Figure
}

type group struct {
	ID, Heading string
	Passed      int
	Rows        []row
}

// grouped are the entries by kind, in the order of [scenario.Kinds].
func grouped(entries []Entry) []group {
	var all []group
	for _, k := range scenario.Kinds {
		g := group{ID: string(k.Kind), Heading: k.Heading}
		for _, e := range entries {
			if e.Kind != k.Kind {
				continue
			}
			h := e.Report.Headline()
			r := row{Entry: e, Verdict: e.Report.Verdict(), Colour: colour(e.passed()), Faults: e.faults(), RTO: h.RTO, RPO: h.RPO}
			if e.Err != nil {
				r.Verdict = "NOT HELD"
			}
			if e.passed() {
				g.Passed++
			}
			g.Rows = append(g.Rows, r)
		}
		if len(g.Rows) > 0 {
			all = append(all, g)
		}
	}
	return all
}

// Index is a page of several drills, grouped by what they are about.
func Index(entries []Entry) ([]byte, error) {
	data := struct {
		Style       template.CSS
		Environment string
		Passed, All int
		Groups      []group
	}{Style: template.CSS(style), All: len(entries), Groups: grouped(entries)} //nolint:gosec // our own
	for _, g := range data.Groups {
		data.Passed += g.Passed
	}
	for _, e := range entries {
		if e.Err == nil {
			data.Environment = e.Report.Environment
		}
	}
	return render("index.gohtml", data)
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitProblem `xml:"failure"`
	Error   *junitProblem `xml:"error"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit is the drills in the form that CI systems read: a suite a kind, a case a
// drill. Times are this machine's seconds. A drill that could not be held is an
// error, one that did not end as expected a failure.
func JUnit(entries []Entry) ([]byte, error) {
	var all junitSuites
	for _, g := range grouped(entries) {
		suite := junitSuite{Name: g.ID, Tests: len(g.Rows)}
		took := 0.0
		for _, r := range g.Rows {
			c := junitCase{Class: "drill." + g.ID, Name: r.Scenario, Time: fixed(r.Report.Real)}
			problem := &junitProblem{Message: strings.Join(r.Faults, "; "), Text: strings.Join(r.Faults, "\n")}
			switch {
			case r.Err != nil:
				c.Error = problem
				suite.Errors++
			case !r.Report.Passed:
				c.Failure, c.Out = problem, r.Report.Text()
				suite.Failures++
			}
			took += r.Report.Real
			suite.Cases = append(suite.Cases, c)
		}
		suite.Time = fixed(took)
		all.Tests, all.Failures, all.Errors = all.Tests+suite.Tests, all.Failures+suite.Failures, all.Errors+suite.Errors
		all.Suites = append(all.Suites, suite)
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write JUnit: %w", err)
	}
	return append([]byte(xml.Header), append(text, '\n')...), nil
}
