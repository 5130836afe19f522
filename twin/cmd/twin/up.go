package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/pgdr/pgdr/internal/cli"
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guardclient"
	"github.com/pgdr/pgdr/twin/drill"
)

// lookEvery is the pause between two looks of the screen, in the machine's time.
const lookEvery = time.Second

func upCommand() *cobra.Command {
	flags := &drillFlags{}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Bring a twin up that stays: deployed, armed, written to; Ctrl-C takes it down",
		Long: "Begins as a drill does: applies the stacks to a simulated account, starts servers, DNS, alarms and the guard, arms it, and lets applications write. " +
			"Then it stays in the foreground with one screen: the guard's status, the replica's lag, where DNS leads, the applications' writes. " +
			"It prints how to reach it from a second terminal with psql, dig, and drctl guard. `twin break` and `twin mend` act on it. Ctrl-C takes everything down.",
		Example: "  twin up\n  twin up --environment prod --scale 10",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.up(cmd.Context(), cmd.OutOrStdout())
		},
	}
	flags.clock(cmd)
	return cmd
}

func (f *drillFlags) up(ctx context.Context, out io.Writer) error {
	if err := f.checkScale(); err != nil {
		return err
	}
	board := &board{out: out}
	o, err := f.options(board)
	if err != nil {
		return err
	}
	o.Port = databasePort()
	control, err := listenControl(ctx, o.Root)
	if err != nil {
		return err
	}
	defer func() { _ = control.Close() }()
	base, err := drill.Prepare(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		if e := base.Close(); e != nil {
			_, _ = fmt.Fprintln(os.Stderr, e)
		}
	}()
	live, err := base.Live(ctx)
	if err != nil {
		return err
	}
	stop := serveControl(control, live)
	board.show(ctx, live, cli.IsTerminal(out))
	stop()
	return live.Close()
}

// databasePort is PostgreSQL's own, or another where a program of this machine
// has it on all addresses.
func databasePort() uint16 {
	for _, port := range []uint16{contract.DatabasePort, 15432, 25432} {
		// A listener on one address of 127.0.0.0/8 fails where another has all.
		var lc net.ListenConfig
		l, err := lc.Listen(context.Background(), "tcp4", fmt.Sprintf("127.83.71.9:%d", port))
		if err == nil {
			_ = l.Close() // only its address was of interest
			return port
		}
	}
	return 0
}

// board shows a live twin. Until it does, and where the output is no terminal,
// what is said goes there as it comes; on a screen the last lines are kept.
type board struct {
	out io.Writer

	mu     sync.Mutex
	screen bool
	said   []string
	last   string
}

// linesKept are the lines that a screen shows of what happened.
const linesKept = 8

// Write takes what happens.
func (b *board) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.screen {
		return b.out.Write(p)
	}
	for line := range bytes.Lines(p) {
		b.said = append(b.said, strings.TrimRight(string(line), "\n"))
	}
	b.said = b.said[max(0, len(b.said)-linesKept):]
	return len(p), nil
}

// show shows the twin until the context ends.
func (b *board) show(ctx context.Context, live *drill.Live, terminal bool) {
	reach := reachText(live.Reach())
	b.mu.Lock()
	b.screen = terminal
	b.mu.Unlock()
	_, _ = fmt.Fprint(b.out, "\n"+reach+"\n") // a closed terminal ends the context
	if terminal {
		_, _ = fmt.Fprint(b.out, guardclient.ClearScreen)
	}
	for ctx.Err() == nil {
		look := live.Look(ctx)
		if ctx.Err() != nil {
			return
		}
		if terminal {
			b.repaint(reach, live.Reach(), look)
		} else {
			b.line(live.Reach(), look)
		}
		select {
		case <-ctx.Done():
		case <-time.After(lookEvery):
		}
	}
}

func (b *board) repaint(reach string, r drill.Reach, look drill.Look) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, _ = fmt.Fprint(b.out, guardclient.Repaint(reach+"\n"+screen(r, look, b.said, cli.PaintFor(os.Getenv, true))))
}

// spans are lengths of time, which change with each look.
var spans = regexp.MustCompile(`\b\d+[hms][0-9hms]*\b`)

// line prints a line where something has changed that a reader waits for.
func (b *board) line(r drill.Reach, look drill.Look) {
	text := lineText(r, look)
	b.mu.Lock()
	defer b.mu.Unlock()
	key := spans.ReplaceAllString(text, "")
	if key == b.last {
		return
	}
	b.last = key
	_, _ = fmt.Fprintf(b.out, "%s  %s\n", look.At.UTC().Format("15:04:05Z"), text)
}
