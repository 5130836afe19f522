package provider

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/simapi"
)

// faults gathers what is wrong with a configuration or a plan, so that a user
// sees all of it at once.
type faults struct {
	list []*tfprotov5.Diagnostic
}

// add reports a fault at a place in the configuration; a nil place is the
// whole block.
func (f *faults) add(at cty.Path, summary, detail string) {
	f.list = append(f.list, &tfprotov5.Diagnostic{
		Severity:  tfprotov5.DiagnosticSeverityError,
		Summary:   summary,
		Detail:    detail,
		Attribute: protoPath(at),
	})
}

// addf is add for a fault that one sentence says.
func (f *faults) addf(at cty.Path, format string, args ...any) {
	f.add(at, fmt.Sprintf(format, args...), "")
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
