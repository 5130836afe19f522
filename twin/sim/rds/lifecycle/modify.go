package lifecycle

import (
	"github.com/pgdr/pgdr/twin/sim"
)

// Modification is what ModifyDBInstance may be told here; nil leaves a setting
// as it is.
type Modification struct {
	Retention          *int
	MultiAZ            *bool
	DeletionProtection *bool
	// Window of backups, hh24:mi-hh24:mi in UTC; "" keeps what there is.
	Window string
	// Immediately instead of in the next maintenance window.
	Immediately bool
}

// Pending are accepted changes that RDS has still to make.
type Pending struct {
	Retention *int  `json:"retention,omitempty"`
	MultiAZ   *bool `json:"multi_az,omitempty"`
}

// PendingOf returns what RDS has still to change.
func PendingOf(r *sim.Resource) Pending { return load[Pending](r, hiddenPending) }

func (p Pending) attrs() sim.Attrs {
	a := sim.Attrs{}
	if p.Retention != nil {
		a["backup_retention_period"] = *p.Retention
	}
	if p.MultiAZ != nil {
		a["multi_az"] = *p.MultiAZ
	}
	return a
}

// without takes out what was applied.
func (p Pending) without(done Pending) Pending {
	if done.Retention != nil {
		p.Retention = nil
	}
	if done.MultiAZ != nil {
		p.MultiAZ = nil
	}
	return p
}

// with adds or replaces.
func (p Pending) with(more Pending) Pending {
	if more.Retention != nil {
		p.Retention = more.Retention
	}
	if more.MultiAZ != nil {
		p.MultiAZ = more.MultiAZ
	}
	return p
}

const opModify = "ModifyDBInstance"

// Modify accepts changes. Deletion protection and the backup window change at
// once; another non-zero retention soon, whatever was said of when; retention
// from or to 0 and Multi-AZ at once or in the next maintenance window, as said.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html
func Modify(tx *sim.Tx, r *sim.Resource, m Modification, t Timing) error {
	r = latest(tx, r)
	if err := checkModification(tx, r, m); err != nil {
		return err
	}
	r = tx.Edit(r)
	if m.DeletionProtection != nil {
		r.Attrs.Set(sim.Attrs{"deletion_protection": *m.DeletionProtection})
	}
	if m.Window != "" {
		r.Attrs.Set(sim.Attrs{"backup_window": m.Window})
	}
	soon, later := split(r, m)
	// What waits already is applied with the rest, whenever that is.
	later = PendingOf(r).without(Pending{m.Retention, m.MultiAZ}).with(later)
	unplan(r, tx.At)
	store(r, hiddenPending, later.with(soon))
	if m.Immediately {
		soon, later = later.with(soon), Pending{}
	}
	if later != (Pending{}) {
		begins := nextWindow(tx.At, r.Attrs.Str("maintenance_window"))
		r = schedule(tx, r, conversion(r, later, begin(begins), t))
	}
	if soon != (Pending{}) {
		schedule(tx, r, conversion(r, soon, begin(tx.At).after(t.Noticed), t))
	}
	return nil
}

// split sorts what is changed soon in any case from what may wait.
func split(r *sim.Resource, m Modification) (soon, later Pending) {
	if m.MultiAZ != nil && *m.MultiAZ != r.Attrs.Bool("multi_az") {
		later.MultiAZ = m.MultiAZ
	}
	if was := r.Attrs.Int("backup_retention_period"); m.Retention != nil && *m.Retention != was {
		if was > 0 && *m.Retention > 0 {
			soon.Retention = m.Retention
		} else {
			later.Retention = m.Retention
		}
	}
	return soon, later
}

// conversion is what an instance goes through when values are applied.
func conversion(r *sim.Resource, p Pending, s *script, t Timing) *script {
	s.status(Modifying)
	takes := t.Modify
	if p.MultiAZ != nil {
		takes = t.MultiAZ
		if *p.MultiAZ {
			s.event(eventToMultiAZ)
		}
	}
	s.after(takes).do(step{Status: Available, Applied: &p})
	switch {
	case p.MultiAZ == nil:
	case *p.MultiAZ:
		s.event(eventMultiAZDone)
	default:
		s.event(eventToSingleAZ)
	}
	if p.Retention != nil && *p.Retention > 0 && r.Attrs.Int("backup_retention_period") == 0 {
		s.backup(t)
	}
	return s
}

func checkModification(tx *sim.Tx, r *sim.Resource, m Modification) error {
	id := r.Attrs.Str("identifier")
	switch {
	case !atRest(tx, r):
		return refuse(opModify, codeState, "Database instance is not in available state.")
	case m.Retention != nil && (*m.Retention < 0 || *m.Retention > maxRetention):
		return refuse(opModify, codeValue, "Invalid backup retention period: %d. Must be between 0 and %d days.", *m.Retention, maxRetention)
	case m.Retention != nil && *m.Retention == 0 && len(ReplicasOf(tx, r)) > 0:
		return refuse(opModify, codeState, "Automated backups can't be disabled on DB instance %s: it has read replicas", id)
	case m.Window != "" && !validWindow(m.Window):
		return refuse(opModify, codeValue, "Invalid backup window: %s. It must be hh24:mi-hh24:mi in UTC and at least 30 minutes.", m.Window)
	case m.Window != "" && r.Attrs.Int("backup_retention_period") == 0 && (m.Retention == nil || *m.Retention == 0):
		return refuse(opModify, codeCombination, "PreferredBackupWindow can't be set for DB instance %s: its automated backups are disabled", id)
	}
	return nil
}
