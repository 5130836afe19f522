package simaws_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simaws"
)

const root = "../../../"

// textOf joins the files that the patterns match, tests of the same folder
// left out unless they are named.
func textOf(t *testing.T, patterns ...string) string {
	t.Helper()
	var out strings.Builder
	for _, pattern := range patterns {
		files, err := filepath.Glob(root + pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files, "%s matches no file", pattern)
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") && !strings.HasSuffix(pattern, "_test.go") {
				continue
			}
			raw, err := os.ReadFile(name)
			require.NoError(t, err)
			out.Write(raw)
		}
	}
	return out.String()
}

// stackTypes are the resource types that the stacks use.
func stackTypes(t *testing.T) []string {
	t.Helper()
	used := map[string]bool{}
	for _, stack := range []string{"primary", "replica"} {
		var synthesized struct {
			Resource map[string]json.RawMessage `json:"resource"`
		}
		require.NoError(t, json.Unmarshal([]byte(textOf(t, "stacks/testdata/golden/"+stack+".tf.json")), &synthesized))
		for name := range synthesized.Resource {
			if strings.HasPrefix(name, "aws_") {
				used[name] = true
			}
		}
	}
	require.Greater(t, len(used), 30, "the golden files have hardly any resources")
	return slices.Sorted(maps.Keys(used))
}

// undrawn are the types that the diagram leaves out, with the reason.
var undrawn = map[string]string{
	"aws_cloudwatch_dashboard":                "shows what the alarms are on",
	"aws_cloudwatch_event_rule":               "the arrow of the target is the schedule",
	"aws_cloudwatch_log_group":                "kept beside what writes it",
	"aws_db_parameter_group":                  "a setting of the instance",
	"aws_default_security_group":              "admits nothing",
	"aws_flow_log":                            "a setting of the VPC",
	"aws_eip":                                 "drawn as the NAT gateway that has it",
	"aws_iam_role":                            "its policies are drawn as arrows of the guard",
	"aws_lambda_function_event_invoke_config": "drawn as the arrow to where failures go",
	"aws_network_acl_rule":                    "a setting of the ACL",
	"aws_route_table":                         "its routes are arrows",
	"aws_secretsmanager_secret":               "drawn as what the guard reads",
	"aws_secretsmanager_secret_version":       "the value of the secret",
	"aws_security_group":                      "drawn as what it admits",
	"aws_sns_topic_policy":                    "a setting of the topic",
	"aws_vpc_endpoint":                        "drawn as the arrow to the service",
	"aws_vpc_peering_connection_accepter":     "the connection is drawn",
	"aws_vpc_peering_connection_options":      "the connection is drawn",
	"aws_vpc_security_group_egress_rule":      "drawn as what it admits",
	"aws_vpc_security_group_ingress_rule":     "drawn as what it admits",
}

// place is where a type must stand, and whether it does.
type place struct {
	what  string
	there func(name string) bool
}

// quoted is a place that names the type in quotes.
func quoted(t *testing.T, what string, patterns ...string) place {
	t.Helper()
	text := textOf(t, patterns...)
	return place{what, func(name string) bool { return strings.Contains(text, `"`+name+`"`) }}
}

// lacking says in which places a type is missing.
func lacking(name string, places []place) []string {
	var out []string
	for _, p := range places {
		if !p.there(name) {
			out = append(out, name+" lacks "+p.what)
		}
	}
	return out
}

func TestTypes_OfTheStacksStandWhereverATypeMust(t *testing.T) {
	known := simaws.Types().Resources
	drawn := quoted(t, "", "internal/graph/*.go")
	places := []place{
		{"an entry in a room of twin/sim", func(name string) bool { return known[name] != nil }},
		quoted(t, "a noun in internal/review/words.go", "internal/review/words.go"),
		{"a drawing in internal/graph, or a reason in undrawn of this test", func(name string) bool { return drawn.there(name) != (undrawn[name] != "") }},
	}
	var faults []string
	for _, name := range stackTypes(t) {
		faults = append(faults, lacking(name, places)...)
	}
	require.Empty(t, strings.Join(faults, "\n"))
}

func TestTypes_EachEntryIsWhole(t *testing.T) {
	known := simaws.Types().Resources
	of := func(what string, is func(k *sim.Kind) bool) place {
		return place{what, func(name string) bool { return is(known[name]) }}
	}
	docs := textOf(t, "docs/simulator.md")
	fixture := textOf(t, "twin/sim/provider/testdata/all/*.tf", "modules/credentials/*.tf")
	places := []place{
		of("Schema", func(k *sim.Kind) bool { return k.Schema != nil }),
		of("Traits (at least &tf.Traits{})", func(k *sim.Kind) bool { return k.Traits != nil }),
		of("Example", func(k *sim.Kind) bool { return json.Valid([]byte(k.Example)) }),
		of("Service", func(k *sim.Kind) bool { return k.Service != "" }),
		of("Create", func(k *sim.Kind) bool { return k.Create != nil }),
		of("CreateOp, UpdateOp or DeleteOp", func(k *sim.Kind) bool { return k.CreateOp != "" && k.UpdateOp != "" && k.DeleteOp != "" }),
		of("MissingCode, or MissingText with one %s", func(k *sim.Kind) bool { return k.MissingCode != "" && strings.Count(k.MissingText, "%s") == 1 }),
		{"its name in docs/simulator.md", func(name string) bool { return strings.Contains(docs, "`"+name+"`") }},
		{"a resource in twin/sim/provider/testdata/all", func(name string) bool { return strings.Contains(fixture, `resource "`+name+`"`) }},
		quoted(t, "a resource in twin/sim/full_test.go", "twin/sim/full_test.go"),
	}
	var faults []string
	for _, name := range slices.Sorted(maps.Keys(known)) {
		faults = append(faults, lacking(name, places)...)
	}
	require.Empty(t, strings.Join(faults, "\n"))
}
