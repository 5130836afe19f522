package drill

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/event"
	"github.com/pgdr/pgdr/internal/guard/refusal"
	"github.com/pgdr/pgdr/twin/diagnose"
	"github.com/pgdr/pgdr/twin/drill/scenario"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
)

// Vocabulary is what scenarios may name.
func Vocabulary() scenario.Vocabulary {
	v := scenario.Vocabulary{
		Actions: map[string][]string{}, Values: values(), Conditions: slices.Sorted(maps.Keys(conditions())), Words: words(),
		Together: map[string]func(map[string]string) string{"stutter": partOfWhole, "fail-api": ignorable},
		Refusals: texts(refusal.All()), Steps: steps(), Evidence: evidence(), Services: services, Faults: diagnose.Named(diagnose.Fault), Warnings: diagnose.Named(diagnose.Warning),
	}
	for name, a := range actions() {
		v.Actions[name] = a.takes
	}
	return v
}

// check returns what would be right, "" for a value that is.
type check = func(value string) (want string)

// values check the arguments of actions.
func values() map[string]check {
	return map[string]check{
		"role": among(contract.RolePrimary, contract.RoleReplica), "status": among(statuses...), "steps": stepList, "action": matching(permission, "an action of IAM such as rds:PromoteReadReplica"),
		"region": among(append([]string{"{primary}", "{replica}"}, sim.Regions()...)...), "service": serviceValue, "how": wayValue,
		"times": number(1, 1000), "seconds": number(1, 900), "event": commandValue,
		"down": duration, "up": duration, "for": duration, "of": duration,
	}
}

// words check what follows the colon of a condition.
func words() map[string]check {
	return map[string]check{
		"step:": among(steps()...), "refused:": among(texts(refusal.All())...), "writes:": among(scenario.Apps...), "moved:": among(scenario.Apps...),
		"alarm:": matching(alarmName, "an alarm's name such as unprotected-{environment}"),
	}
}

var (
	permission = regexp.MustCompile(`^[a-z0-9-]+:[A-Z][A-Za-z]+$`)
	alarmName  = regexp.MustCompile(`^[a-z][a-z0-9-]*(\{environment\})?$`)
)

// statuses that RDS may give an instance.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
var statuses = []string{
	"available", "backing-up", "configuring-enhanced-monitoring", "converting-to-vpc", "creating", "deleting", "failed",
	"inaccessible-encryption-credentials", "incompatible-network", "incompatible-parameters", "incompatible-restore",
	"insufficient-capacity", "maintenance", "modifying", "moving-to-vpc", "rebooting", "renaming", "resetting-master-credentials",
	"restore-error", "starting", "stopped", "stopping", "storage-config-upgrade", "storage-full", "storage-initialization",
	"storage-optimization", "upgrading",
}

// steps of a failover in which the guard can be.
func steps() []string {
	return texts([]engine.Step{
		engine.StepClaim, engine.StepPreflight, engine.StepFence, engine.StepConfirm, engine.StepPromote, engine.StepAwait, engine.StepVerify,
		engine.StepSwitch, engine.StepPosture, engine.StepSecret, engine.StepNotify, engine.StepDone, engine.StepAbort,
	})
}

// evidence on which a failover may be decided.
func evidence() []string {
	return texts([]decide.Evidence{
		decide.EvidenceAlive, decide.EvidenceNotWritable, decide.EvidenceFailed, decide.EvidenceUnreachable, decide.EvidenceSilent,
		decide.EvidenceIsolated, decide.EvidenceIncomplete,
	})
}

// texts are names as scenarios write them.
func texts[T ~string](names []T) []string {
	all := make([]string, 0, len(names))
	for _, name := range names {
		all = append(all, string(name))
	}
	return all
}

func among(known ...string) check {
	return func(value string) string {
		if slices.Contains(known, value) {
			return ""
		}
		return "one of " + strings.Join(known, ", ")
	}
}

func matching(pattern *regexp.Regexp, want string) check {
	return func(value string) string {
		if pattern.MatchString(value) {
			return ""
		}
		return want
	}
}

func number(least, most int) check {
	return func(value string) string {
		if n, err := strconv.Atoi(value); err == nil && n >= least && n <= most {
			return ""
		}
		return fmt.Sprintf("a number from %d to %d", least, most)
	}
}

func duration(value string) string {
	if d, err := time.ParseDuration(value); err == nil && d > 0 {
		return ""
	}
	return "a duration such as 90s or 15m"
}

func stepList(value string) string {
	for step := range strings.SplitSeq(value, ",") {
		if !slices.Contains(steps(), step) {
			return fmt.Sprintf("steps with commas between them, each one of %s; %q is none", strings.Join(steps(), ", "), step)
		}
	}
	return ""
}

func serviceValue(value string) string {
	return among(append([]string{allServices}, services...)...)(value)
}

func wayValue(value string) string { return among(slices.Sorted(maps.Keys(ways))...)(value) }

// commandValue wants what the guard takes for a command.
func commandValue(value string) string {
	e := event.Parse([]byte(value), "drill")
	switch {
	case e.Kind == event.Order:
		return ""
	case e.Refusal != nil:
		return "a command of the guard, which says: " + e.Refusal.Error()
	}
	return "a command of the guard (docs/guard.md)"
}

// ignorable wants a service that keeps nothing besides the account, where calls
// are to have no effect.
func ignorable(with map[string]string) string {
	if with["how"] != "ignored" || slices.Contains([]string{api.EC2, api.RDS}, with["service"]) {
		return ""
	}
	return fmt.Sprintf("with.how: found ignored for %s, want it for %s or %s", with["service"], api.EC2, api.RDS)
}

// partOfWhole wants stutter to fail for a part of the time.
func partOfWhole(with map[string]string) string {
	part, err := time.ParseDuration(with["for"])
	if err != nil {
		return "with.for: " + err.Error()
	}
	whole, err := time.ParseDuration(with["of"])
	switch {
	case err != nil:
		return "with.of: " + err.Error()
	case whole <= part:
		return fmt.Sprintf("with.of: found %s, want more than for, %s", whole, part)
	}
	return ""
}
