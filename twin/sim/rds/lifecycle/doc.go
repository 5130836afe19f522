// Package lifecycle is what RDS does to a database instance over time:
// promotion, modification, backup, stop, restart and failover, each in the
// order of states and with the refusals and events that RDS documents.
//
// What is to come is written down with the instance, each step with the moment
// at which it is due. [Settle] does what is due. So the account is always as
// its own clock says, at each look, also after it was kept on
// disk meanwhile.
package lifecycle

import "time"

// Timing is how long RDS takes. RDS promises no times, except where a page is
// named.
type Timing struct {
	// Noticed is for how long an instance still shows the status of before
	// after a change was accepted.
	Noticed time.Duration
	// Promotion is the whole time until a promoted replica is available and
	// names no source: "several minutes or longer". Reboot is the last part of
	// it, and the time of any other restart.
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html
	Promotion, Reboot time.Duration
	// Backup is the time of a backup, for example of the first one after
	// backups were enabled.
	Backup time.Duration
	// Modify is the time of a small modification, MultiAZ that of a conversion
	// to or from Multi-AZ.
	Modify, MultiAZ time.Duration
	// Stop and Start of an instance.
	Stop, Start time.Duration
	// Failover to the standby of a Multi-AZ instance: typically 60 to 120 s.
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html
	Failover time.Duration
}

// stopLimit is after how long RDS starts a stopped instance by itself.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html
const stopLimit = 7 * 24 * time.Hour

// DefaultTiming is what an instance of a few hundred gigabytes may take.
func DefaultTiming() Timing {
	return Timing{
		Noticed: 20 * time.Second, Promotion: 5 * time.Minute, Reboot: time.Minute, Backup: 3 * time.Minute,
		Modify: time.Minute, MultiAZ: 10 * time.Minute, Stop: 3 * time.Minute, Start: 4 * time.Minute, Failover: 75 * time.Second,
	}
}

// The statuses that the simulator gives an instance.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
const (
	Available  = "available"
	BackingUp  = "backing-up"
	Modifying  = "modifying"
	Rebooting  = "rebooting"
	Starting   = "starting"
	Stopped    = "stopped"
	Stopping   = "stopping"
	Failed     = "failed"
	Optimizing = "storage-optimization"
)

// lasting are the statuses of work on an instance's volume. They last for hours,
// whatever else RDS does to the instance, which serves meanwhile.
var lasting = []string{Optimizing, "storage-initialization", "storage-config-upgrade"}
