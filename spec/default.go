package spec

import (
	"github.com/pgdr/pgdr/internal/contract"
)

// Default is the configuration before anything was said: the reference's
// sizes, protection on. docs/configuration.md gives the reason of each value.
func Default() Config {
	return Config{
		Sites: Sites{
			Primary: Site{Region: "us-east-1", CIDR: "10.0.0.0/16"},
			Replica: Site{Region: "eu-west-1", CIDR: "10.1.0.0/16"},
		},
		Database: Database{
			EngineVersion:       "15",
			InstanceClass:       "db.r6g.large",
			AllocatedStorage:    100,
			MaxAllocatedStorage: 500,
			MultiAZ:             true,
			BackupRetention:     7,
			Name:                "app",
			Username:            "dbadmin",
			PasswordVersion:     1,
			Audit:               contract.AuditPgaudit,
			MaxSlotWALKeep:      20480,
			CreateTimeout:       180,
			UpdateTimeout:       180,
			DeleteTimeout:       120,
		},
		DNS: DNS{TTL: 5},
		Monitoring: Monitoring{
			ReplicaLag:  60,
			Connections: 1000,
			CPU:         80,
			FreeStorage: 10,
			SlotLag:     10240,
		},
		Guard: Guard{
			Mode:                string(contract.ModeAutomatic),
			OnRegionSilent:      string(contract.SilentPromote),
			OnFenceError:        string(contract.FenceErrorAsk),
			SwitchDNSWhen:       string(contract.SwitchProven),
			InstanceFailed:      180,
			InstanceUnreachable: 300,
			RegionSilent:        120,
			Arming:              600,
			Cooldown:            3600,
			MaxDataLoss:         60,
			AbortAfter:          900,
			Memory:              256,
			LogRetention:        90,
		},
		Backend: Backend{Type: "local", Path: "state", KeyPrefix: "pgdr"},
		Tags: Tags{
			Repository: "unknown",
			Author:     "unknown",
			PRNumber:   "unknown",
			Team:       "unknown",
		},
	}
}
