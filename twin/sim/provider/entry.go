package provider

import (
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/tf"
)

// entry is a resource, data or ephemeral type of this provider.
type entry struct {
	block   *tfjson.SchemaBlock
	version uint64
	kind    cty.Type
	traits  *rules
	proto   *tfprotov5.Schema
}

// makeEntry parses the schema of a type.
func makeEntry(name string, schema func() *tfjson.Schema, traits *tf.Traits) (*entry, error) {
	parsed := schema()
	proto, err := protoSchema(parsed)
	if err != nil {
		return nil, &schemaError{typeName: name, err: err}
	}
	if traits == nil {
		traits = &tf.Traits{}
	}
	return &entry{block: parsed.Block, version: parsed.Version, kind: blockType(parsed.Block), traits: newRules(name, traits), proto: proto}, nil
}

// load makes an entry of each type.
func (s *Server) load(types sim.Types) error {
	s.resources, s.data, s.ephemerals = map[string]*entry{}, map[string]*entry{}, map[string]*entry{}
	var err error
	for name, kind := range types.Resources {
		if s.resources[name], err = makeEntry(name, kind.Schema, kind.Traits); err != nil {
			return err
		}
	}
	for name, source := range types.Data {
		if s.data[name], err = makeEntry(name, source.Schema, nil); err != nil {
			return err
		}
	}
	for name, kind := range types.Ephemerals {
		if s.ephemerals[name], err = makeEntry(name, kind.Schema, nil); err != nil {
			return err
		}
	}
	return nil
}
