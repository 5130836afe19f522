package sim

import (
	"regexp"
	"slices"
)

const logs = "CloudWatch Logs"

func logsKinds() map[string]*kind {
	return map[string]*kind{
		"aws_cloudwatch_log_group": {
			service: logs, createOp: "CreateLogGroup", updateOp: "PutRetentionPolicy", deleteOp: "DeleteLogGroup",
			missingCode: "ResourceNotFoundException", missingText: "The specified log group does not exist: %s",
			create: createLogGroup, update: checkLogGroup, remove: removeLogGroup,
		},
	}
}

var logGroupName = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)

// retentions are the days that a log group can keep events; 0 is for ever.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var retentions = []int{
	0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

func createLogGroup(c *call) (string, error) {
	name := c.name(512)
	if !logGroupName.MatchString(name) {
		return "", c.refuse("name", "InvalidParameterException",
			"1 validation error detected: Value '%s' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+", name)
	}
	if c.Get("aws_cloudwatch_log_group", c.region, name) != nil {
		return "", c.refuse("name", "ResourceAlreadyExistsException", "The specified log group already exists")
	}
	if err := checkLogGroup(c); err != nil {
		return "", err
	}
	c.attrs.Defaults(Attrs{"log_group_class": "STANDARD", "skip_destroy": false, "retention_in_days": 0, "kms_key_id": ""})
	c.attrs["arn"] = c.arn("logs", c.region, "log-group:%s", name)
	return name, nil
}

func checkLogGroup(c *call) error {
	if days := c.attrs.Int("retention_in_days"); !slices.Contains(retentions, days) {
		return c.during("PutRetentionPolicy").refuse("retention_in_days", "InvalidParameterException",
			"Invalid retention value %d. It must be one of %v days.", days, retentions)
	}
	ref := c.attrs.Str("kms_key_id")
	if ref == "" {
		return nil
	}
	arn := c.arn("logs", c.region, "log-group:%s", c.attrs.Str("name"))
	key, problem := c.findKey(c.region, ref)
	if problem != keyUsable || key == nil || !keyAdmits(key, "kms:GenerateDataKey", "logs."+c.region+"."+dnsSuffix, "logs."+dnsSuffix) {
		return c.refuse("kms_key_id", "AccessDeniedException",
			"The specified KMS key does not exist or is not allowed to be used with Arn '%s'", arn)
	}
	return nil
}

// keyAdmits tells whether a key's own policy lets a service take an action.
func keyAdmits(key *Resource, action string, services ...string) bool {
	doc, problem := parsePolicy(key.Attrs.Str("policy"))
	return problem == "" && doc.allows(action, "Service", services...)
}

// putLogGroup makes a log group as a service does that finds none.
func (tx *Tx) putLogGroup(regionName, name string) {
	tx.Put(&Resource{
		Type: "aws_cloudwatch_log_group", Region: regionName, ID: name,
		Attrs: Attrs{
			"id": name, "name": name, "name_prefix": "", "arn": tx.arn("logs", regionName, "log-group:%s", name),
			"log_group_class": "STANDARD", "skip_destroy": false, "retention_in_days": float64(0), "kms_key_id": "", "tags_all": map[string]any{},
		},
	})
}

// removeLogGroup keeps the group when Terraform was told only to forget it.
func removeLogGroup(c *call) error {
	if c.attrs.Bool("skip_destroy") {
		c.Retain(c.res, noEnd)
	}
	return nil
}
