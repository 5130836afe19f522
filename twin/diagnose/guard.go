package diagnose

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/spec"
	"github.com/pgdr/pgdr/twin/sim"
)

// lookAtGuard looks at where the guard runs.
func (s *survey) lookAtGuard() {
	name := s.guardName()
	if s.guard.Region != s.config.Replica.Region {
		s.find("guard-region", name, "it is in %s, the replica in %s", s.guard.Region, s.config.Replica.Region)
	}
	for _, region := range s.config.WitnessRegions {
		if !sim.HasRegion(region) {
			s.find("witness", name, "%s names %s, which the account does not have", contract.VarWitnesses, region)
		}
	}
	if t, want := s.guard.Attrs.Int("timeout"), int(contract.GuardTimeout.Seconds()); t != want {
		s.find("guard-time", name, "its time-out is %d s, want %d", t, want)
	}
	if m := s.guard.Attrs.Int("memory_size"); m < minMemory {
		s.find("guard-memory", name, "it has %d MB, want %d or more", m, minMemory)
	}
	s.lookAtProgram(name)
	group := s.guard.Attrs.Block("logging_config").Str("log_group")
	if s.tx.Get("aws_cloudwatch_log_group", s.guard.Region, group) == nil {
		s.find("guard-log", name, "there is no log group %s in %s", group, s.guard.Region)
	}
	s.lookAtGuardsSubnets()
}

// minMemory in MB: with less the function has less of a processor too, and its
// looks take longer than they may (docs/performance.md).
const minMemory = 256

// lookAtProgram: the archive holds an arm64 program, and nothing else can run
// it. A drill runs a build of this machine's, and would not notice.
func (s *survey) lookAtProgram(name string) {
	a := s.guard.Attrs
	if got := a.Strings("architectures"); !slices.Equal(got, []string{"arm64"}) {
		s.find("guard-program", name, "its architecture is %v, its program's arm64", got)
	}
	if got := a.Str("runtime"); !strings.HasPrefix(got, "provided.") {
		s.find("guard-program", name, "its runtime is %q, which does not start a program", got)
	}
	if n := a.Int("reserved_concurrent_executions"); a.Has("reserved_concurrent_executions") && n >= 0 && n < contract.GuardInvocations {
		s.find("guard-program", name, "its concurrency is reserved as %d, want %d or more: the next invocation stands by while one watches", n, contract.GuardInvocations)
	}
}

// lookAtGuardsSubnets: the fence admits ranges, so these must be the guard's
// alone.
func (s *survey) lookAtGuardsSubnets() {
	name := s.guardName()
	interfaces, err := s.networks.OfFunction(s.guard)
	if err != nil {
		s.find("guard-network", name, "%s", err)
		return
	}
	if s.replica.db != nil && interfaces[0].VPC != s.replica.vpc {
		s.find("guard-network", name, "it is in VPC %s, the replica in %s", interfaces[0].VPC, s.replica.vpc)
	}
	var own []netip.Prefix
	for _, i := range interfaces {
		subnet := s.tx.Get(typeSubnet, i.Region, i.Subnet)
		p, err := netip.ParsePrefix(subnet.Attrs.Str("cidr_block"))
		if err != nil {
			continue // the interface could not have been placed
		}
		own = append(own, p)
		if !slices.Contains(s.config.GuardCIDRs, p) {
			s.find("guard-cidrs", name, "its subnet %s (%s) is not in %s: there it would be behind its own fence", nameOf(subnet), p, contract.VarGuardCIDRs)
		}
	}
	for _, p := range s.config.GuardCIDRs {
		if !slices.Contains(own, p) {
			s.find("guard-cidrs", name, "%s has %s, which is the range of none of its subnets: the fence would let it through", contract.VarGuardCIDRs, p)
		}
	}
}

// lookAtSchedule looks for the tick.
func (s *survey) lookAtSchedule() {
	name := s.guardName()
	targets := 0
	for _, target := range s.tx.List("aws_cloudwatch_event_target", s.guard.Region) {
		if target.Attrs.Str("arn") != s.guard.ARN() {
			continue
		}
		rule := s.tx.Get("aws_cloudwatch_event_rule", target.Region, target.Attrs.Str("rule"))
		if rule == nil || !rule.Attrs.Has("schedule_expression") {
			continue
		}
		targets++
		subject := "rule " + rule.ID
		if rule.Attrs.Str("state") == "DISABLED" {
			s.find("schedule", subject, "it is disabled")
		}
		if every := rule.Attrs.Str("schedule_expression"); every != contract.Tick {
			s.find("schedule-rate", subject, "it runs at %s", every)
		}
		if target.Attrs.Has("input") || target.Attrs.Has("input_path") || target.Attrs.Block("input_transformer") != nil {
			s.find("schedule", subject, "its target changes the event: the guard does not know it as a tick")
		}
		if problem := s.invokes("events.amazonaws.com", rule.ARN()); problem != "" {
			s.find("schedule", subject, "%s", problem)
			continue
		}
		s.fact(subject, "starts %s: %s", name, rule.Attrs.Str("schedule_expression"))
	}
	if targets == 0 {
		s.find("schedule", name, "no rule with a schedule has it as its target")
	}
}

// invokes says why a service may not invoke the guard for a source, "" if it
// may.
// https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
func (s *survey) invokes(service, source string) string {
	for _, p := range s.permissions() {
		a := p.Attrs
		action := a.Str("action") == "lambda:InvokeFunction" || a.Str("action") == "lambda:*" || a.Str("action") == "*"
		of := (!a.Has("source_arn") || a.Str("source_arn") == source) && (!a.Has("source_account") || a.Str("source_account") == s.tx.Account())
		if action && a.Str("principal") == service && of {
			return ""
		}
	}
	return "no permission of " + s.guard.ID + " lets " + service + " invoke it for " + source
}

// permissions are those of the guard itself, not of a version of it.
func (s *survey) permissions() []*sim.Resource {
	var out []*sim.Resource
	for _, p := range s.tx.List("aws_lambda_permission", s.guard.Region) {
		if functionName(p.Attrs.Str("function_name")) == s.guard.ID && !p.Attrs.Has("qualifier") {
			out = append(out, p)
		}
	}
	return out
}

// functionName is the name of a function; ref is its name or ARN.
func functionName(ref string) string {
	if arn, ok := sim.ParseARN(ref); ok {
		ref = strings.TrimPrefix(arn.Resource, "function:")
	}
	return ref
}

// lookAtInvokers: who may invoke the guard, and has no part in it.
func (s *survey) lookAtInvokers() {
	services := []string{"events.amazonaws.com", spec.SNSPrincipal(s.primary.region), spec.SNSPrincipal(s.replica.region)}
	for _, p := range s.permissions() {
		switch a := p.Attrs; {
		case !slices.Contains(services, a.Str("principal")):
			s.find("function-invoker", "permission "+p.ID, "it lets %s invoke the guard", a.Str("principal"))
		case !a.Has("source_arn"):
			s.find("function-invoker", "permission "+p.ID, "it lets %s invoke the guard for whatever source", a.Str("principal"))
		}
	}
}

// lookAtFailures: what the guard could not handle must reach a person.
func (s *survey) lookAtFailures() {
	name := s.guardName()
	for _, c := range s.tx.List("aws_lambda_function_event_invoke_config", s.guard.Region) {
		if functionName(c.Attrs.Str("function_name")) != s.guard.ID || c.Attrs.Has("qualifier") {
			continue
		}
		if to := c.Attrs.Block("destination_config").Block("on_failure").Str("destination"); to != s.config.NoticeTopicARN {
			s.find("failure-unheard", name, "events that fail go to %q, the notices to %s", to, s.config.NoticeTopicARN)
		}
		return
	}
	s.find("failure-unheard", name, "it has no destination for events that fail")
}

// lookAtLedger looks at the guard's memory.
func (s *survey) lookAtLedger() {
	name := "table " + s.config.LedgerTable
	table := s.tx.FindBy("aws_dynamodb_table", s.config.Replica.Region, "name", s.config.LedgerTable)
	if table == nil {
		s.find("ledger-missing", name, "it is not there in %s", s.config.Replica.Region)
		return
	}
	a := table.Attrs
	types := map[string]string{}
	for _, attribute := range a.Blocks("attribute") {
		types[attribute.Str("name")] = attribute.Str("type")
	}
	if a.Str("hash_key") != contract.LedgerPartitionKey || a.Str("range_key") != contract.LedgerSortKey ||
		types[contract.LedgerPartitionKey] != "S" || types[contract.LedgerSortKey] != "S" {
		s.find("ledger-shape", name, "its keys are %q and %q, of types %q and %q", a.Str("hash_key"), a.Str("range_key"), types[a.Str("hash_key")], types[a.Str("range_key")])
	}
	if !a.Block("point_in_time_recovery").Bool("enabled") {
		s.find("ledger-recovery", name, "it has no point-in-time recovery")
	}
	key := a.Block("server_side_encryption").Str("kms_key_arn")
	if !a.Block("server_side_encryption").Bool("enabled") {
		key = "" // DynamoDB's own then, whatever else is named
	}
	if s.replica.db != nil && key != s.replica.db.Attrs.Str("kms_key_id") {
		s.find("ledger-key", name, "its key is %q, the replica's %s", key, s.replica.db.Attrs.Str("kms_key_id"))
	}
}
