package provider

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/tf"
)

// PlanResourceChange plans without asking the simulator, as the real provider
// plans without asking AWS.
func (s *Server) PlanResourceChange(_ context.Context, req *tfprotov5.PlanResourceChangeRequest) (*tfprotov5.PlanResourceChangeResponse, error) {
	e, err := lookUp(s.resources, req.TypeName)
	if err != nil {
		return nil, err
	}
	prior, config, proposed, err := e.decodeAll(req.PriorState, req.Config, req.ProposedNewState)
	if err != nil {
		return nil, err
	}
	resp := &tfprotov5.PlanResourceChangeResponse{
		PlannedState:                req.ProposedNewState,
		PlannedPrivate:              req.PriorPrivate,
		UnsafeToUseLegacyTypeSystem: !e.traits.Framework, //nolint:staticcheck // the real provider's types on the old SDK set it
	}
	if proposed.IsNull() {
		return resp, nil // destroy
	}
	if s.settings == nil {
		resp.Diagnostics = errorDiag("Can't plan "+req.TypeName, errNotConfigured)
		return resp, nil
	}
	planned, replace := e.traits.planned(e.block, config, prior, s.settings.tags)
	f := &tf.Faults{}
	for _, check := range e.traits.PlanChecks {
		check(tf.Change{Config: config, Prior: prior, Planned: planned}, f)
	}
	resp.Diagnostics = diagnosticsOf(f)
	resp.RequiresReplace = replace
	resp.PlannedState, err = e.stateOf(planned)
	return resp, err
}

// ApplyResourceChange has the simulator create, update or delete.
func (s *Server) ApplyResourceChange(ctx context.Context, req *tfprotov5.ApplyResourceChangeRequest) (*tfprotov5.ApplyResourceChangeResponse, error) {
	e, err := lookUp(s.resources, req.TypeName)
	if err != nil {
		return nil, err
	}
	prior, config, planned, err := e.decodeAll(req.PriorState, req.Config, req.PlannedState)
	if err != nil {
		return nil, err
	}
	resp := &tfprotov5.ApplyResourceChangeResponse{
		NewState:                    req.PriorState,
		Private:                     req.PlannedPrivate,
		UnsafeToUseLegacyTypeSystem: !e.traits.Framework, //nolint:staticcheck // the real provider's types on the old SDK set it
	}
	if s.settings == nil {
		resp.Diagnostics = errorDiag("Can't apply "+req.TypeName, errNotConfigured)
		return resp, nil
	}
	call, err := s.callFor(e, req.TypeName, tf.Change{Config: config, Prior: prior, Planned: planned})
	if err != nil {
		return nil, err
	}
	if call.op == simapi.OpDelete && e.traits.DeleteCheck != nil {
		if err := e.traits.DeleteCheck(prior); err != nil {
			resp.Diagnostics = errorDiag(call.summary, err)
			return resp, nil
		}
	}
	answer, err := s.settings.client.do(ctx, call.op, call.request)
	if err != nil {
		resp.Diagnostics = errorDiag(call.summary, err)
		return resp, nil
	}
	// The simulator does all of an operation or nothing, so that a refusal
	// leaves the state as it was.
	if answer.Error != nil {
		resp.Diagnostics = refusalDiag(call.summary, answer.Error, e)
		return resp, nil
	}
	state, err := e.settled(answer, planned, s.settings.tags)
	if err != nil {
		resp.Diagnostics = errorDiag(call.summary, err)
		return resp, nil
	}
	resp.NewState, err = e.stateOf(state)
	return resp, err
}

// call is a request to the simulator and what to call its failure.
type call struct {
	op      string
	summary string
	request simapi.Request
}

func (s *Server) callFor(e *entry, typeName string, c tf.Change) (call, error) {
	request := s.settings.request(typeName)
	if !c.Prior.IsNull() {
		request.ID = idOf(c.Prior)
		request.Prior = attrsOf(c.Prior)
	}
	if c.Planned.IsNull() {
		return call{simapi.OpDelete, fmt.Sprintf("deleting %s (%s)", typeName, request.ID), request}, nil
	}
	request.Attrs = attrsOf(c.Planned)
	request.WriteOnly = e.writeOnly(c)
	if err := e.wholePaths(request.Attrs); err != nil {
		return call{}, err
	}
	if c.Prior.IsNull() {
		return call{simapi.OpCreate, "creating " + typeName, request}, nil
	}
	return call{simapi.OpUpdate, fmt.Sprintf("updating %s (%s)", typeName, request.ID), request}, nil
}

// wholePaths makes paths of files absolute. A plugin runs in the directory in
// which Terraform runs.
func (e *entry) wholePaths(attrs map[string]any) error {
	for _, name := range e.traits.Files {
		path, ok := attrs[name].(string)
		if !ok {
			continue
		}
		whole, err := filepath.Abs(path)
		if err != nil {
			return fmt.Errorf("find the file of argument %q: %w", name, err)
		}
		attrs[name] = whole
	}
	return nil
}

// writeOnly collects the write-only arguments: all at creation, later those
// whose version argument changed.
func (e *entry) writeOnly(c tf.Change) map[string]any {
	out := map[string]any{}
	for name, a := range e.block.Attributes {
		if !a.WriteOnly || c.Config.GetAttr(name).IsNull() {
			continue
		}
		version := name + "_version"
		if _, ok := e.block.Attributes[version]; ok && !c.Prior.IsNull() && c.Prior.GetAttr(version).RawEquals(c.Planned.GetAttr(version)) {
			continue
		}
		out[name] = toAny(c.Config.GetAttr(name))
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// settled makes a state of an answer; the reference is the plan, or the state
// before a read.
func (e *entry) settled(answer *simapi.Response, reference cty.Value, tags tagPolicy) (cty.Value, error) {
	if answer.Attrs == nil {
		return cty.NullVal(e.kind), nil
	}
	if _, ok := e.block.Attributes["id"]; ok && answer.ID != "" {
		answer.Attrs["id"] = answer.ID
	}
	got, err := fromAttrs(answer.Attrs, e.block, false)
	if err != nil {
		return cty.NilVal, err
	}
	return e.traits.settle(e.block, got, reference, tags), nil
}

// ReadResource has the simulator tell what the object is now.
func (s *Server) ReadResource(ctx context.Context, req *tfprotov5.ReadResourceRequest) (*tfprotov5.ReadResourceResponse, error) {
	e, err := lookUp(s.resources, req.TypeName)
	if err != nil {
		return nil, err
	}
	current, err := decode(req.CurrentState, e.kind)
	if err != nil {
		return nil, err
	}
	resp := &tfprotov5.ReadResourceResponse{NewState: req.CurrentState, Private: req.Private}
	if s.settings == nil {
		resp.Diagnostics = errorDiag("Can't read "+req.TypeName, errNotConfigured)
		return resp, nil
	}
	summary := fmt.Sprintf("reading %s (%s)", req.TypeName, idOf(current))
	request := s.settings.request(req.TypeName)
	request.ID, request.Prior = idOf(current), attrsOf(current)
	answer, err := s.settings.client.do(ctx, simapi.OpRead, request)
	if err != nil {
		resp.Diagnostics = errorDiag(summary, err)
		return resp, nil
	}
	if answer.Error != nil {
		resp.Diagnostics = refusalDiag(summary, answer.Error, e)
		return resp, nil
	}
	state, err := e.settled(answer, current, s.settings.tags)
	if err != nil {
		resp.Diagnostics = errorDiag(summary, err)
		return resp, nil
	}
	resp.NewState, err = e.stateOf(state)
	return resp, err
}

// decodeAll reads the three values that plan and apply get.
func (e *entry) decodeAll(prior, config, next *tfprotov5.DynamicValue) (p, c, n cty.Value, err error) {
	if p, err = decode(prior, e.kind); err != nil {
		return
	}
	if c, err = decode(config, e.kind); err != nil {
		return
	}
	n, err = decode(next, e.kind)
	return
}

func idOf(state cty.Value) string {
	id := state.GetAttr("id")
	if id.IsNull() || !id.IsKnown() {
		return ""
	}
	return id.AsString()
}
