package rds

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
)

type parameterXML struct {
	ParameterName  string
	ParameterValue string `xml:",omitempty"`
	Source         string
	ApplyType      string
	DataType       string
	IsModifiable   bool
	ApplyMethod    string
}

type parametersResult struct {
	Parameters []parameterXML `xml:"Parameters>Parameter"`
	Marker     string         `xml:",omitempty"`
}

// defaultParameters are some of those that every PostgreSQL group has, with
// the values that RDS gives them: the ones that this system looks at. RDS
// lists some 450.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Parameters.html
var defaultParameters = []parameterXML{
	parameter("log_connections", "", "dynamic", "boolean"),
	parameter("log_disconnections", "", "dynamic", "boolean"),
	parameter("log_min_duration_statement", "", "dynamic", "integer"),
	parameter("log_statement", "", "dynamic", "string"),
	parameter("max_connections", "LEAST({DBInstanceClassMemory/9531392},5000)", "static", "integer"),
	parameter("max_slot_wal_keep_size", "", "dynamic", "integer"),
	parameter("max_wal_senders", "20", "static", "integer"),
	parameter("max_worker_processes", "GREATEST({DBInstanceVCPU*2},8)", "static", "integer"),
	parameter("pgaudit.log", "", "dynamic", "string"),
	parameter("pgaudit.log_catalog", "", "dynamic", "boolean"),
	parameter("shared_buffers", "{DBInstanceClassMemory/32768}", "static", "integer"),
	parameter("shared_preload_libraries", "pg_stat_statements", "static", "list"),
	parameter("wal_keep_size", "2048", "dynamic", "integer"),
}

func parameter(name, value, apply, data string) parameterXML {
	source := "system"
	if value == "" {
		source = "engine-default"
	}
	method := "immediate"
	if apply == "static" {
		method = "pending-reboot"
	}
	return parameterXML{ParameterName: name, ParameterValue: value, Source: source, ApplyType: apply, DataType: data, IsModifiable: true, ApplyMethod: method}
}

func describeParameters(c *api.Call) (any, error) {
	if err := c.Only("DBParameterGroupName", "Source", "MaxRecords", "Marker"); err != nil {
		return nil, err
	}
	name, err := c.Need("DBParameterGroupName")
	if err != nil {
		return nil, err
	}
	var out parametersResult
	err = c.View(func(tx *sim.Tx) error {
		if err := c.Authorize(tx, "rds:DescribeDBParameters", c.ARN("rds", "pg:"+name), nil); err != nil {
			return err
		}
		all, err := parameters(c, tx, name)
		if err != nil {
			return err
		}
		if source := c.Text("Source"); source != "" {
			all = slices.DeleteFunc(all, func(p parameterXML) bool { return p.Source != source })
		}
		out.Parameters, out.Marker, err = api.Page(c, all)
		return err
	})
	return out, err
}

// parameters lists a group: what was set in it over what every group has.
func parameters(c *api.Call, tx *sim.Tx, name string) ([]parameterXML, error) {
	group := tx.Get("aws_db_parameter_group", c.Region, name)
	family := strings.TrimPrefix(name, "default.")
	if group != nil {
		family = group.Attrs.Str("family")
	} else if family == name {
		return nil, api.Refuse("DBParameterGroupNotFound", "DBParameterGroup not found: %s", name)
	}
	all := append(slices.Clone(defaultParameters), forceSSL(family))
	if group != nil {
		for _, set := range group.Attrs.Blocks("parameter") {
			all = setParameter(all, set)
		}
	}
	slices.SortFunc(all, func(a, b parameterXML) int { return cmp.Compare(a.ParameterName, b.ParameterName) })
	return all, nil
}

// forceSSL is on by default from PostgreSQL 15.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
func forceSSL(family string) parameterXML {
	value := "1"
	if slices.Contains([]string{"postgres13", "postgres14"}, family) {
		value = "0"
	}
	return parameter("rds.force_ssl", value, "dynamic", "boolean")
}

func setParameter(all []parameterXML, set sim.Attrs) []parameterXML {
	name := set.Str("name")
	i := slices.IndexFunc(all, func(p parameterXML) bool { return p.ParameterName == name })
	if i < 0 {
		apply := "dynamic"
		if set.Str("apply_method") == "pending-reboot" {
			apply = "static"
		}
		all = append(all, parameter(name, "", apply, "string"))
		i = len(all) - 1
	}
	all[i].ParameterValue, all[i].Source = set.Str("value"), "user"
	if method := set.Str("apply_method"); method != "" {
		all[i].ApplyMethod = method
	}
	return all
}
