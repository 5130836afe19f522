// Package stacks describes the system as two Terraform stacks: the primary
// site and the replica site. A stack composes constructs; a construct is one
// idea, in one file. Together with main.go it is all that knows of cdktf.
//
// An app of another module adds the stacks with [NewPrimary] and [NewReplica]:
// examples/embed is one.
package stacks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/internal/bundle"
	"github.com/pgdr/pgdr/modules"
	"github.com/pgdr/pgdr/spec"
)

// PrimaryProps are what the primary stack is made from.
type PrimaryProps struct {
	// Config of the environment. Empty values that follow from others are
	// filled in, as [spec.Config.Derived] does.
	Config spec.Config
	// ProjectDir is the folder that Config.Backend.Path is relative to. Empty:
	// the working directory.
	ProjectDir string
}

// ReplicaProps are what the replica stack is made from.
type ReplicaProps struct {
	// Config and ProjectDir as in [PrimaryProps].
	Config     spec.Config
	ProjectDir string
	// Primary is the stack that the replica follows and deploys after.
	Primary *PrimaryOutputs
	// FunctionArchive is the path of the packaged guard; see [BuildFunction].
	FunctionArchive string
}

// NewPrimary adds the primary stack to app. Errors: [spec.Faults] with every
// fault of the configuration; what the bindings refuse.
func NewPrimary(app cdktf.App, props PrimaryProps) (outputs *PrimaryOutputs, err error) {
	defer recovered(&err, "make the primary stack of %q", props.Config.Environment)
	cfg, st, err := prepare(app, props.Config, props.ProjectDir)
	if err != nil {
		return nil, err
	}
	return newPrimary(app, cfg, st), nil
}

// NewReplica adds the replica stack, with the guard, to the app of the primary
// stack. Errors as with [NewPrimary].
func NewReplica(app cdktf.App, props ReplicaProps) (outputs *ReplicaOutputs, err error) {
	defer recovered(&err, "make the replica stack of %q", props.Config.Environment)
	if props.Primary == nil {
		return nil, errors.New("make the replica stack: Primary is nil: give what NewPrimary returned")
	}
	cfg, st, err := prepare(app, props.Config, props.ProjectDir)
	if err != nil {
		return nil, err
	}
	archive, err := filepath.Abs(props.FunctionArchive)
	if err != nil {
		return nil, fmt.Errorf("make the replica stack: %w", err)
	}
	outputs = newReplica(app, cfg, st, archive)
	outputs.Stack.AddDependency(props.Primary.Stack)
	return outputs, nil
}

// BuildFunction compiles and packs the guard for [ReplicaProps].FunctionArchive
// and returns the archive's path in dir, which is made if need be. moduleDir is
// a folder of this Go module or of one that requires it; the go command must be
// installed.
func BuildFunction(ctx context.Context, moduleDir, dir string) (string, error) {
	// The function is built where its own module lies, so that the archive has
	// the same bytes whichever module asks for it.
	list := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", modulePath)
	list.Dir = moduleDir
	var stderr bytes.Buffer
	list.Stderr = &stderr
	root, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("find module %s from %q: %w\n%s", modulePath, moduleDir, err, stderr.Bytes())
	}
	return bundle.Build(ctx, strings.TrimSpace(string(root)), dir)
}

const modulePath = "github.com/pgdr/pgdr"

// Options of one synthesis.
type Options struct {
	// ProjectDir is the folder that the local state's path is relative to.
	ProjectDir string
	// Outdir is where the synthesized stacks are written.
	Outdir string
	// FunctionArchive is the path of the packaged function.
	FunctionArchive string
}

// Synth writes both stacks of an environment. What the bindings refuse by
// panic comes back as an error.
func Synth(cfg spec.Config, o Options) (err error) {
	defer recovered(&err, "synthesize %q", cfg.Environment)
	outdir, err := filepath.Abs(o.Outdir)
	if err != nil {
		return fmt.Errorf("synthesize %q: %w", cfg.Environment, err)
	}
	if err := os.MkdirAll(outdir, 0o750); err != nil { // cdktf makes the last folder of the path only
		return fmt.Errorf("synthesize %q: %w", cfg.Environment, err)
	}
	app := cdktf.NewApp(&cdktf.AppConfig{Outdir: new(outdir)})
	primary, err := NewPrimary(app, PrimaryProps{Config: cfg, ProjectDir: o.ProjectDir})
	if err != nil {
		return err
	}
	_, err = NewReplica(app, ReplicaProps{
		Config: cfg, ProjectDir: o.ProjectDir, Primary: primary, FunctionArchive: o.FunctionArchive,
	})
	if err != nil {
		return err
	}
	app.Synth()
	return nil
}

// prepare checks the configuration and finds the folders of a stack of app.
func prepare(app cdktf.App, cfg spec.Config, project string) (spec.Config, state, error) {
	if err := cfg.Validate(); err != nil {
		return cfg, state{}, err
	}
	cfg = cfg.Derived()
	st := state{backend: cfg.Backend, env: cfg.Environment}
	var err error
	if st.project, err = filepath.Abs(project); err != nil {
		return cfg, state{}, fmt.Errorf("find the project's folder: %w", err)
	}
	if st.outdir, err = filepath.Abs(*app.Outdir()); err != nil {
		return cfg, state{}, fmt.Errorf("find the output folder: %w", err)
	}
	st.module, err = modules.Write(filepath.Join(st.outdir, "modules"), "credentials")
	return cfg, st, err
}

// recovered turns a panic of the bindings into err, which says what was done.
func recovered(err *error, format string, environment string) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf(format+": %v", environment, cause)
	}
}
