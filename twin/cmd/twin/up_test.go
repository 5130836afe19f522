package main

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin"
	"github.com/pgdr/pgdr/twin/drill"
)

// patient is a twin that notes its orders.
type patient struct{ orders []string }

func (p *patient) Break(action string, with map[string]string) (string, error) {
	if action == "explode" {
		return "", errors.New("action: found \"explode\"")
	}
	p.orders = append(p.orders, fmt.Sprintf("%s %v", action, with))
	return "us-east-1 is lost", nil
}

func (p *patient) Mend() (ended, left []string, err error) {
	return []string{"us-east-1 is back"}, []string{"the primary is deleted"}, nil
}

// typed types a command and returns what it prints.
func typed(args ...string) (string, error) {
	cmd := root()
	var out strings.Builder
	cmd.SetOut(&out)
	cmd.SetArgs(args)
	err := cmd.Execute()
	return out.String(), err
}

func TestControl_OrdersReachTheTwinThatIsUp(t *testing.T) {
	dir := t.TempDir()
	at := []string{"--project", "../../..", "--dir", dir}
	_, err := typed(append([]string{"mend"}, at...)...)
	require.ErrorIs(t, err, errNotUp)
	require.ErrorContains(t, err, dir)
	l, err := listenControl(t.Context(), twin.Dir(dir))
	require.NoError(t, err)
	p := &patient{}
	stop := serveControl(l, p)
	defer stop()
	_, err = listenControl(t.Context(), twin.Dir(dir))
	require.ErrorIs(t, err, errUpAlready, "there is one twin in a folder")

	out, err := typed(append([]string{"break", "lose-region", "primary"}, at...)...)
	require.NoError(t, err)
	require.Equal(t, "us-east-1 is lost\n", out)
	_, err = typed(append([]string{"break", "fail-api", "us-east-1", "how=silent", "service=rds"}, at...)...)
	require.NoError(t, err)
	require.Equal(t, []string{"lose-region map[region:{primary}]", "fail-api map[how:silent region:us-east-1 service:rds]"}, p.orders)
	_, err = typed(append([]string{"break", "explode", "primary"}, at...)...)
	require.ErrorIs(t, err, errOrder)
	require.ErrorContains(t, err, `found "explode"`)
	_, err = typed(append([]string{"break", "lose-region", "us-east-1", "eu-west-1"}, at...)...)
	require.ErrorContains(t, err, "found 2 arguments, want region")
	out, err = typed(append([]string{"mend"}, at...)...)
	require.NoError(t, err)
	require.Equal(t, "us-east-1 is back\nall faults have ended\nnot undone: the primary is deleted; only a new twin is without it\n", out)

	stop()
	require.NoFileExists(t, filepath.Join(dir, "up.sock"))
	_, err = typed(append([]string{"mend"}, at...)...)
	require.ErrorIs(t, err, errNotUp)
}

func TestControl_ASocketOfAKilledTwinIsNoTwin(t *testing.T) {
	dir := twin.Dir(t.TempDir())
	l, err := listenControl(t.Context(), dir)
	require.NoError(t, err)
	l.(interface{ SetUnlinkOnClose(bool) }).SetUnlinkOnClose(false) //nolint:errcheck // it is a Unix listener
	require.NoError(t, l.Close())
	require.FileExists(t, dir.Control())
	_, err = send(t.Context(), dir, "/mend", http.NoBody)
	require.ErrorIs(t, err, errNotUp)
	l, err = listenControl(t.Context(), dir)
	require.NoError(t, err)
	require.NoError(t, l.Close())
}

func TestBreak_WithoutAnActionListsThem(t *testing.T) {
	out, err := typed("break")
	require.NoError(t, err)
	require.Regexp(t, `(?m)^lose-region +region$`, out)
	require.Regexp(t, `(?m)^fail-api +region service how$`, out)
}

func reach() drill.Reach {
	return drill.Reach{
		Environment: "dev", AWS: "http://127.0.0.1:4566", Key: "OPERATOR", Secret: "simulated", Region: "eu-west-1", Name: "db.db-dev.internal",
		Resolvers: map[string]string{"eu-west-1": "127.1.2.3:5353"}, Port: 5432, Database: "app", User: "application", Password: "secret", Roots: "/x/roots.pem",
	}
}

func look() drill.Look {
	at := time.Date(2026, 11, 23, 3, 12, 45, 0, time.UTC)
	lag := 0.42
	st := engine.State{Writer: engine.Member{Site: engine.SitePrimary, Identifier: "primary-db-dev", ResourceID: "db-P"}, Arming: decide.Arming{ArmedFor: "db-P"}}
	st.Watch.SQL.LastSample = at
	return drill.Look{
		At: at, Up: 12 * time.Minute, Lag: &lag, View: &engine.View{State: st, Decision: decide.Decision{Verdict: decide.Nothing, Evidence: decide.EvidenceAlive, At: at}},
		Leads: []drill.Lead{{Region: "us-east-1"}, {Region: "eu-west-1", Host: "primary-db-dev.abc.us-east-1.rds.amazonaws.com"}},
		Apps:  []drill.AppLook{{ID: "primary-app", PerSecond: 1, Server: "primary-db-dev"}, {ID: "replica-app"}}, Broken: []string{"the peering is cut"},
	}
}

func TestScreen_ShowsWriterLagGuardDNSAndWrites(t *testing.T) {
	text := screen(reach(), look(), []string{"+12.0 s  guard  is at fence"}, false)
	for _, want := range []string{
		"OK: armed\n", "Writer:   primary-db-dev at the primary site", "Evidence: alive", "Lag:      0.4 s behind\n",
		"DNS:      db.db-dev.internal leads to no answer (in us-east-1), primary-db-dev (in eu-west-1)\n",
		"Writes:   primary-app         1.0 a second, to primary-db-dev\n", "replica-app         0 a second\n", "Broken:   the peering is cut\n",
		"Up:       12 min, simulated\n", "guard  is at fence\n",
	} {
		require.Contains(t, text, want)
	}
	silent := look()
	silent.Guard, silent.View, silent.Lag = errors.New("region eu-west-1 is lost"), nil, nil
	text = screen(reach(), silent, nil, false)
	require.Contains(t, text, "Guard:    no answer: region eu-west-1 is lost\n")
	require.Contains(t, text, "Lag:      no replica replays\n")
}

func TestReachText_LeadsToTheTwin(t *testing.T) {
	text := reachText(reach())
	for _, want := range []string{
		"export AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=OPERATOR AWS_SECRET_ACCESS_KEY=simulated", "bin/drctl guard status -e dev",
		"dig @127.1.2.3 -p 5353 db.db-dev.internal ", "port=5432 dbname=app user=application sslmode=verify-ca sslrootcert=/x/roots.pem",
	} {
		require.Contains(t, text, want)
	}
}

func TestBoard_WithoutATerminalPrintsALineForEachChange(t *testing.T) {
	var out strings.Builder
	b := &board{out: &out}
	l := look()
	b.line(reach(), l)
	l.At, l.Up, *l.Lag = l.At.Add(time.Second), l.Up+time.Second, 0.9
	b.line(reach(), l)
	require.Equal(t, "03:12:45Z  OK: armed | writer primary-db-dev | replica replays | db.db-dev.internal leads to no answer (in us-east-1), "+
		"primary-db-dev (in eu-west-1) | writes: primary-app to primary-db-dev\n", out.String())
	f := engine.Failover{ClaimedAt: l.At, Step: engine.StepFence, Deadline: l.At.Add(time.Hour)}
	for range 3 {
		l.View.State.Failover = &f
		l.View.Decision.At = l.View.Decision.At.Add(time.Second)
		b.line(reach(), l)
	}
	require.Equal(t, 2, strings.Count(out.String(), "\n"), "a length of time is no change:\n%s", &out)
	_, err := b.Write([]byte("+12.0 s  guard  is at fence\n"))
	require.NoError(t, err)
	require.Contains(t, out.String(), "is at fence\n")
}

func TestBoard_OnAScreenKeepsTheLastLines(t *testing.T) {
	b := &board{screen: true}
	for i := range 20 {
		_, err := fmt.Fprintf(b, "line %d\n", i)
		require.NoError(t, err)
	}
	require.Len(t, b.said, linesKept)
	require.Equal(t, "line 19", b.said[linesKept-1])
}
