package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

var dns = list{attrs{"allow_remote_vpc_dns_resolution": true}}

func TestPeering_RefusesWhatCannotBeConnected(t *testing.T) {
	w := newWorld(t)
	here, there, same := w.network(west, "10.1"), w.network(east, "10.0"), w.network(east, "10.1")
	good := attrs{"vpc_id": here.vpc.id, "peer_vpc_id": there.vpc.id, "peer_region": east}
	w.refusesEach("aws_vpc_peering_connection", west, good, []refusal{
		{"overlapping ranges", attrs{"peer_vpc_id": same.vpc.id}, "failed"},
		{"no such peer", attrs{"peer_vpc_id": "vpc-0"}, "failed"},
		{"peer in another region", attrs{"peer_region": west}, "failed"},
		{"no such VPC", attrs{"vpc_id": "vpc-0"}, "InvalidVpcID.NotFound"},
		{"unknown region", attrs{"peer_region": "eu-west-9"}, "InvalidParameterValue"},
		{"another account", attrs{"peer_owner_id": "999999999999"}, "Unsupported"},
		{"auto-accept across regions", attrs{"auto_accept": true}, "InvalidParameterCombination"},
	})
	w.refused("aws_vpc_peering_connection", west, good, "VpcPeeringConnectionAlreadyExists")
}

func TestPeering_IsActiveOnceAcceptedInThePeersRegion(t *testing.T) {
	w := newWorld(t)
	here, there := w.network(west, "10.1"), w.network(east, "10.0")
	pcx := w.create("aws_vpc_peering_connection", west, attrs{"vpc_id": here.vpc.id, "peer_vpc_id": there.vpc.id, "peer_region": east})
	require.Equal(t, "pending-acceptance", pcx.str("accept_status"))
	require.Empty(t, pcx.attrs["requester"])

	accept := attrs{"vpc_peering_connection_id": pcx.id, "auto_accept": true}
	w.refused("aws_vpc_peering_connection_accepter", west, accept, "OperationNotPermitted")
	w.refused("aws_vpc_peering_connection_accepter", "us-west-2", accept, "InvalidVpcPeeringConnectionID.NotFound")
	w.refused("aws_vpc_peering_connection_accepter", east, attrs{"vpc_peering_connection_id": "pcx-0"}, "InvalidVpcPeeringConnectionID.NotFound")
	accepter := w.create("aws_vpc_peering_connection_accepter", east, accept)
	require.Equal(t, pcx.id, accepter.id)
	for _, name := range []string{"vpc_id", "peer_vpc_id", "peer_region", "peer_owner_id"} {
		require.Equal(t, pcx.str(name), accepter.str(name), "in one account the requester's view")
	}
	require.Equal(t, "active", w.read(pcx)["accept_status"])
	require.Equal(t, list{attrs{"allow_remote_vpc_dns_resolution": false}}, w.read(pcx)["requester"])

	w.gone(pcx)
	require.Nil(t, w.read(accepter))
}

func TestPeeringOptions_AreSetInTheirOwnRegionOnceActive(t *testing.T) {
	w := newWorld(t)
	here, there := w.network(west, "10.1"), w.network(east, "10.0")
	pcx := w.create("aws_vpc_peering_connection", west, attrs{"vpc_id": here.vpc.id, "peer_vpc_id": there.vpc.id, "peer_region": east})
	ask := attrs{"vpc_peering_connection_id": pcx.id, "requester": dns}
	err := w.refused("aws_vpc_peering_connection_options", west, ask, "OperationNotPermitted")
	require.Contains(t, err.Message, "not active")
	w.create("aws_vpc_peering_connection_accepter", east, attrs{"vpc_peering_connection_id": pcx.id, "auto_accept": true})

	w.refused("aws_vpc_peering_connection_options", east, ask, "OperationNotPermitted")
	w.refused("aws_vpc_peering_connection_options", west, attrs{"vpc_peering_connection_id": pcx.id, "accepter": dns}, "OperationNotPermitted")
	w.refused("aws_vpc_peering_connection_options", west, attrs{"vpc_peering_connection_id": "pcx-0", "requester": dns}, "InvalidVpcPeeringConnectionID.NotFound")
	options := w.create("aws_vpc_peering_connection_options", west, ask)
	w.create("aws_vpc_peering_connection_options", east, attrs{"vpc_peering_connection_id": pcx.id, "accepter": dns})
	require.Equal(t, dns, options.attrs["requester"])
	require.Equal(t, list{attrs{"allow_remote_vpc_dns_resolution": false}}, options.attrs["accepter"], "the other side is read too")
	require.Equal(t, dns, w.read(options)["accepter"])
	shown := w.read(pcx)
	require.Equal(t, dns, shown["requester"])
	require.Equal(t, dns, shown["accepter"])

	options = w.update(options, attrs{"requester": list{attrs{"allow_remote_vpc_dns_resolution": false}}})
	require.Equal(t, list{attrs{"allow_remote_vpc_dns_resolution": false}}, w.read(pcx)["requester"])
	w.gone(pcx)
	require.Nil(t, w.read(options))
	w.refusedUpdate(made{typ: options.typ, region: west, id: pcx.id, attrs: options.attrs}, attrs{"requester": dns}, "InvalidVpcPeeringConnectionID.NotFound")
}

func TestPeering_OfOneRegionAcceptsItself(t *testing.T) {
	w := newWorld(t)
	here, there := w.network(west, "10.1"), w.network(west, "10.0")
	pcx := w.create("aws_vpc_peering_connection", west, attrs{"vpc_id": here.vpc.id, "peer_vpc_id": there.vpc.id, "auto_accept": true, "accepter": dns, "requester": dns})
	require.Equal(t, "active", pcx.str("accept_status"))
	require.Equal(t, dns, pcx.attrs["accepter"])
}

func TestPeering_IsAcceptedByALaterUpdateToo(t *testing.T) {
	w := newWorld(t)
	here, there := w.network(west, "10.1"), w.network(east, "10.0")
	pcx := w.create("aws_vpc_peering_connection", west, attrs{"vpc_id": here.vpc.id, "peer_vpc_id": there.vpc.id, "peer_region": east})
	accepter := w.create("aws_vpc_peering_connection_accepter", east, attrs{"vpc_peering_connection_id": pcx.id, "auto_accept": false})
	require.Equal(t, "pending-acceptance", accepter.str("accept_status"))
	accepter = w.update(accepter, attrs{"auto_accept": true, "accepter": dns})
	require.Equal(t, "active", accepter.str("accept_status"))
	require.Equal(t, dns, w.read(pcx)["accepter"])
}
