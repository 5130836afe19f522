package provider

import (
	"context"
	"fmt"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// ValidateResourceTypeConfig makes the checks that the real provider makes
// before it calls AWS. Terraform itself has checked names and types.
func (s *Server) ValidateResourceTypeConfig(_ context.Context, req *tfprotov5.ValidateResourceTypeConfigRequest) (*tfprotov5.ValidateResourceTypeConfigResponse, error) {
	e, err := lookUp(s.resources, req.TypeName)
	if err != nil {
		return nil, err
	}
	config, err := decode(req.Config, e.kind)
	if err != nil {
		return nil, err
	}
	f := &tf.Faults{}
	if !writeOnlyAllowed(req.ClientCapabilities) {
		refuseWriteOnly(e.block, config, f)
	}
	for _, c := range e.traits.Checks {
		c(config, f)
	}
	return &tfprotov5.ValidateResourceTypeConfigResponse{Diagnostics: diagnosticsOf(f)}, nil
}

func writeOnlyAllowed(c *tfprotov5.ValidateResourceTypeConfigClientCapabilities) bool {
	return c != nil && c.WriteOnlyAttributesAllowed
}

// refuseWriteOnly speaks up for Terraform before 1.11, which would write such
// values to its state.
func refuseWriteOnly(b *tfjson.SchemaBlock, config cty.Value, f *tf.Faults) {
	for name, a := range b.Attributes {
		if a.WriteOnly && tf.IsSet(config, name) {
			f.Add(cty.GetAttrPath(name), "Write-only Attribute Not Allowed",
				fmt.Sprintf("The argument %q is write-only, which needs Terraform 1.11 or later.", name))
		}
	}
}

// ValidateDataSourceConfig has nothing to add to Terraform's own checks.
func (s *Server) ValidateDataSourceConfig(_ context.Context, req *tfprotov5.ValidateDataSourceConfigRequest) (*tfprotov5.ValidateDataSourceConfigResponse, error) {
	if _, err := lookUp(s.data, req.TypeName); err != nil {
		return nil, err
	}
	return &tfprotov5.ValidateDataSourceConfigResponse{}, nil
}

// ValidateEphemeralResourceConfig has nothing to add to Terraform's own checks.
func (s *Server) ValidateEphemeralResourceConfig(_ context.Context, req *tfprotov5.ValidateEphemeralResourceConfigRequest) (*tfprotov5.ValidateEphemeralResourceConfigResponse, error) {
	if _, err := lookUp(s.ephemerals, req.TypeName); err != nil {
		return nil, err
	}
	return &tfprotov5.ValidateEphemeralResourceConfigResponse{}, nil
}
