// Command pgdr synthesizes the stacks of one environment for Terraform.
// It is what `npx cdktf` runs; `go run .` does the same without it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/pgdr/pgdr/internal/bundle"
	"github.com/pgdr/pgdr/internal/fastsynth"
	"github.com/pgdr/pgdr/spec"
	"github.com/pgdr/pgdr/stacks"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run loads and checks everything before the bindings start and before a
// file is written: a fault leaves the last good output alone.
func run() (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	closeRuntime := fastsynth.Enable(fastsynth.Options{})
	defer func() { err = errors.Join(err, closeRuntime()) }()
	project, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the project's folder: %w", err)
	}
	cfg, err := spec.Load(spec.LoadOptions{Dir: project, Env: os.Getenv})
	if err != nil {
		return err
	}
	archive, err := pack(ctx, cfg, project)
	if err != nil {
		return err
	}
	return stacks.Synth(cfg, stacks.Options{ProjectDir: project, Outdir: outdir(), FunctionArchive: archive})
}

// pack makes the function's archive. In a simulation the twin's own build of the
// function runs, so the archive may be for this machine, and is beside the one
// that is deployed.
func pack(ctx context.Context, cfg spec.Config, project string) (string, error) {
	if cfg.UsesTwin() {
		return bundle.BuildLocal(ctx, project, filepath.Join(project, "dist", "local"))
	}
	return bundle.Build(ctx, project, filepath.Join(project, "dist"))
}

// outdir is what the cdktf CLI says, else its default.
func outdir() string {
	if dir := os.Getenv("CDKTF_OUTDIR"); dir != "" {
		return dir
	}
	return "cdktf.out"
}
