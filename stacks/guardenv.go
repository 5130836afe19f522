package stacks

import (
	"net/netip"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/spec"
)

// guardEnvironment is the function's whole configuration.
func guardEnvironment(f *frame, cfg spec.Config, primary PrimaryOutputs, s replicaSite) map[string]string {
	return contract.Config{
		Environment: cfg.Environment,
		Policy:      guardPolicy(cfg.Guard),
		Primary: contract.Instance{
			Region:     f.primary.region,
			Identifier: f.primary.siteName(contract.Database),
			ResourceID: primary.DatabaseResourceID,
			Endpoint:   primary.DatabaseEndpoint,
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
			ZoneID:        primary.ZoneID,
			RecordName:    contract.RecordName(cfg.Environment),
			TTL:           seconds(cfg.DNS.TTL),
			HealthCheckID: primary.HealthCheckID,
		},
		PrimaryNetworkACLID: primary.NetworkACLID,
		GuardCIDRs:          prefixes(s.net.cidrs[tierGuard]),
		SecretARN:           s.secretARN,
		PrimarySecretARN:    primary.SecretARN,
		ActiveWriterAlarm:   f.replica.name(contract.ActiveWriterAlarm),
		LedgerTable:         *s.ledger.Name(),
		NoticeTopicARN:      *s.noticeTopic.Arn(),
		MetricNamespace:     contract.MetricNamespace(cfg.Environment),
		WitnessRegions:      cfg.Guard.WitnessRegions,
	}.Encode()
}

// guardPolicy holds the thresholds of the decision.
func guardPolicy(g spec.Guard) contract.Policy {
	return contract.Policy{
		Mode:                contract.Mode(g.Mode),
		OnRegionSilent:      contract.SilentRegion(g.OnRegionSilent),
		OnFenceError:        contract.FenceError(g.OnFenceError),
		SwitchDNSWhen:       contract.SwitchDNS(g.SwitchDNSWhen),
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
