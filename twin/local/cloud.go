package local

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/pgdr/pgdr/twin/gobuild"
)

// startCloud builds the simulated account's process and starts it, unless it
// runs already. It goes on after this command: the account is there until
// everything in it was destroyed.
func (r *Runner) startCloud(ctx context.Context) error {
	if r.Served {
		return nil
	}
	r.Say("start the simulated account")
	if err := gobuild.Program(ctx, r.Project, gobuild.Simulator, r.simulator()); err != nil {
		return err
	}
	if output, err := r.cloud(ctx, "start").CombinedOutput(); err != nil {
		return fmt.Errorf("start the simulated account: %w\n%s", err, output)
	}
	r.note("its process stays in the background until: make stop-local")
	return nil
}

// StopCloud ends the simulated account's process; what is in it stays on disk.
func (r *Runner) StopCloud(ctx context.Context) error {
	r.Say("stop the simulated account")
	if output, err := r.cloud(ctx, "stop").CombinedOutput(); err != nil {
		return fmt.Errorf("stop the simulated account: %w\n%s", err, output)
	}
	return nil
}

// cloudIsEmpty tells whether no environment has a resource left.
func (r *Runner) cloudIsEmpty(ctx context.Context) (bool, error) {
	raw, err := r.cloud(ctx, "status", "--json").Output()
	if err != nil {
		return false, fmt.Errorf("ask the simulated account what it holds: %w", err)
	}
	var status struct {
		Summary struct {
			Total int `json:"total"`
		} `json:"summary"`
	}
	if err := json.Unmarshal(raw, &status); err != nil {
		return false, fmt.Errorf("ask the simulated account what it holds: %w", err)
	}
	return status.Summary.Total == 0, nil
}

func (r *Runner) cloud(ctx context.Context, verb string, flags ...string) *exec.Cmd {
	return r.Command(ctx, r.simulator(), append([]string{verb, "--dir", r.Twin.Cloud()}, flags...)...)
}

// builds is where what is built is kept from run to run.
func (r *Runner) builds() string { return filepath.Join(string(r.Twin), "build") }

func (r *Runner) simulator() string { return filepath.Join(r.builds(), "awssim") }
