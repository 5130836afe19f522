package sim

import (
	"maps"
	"sync"

	tfjson "github.com/hashicorp/terraform-json"
)

// Types are the Terraform types that an account knows, by their names.
type Types struct {
	Resources  map[string]*Kind
	Data       map[string]*Source
	Ephemerals map[string]*Kind
}

// Source is a data source: what is only read.
type Source struct {
	Schema func() *tfjson.Schema
	// Read fills in the attributes.
	Read func(*Call) error
}

// Join puts the types of the services together. Each schema is parsed once,
// when it is asked for: all of the real provider's take 10 s.
func Join(services ...Types) Types {
	all := Types{Resources: map[string]*Kind{}, Data: map[string]*Source{}, Ephemerals: map[string]*Kind{}}
	for _, s := range services {
		maps.Copy(all.Resources, s.Resources)
		maps.Copy(all.Data, s.Data)
		maps.Copy(all.Ephemerals, s.Ephemerals)
	}
	for _, kinds := range []map[string]*Kind{all.Resources, all.Ephemerals} {
		for _, k := range kinds {
			k.Schema = sync.OnceValue(k.Schema)
		}
	}
	for _, s := range all.Data {
		s.Schema = sync.OnceValue(s.Schema)
	}
	return all
}

// Together puts tables of one service together.
func Together(tables ...map[string]*Kind) map[string]*Kind {
	all := map[string]*Kind{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}
