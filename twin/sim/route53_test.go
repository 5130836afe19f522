package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func (w *world) zone(vpc made) made {
	w.t.Helper()
	return w.create("aws_route53_zone", east, attrs{"name": "db-dev.internal", "vpc": list{attrs{"vpc_id": vpc.id}}})
}

// weighted are the attributes of one of several records of a name.
func weighted(zone, set string) attrs {
	return attrs{
		"zone_id": zone, "name": "db", "type": "CNAME", "ttl": 5, "records": list{set + ".example.com"}, "set_identifier": set,
		"weighted_routing_policy": list{attrs{"weight": 100}},
	}
}

func TestZone_RefusesVPCsThatItCannotAnswerFor(t *testing.T) {
	w := newWorld(t)
	vpc := w.create("aws_vpc", east, attrs{"cidr_block": "10.0.0.0/16"})
	good := attrs{"name": "db-dev.internal", "vpc": list{attrs{"vpc_id": vpc.id, "vpc_region": east}}}
	w.refusesEach("aws_route53_zone", west, good, []refusal{
		{"name", attrs{"name": "db dev"}, "InvalidDomainName"},
		{"no such VPC", attrs{"vpc": list{attrs{"vpc_id": "vpc-0", "vpc_region": east}}}, "InvalidVPCId"},
		{"VPC of another region", attrs{"vpc": list{attrs{"vpc_id": vpc.id}}}, "InvalidVPCId"},
	})
	w.refused("aws_route53_zone", east, good, "ConflictingDomainExists")
	w.create("aws_route53_zone", east, made{attrs: good}.with(attrs{"name": "db-prod.internal"}))
}

func TestZone_FillsInTheRegionOfItsVPC(t *testing.T) {
	w := newWorld(t)
	vpc := w.create("aws_vpc", west, attrs{"cidr_block": "10.0.0.0/16"})
	zone := w.create("aws_route53_zone", west, attrs{"name": "x.internal", "vpc": list{attrs{"vpc_id": vpc.id}}})
	require.Equal(t, list{attrs{"vpc_id": vpc.id, "vpc_region": west}}, zone.attrs["vpc"])
	public := w.create("aws_route53_zone", east, attrs{"name": "example.com"})
	require.Len(t, public.attrs["name_servers"], 4)
	require.NotEqual(t, zone.attrs["name_servers"], public.attrs["name_servers"])
}

func TestZoneAssociation_SurvivesAChangeOfTheZoneThatIgnoresVPC(t *testing.T) {
	w := newWorld(t)
	here, there := w.network(east, "10.0"), w.network(west, "10.1")
	zone := w.zone(here.vpc)
	association := w.create("aws_route53_zone_association", west, attrs{"zone_id": zone.id, "vpc_id": there.vpc.id})
	zone.attrs = w.read(zone)
	zone = w.update(zone, attrs{"force_destroy": true})
	require.NotNil(t, w.read(association))
	require.Len(t, w.read(zone)["vpc"], 2)
}

func TestZoneAssociation_ShowsInTheZoneToo(t *testing.T) {
	w := newWorld(t)
	here, there := w.network(east, "10.0"), w.network(west, "10.1")
	zone := w.zone(here.vpc)
	association := w.create("aws_route53_zone_association", west, attrs{"zone_id": zone.id, "vpc_id": there.vpc.id})
	require.Equal(t, zone.id+":"+there.vpc.id+":"+west, association.id)
	zone.attrs = w.read(zone)
	require.Len(t, zone.attrs["vpc"], 2, "the reason why the zone must ignore changes of vpc")

	fought := w.update(zone, attrs{"vpc": list{attrs{"vpc_id": here.vpc.id, "vpc_region": east}}})
	require.Len(t, fought.attrs["vpc"], 1)
	require.Nil(t, w.read(association), "a zone that doesn't ignore vpc takes the association away")
	w.refusedUpdate(fought, attrs{"vpc": list{}}, "LastVPCAssociation")
	w.refusedUpdate(fought, attrs{"vpc": list{attrs{"vpc_id": "vpc-0", "vpc_region": east}}}, "InvalidVPCId")
}

func TestZone_KeepsAssociationsApartInAnUpdate(t *testing.T) {
	w := newWorld(t)
	here, there := w.network(east, "10.0"), w.network(west, "10.1")
	zone := w.zone(here.vpc)
	association := w.create("aws_route53_zone_association", west, attrs{"zone_id": zone.id, "vpc_id": there.vpc.id})
	zone.attrs = w.read(zone)
	zone = w.update(zone, attrs{"comment": "changed"})
	w.gone(association)
	require.Len(t, w.read(zone)["vpc"], 1)
}

func TestZoneAssociation_RefusesWhatRoute53Refuses(t *testing.T) {
	w := newWorld(t)
	here, there := w.network(east, "10.0"), w.network(west, "10.1")
	zone := w.zone(here.vpc)
	public := w.create("aws_route53_zone", east, attrs{"name": "example.com"})
	good := attrs{"zone_id": zone.id, "vpc_id": there.vpc.id}
	w.refusesEach("aws_route53_zone_association", west, good, []refusal{
		{"no such zone", attrs{"zone_id": "Z0"}, "NoSuchHostedZone"},
		{"public zone", attrs{"zone_id": public.id}, "PublicZoneVPCAssociation"},
		{"no such VPC", attrs{"vpc_id": "vpc-0"}, "InvalidVPCId"},
		{"VPC of another region", attrs{"vpc_region": east}, "InvalidVPCId"},
		{"VPC of the zone itself", attrs{"vpc_id": here.vpc.id, "vpc_region": east}, "ConflictingDomainExists"},
	})
	w.refused("aws_route53_zone_association", west, good, "ConflictingDomainExists")
}

func TestZone_IsDeletedEmptyOnlyAndTakesItsAssociationsWithIt(t *testing.T) {
	w := newWorld(t)
	here, there := w.network(east, "10.0"), w.network(west, "10.1")
	zone := w.zone(here.vpc)
	association := w.create("aws_route53_zone_association", west, attrs{"zone_id": zone.id, "vpc_id": there.vpc.id})
	record := w.create("aws_route53_record", east, weighted(zone.id, "primary"))
	w.stays(zone, "HostedZoneNotEmpty")
	forced := w.update(zone, attrs{"force_destroy": true})
	w.gone(forced)
	require.Nil(t, w.read(record))
	require.Nil(t, w.read(association))
}

func TestZoneAssociation_OfTheLastVPCStays(t *testing.T) {
	w := newWorld(t)
	here, there := w.network(east, "10.0"), w.network(west, "10.1")
	zone := w.zone(here.vpc)
	association := w.create("aws_route53_zone_association", west, attrs{"zone_id": zone.id, "vpc_id": there.vpc.id})
	require.NoError(t, w.cloud.SetAttribute("aws_vpc", east, here.vpc.id, "tags", attrs{"Name": "unrelated"}))
	w.gone(association)
	again := w.create("aws_route53_zone_association", west, attrs{"zone_id": zone.id, "vpc_id": there.vpc.id})
	zone.attrs = w.read(zone)
	w.update(zone, attrs{"vpc": list{attrs{"vpc_id": there.vpc.id, "vpc_region": west}}})
	w.stays(again, "LastVPCAssociation")
}

func TestRecord_RefusesWhatRoute53Refuses(t *testing.T) {
	w := newWorld(t)
	zone := w.zone(w.network(east, "10.0").vpc)
	w.create("aws_route53_record", east, attrs{"zone_id": zone.id, "name": "text", "type": "TXT", "ttl": 60, "records": list{"x"}})
	w.create("aws_route53_record", east, attrs{"zone_id": zone.id, "name": "simple", "type": "CNAME", "ttl": 60, "records": list{"x.example.com"}})
	alias := list{attrs{"name": "other.example.com", "zone_id": "Z0", "evaluate_target_health": true}}
	w.refusesEach("aws_route53_record", east, weighted(zone.id, "primary"), []refusal{
		{"no such zone", attrs{"zone_id": "Z0"}, "NoSuchHostedZone"},
		{"type", attrs{"type": "CNAMES"}, "InvalidInput"},
		{"name", attrs{"name": "d b"}, "InvalidChangeBatch"},
		{"no values", attrs{"records": nil}, "InvalidInput"},
		{"no TTL", attrs{"ttl": nil}, "InvalidInput"},
		{"negative TTL", attrs{"ttl": -1}, "InvalidInput"},
		{"alias and values", attrs{"alias": alias}, "InvalidInput"},
		{"two values of a CNAME", attrs{"records": list{"a.example.com", "b.example.com"}}, "InvalidChangeBatch"},
		{"CNAME of no name", attrs{"records": list{"a b"}}, "InvalidChangeBatch"},
		{"A of no address", attrs{"type": "A", "records": list{"primary.example.com"}}, "InvalidChangeBatch"},
		{"AAAA of no address", attrs{"type": "AAAA", "records": list{"10.0.0.1"}}, "InvalidChangeBatch"},
		{"weight without set identifier", attrs{"set_identifier": nil}, "InvalidInput"},
		{"set identifier without policy", attrs{"weighted_routing_policy": nil}, "InvalidInput"},
		{"weight", attrs{"weighted_routing_policy": list{attrs{"weight": 256}}}, "InvalidInput"},
		{"no such health check", attrs{"health_check_id": "none"}, "NoSuchHealthCheck"},
		{"CNAME beside other data", attrs{"name": "text"}, "InvalidChangeBatch"},
		{"weighted beside simple", attrs{"name": "simple"}, "InvalidChangeBatch"},
		{"CNAME at the apex", attrs{"name": "db-dev.internal"}, "InvalidChangeBatch"},
	})
	err := w.refused("aws_route53_record", east, weighted(zone.id, "primary"), "InvalidChangeBatch")
	require.Equal(t, "[Tried to create resource record set [name='db.db-dev.internal.', type='CNAME', set-identifier='primary'] but it already exists]", err.Message)
	w.refused("aws_route53_record", east, attrs{"zone_id": zone.id, "name": "db", "type": "A", "ttl": 60, "records": list{"10.0.0.1"}}, "InvalidChangeBatch")
	w.refused("aws_route53_record", east, attrs{"zone_id": zone.id, "name": "db.db-dev.internal", "type": "CNAME", "ttl": 60, "records": list{"x.y"}}, "InvalidChangeBatch")
	second := w.create("aws_route53_record", east, weighted(zone.id, "replica"))
	w.refusedUpdate(second, attrs{"ttl": nil}, "InvalidInput")
}

func TestRecord_ReplacesAnotherWithAllowOverwriteOnly(t *testing.T) {
	w := newWorld(t)
	zone := w.zone(w.network(east, "10.0").vpc)
	w.create("aws_route53_record", east, weighted(zone.id, "primary"))
	second := made{attrs: weighted(zone.id, "primary")}.with(attrs{"records": list{"new.example.com"}})
	w.refused("aws_route53_record", east, second, "InvalidChangeBatch")
	second["allow_overwrite"] = true
	w.create("aws_route53_record", east, second)
	require.Equal(t, 1, w.cloud.Summary().Resources["aws_route53_record"]["global"])
}

func TestRecord_AcceptsFullNamesAndRelativeOnes(t *testing.T) {
	w := newWorld(t)
	zone := w.zone(w.network(east, "10.0").vpc)
	for name, fqdn := range map[string]string{"a": "a.db-dev.internal", "b.db-dev.internal": "b.db-dev.internal", "C.DB-dev.internal.": "c.db-dev.internal", "": "db-dev.internal"} {
		record := w.create("aws_route53_record", east, attrs{"zone_id": zone.id, "name": name, "type": "A", "ttl": 60, "records": list{"10.0.0.1"}})
		require.Equal(t, fqdn, record.str("fqdn"))
	}
}

func TestHealthCheck_RefusesAlarmsThatItCannotFollow(t *testing.T) {
	w := newWorld(t)
	alarm := func(name string, fault attrs) {
		w.create("aws_cloudwatch_metric_alarm", west, made{attrs: alarmAttrs(name)}.with(fault))
	}
	alarm("writer", nil)
	alarm("fast", attrs{"period": 10})
	alarm("percentile", attrs{"statistic": nil, "extended_statistic": "p99"})
	alarm("two-of-three", attrs{"evaluation_periods": 3, "datapoints_to_alarm": 2})
	alarm("math", attrs{"metric_name": nil, "namespace": nil, "statistic": nil, "period": nil, "metric_query": list{attrs{"id": "e", "expression": "1"}}})
	good := attrs{
		"type": "CLOUDWATCH_METRIC", "cloudwatch_alarm_name": "writer", "cloudwatch_alarm_region": west, "insufficient_data_health_status": "LastKnownStatus",
	}
	w.refusesEach("aws_route53_health_check", east, good, []refusal{
		{"type", attrs{"type": "PING"}, "InvalidInput"},
		{"no alarm", attrs{"cloudwatch_alarm_name": nil}, "InvalidInput"},
		{"no such alarm", attrs{"cloudwatch_alarm_name": "none"}, "InvalidInput"},
		{"alarm of another region", attrs{"cloudwatch_alarm_region": east}, "InvalidInput"},
		{"high resolution", attrs{"cloudwatch_alarm_name": "fast"}, "InvalidInput"},
		{"extended statistic", attrs{"cloudwatch_alarm_name": "percentile"}, "InvalidInput"},
		{"M out of N", attrs{"cloudwatch_alarm_name": "two-of-three"}, "InvalidInput"},
		{"metric math", attrs{"cloudwatch_alarm_name": "math"}, "InvalidInput"},
		{"status without data", attrs{"insufficient_data_health_status": "Unknown"}, "InvalidInput"},
		{"no such child", attrs{"type": "CALCULATED", "child_healthchecks": list{"none"}}, "NoSuchHealthCheck"},
		{"nowhere to look", attrs{"type": "TCP"}, "InvalidInput"},
		{"interval", attrs{"type": "TCP", "fqdn": "x.example.com", "request_interval": 20}, "InvalidInput"},
		{"threshold", attrs{"type": "TCP", "fqdn": "x.example.com", "failure_threshold": 11}, "InvalidInput"},
	})
}

func TestHealthCheck_KeepsItsCopyOfTheAlarmUntilTriggered(t *testing.T) {
	w := newWorld(t)
	alarm := w.create("aws_cloudwatch_metric_alarm", west, alarmAttrs("writer"))
	check := w.create("aws_route53_health_check", east, attrs{
		"type": "CLOUDWATCH_METRIC", "cloudwatch_alarm_name": "writer", "cloudwatch_alarm_region": west, "triggers": attrs{"threshold": "1"},
	})
	copied := func() any {
		return w.cloud.Resources("aws_route53_health_check")[0].Hidden.Block("alarm")["threshold"]
	}
	w.update(alarm, attrs{"threshold": 2})
	check = w.update(check, attrs{"tags": attrs{"Name": "writer"}})
	require.InDelta(t, 1, copied(), 0)
	w.update(check, attrs{"triggers": attrs{"threshold": "2"}})
	require.InDelta(t, 2, copied(), 0)
	w.refusedUpdate(check, attrs{"cloudwatch_alarm_name": "none"}, "InvalidInput")
}
