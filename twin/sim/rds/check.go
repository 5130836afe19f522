package rds

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/ec2"
	"github.com/pgdr/pgdr/twin/sim/kms"
)

var (
	dbIdentifier = regexp.MustCompile(`^[a-z]([a-z0-9]|-[a-z0-9]){0,62}$`)
	databaseName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`)
)

// Storage bounds of PostgreSQL in GiB, by storage type.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html
var storageBounds = map[string][2]int{"gp2": {20, 65536}, "gp3": {20, 65536}, "io1": {100, 65536}, "io2": {100, 65536}}

func checkDBStorage(c *sim.Call) error {
	a := c.Attrs
	typ := a.Str("storage_type")
	if typ == "" {
		typ = "gp2"
	}
	bounds, ok := storageBounds[typ]
	if !ok {
		return c.Refuse("storage_type", "InvalidParameterValue", "Invalid storage type: %s", typ)
	}
	size := a.Int("allocated_storage")
	if size < bounds[0] || size > bounds[1] {
		return c.Refuse("allocated_storage", "InvalidParameterValue", "Invalid storage size for engine name postgres and storage type %s: %d", typ, size)
	}
	if limit := a.Int("max_allocated_storage"); limit != 0 && limit <= size {
		return c.Refuse("max_allocated_storage", "InvalidParameterCombination", "Max storage size must be greater than storage size")
	} else if limit > bounds[1] {
		return c.Refuse("max_allocated_storage", "InvalidParameterValue", "Invalid max storage size for engine name postgres and storage type %s: %d", typ, limit)
	}
	if strings.HasPrefix(typ, "io") && a.Int("iops") == 0 {
		return c.Refuse("iops", "InvalidParameterCombination", "You must specify both the storage size and iops when modifying the storage size or iops on a DB instance that has iops")
	}
	if typ == "gp2" && a.Int("iops") != 0 {
		return c.Refuse("iops", "InvalidParameterCombination", "You can't specify IOPS or storage throughput for engine postgres and a storage type of gp2.")
	}
	return nil
}

func checkDBBackup(c *sim.Call) error {
	a := c.Attrs
	a.Default("backup_retention_period", 0)
	if days := a.Int("backup_retention_period"); days < 0 || days > 35 {
		return c.Refuse("backup_retention_period", "InvalidParameterValue", "Invalid backup retention period: %d. Must be between 0 and 35 days.", days)
	}
	backup, maintenance := a.Str("backup_window"), a.Str("maintenance_window")
	backupSpan, okBackup := daySpan(backup)
	if backup != "" && (!okBackup || backupSpan.length() < 30) {
		return c.Refuse("backup_window", "InvalidParameterValue", "Invalid backup window: %s. It must be hh24:mi-hh24:mi in UTC and at least 30 minutes.", backup)
	}
	maintenanceSpan, okMaintenance := weekSpan(maintenance)
	if maintenance != "" && (!okMaintenance || maintenanceSpan.length() < 30) {
		return c.Refuse("maintenance_window", "InvalidParameterValue", "Invalid maintenance window: %s. It must be ddd:hh24:mi-ddd:hh24:mi in UTC and at least 30 minutes.", maintenance)
	}
	if backup != "" && maintenance != "" && backupSpan.meets(maintenanceSpan) {
		return c.Refuse("backup_window", "InvalidParameterValue", "The backup window and maintenance window must not overlap.")
	}
	return nil
}

// span is a stretch of a day, in minutes since midnight; to may be smaller
// than from, when midnight lies between.
type span struct{ from, to int }

const dayMinutes = 24 * 60

func (s span) length() int { return (s.to - s.from + dayMinutes) % dayMinutes }

// meets tells whether two spans share a minute on some day.
func (s span) meets(other span) bool {
	return (other.from-s.from+dayMinutes)%dayMinutes < s.length() || (s.from-other.from+dayMinutes)%dayMinutes < other.length()
}

var (
	dayWindow  = regexp.MustCompile(`^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$`)
	weekWindow = regexp.MustCompile(`(?i)^(mon|tue|wed|thu|fri|sat|sun):(\S{5})-(mon|tue|wed|thu|fri|sat|sun):(\S{5})$`)
)

func daySpan(window string) (span, bool) {
	m := dayWindow.FindStringSubmatch(window)
	if m == nil {
		return span{}, false
	}
	minutes := func(hour, minute string) int {
		h, _ := strconv.Atoi(hour) // digits, by the pattern
		n, _ := strconv.Atoi(minute)
		return h*60 + n
	}
	return span{minutes(m[1], m[2]), minutes(m[3], m[4])}, true
}

func weekSpan(window string) (span, bool) {
	m := weekWindow.FindStringSubmatch(window)
	if m == nil {
		return span{}, false
	}
	return daySpan(m[2] + "-" + m[4])
}

func checkDBNetwork(c *sim.Call) error {
	a := c.Attrs
	name := a.Str("db_subnet_group_name")
	if name == "" {
		return c.Refuse("db_subnet_group_name", "InvalidSubnet", "No default subnet detected in VPC. The simulated account has no default VPC: name a DB subnet group.")
	}
	group, err := c.Need("db_subnet_group_name", "aws_db_subnet_group", c.Region, name)
	if err != nil {
		return err
	}
	vpcID := group.Attrs.Str("vpc_id")
	if len(a.Strings("vpc_security_group_ids")) == 0 {
		vpc, err := c.Need("db_subnet_group_name", "aws_vpc", c.Region, vpcID)
		if err != nil {
			return err
		}
		a.Set(sim.Attrs{"vpc_security_group_ids": []string{vpc.Attrs.Str("default_security_group_id")}})
	}
	for _, id := range a.Strings("vpc_security_group_ids") {
		switch got := ec2.GroupVPC(c.Tx, c.Region, id); got {
		case vpcID:
		case "":
			return c.Refuse("vpc_security_group_ids", "InvalidParameterValue", "Invalid security group , groupId= %s, groupName=.", id)
		default:
			return c.Refuse("vpc_security_group_ids", "InvalidParameterCombination",
				"The DB instance and EC2 security group are in different VPCs. The DB instance is in %s and the EC2 security group is in %s", vpcID, got)
		}
	}
	return checkDBZone(c)
}

func checkDBZone(c *sim.Call) error {
	zone := c.Attrs.Str("availability_zone")
	if zone == "" {
		return nil
	}
	if c.Attrs.Bool("multi_az") && c.Resource == nil {
		return c.Refuse("availability_zone", "InvalidParameterCombination", "Requesting a specific availability zone is not valid for Multi-AZ instances.")
	}
	if !slices.Contains(sim.Zones(c.Region), zone) {
		return c.Refuse("availability_zone", "InvalidVPCNetworkStateFault", "%s is not a valid availability zone of %s", zone, c.Region)
	}
	return nil
}

func checkDBParameterGroup(c *sim.Call) error {
	a := c.Attrs
	family := fmt.Sprintf("postgres%d", majorOf(a.Str("engine_version_actual")))
	name := a.Str("parameter_group_name")
	if name == "" {
		a["parameter_group_name"] = "default." + family
		return nil
	}
	if strings.HasPrefix(name, "default.") {
		if name == "default."+family {
			return nil
		}
		return refuseFamily(c, strings.TrimPrefix(name, "default."), family)
	}
	group, err := c.Need("parameter_group_name", "aws_db_parameter_group", c.Region, name)
	if err != nil {
		return err
	}
	if got := group.Attrs.Str("family"); got != family {
		return refuseFamily(c, got, family)
	}
	return nil
}

func refuseFamily(c *sim.Call, got, wanted string) error {
	return c.Refuse("parameter_group_name", "InvalidParameterCombination",
		"The parameter group %s with DBParameterGroupFamily %s can't be used for this instance. Please use a parameter group with DBParameterGroupFamily %s.",
		c.Attrs.Str("parameter_group_name"), got, wanted)
}

func checkDBKey(c *sim.Call) error {
	a := c.Attrs
	ref := a.Str("kms_key_id")
	if ref == "" {
		key := ""
		if a.Bool("storage_encrypted") {
			key = kms.ManagedKeyARN(c.Tx, c.Region, "rds")
		}
		a["kms_key_id"] = key
		return nil
	}
	if _, ok := sim.ParseARN(ref); !ok {
		return c.Refuse("kms_key_id", "InvalidParameterValue", `"kms_key_id" (%s) is an invalid ARN: arn: invalid prefix`, ref)
	}
	if _, problem := kms.FindKey(c.Tx, c.Region, ref); problem != kms.KeyUsable {
		return c.Refuse("kms_key_id", "KMSKeyNotAccessibleFault",
			"The specified KMS key [%s] does not exist, is not enabled or you do not have permissions to access it. (%s in %s)", ref, problem, c.Region)
	}
	return nil
}

// exportedLogs are the logs of PostgreSQL that RDS can export.
var exportedLogs = []string{"postgresql", "upgrade", "iam-db-auth-error"}

func checkDBLogs(c *sim.Call) error {
	for _, log := range c.Attrs.Strings("enabled_cloudwatch_logs_exports") {
		if !slices.Contains(exportedLogs, log) {
			return c.Refuse("enabled_cloudwatch_logs_exports", "InvalidParameterCombination",
				"You cannot use the log types '%s' with engine version postgres %s. For supported log types, see the documentation.", log, c.Attrs.Str("engine_version_actual"))
		}
	}
	return nil
}

// checkDBInsights checks Performance Insights, which PostgreSQL has on every class.
// The key of its data is chosen once.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DatabaseInsights.Engines.html
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
func checkDBInsights(c *sim.Call) error {
	a := c.Attrs
	before := ""
	if c.Resource != nil {
		before = c.Resource.Attrs.Str("performance_insights_kms_key_id")
	}
	key, days := a.Str("performance_insights_kms_key_id"), a.Int("performance_insights_retention_period")
	if !a.Bool("performance_insights_enabled") {
		if key != before {
			// hashicorp/terraform-provider-aws #3015.
			return c.Refuse("performance_insights_kms_key_id", "InvalidParameterCombination", "Can not set PerformanceInsightsKMSKeyId without EnablePerformanceInsights")
		}
		return nil
	}
	if days == 0 {
		days = 7
		a["performance_insights_retention_period"] = float64(days)
	}
	managed := kms.ManagedKeyARN(c.Tx, c.Region, "rds")
	if key == "" {
		key = managed
		a["performance_insights_kms_key_id"] = key
	}
	switch _, problem := kms.FindKey(c.Tx, c.Region, key); {
	case days != 7 && days != 731 && (days%31 != 0 || days > 23*31 || days < 31):
		return c.Refuse("performance_insights_retention_period", "InvalidParameterValue", "Invalid Performance Insights retention period: %d. Valid values are 7, 731 and the multiples of 31 up to 713.", days)
	case before != "" && key != before:
		// hashicorp/terraform-provider-aws #44046.
		return c.Refuse("performance_insights_kms_key_id", "InvalidParameterCombination", "You can't change your Performance Insights KMS key.")
	case key != managed && problem != kms.KeyUsable:
		return c.Refuse("performance_insights_kms_key_id", "KMSKeyNotAccessibleFault",
			"The specified KMS key [%s] does not exist, is not enabled or you do not have permissions to access it. (%s in %s)", key, problem, c.Region)
	}
	return nil
}

// monitoringIntervals of enhanced monitoring, in seconds.
var monitoringIntervals = []int{0, 1, 5, 10, 15, 30, 60}

func checkDBMonitoring(c *sim.Call) error {
	a := c.Attrs
	interval, role := a.Int("monitoring_interval"), a.Str("monitoring_role_arn")
	if !slices.Contains(monitoringIntervals, interval) {
		return c.Refuse("monitoring_interval", "InvalidParameterValue", "Invalid monitoring interval %d: it must be one of 0, 1, 5, 10, 15, 30, 60", interval)
	}
	if interval > 0 && role == "" {
		return c.Refuse("monitoring_role_arn", "InvalidParameterCombination", "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.")
	}
	if role != "" && c.FindBy("aws_iam_role", sim.Global, "arn", role) == nil {
		return c.Refuse("monitoring_role_arn", "InvalidParameterValue", "IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING")
	}
	return nil
}
