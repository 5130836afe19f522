package review

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
)

// automaticFailover and disasterRecovery are what a headline says is off.
const (
	automaticFailover = "automatic failover"
	disasterRecovery  = "disaster recovery"
)

// loosened says in numbers what the plans switch off or loosen, the worst first,
// one thing a line: "automatic failover OFF", "loss limit 1 min → 50 min".
func loosened(doc *Document) []string {
	lines := append(removed(doc), fewerAlarms(doc)...)
	for _, s := range settings {
		if s.words != "" {
			lines = append(lines, s.headlines(doc)...)
		}
	}
	slices.SortStableFunc(lines, func(a, b string) int { return cmp.Compare(leading(a), leading(b)) })
	return slices.Compact(lines)
}

// leading puts what is off altogether before numbers.
func leading(line string) int {
	switch {
	case strings.HasPrefix(line, "the database"):
		return 0
	case strings.HasPrefix(line, disasterRecovery):
		return 1
	case strings.HasPrefix(line, automaticFailover):
		return 2
	default:
		return 3
	}
}

// removed is what is off because what does it goes.
func removed(doc *Document) []string {
	var lines []string
	for i := range doc.Resources {
		r := &doc.Resources[i]
		line := ""
		switch {
		case r.Deposed:
		case r.Type == database:
			line = withoutDatabase(r)
		case r.Stack == Replica && slices.Contains([]string{guardKind, scheduleRule, scheduleTarget}, r.Type) && (r.Action == ActionDelete || disabled(r)):
			line = automaticFailover + " OFF"
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// withoutDatabase is what is off because a database goes, "" if it stays.
func withoutDatabase(r *Resource) string {
	gone := r.Action == ActionDelete
	switch {
	case r.Stack == Replica && r.Action == ActionReplace:
		return fmt.Sprintf("%s OFF until %s GB are copied across regions", disasterRecovery, cmp.Or(textAt(*r, "allocated_storage"), "all"))
	case r.Stack == Replica && (gone || promoted(r)):
		return disasterRecovery + " OFF"
	case r.Stack == Primary && (gone || r.Action == ActionReplace):
		return "the database " + textAt(*r, "identifier") + " is DELETED"
	}
	return ""
}

const (
	scheduleRule   = "aws_cloudwatch_event_rule"
	scheduleTarget = "aws_cloudwatch_event_target"
)

// promoted says that the plan takes the replica's source away.
func promoted(r *Resource) bool {
	return textOf(r.Before, "replicate_source_db") != "" && r.After != nil &&
		textOf(r.After, "replicate_source_db") == "" && !marked(r.Unknown["replicate_source_db"])
}

// disabled says that the plan stops the guard's schedule.
func disabled(r *Resource) bool {
	return r.Type == scheduleRule && r.Action == ActionUpdate &&
		(textOf(r.Before, "state") != "DISABLED" && textOf(r.After, "state") == "DISABLED" ||
			r.Before["is_enabled"] == true && r.After["is_enabled"] == false)
}

func textOf(side map[string]any, attribute string) string {
	text, _ := side[attribute].(string)
	return text
}

// fewerAlarms counts the alarms that notify, before and after.
func fewerAlarms(doc *Document) []string {
	before, after := 0, 0
	for i := range doc.Resources {
		r := &doc.Resources[i]
		if r.Type != alarmKind || r.Deposed {
			continue
		}
		if notifies(r.Before, nil) {
			before++
		}
		if notifies(r.After, r.Unknown) {
			after++
		}
	}
	if after >= before {
		return nil
	}
	return []string{fmt.Sprintf("alarms that notify %d → %d", before, after)}
}

func notifies(side, unknown map[string]any) bool {
	actions, _ := side["alarm_actions"].([]any)
	return side != nil && side["actions_enabled"] != false && (len(actions) > 0 || marked(unknown["alarm_actions"]))
}

// headlines are a setting's changes that protect less. What changes alike at both
// sites is one line.
func (s setting) headlines(doc *Document) []string {
	sites := map[string][]string{}
	var lines []string
	for i := range doc.Resources {
		r := &doc.Resources[i]
		if r.Type != s.kind || r.Deposed || r.Action != ActionUpdate && r.Action != ActionReplace {
			continue
		}
		before, after := s.of(r.Before), s.of(r.After)
		if before == after || !s.loosens(before, after) {
			continue
		}
		line := s.line(before, after)
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
		sites[line] = append(sites[line], r.Stack)
	}
	if s.kind != database && s.kind != group {
		return lines
	}
	for i, line := range lines {
		if len(sites[line]) == 1 {
			lines[i] = line + " (" + sites[line][0] + ")"
		}
	}
	return lines
}

// loosens compares a setting's values. A value that is not known loosens nothing
// here; the policies have a finding for it.
func (s setting) loosens(before, after string) bool {
	switch s.looser {
	case whenOff:
		return isOn(before) && after != "" && !isOn(after)
	case whenOn:
		return before != "" && !isOn(before) && isOn(after)
	}
	was, wasNumber := number(before)
	will, isNumber := number(after)
	switch {
	case !wasNumber || !isNumber:
		return false
	case s.kind == logGroup:
		return will != 0 && (was == 0 || will < was) // 0 is for ever
	case s.looser == whenLower:
		return will < was
	case s.looser == whenHigher:
		return will > was
	}
	return will != was
}

func number(text string) (float64, bool) {
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// isOn: "0" and "manual" are off, and so is no concurrency.
func isOn(value string) bool {
	switch value {
	case "", "0", "false", string(contract.ModeManual):
		return false
	}
	return true
}

func (s setting) line(before, after string) string {
	switch s.looser {
	case whenOff:
		return s.words + " OFF"
	case whenOn:
		return s.words + " ON"
	}
	if s.unit == "days" && after == "0" && s.kind != logGroup {
		return s.words + " OFF"
	}
	was, will := measured(before, s.unit), measured(after, s.unit)
	if unit := " " + s.unit; strings.HasSuffix(was, unit) && strings.HasSuffix(will, unit) {
		was = strings.TrimSuffix(was, unit) // "7 → 1 days"
	}
	return fmt.Sprintf("%s %s → %s", s.words, was, will)
}

// measured is a number with its unit.
func measured(value, unit string) string {
	n, err := strconv.Atoi(value)
	switch {
	case err != nil:
		return value
	case unit == "s":
		return span(time.Duration(n) * time.Second)
	case unit == "MiB" && n < 0:
		return "unlimited"
	case unit == "days" && n == 0:
		return "for ever"
	case unit == "":
		return value
	}
	return value + " " + unit
}

// span is a duration in the largest unit that it is a whole number of.
func span(d time.Duration) string {
	for _, u := range []struct {
		of   time.Duration
		word string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}} {
		if d >= u.of && d%u.of == 0 {
			return fmt.Sprintf("%d %s", d/u.of, u.word)
		}
	}
	return fmt.Sprintf("%d s", d/time.Second)
}
