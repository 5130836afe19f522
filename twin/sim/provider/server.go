package provider

import (
	"context"
	"maps"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim"
)

// Server is the stand-in provider: one per provider configuration, since
// Terraform starts a process for each.
type Server struct {
	socket string

	config      *tfjson.SchemaBlock
	configProto *tfprotov5.Schema
	resources   map[string]*entry
	data        map[string]*entry
	ephemerals  map[string]*entry

	// settings are what ConfigureProvider learned; nil before.
	settings *settings
}

var _ tfprotov5.ProviderServer = (*Server)(nil)

// New makes a provider of these types that talks to the simulator at the Unix
// socket's path.
// An empty path is let through here, since `terraform validate` asks for
// schemas only; configuring the provider then refuses (ErrNoSimulator).
func New(socket string, types sim.Types) (*Server, error) {
	s := &Server{socket: socket, config: configBlock()}
	var err error
	if s.configProto, err = protoSchema(&tfjson.Schema{Block: s.config}); err != nil {
		return nil, &schemaError{typeName: "provider", err: err}
	}
	if err := s.load(types); err != nil {
		return nil, err
	}
	return s, nil
}

// GetMetadata names what there is.
func (s *Server) GetMetadata(context.Context, *tfprotov5.GetMetadataRequest) (*tfprotov5.GetMetadataResponse, error) {
	resp := &tfprotov5.GetMetadataResponse{ServerCapabilities: capabilities()}
	for _, name := range slices.Sorted(maps.Keys(s.resources)) {
		resp.Resources = append(resp.Resources, tfprotov5.ResourceMetadata{TypeName: name})
	}
	for _, name := range slices.Sorted(maps.Keys(s.data)) {
		resp.DataSources = append(resp.DataSources, tfprotov5.DataSourceMetadata{TypeName: name})
	}
	for _, name := range slices.Sorted(maps.Keys(s.ephemerals)) {
		resp.EphemeralResources = append(resp.EphemeralResources, tfprotov5.EphemeralResourceMetadata{TypeName: name})
	}
	return resp, nil
}

// GetProviderSchema gives every schema.
func (s *Server) GetProviderSchema(context.Context, *tfprotov5.GetProviderSchemaRequest) (*tfprotov5.GetProviderSchemaResponse, error) {
	return &tfprotov5.GetProviderSchemaResponse{
		ServerCapabilities:       capabilities(),
		Provider:                 s.configProto,
		ResourceSchemas:          protoSchemas(s.resources),
		DataSourceSchemas:        protoSchemas(s.data),
		EphemeralResourceSchemas: protoSchemas(s.ephemerals),
		Functions:                map[string]*tfprotov5.Function{},
	}, nil
}

func capabilities() *tfprotov5.ServerCapabilities {
	return &tfprotov5.ServerCapabilities{GetProviderSchemaOptional: true, PlanDestroy: true}
}

func protoSchemas(entries map[string]*entry) map[string]*tfprotov5.Schema {
	out := make(map[string]*tfprotov5.Schema, len(entries))
	for name, e := range entries {
		out[name] = e.proto
	}
	return out
}

// GetResourceIdentitySchemas gives none: provider 5.99.1 has no identities.
func (s *Server) GetResourceIdentitySchemas(context.Context, *tfprotov5.GetResourceIdentitySchemasRequest) (*tfprotov5.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov5.GetResourceIdentitySchemasResponse{IdentitySchemas: map[string]*tfprotov5.ResourceIdentitySchema{}}, nil
}

// StopProvider has nothing to stop: each call ends with its context.
func (s *Server) StopProvider(context.Context, *tfprotov5.StopProviderRequest) (*tfprotov5.StopProviderResponse, error) {
	return &tfprotov5.StopProviderResponse{}, nil
}

// GetFunctions gives none: the stacks call no provider functions.
func (s *Server) GetFunctions(context.Context, *tfprotov5.GetFunctionsRequest) (*tfprotov5.GetFunctionsResponse, error) {
	return &tfprotov5.GetFunctionsResponse{Functions: map[string]*tfprotov5.Function{}}, nil
}

// CallFunction refuses: there are none.
func (s *Server) CallFunction(_ context.Context, req *tfprotov5.CallFunctionRequest) (*tfprotov5.CallFunctionResponse, error) {
	return &tfprotov5.CallFunctionResponse{Error: &tfprotov5.FunctionError{Text: "the stand-in provider has no function " + req.Name}}, nil
}

func lookUp(entries map[string]*entry, name string) (*entry, error) {
	if e, ok := entries[name]; ok {
		return e, nil
	}
	return nil, &unknownTypeError{typeName: name}
}

// stateOf encodes a state or a plan of a resource.
func (e *entry) stateOf(v cty.Value) (*tfprotov5.DynamicValue, error) { return encode(v, e.kind) }
