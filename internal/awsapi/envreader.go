package awsapi

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// envReader reads variables and gathers what is wrong with them.
type envReader struct {
	lookup func(string) (string, bool)
	faults []error
}

// rule is what a text must be.
type rule struct {
	// want is what would be right, in words.
	want  string
	holds func(string) bool
}

// The rules are as strict as AWS's own or less so: they are to catch a mixed-up
// or an unset variable, not to second-guess AWS.
var (
	environmentName = matching("an environment's name such as \"prod\"", `[a-z0-9][a-z0-9-]*`)
	region          = matching("a region code such as \"eu-west-1\"", `[a-z]{2,}(-[a-z]+)+-[0-9]+`)
	dbIdentifier    = sized(1, 63, matching("an RDS instance identifier", `[A-Za-z][A-Za-z0-9-]*`))
	dbResourceID    = matching("an RDS resource id such as \"db-ABCDEFGHIJKLMNOPQRSTUVWXYZ\"", `db-[A-Za-z0-9]+`)
	hostName        = matching("a host name without port or trailing dot", `[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)+`)
	databaseName    = sized(1, 63, matching("a database's name", `[A-Za-z_][A-Za-z0-9_$]*`))
	networkACLID    = matching("a network ACL's id such as \"acl-0123456789abcdef0\"", `acl-[0-9a-f]+`)
	zoneID          = matching("a hosted zone's id such as \"Z0123456789ABCDEFGHIJ\"", `[A-Z0-9]+`)
	healthCheckID   = matching("a health check's id, a UUID", `[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	alarmName       = matching("an alarm's name", `[^\s\x00](.*[^\s\x00])?`)
	tableName       = sized(3, 255, matching("a DynamoDB table's name", `[A-Za-z0-9_.-]+`))
	namespace       = sized(1, 255, matching("a CloudWatch namespace such as \"PGDR\"", `[A-Za-z0-9_.#/-]+`))
	topicARN        = ofService("an SNS topic's ARN", "sns")
	secretARN       = ofService("a Secrets Manager secret's ARN", "secretsmanager")
)

func matching(want, pattern string) rule {
	return rule{want, regexp.MustCompile(`^(` + pattern + `)$`).MatchString}
}

// sized is a rule for texts of so many bytes. Counted in the pattern they would
// cost the start of the function more than all else that it compiles: a pattern
// is compiled to a copy of what it repeats for each time.
func sized(least, most int, r rule) rule {
	return rule{r.want, func(text string) bool { return len(text) >= least && len(text) <= most && r.holds(text) }}
}

func ofService(want, service string) rule {
	return rule{want, func(text string) bool {
		a, err := arn.Parse(text)
		return err == nil && a.Service == service && a.Region != "" && a.AccountID != "" && a.Resource != ""
	}}
}

func isIPv4Network(text string) bool {
	p, err := netip.ParsePrefix(text)
	return err == nil && p.Addr().Is4() && p == p.Masked() && p.Bits() > 0
}

func arnRegion(text string) (string, bool) {
	a, err := arn.Parse(text)
	return a.Region, err == nil
}

func (r *envReader) fault(name, found, want string) {
	r.faults = append(r.faults, fmt.Errorf("%s: found %q, want %s", name, found, want))
}

// given reads a variable that must be there.
func (r *envReader) given(name, want string) string {
	text, ok := r.lookup(name)
	if !ok || text == "" {
		r.faults = append(r.faults, fmt.Errorf("%s: found nothing, want %s", name, want))
	}
	return text
}

func (r *envReader) text(name string, must rule) string {
	text := r.given(name, must.want)
	if text != "" && !must.holds(text) {
		r.fault(name, text, must.want)
		return ""
	}
	return text
}

func (r *envReader) list(name string, each rule) []string {
	text := r.given(name, each.want)
	if text == "" {
		return nil
	}
	items := strings.Split(text, ",")
	for _, item := range items {
		if !each.holds(item) {
			r.fault(name, text, each.want+"; "+strconv.Quote(item)+" is none")
			return nil
		}
	}
	return items
}

func (r *envReader) choice(name, one, other string) string {
	want := strconv.Quote(one) + " or " + strconv.Quote(other)
	return r.text(name, rule{want, func(text string) bool { return text == one || text == other }})
}

func (r *envReader) number(name string, low, high int) int {
	want := fmt.Sprintf("a whole number from %d to %d", low, high)
	text := r.given(name, want)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		r.fault(name, text, want)
		return 0
	}
	return n
}

// seconds reads a duration whose sense the policy judges.
func (r *envReader) seconds(name string) int {
	const year = 366 * 24 * 3600
	return r.number(name, 0, year)
}

func (r *envReader) truth(name string) bool {
	return r.choice(name, "true", "false") == "true"
}
