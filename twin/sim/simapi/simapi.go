// Package simapi is what passes between the simulated AWS account
// (twin/sim) and the stand-in Terraform provider, its thin client:
// JSON over HTTP on a Unix socket. It holds types only, so that the plugin
// does not carry the simulator.
package simapi

import "fmt"

// SocketEnv names the environment variable that tells the provider plugin
// where the simulator listens: the path of a Unix socket. Without it the
// plugin refuses to work, so that it can never be mistaken for the real one.
const SocketEnv = "PGDR_SIM_SOCKET"

// Operations, each the last segment of POST /terraform/v1/<operation>.
const (
	OpCreate    = "create"
	OpRead      = "read"
	OpUpdate    = "update"
	OpDelete    = "delete"
	OpImport    = "import"
	OpData      = "data"
	OpEphemeral = "ephemeral"
)

// Request asks for one operation on one object.
type Request struct {
	// Type is the Terraform type, for example "aws_db_instance".
	Type string `json:"type"`
	// Region of the provider configuration that the object belongs to.
	Region string `json:"region"`
	// AllowedAccounts as in the provider block; empty means any.
	AllowedAccounts []string `json:"allowed_accounts,omitempty"`
	// ID is Terraform's id of the object; empty for create, data, ephemeral.
	ID string `json:"id,omitempty"`
	// Attrs are the planned attributes in the shape of the Terraform schema:
	// objects for blocks with nesting "single", lists of objects for others,
	// null for what is not set. Nothing in it is unknown; what the provider
	// is to compute is null. File names are absolute. For data and ephemeral:
	// the configuration.
	Attrs map[string]any `json:"attrs,omitempty"`
	// WriteOnly are the write-only arguments of the configuration; the key is the
	// name.
	// They reach the simulator only on create, and on update when the version
	// argument beside them changed. They are never returned.
	WriteOnly map[string]any `json:"write_only,omitempty"`
	// Prior are the attributes before a read, an update or a delete. Where an
	// id is not unique (aws_lambda_permission) they tell which object is meant.
	Prior map[string]any `json:"prior,omitempty"`
}

// Response is the whole object after the operation, in the same shape as
// Request.Attrs. Attrs is null after a delete and after a read of something
// that is gone.
type Response struct {
	ID    string         `json:"id,omitempty"`
	Attrs map[string]any `json:"attrs,omitempty"`
	Error *Error         `json:"error,omitempty"`
}

// Error is a refusal as AWS words it: service and operation, code and message.
type Error struct {
	// Service, for example "RDS".
	Service string `json:"service"`
	// Operation, for example "CreateDBInstanceReadReplica".
	Operation string `json:"operation"`
	// Code, for example "InvalidParameterCombination".
	Code string `json:"code"`
	// Message, without the code.
	Message string `json:"message"`
	// Attribute that is at fault, where one is: a Terraform attribute name.
	Attribute string `json:"attribute,omitempty"`
}

func (e *Error) Error() string {
	return fmt.Sprintf("operation error %s: %s, api error %s: %s", e.Service, e.Operation, e.Code, e.Message)
}
