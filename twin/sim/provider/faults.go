package provider

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/tf"
)

// diagnosticsOf puts faults into the protocol's shape.
func diagnosticsOf(f *tf.Faults) []*tfprotov5.Diagnostic {
	var out []*tfprotov5.Diagnostic
	for _, fault := range f.List {
		out = append(out, &tfprotov5.Diagnostic{
			Severity: tfprotov5.DiagnosticSeverityError, Summary: fault.Summary, Detail: fault.Detail, Attribute: protoPath(fault.At),
		})
	}
	return out
}

// protoPath turns a path into one of the protocol library; it ends at the
// first set, since Terraform can't show a place inside one.
func protoPath(path cty.Path) *tftypes.AttributePath {
	if len(path) == 0 {
		return nil
	}
	out := tftypes.NewAttributePath()
	for _, step := range path {
		switch s := step.(type) {
		case cty.GetAttrStep:
			out = out.WithAttributeName(s.Name)
		case cty.IndexStep:
			switch {
			case s.Key.Type() == cty.Number:
				i, _ := s.Key.AsBigFloat().Int64()
				out = out.WithElementKeyInt(int(i))
			case s.Key.Type() == cty.String:
				out = out.WithElementKeyString(s.Key.AsString())
			default:
				return out
			}
		}
	}
	return out
}

// errorDiag is a fault of this plugin or of the way to the simulator.
func errorDiag(summary string, err error) []*tfprotov5.Diagnostic {
	return []*tfprotov5.Diagnostic{{
		Severity: tfprotov5.DiagnosticSeverityError,
		Summary:  summary,
		Detail:   err.Error(),
	}}
}

// refusalDiag passes on whole what the simulated AWS said.
func refusalDiag(summary string, refusal *simapi.Error, schema *entry) []*tfprotov5.Diagnostic {
	diag := &tfprotov5.Diagnostic{
		Severity: tfprotov5.DiagnosticSeverityError,
		Summary:  summary,
		Detail:   refusal.Error(),
	}
	if _, ok := schema.block.Attributes[refusal.Attribute]; ok {
		diag.Attribute = tftypes.NewAttributePath().WithAttributeName(refusal.Attribute)
	} else if _, ok := schema.block.NestedBlocks[refusal.Attribute]; ok {
		diag.Attribute = tftypes.NewAttributePath().WithAttributeName(refusal.Attribute)
	}
	return []*tfprotov5.Diagnostic{diag}
}
