package sim

import (
	"errors"
	"fmt"
	"strings"
)

// Errors of SetAttribute.
var (
	ErrNoResource  = errors.New("no such resource")
	ErrAmbiguous   = errors.New("more than one resource has this id")
	ErrNoAttribute = errors.New("no such attribute")
	ErrDerived     = errors.New("the attribute follows from other resources and cannot be set")
)

// SetAttribute changes one attribute as a person does in the console, past
// Terraform: nothing is checked. The region may be empty where the id
// is the only one; the value has the attribute's shape (see [Attrs]).
func (c *Cloud) SetAttribute(typ, regionName, id, attribute string, value any) error {
	return c.Update(func(tx *Tx) error {
		r, err := tx.only(typ, regionName, id)
		if err != nil {
			return err
		}
		block := tx.types.Resources[typ].Schema().Block
		if block.Attributes[attribute] == nil && block.NestedBlocks[attribute] == nil {
			return fmt.Errorf("set %s of %s %s: %w", attribute, typ, id, ErrNoAttribute)
		}
		r = tx.Edit(r)
		r.Attrs[attribute] = normalise(value)
		if shown := tx.Show(r); !equal(shown[attribute], value) {
			return fmt.Errorf("set %s of %s %s: %w", attribute, typ, id, ErrDerived)
		}
		return nil
	})
}

func (tx *Tx) only(typ, regionName, id string) (*Resource, error) {
	var found []*Resource
	var where []string
	for _, r := range tx.List(typ, regionName) {
		if r.ID == id {
			found, where = append(found, r), append(where, r.Region+"/"+r.Key)
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("find %s %q in region %q: %w", typ, id, regionName, ErrNoResource)
	case 1:
		return found[0], nil
	}
	return nil, fmt.Errorf("find %s %q: in %s: %w", typ, id, strings.Join(where, ", "), ErrAmbiguous)
}
