package review

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

//go:embed policies
var policies embed.FS

// policyRoot is the package below which each package is a policy, and ourRoot
// holds everything of ours.
const (
	policyRoot = "data.pgdr.policies."
	ourRoot    = "data.pgdr."
)

// embedded are our own policies and their library, parsed, with the contract.
func embedded() (map[string]*ast.Module, error) {
	known, err := contractModule()
	if err != nil {
		return nil, err
	}
	modules := map[string]*ast.Module{contractFile: known}
	err = fs.WalkDir(policies, "policies", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".rego" {
			return err
		}
		text, err := policies.ReadFile(name)
		if err != nil {
			return err
		}
		modules[name], err = ast.ParseModule(name, string(text))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the embedded policies: %w", err)
	}
	return modules, nil
}

// modulesIn parses a folder of a user's policies. Each policy is a package of
// its own below pgdr.policies; none may be put into one of ours, so that
// an addition can't change what ours say.
func modulesIn(dir string, ours map[string]*ast.Module) (map[string]*ast.Module, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.rego"))
	if err != nil {
		return nil, &InputError{File: dir, Found: "is not a folder's name", Err: err}
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, &InputError{File: dir, Found: "is not a folder", Err: err, Want: "give --policy a folder of .rego files"}
	}
	taken := map[string]bool{}
	for _, m := range ours {
		taken[m.Package.Path.String()] = true
	}
	modules := map[string]*ast.Module{}
	count := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.rego") {
			continue // for `opa test`
		}
		m, err := parseFile(file)
		if err != nil {
			return nil, err
		}
		name := m.Package.Path.String()
		own := strings.HasPrefix(name, policyRoot)
		switch {
		case taken[name]:
			return nil, &InputError{File: file, Found: fmt.Sprintf("is of the package %s, which is one of pgdr's", strings.TrimPrefix(name, "data.")), Want: "give it a package of its own below pgdr.policies"}
		case strings.HasPrefix(name, ourRoot) && !own:
			return nil, &InputError{File: file, Found: fmt.Sprintf("is of the package %s", strings.TrimPrefix(name, "data.")), Want: "give a policy a package below pgdr.policies, and what policies share one outside pgdr"}
		case own:
			count++
		}
		modules[file] = m
	}
	if count == 0 {
		return nil, &InputError{File: dir, Found: "has no policy: no .rego file with a package below pgdr.policies", Want: "see docs/review.md, Policies of your own"}
	}
	return modules, nil
}

func parseFile(file string) (*ast.Module, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the user named the folder
	if err != nil {
		return nil, &InputError{File: file, Found: "cannot be read", Err: err}
	}
	m, err := ast.ParseModuleWithOpts(file, string(text), ast.ParserOptions{Capabilities: capabilities()})
	var faults ast.Errors
	if errors.As(err, &faults) {
		return nil, compileFault(faults)
	}
	if err != nil {
		return nil, &InputError{File: file, Found: "is not Rego", Err: err}
	}
	if m == nil {
		return nil, &InputError{File: file, Found: "is empty", Want: "see docs/review.md, Policies of your own"}
	}
	return m, nil
}

// filesOf are the files of the policies by the last part of their package.
func filesOf(modules map[string]*ast.Module) map[string]string {
	files := map[string]string{}
	for file, m := range modules {
		if name, ok := strings.CutPrefix(m.Package.Path.String(), policyRoot); ok {
			files[name] = file
		}
	}
	return files
}
