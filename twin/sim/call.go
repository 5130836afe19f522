package sim

import (
	"fmt"

	"github.com/pgdr/pgdr/twin/sim/simapi"
)

// kind says how the account treats one Terraform type. Handlers check first
// and change afterwards; the dispatcher stores what they leave in the call.
type kind struct {
	// service as the SDK names it in errors, for example "Secrets Manager".
	service string
	// global types live in no region.
	global bool
	// createOp, updateOp and deleteOp are the API operations that the real
	// provider calls, for errors.
	createOp, updateOp, deleteOp string
	// missingCode and missingText (with one %s for the id) are what the service
	// answers about an object that is not there.
	missingCode, missingText string
	// key returns the store's key; nil means the id.
	key func(id string, a Attrs) string
	// create checks the call, fills in what AWS computes and returns the id.
	create func(*call) (id string, err error)
	// update checks a change; call.attrs already holds the merged attributes.
	// nil means that any change is accepted.
	update func(*call) error
	// remove checks a deletion and does what goes with it.
	remove func(*call) error
	// show returns the attributes as AWS describes them now, where they follow
	// from other resources; a nil result means that the object is gone. nil
	// means that they are as stored.
	show func(*Tx, *Resource) Attrs
	// importID turns an import id that is not Terraform's id into the key; nil
	// means that they are the same.
	importID func(tx *Tx, regionName, text string) (key string)
}

// call is one operation under way.
type call struct {
	*Tx
	kind *kind
	typ  string
	// region the object lives in: [Global] for global types.
	region string
	// provider is the region of the provider configuration.
	provider string
	// operation is the API operation, for errors.
	operation string
	// attrs are the planned attributes; the handler completes them.
	attrs Attrs
	// was holds the attributes before an update or a delete.
	was Attrs
	// hidden is what the resource is to keep unseen.
	hidden Attrs
	// writeOnly arguments of the configuration.
	writeOnly Attrs
	// res is the resource before an update or a delete.
	res *Resource
}

// refuse returns the error that AWS would. attribute is the Terraform argument
// at fault, "" if there is none.
func (c *call) refuse(attribute, code, format string, args ...any) error {
	return &simapi.Error{
		Service: c.kind.service, Operation: c.operation, Code: code,
		Message: fmt.Sprintf(format, args...), Attribute: attribute,
	}
}

// during returns a call of the same kind whose errors name another operation.
func (c *call) during(operation string) *call {
	other := *c
	other.operation = operation
	return &other
}

// need returns the resource that an argument refers to, or the refusal that
// the referred type's service gives when it is not there.
func (c *call) need(attribute, typ, regionName, key string) (*Resource, error) {
	if r := c.Get(typ, regionName, key); r != nil {
		return r, nil
	}
	k := kinds[typ]
	return nil, c.refuse(attribute, k.missingCode, k.missingText, key)
}

// changed tells whether an update changes an attribute.
func (c *call) changed(name string) bool { return !equal(c.attrs[name], c.was[name]) }

// name returns the argument "name"; like the real provider it makes one up from
// name_prefix, or from "terraform-", where none was given.
func (c *call) name(limit int) string {
	prefix := c.attrs.Str("name_prefix")
	if !c.attrs.Has("name") {
		if prefix == "" {
			prefix = "terraform-"
		}
		c.attrs["name"] = c.uniqueName(prefix, limit)
	}
	if c.attrs["name_prefix"] == nil {
		c.attrs["name_prefix"] = ""
	}
	return c.attrs.Str("name")
}

// uniqueName is a prefix with a time stamp and a counter, 26 characters, as
// Terraform's plugin SDK makes names; limit bounds the whole.
func (c *call) uniqueName(prefix string, limit int) string {
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
