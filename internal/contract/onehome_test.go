package contract_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	rego "github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/contract"
)

// kind of fact that has one home. A copy is a constant of Go or Rego that says it
// elsewhere; comments, struct tags and tests aside.
type kind struct {
	name string
	// values of the fact.
	values []string
	// in says whether a text holds one of the values as a copy.
	in func(text, value string) bool
	// word: a path may have it as a word. The roles are words of the document.
	word bool
	// near is a pattern of what a number must stand beside to be a copy; nil
	// for texts.
	near *regexp.Regexp
	// homonyms are files, or folders that end in a slash, in which the same word
	// means something else, each with what it means there.
	homonyms map[string]string
	// goCopy and regoCopy are copies that the test must find.
	goCopy, regoCopy string
}

// exactly: the whole text is the name.
func exactly(text, value string) bool { return text == value }

// asWord: the name is a word of the text.
func asWord(text, value string) bool {
	for rest := text; ; {
		at := strings.Index(rest, value)
		if at < 0 {
			return false
		}
		end := at + len(value)
		if (at == 0 || !wordByte(rest[at-1])) && (end == len(rest) || !wordByte(rest[end])) {
			return true
		}
		rest = rest[at+1:]
	}
}

func wordByte(b byte) bool {
	return b == '_' || b == '-' || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}

// asBegin: the name is in a text that is no sentence.
func asBegin(text, value string) bool {
	return !strings.Contains(text, " ") && strings.Contains(text, value)
}

// asPart: the name is a word of a text that is no sentence.
func asPart(text, value string) bool { return !strings.Contains(text, " ") && asWord(text, value) }

func outputNames() []string {
	var names []string
	for _, list := range contract.Outputs {
		for _, output := range list {
			// Route 53 has a word of its own like it, an argument of a record.
			if output.Name != "health_check_id" {
				names = append(names, output.Name)
			}
		}
	}
	return names
}

func alarmNames() []string {
	names := []string{contract.ActiveWriterAlarm}
	for _, a := range contract.Alarms {
		names = append(names, a.Name)
	}
	return names
}

func metricNames() []string {
	names := []string{contract.NamespaceGuard, contract.NamespaceRDS, contract.NamespaceLambda}
	for _, m := range contract.Metrics {
		names = append(names, string(m))
	}
	return names
}

func actions() []string {
	var names []string
	for _, g := range contract.Grants {
		names = append(names, g.Actions...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func numbers(n ...int) []string {
	texts := make([]string, len(n))
	for i := range n {
		texts[i] = strconv.Itoa(n[i])
	}
	return texts
}

var kinds = []kind{
	{name: "environment variable of the function", values: append(contract.Variables(), contract.VariablePrefix), in: asWord,
		goCopy: `os.Getenv("PGDR_MODE")`, regoCopy: `x := "environment.0.variables.PGDR_MODE"`},
	{name: "stack output", values: outputNames(), in: asPart,
		goCopy: `f("primary_database_arn")`, regoCopy: `x := ".outputs.primary_database_arn"`},
	{name: "role", values: []string{contract.RolePrimary, contract.RoleReplica}, in: exactly, word: true,
		homonyms: map[string]string{
			"internal/review/policies/hidden_change.rego":  "an argument of a secret",
			"internal/review/policies/secret_replica.rego": "an argument of a secret",
			"internal/guardclient/words.go":                "a word of an answer",
			"tests/wiring.go":                              "an argument of a secret",
			"twin/sim/":                                    "an argument of a secret, and its expression in the stacks",
			"twin/pgtest/":                                 "a server's name in messages, and PostgreSQL's level of WAL",
		},
		goCopy: `f("replica")`, regoCopy: `x if input.stack == "replica"`},
	{name: "name of a resource", values: []string{
		contract.Credentials, contract.FunctionName, contract.FunctionRole, contract.FunctionAccess, contract.Schedule, contract.LedgerTable,
		contract.AlarmTopic, contract.NoticeTopic,
	}, in: asBegin,
		goCopy: `f("failover-ledger-" + env)`, regoCopy: `x := "db-notice-topic"`},
	{name: "metric or namespace", values: metricNames(), in: asPart,
		goCopy: `f("PGDR/" + env)`, regoCopy: `x if input.metric == "ActiveWriter"`},
	{name: "alarm", values: alarmNames(), in: exactly,
		homonyms: map[string]string{
			"internal/guard/refusal/refusal.go": "a refusal of the same name",
			"stacks/dns.go":                     "a part of an address in Terraform, which stays when a name changes",
		},
		goCopy: `f("replica-lag")`, regoCopy: `x := "not-armed"`},
	{name: "fence rule number", values: numbers(contract.FenceFirstAllow, contract.FenceDeny, contract.FenceEnd), near: regexp.MustCompile(`(?i)rule_?n|fence`),
		goCopy: `if entry.RuleNumber < 100 {}`, regoCopy: `x if input.rule_no < 100`},
	{name: "key of the ledger", values: []string{contract.LedgerPartitionKey, contract.LedgerSortKey}, in: exactly,
		goCopy: `f("pk")`, regoCopy: `x := "sk"`},
	{name: "DNS weight", values: numbers(contract.WeightWriter, contract.WeightOther), near: regexp.MustCompile(`(?i)weight`),
		homonyms: map[string]string{
			"twin/dns/":         "Route 53 answers with no record of weight 0",
			"twin/sim/route53/": "the least weight that Route 53 takes",
		},
		goCopy: `record.Weight = 100`, regoCopy: `x if input.weight > 0`},
	{name: "port", values: numbers(contract.DatabasePort), near: regexp.MustCompile(``),
		homonyms: map[string]string{"twin/sim/rds/": "what RDS takes where no port is given"},
		goCopy:   `f(5432)`, regoCopy: `x := 5432`},
	{name: "permission of the guard", values: actions(), in: exactly,
		homonyms: map[string]string{
			"twin/":             "what AWS asks of any caller",
			"tests/wiring.go":   "what others than the guard may do",
			"stacks/keys.go":    "what others than the guard may do",
			"stacks/topic.go":   "what others than the guard may do",
			"stacks/flowlog.go": "what others than the guard may do",
		},
		goCopy: `f("rds:PromoteReadReplica")`, regoCopy: `x := "kms:Decrypt"`},
}

// said is a constant in a source: a text or a number, and what it stands beside.
type said struct {
	line   int
	text   string
	number bool
	// word of a path in a policy's document, such as input.stacks.replica.
	word   bool
	beside string
}

// copies names the constants of a source that are copies of facts.
func copies(file string, constants []said) []string {
	var found []string
	for _, k := range kinds {
		if k.aside(file) {
			continue
		}
		for _, c := range constants {
			if value := k.copied(c); value != "" {
				found = append(found, fmt.Sprintf("%s:%d: %s %s", file, c.line, k.name, value))
			}
		}
	}
	return found
}

func (k kind) aside(file string) bool {
	for place := range k.homonyms {
		if file == place || strings.HasSuffix(place, "/") && strings.HasPrefix(file, place) {
			return true
		}
	}
	return false
}

func (k kind) copied(c said) string {
	for _, value := range k.values {
		switch {
		case c.number && k.near != nil && c.text == value && k.near.MatchString(c.beside):
			return value
		case !c.number && k.near == nil && (!c.word || !k.word) && k.in(c.text, value):
			return value
		}
	}
	return ""
}

// inGo are the constants of a Go file.
func inGo(t *testing.T, file string, text any) []said {
	t.Helper()
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, text, parser.SkipObjectResolution)
	require.NoError(t, err)
	raw, isText := text.(string)
	if !isText {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		raw = string(b)
	}
	source := func(n ast.Node) string { return raw[set.Position(n.Pos()).Offset:set.Position(n.End()).Offset] }
	var all []said
	var stack []ast.Node
	ast.Inspect(tree, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		switch n := n.(type) {
		case *ast.ImportSpec:
			stack = stack[:len(stack)-1]
			return false
		case *ast.BasicLit:
			if field, ok := stack[len(stack)-2].(*ast.Field); ok && field.Tag == n {
				return true
			}
			c := said{line: set.Position(n.Pos()).Line, text: n.Value, number: n.Kind == token.INT}
			if n.Kind == token.STRING {
				c.text, err = strconv.Unquote(n.Value)
				require.NoError(t, err)
			}
			if c.number {
				c.beside = strings.ReplaceAll(source(around(stack)), n.Value, "")
			}
			all = append(all, c)
		}
		return true
	})
	return all
}

// around is the smallest expression or statement that a number is compared,
// assigned or given in.
func around(stack []ast.Node) ast.Node {
	for i := len(stack) - 2; i >= 0; i-- {
		switch n := stack[i].(type) {
		case *ast.BinaryExpr, *ast.KeyValueExpr, *ast.AssignStmt, *ast.ValueSpec, *ast.CallExpr, *ast.CaseClause, *ast.Field:
			return n
		}
	}
	return stack[len(stack)-1]
}

// inRego are the constants of a policy. What is read of data.pgdr.contract is no
// copy.
func inRego(t *testing.T, file, text string) []said {
	t.Helper()
	module, err := rego.ParseModule(file, text)
	require.NoError(t, err)
	var all []said
	var words []*rego.Term
	lines := strings.Split(text, "\n")
	for _, rule := range module.Rules {
		rego.WalkTerms(rule, func(term *rego.Term) bool {
			switch value := term.Value.(type) {
			case rego.Ref:
				if strings.HasPrefix(value.String(), "contract.") {
					return true
				}
				for _, part := range value[1:] {
					if s, ok := part.Value.(rego.String); ok {
						words = append(words, part)
						all = append(all, said{line: part.Location.Row, text: string(s), word: true})
					}
				}
			case rego.String:
				if slices.Contains(words, term) {
					return false
				}
				all = append(all, said{line: term.Location.Row, text: string(value)})
			case rego.Number:
				all = append(all, said{line: term.Location.Row, text: string(value), number: true, beside: lines[term.Location.Row-1]})
			}
			return false
		})
	}
	return all
}

// TestFacts_HaveOneHome: what two sides must agree on stands in this package.
func TestFacts_HaveOneHome(t *testing.T) {
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	var found []string
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		file, _ := filepath.Rel(root, path)
		switch name := entry.Name(); {
		case entry.IsDir() && (strings.HasPrefix(name, ".") || slices.Contains([]string{"node_modules", "generated", "testdata", "dist", "bin", "cdktf.out"}, name) || file == "internal/contract"):
			return filepath.SkipDir
		case strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_test.rego"):
		case strings.HasSuffix(name, ".go"):
			found = append(found, copies(file, inGo(t, path, nil))...)
		case strings.HasSuffix(name, ".rego"):
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			found = append(found, copies(file, inRego(t, path, string(raw)))...)
		}
		return nil
	})
	require.NoError(t, err)
	require.Empty(t, found, "take them from internal/contract:\n%s", strings.Join(found, "\n"))
}

// TestFacts_ACopyIsFound puts a copy of each kind into a source of Go and of Rego.
func TestFacts_ACopyIsFound(t *testing.T) {
	for _, k := range kinds {
		for file, constants := range map[string][]said{
			"copy.go":   inGo(t, "copy.go", "package x\n\nfunc y() {\n\t"+k.goCopy+"\n}\n"),
			"copy.rego": inRego(t, "copy.rego", "package x\n\n"+k.regoCopy+"\n"),
		} {
			found := strings.Join(copies(file, constants), "\n")
			require.Contains(t, found, k.name, file)
		}
	}
}
