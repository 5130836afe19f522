package stacks_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/fastsynth"
	"github.com/pgdr/pgdr/spec"
	"github.com/pgdr/pgdr/stacks"
)

// The environments that the tests look at, synthesized once: starting the
// bindings costs seconds.
var (
	outputs = map[string]string{} // variant → outdir
	root    string
)

// variants are edits of a shipped environment.
var variants = map[string]struct {
	environment string
	edit        func(*spec.Config)
}{
	"dev":   {"dev", func(*spec.Config) {}},
	"prod":  {"prod", func(*spec.Config) {}},
	"other": {"dev", func(c *spec.Config) { c.Environment = "other" }},
	"s3":    {"dev", func(c *spec.Config) { c.Backend = s3Backend }},
	"audited": {"dev", func(c *spec.Config) {
		c.Database.Audit = "log_statement_all"
		c.Database.CreateTimeout, c.Database.UpdateTimeout, c.Database.DeleteTimeout = 600, 240, 60
	}},
	// Zones of other letters, and regions that an account has to ask for.
	"far": {"dev", func(c *spec.Config) {
		c.Disposable = false
		c.Sites.Primary = spec.Site{Region: "me-south-1", CIDR: "10.0.0.0/16"}
		c.Sites.Replica = spec.Site{Region: "eu-central-1", CIDR: "10.1.0.0/16"}
		c.Guard.WitnessRegions = nil
	}},
	"humans": {"dev", func(c *spec.Config) {
		c.Account = "123456789012"
		c.Monitoring.Emails = []string{"oncall@example.com", "dba@example.com"}
		c.Tags.CreatedAt = "2026-11-23T00:00:00Z"
		c.Network.Clients = spec.Clients{
			CIDRs:                 []string{"10.20.0.0/16", "172.30.4.0/22"},
			PrimarySecurityGroups: []string{"sg-0123456789abcdef0"},
			ReplicaSecurityGroups: []string{"sg-1123456789abcdef0", "sg-12345678"},
		}
	}},
}

var s3Backend = spec.Backend{Type: "s3", Bucket: "state-bucket", Region: "eu-west-1", KeyPrefix: "pgdr", KMSKeyID: "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-0123456789ab"}

func TestMain(m *testing.M) {
	os.Exit(func() int {
		stop := fastsynth.Enable(fastsynth.Options{})
		defer func() { _ = stop() }()
		temporary, err := os.MkdirTemp("", "pgdr-stacks-*")
		if err == nil {
			defer func() { _ = os.RemoveAll(temporary) }()
			err = synthesizeAll(temporary)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

func synthesizeAll(temporary string) error {
	var err error
	if root, err = filepath.Abs(".."); err != nil {
		return err
	}
	if err := os.Chdir(root); err != nil { // cdktf resolves modules from the working directory
		return err
	}
	archive := filepath.Join(temporary, "failover.zip")
	if err := os.WriteFile(archive, []byte("the archive's content is another package's concern"), 0o600); err != nil {
		return err
	}
	for name, v := range variants {
		cfg, err := loaded(v.environment)
		if err != nil {
			return err
		}
		v.edit(&cfg)
		// A project of its own, so that paths in the output are the same wherever
		// this repository and the temporary folder lie.
		project := filepath.Join(temporary, name)
		outputs[name] = filepath.Join(project, "cdktf.out")
		if err := stacks.Synth(cfg, stacks.Options{ProjectDir: project, Outdir: outputs[name], FunctionArchive: archive}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func loaded(environment string) (spec.Config, error) {
	return spec.Load(spec.LoadOptions{Dir: root, Env: func(name string) string {
		return map[string]string{"ENVIRONMENT_SUFFIX": environment}[name]
	}})
}

// object is a JSON object.
type object = map[string]any

// document is one synthesized stack.
type document struct {
	raw  []byte
	tree object
}

// stack reads a synthesized stack of a variant; role is "primary" or
// "replica".
func stack(t *testing.T, variant, role string) document {
	t.Helper()
	return readStack(t, outputs[variant], role)
}

func readStack(t *testing.T, outdir, role string) document {
	t.Helper()
	matches, err := filepath.Glob(filepath.Join(outdir, "stacks", "pgdr-"+role+"-*", "cdk.tf.json"))
	require.NoError(t, err)
	require.Len(t, matches, 1, "one %s stack in %s", role, outdir)
	raw, err := os.ReadFile(matches[0])
	require.NoError(t, err)
	d := document{raw: raw}
	require.NoError(t, json.Unmarshal(raw, &d.tree))
	return d
}

// each calls f with every resource and data source, by address.
func (d document) each(f func(address, kind string, body object)) {
	for _, section := range []string{"data", "resource"} {
		kinds, _ := d.tree[section].(object)
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			bodies := kinds[kind].(object)
			for _, name := range slices.Sorted(maps.Keys(bodies)) {
				address := kind + "." + name
				if section == "data" {
					address = "data." + address
				}
				f(address, kind, bodies[name].(object))
			}
		}
	}
}

// named returns the one resource of a kind whose construct path ends so, for
// example named(t, "aws_db_instance", "database/instance").
func (d document) named(t *testing.T, kind, path string) object {
	t.Helper()
	var found []object
	var paths []string
	d.each(func(_, k string, body object) {
		if k != kind {
			return
		}
		p := constructPath(body)
		paths = append(paths, p)
		if strings.HasSuffix(p, "/"+path) {
			found = append(found, body)
		}
	})
	require.Len(t, found, 1, "one %s at %s among %v", kind, path, paths)
	return found[0]
}

// all returns every resource of a kind by construct path.
func (d document) all(kind string) map[string]object {
	found := map[string]object{}
	d.each(func(_, k string, body object) {
		if k == kind {
			_, path, _ := strings.Cut(constructPath(body), "/")
			found[path] = body
		}
	})
	return found
}

func constructPath(body object) string {
	meta, _ := body["//"].(object)
	meta, _ = meta["metadata"].(object)
	path, _ := meta["path"].(string)
	return path
}

func (d document) addresses() []string {
	var all []string
	d.each(func(address, _ string, _ object) { all = append(all, address) })
	return all
}

// policyOf parses a policy argument.
func policyOf(t *testing.T, text any) []object {
	t.Helper()
	var policy struct {
		Version   string
		Statement []object
	}
	require.NoError(t, json.Unmarshal([]byte(text.(string)), &policy))
	require.Equal(t, "2012-10-17", policy.Version)
	return policy.Statement
}

func statementOf(t *testing.T, statements []object, sid string) object {
	t.Helper()
	for _, s := range statements {
		if s["Sid"] == sid {
			return s
		}
	}
	require.Failf(t, "no such statement", "%s in %v", sid, statements)
	return nil
}

// assetHash is in paths of assets; it changes with each edit of the function
// or module, which golden files should not.
var assetHash = regexp.MustCompile(`[0-9A-F]{32}`)
