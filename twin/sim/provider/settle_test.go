package provider

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/tf"
)

func jsonOf(attrs map[string]any) (string, error) {
	raw, err := json.Marshal(attrs)
	return string(raw), err
}

// settledFor makes a state of an answer; reference is "" for an import.
func settledFor(t *testing.T, typeName, answer, reference string, tags tagPolicy) cty.Value {
	t.Helper()
	block := known()[typeName].Schema().Block
	ref := cty.NullVal(blockType(block))
	if reference != "" {
		ref = configOf(t, typeName, reference)
	}
	return rulesOf(typeName).settle(block, configOf(t, typeName, answer), ref, tags)
}

func TestSettle_KeepsASpellingThatMeansTheSame(t *testing.T) {
	state := settledFor(t, "aws_route53_zone", `{"name":"db.internal","comment":""}`, `{"name":"db.internal."}`, noTags)
	require.Equal(t, cty.StringVal("db.internal."), state.GetAttr("name"))
	require.True(t, state.GetAttr("comment").IsNull())
}

func TestSettle_TakesWhatDiffers(t *testing.T) {
	state := settledFor(t, "aws_route53_zone", `{"name":"other.internal"}`, `{"name":"db.internal."}`, noTags)
	require.Equal(t, cty.StringVal("other.internal"), state.GetAttr("name"))
}

func TestSettle_KeepsWhatNoCallReturns(t *testing.T) {
	state := settledFor(t, "aws_db_instance", `{"instance_class":"db.t4g.micro"}`, `{"instance_class":"db.t4g.micro","skip_final_snapshot":true,"timeouts":{"create":"1h"}}`, noTags)
	require.Equal(t, cty.True, state.GetAttr("skip_final_snapshot"))
	require.Equal(t, cty.StringVal("1h"), state.GetAttr("timeouts").GetAttr("create"))
}

func TestSettle_NeverKeepsAWriteOnlyValue(t *testing.T) {
	for _, reference := range []string{"", `{"instance_class":"x","password_wo":"secret"}`} {
		state := settledFor(t, "aws_db_instance", `{"instance_class":"x","password_wo":"secret"}`, reference, noTags)
		require.True(t, state.GetAttr("password_wo").IsNull(), "reference %q", reference)
	}
}

func TestSettle_OfAnImportTakesTheAnswer(t *testing.T) {
	state := settledFor(t, "aws_kms_key", `{"description":"x","deletion_window_in_days":7}`, "", noTags)
	require.Equal(t, cty.StringVal("x"), state.GetAttr("description"))
	require.True(t, state.GetAttr("deletion_window_in_days").IsNull(), "AWS doesn't tell")

	state = settledFor(t, "aws_db_instance", `{"instance_class":"x","skip_final_snapshot":false,"blue_green_update":[{"enabled":true}]}`, "", noTags)
	require.Equal(t, cty.True, state.GetAttr("skip_final_snapshot"), "the real provider's import sets it")
	require.Zero(t, state.GetAttr("blue_green_update").LengthInt())
}

func TestTags_OwnAndDefaultsAreToldApart(t *testing.T) {
	tags := tagPolicy{
		defaults:        cty.MapVal(map[string]cty.Value{"Team": cty.StringVal("storage"), "Environment": cty.StringVal("dev")}),
		ignoredKeys:     []string{"CreatedBy"},
		ignoredPrefixes: []string{"aws:"},
	}
	answer := `{"tags_all":{"Team":"storage","Environment":"dev","Name":"x","CreatedBy":"y","aws:z":"z"}}`
	for name, c := range map[string]struct{ reference, own string }{
		"defaults only in tags_all":     {`{"tags":{"Name":"x"}}`, `{"Name":"x"}`},
		"a default that is also own":    {`{"tags":{"Name":"x","Team":"storage"}}`, `{"Name":"x","Team":"storage"}`},
		"drift is the resource's own":   {`{"tags":null}`, `{"Name":"x"}`},
		"import knows the defaults too": {"", `{"Name":"x"}`},
	} {
		t.Run(name, func(t *testing.T) {
			state := settledFor(t, "aws_vpc", answer, c.reference, tags)
			own, err := jsonOf(attrsOf(cty.ObjectVal(map[string]cty.Value{"tags": state.GetAttr("tags")})))
			require.NoError(t, err)
			require.JSONEq(t, `{"tags":`+c.own+`}`, own)
			require.Equal(t, 3, state.GetAttr("tags_all").LengthInt(), "ignored tags are left out")
		})
	}
}

func TestTags_AreUnknownWhileADefaultIs(t *testing.T) {
	tags := tagPolicy{defaults: cty.UnknownVal(cty.Map(cty.String))}
	require.False(t, tags.planned(cty.NullVal(cty.Map(cty.String))).IsKnown())
}

func TestTags_OwnOverrideDefaults(t *testing.T) {
	tags := tagPolicy{defaults: cty.MapVal(map[string]cty.Value{"Team": cty.StringVal("storage")})}
	own := cty.MapVal(map[string]cty.Value{"Team": cty.StringVal("search")})
	require.Equal(t, own, tags.planned(own))
}

func TestSamePolicy(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{`{"Statement":[{"Action":["b","a"]}]}`, `{"Statement":{"Action":["a","b"]}}`, true},
		{`{"Condition":{"Bool":{"x":true}}}`, `{"Condition":{"Bool":{"x":["true"]}}}`, true},
		{`{"Statement":[{"Action":"a"}]}`, `{"Statement":[{"Action":"b"}]}`, false},
		{`{"Effect":"Allow"}`, `{"Effect":"Deny"}`, false},
		{`not JSON`, `not JSON either`, false},
	} {
		require.Equal(t, c.same, tf.SamePolicy(cty.StringVal(c.a), cty.StringVal(c.b)), "%s and %s", c.a, c.b)
	}
}

func TestWriteOnly_IsSentAtCreationAndWhenItsVersionChanges(t *testing.T) {
	block := known()["aws_db_instance"].Schema().Block
	e := &entry{block: block, kind: blockType(block), traits: rulesOf("aws_db_instance")}
	config := configOf(t, "aws_db_instance", sound("aws_db_instance"))
	version := func(n string) cty.Value {
		return configOf(t, "aws_db_instance", merged(t, sound("aws_db_instance"), `{"password_wo":null,"password_wo_version":`+n+`}`))
	}
	sent := map[string]any{"password_wo": "x"}
	require.Equal(t, sent, e.writeOnly(tf.Change{Config: config, Prior: cty.NullVal(e.kind), Planned: version("1")}))
	require.Equal(t, sent, e.writeOnly(tf.Change{Config: config, Prior: version("1"), Planned: version("2")}))
	require.Nil(t, e.writeOnly(tf.Change{Config: config, Prior: version("1"), Planned: version("1")}))
}

func TestSettled_RefusesAnAnswerThatTheSchemaDoesNotHave(t *testing.T) {
	block := known()["aws_vpc"].Schema().Block
	e := &entry{block: block, kind: blockType(block), traits: rulesOf("aws_vpc")}
	for _, attrs := range []map[string]any{{"cidr": "10.0.0.0/16"}, {"cidr_block": true}, {"tags": "x"}} {
		_, err := e.settled(&simapi.Response{ID: "vpc-1", Attrs: attrs}, cty.NullVal(e.kind), noTags)
		require.Error(t, err, "%v", attrs)
	}
}
