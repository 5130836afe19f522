package review

// What happens to a resource, in one word.
const (
	ActionKeep    = "keep"
	ActionCreate  = "create"
	ActionUpdate  = "update"
	ActionReplace = "replace"
	ActionDelete  = "delete"
	// ActionForget takes it out of the state and leaves it in AWS.
	ActionForget = "forget"
	// ActionRead reads a data source during the apply.
	ActionRead = "read"
)

// Document is what policies see as `input`: both stacks, or the one that was
// given. docs/review.md describes it for those who write policies, so a field
// that is changed here is changed there.
type Document struct {
	// Today as YYYY-MM-DD.
	Today string `json:"today"`
	// Environment suffix, for example "dev".
	Environment string `json:"environment"`
	// Stacks by role.
	Stacks map[string]Stack `json:"stacks"`
	// Missing tells of the stacks that could not be planned, by role.
	Missing map[string]Missing `json:"missing"`
	// Resources of all stacks that exist, will exist or did exist.
	Resources []Resource `json:"resources"`
	// Data are the data sources of the configuration.
	Data []DataSource `json:"data"`
	// Faults of the function's configuration as it will be, found by the
	// function's own code; each names the variable.
	GuardFaults []string `json:"guard_faults"`
	// Cost of the plans.
	Cost Cost `json:"cost"`

	// drifted is what Terraform found changed outside of it, relevant to the plans
	// or not. Policies do not see it.
	drifted []Resource
}

// Cost is what the plans add, by the list prices of cost.go.
type Cost struct {
	// Monthly in USD; negative where they save.
	Monthly float64 `json:"monthly"`
	// Limit of that in USD, 0 where there is none. The caller sets it.
	Limit int `json:"limit"`
	// Unpriced says, in a sentence each, what changes and is not in the sum.
	Unpriced []string `json:"unpriced"`
}

// Missing is a stack that could not be planned.
type Missing struct {
	// Why is a sentence.
	Why string `json:"why"`
	// First says that nothing was deployed before: there is nothing that the
	// plan could do harm to.
	First bool `json:"first"`
}

// Stack is what is known of one stack as a whole.
type Stack struct {
	File             string `json:"file"`
	TerraformVersion string `json:"terraform_version"`
	// Deployed says that the stack has a state with resources in it.
	Deployed bool `json:"deployed"`
	// Complete is false where -target left something out, or Terraform deferred
	// a change.
	Complete bool `json:"complete"`
	// NoSecrets says that a placeholder stands for the password, so that the plan
	// can only be read.
	NoSecrets bool `json:"no_secrets"`
	// RefreshOnly says that applying it writes what AWS has into the state, and
	// changes nothing in AWS.
	RefreshOnly bool `json:"refresh_only"`
	// Deferred are the changes that Terraform leaves to a later plan.
	Deferred []Deferred `json:"deferred"`
	// Invocations are the actions that the apply runs.
	Invocations []Invocation `json:"invocations"`
	// Drift is what was changed outside Terraform and that this plan rests on;
	// all of it in a refresh-only plan.
	Drift []Drift `json:"drift"`
	// FailedChecks are the addresses of checks that failed.
	FailedChecks []string `json:"failed_checks"`
	// Ephemeral resources that the configuration refers to, by address.
	Ephemeral []string `json:"ephemeral"`
	// Unread are the parts of the plan that this version does not know and that
	// are not empty.
	Unread []string `json:"unread"`
	// Absent are the resources that the configuration has and the plan does not
	// tell of, by address.
	Absent []string `json:"absent"`
	// ProviderBlocks are the providers' configurations by their keys.
	ProviderBlocks map[string]ProviderBlock `json:"provider_blocks"`
	// Regions of the providers by their alias.
	Regions map[string]string `json:"regions"`
	// Outputs by their names.
	Outputs map[string]Output `json:"outputs"`
	// Providers that the configuration uses, by their full names.
	Providers []string `json:"providers"`
	// Reads are the outputs of the primary stack as the replica stack reads
	// them from its state.
	Reads map[string]any `json:"reads"`
}

// Deferred is a change that Terraform leaves to a later plan.
type Deferred struct {
	Address string `json:"address"`
	// Reason in Terraform's word, for example "provider_config_unknown".
	Reason string `json:"reason"`
}

// Invocation is an action that the apply runs. Its values are not shown.
type Invocation struct {
	Address string `json:"address"`
	Type    string `json:"type"`
	// Trigger is the resource that triggers it; "" where it is invoked by itself.
	Trigger string `json:"trigger"`
	// Deferred says that a later plan runs it.
	Deferred bool `json:"deferred"`
}

// Drift is one resource that was changed outside Terraform.
type Drift struct {
	Address string `json:"address"`
	Type    string `json:"type"`
	// Action is "update", "delete", or "keep" where only its address changed.
	Action string `json:"action"`
	// Attributes that differ from the state, in order.
	Attributes []string `json:"attributes"`
}

// ProviderBlock is the configuration of one provider.
type ProviderBlock struct {
	// Name in full, for example "registry.terraform.io/hashicorp/aws".
	Name string `json:"full_name"`
	// Version constraint, for example "5.99.1".
	Version string `json:"version"`
	// Region, "" if it is not a constant.
	Region string `json:"region"`
	// Arguments that it is given and that say something, without the values,
	// which may be credentials.
	Arguments []string `json:"arguments"`
	// Used says that a resource or a data source is made with it.
	Used bool `json:"used"`
}

// Output of a stack.
type Output struct {
	Action string `json:"action"`
	Before any    `json:"before"`
	After  any    `json:"after"`
	// Sensitive as the configuration says, or the mark on its value.
	Sensitive bool `json:"sensitive"`
}

// Resource is one managed resource and what happens to it.
type Resource struct {
	Stack   string `json:"stack"`
	Address string `json:"address"`
	Type    string `json:"type"`
	// Name in the domain's words, for example "the replica replica-db-dev".
	Name string `json:"name"`
	// Provider's full name, for example "registry.terraform.io/hashicorp/aws".
	Provider string `json:"provider"`
	// Region that it is or will be in: its own argument `region`, or its
	// provider's; "" where neither is known.
	Region string `json:"region"`
	// ProviderRegion is the region of the provider that the configuration
	// names, "" if there is none.
	ProviderRegion string `json:"provider_region"`
	Action         string `json:"action"`
	// Deposed says that it is what an interrupted replacement left behind.
	Deposed bool `json:"deposed"`
	// Imported says that it exists and enters the state.
	Imported bool `json:"imported"`
	// ImportID is what AWS knows it by, where Imported says so.
	ImportID string `json:"import_id"`
	// PreviousAddress is where the state had it; "" where that did not change.
	PreviousAddress string `json:"previous_address"`
	// Vanished says that it is in the state and was deleted in AWS.
	Vanished bool `json:"vanished"`
	// Before and After are its attributes, null where it does not exist.
	// What Terraform marks as sensitive is [Masked].
	Before map[string]any `json:"before"`
	After  map[string]any `json:"after"`
	// Unknown has true for what is only known after the apply.
	Unknown map[string]any `json:"unknown"`
	// Changed are the attributes, at the top, that the plan changes.
	Changed []string `json:"changed"`
	// Ambiguous are the attributes whose JSON has a name twice in one object, also
	// in another case.
	Ambiguous []string `json:"ambiguous"`
	// Concealed are the attributes that change, or are new, where a value is
	// masked.
	Concealed []string `json:"concealed"`
	// ReplacedBy are the attributes that cannot be changed in place.
	ReplacedBy []string `json:"replaced_by"`
	// Configured are the constants of the configuration by path, for example
	// "point_in_time_recovery.0.enabled".
	Configured map[string]any `json:"configured"`
	// References are what the configuration refers to, by the same paths.
	References map[string][]string `json:"references"`
	// Provisioners are the kinds of code that the apply runs with it, for
	// example "local-exec".
	Provisioners []string `json:"provisioners"`
}

// DataSource is one that the configuration reads. Its values are not shown.
type DataSource struct {
	Stack   string `json:"stack"`
	Address string `json:"address"`
	Type    string `json:"type"`
	Region  string `json:"region"`
}
