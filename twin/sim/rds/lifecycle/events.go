package lifecycle

import (
	"slices"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
)

// Event is what RDS reports of an instance.
type Event struct {
	// ID as RDS's page numbers it.
	ID         string    `json:"id"`
	At         time.Time `json:"at"`
	Message    string    `json:"message"`
	Categories []string  `json:"categories"`
}

// on returns the event at a moment.
func (e Event) on(at time.Time) Event {
	e.At = at
	return e
}

// The events that the simulator reports, with RDS's categories.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
var (
	eventCreated           = Event{ID: "RDS-EVENT-0005", Message: "DB instance created", Categories: []string{"creation"}}
	eventRestarted         = Event{ID: "RDS-EVENT-0006", Message: "DB instance restarted", Categories: []string{"availability"}}
	eventShutdown          = Event{ID: "RDS-EVENT-0004", Message: "DB instance shutdown", Categories: []string{"availability"}}
	eventBackup            = Event{ID: "RDS-EVENT-0001", Message: "Backing up DB instance", Categories: []string{"backup"}}
	eventBackupDone        = Event{ID: "RDS-EVENT-0002", Message: "Finished DB Instance backup", Categories: []string{"backup"}}
	eventFailoverStarted   = Event{ID: "RDS-EVENT-0013", Message: "Multi-AZ instance failover started.", Categories: []string{"failover"}}
	eventFailoverCompleted = Event{ID: "RDS-EVENT-0049", Message: "Multi-AZ instance failover completed", Categories: []string{"failover"}}
	eventToMultiAZ         = Event{ID: "RDS-EVENT-0024", Message: "Applying modification to convert to a Multi-AZ DB instance", Categories: []string{"configuration change"}}
	eventMultiAZDone       = Event{ID: "RDS-EVENT-0025", Message: "Finished applying modification to convert to a Multi-AZ DB instance", Categories: []string{"configuration change"}}
	eventToSingleAZ        = Event{ID: "RDS-EVENT-0030", Message: "Finished applying modification to convert to a standard (Single-AZ) DB instance", Categories: []string{"configuration change"}}
	eventFailed            = Event{ID: "RDS-EVENT-0031", Message: "DB instance has failed.", Categories: []string{"failure"}}
	eventReplicationEnded  = Event{ID: "RDS-EVENT-0057", Message: "Replication on the read replica was terminated.", Categories: []string{"read replica"}}
	eventStopped           = Event{ID: "RDS-EVENT-0087", Message: "DB instance stopped", Categories: []string{"notification"}}
	eventStarted           = Event{ID: "RDS-EVENT-0088", Message: "DB instance started", Categories: []string{"notification"}}
	eventStoppedTooLong    = Event{ID: "RDS-EVENT-0154", Message: "DB instance is being started due to it exceeding the maximum allowed time being stopped.", Categories: []string{"notification"}}
)

// eventsKept bounds the events of an instance; RDS keeps them for 14 days.
const eventsKept = 500

func record(r *sim.Resource, e Event) {
	all := append(load[[]Event](r, hiddenEvents), e)
	slices.SortStableFunc(all, func(a, b Event) int { return a.At.Compare(b.At) })
	store(r, hiddenEvents, all[max(0, len(all)-eventsKept):])
}

// Record adds an event that RDS reports by itself, for example of a recovery.
func Record(tx *sim.Tx, r *sim.Resource, e Event) { record(tx.Edit(latest(tx, r)), e) }

// Events returns the events of an instance from one moment to another, both
// included, the oldest first.
func Events(r *sim.Resource, from, to time.Time) []Event {
	all := append([]Event{eventCreated.on(r.Created)}, load[[]Event](r, hiddenEvents)...)
	return slices.DeleteFunc(all, func(e Event) bool { return e.At.Before(from) || e.At.After(to) })
}
