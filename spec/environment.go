package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// MaxSuffix is the length of the longest environment suffix in characters. The
// tightest AWS names that a suffix enters have 64 (IAM roles, Lambda functions,
// EventBridge rules) and 63 (DB instances, DNS labels). Half of that is the
// suffix's, the rest is for our own part of the name with its hyphen.
const MaxSuffix = 32

// Characters of a suffix: those of an RDS instance identifier, the strictest
// name that it enters. Lower case only, because RDS folds the case and then
// Terraform would see a difference at every plan. See
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
var suffixPattern = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// reservedSuffixes are the folders that the local simulation keeps beside
// those of the environments, in .twin; those that begin with reservedPrefix are
// of drills under way.
var reservedSuffixes = []string{"build", "cloud", "drills", "mirror"}

const reservedPrefix = "drill-"

// checkSuffix notes a fault unless suffix can be part of every AWS name.
func checkSuffix(fs *Faults, suffix string) {
	if want := SuffixFault(suffix); want != "" {
		fs.add("environment", quoted(suffix), want)
	}
}

// SuffixFault says what would be right, or "" if suffix is. The first rule
// that is broken answers.
func SuffixFault(suffix string) string {
	const reason = " (it becomes part of an RDS instance identifier)"
	switch {
	case suffix == "":
		return "set ENVIRONMENT_SUFFIX, for example dev"
	case len(suffix) > MaxSuffix:
		return fmt.Sprintf("give at most %d characters, not %d (the names of IAM roles and Lambda functions, 64, are shared between the suffix and what they are)", MaxSuffix, len(suffix))
	case suffixPattern.MatchString(strings.ToLower(suffix)) && suffix != strings.ToLower(suffix):
		return fmt.Sprintf("give lower-case letters, such as %q%s", strings.ToLower(suffix), reason)
	case slices.Contains(reservedSuffixes, suffix) || strings.HasPrefix(suffix, reservedPrefix):
		return "give another name: .twin/" + suffix + " is a folder of the local simulation's own"
	case strings.ToLower(suffix)[0] < 'a' || strings.ToLower(suffix)[0] > 'z':
		return "start with a letter" + reason
	case !suffixPattern.MatchString(suffix):
		return "give lower-case letters, digits and hyphens only" + reason
	case strings.HasSuffix(suffix, "-"):
		return "end with a letter or digit" + reason
	case strings.Contains(suffix, "--"):
		return "give no two hyphens in a row" + reason
	}
	return ""
}
