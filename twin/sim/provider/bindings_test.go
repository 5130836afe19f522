package provider

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim/simaws"
)

// bindings is what the CDKTF bindings say of a type: they are generated from
// the schemas of provider 5.99.1.
type bindings struct {
	source string
}

var bindingsDir = func() string {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/cdktf/cdktf-provider-aws-go/aws/v19").Output()
	if err != nil {
		panic("find the CDKTF bindings: " + err.Error())
	}
	return strings.TrimSpace(string(out))
}()

func readBindings(t *testing.T, name string) bindings {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(bindingsDir, name, "*.go"))
	require.NoError(t, err)
	var all strings.Builder
	for _, file := range files {
		if strings.Contains(file, "checks.go") {
			continue
		}
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		all.Write(raw)
	}
	require.NotEmpty(t, all.String(), "the bindings have no package %q", name)
	return bindings{source: all.String()}
}

// argument tells whether the bindings take an argument of this name.
func (b bindings) argument(name string) bool {
	return regexp.MustCompile(`providers/hashicorp/aws/5\.99\.1/docs[a-z0-9_/-]*#` + name + ` `).MatchString(b.source)
}

// getter tells whether the bindings can read an attribute of this name.
func (b bindings) getter(name string) bool {
	var camel strings.Builder
	for _, part := range strings.Split(name, "_") {
		camel.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return strings.Contains(b.source, "\n\t"+camel.String()+"() ")
}

func (b bindings) check(t *testing.T, block *tfjson.SchemaBlock, path string) {
	t.Helper()
	for name, a := range block.Attributes {
		if a.Optional || a.Required {
			require.True(t, b.argument(name), "%s: the schema has the argument, provider 5.99.1 hasn't", join(path, name))
		} else {
			require.True(t, b.getter(name), "%s: the schema has the attribute, provider 5.99.1 hasn't", join(path, name))
		}
	}
	for name, nested := range block.NestedBlocks {
		require.True(t, b.argument(name), "%s: the schema has the block, provider 5.99.1 hasn't", join(path, name))
		b.check(t, nested.Block, join(path, name))
	}
}

func TestResourceSchemas_HaveNothingNewerThanProvider5991(t *testing.T) {
	for name, kind := range known() {
		t.Run(name, func(t *testing.T) {
			pkg := strings.ReplaceAll(strings.TrimPrefix(name, "aws_"), "_", "")
			readBindings(t, pkg).check(t, kind.Schema().Block, name)
		})
	}
}

func TestDataSchemas_HaveNothingNewerThanProvider5991(t *testing.T) {
	for name, source := range simaws.Types().Data {
		t.Run(name, func(t *testing.T) {
			pkg := "dataaws" + strings.ReplaceAll(strings.TrimPrefix(name, "aws_"), "_", "")
			readBindings(t, pkg).check(t, source.Schema().Block, name)
		})
	}
}

func TestProviderBlock_HasTheArgumentsOfProvider5991(t *testing.T) {
	b := readBindings(t, "provider")
	ours := configBlock()
	b.check(t, ours, "provider")

	raw, err := os.ReadFile(filepath.Join(bindingsDir, "provider", "AwsProviderConfig.go"))
	require.NoError(t, err)
	theirs := regexp.MustCompile(`docs#(\w+) `).FindAllStringSubmatch(string(raw), -1)
	require.Greater(t, len(theirs), 30)
	for _, match := range theirs {
		name := match[1]
		// Terraform's own, and the one block that is left out on purpose.
		if name == "alias" || name == "endpoints" {
			continue
		}
		_, attribute := ours.Attributes[name]
		_, block := ours.NestedBlocks[name]
		require.True(t, attribute || block, "provider 5.99.1 has the argument %q, the stand-in hasn't", name)
	}
}
