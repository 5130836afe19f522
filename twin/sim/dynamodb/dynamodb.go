package dynamodb

import (
	"regexp"
	"slices"
	"strings"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/kms"
)

// service is its name in the SDK's errors.
const service = "DynamoDB"

func kinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_dynamodb_table": {
			Schema:  resource.AwsDynamodbTableSchema,
			Traits:  dynamodbTableTraits(),
			Example: `{"name":"ledger","billing_mode":"PAY_PER_REQUEST","hash_key":"id","attribute":[{"name":"id","type":"S"}]}`,
			Service: service, CreateOp: "CreateTable", UpdateOp: "UpdateTable", DeleteOp: "DeleteTable",
			MissingCode: "ResourceNotFoundException", MissingText: "Requested resource not found: Table: %s not found",
			Create: createTable, Update: updateTable, Remove: removeTable,
		},
	}
}

var tableName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

func createTable(c *sim.Call) (string, error) {
	a := c.Attrs
	name := a.Str("name")
	if !tableName.MatchString(name) {
		return "", c.Refuse("name", "ValidationException", "1 validation error detected: Value '%s' at 'tableName' failed to satisfy constraint: 3 to 255 characters of [a-zA-Z0-9_.-]", name)
	}
	if c.Get("aws_dynamodb_table", c.Region, name) != nil {
		return "", c.Refuse("name", "ResourceInUseException", "Table already exists: %s", name)
	}
	a.Defaults(sim.Attrs{
		"billing_mode": "PROVISIONED", "table_class": "STANDARD", "deletion_protection_enabled": false, "stream_enabled": false,
		"read_capacity": 0, "write_capacity": 0,
	})
	if err := checkTable(c); err != nil {
		return "", err
	}
	a["arn"] = c.ARN("dynamodb", c.Region, "table/%s", name)
	fillTable(c)
	return name, nil
}

func updateTable(c *sim.Call) error {
	if err := checkTable(c); err != nil {
		return err
	}
	fillTable(c)
	return nil
}

func fillTable(c *sim.Call) {
	a := c.Attrs
	recovery := a.Block("point_in_time_recovery").Clone()
	if recovery == nil {
		recovery = sim.Attrs{"enabled": false}
	}
	days := 0
	if recovery.Bool("enabled") {
		days = 35
	}
	recovery.Default("recovery_period_in_days", days)
	a.Set(sim.Attrs{"point_in_time_recovery": []any{map[string]any(recovery)}})
	if sse := a.Block("server_side_encryption").Clone(); sse != nil {
		key := ""
		if sse.Bool("enabled") {
			key = kms.ManagedKeyARN(c.Tx, c.Region, "dynamodb")
		}
		sse.Default("kms_key_arn", key)
		a.Set(sim.Attrs{"server_side_encryption": []any{map[string]any(sse)}})
	}
	switch {
	case !a.Bool("stream_enabled"):
		a.Set(sim.Attrs{"stream_arn": "", "stream_label": ""})
		a.Default("stream_view_type", "")
	case !a.Has("stream_label"):
		label := c.At.UTC().Format("2006-01-02T15:04:05.000")
		a.Set(sim.Attrs{"stream_label": label, "stream_arn": a.Str("arn") + "/stream/" + label})
	}
}

func checkTable(c *sim.Call) error {
	for _, check := range []func(*sim.Call) error{checkTableKeys, checkCapacity, checkTableExtras} {
		if err := check(c); err != nil {
			return err
		}
	}
	return nil
}

// checkTableKeys compares the attributes that are declared with those that
// keys of the table and of its indexes use: they must be the same.
func checkTableKeys(c *sim.Call) error {
	a := c.Attrs
	if !a.Has("hash_key") {
		return c.Refuse("hash_key", "ValidationException", "No Hash Key specified in schema. All Dynamo DB tables must have exactly one hash key")
	}
	used := []string{a.Str("hash_key"), a.Str("range_key")}
	for _, list := range []string{"global_secondary_index", "local_secondary_index"} {
		for _, index := range a.Blocks(list) {
			used = append(used, index.Str("hash_key"), index.Str("range_key"))
		}
	}
	used = slices.DeleteFunc(sim.Unique(used), func(s string) bool { return s == "" })
	var declared []string
	for _, attribute := range a.Blocks("attribute") {
		name, typ := attribute.Str("name"), attribute.Str("type")
		if typ != "S" && typ != "N" && typ != "B" {
			return c.Refuse("attribute", "ValidationException", "Value '%s' at 'attributeDefinitions.member.attributeType' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]", typ)
		}
		if slices.Contains(declared, name) {
			return c.Refuse("attribute", "ValidationException", "Cannot have two attributes with the same name: %s", name)
		}
		declared = append(declared, name)
	}
	for _, name := range used {
		if !slices.Contains(declared, name) {
			return c.Refuse("attribute", "ValidationException",
				"One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: [%s]",
				name, strings.Join(declared, ", "))
		}
	}
	for _, name := range declared {
		if !slices.Contains(used, name) {
			return c.Refuse("attribute", "ValidationException",
				"One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions: %s is no key", name)
		}
	}
	return nil
}

func checkCapacity(c *sim.Call) error {
	a := c.Attrs
	switch a.Str("billing_mode") {
	case "PAY_PER_REQUEST":
	case "PROVISIONED":
		if a.Int("read_capacity") < 1 || a.Int("write_capacity") < 1 {
			return c.Refuse("read_capacity", "ValidationException", "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
		}
	default:
		return c.Refuse("billing_mode", "ValidationException", "Value '%s' at 'billingMode' failed to satisfy constraint: Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]", a.Str("billing_mode"))
	}
	return nil
}

var viewTypes = []string{"NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"}

func checkTableExtras(c *sim.Call) error {
	a := c.Attrs
	if a.Bool("stream_enabled") && !slices.Contains(viewTypes, a.Str("stream_view_type")) {
		return c.Refuse("stream_view_type", "ValidationException", "One or more parameter values were invalid: StreamViewType must be one of %v when streams are enabled, found %q", viewTypes, a.Str("stream_view_type"))
	}
	if sse := a.Block("server_side_encryption"); sse.Bool("enabled") && sse.Has("kms_key_arn") {
		if _, problem := kms.FindKey(c.Tx, c.Region, sse.Str("kms_key_arn")); problem != kms.KeyUsable {
			return c.Refuse("server_side_encryption", "ValidationException", "One or more parameter values were invalid: KMS key %s is %s in %s", sse.Str("kms_key_arn"), problem, c.Region)
		}
	}
	if p := a.Block("point_in_time_recovery"); p.Bool("enabled") && p["recovery_period_in_days"] != nil {
		if days := p.Int("recovery_period_in_days"); days < 1 || days > 35 {
			return c.During("UpdateContinuousBackups").Refuse("point_in_time_recovery", "ValidationException", "RecoveryPeriodInDays must be between 1 and 35, found %d", days)
		}
	}
	if t := a.Block("ttl"); t.Bool("enabled") && !t.Has("attribute_name") {
		return c.During("UpdateTimeToLive").Refuse("ttl", "ValidationException", "TimeToLive attribute name must be set when it is enabled")
	}
	return nil
}

func removeTable(c *sim.Call) error {
	if c.Attrs.Bool("deletion_protection_enabled") {
		return c.Refuse("deletion_protection_enabled", "ValidationException", "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	return nil
}
