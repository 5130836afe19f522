package review

import (
	"slices"
	"strings"
)

// Reversal says whether a change can be undone by a later plan.
type Reversal string

// Reversals.
const (
	Reversible   Reversal = "reversible"
	Irreversible Reversal = "irreversible"
	// ReversalUnknown: what it becomes, or what kind of thing it is, is not
	// known here.
	ReversalUnknown Reversal = "unknown"
)

// oneWay are changes of an attribute that no later plan undoes, each with the
// reason. way is "" for any change.
var oneWay = []struct {
	kind, attribute string
	way             looser
	why             string
}{
	{database, "allocated_storage", whenHigher, "RDS cannot shrink a volume"},
	{database, "engine_version", "", "PostgreSQL cannot go back to an older version"},
	{database, "replicate_source_db", "", "a promoted instance cannot follow a source again"},
	{database, "backup_retention_period", whenLower, "RDS deletes the older backups"},
	{database, "password_wo_version", "", "the old password is overwritten"},
	{"aws_dynamodb_table", "point_in_time_recovery", whenOff, "DynamoDB deletes the restore points"},
	{logGroup, "retention_in_days", whenLower, "CloudWatch deletes the older lines"},
}

// reversal of a change, and where it is no reversible one, why. held is what
// each stateful type holds.
func reversal(r *Resource, attributes []AttributeChange, held map[string]string) (Reversal, string) {
	gone := r.Action == ActionDelete || r.Action == ActionReplace
	_, known := nouns[r.Type]
	switch {
	case r.Type == "aws_secretsmanager_secret_version" && r.Action == ActionReplace:
		return Reversible, "" // the old version stays
	case gone && r.Type == database && r.Stack == Replica:
		return Irreversible, "the copy is lost"
	case gone && held[r.Type] != "":
		return Irreversible, "lost is " + held[r.Type]
	case !known:
		return ReversalUnknown, "this kind of resource is not known here"
	case r.Action != ActionUpdate:
		return Reversible, ""
	}
	return reversalOf(r, attributes)
}

func reversalOf(r *Resource, attributes []AttributeChange) (Reversal, string) {
	for _, w := range oneWay {
		s := setting{kind: w.kind, path: w.attribute, looser: w.way}
		if w.attribute == "point_in_time_recovery" {
			s.path += ".0.enabled"
		}
		if r.Type == w.kind && slices.Contains(r.Changed, w.attribute) && (w.way == "" || s.loosens(s.of(r.Before), s.of(r.After))) {
			return Irreversible, w.why
		}
	}
	for _, a := range attributes {
		if a.After == knownLater {
			return ReversalUnknown, "" // the sentence says so
		}
		if strings.Contains(a.Before+a.After, Masked) {
			return ReversalUnknown, top(a.Name) + " is sensitive and not shown"
		}
	}
	return Reversible, ""
}
