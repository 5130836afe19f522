// Package simstacks lays this project's own synthesized stacks into a simulated
// account, for tests that need what a deployment would have made: the guard's
// real policies, records, keys and table, with the references between them
// resolved.
//
// It is no Terraform: it reads the JSON of the two stacks as they are kept for
// comparison, makes each resource when another first refers to it, and knows
// the few expressions that the stacks use. An expression that it does not know
// is an error.
package simstacks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simapi"
)

// Password of the database's administrator in the secret.
const Password = "correct-horse-battery-staple"

// ErrReference is wrapped by what Terraform itself refuses of a stack: a
// reference to what is not declared, to an output or element that is not there,
// or in a circle. Whatever else is no answer of AWS's (a [simapi.Error]) is what
// this package does not know.
var ErrReference = errors.New("Terraform refuses the reference") //nolint:revive,staticcheck // a name

// typeFunction is not laid into the account without an archive.
const typeFunction = "aws_lambda_function"

// aboutFunction are the types that need the function to be there.
var aboutFunction = []string{
	typeFunction, "aws_lambda_function_event_invoke_config", "aws_lambda_permission", "aws_cloudwatch_event_rule",
	"aws_cloudwatch_event_target", "aws_sns_topic_subscription",
}

// left tells whether a type is not laid into the account.
func (s *Stacks) left(typ string) bool {
	return typ == "terraform_data" || s.archive == "" && slices.Contains(aboutFunction, typ)
}

// Stacks are the two stacks in an account.
type Stacks struct {
	cloud   *sim.Cloud
	primary *stack
	replica *stack
	// archive is the function's, "" to leave the function out.
	archive string
}

// Documents are the two stacks as they are synthesized.
type Documents struct{ Primary, Replica Document }

// Document is a synthesized stack: what Apply reads of it. Arguments are as
// encoding/json gives them.
type Document struct {
	Resource map[string]map[string]map[string]any `json:"resource"`
	Locals   map[string]any                       `json:"locals"`
	Variable map[string]struct {
		Default any `json:"default"`
	} `json:"variable"`
	Output map[string]struct {
		Value any `json:"value"`
	} `json:"output"`
	Module   map[string]map[string]any `json:"module"`
	Provider map[string][]struct {
		Alias  string `json:"alias"`
		Region string `json:"region"`
		Tags   []struct {
			Tags map[string]string `json:"tags"`
		} `json:"default_tags"`
	} `json:"provider"`
}

type stack struct {
	*Stacks
	Document
	regions map[string]string
	// tags that a provider gives to all that it makes, by its alias.
	tags map[string]map[string]string
	// made are the attributes of what exists already, by type.name.
	made map[string]sim.Attrs
	// open are those under way, to notice circles.
	open map[string]bool
}

// Load reads primary.tf.json and replica.tf.json of a directory.
func Load(dir string) (Documents, error) {
	var d Documents
	for name, to := range map[string]*Document{"primary.tf.json": &d.Primary, "replica.tf.json": &d.Replica} {
		path := filepath.Join(dir, name)
		raw, err := os.ReadFile(path) // #nosec G304 -- the caller's own directory
		if err != nil {
			return d, fmt.Errorf("read stack: %w", err)
		}
		if err := json.Unmarshal(raw, to); err != nil {
			return d, fmt.Errorf("read stack %s: %w", path, err)
		}
	}
	return d, nil
}

// Apply lays the stacks of a directory into an account, but for the function
// and what invokes it.
func Apply(ctx context.Context, cloud *sim.Cloud, dir string) (*Stacks, error) {
	d, err := Load(dir)
	if err != nil {
		return nil, err
	}
	return d.Apply(ctx, cloud, "")
}

// Apply lays the stacks into an account. Archive is the path of the function's
// archive, absolute; "" leaves the function and what invokes it out.
func (d Documents) Apply(ctx context.Context, cloud *sim.Cloud, archive string) (*Stacks, error) {
	s := &Stacks{cloud: cloud, archive: archive}
	s.primary, s.replica = s.stack(d.Primary), s.stack(d.Replica)
	for _, st := range []*stack{s.primary, s.replica} {
		for _, typ := range slices.Sorted(maps.Keys(st.Resource)) {
			if s.left(typ) {
				continue
			}
			for _, name := range slices.Sorted(maps.Keys(st.Resource[typ])) {
				if _, err := st.resource(ctx, typ, name); err != nil {
					return nil, err
				}
			}
		}
	}
	return s, nil
}

func (s *Stacks) stack(d Document) *stack {
	st := &stack{Stacks: s, Document: d, regions: map[string]string{}, tags: map[string]map[string]string{}, made: map[string]sim.Attrs{}, open: map[string]bool{}}
	for _, p := range d.Provider["aws"] {
		st.regions["aws."+p.Alias] = p.Region
		if len(p.Tags) == 1 {
			st.tags["aws."+p.Alias] = p.Tags[0].Tags
		}
	}
	return st
}

// Environment returns the guard's environment variables, as a deployment would
// give them to the function.
func (s *Stacks) Environment(ctx context.Context) (map[string]string, error) {
	for _, function := range s.replica.Resource[typeFunction] {
		environment, _ := function["environment"].(map[string]any)
		variables, err := s.replica.value(ctx, environment["variables"])
		if err != nil {
			return nil, fmt.Errorf("the function's environment: %w", err)
		}
		return sim.Attrs{"v": variables}.StringMap("v"), nil
	}
	return nil, errors.New("the replica stack has no function")
}

// PrimaryOutput returns an output of the primary stack, a string.
func (s *Stacks) PrimaryOutput(ctx context.Context, name string) (string, error) {
	v, err := s.primary.output(ctx, name)
	text, _ := v.(string)
	return text, err
}

// Only returns the attributes of the one resource of a type in the replica
// stack.
func (s *Stacks) Only(typ string) (sim.Attrs, error) {
	names := slices.Collect(maps.Keys(s.replica.Resource[typ]))
	if len(names) != 1 {
		return nil, fmt.Errorf("the replica stack has %d of %s, want 1", len(names), typ)
	}
	return s.replica.made[typ+"."+names[0]], nil
}

// Role returns the attributes of the guard's role, nil if the stack has none.
func (s *Stacks) Role() sim.Attrs {
	for name := range s.replica.Resource["aws_iam_role"] {
		if made := s.replica.made["aws_iam_role."+name]; strings.HasPrefix(made.Str("name"), contract.FunctionRole) {
			return made
		}
	}
	return nil
}

// FunctionARN is the ARN that the guard's function has.
func (s *Stacks) FunctionARN() string {
	for name := range s.replica.Resource[typeFunction] {
		arn, _ := s.replica.function(name, "arn")
		return fmt.Sprint(arn)
	}
	return ""
}

// resource makes a resource, if it is not there yet, and returns its
// attributes.
func (st *stack) resource(ctx context.Context, typ, name string) (sim.Attrs, error) {
	address := typ + "." + name
	if a, ok := st.made[address]; ok {
		return a, nil
	}
	body, ok := st.Resource[typ][name]
	if !ok {
		return nil, fmt.Errorf("the stack has no resource %s: %w", address, ErrReference)
	}
	if st.open[address] {
		return nil, fmt.Errorf("resource %s refers to itself: %w", address, ErrReference)
	}
	st.open[address] = true
	if err := st.before(ctx, body); err != nil {
		return nil, err
	}
	req := simapi.Request{Type: typ, Region: st.regionOf(body), Attrs: sim.Attrs{}}
	for argument, raw := range body {
		if slices.Contains([]string{"//", "provider", "lifecycle", "depends_on", "provisioner"}, argument) {
			continue
		}
		v, err := st.value(ctx, raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", address, argument, err)
		}
		if strings.HasSuffix(argument, "_wo") {
			req.WriteOnly = sim.Attrs{argument: v}
			continue
		}
		req.Attrs[argument] = asBlocks(argument, v)
	}
	if typ == typeFunction {
		req.Attrs["filename"] = st.archive
	}
	provider, _ := body["provider"].(string)
	a, err := st.create(ctx, req, st.tags[provider])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	st.made[address] = a
	return a, nil
}

// before makes what a resource depends on without referring to it.
func (st *stack) before(ctx context.Context, body map[string]any) error {
	for _, address := range (sim.Attrs(body)).Strings("depends_on") {
		typ, name, _ := strings.Cut(address, ".")
		if st.left(typ) {
			continue
		}
		if _, err := st.resource(ctx, typ, name); err != nil {
			return err
		}
	}
	return nil
}

func (st *stack) regionOf(body map[string]any) string {
	provider, _ := body["provider"].(string)
	return st.regions[provider]
}

// create makes a resource, with the provider's tags where its type has tags.
func (st *stack) create(ctx context.Context, req simapi.Request, tags map[string]string) (sim.Attrs, error) {
	resp := st.cloud.Do(ctx, simapi.OpCreate, req)
	if resp.Error != nil {
		return nil, resp.Error
	}
	a := sim.Attrs(resp.Attrs)
	own, tagged := a["tags_all"].(map[string]any)
	if !tagged || len(tags) == 0 {
		return a, nil
	}
	all := map[string]any{}
	for key, value := range tags {
		all[key] = value
	}
	maps.Copy(all, own)
	a["tags_all"] = all
	err := st.cloud.SetAttribute(req.Type, req.Region, resp.ID, "tags_all", all)
	if errors.Is(err, sim.ErrNoResource) { // a global one
		err = st.cloud.SetAttribute(req.Type, "", resp.ID, "tags_all", all)
	}
	return a, err
}

// blocks are arguments that JSON may write as an object where the schema has a
// list of one.
var blocks = []string{
	"weighted_routing_policy", "point_in_time_recovery", "server_side_encryption", "requester", "accepter",
	"environment", "vpc_config", "logging_config", "destination_config", "retry_policy",
}

func asBlocks(argument string, v any) any {
	if m, ok := v.(map[string]any); ok && slices.Contains(blocks, argument) {
		return []any{m}
	}
	return v
}
