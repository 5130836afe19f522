package graph

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"

	"github.com/pgdr/pgdr/internal/contract"
)

// statement is one statement of an IAM policy. One string and a list of them
// mean the same in IAM's grammar.
type statement struct {
	Effect    string
	Action    oneOrMore
	Resource  oneOrMore
	Condition map[string]map[string]oneOrMore
}

type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(raw, &many); err != nil {
		return fmt.Errorf("neither a string nor a list of strings: %w", err)
	}
	*o = many
	return nil
}

// allows says whether the statement allows an action; IAM's wildcards count.
func (s statement) allows(action string) bool {
	if s.Effect != "Allow" {
		return false
	}
	for _, pattern := range s.Action {
		if ok, err := path.Match(pattern, action); err == nil && ok {
			return true
		}
	}
	return false
}

// permissions are the statements of the inline policies of a function's role.
func (e *estate) permissions(function *resource) ([]statement, error) {
	var all []statement
	for _, role := range e.targets(function, "role") {
		var failure error
		e.each("aws_iam_role_policy", func(policy *resource) {
			if !e.refersTo(policy, "role", role) {
				return
			}
			var document struct{ Statement []statement }
			if err := json.Unmarshal([]byte(policy.text("policy")), &document); err != nil {
				failure = fmt.Errorf("%w: policy of %s is not an IAM policy in JSON: %w", ErrForeign, policy.id(), err)
				return
			}
			all = append(all, document.Statement...)
		})
		if failure != nil {
			return nil, failure
		}
	}
	return all, nil
}

// permitted are the references in the resources on which an action is allowed.
func (e *estate) permitted(function *resource, statements []statement, action string) []ref {
	var found []ref
	for _, s := range statements {
		if !s.allows(action) {
			continue
		}
		for _, arn := range s.Resource {
			found = append(found, e.refs(function.stack, arn)...)
			found = append(found, e.everyDatabase(arn)...)
		}
	}
	return found
}

// wholeRegion matches the ARN of all database instances of a region: a renamed
// instance has to be found by its resource id, so no name is in it.
var wholeRegion = regexp.MustCompile(`:rds:([a-z0-9-]+):.*:` + regexp.QuoteMeta(contract.AllDatabases) + `$`)

// everyDatabase are the instances that such an ARN stands for.
func (e *estate) everyDatabase(arn string) []ref {
	m := wholeRegion.FindStringSubmatch(arn)
	if m == nil {
		return nil
	}
	var found []ref
	e.each("aws_db_instance", func(r *resource) {
		if r.region() == m[1] {
			found = append(found, ref{resource: r, attr: "arn", region: m[1]})
		}
	})
	return found
}
