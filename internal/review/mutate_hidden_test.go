package review_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
)

// ignorable are constants whose change behind ignore_changes needs nobody: by
// type and attribute; the stack where it is only there.
var ignorable = map[string]string{
	"aws_db_instance auto_minor_version_upgrade": "harmless", "aws_db_instance copy_tags_to_snapshot": "harmless",
	"aws_db_instance multi_az": "on the replica it is the guard's",
	"aws_lambda_function_event_invoke_config maximum_event_age_in_seconds": "harmless",
	"aws_lambda_function_event_invoke_config maximum_retry_attempts":       "harmless",
	"aws_cloudwatch_event_target retry_policy":                             "harmless",
	"aws_route53_record weighted_routing_policy":                           "the guard's",
	"aws_vpc_peering_connection_accepter auto_accept":                      "an argument of the apply, not kept by AWS",
	"aws_vpc_peering_connection auto_accept":                               "an argument of the apply, not kept by AWS",
}

// Every number and truth of the configuration, made another behind
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
			other, plain := another(r.Configured[path])
			if !plain || seen[r.Stack+key] || ignorable[key] != "" {
				continue
			}
			seen[r.Stack+key] = true
			t.Run(fmt.Sprintf("%s %s %s", r.Stack, r.Address, path), func(t *testing.T) {
				t.Parallel()
				hidden := *doc
				hidden.Resources = slices.Clone(doc.Resources)
				hidden.Resources[i].Configured = maps.Clone(r.Configured)
				hidden.Resources[i].Configured[path] = other
				got, err := review.New(t.Context(), engine(t), &hidden)
				require.NoError(t, err)
				require.True(t, got.NoChanges())
				require.NotEqual(t, review.Clean, got.Verdict)
			})
		}
	}
	require.Greater(t, len(seen), 40)
}

// another number or truth.
func another(value any) (any, bool) {
	switch value := value.(type) {
	case bool:
		return !value, true
	case float64:
		return value + 1, true
	case json.Number:
		return json.Number(value.String() + "1"), true
	default:
		return nil, false
	}
}
