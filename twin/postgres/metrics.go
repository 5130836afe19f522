package postgres

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/pgtest"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
)

// RDS publishes one value a minute, here at the minute's beginning, so that two
// drills of one disaster see the same.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
const metricPeriod = time.Minute

// askWithin bounds what is asked of a server for its metrics, in the machine's
// time.
const askWithin = 500 * time.Millisecond

const gibibyte = 1 << 30

// channelSettings are the time-outs of RDS's replication channel on the
// simulation's clock: 30 s and a status each 10 s, a reconnection after 5 s.
// PostgreSQL counts the first in milliseconds, the second in whole seconds.
func (s *Servers) channelSettings() map[string]string {
	millis := func(d, least time.Duration) string {
		return strconv.FormatInt(max(s.o.Clock.Real(d), least).Milliseconds(), 10)
	}
	return map[string]string{
		"wal_receiver_timeout": millis(30*time.Second, time.Second), "wal_sender_timeout": millis(30*time.Second, time.Second),
		"wal_receiver_status_interval": "1", "wal_retrieve_retry_interval": millis(5*time.Second, 100*time.Millisecond),
	}
}

// gauges are what a server tells of itself.
type gauges struct {
	connections, limit, bytes float64
	lag, behind               float64
	// writes of WAL to the disk since the server was made.
	writes  float64
	standby bool
}

const askGauges = `SELECT
	(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::float8,
	current_setting('max_connections')::float8,
	(SELECT sum(pg_database_size(oid)) FROM pg_database)::float8,
	pg_is_in_recovery(),
	CASE WHEN NOT pg_is_in_recovery() THEN 0
		WHEN NOT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') THEN -1
		ELSE coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0) END::float8,
	CASE WHEN pg_is_in_recovery() THEN 0
		ELSE coalesce((SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)) FROM pg_replication_slots), 0) END::float8,
	(SELECT wal_write FROM pg_stat_wal)::float8`

// publish publishes RDS's metrics of all instances whose region has power.
func (s *Servers) publish(ctx context.Context, now time.Time) {
	for _, i := range s.snapshot() {
		i.mu.Lock()
		r, server, running := *i.resource.Load(), i.server, i.server.Running()
		i.mu.Unlock()
		if !running || s.o.Down(r.Region) {
			continue
		}
		if g, err := s.ask(ctx, server); err == nil {
			s.put(r, g, now)
			i.putWrites(s.o.Metrics, r, g.writes, now)
		}
	}
}

// ask needs no lock: it only reads where the server's socket is.
func (s *Servers) ask(ctx context.Context, server *pgtest.Server) (g gauges, err error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	err = server.QueryRow(ctx, askGauges, nil, &g.connections, &g.limit, &g.bytes, &g.standby, &g.lag, &g.behind, &g.writes)
	if g.lag > 0 { // PostgreSQL counts the machine's seconds
		g.lag = s.o.Clock.Elapsed(time.Duration(g.lag * float64(time.Second))).Seconds()
	}
	return g, err
}

// values are the metrics that RDS publishes of an instance.
func (s *Servers) values(r sim.Resource, g gauges) map[string]float64 {
	values := map[string]float64{
		contract.MetricConnections: g.connections / g.limit * connectionLimit(r.Attrs.Str("instance_class")),
		"FreeStorageSpace":         s.free(r, g),
		// Nothing here stands for the load on a processor: this is an idle one's.
		"CPUUtilization":           5,
		"OldestReplicationSlotLag": g.behind,
	}
	if g.standby {
		values["ReplicaLag"] = g.lag
	}
	return values
}

func (s *Servers) put(r sim.Resource, g gauges, now time.Time) {
	for name, value := range s.values(r, g) {
		s.o.Metrics.Put(instanceMetric(r, name), metrics.Point{At: now, Received: now, Value: value, Count: 1})
	}
}

// putWrites publishes the writes a second of the time since the last value, as of
// that minute: RDS publishes it when the minute is over.
func (i *instance) putWrites(to *metrics.Store, r sim.Resource, writes float64, now time.Time) {
	before, at := i.writes, i.writesAt
	i.writes, i.writesAt = writes, now
	if at.IsZero() || writes < before || !now.After(at) {
		return // The first value, or the server counts anew.
	}
	to.Put(instanceMetric(r, contract.MetricWrites), metrics.Point{
		At: now.Add(-metricPeriod).Truncate(metricPeriod), Received: now, Value: (writes - before) / now.Sub(at).Seconds(), Count: 1,
	})
}

func instanceMetric(r sim.Resource, name string) metrics.ID {
	return metrics.ID{
		Region: r.Region, Namespace: contract.NamespaceRDS, Name: name,
		Dimensions: metrics.Dimensions(map[string]string{contract.DimensionInstance: r.Attrs.Str("identifier")}),
	}
}

// free is what is left of the storage; a full one has status "storage-full".
func (s *Servers) free(r sim.Resource, g gauges) float64 {
	if r.Attrs.Str("status") == "storage-full" {
		return 0
	}
	return float64(r.Attrs.Int("allocated_storage"))*gibibyte - g.bytes
}

// memory of instance classes by size, in GiB, of the families r6g and r7g; half
// of it for m, a quarter for the rest.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html
var memory = map[string]float64{
	"micro": 4, "small": 8, "medium": 8, "large": 16, "xlarge": 32, "2xlarge": 64, "4xlarge": 128, "8xlarge": 256, "12xlarge": 384, "16xlarge": 512,
}

// connectionLimit is max_connections of an instance class by RDS's formula:
// LEAST(memory in bytes / 9531392, 5000). Connections are published in
// proportion, since the servers here have fewer.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections
func connectionLimit(class string) float64 {
	parts := strings.Split(class, ".")
	gib := 16.0
	if len(parts) == 3 {
		gib = memory[parts[2]]
		switch parts[1][0] {
		case 'r':
		case 'm':
			gib /= 2
		default:
			gib /= 4
		}
	}
	return min(gib*gibibyte/9531392, 5000)
}
