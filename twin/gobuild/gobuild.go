// Package gobuild builds the twin's programs for this machine, as [bundle] builds
// the function.
package gobuild

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/pgdr/pgdr/internal/bundle"
	"github.com/pgdr/pgdr/internal/leftover"
	"github.com/pgdr/pgdr/twin/child"
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
	cmd, err := bundle.Command(ctx, module, pkg, file)
	if err != nil {
		return err
	}
	child.Gently(cmd, time.Minute)
	remove, err := leftover.GoTemp(cmd, filepath.Dir(file))
	if err != nil {
		return err
	}
	defer remove()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, bytes.TrimSpace(out))
	}
	return nil
}
