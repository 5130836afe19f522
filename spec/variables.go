package spec

import (
	"reflect"
	"regexp"
	"strings"
)

// Environment variables that Load reads beside those of [Variables].
const (
	// SuffixVariable names the environment; it beats the cdktf context.
	SuffixVariable = "ENVIRONMENT_SUFFIX"
	// ContextVariable is what the cdktf command passes the context in.
	ContextVariable = "CDKTF_CONTEXT_JSON"
	// FileVariable names the file for an environment that has none of its
	// own, relative to the project: short-lived environments share one.
	FileVariable = "PGDR_ENVIRONMENT_FILE"
	// TwinDirVariable is the folder of the local simulation.
	TwinDirVariable = "PGDR_TWIN_DIR"
)

// Variable is an environment variable that sets one field.
type Variable struct {
	// Name of the variable.
	Name string
	// Path of the field that it sets.
	Path string
	// set writes the value, which isn't empty.
	set func(*Config, string)
}

// Variables are the environment variables that set fields, and beat every
// file. Not among them, on purpose: AWS_REGION and AWS_DEFAULT_REGION (they
// say where a shell or a CI runner works, and a database that followed them
// would be destroyed and made again elsewhere) and CDK_DEFAULT_ACCOUNT (the
// account of the credentials at hand, where AWS_ACCOUNT_ID is a check of them).
var Variables = append(tagVariables(), []Variable{
	{"AWS_ACCOUNT_ID", "account", func(c *Config, v string) { c.Account = v }},
	{"PRIMARY_REGION", "sites.primary.region", func(c *Config, v string) { c.Sites.Primary.Region = v }},
	{"ALARM_EMAILS", "monitoring.emails", func(c *Config, v string) { c.Monitoring.Emails = addresses(v) }},
	{"REPLICA_REGION", "sites.replica.region", func(c *Config, v string) { c.Sites.Replica.Region = v }},
}...)

// tagVariables are those that the fields of [Tags] name.
func tagVariables() []Variable {
	var all []Variable
	for i := range reflect.TypeFor[Tags]().NumField() {
		field := reflect.TypeFor[Tags]().Field(i)
		if name := field.Tag.Get("variable"); name != "" {
			all = append(all, Variable{name, join("tags", field.Tag.Get("yaml")), func(c *Config, v string) {
				reflect.ValueOf(&c.Tags).Elem().Field(i).SetString(tagValue(v))
			}})
		}
	}
	return all
}

// variables applies the environment variables. Those that are empty or blank
// count as not set: CI systems set a variable to "" for a value that isn't there.
func (l *loader) variables() {
	for _, v := range Variables {
		if value := l.env(v.Name); value != "" {
			v.set(&l.config, value)
			l.origins[v.Path] = v.Name
		}
	}
}

// addresses are the words of a text, separated by commas or blanks.
func addresses(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// urlSecrets are the parts of a URL that may hold a secret: user information,
// query and fragment.
var urlSecrets = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)(?:[^/?#\s]*@)?([^?#\s]*)(?:[?#]\S*)?`)

// withoutCredentials takes them out. CI systems hand out clone URLs with a
// token, such as https://gitlab-ci-token:SECRET@gitlab.example.com/db/pgdr.git.
func withoutCredentials(text string) string {
	return urlSecrets.ReplaceAllString(text, "$1$2")
}

// tagValue makes text fit for a tag: what may be a secret is cut, other
// characters become underscores, and
// what is too long is cut. In a file such a value is a fault, but what these
// variables hold is made by machines ("dependabot[bot]", "Jane <jane@x.tld>"),
// and a deployment shouldn't fail for an author's name.
func tagValue(text string) string {
	var kept strings.Builder
	n := 0
	for _, r := range withoutCredentials(text) {
		if n++; n > maxTagValue {
			break
		}
		if tagPattern.MatchString(string(r)) {
			kept.WriteRune(r)
		} else {
			kept.WriteByte('_')
		}
	}
	return kept.String()
}
