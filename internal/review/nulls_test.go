package review_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
)

func TestReadPlan_NamesANullWhereAnObjectBelongs(t *testing.T) {
	null := func(at ...any) plantest.Edit { return plantest.Edit{At: at, Null: true} }
	root := []any{"configuration", "root_module"}
	for want, edit := range map[string]plantest.Edit{
		"output_changes.primary_vpc_id is null":                 null("output_changes", "primary_vpc_id"),
		"configuration.provider_config.aws is null":             null("configuration", "provider_config", "aws"),
		"configuration.root_module.resources[0] is null":        {At: append(root, "resources"), Set: map[string]any{"": nil}},
		"configuration.root_module.module_calls.x is null":      null(append(root, "module_calls", "x")...),
		"module_calls.x.module.resources[0] is null":            {At: append(root, "module_calls", "x", "module", "resources"), Set: map[string]any{"": nil}},
		"prior_state.values.root_module.resources[0] is null":   {At: []any{"prior_state", "values", "root_module", "resources"}, Set: map[string]any{"": nil}},
		"resource_changes[0] lacks an address, a type or a cha": {At: []any{"resource_changes"}, Set: map[string]any{"": nil}},
	} {
		t.Run(want, func(t *testing.T) { requireRefused(t, primaryPlan(t, edit), want) })
	}
}

// smallPlan has one of all that a review reads, so that it can be read often.
const smallPlan = `{
	"format_version": "1.2", "terraform_version": "1.11.4", "planned_values": {}, "complete": true, "errored": false,
	"resource_changes": [{
		"address": "aws_db_instance.a", "mode": "managed", "type": "aws_db_instance", "name": "a", "provider_name": "aws",
		"change": {
			"actions": ["delete", "create"], "replace_paths": [["kms_key_id"], ["x", 0]], "importing": {"id": "i"},
			"before": {"tags": {"Name": "n"}, "list": [{"a": "b"}], "instance_class": "db.r6g.large"},
			"after": {"tags": {"Name": "m"}, "list": [{"a": "c"}]},
			"after_unknown": {"instance_class": true, "list": [{"d": true}]},
			"before_sensitive": {"list": [{"a": true}]}, "after_sensitive": {"tags": {"Name": true}}
		}
	}],
	"resource_drift": [{"address": "aws_vpc.b", "mode": "managed", "type": "aws_vpc", "name": "b", "change": {"actions": ["delete"], "before": {}}}],
	"output_changes": {"primary_database_arn": {"actions": ["update"], "before": "a", "after": {"b": "c"}, "after_sensitive": {"b": true}}},
	"prior_state": {"format_version": "1.0", "values": {"outputs": {"o": {"value": "v"}}, "root_module": {
		"resources": [{"address": "data.terraform_remote_state.p", "mode": "data", "type": "terraform_remote_state", "name": "p",
			"values": {"outputs": {"x": "y"}}, "sensitive_values": {"outputs": {"x": true}}}],
		"child_modules": [{"address": "module.m", "resources": [{"address": "module.m.aws_x.y", "mode": "managed", "type": "aws_x", "name": "y", "values": {}, "sensitive_values": {}}]}]
	}}},
	"configuration": {
		"provider_config": {"aws.primary": {"name": "aws", "alias": "primary", "expressions": {
			"region": {"constant_value": "us-east-1"}, "default_tags": [{"tags": {"constant_value": {"Environment": "prod"}}}]}}},
		"root_module": {
			"outputs": {"primary_database_arn": {"expression": {"references": ["aws_db_instance.a"]}}},
			"resources": [{"address": "aws_db_instance.a", "mode": "managed", "type": "aws_db_instance", "name": "a", "provider_config_key": "aws.primary",
				"expressions": {"kms_key_id": {"references": ["aws_kms_key.k"]}, "list": [{"a": {"constant_value": "c"}}]}}],
			"module_calls": {"m": {"source": "./m", "expressions": {"v": {"constant_value": 1}}, "module": {
				"resources": [{"address": "aws_x.y", "mode": "managed", "type": "aws_x", "name": "y", "expressions": {}}]}}}
		}
	}
}`

// A null anywhere is a fault of the input or stands for nothing; it is no
// reason to crash.
func TestReview_SurvivesANullAnywhere(t *testing.T) {
	document, err := plantest.Decode([]byte(smallPlan))
	require.NoError(t, err)
	reviewedSmall(t, "as it is", document, true)
	places := placesIn(nil, document)
	require.Greater(t, len(places), 90)
	for _, at := range places {
		changed, err := plantest.Apply(document, []plantest.Edit{{At: at, Null: true}})
		require.NoError(t, err)
		require.NotPanics(t, func() { reviewedSmall(t, fmt.Sprint(at), changed, false) }, at)
	}
}

// reviewedSmall goes all the way of a review; a fault has to be one of the
// input.
func reviewedSmall(t *testing.T, name string, document any, must bool) {
	t.Helper()
	raw, err := json.Marshal(document)
	require.NoError(t, err)
	plan, err := review.ReadPlan("primary.json", raw)
	var doc *review.Document
	if err == nil {
		doc, err = review.NewDocument(day, plan)
	}
	var r *review.Review
	if err == nil {
		r, err = review.New(t.Context(), engine(t), doc)
	}
	if err == nil {
		page(t, r)
		return
	}
	require.False(t, must, err)
	require.True(t, errors.Is(err, review.ErrInput), "%s: %v", name, err)
}

// placesIn are the ways to everything below a JSON value.
func placesIn(at []any, value any) [][]any {
	var found [][]any
	below := func(step, child any) {
		place := append(append([]any{}, at...), step)
		found = append(append(found, place), placesIn(place, child)...)
	}
	switch value := value.(type) {
	case map[string]any:
		for key, child := range value {
			below(key, child)
		}
	case []any:
		for i, child := range value {
			below(i, child)
		}
	}
	return found
}
