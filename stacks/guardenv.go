package stacks

import (
	"net/netip"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/spec"
)

// guardEnvironment is the function's whole configuration.
func guardEnvironment(f *frame, cfg spec.Config, primary primaryOutputs, s replicaSite) map[string]string {
	return contract.Config{
		Environment: cfg.Environment,
		Policy:      guardPolicy(cfg.Guard),
		Primary: contract.Instance{
			Region:     f.primary.region,
			Identifier: f.primary.siteName(contract.Database),
			ResourceID: primary.get("primary_database_resource_id"),
			Endpoint:   primary.get("primary_database_endpoint"),
		},
		Replica: contract.Instance{
			Region:     f.replica.region,
			Identifier: *s.instance.Identifier(),
			ResourceID: *s.instance.ResourceId(),
			Endpoint:   *s.instance.Address(),
		},
		Database: contract.DatabaseConfig{
			Port:                contract.DatabasePort,
			Name:                cfg.Database.Name,
			BackupRetentionDays: cfg.Database.BackupRetention,
			MultiAZ:             cfg.Database.MultiAZ,
			DeletionProtection:  !cfg.Disposable,
			Audit:               cfg.Database.Audit,
		},
		DNS: contract.DNS{
			ZoneID:        primary.get("route53_hosted_zone_id"),
			RecordName:    contract.RecordName(cfg.Environment),
			TTL:           seconds(cfg.DNS.TTL),
			HealthCheckID: primary.get("health_check_id"),
		},
		PrimaryNetworkACLID: primary.get("primary_network_acl_id"),
		GuardCIDRs:          prefixes(s.net.cidrs[tierGuard]),
		SecretARN:           s.secretARN,
		PrimarySecretARN:    primary.get("database_secret_arn"),
		ActiveWriterAlarm:   f.replica.name(contract.ActiveWriterAlarm),
		LedgerTable:         *s.ledger.Name(),
		NoticeTopicARN:      *s.noticeTopic.Arn(),
		MetricNamespace:     contract.MetricNamespace,
		WitnessRegions:      cfg.Guard.WitnessRegions,
	}.Encode()
}

// guardPolicy holds the thresholds of the decision.
func guardPolicy(g spec.Guard) contract.Policy {
	return contract.Policy{
		Mode:                contract.Mode(g.Mode),
		OnRegionSilent:      contract.SilentRegion(g.OnRegionSilent),
		InstanceFailed:      seconds(g.InstanceFailed),
		InstanceUnreachable: seconds(g.InstanceUnreachable),
		RegionSilent:        seconds(g.RegionSilent),
		Arming:              seconds(g.Arming),
		Cooldown:            seconds(g.Cooldown),
		MaxDataLoss:         seconds(g.MaxDataLoss),
		AbortAfter:          seconds(g.AbortAfter),
	}
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// prefixes are subnets that cidr.go laid out.
func prefixes(cidrs []string) []netip.Prefix {
	nets := make([]netip.Prefix, len(cidrs))
	for i, cidr := range cidrs {
		nets[i] = netip.MustParsePrefix(cidr)
	}
	return nets
}
