package awssim

import (
	"regexp"
	"slices"
	"strings"
)

// engineVersions are the PostgreSQL versions that RDS creates, by major, the
// one that it chooses for the major alone last. Since May 2026 it creates no
// 15.9 to 15.12, 16.5 to 16.8 and 17.1 to 17.4, nor older ones of these lines.
// https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html
var engineVersions = map[string][]string{
	"13": {"13.23", "13.22"},
	"14": {"14.20", "14.19"},
	"15": {"15.13", "15.15", "15.14"},
	"16": {"16.9", "16.11", "16.10"},
	"17": {"17.5", "17.7", "17.6"},
	"18": {"18.1"},
}

// actualVersion returns the full version that RDS runs for a requested one,
// which may be a major alone; ok is false if it cannot be created.
func actualVersion(requested string) (version string, ok bool) {
	major, _, full := strings.Cut(requested, ".")
	versions := engineVersions[major]
	switch {
	case len(versions) == 0:
		return "", false
	case !full:
		return versions[len(versions)-1], true
	}
	return requested, slices.Contains(versions, requested)
}

func majorOf(version string) string {
	major, _, _ := strings.Cut(version, ".")
	return major
}

var classPattern = regexp.MustCompile(`^db\.([a-z0-9]+)\.([a-z0-9]+)$`)

// classSizes are the instance classes that RDS runs PostgreSQL 13 and later on,
// by family.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Support.html
var classSizes = map[string][]string{
	"t3":  {"micro", "small", "medium", "large", "xlarge", "2xlarge"},
	"t4g": {"micro", "small", "medium", "large", "xlarge", "2xlarge"},
	"m5":  intelSizes, "m5d": intelSizes, "r5": intelSizes, "r5b": intelSizes, "r5d": intelSizes,
	"m6i": bigIntelSizes, "m6id": bigIntelSizes, "m6idn": bigIntelSizes, "r6i": bigIntelSizes, "r6id": bigIntelSizes, "m7i": bigIntelSizes, "r7i": bigIntelSizes,
	"m6g": armSizes, "m6gd": armSizes, "r6g": armSizes, "r6gd": armSizes, "m7g": armSizes, "r7g": armSizes,
	"m8g": bigArmSizes, "r8g": bigArmSizes,
}

var (
	intelSizes    = []string{"large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge"}
	bigIntelSizes = []string{"large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge"}
	armSizes      = []string{"large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"}
	bigArmSizes   = []string{"large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "48xlarge"}
)

// checkEngine checks engine, version and instance class together.
func checkEngine(c *call) error {
	a := c.attrs
	if engine := a.Str("engine"); engine != "postgres" {
		return c.refuse("engine", "InvalidParameterValue", "Invalid DB engine: %s. The simulator runs postgres only.", engine)
	}
	version, ok := actualVersion(a.Str("engine_version"))
	if !ok {
		return c.refuse("engine_version", "InvalidParameterCombination", "Cannot find version %s for postgres", a.Str("engine_version"))
	}
	return checkClass(c, version)
}

func checkClass(c *call, version string) error {
	class := c.attrs.Str("instance_class")
	parts := classPattern.FindStringSubmatch(class)
	if parts == nil {
		return c.refuse("instance_class", "InvalidParameterValue", "Invalid DB Instance class: %s", class)
	}
	if !slices.Contains(classSizes[parts[1]], parts[2]) {
		return c.refuse("instance_class", "InvalidParameterCombination",
			"RDS does not support creating a DB instance with the following combination: DBInstanceClass=%s, Engine=postgres, EngineVersion=%s, LicenseModel=postgresql-license. For supported combinations of instance class and database engine version, see the documentation.",
			class, version)
	}
	return nil
}
