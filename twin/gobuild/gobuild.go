// Package gobuild builds the twin's programs for this machine. All builds have
// one set of flags, so that a package is compiled once for all of them.
package gobuild

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

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
	Shipped = "./functions/failover"
)

// Flags of every build for this machine. They are those of the Makefile.
var Flags = []string{"-trimpath", "-buildvcs=false", "-tags=lambda.norpc", "-ldflags=-s -w"}

// Program builds a package of the module into a file. The same source gives
// the same bytes, and nothing is linked where the file is up to date. A
// build that ends early leaves no temporary files beside the file.
func Program(ctx context.Context, module, pkg, file string) error {
	arguments := append(append([]string{"build"}, Flags...), "-o", file, pkg)
	cmd := exec.CommandContext(ctx, "go", arguments...) //nolint:gosec // packages and flags are ours
	cmd.Dir = module
	cmd.Env = append(Environment(os.Environ()), "CGO_ENABLED=0")
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

// Environment is environ without what would build for another machine or with
// other flags.
func Environment(environ []string) []string {
	kept := slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains([]string{"GOFLAGS", "GOOS", "GOARCH", "CGO_ENABLED"}, name)
	})
	return append(kept, "GOFLAGS=")
}
