package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// minors says which minor versions of a major RDS creates.
type minors struct {
	// first is the oldest that RDS still creates.
	first int
	// withdrawn are later ones that it no longer creates: releases that were
	// replaced within weeks because of a regression.
	withdrawn []int
}

// majors are the PostgreSQL majors that this system runs on. 15 is the oldest:
// from it on, rds.force_ssl is on by default, and public is not writable by
// everybody. RDS ends standard support of 15 in February 2028.
//
// Minors: RDS announced that from 1 May 2026 it creates no 15.9 to 15.12, 16.5
// to 16.8 and 17.1 to 17.4 (older ones were gone before), and its release
// calendar marks the withdrawn ones NO_CREATE:
// https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html
// 18.0 was a preview only. The calendar forecasts the end of 15.13, 15.14,
// 16.9, 16.10, 17.5 and 17.6 for September 2026, give or take; they are
// refused here once that was announced.
var majors = map[int]minors{
	15: {first: 13, withdrawn: []int{16}},
	16: {first: 9, withdrawn: []int{12}},
	17: {first: 5, withdrawn: []int{8}},
	18: {first: 1, withdrawn: []int{2}},
}

var versionPattern = regexp.MustCompile(`^([1-9][0-9]?)(?:\.(0|[1-9][0-9]?))?$`)

// checkEngineVersion notes a fault unless RDS creates instances of version, a
// major ("15") or a full version ("15.15").
func checkEngineVersion(fs *Faults, version string) {
	const path = "database.engine_version"
	match := versionPattern.FindStringSubmatch(version)
	if match == nil {
		fs.add(path, quoted(version), `give a major such as "15", for which RDS chooses the minor, or a full version such as "15.15"`)
		return
	}
	major := majorOf(version)
	known, ok := majors[major]
	if !ok {
		fs.add(path, quoted(version), "give a supported major: "+list(supportedMajors(), "or"))
		return
	}
	if match[2] == "" {
		return
	}
	minor, _ := strconv.Atoi(match[2]) // two digits, by the pattern
	if minor < known.first || slices.Contains(known.withdrawn, minor) {
		fs.add(path, quoted(version)+", which RDS no longer creates", known.advice(major))
	}
}

// advice says which versions of the major can be had.
func (m minors) advice(major int) string {
	except := ""
	if len(m.withdrawn) > 0 {
		names := make([]string, len(m.withdrawn))
		for i, w := range m.withdrawn {
			names[i] = fmt.Sprintf("%d.%d", major, w)
		}
		except = " except " + list(names, "and")
	}
	return fmt.Sprintf(`give "%d", for which RDS chooses the minor, or %d.%d or later%s`, major, major, m.first, except)
}

func supportedMajors() []string {
	var names []string
	for major := range majors {
		names = append(names, strconv.Itoa(major))
	}
	slices.Sort(names)
	return names
}

// Sizes that families of instance classes share.
var (
	sizesBurstable = []string{"micro", "small", "medium", "large", "xlarge", "2xlarge"}
	sizesGraviton  = []string{"large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"}
	sizesIntel5    = append(slices.Clone(sizesGraviton), "24xlarge")
	sizesIntel6    = append(slices.Clone(sizesIntel5), "32xlarge")
	sizesLatest    = append(slices.Clone(sizesIntel5), "48xlarge")
)

// family is a family of instance classes.
type family struct {
	// sizes that it comes in.
	sizes []string
	// majors of PostgreSQL that RDS runs on it; nil: all of [majors].
	majors []int
}

// families are the instance classes that RDS runs PostgreSQL 15 and later on,
// see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Support.html
// (which names 18 for the newest families only, so it limits none here).
// Absent on purpose: t2, m3, m4, r3 and r4 (retired), c6gd (Multi-AZ clusters
// only), x1, x1e, x2iezn and z1d (other engines). Whether a region offers a
// class at the moment, only AWS can tell.
var families = map[string]family{
	"m5":     {sizes: sizesIntel5},
	"m5d":    {sizes: sizesIntel5},
	"m6g":    {sizes: sizesGraviton},
	"m6gd":   {sizes: sizesGraviton},
	"m6i":    {sizes: sizesIntel6},
	"m6id":   {sizes: sizesIntel6},
	"m6idn":  {sizes: sizesIntel6},
	"m6in":   {sizes: sizesIntel6},
	"m7g":    {sizes: sizesGraviton},
	"m7i":    {sizes: sizesLatest},
	"m8g":    {sizes: sizesLatest},
	"m8gd":   {sizes: sizesLatest},
	"r5":     {sizes: sizesIntel5},
	"r5b":    {sizes: sizesIntel5},
	"r5d":    {sizes: sizesIntel5},
	"r6g":    {sizes: sizesGraviton},
	"r6gd":   {sizes: sizesGraviton},
	"r6i":    {sizes: sizesIntel6},
	"r6id":   {sizes: sizesIntel6},
	"r6idn":  {sizes: sizesIntel6[1:]}, // no large
	"r6in":   {sizes: sizesIntel6},
	"r7g":    {sizes: sizesGraviton},
	"r7i":    {sizes: sizesLatest},
	"r8g":    {sizes: sizesLatest},
	"r8gd":   {sizes: sizesLatest},
	"t3":     {sizes: sizesBurstable},
	"t4g":    {sizes: sizesBurstable},
	"x2g":    {sizes: sizesGraviton},
	"x2idn":  {sizes: []string{"16xlarge", "24xlarge", "32xlarge"}, majors: []int{15}},
	"x2iedn": {sizes: []string{"xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge", "24xlarge", "32xlarge"}},
}

// checkInstanceClass notes a fault unless PostgreSQL of that version can run
// on class.
func checkInstanceClass(fs *Faults, class, version string) {
	const path = "database.instance_class"
	parts := strings.Split(class, ".")
	if len(parts) != 3 || parts[0] != "db" {
		fs.add(path, quoted(class), `give db, family and size, such as "db.r6g.large"`)
		return
	}
	f, ok := families[parts[1]]
	if !ok {
		fs.add(path, quoted(class), "give a family that RDS for PostgreSQL runs on: "+list(sortedKeys(families), "or"))
		return
	}
	if !slices.Contains(f.sizes, parts[2]) {
		fs.add(path, quoted(class), fmt.Sprintf("give a size that db.%s has: %s", parts[1], list(f.sizes, "or")))
	}
	if major := majorOf(version); f.majors != nil && major != 0 && !slices.Contains(f.majors, major) {
		fs.add(path, fmt.Sprintf("%q with PostgreSQL %d", class, major),
			fmt.Sprintf("give another family: db.%s runs %s only", parts[1], list(numerals(f.majors), "and")))
	}
}

// majorOf is the major of a version that is spelled right, otherwise 0.
func majorOf(version string) int {
	match := versionPattern.FindStringSubmatch(version)
	if match == nil {
		return 0
	}
	major, _ := strconv.Atoi(match[1]) // two digits, by the pattern
	return major
}
