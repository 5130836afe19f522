package sim

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/twin/sim/simapi"
)

// Do carries out one operation of the Terraform face. Refusals come back in
// the response, never as a panic or a half-done change.
func (c *Cloud) Do(ctx context.Context, op string, req simapi.Request) simapi.Response {
	if err := ctx.Err(); err != nil {
		return failed(req, op, err)
	}
	if err := c.admit(req, op); err != nil {
		return failed(req, op, err)
	}
	var resp simapi.Response
	run := func(tx *Tx) (err error) {
		resp, err = tx.dispatch(op, req)
		return err
	}
	access := c.Update
	if op == simapi.OpRead || op == simapi.OpData || op == simapi.OpImport {
		access = c.View
	}
	if err := access(run); err != nil {
		return failed(req, op, err)
	}
	return resp
}

// admit checks what holds for every operation: the account and the region.
func (c *Cloud) admit(req simapi.Request, op string) error {
	if len(req.AllowedAccounts) > 0 && !slices.Contains(req.AllowedAccounts, c.Account()) {
		return &simapi.Error{
			Service: "STS", Operation: "GetCallerIdentity", Code: "AccountNotAllowed",
			Message: "AWS account ID not allowed: " + c.Account() + " (allowed_account_ids: " + strings.Join(req.AllowedAccounts, ", ") + ")",
		}
	}
	if _, ok := regions[req.Region]; !ok {
		return &simapi.Error{
			Service: "STS", Operation: "GetCallerIdentity", Code: "InvalidRegion",
			Message: "invalid AWS Region: " + req.Region, Attribute: "region",
		}
	}
	if !slices.Contains([]string{
		simapi.OpCreate, simapi.OpRead, simapi.OpUpdate, simapi.OpDelete, simapi.OpImport, simapi.OpData, simapi.OpEphemeral,
	}, op) {
		return unsupported(req, op, "operation %q is not one of the simulator's", op)
	}
	return nil
}

func (tx *Tx) dispatch(op string, req simapi.Request) (simapi.Response, error) {
	switch op {
	case simapi.OpData:
		return tx.data(req)
	case simapi.OpEphemeral:
		return tx.ephemeral(req)
	}
	k := tx.types.Resources[req.Type]
	if k == nil {
		return simapi.Response{}, unsupported(req, op, "type %q is not simulated", req.Type)
	}
	c := &Call{
		Tx: tx, Kind: k, Type: req.Type, Region: req.Region, ProviderRegion: req.Region,
		Attrs: Attrs(req.Attrs).Clone(), Was: Attrs(req.Prior).Clone(), WriteOnly: Attrs(req.WriteOnly).Clone(), Hidden: Attrs{},
	}
	if k.Global {
		c.Region = Global
	}
	if extra := strangers(k.Schema().Block, c.Attrs); len(extra) > 0 {
		return simapi.Response{}, unsupported(req, op, "%s has no argument %s", req.Type, strings.Join(extra, ", "))
	}
	switch op {
	case simapi.OpCreate:
		return c.doCreate()
	case simapi.OpUpdate:
		return c.doUpdate(req)
	case simapi.OpDelete:
		return simapi.Response{}, c.doDelete(req)
	case simapi.OpImport:
		return c.doImport(req)
	}
	return c.doRead(req)
}

func (c *Call) doCreate() (simapi.Response, error) {
	c.Operation = c.Kind.CreateOp
	if c.Attrs == nil {
		c.Attrs = Attrs{}
	}
	id, err := c.Kind.Create(c)
	if err != nil {
		return simapi.Response{}, err
	}
	c.Attrs["id"] = id
	c.fillTags()
	r := &Resource{Type: c.Type, Region: c.Region, ID: id, Key: id, Attrs: c.Attrs, Hidden: c.Hidden}
	if c.Kind.Key != nil {
		r.Key = c.Kind.Key(id, c.Attrs)
	}
	c.Put(r)
	return c.answer(r), nil
}

func (c *Call) doRead(req simapi.Request) (simapi.Response, error) {
	r := c.locate(req)
	if r == nil {
		return simapi.Response{}, nil
	}
	return c.answer(r), nil
}

func (c *Call) doImport(req simapi.Request) (simapi.Response, error) {
	c.Operation = "Import"
	key := req.ID
	if c.Kind.ImportID != nil {
		key = c.Kind.ImportID(c.Tx, c.Region, req.ID)
	}
	r := c.Get(c.Type, c.Region, key)
	if r == nil {
		return simapi.Response{}, c.Refuse("id", c.Kind.MissingCode, c.Kind.MissingText, req.ID)
	}
	return c.answer(r), nil
}

// doUpdate applies what differs between prior and planned attributes, as the
// real provider does, so that what changed meanwhile elsewhere is left alone.
func (c *Call) doUpdate(req simapi.Request) (simapi.Response, error) {
	c.Operation = c.Kind.UpdateOp
	r := c.locate(req)
	if r == nil {
		return simapi.Response{}, c.Refuse("", c.Kind.MissingCode, c.Kind.MissingText, req.ID)
	}
	shown := c.Show(r)
	if c.Was == nil {
		c.Was = shown
	}
	planned, merged := c.Attrs, r.Attrs.Clone()
	onlyTags := !equal(planned["tags"], c.Was["tags"]) && equal(planned["tags_all"], c.Was["tags_all"])
	for name := range planned {
		if equal(planned[name], c.Was[name]) {
			// What is shown may be more than what is stored, such as a zone's
			// VPCs: unchanged is unchanged.
			c.Was[name] = merged[name]
		} else {
			merged[name] = planned[name]
		}
	}
	c.Attrs, c.Hidden, c.Resource = merged, r.Hidden.Clone(), r
	if onlyTags {
		c.Attrs["tags_all"] = nil
	}
	if c.Kind.Update != nil {
		if err := c.Kind.Update(c); err != nil {
			return simapi.Response{}, err
		}
	}
	c.fillTags()
	r = c.Edit(r)
	r.Attrs, r.Hidden = c.Attrs, c.Hidden
	return c.answer(r), nil
}

func (c *Call) doDelete(req simapi.Request) error {
	c.Operation = c.Kind.DeleteOp
	r := c.locate(req)
	if r == nil {
		return nil // the real provider takes "not found" as deleted
	}
	c.Attrs, c.Hidden, c.Resource = r.Attrs.Clone(), r.Hidden.Clone(), r
	// Arguments that only Terraform keeps, such as skip_final_snapshot, are
	// unknown here if the object was not made by Terraform.
	c.Attrs.Defaults(c.Was)
	if c.Kind.Remove != nil {
		if err := c.Kind.Remove(c); err != nil {
			return err
		}
	}
	c.Remove(r)
	return nil
}

// locate finds the object of a request. Where an id is not unique the prior or
// planned attributes tell which one is meant.
func (c *Call) locate(req simapi.Request) *Resource {
	var found *Resource
	if c.Kind.Key == nil {
		found = c.Get(c.Type, c.Region, req.ID)
	} else {
		known := Attrs(req.Prior)
		if known == nil {
			known = req.Attrs
		}
		found = c.Get(c.Type, c.Region, c.Kind.Key(req.ID, known))
		if same := c.sameID(req.ID); found == nil && known == nil && len(same) == 1 {
			found = same[0]
		}
	}
	if found != nil && c.Show(found) == nil {
		return nil
	}
	return found
}

func (c *Call) sameID(id string) []*Resource {
	return slices.DeleteFunc(c.List(c.Type, c.Region), func(r *Resource) bool { return r.ID != id })
}

// Show returns the attributes of a resource as AWS describes it now, nil if it
// went with something else.
func (tx *Tx) Show(r *Resource) Attrs {
	if k := tx.types.Resources[r.Type]; k != nil && k.Show != nil {
		return k.Show(tx, r)
	}
	return r.Attrs.Clone()
}

func (c *Call) answer(r *Resource) simapi.Response {
	return simapi.Response{ID: r.ID, Attrs: complete(c.types.Resources[r.Type].Schema().Block, c.Show(r))}
}

// fillTags fills tags_all for the types that have tags.
func (c *Call) fillTags() {
	if c.Kind.Schema().Block.Attributes["tags_all"] != nil {
		c.Attrs.tagsAll()
	}
}

func (tx *Tx) data(req simapi.Request) (simapi.Response, error) {
	source := tx.types.Data[req.Type]
	if source == nil {
		return simapi.Response{}, unsupported(req, simapi.OpData, "data source %q is not simulated", req.Type)
	}
	c := &Call{
		Tx: tx, Kind: &Kind{Service: "EC2"}, Type: req.Type, Region: req.Region, ProviderRegion: req.Region,
		Operation: "Read", Attrs: Attrs(req.Attrs).Clone(),
	}
	if c.Attrs == nil {
		c.Attrs = Attrs{}
	}
	if err := source.Read(c); err != nil {
		return simapi.Response{}, err
	}
	return simapi.Response{ID: c.Attrs.Str("id"), Attrs: complete(source.Schema().Block, c.Attrs)}, nil
}

func (tx *Tx) ephemeral(req simapi.Request) (simapi.Response, error) {
	k := tx.types.Ephemerals[req.Type]
	if k == nil {
		return simapi.Response{}, unsupported(req, simapi.OpEphemeral, "ephemeral resource %q is not simulated", req.Type)
	}
	c := &Call{
		Tx: tx, Kind: k, Type: req.Type, Region: req.Region, ProviderRegion: req.Region,
		Operation: k.CreateOp, Attrs: Attrs(req.Attrs).Clone(),
	}
	if c.Attrs == nil {
		c.Attrs = Attrs{}
	}
	if _, err := k.Create(c); err != nil {
		return simapi.Response{}, err
	}
	return simapi.Response{Attrs: complete(k.Schema().Block, c.Attrs)}, nil
}

func failed(req simapi.Request, op string, err error) simapi.Response {
	var refusal *simapi.Error
	if !errors.As(err, &refusal) {
		refusal = &simapi.Error{Service: "awssim", Operation: op + " " + req.Type, Code: "InternalFailure", Message: err.Error()}
	}
	return simapi.Response{Error: refusal}
}

// unsupported says that the simulator, not AWS, does not know what was asked.
func unsupported(req simapi.Request, op, format string, args ...any) error {
	c := Call{Kind: &Kind{Service: "awssim"}, Operation: op + " " + req.Type}
	return c.Refuse("", "Unsupported", format, args...)
}
