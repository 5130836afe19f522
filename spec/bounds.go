package spec

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pgdr/pgdr/internal/contract"
)

// Bound limits a whole number of the configuration. The table [Bounds] is the
// only place with these limits, with those that the function has too from the
// contract. A test holds docs/configuration.md to it.
type Bound struct {
	// Path of the field, for example "guard.arming_seconds".
	Path string
	// Min and Max are the smallest and largest values accepted, in the
	// field's unit (which its name ends in).
	Min, Max int
	// Why is the reason of both limits.
	Why string
}

// String is the bound for messages and documentation: "1 to 35".
func (b Bound) String() string { return fmt.Sprintf("%d to %d", b.Min, b.Max) }

// Days that audit and flow logs are kept unless it is said: a year, and a week of
// what can be made again.
const (
	auditYear = 365
	auditWeek = 7
)

// Relations between fields that single bounds can't say.
const (
	// zoneCount is the number of zones of a site: what RDS Multi-AZ and the
	// guard's subnets are spread over.
	zoneCount = 3
	// minPrefix and maxPrefix bound the length of a VPC's prefix. A VPC is a
	// /16 at most; twelve /24 subnets need sixteen, which is a /20.
	minPrefix, maxPrefix = 16, 20
	// growthPercent is how far the storage limit must be above the storage
	// at creation, else RDS answers "Invalid max storage size", see
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
	growthPercent = 10
	// maxStorage in GiB is the largest volume of RDS for PostgreSQL.
	maxStorage = 65536
	// maxTagValue is AWS's limit of a tag's value in characters.
	maxTagValue = 256
)

// Bounds are the limits of every whole number in the configuration that has no
// fixed list of values.
var Bounds = append([]Bound{
	{"database.allocated_storage_gib", 20, maxStorage * 100 / (100 + growthPercent),
		"RDS's smallest volume; 65536 GiB is its largest, and storage must be able to grow by a tenth"},
	{"database.max_allocated_storage_gib", 22, maxStorage,
		"a tenth above the smallest volume; RDS's largest volume"},
	shared("database.backup_retention_days", contract.BackupRetention),
	{"database.password_version", 1, 1000000,
		"versions count up from 1; a larger number is a slip, such as a date"},
	{"database.max_slot_wal_keep_mib", 1024, 1048576,
		"16 WAL segments of RDS's 64 MiB, below which a brief pause already costs the replica its slot; more than 1 TiB isn't a limit any more"},
	{"database.create_timeout_minutes", 40, 1440,
		"the provider's own 40 minutes, in which a large cross-region replica is not made; a day"},
	{"database.update_timeout_minutes", 40, 1440,
		"as database.create_timeout_minutes"},
	{"database.delete_timeout_minutes", 40, 1440,
		"as database.create_timeout_minutes"},
	shared("dns.ttl_seconds", contract.RecordTTL),
	{"monitoring.replica_lag_seconds", 10, 3600,
		"less alarms on ordinary jitter; beyond an hour the alarm comes too late"},
	{"monitoring.connections", 1, 262143,
		"the range of PostgreSQL's own max_connections"},
	{"monitoring.cpu_percent", 1, 99,
		"the alarm is on values above, and no value is above 100"},
	{"monitoring.free_storage_gib", 1, 6553,
		"0 alarms when the disk is full already; a tenth of the largest volume is where RDS itself starts to grow it"},
	{"monitoring.slot_lag_mib", 64, 1048575,
		"one WAL segment of RDS; it must come before the slot is given up, so it is below the largest max_slot_wal_keep_mib"},
	{"review.cost_limit_usd", 0, 1000000,
		"0 sets no limit; more than a million is no limit either"},
	{"guard.memory_mib", 128, 3008,
		"Lambda's smallest size; the most that a new account gets"},
}, guardBounds()...)

// shared is a bound that the function has too.
func shared(path string, b contract.Bound) Bound { return Bound{path, b.Min, b.Max, b.Why} }

func guardBounds() []Bound {
	bounds := make([]Bound, len(contract.PolicySettings))
	for i, s := range contract.PolicySettings {
		bounds[i] = shared(guardPath(s.Field), s.Bound)
	}
	return bounds
}

// guardPath is the path of a field of section "guard".
func guardPath(field string) string { return "guard." + field }

// Choices are the fields that take one of a fixed list of words.
var Choices = map[string][]string{
	"backend.type":           {"local", "s3"},
	"database.audit":         {contract.AuditPgaudit, contract.AuditLogStatementAll},
	"guard.mode":             {string(contract.ModeAutomatic), string(contract.ModeManual)},
	"guard.on_region_silent": {string(contract.SilentPromote), string(contract.SilentAsk)},
	"guard.on_fence_error":   {string(contract.FenceErrorAsk), string(contract.FenceErrorPromote)},
	"guard.switch_dns_when":  {string(contract.SwitchProven), string(contract.SwitchAccepted)},
}

// NumberChoices are the fields that take one of a fixed list of numbers.
var NumberChoices = map[string][]int{
	"database.log_retention_days": logRetentions,
	"guard.log_retention_days":    logRetentions,
	"sites.primary.nat_gateways":  {1, zoneCount},
	"sites.replica.nat_gateways":  {1, zoneCount},
}

// logRetentions are the days that CloudWatch Logs can keep events for, see
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var logRetentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// checkBounds holds every number and word against the tables of this file.
func checkBounds(fs *Faults, c Config) {
	numbers, words := c.integers(), c.texts()
	for _, b := range Bounds {
		if n := numbers[b.Path]; n < b.Min || n > b.Max {
			fs.add(b.Path, fmt.Sprint(n), fmt.Sprintf("give %s (%s)", b, b.Why))
		}
	}
	for path, allowed := range NumberChoices {
		if n := numbers[path]; !slices.Contains(allowed, n) {
			fs.add(path, fmt.Sprint(n), "give "+list(numerals(allowed), "or"))
		}
	}
	for path, allowed := range Choices {
		if w := words[path]; !slices.Contains(allowed, w) {
			fs.add(path, quoted(w), "give "+list(allowed, "or"))
		}
	}
}

func numerals(numbers []int) []string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = fmt.Sprint(n)
	}
	return texts
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
