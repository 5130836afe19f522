package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const (
	// maxDatabaseName is PostgreSQL's limit of an identifier in bytes.
	maxDatabaseName = 63
	// maxUsername is RDS's limit of a master user name, see
	// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
	maxUsername = 16
	// mibPerGiB converts the units of storage.
	mibPerGiB = 1024
)

func checkDatabase(fs *Faults, db Database) {
	checkEngineVersion(fs, db.EngineVersion)
	checkInstanceClass(fs, db.InstanceClass, db.EngineVersion)
	checkIdentifier(fs, "database.name", db.Name, maxDatabaseName)
	checkIdentifier(fs, "database.username", db.Username, maxUsername)
	checkStorage(fs, db)
}

// checkStorage holds the sizes against each other.
func checkStorage(fs *Faults, db Database) {
	const (
		allocated = "database.allocated_storage_gib"
		maximum   = "database.max_allocated_storage_gib"
		slot      = "database.max_slot_wal_keep_mib"
	)
	if fs.has(allocated) {
		return
	}
	if least := (db.AllocatedStorage*(100+growthPercent) + 99) / 100; db.MaxAllocatedStorage < least && !fs.has(maximum) {
		fs.add(maximum, fmt.Sprint(db.MaxAllocatedStorage),
			fmt.Sprintf("give at least %d: RDS wants %d %% more than %s", least, growthPercent, allocated))
	}
	if most := db.AllocatedStorage * mibPerGiB / 2; db.MaxSlotWALKeep > most && !fs.has(slot) {
		fs.add(slot, fmt.Sprint(db.MaxSlotWALKeep),
			fmt.Sprintf("give at most %d, half of %s: WAL that a dead replica holds back must not fill the primary's disk", most, allocated))
	}
}

var identifierPattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// checkIdentifier notes a fault unless name can name a database or a user
// without quotes.
func checkIdentifier(fs *Faults, path, name string, longest int) {
	switch {
	case !identifierPattern.MatchString(name):
		fs.add(path, quoted(name), "give lower-case letters, digits and underscores, a letter first (PostgreSQL folds unquoted names to lower case)")
	case len(name) > longest:
		fs.add(path, quoted(name), fmt.Sprintf("give at most %d characters, not %d", longest, len(name)))
	case reserved(name):
		fs.add(path, quoted(name)+", a reserved word", fmt.Sprintf("give another name, such as %q", name+"_1"))
	}
}

// reserved tells whether RDS or PostgreSQL keeps name for itself. Names that
// begin with pgdr_ are the guard's: it makes a role and a schema of its own.
func reserved(name string) bool {
	for _, prefix := range []string{"pg_", "rds_", "pgdr_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return slices.Contains(reservedByRDS, name) || slices.Contains(reservedByPostgreSQL, name)
}

// reservedByRDS are names that RDS refuses ("is a reserved word for this
// engine") or has taken; it doesn't publish the list.
var reservedByRDS = []string{"admin", "database", "db", "rdsadmin", "rdsrepladmin", "rdstopmgr", "template0", "template1"}

// reservedByPostgreSQL are the key words that can't be identifiers, see
// https://www.postgresql.org/docs/15/sql-keywords-appendix.html
var reservedByPostgreSQL = strings.Fields(`
	all analyse analyze and any array as asc asymmetric authorization binary
	both case cast check collate collation column concurrently constraint
	create cross current_catalog current_date current_role current_schema
	current_time current_timestamp current_user default deferrable desc
	distinct do else end except false fetch for foreign freeze from full grant
	group having ilike in initially inner intersect into is isnull join lateral
	leading left like limit localtime localtimestamp natural not notnull null
	offset on only or order outer overlaps placing primary public references
	returning right select session_user similar some symmetric system_user table
	tablesample then to trailing true union unique user using variadic verbose
	when where window with`)
