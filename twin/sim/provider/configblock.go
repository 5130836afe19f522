package provider

import (
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// configBlock is the provider block: the arguments of provider 5.99.1. The
// schema module has none for the provider itself, so the names are those of
// AwsProviderConfig in the CDKTF bindings, which are generated from 5.99.1; a
// test compares them. Of the block endpoints, whose some 300 arguments name
// services, there are none here: an endpoint is never dialled.
//
// What says how to reach AWS (credentials, profiles, roles, proxies) is
// accepted and has no effect.
func configBlock() *tfjson.SchemaBlock {
	b := &tfjson.SchemaBlock{Attributes: map[string]*tfjson.SchemaAttribute{}, NestedBlocks: map[string]*tfjson.SchemaBlockType{}}
	optional(b, cty.String, "access_key custom_ca_bundle ec2_metadata_service_endpoint ec2_metadata_service_endpoint_mode http_proxy https_proxy no_proxy profile region retry_mode s3_us_east_1_regional_endpoint secret_key skip_metadata_api_check sts_region token")
	optional(b, cty.Bool, "insecure s3_use_path_style skip_credentials_validation skip_region_validation skip_requesting_account_id use_dualstack_endpoint use_fips_endpoint")
	optional(b, cty.Number, "max_retries token_bucket_rate_limiter_capacity")
	optional(b, cty.Set(cty.String), "allowed_account_ids forbidden_account_ids")
	optional(b, cty.List(cty.String), "shared_config_files shared_credentials_files")

	role := nest(b, "assume_role")
	optional(role, cty.String, "duration external_id policy role_arn session_name source_identity")
	optional(role, cty.Set(cty.String), "policy_arns transitive_tag_keys")
	optional(role, cty.Map(cty.String), "tags")

	web := nest(b, "assume_role_with_web_identity")
	optional(web, cty.String, "duration policy role_arn session_name web_identity_token web_identity_token_file")
	optional(web, cty.Set(cty.String), "policy_arns")

	defaults := nest(b, "default_tags")
	optional(defaults, cty.Map(cty.String), "tags")
	ignored := nest(b, "ignore_tags")
	optional(ignored, cty.Set(cty.String), "key_prefixes keys")
	return b
}

func optional(b *tfjson.SchemaBlock, t cty.Type, names string) {
	for _, name := range tf.Words(names) {
		b.Attributes[name] = &tfjson.SchemaAttribute{AttributeType: t, Optional: true}
	}
}

// nest adds a block. Only assume_role may be written more than once.
func nest(b *tfjson.SchemaBlock, name string) *tfjson.SchemaBlock {
	nested := &tfjson.SchemaBlockType{
		NestingMode: tfjson.SchemaNestingModeList,
		Block:       &tfjson.SchemaBlock{Attributes: map[string]*tfjson.SchemaAttribute{}},
	}
	if name != "assume_role" {
		nested.MaxItems = 1
	}
	b.NestedBlocks[name] = nested
	return nested.Block
}
