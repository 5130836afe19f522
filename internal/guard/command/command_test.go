package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/readiness"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// recorder writes down what it was asked for, and answers with err.
type recorder struct {
	asked  []string
	err    error
	report engine.Report
}

func (r *recorder) ask(format string, args ...any) {
	r.asked = append(r.asked, fmt.Sprintf(format, args...))
}

func (r *recorder) Tick(_ context.Context, trigger string) engine.Report {
	r.ask("tick %s", trigger)
	return r.report
}
func (r *recorder) Status(context.Context) engine.View { r.ask("status"); return engine.View{} }
func (r *recorder) Look(_ context.Context, q *decide.Request) engine.View {
	r.ask("look %+v", *q)
	return engine.View{}
}
func (r *recorder) Order(_ context.Context, q decide.Request) (engine.View, error) {
	r.ask("order %+v", q)
	return engine.View{}, r.err
}
func (r *recorder) Pause(_ context.Context, p engine.Pause) error {
	r.ask("pause %s %q until %s", p.By, p.Reason, p.Until.Format(time.TimeOnly))
	return r.err
}
func (r *recorder) Resume(context.Context) error { r.ask("resume"); return r.err }
func (r *recorder) Arm(context.Context) (engine.View, error) {
	r.ask("arm")
	return engine.View{}, r.err
}
func (r *recorder) Disarm(context.Context) error { r.ask("disarm"); return r.err }

func (r *recorder) Abandon(_ context.Context, by string) error {
	r.ask("abandon by %s", by)
	return r.err
}
func (r *recorder) Adopt(_ context.Context, id string) error {
	r.ask("adopt %s", id)
	return r.err
}
func (r *recorder) History(_ context.Context, limit int) ([]engine.Entry, error) {
	r.ask("history %d", limit)
	return []engine.Entry{{ID: "f-1"}}, r.err
}
func (r *recorder) Check(context.Context) ([]readiness.Finding, error) {
	r.ask("check")
	return []readiness.Finding{{Check: readiness.CheckRecords, Verdict: readiness.OK}}, r.err
}

func handler(r *recorder) (*Handler, *bytes.Buffer) {
	var log bytes.Buffer
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return &Handler{
		Guard: r, Checker: r, Build: Build{Version: "1.2.3"}, Environment: "dev",
		Now: func() time.Time { return now }, Log: slog.New(slog.NewJSONHandler(&log, nil)),
	}, &log
}

func TestHandle_AsksTheGuardForJustWhatWasSaid(t *testing.T) {
	for in, want := range map[string][]string{
		`{"source":"aws.events","detail-type":"Scheduled Event"}`:                              {"tick tick"},
		`{"source":"aws.cloudwatch","alarmData":{"alarmName":"a-dev","state":{"value":"OK"}}}`: {"tick alarm a-dev=OK"},
		`{"action":"version"}`: nil,
		`{"action":"status"}`:  {"status"},
		`{"action":"check"}`:   {"check"},
		`{"action":"failover","by":"anna","force":true}`: {
			"order {By:anna Force:true AllowDataLoss:false Unfenced:false Unproven:false}", "tick command failover"},
		`{"action":"failover","dry_run":true,"force":true,"unfenced":true,"unproven":true,"allow_data_loss":true}`: {
			"look {By: Force:true AllowDataLoss:true Unfenced:true Unproven:true}"},
		`{"action":"pause","by":"anna","reason":"x","seconds":60}`: {`pause anna "x" until 12:01:00`},
		`{"action":"pause"}`:                  {`pause  "" until 00:00:00`},
		`{"action":"resume"}`:                 {"resume"},
		`{"action":"arm"}`:                    {"arm"},
		`{"action":"arm","writer":"db-A"}`:    {"adopt db-A"},
		`{"action":"disarm"}`:                 {"disarm"},
		`{"action":"abandon","by":"ann"}`:     {"abandon by ann"},
		`{"action":"history","limit":2}`:      {"history 2"},
		`{"action":"failover","force":"yes"}`: nil,
		`{"Records":[{"EventSource":"aws:sns","Sns":{"Message":"{\"action\":\"failover\"}"}}]}`: nil,
		`nonsense`: nil,
	} {
		t.Run(in, func(t *testing.T) {
			r := &recorder{}
			h, _ := handler(r)
			h.Handle(t.Context(), []byte(in))
			if diff := cmp.Diff(want, r.asked); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestHandle_DoesNotActOnAnOrderThatIsRefused(t *testing.T) {
	r := &recorder{err: refusal.New(refusal.PrimaryAlive, "it answers")}
	h, _ := handler(r)
	a := h.Handle(t.Context(), []byte(`{"action":"failover"}`))
	if a.Refusal == nil || a.Refusal.Name != refusal.PrimaryAlive || len(r.asked) != 1 {
		t.Fatalf("answer %+v, asked %v", a, r.asked)
	}
}

func TestHandle_AnOrderThatAnotherCarriesOutIsNoRefusal(t *testing.T) {
	held := refusal.New(refusal.LeaseHeld, "another is at work")
	r := &recorder{report: engine.Report{Refusal: &held}}
	h, _ := handler(r)
	if a := h.Handle(t.Context(), []byte(`{"action":"failover","force":true}`)); a.Refusal != nil || a.Report == nil {
		t.Fatalf("answer %+v", a)
	}
}

func TestHandle_AnswersEveryFailureByName(t *testing.T) {
	for _, action := range []string{"check", "failover", "pause", "resume", "arm", "disarm", "abandon", "history"} {
		for want, err := range map[refusal.Name]error{
			refusal.LedgerUnavailable: fmt.Errorf("wrapped: %w", refusal.New(refusal.LedgerUnavailable, "x")),
			refusal.CommandFailed:     errors.New("something else"),
		} {
			h, log := handler(&recorder{err: err})
			a := h.Handle(t.Context(), []byte(`{"action":"`+action+`"}`))
			if a.Refusal == nil || a.Refusal.Name != want || a.Refusal.Next == "" {
				t.Errorf("%s: answer %+v, want %s", action, a.Refusal, want)
			}
			if !strings.Contains(log.String(), string(want)) {
				t.Errorf("%s: the log does not name %s: %s", action, want, log)
			}
		}
	}
}

func TestHandle_LogsOneLineThatNoSenderCanBreak(t *testing.T) {
	h, log := handler(&recorder{})
	h.Handle(t.Context(), []byte(`{"action":"x\n{\"level\":\"forged\"}"}`))
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	var line map[string]any
	if len(lines) != 1 || json.Unmarshal([]byte(lines[0]), &line) != nil || line["refusal"] != "command-unknown" {
		t.Fatalf("log:\n%s", log)
	}
}

func TestHandle_CallsATickAsTheEngineKnowsIt(t *testing.T) {
	r := &recorder{}
	h, _ := handler(r)
	h.Handle(t.Context(), []byte(`{"source":"aws.events","detail-type":"Scheduled Event"}`))
	if len(r.asked) != 1 || r.asked[0] != "tick "+engine.ScheduleTick {
		t.Fatalf("asked %v", r.asked)
	}
}

func TestHandle_TellsItsVersion(t *testing.T) {
	h, _ := handler(&recorder{})
	a := h.Handle(t.Context(), []byte(`{"action":"version"}`))
	if a.Build == nil || a.Build.Version != "1.2.3" || a.Action != "version" {
		t.Fatalf("answer %+v", a)
	}
}

func TestHandle_TellsDryRunsFromTheRealThing(t *testing.T) {
	h, _ := handler(&recorder{})
	if a := h.Handle(t.Context(), []byte(`{"action":"failover","dry_run":true}`)); !a.DryRun || a.Report != nil {
		t.Fatalf("answer %+v", a)
	}
}
