package review

import (
	"context"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/internal/cli"
	"github.com/pgdr/pgdr/internal/contract"
)

// Verdict says whether a plan may be applied.
type Verdict string

// Verdicts.
const (
	// Clean: nothing in it needs a human.
	Clean Verdict = "clean"
	// NeedsHuman: a person has to decide.
	NeedsHuman Verdict = "needs a human"
	// Blocked: applying it would do harm.
	Blocked Verdict = "blocked"
)

// ExitCode of the command for the verdict. That the review could
// not be made has a code of its own, see [ExitUnusable].
func (v Verdict) ExitCode() int {
	switch v {
	case Clean:
		return cli.ExitDone
	case NeedsHuman:
		return cli.ExitDecide
	default:
		return cli.ExitFailed
	}
}

// ExitUnusable is the exit code where there is no verdict: a plan, a policy or
// a flag cannot be used.
const ExitUnusable = cli.ExitNoVerdict

// Review is all that is said about the plans.
type Review struct {
	Environment string  `json:"environment"`
	Verdict     Verdict `json:"verdict"`
	ExitCode    int     `json:"exit_code"`
	// Today as YYYY-MM-DD, by which versions were judged.
	Today string `json:"today"`
	// Stacks that were reviewed, the primary first.
	Stacks []StackSummary `json:"stacks"`
	// Notes on what the review could not see.
	Notes []string `json:"notes"`
	// Loosened says in numbers what is switched off or loosened, the worst first.
	Loosened []string `json:"loosened"`
	// Effects, each a sentence; none where nothing changes.
	Effects Effects `json:"effects"`
	// Findings, the worst first.
	Findings []Finding `json:"findings"`
	// Policies that found something, by id.
	Policies map[string]Policy `json:"policies"`
	// Changes, the gravest first.
	Changes []Change `json:"changes"`
}

// StackSummary counts what happens to the resources of a stack.
type StackSummary struct {
	Role     string `json:"role"`
	File     string `json:"file"`
	Deployed bool   `json:"deployed"`
	Create   int    `json:"create"`
	Update   int    `json:"update"`
	Replace  int    `json:"replace"`
	Destroy  int    `json:"destroy"`
	// Forget counts what leaves the state and stays in AWS.
	Forget int `json:"forget"`
	Keep   int `json:"keep"`
	// Import counts what enters the state, Move what has another place in it.
	Import int `json:"import"`
	Move   int `json:"move"`
	// Actions that the apply runs.
	Actions int `json:"actions"`
	// RefreshOnly says that the apply changes the state alone.
	RefreshOnly bool `json:"refresh_only"`
	// Outputs that change.
	Outputs []string `json:"outputs"`
}

// Effects gathers what all changes do together.
type Effects struct {
	RPO        []string `json:"rpo"`
	RTO        []string `json:"rto"`
	Protection []string `json:"protection"`
	Cost       []string `json:"cost"`
}

// New reviews a document.
func New(ctx context.Context, e *Engine, doc *Document) (*Review, error) {
	findings, err := e.Judge(ctx, doc)
	if err != nil {
		return nil, err
	}
	follow(findings, doc)
	identify(findings)
	r := &Review{
		Environment: doc.Environment, Today: doc.Today, Verdict: verdict(findings),
		Stacks: summaries(doc), Notes: notes(doc),
		Findings: findings, Policies: map[string]Policy{}, Changes: changes(doc, e.held), Loosened: loosened(doc),
	}
	r.ExitCode = r.Verdict.ExitCode()
	for _, p := range e.Policies {
		if slices.ContainsFunc(findings, func(f Finding) bool { return f.Policy == p.ID }) {
			r.Policies[p.ID] = p
		}
	}
	r.Effects = effects(findings, doc)
	r.Locate(doc, nil)
	return r, nil
}

// notes say what is not in the document.
func notes(doc *Document) []string {
	list := []string{}
	for _, role := range []string{Primary, Replica} {
		stack, given := doc.Stacks[role]
		missing, known := doc.Missing[role]
		switch {
		case stack.NoSecrets:
			list = append(list, "The "+role+" stack's plan was made without opening the password. It is for reading: drctl and Terraform refuse to apply it.")
		case given:
		case known:
			list = append(list, missing.Why+" It is not in this review.")
		default:
			list = append(list, notGiven(role)+" What the two do together is not judged.")
		}
	}
	if standsManual(doc) {
		list = append(list, "The guard's mode is and stays manual: nothing fails over by itself.")
	}
	return list
}

// standsManual says that the mode is manual, and that no plan changes it to that.
func standsManual(doc *Document) bool {
	mode := setting{path: variables + contract.VarMode}
	return slices.ContainsFunc(doc.Resources, func(r Resource) bool {
		manual := string(contract.ModeManual)
		return r.Type == guardKind && mode.of(r.After) == manual && (r.Before == nil || mode.of(r.Before) == manual)
	})
}

func notGiven(role string) string { return "The " + role + " stack's plan was not given." }

// SetMissing notes why a stack has no plan. A plan that was just not given is
// missing as one that could not be made: what is deployed may be harmed by what
// it does not show.
func (d *Document) SetMissing(known map[string]Missing) {
	deployed := false
	for _, stack := range d.Stacks {
		deployed = deployed || stack.Deployed
	}
	for _, role := range []string{Primary, Replica} {
		if _, given := d.Stacks[role]; given {
			continue
		}
		missing, told := known[role]
		if !told {
			missing = Missing{Why: notGiven(role), First: !deployed}
		}
		d.Missing[role] = missing
	}
}

// NoChanges says that the plans change nothing at all.
func (r *Review) NoChanges() bool {
	for _, s := range r.Stacks {
		if s.RefreshOnly || s.Create+s.Update+s.Replace+s.Destroy+s.Forget+s.Import+s.Move+s.Actions+len(s.Outputs) > 0 {
			return false
		}
	}
	return true
}

func verdict(findings []Finding) Verdict {
	v := Clean
	for _, f := range findings {
		switch f.Severity {
		case Block:
			return Blocked
		case Human:
			v = NeedsHuman
		}
	}
	return v
}

func summaries(doc *Document) []StackSummary {
	list := []StackSummary{}
	for _, role := range []string{Primary, Replica} {
		stack, given := doc.Stacks[role]
		if !given {
			continue
		}
		s := StackSummary{
			Role: role, File: stack.File, Deployed: stack.Deployed, Outputs: []string{},
			Actions: len(stack.Invocations), RefreshOnly: stack.RefreshOnly,
		}
		for _, r := range doc.Resources {
			if r.Stack == role {
				s.count(r)
			}
		}
		for name, o := range stack.Outputs {
			if o.Action != ActionKeep {
				s.Outputs = append(s.Outputs, name)
			}
		}
		slices.Sort(s.Outputs)
		list = append(list, s)
	}
	return list
}

func (s *StackSummary) count(r Resource) {
	if r.Imported {
		s.Import++
	}
	if r.PreviousAddress != "" {
		s.Move++
	}
	switch r.Action {
	case ActionCreate:
		s.Create++
	case ActionUpdate:
		s.Update++
	case ActionReplace:
		s.Replace++
	case ActionDelete:
		s.Destroy++
	case ActionForget:
		s.Forget++
	default:
		s.Keep++
	}
}

// effects gathers what the findings say, the worst first and each once, and
// the cost.
func effects(findings []Finding, doc *Document) Effects {
	e := Effects{RPO: []string{}, RTO: []string{}, Protection: []string{}, Cost: costs(doc)}
	add := func(list *[]string, text string) {
		if text != "" && !slices.Contains(*list, text) {
			*list = append(*list, text)
		}
	}
	for _, f := range findings {
		if f.Follows != "" {
			continue // told by what it follows from
		}
		add(&e.RPO, f.Effect.RPO)
		add(&e.RTO, f.Effect.RTO)
		add(&e.Protection, f.Effect.Protection)
		add(&e.Cost, f.Effect.Cost)
	}
	return e
}

// Heading is the verdict in capitals, as a reader finds it at once.
func (v Verdict) Heading() string { return strings.ToUpper(string(v)) }
