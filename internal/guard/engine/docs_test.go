package engine

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/spec"
)

// row is a line of a table in docs/guard.md: name, value, reason.
var row = regexp.MustCompile("(?m)^\\| `?([A-Za-z_]+)`? \\| `?([A-Za-z0-9]+)`? \\| ([^|]+) \\|$")

// tableOf reads the rows of one section.
func tableOf(t *testing.T, from, to string) map[string]string {
	t.Helper()
	page, err := os.ReadFile("../../../docs/guard.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(page), from)
	if !ok {
		t.Fatalf("docs/guard.md has no %q", from)
	}
	section, _, _ := strings.Cut(after, to)
	rows := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(section, -1) {
		if len(m[3]) < 20 && m[3] != "Why" {
			t.Errorf("%s: the reason is %q", m[1], m[3])
		}
		rows[m[1]] = m[2]
	}
	return rows
}

func TestDocumentation_TellsEveryDefaultOfThePolicy(t *testing.T) {
	told := tableOf(t, "## Settings and their defaults", "Fixed measures")
	guard := reflect.ValueOf(spec.Default().Guard)
	for i := range guard.NumField() {
		field := guard.Type().Field(i).Tag.Get("yaml")
		if field == "witness_regions" || field == "memory_mib" || field == "log_retention_days" {
			continue // How it is deployed, not how it judges.
		}
		if want := fmt.Sprint(guard.Field(i)); told[field] != want {
			t.Errorf("docs/guard.md says %s is %q, it is %s", field, told[field], want)
		}
		delete(told, field)
	}
	for field := range told {
		if field != "Setting" {
			t.Errorf("docs/guard.md tells of the setting %q, which there is not", field)
		}
	}
}

func TestDocumentation_TellsEveryFixedMeasure(t *testing.T) {
	told := tableOf(t, "Fixed measures", "## Refusals")
	for name, value := range map[string]time.Duration{
		"SampleFresh": decide.SampleFresh, "MaxGap": decide.MaxGap, "StatusFresh": decide.StatusFresh,
		"StatusCarry": decide.StatusCarry, "RecoveryGrace": decide.RecoveryGrace, "PositionFresh": decide.PositionFresh,
		"ReceiverTimeoutMin": decide.ReceiverTimeoutMin, "ReceiverTimeoutMax": decide.ReceiverTimeoutMax,
		"ReadinessFresh": decide.ReadinessFresh, "leaseTerm": leaseTerm, "standByEvery": standByEvery, "callTimeout": callTimeout,
		"inspectTimeout": inspectTimeout, "preflightFresh": preflightFresh, "fencePatience": fencePatience, "faultPatience": faultPatience,
		"owedFresh": owedFresh, "fenceGlance": fenceGlance, "confirmPatience": confirmPatience, "resendAfter": resendAfter, "abandonAfter": abandonAfter,
		"provePatience": provePatience, "troubleAfter": troubleAfter, "debtEvery": debtEvery, "calmCooldown": calmCooldown, "auditEvery": auditEvery, "orderTerm": orderTerm,
	} {
		if told[name] != value.String() {
			t.Errorf("docs/guard.md says %s is %q, it is %s", name, told[name], value)
		}
		delete(told, name)
	}
	for name := range told {
		if name != "Measure" {
			t.Errorf("docs/guard.md tells of the measure %q, which there is not", name)
		}
	}
}
