package stacks

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchmetricalarm"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopic"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/spec"
)

const (
	mebibyte = 1 << 20
	gibibyte = 1 << 30
)

func environmentDimension(env string) *map[string]*string {
	return pointerMap(map[string]string{contract.MetricDimension: env})
}

// alarm is one metric, one threshold and who is told. Period is a minute;
// the alarm goes off when breaching of the last minutes breached.
type alarm struct {
	// what names the alarm and its construct, for example "replica-lag".
	what        string
	description string
	namespace   string
	metric      string
	dimensions  *map[string]*string
	statistic   string
	comparison  string
	threshold   int
	minutes     int
	breaching   int
	// missing is what a minute without data counts as.
	missing string
	topic   snstopic.SnsTopic
	// after is what has to be there first, if anything.
	after *[]cdktf.ITerraformDependable
}

const (
	above   = "GreaterThanThreshold"
	atLeast = "GreaterThanOrEqualToThreshold"
	below   = "LessThanThreshold"
)

func newAlarms(at place, id string, alarms []alarm) {
	p := at.in(id)
	for _, a := range alarms {
		cloudwatchmetricalarm.NewCloudwatchMetricAlarm(p.scope, new(a.what), &cloudwatchmetricalarm.CloudwatchMetricAlarmConfig{
			Provider:           p.provider,
			AlarmName:          new(p.name(a.what)),
			AlarmDescription:   new(a.description),
			Namespace:          new(a.namespace),
			MetricName:         new(a.metric),
			Dimensions:         a.dimensions,
			Statistic:          new(a.statistic),
			ComparisonOperator: new(a.comparison),
			Threshold:          new(float64(a.threshold)),
			Period:             new(float64(60)),
			EvaluationPeriods:  new(float64(a.minutes)),
			DatapointsToAlarm:  new(float64(a.breaching)),
			TreatMissingData:   new(a.missing),
			AlarmActions:       pointers(*a.topic.Arn()),
			OkActions:          pointers(*a.topic.Arn()),
			DependsOn:          a.after,
		})
	}
}

// instanceAlarms watch one instance in its own region. Each only says "look
// now" to the guard: none of them is evidence of a lost database, an idle one
// least of all.
func instanceAlarms(role, identifier string, m spec.Monitoring, topic snstopic.SnsTopic) []alarm {
	of := func(what, description, metric, statistic, comparison string, threshold, minutes int) alarm {
		return alarm{
			what: role + "-" + what, description: description,
			namespace: "AWS/RDS", metric: metric, dimensions: pointerMap(map[string]string{"DBInstanceIdentifier": identifier}),
			statistic: statistic, comparison: comparison, threshold: threshold,
			minutes: minutes, breaching: minutes, missing: "missing", topic: topic,
		}
	}
	return []alarm{
		of("connections", "Connections near the instance's limit: clients will be refused.", "DatabaseConnections", "Maximum", above, m.Connections, 3),
		of("cpu", "The processor is busy: replay and clients slow down.", "CPUUtilization", "Average", above, m.CPU, 15),
		of("free-storage", "The disk is filling: at zero the instance stops taking writes.", "FreeStorageSpace", "Minimum", below, m.FreeStorage*gibibyte, 3),
	}
}

// slotAlarm watches the WAL that the primary keeps for its replica.
func slotAlarm(identifier string, m spec.Monitoring, topic snstopic.SnsTopic) alarm {
	return alarm{
		what:        "primary-slot-lag",
		description: "WAL piles up on the primary for a replica that does not take it.",
		namespace:   "AWS/RDS", metric: "OldestReplicationSlotLag",
		dimensions: pointerMap(map[string]string{"DBInstanceIdentifier": identifier}),
		statistic:  "Maximum", comparison: above, threshold: m.SlotLag * mebibyte,
		minutes: 5, breaching: 5, missing: "missing", topic: topic,
	}
}

// replicationAlarms watch the replica, which is where RDS publishes
// ReplicaLag: seconds behind, or -1 when replication is not running at all.
func replicationAlarms(identifier string, m spec.Monitoring, topic snstopic.SnsTopic) []alarm {
	lag := alarm{
		what:        "replica-lag",
		description: "The replica is behind: a failover now would lose this many seconds of writes.",
		namespace:   "AWS/RDS", metric: "ReplicaLag",
		dimensions: pointerMap(map[string]string{"DBInstanceIdentifier": identifier}),
		statistic:  "Maximum", comparison: above, threshold: m.ReplicaLag,
		minutes: 3, breaching: 2, missing: "missing", topic: topic,
	}
	stopped := lag
	stopped.what = "replication-stopped"
	stopped.description = "Replication is not running (ReplicaLag is -1): there is no protection."
	stopped.comparison, stopped.threshold = below, 0
	stopped.minutes, stopped.breaching = 5, 5
	return []alarm{lag, stopped}
}

// guardAlarms watch the guard and tell what it found. They go to humans and
// not back to the guard. A guard is silent once it has a schedule: one that is
// not there yet, or is removed on purpose, is not.
func guardAlarms(env, function string, topic snstopic.SnsTopic, schedule cdktf.ITerraformDependable) []alarm {
	of := func(what, description, metric, statistic, comparison string, minutes, breaching int, missing string) alarm {
		return alarm{
			what: what, description: description,
			namespace: contract.MetricNamespace, metric: metric, dimensions: environmentDimension(env),
			statistic: statistic, comparison: comparison, threshold: 1,
			minutes: minutes, breaching: breaching, missing: missing, topic: topic,
		}
	}
	crashes := of("guard-errors", "The guard's function fails.", "Errors", "Sum", atLeast, 5, 3, "notBreaching")
	crashes.namespace, crashes.dimensions = "AWS/Lambda", pointerMap(map[string]string{"FunctionName": function})
	silent := of("guard-silent", "The guard has not finished a look for five minutes: nobody would fail over.", string(contract.GuardTick), "Sum", below, 5, 5, "breaching")
	silent.after = &[]cdktf.ITerraformDependable{schedule}
	return []alarm{
		crashes, silent,
		of("primary-not-writable", "The primary answers but takes no writes: mend it, this is no failover.", string(contract.PrimaryNotWritable), "Maximum", atLeast, 2, 2, "notBreaching"),
		of("unprotected", "There is no replica to fail over to.", string(contract.Unprotected), "Maximum", atLeast, 5, 5, "notBreaching"),
		of("not-armed", "The guard is paused or disarmed, or has not armed itself for 20 minutes: it does not fail over. See drctl guard status; resume, or arm.", string(contract.NotArmed), "Maximum", atLeast, 20, 20, "notBreaching"),
		of("fencing-owed", "The old primary is not fenced yet: two writers are possible when it returns.", string(contract.FencingOwed), "Maximum", atLeast, 1, 1, "notBreaching"),
	}
}
