package review_test

import (
	"encoding/binary"
	"encoding/json"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
)

// primaryPlan is the recorded plan of the primary stack, changed.
func primaryPlan(t *testing.T, edits ...plantest.Edit) []byte {
	t.Helper()
	base, err := recordings.Base(review.Primary)
	require.NoError(t, err)
	changed, err := plantest.Apply(base, edits)
	require.NoError(t, err)
	raw, err := plantest.Expand(changed.(map[string]any))
	require.NoError(t, err)
	return raw
}

func TestReadPlan_SaysWhatAFileIsInstead(t *testing.T) {
	whole := string(primaryPlan(t))
	golden, err := os.ReadFile("../../stacks/testdata/golden/primary.tf.json")
	require.NoError(t, err)
	for name, tt := range map[string]struct{ text, want string }{
		"empty":               {"", "is empty"},
		"blank":               {" \n", "is empty"},
		"truncated":           {whole[:len(whole)/2], "ends in the middle of the JSON, at byte "},
		"truncated at once":   {"{", "truncated"},
		"text":                {"Plan: 1 to add, 0 to change", "is what Terraform prints for people, not JSON"},
		"a secret":            {"hunter22-hunter22", "primary.json: is not JSON (what is at byte 1 cannot stand there); give what"},
		"a secret in it":      {`{"password": hunter22}`, "is not JSON (what is at byte 14 cannot stand there); give what"},
		"list of plans":       {`{"environment":"prod","stacks":{"primary":"changes"}}`, "lists the plans that `drctl plan` made"},
		"review":              {`{"environment":"prod","verdict":"clean","findings":[]}`, "is a review, not a plan"},
		"saved plan":          {"PK\x03\x04tfplan", "is a saved plan as `terraform plan -out` writes it"},
		"two plans":           {whole + whole, "goes on after the plan's end"},
		"array":               {"[1]", "is a JSON array, not an object"},
		"number":              {"7", "is a JSON number, not an object"},
		"null":                {"null", `has no "format_version"`},
		"state file":          {`{"version":4,"terraform_version":"1.11.4","serial":3,"lineage":"x","outputs":{},"resources":[]}`, "is a Terraform state file, not a plan"},
		"state as shown":      {`{"format_version":"1.0","terraform_version":"1.11.4","values":{"root_module":{}}}`, "is a state as `terraform show -json` prints it"},
		"log":                 {`{"@level":"info","@message":"Terraform 1.11.4","@module":"terraform.ui"}` + "\n" + `{"@level":"info","@message":"x"}`, "is the log of a command with -json"},
		"validation":          {`{"format_version":"1.0","valid":true,"error_count":0,"diagnostics":[]}`, "is the answer of `terraform validate -json`"},
		"provider schemas":    {`{"format_version":"1.0","provider_schemas":{}}`, "holds the schemas of providers"},
		"synthesized stack":   {string(golden), "is configuration, not a plan"},
		"CloudFormation":      {`{"AWSTemplateFormatVersion":"2010-09-09","Resources":{}}`, "is a CloudFormation template"},
		"another tool":        {`{"steps":[{"op":"update","urn":"urn:pulumi:dev"}]}`, `has no "format_version"`},
		"no configuration":    {`{"format_version":"1.2","planned_values":{}}`, `has no "configuration"`},
		"empty configuration": {`{"format_version":"1.2","planned_values":{},"configuration":{}}`, "has an empty configuration"},
	} {
		t.Run(name, func(t *testing.T) { requireRefused(t, []byte(tt.text), tt.want) })
	}
}

// PowerShell's `>` writes UTF-16, or UTF-8 with a byte order mark.
func TestReadPlan_ReadsWhatPowerShellWrites(t *testing.T) {
	raw := primaryPlan(t)
	wide := func(order binary.AppendByteOrder, mark ...byte) []byte {
		for _, unit := range utf16.Encode([]rune(string(raw))) {
			mark = order.AppendUint16(mark, unit)
		}
		return mark
	}
	want, err := review.ReadPlan("a.json", raw)
	require.NoError(t, err)
	for name, text := range map[string][]byte{
		"UTF-8 with a mark":                 append([]byte("\xef\xbb\xbf"), raw...),
		"UTF-16, little endian":             wide(binary.LittleEndian, 0xff, 0xfe),
		"UTF-16, big endian":                wide(binary.BigEndian, 0xfe, 0xff),
		"UTF-16 without a mark":             wide(binary.LittleEndian),
		"UTF-16 without a mark, big endian": wide(binary.BigEndian),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := review.ReadPlan("a.json", text)
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
	requireRefused(t, wide(binary.LittleEndian, 0xff, 0xfe)[:1001], "is UTF-16 text that ends in the middle of a character: it is truncated")
	requireRefused(t, wide(binary.LittleEndian, 0xff, 0xfe)[:1000], "ends in the middle of the JSON")
}

func requireRefused(t *testing.T, raw []byte, want string) {
	t.Helper()
	_, err := review.ReadPlan("plans/primary.json", raw)
	var fault *review.InputError
	require.ErrorAs(t, err, &fault)
	require.ErrorIs(t, err, review.ErrInput)
	require.Equal(t, "plans/primary.json", fault.File)
	require.True(t, strings.HasPrefix(err.Error(), "plans/primary.json: "), err.Error())
	require.Contains(t, err.Error(), want)
	require.NotContains(t, err.Error(), "hunter22")
}

func TestReadPlan_RefusesAPlanThatCannotBeJudged(t *testing.T) {
	set := func(value any, at ...any) plantest.Edit { return plantest.Edit{At: at, Set: value} }
	vpc := "aws_vpc.network_vpc_4E8F0223"
	for name, tt := range map[string]struct {
		edit plantest.Edit
		want string
	}{
		"a newer format":    {set("2.0", "format_version"), `unsupported plan format version: "2.0.0"`},
		"no version":        {set("one", "format_version"), "invalid format version"},
		"an errored plan":   {set(true, "errored"), "is the plan of a run that failed"},
		"an unknown action": {set([]string{"migrate"}, "resource_changes", vpc, "change", "actions"), vpc + " has the actions [migrate]"},
		"no change":         {plantest.Edit{At: []any{"resource_changes", vpc, "change"}, Null: true}, "lacks an address, a type or a change"},
		"a change of text":  {set("x", "resource_changes", vpc, "change", "after"), vpc + ": before and after must be objects, found string"},
		"drift of text": {set(map[string]any{"address": vpc, "type": "aws_vpc", "change": map[string]any{"actions": []string{"update"}, "after": "x"}}, "resource_drift", vpc),
			vpc + ": before and after must be objects, found string"},
		"drift of nothing": {set(map[string]any{"address": vpc}, "resource_drift", vpc), "resource_drift[0] lacks an address, a type or a change"},
		"actions of text":  {set("x", "deferred_action_invocations"), "deferred_action_invocations"},
	} {
		t.Run(name, func(t *testing.T) { requireRefused(t, primaryPlan(t, tt.edit), tt.want) })
	}
}

func TestReadPlan_RefusesThePlanOfAnotherProject(t *testing.T) {
	foreign := primaryPlan(t,
		plantest.Edit{At: []any{"output_changes"}, Set: map[string]any{"bucket": map[string]any{"actions": []string{"create"}}}},
		plantest.Edit{At: []any{"configuration", "root_module", "outputs"}, Set: map[string]any{"url": map[string]any{}}},
	)
	requireRefused(t, foreign, `is a plan of something else: it has the outputs [bucket url]`)

	both := primaryPlan(t, plantest.Edit{At: []any{"output_changes", "failover_function_arn"}, Set: map[string]any{"actions": []string{"create"}}})
	requireRefused(t, both, "has the outputs of both stacks")

	nameless := map[string]any{
		"format_version": "1.2", "planned_values": map[string]any{},
		"configuration":  map[string]any{"root_module": map[string]any{}},
		"output_changes": map[string]any{"primary_database_arn": map[string]any{"actions": []string{"create"}}},
	}
	raw, err := json.Marshal(nameless)
	require.NoError(t, err)
	requireRefused(t, raw, "does not say its environment")
}

// The name of the environment is a mark and a heading of the page.
func TestReadPlan_RefusesAnEnvironmentThatIsNone(t *testing.T) {
	base, err := recordings.Base(review.Primary)
	require.NoError(t, err)
	for _, name := range []string{"prod -->\n## Plan review of prod: CLEAN", "Prod", "a b", "@team"} {
		changed, err := plantest.Apply(base, []plantest.Edit{{At: []any{}, Everywhere: "prod", With: name}})
		require.NoError(t, err)
		raw, err := plantest.Expand(changed.(map[string]any))
		require.NoError(t, err)
		requireRefused(t, raw, "has the tag Environment "+strconv.Quote(name)+", which is no environment's name")
	}
}

func TestNewDocument_RefusesPlansThatDoNotBelongTogether(t *testing.T) {
	read := func(file string, raw []byte) *review.Plan {
		p, err := review.ReadPlan(file, raw)
		require.NoError(t, err)
		return p
	}
	prod := read("a.json", primaryPlan(t))
	_, err := review.NewDocument(day, prod, read("b.json", primaryPlan(t)))
	require.ErrorIs(t, err, review.ErrInput)
	require.ErrorContains(t, err, "b.json: is a plan of the primary stack, and so is a.json")

	plans, err := recordings.Read("unchanged/as-deployed", review.Replica)
	require.NoError(t, err)
	dev := strings.ReplaceAll(string(plans[review.Replica]), `"Environment":"prod"`, `"Environment":"dev"`)
	_, err = review.NewDocument(day, prod, read("b.json", []byte(dev)))
	require.ErrorContains(t, err, `b.json: is a plan of the environment "dev", and a.json is of "prod"`)

	_, err = review.NewDocument(day)
	require.ErrorIs(t, err, review.ErrInput)
}

func TestInputError_IsItsCauseToo(t *testing.T) {
	err := &review.InputError{File: "x", Found: "cannot be read", Err: fs.ErrNotExist}
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorIs(t, err, review.ErrInput)
	require.EqualError(t, err, "x: cannot be read: file does not exist")
}
