package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ErrNoProvider says that the real provider could not be had, so that nothing was
// validated.
var ErrNoProvider = errors.New("the AWS provider could not be had: nothing was validated")

// Validate synthesizes both stacks and validates them with the provider of the
// Terraform registry, in the version that they pin: it refuses arguments that it
// does not know. It needs the Internet and no AWS account, reads no state, and
// leaves nothing behind: it works in a temporary folder.
//
// Errors: [ErrNoProvider] with what could not be reached; what the synthesis or
// the provider finds wrong.
func (p *Pipeline) Validate(ctx context.Context) (err error) {
	folder, err := os.MkdirTemp("", "pgdr-validate-*")
	if err != nil {
		return fmt.Errorf("make a folder to validate in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	own := *p
	own.Outdir = filepath.Join(folder, "cdktf.out")
	if own.Env, err = sharedDownload(folder); err != nil {
		return err
	}
	if err := own.synthesize(ctx); err != nil {
		return err
	}
	for _, role := range Roles() {
		version, err := own.pinnedProvider(role)
		if err != nil {
			return err
		}
		p.Say("validate %s with %s", p.Stack(role), version)
		if err := own.Init(ctx, role, "-backend=false"); err != nil {
			return noProvider(version, err)
		}
		if err := own.Terraform(ctx, role, "validate", "-no-color"); err != nil {
			return err
		}
	}
	return nil
}

// sharedDownload lets both stacks share one download, unless the user has a cache.
func sharedDownload(folder string) ([]string, error) {
	const cache = "TF_PLUGIN_CACHE_DIR"
	env := []string{"TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE=1"} // the lock is not kept
	if os.Getenv(cache) != "" {
		return env, nil
	}
	plugins := filepath.Join(folder, "plugins")
	if err := os.Mkdir(plugins, 0o750); err != nil {
		return nil, fmt.Errorf("make a folder for the provider: %w", err)
	}
	return append(env, cache+"="+plugins), nil
}

// pinnedProvider is the provider that a synthesized stack requires, for example
// "hashicorp/aws 5.99.1".
func (p *Pipeline) pinnedProvider(role string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(p.StackDir(role), "cdk.tf.json"))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", p.Stack(role), err)
	}
	var stack struct {
		Terraform struct {
			Required map[string]struct{ Source, Version string } `json:"required_providers"`
		} `json:"terraform"`
	}
	if err := json.Unmarshal(raw, &stack); err != nil {
		return "", fmt.Errorf("read %s: %w", p.Stack(role), err)
	}
	aws, required := stack.Terraform.Required["aws"]
	if !required {
		return "", fmt.Errorf("%s: found no provider aws among terraform.required_providers: synthesize it with this version of pgdr", p.Stack(role))
	}
	return "hashicorp/" + strings.TrimPrefix(aws.Source, "hashicorp/") + " " + aws.Version, nil
}

// undownloaded are the beginnings of what Terraform says where a provider can't be
// had. It has no codes.
var undownloaded = []string{"Failed to query available provider packages", "Failed to install provider", "Could not retrieve the list of available versions"}

// noProvider words why the provider can't be had, and what to do. What is wrong
// with the configuration itself stays as Terraform says it.
func noProvider(version string, cause error) error {
	text := cause.Error()
	for _, beginning := range undownloaded {
		_, reason, found := strings.Cut(text, beginning)
		if !found {
			continue
		}
		return fmt.Errorf("%w. %s from registry.terraform.io: %s\n"+
			"Next: allow this machine HTTPS to registry.terraform.io and releases.hashicorp.com (HTTPS_PROXY counts), "+
			"or name a mirror of yours in the file of TF_CLI_CONFIG_FILE. Without either, make validate checks against the schema that is built in",
			ErrNoProvider, version, sentence(reason))
	}
	return cause
}

// sentence joins what Terraform breaks into lines for a terminal.
func sentence(text string) string {
	for _, more := range []string{"\nError: ", "\nTo see which modules"} { // what follows from the first
		text, _, _ = strings.Cut(text, more)
	}
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \n\t│╷╵", r) }), " ")
}
