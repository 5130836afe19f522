package review

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/internal/cli"
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/readiness"
)

// DriftClass says where a difference between the code and AWS comes from.
type DriftClass string

// Classes of drift, in the order in which a report has them.
const (
	// DriftDecayed: something protects less than the configuration asks for.
	DriftDecayed DriftClass = "protection decayed"
	// DriftChanged: someone changed it, or the configuration was not applied.
	DriftChanged DriftClass = "changed by someone"
	// DriftFailover: the guard changed it at a failover, as it should.
	DriftFailover DriftClass = "left by a failover"
)

// Drifted is one difference.
type Drifted struct {
	Class DriftClass `json:"class"`
	// Stack is "primary" or "replica"; "" where the guard's check found it.
	Stack   string `json:"stack"`
	Address string `json:"address"`
	// Attribute as a path, or the name of the check.
	Attribute string `json:"attribute"`
	Message   string `json:"message"`
	// Next is what to do about it.
	Next string `json:"next"`
}

// DriftReport is what a read-only plan and the guard's check show.
type DriftReport struct {
	Environment string `json:"environment"`
	ExitCode    int    `json:"exit_code"`
	// FailedOver are the signs of a failover, a sentence each.
	FailedOver []string  `json:"failed_over"`
	Drift      []Drifted `json:"drift"`
}

// Check is the guard's answer to a check.
type Check struct {
	Findings []readiness.Finding
	// Fault says why there is no answer; "" where there is one.
	Fault string
}

// Next steps by class.
const (
	nextDecayed  = "Find out who or what changed it, and put it back: plan and apply the main branch."
	nextChanged  = "Find out who changed it (CloudTrail has the call). Put it back by an apply, or put it into the configuration."
	nextFailover = "Nothing to undo. Rebuild the other site as a replica: docs/runbook.md, After a failover."
)

// NewDrift sorts what differs between the plans' configuration and AWS, and what
// the guard's check found.
func NewDrift(ctx context.Context, e *Engine, doc *Document, check Check) (*DriftReport, error) {
	a, err := e.eval(ctx, doc)
	if err != nil {
		return nil, err
	}
	findings, err := e.findings(a)
	if err != nil {
		return nil, err
	}
	slices.Sort(a.Signs)
	s := &driftSorter{doc: doc, answers: a.Answers, failedOver: len(a.Signs) > 0, seen: map[string]bool{}}
	for i := range doc.drifted {
		s.outside(&doc.drifted[i])
	}
	for i := range doc.Resources {
		s.planned(&doc.Resources[i])
	}
	s.kept(findings, e.Policies)
	s.missing()
	for _, sign := range a.Signs {
		s.sign(sign)
	}
	s.check(check)
	order := []DriftClass{DriftDecayed, DriftChanged, DriftFailover}
	slices.SortStableFunc(s.list, func(a, b Drifted) int { return slices.Index(order, a.Class) - slices.Index(order, b.Class) })
	r := &DriftReport{Environment: doc.Environment, FailedOver: append([]string{}, a.Signs...), Drift: append([]Drifted{}, s.list...)}
	if len(r.Drift) > 0 {
		r.ExitCode = cli.ExitDecide
	}
	return r, nil
}

// driftSorter gathers differences, each place once.
type driftSorter struct {
	doc *Document
	// answers are attributes that AWS alone sets, by type; "" is every type.
	answers    map[string][]string
	failedOver bool
	// seen are the places that were told.
	seen map[string]bool
	list []Drifted
}

func (s *driftSorter) add(class DriftClass, r *Resource, attribute, message string) {
	spelt := strings.ReplaceAll(attribute, ".0.", ".") // findings count blocks
	if name, is := strings.CutPrefix(spelt, parameter); is {
		spelt = "parameter " + name
	}
	key := place(r.Stack, r.Address) + " " + spelt
	if s.seen[key] {
		return
	}
	s.seen[key] = true
	next := map[DriftClass]string{DriftDecayed: nextDecayed, DriftChanged: nextChanged, DriftFailover: nextFailover}[class]
	s.list = append(s.list, Drifted{class, r.Stack, r.Address, attribute, message, next})
}

// outside is what Terraform found changed since the last apply.
func (s *driftSorter) outside(r *Resource) {
	if r.Action == ActionDelete {
		class := DriftDecayed
		if s.failedOver && r.Type == database && r.Stack == Primary {
			class = DriftFailover // the old primary, given up
		}
		s.add(class, r, "", r.Name+" was deleted")
		return
	}
	if r.Before == nil || r.After == nil {
		return
	}
	for _, a := range differences("", r.Before, r.After) {
		a.Name = strings.TrimPrefix(a.Name, ".")
		attribute := attributeAt(a.Name)
		if attribute == "tags_all" || slices.Contains(s.answers[r.Type], attribute) || slices.Contains(s.answers[""], attribute) {
			continue
		}
		s.add(s.classOf(r, attribute), r, a.Name, fmt.Sprintf("%s: %s was %s and is %s now", r.Name, a.Name, a.Before, a.After))
	}
}

// attributeAt is the attribute of a difference: "parameter" of
// "parameter rds.force_ssl".
func attributeAt(name string) string {
	first, _, _ := strings.Cut(name, " ")
	return top(first)
}

// classOf is the class of one changed attribute.
func (s *driftSorter) classOf(r *Resource, attribute string) DriftClass {
	switch {
	case s.failedOver && s.leftByFailover(r, attribute):
		return DriftFailover
	case loosensAny(r.Type, attribute, r.Before, r.After):
		return DriftDecayed
	default:
		return DriftChanged
	}
}

// loosensAny says that an attribute's change loosens a setting.
func loosensAny(kind, attribute string, before, after map[string]any) bool {
	return slices.ContainsFunc(settings, func(s setting) bool {
		return s.kind == kind && top(s.path) == attribute && s.of(before) != s.of(after) && s.loosens(s.of(before), s.of(after))
	})
}

// leftByFailover says that the guard makes this very change: it promotes, gives the
// new writer what the configuration asks for, fences, and turns DNS; and the
// promoted region's copy of the credentials becomes a secret of its own.
func (s *driftSorter) leftByFailover(r *Resource, attribute string) bool {
	switch {
	case r.Type == database && r.Stack == Replica && attribute == "replicate_source_db":
		return textOf(r.After, attribute) == ""
	case r.Type == database && r.Stack == Replica:
		name := posture[attribute]
		return name != "" && s.variable(name) == fmt.Sprint(r.After[attribute])
	case r.Type == "aws_network_acl" && r.Stack == Primary && attribute == "ingress":
		return fmt.Sprint(unfenced(r.Before)) == fmt.Sprint(unfenced(r.After))
	case r.Type == "aws_route53_record" && attribute == "weighted_routing_policy":
		weight := setting{path: "weighted_routing_policy.0.weight"}.of(r.After)
		return weight == fmt.Sprint(contract.WeightWriter) || weight == fmt.Sprint(contract.WeightOther)
	case r.Type+"."+attribute == "aws_secretsmanager_secret.replica":
		list, _ := r.After[attribute].([]any)
		return len(list) == 0
	}
	return false
}

// posture is what the guard gives a promoted instance, by the variable that says
// it.
var posture = map[string]string{
	"multi_az": contract.VarMultiAZ, "backup_retention_period": contract.VarBackupRetention, "deletion_protection": contract.VarDeletionProtection,
}

// variable of the guard as it is deployed.
func (s *driftSorter) variable(name string) string {
	for i := range s.doc.Resources {
		if r := &s.doc.Resources[i]; r.Type == guardKind {
			if value := (setting{path: variables + name}).of(r.Before); value != "" {
				return value
			}
		}
	}
	return ""
}

// unfenced are the rules of a network ACL without those of a fence, in order.
func unfenced(side map[string]any) []string {
	rules, _ := side["ingress"].([]any)
	var list []string
	for _, rule := range rules {
		no, isNumber := number(fmt.Sprint(object(rule)["rule_no"]))
		if !isNumber || no >= contract.FenceEnd {
			list = append(list, brief(rule))
		}
	}
	slices.Sort(list)
	return list
}

// planned is what an apply would change: AWS differs from the configuration.
func (s *driftSorter) planned(r *Resource) {
	switch {
	case r.Deposed || !s.doc.Stacks[r.Stack].Deployed || r.Action == ActionKeep || onlyAwaits(r):
	case r.Action == ActionUpdate:
		for _, a := range attributesOf(*r) {
			attribute := attributeAt(a.Name)
			if a.After == knownLater || attribute == "tags_all" {
				continue
			}
			class := DriftChanged
			if loosensAny(r.Type, attribute, r.After, r.Before) {
				class = DriftDecayed
			}
			s.add(class, r, a.Name, fmt.Sprintf("%s: %s is %s, and the configuration asks for %s", r.Name, a.Name, a.Before, a.After))
		}
	default:
		s.add(DriftChanged, r, "", r.Name+" differs from the configuration: an apply says it "+verbs[r.Action])
	}
}

// kept are findings about what no plan changes, because ignore_changes hides it.
func (s *driftSorter) kept(findings []Finding, policies []Policy) {
	index := byPlace(s.doc)
	for _, f := range findings {
		r := index[place(f.Stack, f.Address)]
		if r == nil || r.Action != ActionKeep || f.Attribute == "" || f.Severity == Info {
			continue
		}
		class := DriftDecayed
		if f.Policy == "hidden-change" {
			class = DriftChanged
		}
		before := len(s.list)
		s.add(class, r, f.Attribute, strings.TrimSuffix(f.Message, "."))
		at := slices.IndexFunc(policies, func(p Policy) bool { return p.ID == f.Policy })
		if len(s.list) > before && at >= 0 {
			s.list[before].Next = remedyOf(f, policies[at])
		}
	}
}

// missing are stacks without a plan, of which nothing is known.
func (s *driftSorter) missing() {
	for _, role := range []string{Primary, Replica} {
		if m, is := s.doc.Missing[role]; is && !m.First {
			s.list = append(s.list, Drifted{
				Class: DriftDecayed, Stack: role, Message: fmt.Sprintf("the %s stack has no plan: %s", role, m.Why),
				Next: "Plan it by hand and read the error.",
			})
		}
	}
}

// sign is one of a failover, unless what shows it was told as drift.
func (s *driftSorter) sign(text string) {
	for _, d := range s.list {
		if name, _, _ := strings.Cut(d.Message, ": "); d.Class == DriftFailover && strings.HasPrefix(text, name+" ") {
			return
		}
	}
	s.list = append(s.list, Drifted{Class: DriftFailover, Message: text, Next: nextFailover})
}

// afterFailover are the checks that fail because a failover has happened.
var afterFailover = []string{
	readiness.CheckReplicaIsReplica, readiness.CheckRecords, readiness.CheckFence, readiness.CheckAlarm, readiness.CheckSecret,
}

// check is what the guard found itself.
func (s *driftSorter) check(c Check) {
	if c.Fault != "" {
		s.list = append(s.list, Drifted{
			Class: DriftDecayed, Attribute: "check", Message: "the guard gave no answer to a check: " + c.Fault,
			Next: "Ask it by hand: drctl guard status. A guard that gives no answer fails nothing over.",
		})
	}
	for _, f := range c.Findings {
		if f.Verdict == readiness.OK {
			continue
		}
		d := Drifted{Class: DriftDecayed, Attribute: f.Check, Message: fmt.Sprintf("check %s (%s): %s", f.Check, f.Verdict, f.Reason), Next: f.Remedy}
		if s.failedOver && slices.Contains(afterFailover, f.Check) {
			d.Class = DriftFailover
		}
		s.list = append(s.list, d)
	}
}
