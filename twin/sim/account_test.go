package sim_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim/simapi"
)

func (w *world) data(typ, region string, a attrs) simapi.Response {
	return w.cloud.Do(context.Background(), simapi.OpData, simapi.Request{Type: typ, Region: region, Attrs: a})
}

func TestData_TellsOfAccountPartitionAndRegion(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, account, w.data("aws_caller_identity", east, nil).Attrs["account_id"])
	require.Equal(t, "amazonaws.com", w.data("aws_partition", east, nil).Attrs["dns_suffix"])
	region := w.data("aws_region", west, nil).Attrs
	require.Equal(t, west, region["name"])
	require.Equal(t, "Europe (Ireland)", region["description"])
	require.Equal(t, "ec2.us-west-2.amazonaws.com", w.data("aws_region", west, attrs{"name": "us-west-2"}).Attrs["endpoint"])
	require.NotNil(t, w.data("aws_region", west, attrs{"name": "eu-west-9"}).Error)
	require.Equal(t, "Unsupported", w.data("aws_ami", west, nil).Error.Code)
}

func TestZones_AreThreeARegionAndCanBeFiltered(t *testing.T) {
	w := newWorld(t)
	all := w.data("aws_availability_zones", west, attrs{"state": "available"}).Attrs
	require.Equal(t, list{"eu-west-1a", "eu-west-1b", "eu-west-1c"}, all["names"])
	require.Equal(t, list{"euw1-az1", "euw1-az2", "euw1-az3"}, all["zone_ids"])
	for _, c := range []struct {
		ask  attrs
		want list
	}{
		{attrs{"exclude_names": list{"eu-west-1a"}}, list{"eu-west-1b", "eu-west-1c"}},
		{attrs{"exclude_zone_ids": list{"euw1-az3"}}, list{"eu-west-1a", "eu-west-1b"}},
		{attrs{"filter": list{attrs{"name": "zone-id", "values": list{"euw1-az2"}}}}, list{"eu-west-1b"}},
		{attrs{"filter": list{attrs{"name": "opt-in-status", "values": list{"opt-in-not-required"}}}}, list{"eu-west-1a", "eu-west-1b", "eu-west-1c"}},
		{attrs{"state": "impaired"}, list{}},
	} {
		require.Equal(t, c.want, w.data("aws_availability_zones", west, c.ask).Attrs["names"], "%v", c.ask)
	}
	require.NotNil(t, w.data("aws_availability_zones", west, attrs{"filter": list{attrs{"name": "colour", "values": list{"red"}}}}).Error)
}
