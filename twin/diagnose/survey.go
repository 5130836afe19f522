package diagnose

import (
	"errors"
	"fmt"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/vpc"
)

const (
	typeDatabase = "aws_db_instance"
	typeFunction = "aws_lambda_function"
	typeSubnet   = "aws_subnet"
	typeVPC      = "aws_vpc"
	typeAlarm    = "aws_cloudwatch_metric_alarm"
	typeTopic    = "aws_sns_topic"
)

// survey gathers what is found.
type survey struct {
	tx          *sim.Tx
	environment string
	networks    *vpc.Networks
	guard       *sim.Resource
	config      contract.Config
	primary     site
	replica     site
	findings    []Finding
	facts       []Fact
}

// site is one of the two instances with what is around it.
type site struct {
	role   string
	region string
	member contract.Instance
	db     *sim.Resource
	vpc    string
	// subnets are those of its subnet group.
	subnets []*sim.Resource
}

func (s *survey) find(id, subject, what string, args ...any) {
	k, known := kinds[id]
	if !known {
		panic("wiring: no kind " + id)
	}
	s.findings = append(s.findings, Finding{ID: id, Severity: k.severity, Subject: subject, What: fmt.Sprintf(what, args...), Remedy: k.remedy})
}

func (s *survey) fact(subject, what string, args ...any) {
	s.facts = append(s.facts, Fact{subject, fmt.Sprintf(what, args...)})
}

// all looks at everything, as far as what it starts from is there.
func (s *survey) all() {
	s.networks = vpc.Read(s.tx)
	if !s.findGuard() || !s.readConfig() {
		return
	}
	both := s.findDatabases()
	s.lookAtGuard()
	s.lookAtLedger()
	s.lookAtSchedule()
	s.lookAtFailures()
	s.lookAtInvokers()
	if !both {
		return
	}
	for _, look := range []func(){
		s.lookAtDatabases, s.lookAtReplication, s.lookAtSecret, s.lookAtNames, s.lookAtHealthCheck, s.lookAtWriterAlarm,
		s.lookAtGuardsWays, s.lookAtApplicationsWays, s.lookAtSubnets, s.lookAtAlarms, s.lookAtNotices, s.lookAtPermissions,
		// The last: it tries the fence, which no other check may see.
		s.lookAtFence,
	} {
		look()
	}
}

// findGuard finds the function that guards the environment.
func (s *survey) findGuard() bool {
	for _, f := range s.tx.List(typeFunction, "") {
		if variables(f)[contract.VarEnvironment] != s.environment {
			continue
		}
		if s.guard != nil {
			s.find("guard-ambiguous", "function "+f.ID, "%s has %s %q too", s.guard.ID, contract.VarEnvironment, s.environment)
			continue
		}
		s.guard = f
	}
	if s.guard == nil {
		s.find("guard-missing", "environment "+s.environment, "no function has %s %q", contract.VarEnvironment, s.environment)
	}
	return s.guard != nil
}

func variables(function *sim.Resource) map[string]string {
	return function.Attrs.Block("environment").StringMap("variables")
}

// readConfig reads the guard's variables as the guard does.
func (s *survey) readConfig() bool {
	values := variables(s.guard)
	config, err := contract.Decode(func(name string) (string, bool) { v, ok := values[name]; return v, ok })
	s.config = config
	if err == nil {
		return true
	}
	faults := []error{err}
	if many := interface{ Unwrap() []error }(nil); errors.As(err, &many) {
		faults = many.Unwrap()
	}
	for _, f := range faults {
		s.find("guard-config", s.guardName(), "%s", f)
	}
	return false
}

func (s *survey) guardName() string { return "function " + s.guard.ID }

// findDatabases finds the two instances.
func (s *survey) findDatabases() bool {
	s.primary, s.replica = site{role: contract.RolePrimary, member: s.config.Primary}, site{role: contract.RoleReplica, member: s.config.Replica}
	for _, at := range []*site{&s.primary, &s.replica} {
		at.region = at.member.Region
		at.db = s.tx.FindBy(typeDatabase, at.region, "identifier", at.member.Identifier)
		if at.db == nil {
			s.find("database-missing", at.role+" "+at.member.Identifier, "there is no such instance in %s", at.region)
			continue
		}
		group := s.tx.FindBy("aws_db_subnet_group", at.region, "name", at.db.Attrs.Str("db_subnet_group_name"))
		if group == nil {
			continue
		}
		at.vpc = group.Attrs.Str("vpc_id")
		for _, id := range group.Attrs.Strings("subnet_ids") {
			if subnet := s.tx.Get(typeSubnet, at.region, id); subnet != nil {
				at.subnets = append(at.subnets, subnet)
			}
		}
	}
	return s.primary.db != nil && s.replica.db != nil
}

func (s *survey) sites() []site { return []site{s.primary, s.replica} }

func (at site) name() string { return at.role + " " + at.member.Identifier }

// nameOf is a resource's Name tag, otherwise its id.
func nameOf(r *sim.Resource) string {
	if name := r.Attrs.StringMap("tags")["Name"]; name != "" {
		return name
	}
	return r.ID
}
