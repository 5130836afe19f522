// Package gobuild builds the twin's programs for this machine, as [bundle] builds
// the function.
package gobuild

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/bundle"
	"github.com/pgdr/pgdr/internal/child"
	"github.com/pgdr/pgdr/internal/leftover"
)

// The programs, by their packages.
const (
	// Synthesis is what `cdktf synth` runs.
	Synthesis = "."
	Provider  = "./twin/cmd/terraform-provider-aws"
	Simulator = "./twin/cmd/awssim"
	// Guard is the failover function, able to live in a simulation.
	Guard = "./twin/cmd/guard"
	// Shipped is the failover function as it is deployed.
	Shipped = bundle.Package
)

// Program builds a package of the module into a file. The same source gives
// the same bytes, and nothing is linked where the file is up to date. A
// build that ends early leaves no temporary files beside the file.
func Program(ctx context.Context, module, pkg, file string) error {
	if err := run(ctx, module, filepath.Dir(file), "build", "-o", file, pkg); err != nil {
		return fmt.Errorf("build %s: %w", pkg, err)
	}
	return nil
}

// Compile compiles what programs consist of into the build cache, each package
// once, and links nothing. Builds that run side by side would each compile what
// is not there yet: the Go command does not share work that is under way.
// Temporary files go below dir.
func Compile(ctx context.Context, module, dir string, pkgs ...string) error {
	if err := run(ctx, module, dir, "list", append([]string{"-export", "-deps", "-f="}, pkgs...)...); err != nil {
		return fmt.Errorf("compile %s: %w", strings.Join(pkgs, ", "), err)
	}
	return nil
}

func run(ctx context.Context, module, temporary, verb string, arguments ...string) error {
	cmd, err := bundle.Command(ctx, module, verb, arguments...)
	if err != nil {
		return err
	}
	child.Gently(cmd, time.Minute)
	remove, err := leftover.GoTemp(cmd, temporary)
	if err != nil {
		return err
	}
	defer remove()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, bytes.TrimSpace(out))
	}
	return nil
}
