package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/pgdr/pgdr/internal/cli"
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/leftover"
	"github.com/pgdr/pgdr/twin"
	"github.com/pgdr/pgdr/twin/drill"
	"github.com/pgdr/pgdr/twin/sim/simapi"
)

var (
	// errNotUp: no twin is up in the folder.
	errNotUp = errors.New("no twin is up")
	// errUpAlready: another twin is.
	errUpAlready = errors.New("a twin is up already")
	// errOrder is wrapped by what a twin answered to an order that it refused.
	errOrder = errors.New("the twin refused")
)

// order is what break sends.
type order struct {
	Action string            `json:"action"`
	With   map[string]string `json:"with"`
}

// breaker is what orders act on: a [drill.Live].
type breaker interface {
	Break(action string, with map[string]string) (string, error)
	Mend() (ended, left []string, err error)
}

// listenControl opens the socket of a twin's folder. Only one twin has it.
func listenControl(ctx context.Context, dir twin.Dir) (net.Listener, error) {
	if err := os.MkdirAll(string(dir), 0o750); err != nil {
		return nil, fmt.Errorf("make the twin's folder: %w", err)
	}
	path := dir.Control()
	leftover.SweepSockets(path)
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", path)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%w in %s: end it with Ctrl-C, or use another folder with --dir", errUpAlready, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("listen for orders: %w", err)
	}
	return l, nil
}

// serveControl takes orders until stop.
func serveControl(l net.Listener, on breaker) (stop func()) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /break", func(w http.ResponseWriter, r *http.Request) {
		var o order
		if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
			http.Error(w, "order: "+err.Error(), http.StatusBadRequest)
			return
		}
		said, err := on.Break(o.Action, o.With)
		answer(w, said, err)
	})
	mux.HandleFunc("POST /mend", func(w http.ResponseWriter, _ *http.Request) {
		ended, left, err := on.Mend()
		answer(w, mendText(ended, left), err)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }() // ends with Close
	return func() { _ = server.Close() }
}

func answer(w http.ResponseWriter, text string, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = io.WriteString(w, text) // who hung up reads nothing
}

func mendText(ended, left []string) string {
	var b strings.Builder
	for _, what := range ended {
		fmt.Fprintf(&b, "%s\n", what)
	}
	b.WriteString("all faults have ended\n")
	for _, what := range left {
		fmt.Fprintf(&b, "not undone: %s; only a new twin is without it\n", what)
	}
	return b.String()
}

// send sends an order to the twin that is up in a folder.
func send(ctx context.Context, dir twin.Dir, path string, body any) (string, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return "", fmt.Errorf("write the order: %w", err)
	}
	client := simapi.Client(dir.Control())
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://twin"+path, bytes.NewReader(text))
	if err != nil {
		return "", fmt.Errorf("write the order: %w", err)
	}
	reply, err := client.Do(r)
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return "", fmt.Errorf("%w in %s: start one with twin up (make up), or name its folder with --dir", errNotUp, dir)
	case err != nil:
		return "", fmt.Errorf("order the twin: %w", err)
	}
	defer func() { _ = reply.Body.Close() }()
	said, err := io.ReadAll(reply.Body)
	if err != nil {
		return "", fmt.Errorf("read the twin's answer: %w", err)
	}
	if reply.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%w: %s", errOrder, strings.TrimSpace(string(said)))
	}
	return string(said), nil
}

// controlFlags name the twin that orders are for.
type controlFlags struct{ project, dir string }

func (f *controlFlags) add(cmd *cobra.Command) *cobra.Command {
	cli.ProjectFlag(cmd.Flags(), &f.project)
	cmd.Flags().StringVar(&f.dir, "dir", "", "folder of the twin (default: .twin in the project)")
	return cmd
}

func (f *controlFlags) send(cmd *cobra.Command, path string, body any) error {
	_, dir, err := place(f.project, f.dir)
	if err != nil {
		return err
	}
	said, err := send(cmd.Context(), twin.Dir(dir), path, body)
	if err == nil {
		_, _ = fmt.Fprintln(cmd.OutOrStdout(), strings.TrimSpace(said))
	}
	return err
}

func breakCommand() *cobra.Command {
	flags := &controlFlags{}
	return flags.add(&cobra.Command{
		Use:   "break [ACTION [ARGUMENT…]]",
		Short: "Break something in the twin that is up; without an action: list them",
		Long: "ACTION is one of the drills' actions (docs/twin.md). Arguments are values in its order, or NAME=VALUE. " +
			"For a region, primary and replica stand for those of the sites.",
		Example: "  twin break lose-region primary\n  twin break fail-api region=us-east-1 service=rds how=silent\n  twin break",
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return actionNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listActions(cmd.OutOrStdout())
			}
			with, err := arguments(args[0], args[1:])
			if err != nil {
				return err
			}
			return flags.send(cmd, "/break", order{args[0], with})
		},
	})
}

func mendCommand() *cobra.Command {
	flags := &controlFlags{}
	return flags.add(&cobra.Command{
		Use:     "mend",
		Short:   "End what twin break did, the latest first, and all other faults",
		Example: "  twin mend",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return flags.send(cmd, "/mend", struct{}{}) },
	})
}

func actionNames() []string {
	var names []string
	for name := range drill.Vocabulary().Actions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func listActions(out io.Writer) error {
	known := drill.Vocabulary().Actions
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, name := range actionNames() {
		_, _ = fmt.Fprintf(table, "%s\t%s\n", name, strings.Join(known[name], " "))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("list the actions: %w", err)
	}
	return nil
}

// arguments gives values their names: those of the action, in its order, unless
// they are given as name=value. An unknown action is left to the twin.
func arguments(action string, given []string) (map[string]string, error) {
	takes, known := drill.Vocabulary().Actions[action]
	if !known {
		return nil, nil // the twin says so, and suggests another
	}
	with := map[string]string{}
	for i, value := range given {
		name, rest, named := strings.Cut(value, "=")
		switch {
		case named && slices.Contains(takes, name):
			value = rest
		case i < len(takes):
			name = takes[i]
		default:
			return nil, fmt.Errorf("%s: found %d arguments, want %s", action, len(given), orNone(takes))
		}
		if name == "region" && (value == contract.RolePrimary || value == contract.RoleReplica) {
			value = "{" + value + "}"
		}
		with[name] = value
	}
	return with, nil
}
