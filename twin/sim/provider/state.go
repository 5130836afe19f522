package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/simapi"
)

// ImportResourceState takes the id as it is given and lets the simulator look
// the object up.
func (s *Server) ImportResourceState(ctx context.Context, req *tfprotov5.ImportResourceStateRequest) (*tfprotov5.ImportResourceStateResponse, error) {
	e, err := lookUp(s.resources, req.TypeName)
	if err != nil {
		return nil, err
	}
	resp := &tfprotov5.ImportResourceStateResponse{}
	summary := fmt.Sprintf("importing %s (%s)", req.TypeName, req.ID)
	if s.settings == nil {
		resp.Diagnostics = errorDiag(summary, errNotConfigured)
		return resp, nil
	}
	request := s.settings.request(req.TypeName)
	request.ID = req.ID
	answer, err := s.settings.client.do(ctx, simapi.OpImport, request)
	switch {
	case err != nil:
		resp.Diagnostics = errorDiag(summary, err)
		return resp, nil
	case answer.Error != nil:
		resp.Diagnostics = refusalDiag(summary, answer.Error, e)
		return resp, nil
	case answer.Attrs == nil:
		resp.Diagnostics = errorDiag("Cannot import non-existent remote object", fmt.Errorf("%s: no object has the id %q", req.TypeName, req.ID))
		return resp, nil
	}
	state, err := e.settled(answer, cty.NullVal(e.kind), s.settings.tags)
	if err != nil {
		resp.Diagnostics = errorDiag(summary, err)
		return resp, nil
	}
	encoded, err := e.stateOf(state)
	if err != nil {
		return nil, err
	}
	resp.ImportedResources = []*tfprotov5.ImportedResource{{TypeName: req.TypeName, State: encoded}}
	return resp, nil
}

// UpgradeResourceState reads a state from its file. All states here were
// written with the schema version of today; an attribute that the schema no
// longer has is dropped, as the real provider's SDK does.
func (s *Server) UpgradeResourceState(_ context.Context, req *tfprotov5.UpgradeResourceStateRequest) (*tfprotov5.UpgradeResourceStateResponse, error) {
	e, err := lookUp(s.resources, req.TypeName)
	if err != nil {
		return nil, err
	}
	resp := &tfprotov5.UpgradeResourceStateResponse{}
	if req.Version < 0 || uint64(req.Version) != e.version {
		resp.Diagnostics = errorDiag("Can't read the state of "+req.TypeName, fmt.Errorf("it has schema version %d, want %d", req.Version, e.version))
		return resp, nil
	}
	var attrs map[string]any
	decoder := json.NewDecoder(bytes.NewReader(req.RawState.JSON))
	decoder.UseNumber()
	if err := decoder.Decode(&attrs); err != nil {
		resp.Diagnostics = errorDiag("Can't read the state of "+req.TypeName, err)
		return resp, nil
	}
	state, err := fromAttrs(attrs, e.block, true)
	if err != nil {
		resp.Diagnostics = errorDiag("Can't read the state of "+req.TypeName, err)
		return resp, nil
	}
	resp.UpgradedState, err = e.stateOf(state)
	return resp, err
}

// MoveResourceState refuses, as provider 5.99.1 does for these types.
func (s *Server) MoveResourceState(_ context.Context, req *tfprotov5.MoveResourceStateRequest) (*tfprotov5.MoveResourceStateResponse, error) {
	err := fmt.Errorf("from %s to %s", req.SourceTypeName, req.TargetTypeName)
	return &tfprotov5.MoveResourceStateResponse{Diagnostics: errorDiag("Moving a state across types is not supported", err)}, nil
}

var errNoIdentity = errors.New("provider 5.99.1 has no resource identities")

// UpgradeResourceIdentity refuses: no type has an identity.
func (s *Server) UpgradeResourceIdentity(_ context.Context, req *tfprotov5.UpgradeResourceIdentityRequest) (*tfprotov5.UpgradeResourceIdentityResponse, error) {
	return &tfprotov5.UpgradeResourceIdentityResponse{Diagnostics: errorDiag("Can't read the identity of "+req.TypeName, errNoIdentity)}, nil
}

// GenerateResourceConfig refuses: Terraform writes configurations itself for
// a provider that doesn't offer to.
func (s *Server) GenerateResourceConfig(_ context.Context, req *tfprotov5.GenerateResourceConfigRequest) (*tfprotov5.GenerateResourceConfigResponse, error) {
	return &tfprotov5.GenerateResourceConfigResponse{Diagnostics: errorDiag("Can't write a configuration", &unknownTypeError{typeName: req.TypeName})}, nil
}
