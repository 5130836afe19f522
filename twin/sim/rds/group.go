package rds

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
)

// service is its name in the SDK's errors.
const service = "RDS"

func dbGroupKinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_db_subnet_group": {
			Schema:  resource.AwsDbSubnetGroupSchema,
			Traits:  subnetGroupTraits(),
			Example: `{"name":"database","subnet_ids":["subnet-1"]}`,
			Service: service, CreateOp: "CreateDBSubnetGroup", UpdateOp: "ModifyDBSubnetGroup", DeleteOp: "DeleteDBSubnetGroup",
			MissingCode: "DBSubnetGroupNotFoundFault", MissingText: "DB subnet group '%s' does not exist.",
			Create: createSubnetGroup, Update: checkSubnetGroup, Remove: removeSubnetGroup,
		},
		"aws_db_parameter_group": {
			Schema:  resource.AwsDbParameterGroupSchema,
			Traits:  parameterGroupTraits(),
			Example: `{"name":"postgres15","family":"postgres15"}`,
			Service: service, CreateOp: "CreateDBParameterGroup", UpdateOp: "ModifyDBParameterGroup", DeleteOp: "DeleteDBParameterGroup",
			MissingCode: "DBParameterGroupNotFound", MissingText: "DBParameterGroup not found: %s",
			Create: createParameterGroup, Update: checkParameters, Remove: removeParameterGroup,
		},
	}
}

var subnetGroupName = regexp.MustCompile(`^[a-z0-9 ._-]{1,255}$`)

func createSubnetGroup(c *sim.Call) (string, error) {
	name := c.Name(255)
	if !subnetGroupName.MatchString(name) || name == "default" {
		return "", c.Refuse("name", "InvalidParameterValue",
			"The parameter DBSubnetGroupName must be provided and must not be blank, and may hold only lowercase letters, numbers, spaces, periods, underscores and hyphens: %s", name)
	}
	if c.Get("aws_db_subnet_group", c.Region, name) != nil {
		return "", c.Refuse("name", "DBSubnetGroupAlreadyExists", "The DB subnet group '%s' already exists.", name)
	}
	c.Attrs.Default("description", "Managed by Terraform")
	if err := checkSubnetGroup(c); err != nil {
		return "", err
	}
	c.Attrs.Set(sim.Attrs{
		"arn": c.ARN("rds", c.Region, "subgrp:%s", name), "supported_network_types": []string{"IPV4"},
	})
	return name, nil
}

// checkSubnetGroup checks the subnets and notes their VPC.
func checkSubnetGroup(c *sim.Call) error {
	var vpcs, zones []string
	for _, id := range c.Attrs.Strings("subnet_ids") {
		subnet := c.Get("aws_subnet", c.Region, id)
		if subnet == nil {
			return c.Refuse("subnet_ids", "InvalidSubnet", "The subnet ID '%s' does not exist", id)
		}
		vpcs = append(vpcs, subnet.Attrs.Str("vpc_id"))
		zones = append(zones, subnet.Attrs.Str("availability_zone"))
	}
	if vpcs = sim.Unique(vpcs); len(vpcs) > 1 {
		return c.Refuse("subnet_ids", "InvalidSubnet", "The subnets belong to more than one VPC: %s", strings.Join(vpcs, ", "))
	}
	if zones = sim.Unique(zones); len(zones) < 2 {
		return c.Refuse("subnet_ids", "DBSubnetGroupDoesNotCoverEnoughAZs",
			"The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: %s. Add subnets to cover at least 2 AZs.", strings.Join(zones, ", "))
	}
	c.Attrs["vpc_id"] = vpcs[0]
	return nil
}

func removeSubnetGroup(c *sim.Call) error {
	if db := c.FindBy("aws_db_instance", c.Region, "db_subnet_group_name", c.Resource.ID); db != nil {
		return c.Refuse("", "InvalidDBSubnetGroupStateFault", "Cannot delete the subnet group '%s' because at least one database instance: %s is still using it.",
			c.Resource.ID, db.Attrs.Str("identifier"))
	}
	return nil
}

// groupName is what RDS accepts as the name of a parameter group.
var groupName = regexp.MustCompile(`^[a-z]([a-z0-9]|-[a-z0-9]){0,254}$`)

func createParameterGroup(c *sim.Call) (string, error) {
	name := c.Name(255)
	if !groupName.MatchString(name) {
		return "", c.Refuse("name", "InvalidParameterValue",
			"The parameter DBParameterGroupName is not a valid identifier. Identifiers must begin with a letter; must contain only lowercase ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens: %s", name)
	}
	if c.Get("aws_db_parameter_group", c.Region, name) != nil {
		return "", c.Refuse("name", "DBParameterGroupAlreadyExists", "Parameter group %s already exists", name)
	}
	family := c.Attrs.Str("family")
	major, ok := strings.CutPrefix(family, "postgres")
	if number, err := strconv.Atoi(major); !ok || err != nil || engineMajors[number].first == 0 {
		return "", c.Refuse("family", "InvalidParameterValue", "ParameterGroupFamily %s is not a valid parameter group family", family)
	}
	c.Attrs.Defaults(sim.Attrs{"description": "Managed by Terraform", "skip_destroy": false, "parameter": []any{}})
	if err := checkParameters(c); err != nil {
		return "", err
	}
	c.Attrs["arn"] = c.ARN("rds", c.Region, "pg:%s", name)
	return name, nil
}

func removeParameterGroup(c *sim.Call) error {
	if c.FindBy("aws_db_instance", c.Region, "parameter_group_name", c.Resource.ID) != nil {
		return c.Refuse("", "InvalidDBParameterGroupState", "One or more database instances are still members of this parameter group %s, so the group cannot be deleted", c.Resource.ID)
	}
	return nil
}

// staticParameters take effect at a restart only; RDS refuses to apply them at
// once. Those of PostgreSQL that this system could set are listed.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Parameters.html
var staticParameters = []string{
	"shared_preload_libraries", "max_connections", "shared_buffers", "wal_buffers", "max_wal_senders", "max_replication_slots",
	"max_worker_processes", "rds.logical_replication", "track_activity_query_size", "max_locks_per_transaction", "huge_pages",
	"max_prepared_transactions", "autovacuum_max_workers", "autovacuum_freeze_max_age",
}

func checkParameters(c *sim.Call) error {
	modify := c.During("ModifyDBParameterGroup")
	seen := map[string]bool{}
	for _, p := range c.Attrs.Blocks("parameter") {
		name, method := p.Str("name"), p.Str("apply_method")
		if seen[name] {
			return modify.Refuse("parameter", "InvalidParameterValue", "Parameter %s is given more than once", name)
		}
		seen[name] = true
		if !knownParameter(name) {
			return modify.Refuse("parameter", "InvalidParameterValue", "Could not find parameter with name: %s", name)
		}
		switch {
		case method != "" && method != "immediate" && method != "pending-reboot":
			return modify.Refuse("parameter", "InvalidParameterValue", "ApplyMethod of %s must be immediate or pending-reboot, found %s", name, method)
		case method != "pending-reboot" && slices.Contains(staticParameters, name):
			return modify.Refuse("parameter", "InvalidParameterCombination", "cannot use immediate apply method for static parameter")
		}
		if allowed, ok := parameterValues[name]; ok && !allowed.MatchString(p.Str("value")) {
			return modify.Refuse("parameter", "InvalidParameterValue", "Value: %s is outside of range for parameter: %s", p.Str("value"), name)
		}
	}
	return nil
}

var parameterPattern = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$`)

// knownParameter accepts what could be a parameter's name: the simulator keeps
// no list of all, and PostgreSQL itself judges when it starts with them.
func knownParameter(name string) bool { return parameterPattern.MatchString(name) }

// parameterValues bounds the parameters that this system sets.
var parameterValues = map[string]*regexp.Regexp{
	"rds.force_ssl":          regexp.MustCompile(`^[01]$`),
	"log_statement":          regexp.MustCompile(`^(none|ddl|mod|all)$`),
	"max_slot_wal_keep_size": regexp.MustCompile(`^(-1|[0-9]{1,10})$`),
	"log_connections":        regexp.MustCompile(`^(0|1|on|off|true|false)$`),
	"log_disconnections":     regexp.MustCompile(`^(0|1|on|off|true|false)$`),
}
