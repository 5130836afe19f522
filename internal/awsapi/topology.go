package awsapi

import (
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// Topology is the two members as the engine names them.
func Topology(c contract.Config) engine.Topology {
	return engine.Topology{
		Primary: member(engine.SitePrimary, c.Primary),
		Replica: member(engine.SiteReplica, c.Replica),
	}
}

func member(site engine.Site, i contract.Instance) engine.Member {
	return engine.Member{Site: site, Identifier: i.Identifier, ResourceID: i.ResourceID}
}
