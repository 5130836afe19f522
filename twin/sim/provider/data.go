package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/simapi"
)

// ReadDataSource has the simulator answer.
func (s *Server) ReadDataSource(ctx context.Context, req *tfprotov5.ReadDataSourceRequest) (*tfprotov5.ReadDataSourceResponse, error) {
	e, err := lookUp(s.data, req.TypeName)
	if err != nil {
		return nil, err
	}
	resp := &tfprotov5.ReadDataSourceResponse{}
	resp.State, resp.Diagnostics, err = s.lookUpValues(ctx, e, simapi.OpData, req.TypeName, req.Config)
	return resp, err
}

// OpenEphemeralResource has the simulator answer. The value lives as long as
// this run: there is nothing to renew or to close.
func (s *Server) OpenEphemeralResource(ctx context.Context, req *tfprotov5.OpenEphemeralResourceRequest) (*tfprotov5.OpenEphemeralResourceResponse, error) {
	e, err := lookUp(s.ephemerals, req.TypeName)
	if err != nil {
		return nil, err
	}
	resp := &tfprotov5.OpenEphemeralResourceResponse{}
	resp.Result, resp.Diagnostics, err = s.lookUpValues(ctx, e, simapi.OpEphemeral, req.TypeName, req.Config)
	return resp, err
}

// lookUpValues sends a configuration and lays the answer under it: what the
// configuration says stays, as Terraform requires.
func (s *Server) lookUpValues(ctx context.Context, e *entry, op, typeName string, raw *tfprotov5.DynamicValue) (*tfprotov5.DynamicValue, []*tfprotov5.Diagnostic, error) {
	config, err := decode(raw, e.kind)
	if err != nil {
		return nil, nil, err
	}
	summary := "reading " + typeName
	if s.settings == nil {
		return nil, errorDiag(summary, errNotConfigured), nil
	}
	request := s.settings.request(typeName)
	request.Attrs = attrsOf(config)
	answer, err := s.settings.client.do(ctx, op, request)
	switch {
	case err != nil:
		return nil, errorDiag(summary, err), nil
	case answer.Error != nil:
		return nil, refusalDiag(summary, answer.Error, e), nil
	case answer.Attrs == nil:
		return nil, errorDiag(summary, fmt.Errorf("%s: nothing was found", typeName)), nil
	}
	if _, ok := e.block.Attributes["id"]; ok && answer.ID != "" {
		answer.Attrs["id"] = answer.ID
	}
	got, err := fromAttrs(answer.Attrs, e.block, false)
	if err != nil {
		return nil, errorDiag(summary, err), nil
	}
	result, err := e.stateOf(overlay(got, config))
	return result, nil, err
}

// overlay lays what is set in the configuration over an answer.
func overlay(answer, config cty.Value) cty.Value {
	out := answer.AsValueMap()
	for name, v := range config.AsValueMap() {
		blocks := v.CanIterateElements() && v.Type().IsSetType() && v.Type().ElementType().IsObjectType()
		if !v.IsNull() || blocks {
			out[name] = v
		}
	}
	return cty.ObjectVal(out)
}

// RenewEphemeralResource has nothing to do.
func (s *Server) RenewEphemeralResource(context.Context, *tfprotov5.RenewEphemeralResourceRequest) (*tfprotov5.RenewEphemeralResourceResponse, error) {
	return &tfprotov5.RenewEphemeralResourceResponse{}, nil
}

// CloseEphemeralResource has nothing to do.
func (s *Server) CloseEphemeralResource(context.Context, *tfprotov5.CloseEphemeralResourceRequest) (*tfprotov5.CloseEphemeralResourceResponse, error) {
	return &tfprotov5.CloseEphemeralResourceResponse{}, nil
}
