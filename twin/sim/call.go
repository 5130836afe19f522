package sim

import (
	"fmt"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/tf"
)

// Kind says how the account treats one Terraform type. Handlers check first
// and change afterwards; the dispatcher stores what they leave in the call.
type Kind struct {
	// Schema of the type, as `terraform providers schema -json` prints it.
	Schema func() *tfjson.Schema
	// Traits are what the stand-in provider knows of the type besides; nil means
	// nothing.
	Traits *tf.Traits
	// Example is a configuration as JSON that the provider finds nothing wrong
	// with.
	Example string
	// Service as the SDK names it in errors, for example "Secrets Manager".
	Service string
	// Global types live in no region.
	Global bool
	// CreateOp, updateOp and deleteOp are the API operations that the real
	// provider calls, for errors.
	CreateOp, UpdateOp, DeleteOp string
	// MissingCode and missingText (with one %s for the id) are what the service
	// answers about an object that is not there.
	MissingCode, MissingText string
	// Key returns the store's key; nil means the id.
	Key func(id string, a Attrs) string
	// Create checks the call, fills in what AWS computes and returns the id.
	Create func(*Call) (id string, err error)
	// Update checks a change; call.attrs already holds the merged attributes.
	// nil means that any change is accepted.
	Update func(*Call) error
	// Remove checks a deletion and does what goes with it.
	Remove func(*Call) error
	// Show returns the attributes as AWS describes them now, where they follow
	// from other resources; a nil result means that the object is gone. nil
	// means that they are as stored.
	Show func(*Tx, *Resource) Attrs
	// ImportID turns an import id that is not Terraform's id into the key; nil
	// means that they are the same.
	ImportID func(tx *Tx, regionName, text string) (key string)
}

// Call is one operation under way.
type Call struct {
	*Tx
	Kind *Kind
	Type string
	// Region the object lives in: [Global] for global types.
	Region string
	// ProviderRegion is the region of the provider configuration.
	ProviderRegion string
	// Operation is the API operation, for errors.
	Operation string
	// Attrs are the planned attributes; the handler completes them.
	Attrs Attrs
	// Was holds the attributes before an update or a delete.
	Was Attrs
	// Hidden is what the resource is to keep unseen.
	Hidden Attrs
	// WriteOnly arguments of the configuration.
	WriteOnly Attrs
	// Resource is the resource before an update or a delete.
	Resource *Resource
}

// Refuse returns the error that AWS would. attribute is the Terraform argument
// at fault, "" if there is none.
func (c *Call) Refuse(attribute, code, format string, args ...any) error {
	return &simapi.Error{
		Service: c.Kind.Service, Operation: c.Operation, Code: code,
		Message: fmt.Sprintf(format, args...), Attribute: attribute,
	}
}

// During returns a call of the same kind whose errors name another operation.
func (c *Call) During(operation string) *Call {
	other := *c
	other.Operation = operation
	return &other
}

// Need returns the resource that an argument refers to, or the refusal that
// the referred type's service gives when it is not there.
func (c *Call) Need(attribute, typ, regionName, key string) (*Resource, error) {
	if r := c.Get(typ, regionName, key); r != nil {
		return r, nil
	}
	k := c.types.Resources[typ]
	return nil, c.Refuse(attribute, k.MissingCode, k.MissingText, key)
}

// Changed tells whether an update changes an attribute.
func (c *Call) Changed(name string) bool { return !equal(c.Attrs[name], c.Was[name]) }

// Name returns the argument "name"; like the real provider it makes one up from
// name_prefix, or from "terraform-", where none was given.
func (c *Call) Name(limit int) string {
	prefix := c.Attrs.Str("name_prefix")
	if !c.Attrs.Has("name") {
		if prefix == "" {
			prefix = "terraform-"
		}
		c.Attrs["name"] = c.UniqueName(prefix, limit)
	}
	if c.Attrs["name_prefix"] == nil {
		c.Attrs["name_prefix"] = ""
	}
	return c.Attrs.Str("name")
}

// UniqueName is a prefix with a time stamp and a counter, 26 characters, as
// Terraform's plugin SDK makes names; limit bounds the whole.
func (c *Call) UniqueName(prefix string, limit int) string {
	c.st.Counter++
	suffix := c.At.UTC().Format("20060102150405") + fmt.Sprintf("%04d", c.At.Nanosecond()/100_000) + fmt.Sprintf("%08x", c.st.Counter)
	if len(prefix) > limit-len(suffix) {
		prefix = prefix[:max(0, limit-len(suffix))]
	}
	return prefix + suffix
}

// tagsAll fills the attribute tags_all, for callers that merged no default
// tags themselves.
func (a Attrs) tagsAll() {
	if a["tags_all"] == nil {
		tags, _ := asMap(a["tags"])
		a["tags_all"] = map[string]any(tags.Clone())
		if tags == nil {
			a["tags_all"] = map[string]any{}
		}
	}
}
