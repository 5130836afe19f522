package engine

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/pgdr/pgdr/internal/docpage"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/spec"
)

const page = "../../../docs/guard.md"

// TestDocumentation_TellsDefaultsAndFixedMeasures holds two tables of docs/guard.md
// to the code; why each is what it is, the page says itself.
func TestDocumentation_TellsDefaultsAndFixedMeasures(t *testing.T) {
	var settings [][]string
	guard := reflect.ValueOf(spec.Default().Guard)
	for i := range guard.NumField() {
		field := guard.Type().Field(i).Tag.Get("yaml")
		if field == "witness_regions" || field == "memory_mib" || field == "log_retention_days" {
			continue // How it is deployed, not how it judges.
		}
		settings = append(settings, []string{"`" + field + "`", fmt.Sprintf("`%v`", guard.Field(i)), ""})
	}
	docpage.Rows(t, page, "settings", []string{"Setting", "Default", "Why"}, settings)

	var measures [][]string
	for _, m := range []struct {
		name  string
		value time.Duration
	}{
		{"SampleFresh", decide.SampleFresh},
		{"MaxGap", decide.MaxGap},
		{"StatusFresh", decide.StatusFresh},
		{"StatusCarry", decide.StatusCarry},
		{"RecoveryGrace", decide.RecoveryGrace},
		{"PositionFresh", decide.PositionFresh},
		{"ReceiverTimeoutMin", decide.ReceiverTimeoutMin},
		{"ReceiverTimeoutMax", decide.ReceiverTimeoutMax},
		{"ReadinessFresh", decide.ReadinessFresh},
		{"leaseTerm", leaseTerm},
		{"standByEvery", standByEvery},
		{"callTimeout", callTimeout},
		{"inspectTimeout", inspectTimeout},
		{"preflightFresh", preflightFresh},
		{"faultPatience", faultPatience},
		{"fencePatience", fencePatience},
		{"fenceGlance", fenceGlance},
		{"owedFresh", owedFresh},
		{"confirmPatience", confirmPatience},
		{"resendAfter", resendAfter},
		{"provePatience", provePatience},
		{"troubleAfter", troubleAfter},
		{"abandonAfter", abandonAfter},
		{"dnsSettles", dnsSettles},
		{"debtEvery", debtEvery},
		{"calmCooldown", calmCooldown},
		{"auditEvery", auditEvery},
		{"alarmEvery", alarmEvery},
		{"alarmPatience", alarmPatience},
		{"orderTerm", orderTerm},
	} {
		measures = append(measures, []string{m.name, m.value.String(), ""})
	}
	docpage.Rows(t, page, "measures", []string{"Measure", "Value", "Why"}, measures)
}
