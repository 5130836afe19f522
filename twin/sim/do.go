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
	k := kinds[req.Type]
	if k == nil {
		return simapi.Response{}, unsupported(req, op, "type %q is not simulated", req.Type)
	}
	c := &call{
		Tx: tx, kind: k, typ: req.Type, region: req.Region, provider: req.Region,
		attrs: Attrs(req.Attrs).Clone(), was: Attrs(req.Prior).Clone(), writeOnly: Attrs(req.WriteOnly).Clone(), hidden: Attrs{},
	}
	if k.global {
		c.region = Global
	}
	if extra := strangers(resourceSchemas[req.Type]().Block, c.attrs); len(extra) > 0 {
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

func (c *call) doCreate() (simapi.Response, error) {
	c.operation = c.kind.createOp
	if c.attrs == nil {
		c.attrs = Attrs{}
	}
	id, err := c.kind.create(c)
	if err != nil {
		return simapi.Response{}, err
	}
	c.attrs["id"] = id
	c.fillTags()
	r := &Resource{Type: c.typ, Region: c.region, ID: id, Key: id, Attrs: c.attrs, Hidden: c.hidden}
	if c.kind.key != nil {
		r.Key = c.kind.key(id, c.attrs)
	}
	c.Put(r)
	return c.answer(r), nil
}

func (c *call) doRead(req simapi.Request) (simapi.Response, error) {
	r := c.locate(req)
	if r == nil {
		return simapi.Response{}, nil
	}
	return c.answer(r), nil
}

func (c *call) doImport(req simapi.Request) (simapi.Response, error) {
	c.operation = "Import"
	key := req.ID
	if c.kind.importID != nil {
		key = c.kind.importID(c.Tx, c.region, req.ID)
	}
	r := c.Get(c.typ, c.region, key)
	if r == nil {
		return simapi.Response{}, c.refuse("id", c.kind.missingCode, c.kind.missingText, req.ID)
	}
	return c.answer(r), nil
}

// doUpdate applies what differs between prior and planned attributes, as the
// real provider does, so that what changed meanwhile elsewhere is left alone.
func (c *call) doUpdate(req simapi.Request) (simapi.Response, error) {
	c.operation = c.kind.updateOp
	r := c.locate(req)
	if r == nil {
		return simapi.Response{}, c.refuse("", c.kind.missingCode, c.kind.missingText, req.ID)
	}
	shown := c.show(r)
	if c.was == nil {
		c.was = shown
	}
	planned, merged := c.attrs, r.Attrs.Clone()
	onlyTags := !equal(planned["tags"], c.was["tags"]) && equal(planned["tags_all"], c.was["tags_all"])
	for name := range planned {
		if equal(planned[name], c.was[name]) {
			// What is shown may be more than what is stored, such as a zone's
			// VPCs: unchanged is unchanged.
			c.was[name] = merged[name]
		} else {
			merged[name] = planned[name]
		}
	}
	c.attrs, c.hidden, c.res = merged, r.Hidden.Clone(), r
	if onlyTags {
		c.attrs["tags_all"] = nil
	}
	if c.kind.update != nil {
		if err := c.kind.update(c); err != nil {
			return simapi.Response{}, err
		}
	}
	c.fillTags()
	r = c.Edit(r)
	r.Attrs, r.Hidden = c.attrs, c.hidden
	return c.answer(r), nil
}

func (c *call) doDelete(req simapi.Request) error {
	c.operation = c.kind.deleteOp
	r := c.locate(req)
	if r == nil {
		return nil // the real provider takes "not found" as deleted
	}
	c.attrs, c.hidden, c.res = r.Attrs.Clone(), r.Hidden.Clone(), r
	// Arguments that only Terraform keeps, such as skip_final_snapshot, are
	// unknown here if the object was not made by Terraform.
	c.attrs.Defaults(c.was)
	if c.kind.remove != nil {
		if err := c.kind.remove(c); err != nil {
			return err
		}
	}
	c.Remove(r)
	return nil
}

// locate finds the object of a request. Where an id is not unique the prior or
// planned attributes tell which one is meant.
func (c *call) locate(req simapi.Request) *Resource {
	var found *Resource
	if c.kind.key == nil {
		found = c.Get(c.typ, c.region, req.ID)
	} else {
		known := Attrs(req.Prior)
		if known == nil {
			known = req.Attrs
		}
		found = c.Get(c.typ, c.region, c.kind.key(req.ID, known))
		if same := c.sameID(req.ID); found == nil && known == nil && len(same) == 1 {
			found = same[0]
		}
	}
	if found != nil && c.show(found) == nil {
		return nil
	}
	return found
}

func (c *call) sameID(id string) []*Resource {
	return slices.DeleteFunc(c.List(c.typ, c.region), func(r *Resource) bool { return r.ID != id })
}

// show returns the attributes of a resource as AWS describes it now, nil if it
// went with something else.
func (tx *Tx) show(r *Resource) Attrs {
	if k := kinds[r.Type]; k != nil && k.show != nil {
		return k.show(tx, r)
	}
	return r.Attrs.Clone()
}

func (c *call) answer(r *Resource) simapi.Response {
	return simapi.Response{ID: r.ID, Attrs: complete(resourceSchemas[r.Type]().Block, c.show(r))}
}

// fillTags fills tags_all for the types that have tags.
func (c *call) fillTags() {
	if resourceSchemas[c.typ]().Block.Attributes["tags_all"] != nil {
		c.attrs.tagsAll()
	}
}

func (tx *Tx) data(req simapi.Request) (simapi.Response, error) {
	fill := dataSources[req.Type]
	if fill == nil {
		return simapi.Response{}, unsupported(req, simapi.OpData, "data source %q is not simulated", req.Type)
	}
	c := &call{
		Tx: tx, kind: &kind{service: "EC2"}, typ: req.Type, region: req.Region, provider: req.Region,
		operation: "Read", attrs: Attrs(req.Attrs).Clone(),
	}
	if c.attrs == nil {
		c.attrs = Attrs{}
	}
	if err := fill(c); err != nil {
		return simapi.Response{}, err
	}
	return simapi.Response{ID: c.attrs.Str("id"), Attrs: complete(dataSchemas[req.Type]().Block, c.attrs)}, nil
}

func (tx *Tx) ephemeral(req simapi.Request) (simapi.Response, error) {
	k := ephemerals[req.Type]
	if k == nil {
		return simapi.Response{}, unsupported(req, simapi.OpEphemeral, "ephemeral resource %q is not simulated", req.Type)
	}
	c := &call{
		Tx: tx, kind: k, typ: req.Type, region: req.Region, provider: req.Region,
		operation: k.createOp, attrs: Attrs(req.Attrs).Clone(),
	}
	if c.attrs == nil {
		c.attrs = Attrs{}
	}
	if _, err := k.create(c); err != nil {
		return simapi.Response{}, err
	}
	return simapi.Response{Attrs: complete(ephemeralSchemas[req.Type]().Block, c.attrs)}, nil
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
	c := call{kind: &kind{service: "awssim"}, operation: op + " " + req.Type}
	return c.refuse("", "Unsupported", format, args...)
}
