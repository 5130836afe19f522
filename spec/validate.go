package spec

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Validate reports every fault of the configuration at once, as [Faults]
// sorted by path, or nil. Empty values that [Config.Derived] would fill are
// right. Nothing is asked of AWS: what only AWS can tell (a class not offered
// in a region, a bucket that isn't there) shows when the plan is applied.
func (c *Config) Validate() error {
	return c.validate(nil)
}

// validate is Validate after faults that were found already: a field that is
// among them isn't looked at again.
func (c *Config) validate(known Faults) error {
	d := c.Derived()
	var fs Faults
	checkSuffix(&fs, d.Environment)
	checkAccount(&fs, d.Account)
	checkBounds(&fs, d)
	checkSites(&fs, d.Sites)
	checkClients(&fs, d)
	checkDatabase(&fs, d.Database)
	checkMonitoring(&fs, d)
	checkGuard(&fs, d)
	checkObjectives(&fs, d)
	checkBackend(&fs, d)
	checkTags(&fs, d.Tags)
	all := slices.Clone(known)
	for _, f := range fs {
		if !known.has(f.Path) {
			all = append(all, f)
		}
	}
	return all.err()
}

// Derived is a copy in which empty values that follow from others are filled:
// the zones and NAT gateways of each site, the witness regions, the objectives,
// and the region of an s3 backend's bucket. The account stays empty if it wasn't given: only
// the credentials know it.
func (c Config) Derived() Config {
	d := c.clone()
	for _, site := range []*Site{&d.Sites.Primary, &d.Sites.Replica} {
		if len(site.Zones) == 0 {
			site.Zones = defaultZones(site.Region)
		}
		if site.NATGateways == 0 {
			site.NATGateways = 1
			if site == &d.Sites.Replica && !d.Disposable {
				site.NATGateways = zoneCount
			}
		}
	}
	if d.Database.LogRetention == 0 {
		d.Database.LogRetention = auditYear
		if d.Disposable {
			d.Database.LogRetention = auditWeek
		}
	}
	if len(d.Guard.WitnessRegions) == 0 {
		d.Guard.WitnessRegions = defaultWitnesses(d.Sites)
	}
	d.Objectives = c.Objectives.derived(d.Guard)
	if d.Backend.Type == "s3" && d.Backend.Region == "" {
		d.Backend.Region = d.Sites.Replica.Region
	}
	return d
}

// clone copies the configuration with its lists.
func (c Config) clone() Config {
	for _, f := range fields(reflect.ValueOf(&c).Elem(), "") {
		if f.value.Kind() == reflect.Slice {
			f.value.Set(reflect.ValueOf(slices.Clone(f.value.Interface().([]string))))
		}
	}
	return c
}

var accountPattern = regexp.MustCompile(`^[0-9]{12}$`)

func checkAccount(fs *Faults, account string) {
	if account != "" && !accountPattern.MatchString(account) {
		fs.add("account", quoted(account), "give the 12 digits of the AWS account id, leading zeros included, or leave it out")
	}
}

// tagPattern holds the characters that a tag's value may have in every
// service; RDS is the strictest, see
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Tag.html
var tagPattern = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

func checkTags(fs *Faults, tags Tags) {
	for _, f := range fields(reflect.ValueOf(tags), "tags") {
		value := f.value.String()
		switch {
		case withoutCredentials(value) != value:
			fs.add(f.path, "a URL with user information or a query", "give the URL without them: a tag is in the state, in plans and in bills")
		case !tagPattern.MatchString(value):
			fs.add(f.path, quoted(value), "give letters, digits, spaces and _ . : / = + - @ only: RDS takes no other characters in a tag")
		case utf8.RuneCountInString(value) > maxTagValue:
			fs.add(f.path, quoted(value), "give at most 256 characters")
		case strings.HasPrefix(strings.ToLower(value), "aws:"):
			fs.add(f.path, quoted(value), "don't begin with aws:, which AWS keeps for itself")
		}
	}
}
