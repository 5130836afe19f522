package logs

import (
	"regexp"
	"slices"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/kms"
)

// service is its name in the SDK's errors.
const service = "CloudWatch Logs"

func kinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_cloudwatch_log_group": {
			Schema:  resource.AwsCloudwatchLogGroupSchema,
			Traits:  cloudwatchLogGroupTraits(),
			Example: `{"name":"/aws/rds/instance/x/postgresql","retention_in_days":7}`,
			Service: service, CreateOp: "CreateLogGroup", UpdateOp: "PutRetentionPolicy", DeleteOp: "DeleteLogGroup",
			MissingCode: "ResourceNotFoundException", MissingText: "The specified log group does not exist: %s",
			Create: createLogGroup, Update: checkLogGroup, Remove: removeLogGroup,
		},
	}
}

var logGroupName = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)

// retentions are the days that a log group can keep events; 0 is for ever.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var retentions = []int{
	0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

func createLogGroup(c *sim.Call) (string, error) {
	name := c.Name(512)
	if !logGroupName.MatchString(name) {
		return "", c.Refuse("name", "InvalidParameterException",
			"1 validation error detected: Value '%s' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+", name)
	}
	if c.Get("aws_cloudwatch_log_group", c.Region, name) != nil {
		return "", c.Refuse("name", "ResourceAlreadyExistsException", "The specified log group already exists")
	}
	if err := checkLogGroup(c); err != nil {
		return "", err
	}
	c.Attrs.Defaults(sim.Attrs{"log_group_class": "STANDARD", "skip_destroy": false, "retention_in_days": 0, "kms_key_id": ""})
	c.Attrs["arn"] = c.ARN("logs", c.Region, "log-group:%s", name)
	return name, nil
}

func checkLogGroup(c *sim.Call) error {
	if days := c.Attrs.Int("retention_in_days"); !slices.Contains(retentions, days) {
		return c.During("PutRetentionPolicy").Refuse("retention_in_days", "InvalidParameterException",
			"Invalid retention value %d. It must be one of %v days.", days, retentions)
	}
	ref := c.Attrs.Str("kms_key_id")
	if ref == "" {
		return nil
	}
	arn := c.ARN("logs", c.Region, "log-group:%s", c.Attrs.Str("name"))
	key, problem := kms.FindKey(c.Tx, c.Region, ref)
	if problem != kms.KeyUsable || key == nil || !kms.Admits(key, "kms:GenerateDataKey", "logs."+c.Region+"."+sim.DNSSuffix, "logs."+sim.DNSSuffix) {
		return c.Refuse("kms_key_id", "AccessDeniedException",
			"The specified KMS key does not exist or is not allowed to be used with Arn '%s'", arn)
	}
	return nil
}

// PutLogGroup makes a log group as a service does that finds none.
func PutLogGroup(tx *sim.Tx, regionName, name string) {
	tx.Put(&sim.Resource{
		Type: "aws_cloudwatch_log_group", Region: regionName, ID: name,
		Attrs: sim.Attrs{
			"id": name, "name": name, "name_prefix": "", "arn": tx.ARN("logs", regionName, "log-group:%s", name),
			"log_group_class": "STANDARD", "skip_destroy": false, "retention_in_days": float64(0), "kms_key_id": "", "tags_all": map[string]any{},
		},
	})
}

// removeLogGroup keeps the group when Terraform was told only to forget it.
func removeLogGroup(c *sim.Call) error {
	if c.Attrs.Bool("skip_destroy") {
		c.Retain(c.Resource, sim.NoEnd)
	}
	return nil
}
