package lifecycle

import (
	"slices"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
)

// Promotion is what PromoteReadReplica may be told.
type Promotion struct {
	// Retention of backups in days; nil means RDS's default of 1.
	Retention *int
	// Window of backups, hh24:mi-hh24:mi in UTC; "" keeps what there is.
	Window string
}

const (
	opPromote        = "PromoteReadReplica"
	defaultRetention = 1
	maxRetention     = 35
)

// Promote starts to make a replica an instance of its own. Just afterwards it
// is still "available" and still names its source.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PromoteReadReplica.html
func Promote(tx *sim.Tx, r *sim.Resource, p Promotion, t Timing) error {
	r = latest(tx, r)
	if err := checkPromotion(tx, r, p); err != nil {
		return err
	}
	retention := defaultRetention
	if p.Retention != nil {
		retention = *p.Retention
	}
	rest := Available
	if status := r.Attrs.Str("status"); slices.Contains(lasting, status) {
		rest = status // its volume is at work still
	}
	set := sim.Attrs{"backup_retention_period": retention}
	if p.Window != "" {
		set["backup_window"] = p.Window
	}
	s := begin(tx.At).after(t.Noticed).status(Modifying).
		after(t.Promotion - t.Noticed - t.Reboot).status(Rebooting).event(eventReplicationEnded).event(eventShutdown).
		after(t.Reboot).event(eventRestarted).do(step{Status: rest, Set: set, Promoted: true})
	if retention > 0 && r.Attrs.Int("backup_retention_period") == 0 {
		s.backup(t)
	}
	schedule(tx, r, s)
	return nil
}

// noPromotion are the statuses in which RDS refuses a promotion: backing-up,
// which its page names, and those in which it documents that there is no
// running instance. A promotion under way is not accepted again.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
func noPromotion(r *sim.Resource) bool {
	switch status := r.Attrs.Str("status"); status {
	case BackingUp, Failed, Starting, Stopped, Stopping, "creating", "deleting", "restore-error",
		"inaccessible-encryption-credentials", "inaccessible-encryption-credentials-recoverable", "insufficient-capacity":
		return true
	default:
		return strings.HasPrefix(status, "incompatible-") || promoting(r)
	}
}

// promoting: a promotion was accepted and is not at its end.
func promoting(r *sim.Resource) bool {
	return slices.ContainsFunc(load[[]step](r, hiddenPlan), func(s step) bool { return s.Promoted })
}

func checkPromotion(tx *sim.Tx, r *sim.Resource, p Promotion) error {
	switch {
	case !r.Attrs.Has("replicate_source_db"):
		return refuse(opPromote, codeState, "DB Instance is not a read replica")
	case noPromotion(r):
		return refuse(opPromote, codeState, "DB Instance %s is not in a valid state for promotion: it is %s", r.Attrs.Str("identifier"), r.Attrs.Str("status"))
	case p.Retention != nil && (*p.Retention < 0 || *p.Retention > maxRetention):
		return refuse(opPromote, codeValue, "Invalid backup retention period: %d. Must be between 0 and %d days.", *p.Retention, maxRetention)
	case p.Retention != nil && *p.Retention == 0 && len(ReplicasOf(tx, r)) > 0:
		return refuse(opPromote, codeValue, "BackupRetentionPeriod can't be 0: DB instance %s has read replicas", r.Attrs.Str("identifier"))
	case p.Window != "" && !validWindow(p.Window):
		return refuse(opPromote, codeValue, "Invalid backup window: %s. It must be hh24:mi-hh24:mi in UTC and at least 30 minutes.", p.Window)
	}
	return nil
}

// backup adds one backup, in which RDS refuses other orders.
func (s *script) backup(t Timing) *script {
	return s.after(0).status(BackingUp).event(eventBackup).after(t.Backup).status(Available).event(eventBackupDone)
}

// BackUp has RDS make its daily backup now.
func BackUp(tx *sim.Tx, r *sim.Resource, t Timing) error {
	r = latest(tx, r)
	if !atRest(tx, r) {
		return refuse("CreateDBSnapshot", codeState, "Cannot create a snapshot because the database instance %s is not currently in the available state.", r.Attrs.Str("identifier"))
	}
	schedule(tx, r, begin(tx.At).backup(t))
	return nil
}
