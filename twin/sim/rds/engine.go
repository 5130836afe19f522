package rds

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/pgdr/pgdr/twin/sim"
)

// engineMinors are the minor versions of one PostgreSQL major.
type engineMinors struct {
	// first is the oldest that RDS still creates.
	first int
	// chosen is the one that RDS takes for the major alone.
	chosen int
	// withdrawn are later ones that RDS does not create.
	withdrawn []int
}

// engineMajors are the PostgreSQL versions that RDS creates. Since May 2026 it
// creates no 14.14 to 14.17, 15.9 to 15.12, 16.5 to 16.8 and 17.1 to 17.4, nor
// older ones of these lines. Versions later than those known here are taken to
// exist.
// https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html
var engineMajors = map[int]engineMinors{
	14: {first: 18, chosen: 19, withdrawn: []int{21}},
	15: {first: 13, chosen: 14, withdrawn: []int{16}},
	16: {first: 9, chosen: 10, withdrawn: []int{12}},
	17: {first: 5, chosen: 6, withdrawn: []int{8}},
	18: {first: 1, chosen: 1, withdrawn: []int{2}},
}

var versionPattern = regexp.MustCompile(`^([1-9][0-9]?)(?:\.(0|[1-9][0-9]?))?$`)

// splitVersion returns major and minor, -1 for a major alone; ok is false for
// what is no version.
func splitVersion(version string) (major, minor int, ok bool) {
	m := versionPattern.FindStringSubmatch(version)
	if m == nil {
		return 0, 0, false
	}
	major, _ = strconv.Atoi(m[1]) // two digits at most, by the pattern
	if m[2] == "" {
		return major, -1, true
	}
	minor, _ = strconv.Atoi(m[2])
	return major, minor, true
}

// actualVersion returns the full version that RDS runs for a requested one,
// which may be a major alone; ok is false if it cannot be created.
func actualVersion(requested string) (version string, ok bool) {
	major, minor, ok := splitVersion(requested)
	known, supported := engineMajors[major]
	switch {
	case !ok || !supported:
		return "", false
	case minor < 0:
		return fmt.Sprintf("%d.%d", major, known.chosen), true
	}
	return requested, minor >= known.first && !slices.Contains(known.withdrawn, minor)
}

// majorOf returns the major of a version, 0 for what is none.
func majorOf(version string) int {
	major, _, _ := splitVersion(version)
	return major
}

// olderVersion tells whether a full version is older than another.
func olderVersion(a, b string) bool {
	majorA, minorA, _ := splitVersion(a)
	majorB, minorB, _ := splitVersion(b)
	return majorA < majorB || majorA == majorB && minorA < minorB
}

var classPattern = regexp.MustCompile(`^db\.([a-z0-9]+)\.([a-z0-9]+)$`)

// Sizes that families of instance classes share.
var (
	burstableSizes = []string{"micro", "small", "medium", "large", "xlarge", "2xlarge"}
	gravitonSizes  = []string{"large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"}
	intel5Sizes    = append(slices.Clone(gravitonSizes), "24xlarge")
	intel6Sizes    = append(slices.Clone(intel5Sizes), "32xlarge")
	latestSizes    = append(slices.Clone(intel5Sizes), "48xlarge")
)

// classSizes are the instance classes that RDS runs PostgreSQL on, by family.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Support.html
var classSizes = map[string][]string{
	"t3": burstableSizes, "t4g": burstableSizes,
	"m5": intel5Sizes, "m5d": intel5Sizes, "r5": intel5Sizes, "r5b": intel5Sizes, "r5d": intel5Sizes,
	"m6g": gravitonSizes, "m6gd": gravitonSizes, "m7g": gravitonSizes,
	"r6g": gravitonSizes, "r6gd": gravitonSizes, "r7g": gravitonSizes, "x2g": gravitonSizes,
	"m6i": intel6Sizes, "m6id": intel6Sizes, "m6idn": intel6Sizes, "m6in": intel6Sizes,
	"r6i": intel6Sizes, "r6id": intel6Sizes, "r6idn": intel6Sizes[1:], "r6in": intel6Sizes,
	"m7i": latestSizes, "r7i": latestSizes, "m8g": latestSizes, "m8gd": latestSizes, "r8g": latestSizes, "r8gd": latestSizes,
	"x2idn":  {"16xlarge", "24xlarge", "32xlarge"},
	"x2iedn": {"xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge", "24xlarge", "32xlarge"},
}

// checkEngine checks engine, version and instance class together.
func checkEngine(c *sim.Call) error {
	a := c.Attrs
	if engine := a.Str("engine"); engine != "postgres" {
		return c.Refuse("engine", "InvalidParameterValue", "Invalid DB engine: %s. The simulator runs postgres only.", engine)
	}
	version, ok := actualVersion(a.Str("engine_version"))
	if !ok {
		return c.Refuse("engine_version", "InvalidParameterCombination", "Cannot find version %s for postgres", a.Str("engine_version"))
	}
	return checkClass(c, version)
}

func checkClass(c *sim.Call, version string) error {
	class := c.Attrs.Str("instance_class")
	parts := classPattern.FindStringSubmatch(class)
	if parts == nil {
		return c.Refuse("instance_class", "InvalidParameterValue", "Invalid DB Instance class: %s", class)
	}
	// x2idn runs no PostgreSQL later than 15.
	tooNew := parts[1] == "x2idn" && majorOf(version) > 15
	if tooNew || !slices.Contains(classSizes[parts[1]], parts[2]) {
		return c.Refuse("instance_class", "InvalidParameterCombination",
			"RDS does not support creating a DB instance with the following combination: DBInstanceClass=%s, Engine=postgres, EngineVersion=%s, LicenseModel=postgresql-license. For supported combinations of instance class and database engine version, see the documentation.",
			class, version)
	}
	return nil
}
