package fastsynth_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What tests do to a cache or to bindings before they are used.

func quoted(s string) string { return strconv.Quote(s) }

// forget removes a type from the kept ones, as if it had not been used yet.
func forget(t *testing.T, path, fqn string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(content), "\n")
	var kept struct {
		Description map[string]json.RawMessage `json:"description"`
		Absent      []string                   `json:"absent"`
	}
	if err := json.Unmarshal([]byte(body), &kept); err != nil {
		t.Fatal(err)
	}
	types := map[string]json.RawMessage{}
	if err := json.Unmarshal(kept.Description["types"], &types); err != nil {
		t.Fatal(err)
	}
	if _, ok := types[fqn]; !ok {
		t.Fatalf("%s is not among the kept types", fqn)
	}
	delete(types, fqn)
	kept.Description["types"], err = json.Marshal(types)
	if err != nil {
		t.Fatal(err)
	}
	changed, err := json.Marshal(kept)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(changed)
	if err := os.WriteFile(path, append([]byte(hex.EncodeToString(sum[:])+"\n"), changed...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// bindingsWith makes a package cache of jsii in which the index of the AWS
// bindings is changed. The rest is linked to the user's, where plainFiles has
// put it.
func bindingsWith(t *testing.T, root string, change func(string) string) string {
	t.Helper()
	plainFiles(t)
	home, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	original := filepath.Join(home, "aws", "jsii", "package-cache")
	found, err := filepath.Glob(filepath.Join(original, "@cdktf", "provider-aws", "*", "*", "lib", "index.js"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no AWS bindings in %s: %v", original, err)
	}
	for _, index := range found {
		source := filepath.Dir(filepath.Dir(index))
		relative, err := filepath.Rel(original, source)
		if err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(root, relative)
		link(t, source, target, "lib")
		link(t, filepath.Join(source, "lib"), filepath.Join(target, "lib"), "index.js")
		content, err := os.ReadFile(index)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(target, "lib", "index.js"), []byte(change(string(content))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// link makes the folder target with a link to each thing in source but one.
func link(t *testing.T, source, target, but string) {
	t.Helper()
	if err := os.MkdirAll(target, 0o750); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(source)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name() == but {
			continue
		}
		if err := os.Symlink(filepath.Join(source, entry.Name()), filepath.Join(target, entry.Name())); err != nil {
			t.Fatal(err)
		}
	}
}

// unpackedRuntime copies jsii's runtime out of its module.
func unpackedRuntime(t *testing.T, root string) string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/jsii-runtime-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(strings.TrimSpace(string(output)), "internal", "embedded", "resources")
	target := filepath.Join(root, "own runtime")
	if err := os.CopyFS(target, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	return target
}
