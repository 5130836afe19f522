package stacks

import (
	"strconv"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dbparametergroup"

	"github.com/pgdr/pgdr/spec"
)

// databaseParameters are the same at both sites, so that a promotion changes
// nothing but the role. Static ones take effect at the next restart.
func databaseParameters(cfg spec.Database) []*dbparametergroup.DbParameterGroupParameter {
	parameters := []*dbparametergroup.DbParameterGroupParameter{
		now("rds.force_ssl", "1"),
		now("log_connections", "1"),
		now("log_disconnections", "1"),
		now("max_slot_wal_keep_size", strconv.Itoa(cfg.MaxSlotWALKeep)), // megabytes
	}
	if cfg.Audit == "log_statement_all" {
		return append(parameters, now("log_statement", "all"))
	}
	return append(parameters,
		atRestart("shared_preload_libraries", "pg_stat_statements,pgaudit"),
		now("pgaudit.log", "ddl,role,write"),
		now("pgaudit.log_catalog", "0"),
	)
}

func now(name, value string) *dbparametergroup.DbParameterGroupParameter {
	return &dbparametergroup.DbParameterGroupParameter{
		Name: new(name), Value: new(value), ApplyMethod: new("immediate"),
	}
}

func atRestart(name, value string) *dbparametergroup.DbParameterGroupParameter {
	return &dbparametergroup.DbParameterGroupParameter{
		Name: new(name), Value: new(value), ApplyMethod: new("pending-reboot"),
	}
}
