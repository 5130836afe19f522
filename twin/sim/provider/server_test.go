package provider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim/simaws"
)

func newServer(t *testing.T) *Server {
	t.Helper()
	s, err := New("", simaws.Types())
	require.NoError(t, err)
	return s
}

func TestServer_RefusesWriteOnlyValuesFromATerraformThatWouldStoreThem(t *testing.T) {
	s := newServer(t)
	e := s.resources["aws_db_instance"]
	config, err := e.stateOf(configOf(t, "aws_db_instance", sound("aws_db_instance")))
	require.NoError(t, err)
	validate := func(capabilities *tfprotov5.ValidateResourceTypeConfigClientCapabilities) string {
		resp, err := s.ValidateResourceTypeConfig(t.Context(), &tfprotov5.ValidateResourceTypeConfigRequest{
			TypeName: "aws_db_instance", Config: config, ClientCapabilities: capabilities,
		})
		require.NoError(t, err)
		return said(resp.Diagnostics)
	}
	require.Empty(t, validate(&tfprotov5.ValidateResourceTypeConfigClientCapabilities{WriteOnlyAttributesAllowed: true}))
	for _, older := range []*tfprotov5.ValidateResourceTypeConfigClientCapabilities{nil, {}} {
		require.Contains(t, validate(older), `AttributeName("password_wo"): Write-only Attribute Not Allowed`)
	}
}

func TestServer_ReadsAStateAndDropsWhatTheSchemaNoLongerHas(t *testing.T) {
	s := newServer(t)
	e := s.resources["aws_vpc"]
	upgrade := func(version int64, document string) *tfprotov5.UpgradeResourceStateResponse {
		resp, err := s.UpgradeResourceState(t.Context(), &tfprotov5.UpgradeResourceStateRequest{
			TypeName: "aws_vpc", Version: version, RawState: &tfprotov5.RawState{JSON: []byte(document)},
		})
		require.NoError(t, err)
		return resp
	}
	resp := upgrade(1, `{"id":"vpc-1","cidr_block":"10.0.0.0/16","gone":true}`)
	require.Empty(t, resp.Diagnostics)
	state, err := decode(resp.UpgradedState, e.kind)
	require.NoError(t, err)
	require.Equal(t, "10.0.0.0/16", state.GetAttr("cidr_block").AsString())

	require.Contains(t, said(upgrade(0, `{}`).Diagnostics), "it has schema version 0, want 1")
	require.Contains(t, said(upgrade(1, `{"cidr_block":1}`).Diagnostics), `"cidr_block"`)
	require.NotEmpty(t, upgrade(1, `{`).Diagnostics)
}

func TestServer_NamesTheTypeThatItDoesNotHave(t *testing.T) {
	s := newServer(t)
	_, err := s.ReadResource(t.Context(), &tfprotov5.ReadResourceRequest{TypeName: "aws_s3_bucket"})
	var unknown *unknownTypeError
	require.ErrorAs(t, err, &unknown)
	require.Contains(t, err.Error(), "aws_s3_bucket")
}

func TestServer_MovesNoStateAcrossTypes(t *testing.T) {
	resp, err := newServer(t).MoveResourceState(t.Context(), &tfprotov5.MoveResourceStateRequest{SourceTypeName: "null_resource", TargetTypeName: "aws_vpc"})
	require.NoError(t, err)
	require.Contains(t, said(resp.Diagnostics), "from null_resource to aws_vpc")
}

func TestServer_OffersSchemasOfEveryKind(t *testing.T) {
	s := newServer(t)
	schemas, err := s.GetProviderSchema(t.Context(), nil)
	require.NoError(t, err)
	metadata, err := s.GetMetadata(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, schemas.ResourceSchemas, len(metadata.Resources))
	require.Len(t, schemas.DataSourceSchemas, len(metadata.DataSources))
	require.Len(t, schemas.EphemeralResourceSchemas, len(metadata.EphemeralResources))

	// Values are encoded by one library and described by another: both must
	// see the same types.
	for name, e := range s.resources {
		want, err := protoType(e.kind)
		require.NoError(t, err)
		require.True(t, want.Equal(schemas.ResourceSchemas[name].ValueType()), name)
	}
}

func TestConfigure_ChecksTheProviderBlock(t *testing.T) {
	s := newServer(t)
	for document, says := range map[string]string{
		`{"region":"eu-west-1","allowed_account_ids":["123456789012"]}`:                                        "",
		`{"allowed_account_ids":["1234"]}`:                                                                     "12 digits",
		`{"allowed_account_ids":["123456789012"],"forbidden_account_ids":["210987654321"]}`:                    "conflicts with forbidden_account_ids",
		`{"assume_role":[{"role_arn":"guard"}]}`:                                                               "invalid ARN",
		`{"region":"eu-west-1","default_tags":[{"tags":{"a":"b"}}],"ignore_tags":[{"key_prefixes":["aws:"]}]}`: "",
	} {
		config, err := encode(blockOf(t, s.config, document), blockType(s.config))
		require.NoError(t, err)
		resp, err := s.PrepareProviderConfig(t.Context(), &tfprotov5.PrepareProviderConfigRequest{Config: config})
		require.NoError(t, err)
		if says == "" {
			require.Empty(t, said(resp.Diagnostics), document)
			continue
		}
		require.Contains(t, said(resp.Diagnostics), says, document)
	}
}
