package review

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/pgdr/pgdr/internal/contract"
)

// contractFile is the name under which the compiler knows the contract.
const contractFile = "policies/lib/contract.rego"

// contractModule is data.pgdr.contract, the names and numbers of the contract as
// the policies read them, and data.pgdr.types, the types that these stacks have.
// Each is one rule with one object, so that the compiler refuses a policy that
// reads what the contract does not have: with a store, a word that is misspelt
// would be undefined, and the policy silent.
func contractModule() (*ast.Module, error) {
	raw, err := json.Marshal(contractData())
	if err != nil {
		return nil, fmt.Errorf("write the contract for the policies: %w", err)
	}
	types := map[string]bool{}
	for name := range nouns {
		types[name] = true
	}
	known, err := json.Marshal(types)
	if err != nil {
		return nil, fmt.Errorf("write the types for the policies: %w", err)
	}
	return ast.ParseModule(contractFile, fmt.Sprintf("package pgdr\n\ncontract := %s\n\ntypes := %s\n", raw, known))
}

// contractData is what the policies read. A name stands under itself, a variable
// of the guard under its name without the prefix in small letters.
func contractData() map[string]any {
	outputs, variables, metrics := map[string]string{}, map[string]string{}, map[string]string{}
	for _, list := range contract.Outputs {
		for _, output := range list {
			outputs[output.Name] = output.Name
		}
	}
	for _, name := range contract.Variables() {
		variables[strings.ToLower(strings.TrimPrefix(name, contract.VariablePrefix))] = name
	}
	for _, metric := range contract.Metrics {
		metrics[string(metric)] = string(metric)
	}
	return map[string]any{
		"roles":           map[string]string{contract.RolePrimary: contract.RolePrimary, contract.RoleReplica: contract.RoleReplica},
		"actions":         map[string]string{"publish_metrics": contract.ActPublishMetrics, "read_metrics": contract.ActReadMetrics},
		"outputs":         outputs,
		"variables":       variables,
		"variable_prefix": contract.VariablePrefix,
		"metrics":         metrics,
		"namespaces": map[string]string{
			"guard": contract.NamespaceGuard, "environment": contract.MetricNamespace("{environment}"), "lambda": contract.NamespaceLambda,
		},
		"tick":      contract.Tick,
		"fence_end": contract.FenceEnd,
		"weights":   map[string]int{"writer": contract.WeightWriter, "other": contract.WeightOther},
		"modes":     map[string]string{"automatic": string(contract.ModeAutomatic)},
		"audits":    map[string]string{"pgaudit": contract.AuditPgaudit},
	}
}
