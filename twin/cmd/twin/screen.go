package main

import (
	"fmt"
	"strings"

	"github.com/pgdr/pgdr/internal/cli"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guardclient"
	"github.com/pgdr/pgdr/twin/drill"
	"github.com/pgdr/pgdr/twin/drill/report"
)

// reachText says how to reach a live twin from a second terminal.
func reachText(r drill.Reach) string {
	home := r.Resolvers[r.Region]
	host, port, _ := strings.Cut(home, ":")
	dig := fmt.Sprintf("dig @%s -p %s %s", host, port, r.Name)
	var b strings.Builder
	fmt.Fprintf(&b, "The twin of %s is up; Ctrl-C takes it down. From a second terminal:\n", r.Environment)
	fmt.Fprintf(&b, "  export AWS_ENDPOINT_URL=%s AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_EC2_METADATA_DISABLED=true\n", r.AWS, r.Key, r.Secret)
	fmt.Fprintf(&b, "  bin/drctl guard status -e %s   # and each command of docs/runbook.md, with -e %s\n", r.Environment, r.Environment)
	fmt.Fprintf(&b, "  %s   # as applications in %s see it\n", dig, r.Region)
	fmt.Fprintf(&b, "  PGPASSWORD=%s psql \"host=%s hostaddr=$(%s +short | tail -1) port=%d dbname=%s user=%s sslmode=verify-ca sslrootcert=%s\"\n",
		r.Password, r.Name, dig, r.Port, r.Database, r.User, r.Roots)
	fmt.Fprintf(&b, "  bin/twin break lose-region primary   # bin/twin break lists the actions; bin/twin mend ends what they did\n")
	return b.String()
}

func target(r drill.Reach) guardclient.Target {
	return guardclient.Target{Environment: r.Environment, Region: r.Region, Flags: []string{"-e", r.Environment}}
}

// screen is one picture of a live twin.
func screen(r drill.Reach, look drill.Look, said []string, paint cli.Paint) string {
	var b strings.Builder
	if look.Guard != nil {
		fmt.Fprintf(&b, "Guard:    no answer: %v\n", look.Guard)
	} else {
		b.WriteString(guardclient.Status(target(r), *look.View, paint))
	}
	fmt.Fprintf(&b, "\nLag:      %s\n", lagText(look.Lag))
	fmt.Fprintf(&b, "DNS:      %s\n", leadsText(r, look))
	for i, a := range look.Apps {
		label := ""
		if i == 0 {
			label = "Writes:"
		}
		fmt.Fprintf(&b, "%-9s %-19s %s\n", label, a.ID, appText(a))
	}
	for i, what := range look.Broken {
		label := ""
		if i == 0 {
			label = "Broken:"
		}
		fmt.Fprintf(&b, "%-9s %s\n", label, what)
	}
	fmt.Fprintf(&b, "Up:       %s, simulated\n", report.Span(look.Up.Seconds()))
	if len(said) > 0 {
		b.WriteString("\n" + strings.Join(said, "\n") + "\n")
	}
	return b.String()
}

// lineText is what of a look is worth a line when it changes.
func lineText(r drill.Reach, look drill.Look) string {
	verdict, writer := "the guard does not answer", "not known"
	if look.Guard == nil {
		verdict, writer = guardclient.Judge(target(r), *look.View).String(), writerText(look.View)
	}
	var writes []string
	for _, a := range look.Apps {
		if a.Server != "" {
			writes = append(writes, a.ID+" to "+a.Server)
		}
	}
	return fmt.Sprintf("%s | writer %s | replica %s | %s | writes: %s", verdict, writer, streamText(look.Lag), leadsText(r, look), orNone(writes))
}

func orNone(all []string) string {
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

func writerText(v *engine.View) string {
	if v.State.Writer.Identifier == "" {
		return "not known"
	}
	return v.State.Writer.Identifier
}

func lagText(lag *float64) string {
	if lag == nil {
		return "no replica replays"
	}
	return report.Span(*lag) + " behind"
}

func streamText(lag *float64) string {
	if lag == nil {
		return "replays nothing"
	}
	return "replays"
}

func leadsText(r drill.Reach, look drill.Look) string {
	var all []string
	for _, l := range look.Leads {
		host := "no answer"
		if l.Host != "" {
			host, _, _ = strings.Cut(l.Host, ".")
		}
		all = append(all, host+" (in "+l.Region+")")
	}
	return r.Name + " leads to " + strings.Join(all, ", ")
}

func appText(a drill.AppLook) string {
	if a.Server == "" {
		return "0 a second"
	}
	return fmt.Sprintf("%.1f a second, to %s", a.PerSecond, a.Server)
}
