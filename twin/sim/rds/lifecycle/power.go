package lifecycle

import (
	"fmt"
	"strings"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
)

const opStop = "StopDBInstance"

// Stop stops an instance. RDS does not stop one that has read replicas, or
// that is one; after seven days it starts it again by itself.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html
func Stop(tx *sim.Tx, r *sim.Resource, t Timing) error {
	r = latest(tx, r)
	id := r.Attrs.Str("identifier")
	switch {
	case r.Attrs.Has("replicate_source_db"):
		return refuse(opStop, codeState, "Cannot stop or start a Read-Replica instance")
	case len(ReplicasOf(tx, r)) > 0:
		return refuse(opStop, codeState, "Cannot stop or start instance %s: it has read replicas", id)
	case !atRest(tx, r):
		return refuse(opStop, codeState, "Instance %s is not in available state.", id)
	}
	s := begin(tx.At).status(Stopping).after(t.Stop).status(Stopped).event(eventStopped)
	schedule(tx, r, s.rest(stopLimit).event(eventStoppedTooLong).start(t))
	return nil
}

func (s *script) start(t Timing) *script {
	return s.status(Starting).after(t.Start).status(Available).event(eventStarted).event(eventRestarted)
}

// StoppedUntil is when RDS starts a stopped instance by itself; ok is false if
// it is not stopped.
func StoppedUntil(r *sim.Resource) (at time.Time, ok bool) {
	if status := r.Attrs.Str("status"); status != Stopped {
		return time.Time{}, false
	}
	for _, s := range load[[]step](r, hiddenPlan) {
		if s.Status == Starting {
			return s.At, true
		}
	}
	return time.Time{}, false
}

// Failover has RDS fail a Multi-AZ instance over to its standby: the endpoint
// stays, the zone changes.
func Failover(tx *sim.Tx, r *sim.Resource, t Timing) error {
	r = latest(tx, r)
	if !r.Attrs.Bool("multi_az") {
		return refuse("RebootDBInstance", codeCombination, "Cannot force failover since the database instance is not configured for MultiAZ.")
	}
	to := StandbyZone(r)
	schedule(tx, r, begin(tx.At).event(eventFailoverStarted).after(t.Failover).
		do(step{Set: sim.Attrs{"availability_zone": to}}).event(eventRestarted).event(eventFailoverCompleted))
	return nil
}

// StandbyZone is where the standby of a Multi-AZ instance is: a zone that the instance is not in.
func StandbyZone(r *sim.Resource) string {
	for _, zone := range sim.Zones(r.Region) {
		if zone != r.Attrs.Str("availability_zone") {
			return zone
		}
	}
	return ""
}

// Restart has RDS restart an instance, as it does when the host or the engine
// has failed.
func Restart(tx *sim.Tx, r *sim.Resource, t Timing) {
	schedule(tx, r, begin(tx.At).status(Rebooting).event(eventShutdown).after(t.Reboot).status(Available).event(eventRestarted))
}

// renaming is for how long a renamed instance is not available: until its new
// name is in force.
const renaming = 10 * time.Minute

// Rename gives an instance another identifier: its ARN and its endpoint change
// at once, its tags and replicas stay, and it restarts.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html
func Rename(tx *sim.Tx, r *sim.Resource, to string, t Timing) error {
	r = latest(tx, r)
	if Find(tx, r.Region, to) != nil {
		return refuse(opModify, "DBInstanceAlreadyExists", "DB instance already exists")
	}
	replicas, was, source := ReplicasOf(tx, r), r.Attrs.Str("identifier"), r.ARN()
	arn := strings.TrimSuffix(source, ":"+was) + ":" + to
	_, rest, _ := strings.Cut(r.Attrs.Str("address"), ".")
	address := to + "." + rest
	r = tx.Edit(r)
	r.Attrs.Set(sim.Attrs{"identifier": to, "arn": arn, "address": address, "endpoint": fmt.Sprintf("%s:%d", address, r.Attrs.Int("port"))})
	for _, replica := range replicas {
		ref := to
		if replica.Attrs.Str("replicate_source_db") == source {
			ref = arn
		}
		tx.Edit(replica).Attrs.Set(sim.Attrs{"replicate_source_db": ref})
	}
	schedule(tx, r, begin(tx.At).status("renaming").after(renaming-t.Reboot).status(Rebooting).event(eventShutdown).
		after(t.Reboot).status(Available).event(eventRestarted))
	return nil
}
