// Package stacks describes the system as two Terraform stacks: the primary
// site and the replica site. A stack composes constructs; a construct is one
// idea, in one file. Together with main.go it is all that knows of cdktf.
package stacks

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/spec"
)

// relativeModules are the HCL modules beside the code. The cdktf CLI passes
// the same list; it is repeated so that `go run .` and the tests need no CLI.
var relativeModules = []string{"./modules/credentials"}

// Options of one synthesis.
type Options struct {
	// ProjectDir is the project's root, absolute, and the working directory:
	// cdktf resolves modules from there.
	ProjectDir string
	// Outdir is where the synthesized stacks are written, absolute.
	Outdir string
	// FunctionArchive is the path of the packaged function, absolute.
	FunctionArchive string
}

// Synth writes both stacks of an environment. The configuration must have
// been validated. What the bindings refuse by panic comes back as an error
// here and nowhere else.
func Synth(cfg spec.Config, o Options) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("synthesize %q: %v", cfg.Environment, cause)
		}
	}()
	for _, dir := range []*string{&o.ProjectDir, &o.Outdir, &o.FunctionArchive} {
		if *dir, err = filepath.Abs(*dir); err != nil {
			return fmt.Errorf("synthesize %q: %w", cfg.Environment, err)
		}
	}
	if err := os.MkdirAll(o.Outdir, 0o750); err != nil { // cdktf makes the last folder of the path only
		return fmt.Errorf("synthesize %q: %w", cfg.Environment, err)
	}
	app := cdktf.NewApp(&cdktf.AppConfig{
		Outdir:  new(o.Outdir),
		Context: &map[string]any{"cdktfRelativeModules": relativeModules},
	})
	st := state{backend: cfg.Backend, env: cfg.Environment, project: o.ProjectDir, outdir: o.Outdir}
	primary := newPrimary(app, cfg, st)
	replica := newReplica(app, cfg, st, o.FunctionArchive)
	replica.AddDependency(primary)
	app.Synth()
	return nil
}
