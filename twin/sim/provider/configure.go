package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/tf"
)

// errNotConfigured can't happen with Terraform, which configures first.
var errNotConfigured = errors.New("the provider was used before it was configured")

// settings are what a provider block says.
type settings struct {
	client   *client
	region   string
	accounts []string
	tags     tagPolicy
}

// PrepareProviderConfig checks the provider block.
func (s *Server) PrepareProviderConfig(_ context.Context, req *tfprotov5.PrepareProviderConfigRequest) (*tfprotov5.PrepareProviderConfigResponse, error) {
	resp := &tfprotov5.PrepareProviderConfigResponse{PreparedConfig: req.Config}
	config, err := decode(req.Config, blockType(s.config))
	if err != nil {
		return nil, err
	}
	f := &tf.Faults{}
	if !config.IsNull() && config.IsKnown() {
		for _, c := range configChecks() {
			c(config, f)
		}
	}
	resp.Diagnostics = diagnosticsOf(f)
	return resp, nil
}

func configChecks() []tf.Check {
	return []tf.Check{
		tf.Conflicts("allowed_account_ids", "forbidden_account_ids"),
		tf.Matches("allowed_account_ids", tf.AccountIDNumber, "an AWS account id of 12 digits"),
		tf.Matches("forbidden_account_ids", tf.AccountIDNumber, "an AWS account id of 12 digits"),
		tf.IsARN("assume_role.role_arn"),
	}
}

// ConfigureProvider takes the region and tags from the provider block, and
// makes sure of the simulator and of the account.
func (s *Server) ConfigureProvider(ctx context.Context, req *tfprotov5.ConfigureProviderRequest) (*tfprotov5.ConfigureProviderResponse, error) {
	config, err := decode(req.Config, blockType(s.config))
	if err != nil {
		return nil, err
	}
	resp := &tfprotov5.ConfigureProviderResponse{}
	learned, err := newSettings(config, s.socket)
	if err != nil {
		resp.Diagnostics = errorDiag("Invalid provider configuration", err)
		return resp, nil
	}
	if err := learned.checkAccount(ctx, stringsAt(config, "forbidden_account_ids")); err != nil {
		resp.Diagnostics = errorDiag("Can't use the stand-in provider", err)
		return resp, nil
	}
	s.settings = learned
	return resp, nil
}

func newSettings(config cty.Value, socket string) (*settings, error) {
	c, err := newClient(socket)
	if err != nil {
		return nil, err
	}
	region := config.GetAttr("region")
	if !region.IsKnown() || region.IsNull() || region.AsString() == "" {
		return nil, errors.New("argument \"region\" must name a region, for example \"eu-west-1\": the stand-in takes none from the environment")
	}
	tags := tagPolicy{defaults: cty.NullVal(cty.Map(cty.String))}
	switch blocks := config.GetAttr("default_tags"); {
	case !blocks.IsKnown():
		tags.defaults = cty.UnknownVal(cty.Map(cty.String))
	case blocks.LengthInt() > 0:
		tags.defaults = blocks.AsValueSlice()[0].GetAttr("tags")
	}
	tags.ignoredKeys = stringsAt(config, "ignore_tags.keys")
	tags.ignoredPrefixes = stringsAt(config, "ignore_tags.key_prefixes")
	return &settings{client: c, region: region.AsString(), accounts: stringsAt(config, "allowed_account_ids"), tags: tags}, nil
}

// checkAccount asks the simulator who it is, as the real provider asks STS.
func (s *settings) checkAccount(ctx context.Context, forbidden []string) error {
	resp, err := s.client.do(ctx, simapi.OpData, s.request("aws_caller_identity"))
	if err != nil {
		return err
	}
	if resp.Error != nil {
		return fmt.Errorf("look up the account: %w", resp.Error)
	}
	account, ok := resp.Attrs["account_id"].(string)
	if !ok {
		return fmt.Errorf("%w; it doesn't tell its account", ErrNoSimulator)
	}
	if len(s.accounts) > 0 && !slices.Contains(s.accounts, account) || slices.Contains(forbidden, account) {
		return fmt.Errorf("AWS account ID not allowed: %s", account)
	}
	return nil
}

func (s *settings) request(typeName string) simapi.Request {
	return simapi.Request{Type: typeName, Region: s.region, AllowedAccounts: s.accounts}
}

func stringsAt(config cty.Value, path string) []string {
	var out []string
	for _, p := range tf.Find(config, path) {
		out = append(out, p.Value.AsString())
	}
	return out
}
