package review

// Severity of a finding: what has to happen before the plan may be applied.
type Severity string

// Severities, the worst first.
const (
	// Block says that applying it would do harm.
	Block Severity = "block"
	// Human says that a person has to decide.
	Human Severity = "human"
	// Info is to be known, and stops nothing.
	Info Severity = "info"
)

// rank is higher the worse it is; 0 is no severity at all.
func (s Severity) rank() int {
	switch s {
	case Block:
		return 3
	case Human:
		return 2
	case Info:
		return 1
	default:
		return 0
	}
}

// Policy is one rule of what must not happen unseen.
type Policy struct {
	// ID in small letters, digits and hyphens; what people and tests refer to.
	ID string `json:"id"`
	// Severity of its findings, unless a finding says otherwise.
	Severity Severity `json:"severity"`
	// Title says in a line what was found.
	Title string `json:"title"`
	// Reason says why it matters.
	Reason string `json:"reason"`
	// Remedy says what to do instead.
	Remedy string `json:"remedy"`
}

// Finding is one thing that a policy found.
type Finding struct {
	// ID in words that people can say; it is the same in each review of the same
	// plan. The review sets it.
	ID string `json:"id"`
	// Policy's id.
	Policy   string   `json:"policy"`
	Severity Severity `json:"severity"`
	// Stack is "primary" or "replica"; "" where it is about both.
	Stack string `json:"stack"`
	// Address of the resource in that stack; "" where it is about all of it.
	Address string `json:"address"`
	// Attribute that it is about, as a path such as "backup_retention_period",
	// "environment.0.variables.PGDR_MODE" or "parameter.rds.force_ssl"; "" where it
	// is about more.
	Attribute string `json:"attribute,omitempty"`
	// Source is the field of the configuration that sets the attribute, after its
	// file and line where the project is known: "environments/prod.yaml:14
	// guard.mode". The review sets it.
	Source string `json:"source,omitempty"`
	// Message names the thing in the domain's words, and what happens to it.
	Message string `json:"message"`
	// Remedy of this finding; empty: the policy's.
	Remedy string `json:"remedy,omitempty"`
	// Effect of the change, as far as the policy knows it.
	Effect Effect `json:"effect"`
	// Follows names what is replaced, where the finding only tells what that
	// brings with it. The review sets it.
	Follows string `json:"follows,omitempty"`
}

// Effect says what a change does to what the system is there for. An empty
// field says that nothing is known to change.
type Effect struct {
	// RPO is the loss of data that a failover would have.
	RPO string `json:"rpo,omitempty"`
	// RTO is the time until an application writes again.
	RTO string `json:"rto,omitempty"`
	// Protection is what stands between a fault and the data.
	Protection string `json:"protection,omitempty"`
	// Cost a month.
	Cost string `json:"cost,omitempty"`
}
