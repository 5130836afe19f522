package review_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/cli"
	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
	"github.com/pgdr/pgdr/spec"
)

// reviewOf is the review of a recording.
func reviewOf(t *testing.T, recording string) *review.Review {
	t.Helper()
	plans, err := recordings.Read(recording, stacks...)
	require.NoError(t, err)
	return reviewedOnce(t, recording, plans)
}

func TestReview_SaysOnTopInNumbersWhatIsLoosened(t *testing.T) {
	for recording, want := range map[string][]string{
		"bad/guard-manual":            {"automatic failover OFF"},
		"bad/schedule-disabled":       {"automatic failover OFF"},
		"bad/guard-lossy":             {"loss limit 1 min → 1 h"},
		"bad/backups-shorter":         {"backups 7 → 1 days (primary)"},
		"bad/backups-off":             {"backups OFF (primary)"},
		"bad/multi-az-off":            {"Multi-AZ OFF (primary)"},
		"bad/tls-off":                 {"forced TLS OFF (primary)"},
		"bad/wal-unbounded":           {"WAL kept for a replica that is away 20480 MiB → unlimited (primary)"},
		"bad/deletion-protection-off": {"deletion protection OFF (primary)"},
		"bad/replica-removed":         {"disaster recovery OFF", "alarms that notify 14 → 4"},
		"bad/replica-replaced":        {"disaster recovery OFF until 100 GB are copied across regions"},
		"bad/alarm-removed":           {"alarms that notify 14 → 13"},
		"bad/public":                  {"public access to the database ON (primary)"},
		"bad/guard-log-short":         {"logs 90 → 1 days"},
		"harmless/backups-longer":     {},
		"harmless/log-kept-longer":    {},
		"harmless/ttl-shorter":        {},
		"harmless/storage-grown":      {},
		"unchanged/failed-over":       {},
	} {
		t.Run(recording, func(t *testing.T) {
			got := reviewOf(t, recording).Loosened
			for i, line := range want { // of the numbers of alarms only the fall is this project's
				if fell, isAlarms := strings.CutPrefix(line, "alarms that notify "); isAlarms {
					require.Len(t, got, len(want), "%v, not %s", got, fell)
					require.Regexp(t, `^alarms that notify \d+ → \d+$`, got[i])
					continue
				}
				require.Contains(t, got, line)
			}
			require.Len(t, got, len(want))
		})
	}
}

// More than three things are one line, and the worst is first.
func TestReview_HasThreeLinesOnTop(t *testing.T) {
	plans, err := recordings.Read("bad/guard-manual", stacks...)
	require.NoError(t, err)
	document, err := plantest.Decode(plans[review.Replica])
	require.NoError(t, err)
	for _, r := range document.(map[string]any)["resource_changes"].([]any) {
		change := r.(map[string]any)
		if change["type"] != "aws_lambda_function" {
			continue
		}
		var edits []plantest.Edit
		for name, value := range map[string]string{"PGDR_MAX_DATA_LOSS_SECONDS": "3000", "PGDR_COOLDOWN_SECONDS": "7200", "PGDR_REGION_SILENT_SECONDS": "90"} {
			edits = append(edits, plantest.Edit{At: []any{"change", "after", "environment", 0, "variables", name}, Set: value})
		}
		edited, err := plantest.Apply(change, edits)
		require.NoError(t, err)
		change["change"] = edited.(map[string]any)["change"]
	}
	plans[review.Replica], err = json.Marshal(document)
	require.NoError(t, err)
	r := reviewed(t, plans)
	require.Equal(t, []string{"automatic failover OFF", "loss limit 1 min → 50 min", "wait for a silent region 2 min → 90 s", "pause between failovers 1 h → 2 h"}, r.Loosened)
	require.Contains(t, page(t, r), "- **Automatic failover OFF**\n- **Loss limit 1 min → 50 min**\n"+
		"- **Wait for a silent region 2 min → 90 s; and 1 more: pause between failovers 1 h → 2 h**\n\n")
}

func TestReview_SaysWhetherAChangeCanBeUndone(t *testing.T) {
	for recording, want := range map[string]struct {
		reversal review.Reversal
		why      string
	}{
		"bad/backups-shorter":        {review.Irreversible, "RDS deletes the older backups"},
		"harmless/backups-longer":    {review.Reversible, ""},
		"harmless/storage-grown":     {review.Irreversible, "RDS cannot shrink a volume"},
		"bad/everything-destroyed":   {review.Irreversible, "lost is every row in it"},
		"bad/multi-az-off":           {review.Reversible, ""},
		"bad/unknown-kind":           {review.ReversalUnknown, "this kind of resource is not known here"},
		"bad/guard-log-short":        {review.Irreversible, "CloudWatch deletes the older lines"},
		"harmless/log-kept-longer":   {review.Reversible, ""},
		"bad/version-major":          {review.Irreversible, "PostgreSQL cannot go back to an older version"},
		"bad/ledger-not-recoverable": {review.Irreversible, "DynamoDB deletes the restore points"},
	} {
		t.Run(recording, func(t *testing.T) {
			first := reviewOf(t, recording).Changes[0]
			require.Equal(t, want.reversal, first.Reversal, first.Sentence)
			require.Equal(t, want.why, first.Why, first.Sentence)
		})
	}
	require.Contains(t, page(t, reviewOf(t, "bad/everything-destroyed")), "but for a final snapshot (irreversible: lost is every row in it)")
	replaced := page(t, reviewOf(t, "bad/replica-replaced"))
	require.Contains(t, replaced, "To undo: 1 irreversible, 3 unknown, 0 reversible.")
	require.Contains(t, replaced, "environment … → (known after apply) (unknown whether reversible)")
}

func TestReview_SortsFindingsByHarm(t *testing.T) {
	for _, p := range engine(t).Policies {
		require.Contains(t, review.Harms(), p.ID, "has no place in the order of harm")
	}
	require.Len(t, review.Harms(), len(engine(t).Policies))

	findings := reviewOf(t, "bad/everything-destroyed").Findings
	require.Equal(t, "stateful-destroyed", findings[0].Policy)
	require.Contains(t, findings[0].Message, "the primary primary-db-prod", "the database before what is around it")
	rank := func(policy string) int { return slices.Index(review.Harms(), policy) }
	for i := 1; i < len(findings); i++ {
		if findings[i].Severity == findings[i-1].Severity {
			require.LessOrEqual(t, rank(findings[i-1].Policy), rank(findings[i].Policy), "%s after %s", findings[i].Policy, findings[i-1].Policy)
		}
	}
}

func TestReview_ShowsParametersByTheirNames(t *testing.T) {
	require.Contains(t, page(t, reviewOf(t, "bad/tls-off")), "is changed: parameter rds.force_ssl 1 → 0 (reversible)")
	require.Contains(t, page(t, reviewOf(t, "bad/wal-unbounded")), "parameter max_slot_wal_keep_size 20480 → -1")
}

func TestReview_SaysThatStorageCannotShrink(t *testing.T) {
	got := page(t, reviewOf(t, "bad/storage-shrunk"))
	require.Contains(t, got, "The primary primary-db-prod: the volume has 100 GiB, and the configuration asks for 50. RDS cannot shrink a volume.")
	require.Contains(t, got, "A smaller one needs a new instance")
}

// Also where the mode is manual already, and no plan changes it.
func TestReview_SaysThatNothingFailsOverByItselfInModeManual(t *testing.T) {
	require.Contains(t, page(t, reviewOf(t, "bad/guard-manual")), "in mode manual nothing fails over by itself")
	const stays = "The guard's mode is and stays manual: nothing fails over by itself."
	require.NotContains(t, page(t, reviewOf(t, "bad/guard-manual")), stays)
	plans, err := recordings.Read("unchanged/as-deployed", stacks...)
	require.NoError(t, err)
	for role, raw := range plans {
		plans[role] = []byte(strings.ReplaceAll(string(raw), `"PGDR_MODE":"automatic"`, `"PGDR_MODE":"manual"`))
	}
	require.Contains(t, page(t, reviewed(t, plans)), stays)
}

// A change has a line above or a row below, never both.
func TestMarkdown_PrintsNoListTwice(t *testing.T) {
	for _, recording := range []string{"bad/multi-az-off", "bad/everything-destroyed", "harmless/tags", "bad/replica-replaced"} {
		r := reviewOf(t, recording)
		got := page(t, r)
		for _, c := range r.Changes {
			require.LessOrEqual(t, strings.Count(got, c.Sentence+" ("), 1, c.Sentence)
			if strings.Contains(got, "- "+c.Stack+": "+c.Sentence) {
				require.NotContains(t, got, "| "+c.Sentence+" |", recording)
			}
		}
		require.NotContains(t, got, "All 1 changes")
	}
	require.NotContains(t, page(t, reviewOf(t, "bad/multi-az-off")), "<details>", "its one change has a line")
	require.Contains(t, page(t, reviewOf(t, "bad/everything-destroyed")), "<summary>68 other changes</summary>")
	require.Contains(t, page(t, reviewOf(t, "harmless/new-output")), "primary: 1 output changes;")
}

func TestText_HasColourWhereItCarriesMeaning(t *testing.T) {
	r := reviewOf(t, "bad/backups-shorter")
	plain, coloured := review.Text(r, false), review.Text(r, true)
	require.NotContains(t, plain, "\x1b")
	require.True(t, strings.HasPrefix(plain, "Plan review of prod: NEEDS A HUMAN\n  Backups 7 → 1 days (primary)\n"), plain)
	require.Contains(t, plain, "  primary: the primary primary-db-prod is changed: backup_retention_period 7 → 1 (irreversible: RDS deletes the older backups)\n")
	require.Contains(t, coloured, "\x1b[1;33mNEEDS A HUMAN\x1b[0m\n  \x1b[1;31mBackups 7 → 1 days (primary)\x1b[0m\n")
	require.Contains(t, coloured, "\x1b[1;31m(irreversible: RDS deletes the older backups)\x1b[0m\n")
	require.Equal(t, plain, strings.NewReplacer("\x1b[1;33m", "", "\x1b[1;31m", "", "\x1b[0m", "").Replace(coloured))
	require.Contains(t, review.Text(reviewOf(t, "unchanged/as-deployed"), cli.Paint(true)), "\x1b[1;32mCLEAN\x1b[0m")
}

// The author of a pull request writes names and tags, also what a terminal obeys.
func TestText_TakesNoEscapeFromAPlan(t *testing.T) {
	const evil = "\x1b[2J\x1b[1;32mCLEAN\u202e\u009b1m\n## next"
	raw := primaryPlan(t, changing("a", evil, map[string]any{}, map[string]any{})...)
	got := review.Text(reviewed(t, map[string][]byte{review.Primary: raw}), false)
	require.Contains(t, got, "\uFFFD[2J\uFFFD[1;32mCLEAN\uFFFD\uFFFD1m ## next")
	for _, c := range []string{"\x1b", "\u202e", "\u009b"} {
		require.NotContains(t, got, c)
	}
}

// A finding names the field that set what it is about; where the project is known,
// also file and line.
func TestReview_NamesTheFieldOfTheConfiguration(t *testing.T) {
	for recording, field := range map[string]string{
		"bad/guard-lossy":             "guard.max_data_loss_seconds",
		"bad/guard-manual":            "guard.mode",
		"bad/backups-shorter":         "database.backup_retention_days",
		"bad/multi-az-off":            "database.multi_az",
		"bad/deletion-protection-off": "disposable",
		"bad/wal-unbounded":           "database.max_slot_wal_keep_mib",
		"bad/storage-shrunk":          "database.allocated_storage_gib",
		"bad/class-smaller":           "database.instance_class",
		"bad/guard-log-short":         "guard.log_retention_days",
		"bad/alarm-late":              "monitoring.free_storage_gib",
		"bad/public":                  "",
	} {
		t.Run(recording, func(t *testing.T) {
			plans, err := recordings.Read(recording, stacks...)
			require.NoError(t, err)
			doc := planned(t, plans)
			r, err := review.New(t.Context(), engine(t), doc)
			require.NoError(t, err)
			require.Equal(t, field, r.Findings[0].Source, "without the project")
			if field == "" {
				return
			}
			r.Locate(doc, &review.Project{Origins: map[string]string{field: "environments/prod.yaml:14"}})
			require.Equal(t, "environments/prod.yaml:14 "+field, r.Findings[0].Source)
			require.Contains(t, page(t, r), "<sub>`environments/prod.yaml:14 "+field+"` · ")
			require.Contains(t, review.Text(r, false), "      set by environments/prod.yaml:14 "+field+"\n")
			r.Locate(doc, &review.Project{})
			require.Equal(t, field+" (its default)", r.Findings[0].Source)
		})
	}
}

// Each field that the table names is one of the configuration.
func TestSettings_NameFieldsOfTheConfiguration(t *testing.T) {
	project := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(project, "environments"), 0o750))
	for _, field := range review.SettingFields() {
		file := filepath.Join(project, "environments", "x.yaml")
		var text strings.Builder
		steps := strings.Split(strings.ReplaceAll(field, "{stack}", review.Primary), ".")
		for i, step := range steps {
			text.WriteString(strings.Repeat("  ", i) + step + ":\n")
		}
		require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o600))
		_, err := spec.Load(spec.LoadOptions{Dir: project, Environment: "x"})
		require.NoError(t, err, field) // a key without a value keeps the default; an unknown one is a fault
	}
	require.Greater(t, len(review.SettingFields()), 25)
}

func TestReview_GivesEachFindingAnIDInWords(t *testing.T) {
	ids := func(recording string) []string {
		var list []string
		for _, f := range reviewOf(t, recording).Findings {
			list = append(list, f.ID)
		}
		return list
	}
	require.Equal(t, []string{"guard-policy/replica/guard/function#PGDR_MODE"}, ids("bad/guard-manual"))
	require.Equal(t, []string{"backups/primary/database/instance#backup_retention_period"}, ids("bad/backups-shorter"))
	require.Contains(t, ids("bad/replica-replaced"), "encryption/replica/database/instance#kms_key_id")
	for _, recording := range []string{"bad/everything-destroyed", "bad/vpc-renumbered"} {
		list := ids(recording)
		slices.Sort(list)
		require.Equal(t, slices.Compact(slices.Clone(list)), list, "an id twice")
		for _, id := range list {
			require.NotRegexp(t, `_[0-9A-F]{8}`, id)
		}
	}
}

func TestReview_AsksAHumanAboveTheCostLimit(t *testing.T) {
	judge := func(recording, class string, limit int) *review.Review {
		plans, err := recordings.Read(recording, stacks...)
		require.NoError(t, err)
		if class != "" {
			for role, raw := range plans {
				plans[role] = []byte(strings.ReplaceAll(string(raw), "db.r6g.xlarge", class))
			}
		}
		doc := planned(t, plans)
		doc.Cost.Limit = limit
		r, err := review.New(t.Context(), engine(t), doc)
		require.NoError(t, err)
		return r
	}
	above := judge("bad/class-smaller", "", 300)
	require.True(t, found(above, "cost-limit", review.Human))
	require.Contains(t, page(t, above), "The plan adds about 328 USD a month, and review.cost_limit_usd is 300.")
	require.Contains(t, page(t, above), "without traffic (limit of a plan: 300)")
	require.False(t, found(judge("bad/class-smaller", "", 329), "cost-limit", ""), "within the limit")
	require.False(t, found(judge("bad/class-smaller", "", 0), "cost-limit", ""), "no limit")
	require.False(t, found(judge("bad/multi-az-off", "", 1), "cost-limit", ""), "it saves")
	unpriced := judge("bad/class-smaller", "db.m5.xlarge", 100000)
	require.True(t, found(unpriced, "cost-limit", review.Human))
	require.Contains(t, page(t, unpriced), "is not known: the primary primary-db-prod: the price of db.m5.xlarge is not known here")
}
