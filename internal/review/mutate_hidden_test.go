package review_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/tier"
)

// ignorable are constants whose change behind ignore_changes needs no human, by
// type and attribute, each with its reason. What our policies allow whatever it
// becomes is not repeated here.
var ignorable = map[string]string{
	"aws_db_instance multi_az":                        "on the replica it is the guard's; on the primary see the case multi-az-hidden",
	"aws_db_instance engine_version":                  "engine-version judges what RDS can create, and 15 is 15.14",
	"aws_db_parameter_group parameter":                "a set of blocks, judged by name in parameters and tls",
	"aws_route53_record weighted_routing_policy":      "the guard's; dns-switch judges what a record is made with",
	"aws_route53_zone vpc":                            "associations change what it shows",
	"aws_vpc_peering_connection_accepter auto_accept": "an argument of the apply, not kept by AWS",
	"aws_vpc_peering_connection auto_accept":          "an argument of the apply, not kept by AWS",
	"aws_dynamodb_table attribute":                    "a set of blocks, which have no order",
}

// What our policies say of themselves is asked once.
var (
	judgedOnce  = sync.OnceValues(func() (map[string][][2]string, error) { return review.Judged(context.Background()) })
	allowedOnce = sync.OnceValues(func() (map[string]map[string]string, error) { return review.Allowed(context.Background()) })
	coveredOnce = sync.OnceValues(func() (map[string][]string, error) { return review.Covered(context.Background()) })
)

// judges are the policies that say they judge an attribute, and those that
// judge whatever else there is.
func judges(t *testing.T, kind, attribute string, others ...string) []string {
	t.Helper()
	judged, err := judgedOnce()
	require.NoError(t, err)
	for id, pairs := range judged {
		if slices.Contains(pairs, [2]string{kind, attribute}) {
			others = append(others, id)
		}
	}
	return others
}

// foundBy tells whether one of the policies found something on a resource.
func foundBy(got *review.Review, address string, policies []string) bool {
	return slices.ContainsFunc(got.Findings, func(f review.Finding) bool {
		return f.Address == address && slices.Contains(policies, f.Policy)
	})
}

// allowed tells what our policies call harmless, with the reason.
func allowed(t *testing.T, kind, attribute string) string {
	t.Helper()
	list, err := allowedOnce()
	require.NoError(t, err)
	return list[""][attribute] + list[kind][attribute]
}

// withResource reviews the document with one resource in another state.
func withResource(t *testing.T, doc *review.Document, i int, change func(*review.Resource)) *review.Review {
	t.Helper()
	changed := *doc
	changed.Resources = slices.Clone(doc.Resources)
	r := &changed.Resources[i]
	r.Configured, r.References = maps.Clone(r.Configured), maps.Clone(r.References)
	change(r)
	got, err := review.New(t.Context(), engine(t), &changed)
	require.NoError(t, err)
	return got
}

// Every number, truth and text of the configuration, made another behind
// ignore_changes: the plan is silent, and the review is not.
func TestMutations_HiddenInTheConfigurationAreFlagged(t *testing.T) {
	plans, err := recordings.Read("unchanged/as-deployed", stacks...)
	require.NoError(t, err)
	doc := planned(t, plans)
	seen := map[string]bool{}
	for i, r := range doc.Resources {
		for _, path := range slices.Sorted(maps.Keys(r.Configured)) {
			attribute, _, _ := strings.Cut(path, ".")
			key := r.Type + " " + attribute
			others := another(r.Configured[path])
			if len(others) == 0 || seen[key] || ignorable[key] != "" || allowed(t, r.Type, attribute) != "" {
				continue
			}
			seen[key] = true
			if !tier.Sampled(len(seen), 25, 15) {
				continue
			}
			t.Run(fmt.Sprintf("%s %s %s", r.Stack, r.Address, path), func(t *testing.T) {
				t.Parallel()
				got := withResource(t, doc, i, func(r *review.Resource) { r.Configured[path] = others[0] })
				require.True(t, got.NoChanges())
				require.True(t, foundBy(got, r.Address, judges(t, r.Type, attribute, "hidden-change")), page(t, got))
			})
		}
	}
	require.Greater(t, len(seen), 80)
}

// another are other values of a kind: more, and nothing.
func another(value any) []any {
	switch value := value.(type) {
	case bool:
		return []any{!value}
	case float64:
		return []any{value + 1, 0.0, 1.0}
	case json.Number:
		return []any{json.Number(value.String() + "1"), json.Number("0"), json.Number("1")}
	case string:
		if strings.HasPrefix(value, "{") {
			return []any{everyoneJSON}
		}
		return []any{value + "x"}
	default:
		return nil
	}
}
