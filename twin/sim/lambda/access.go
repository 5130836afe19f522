package lambda

import (
	"regexp"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/iam"
)

var (
	statementID      = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,100}$`)
	servicePrincipal = regexp.MustCompile(`^([a-z0-9-]+\.)+amazonaws\.com$`)
)

// permissionKey: a statement id is unique within one function only.
func permissionKey(id string, a sim.Attrs) string {
	return functionOf(a.Str("function_name")) + "/" + id
}

func importPermission(_ *sim.Tx, _, text string) string {
	function, statement, _ := strings.Cut(text, "/")
	return functionOf(function) + "/" + statement
}

func needFunction(c *sim.Call) (*sim.Resource, error) {
	ref := c.Attrs.Str("function_name")
	if arn, ok := sim.ParseARN(ref); ok && arn.Region != c.Region {
		return nil, c.Refuse("function_name", "ResourceNotFoundException", "Functions from '%s' are not reachable in this region ('%s')", arn.Region, c.Region)
	}
	if r := c.Get("aws_lambda_function", c.Region, functionOf(ref)); r != nil {
		return r, nil
	}
	return nil, c.Refuse("function_name", "ResourceNotFoundException", "Function not found: %s", c.ARN("lambda", c.Region, "function:%s", functionOf(ref)))
}

func createPermission(c *sim.Call) (string, error) {
	a := c.Attrs
	if _, err := needFunction(c); err != nil {
		return "", err
	}
	if !a.Has("statement_id") {
		prefix := a.Str("statement_id_prefix")
		if prefix == "" {
			prefix = "terraform-"
		}
		a["statement_id"] = c.UniqueName(prefix, 100)
	}
	a.Default("statement_id_prefix", "")
	id := a.Str("statement_id")
	if !statementID.MatchString(id) {
		return "", c.Refuse("statement_id", "ValidationException", "Value '%s' at 'statementId' failed to satisfy constraint: 1 to 100 characters of [a-zA-Z0-9-_]", id)
	}
	if c.Get("aws_lambda_permission", c.Region, permissionKey(id, a)) != nil {
		return "", c.Refuse("statement_id", "ResourceConflictException",
			"The statement id (%s) provided already exists. Please provide a new statement id, or remove the existing statement.", id)
	}
	if action := a.Str("action"); !strings.HasPrefix(action, "lambda:") && action != "*" {
		return "", c.Refuse("action", "ValidationException", "Value '%s' at 'action' failed to satisfy constraint: lambda:[*] or lambda:[a-zA-Z]+", action)
	}
	return id, checkPermission(c)
}

func checkPermission(c *sim.Call) error {
	principal, source := c.Attrs.Str("principal"), c.Attrs.Str("source_arn")
	if !servicePrincipal.MatchString(principal) && !sim.AccountPattern.MatchString(principal) && principal != "*" && !strings.HasPrefix(principal, "arn:") {
		return c.Refuse("principal", "InvalidParameterValueException", "The provided principal was invalid. Please check the principal and try again: %s", principal)
	}
	if source == "" || strings.ContainsAny(source, "*?") {
		return nil
	}
	arn, ok := sim.ParseARN(source)
	if !ok {
		return c.Refuse("source_arn", "ValidationException", "Value '%s' at 'sourceArn' failed to satisfy constraint: an ARN", source)
	}
	there := true
	switch arn.Service {
	case "sns", "sqs":
		there = c.Exists(arn)
	case "events":
		there = c.FindBy("aws_cloudwatch_event_rule", arn.Region, "arn", source) != nil
	case "cloudwatch":
		there = c.FindBy("aws_cloudwatch_metric_alarm", arn.Region, "arn", source) != nil
	}
	if !there {
		return c.Refuse("source_arn", "InvalidParameterValueException", "the source %s does not exist: AWS would accept it and nothing would ever come from it", source)
	}
	return nil
}

func createInvokeConfig(c *sim.Call) (string, error) {
	id := c.Attrs.Str("function_name")
	if q := c.Attrs.Str("qualifier"); q != "" {
		id += ":" + q
	}
	c.Attrs.Default("maximum_retry_attempts", 2)
	if err := checkInvokeConfig(c); err != nil {
		return "", err
	}
	if c.Get("aws_lambda_function_event_invoke_config", c.Region, id) != nil {
		return "", c.Refuse("function_name", "ResourceConflictException", "the simulator refuses a second EventInvokeConfig of %s: AWS would silently replace the first", id)
	}
	return id, nil
}

// sendActions are what the function's role must be allowed to do to a
// destination, by service, and how Lambda's message calls it.
var sendActions = map[string][2]string{
	"sns": {"sns:Publish", "Publish"}, "sqs": {"sqs:SendMessage", "SendMessage"}, "lambda": {"lambda:InvokeFunction", "InvokeFunction"},
}

func checkInvokeConfig(c *sim.Call) error {
	a := c.Attrs
	function, err := needFunction(c)
	if err != nil {
		return err
	}
	if n := a.Int("maximum_retry_attempts"); n < 0 || n > 2 {
		return c.Refuse("maximum_retry_attempts", "ValidationException", "Value '%d' at 'maximumRetryAttempts' failed to satisfy constraint: between 0 and 2", n)
	}
	if age := a.Int("maximum_event_age_in_seconds"); age != 0 && (age < 60 || age > 21600) {
		return c.Refuse("maximum_event_age_in_seconds", "ValidationException", "Value '%d' at 'maximumEventAgeInSeconds' failed to satisfy constraint: between 60 and 21600", age)
	}
	for _, outcome := range []string{"on_failure", "on_success"} {
		destination := a.Block("destination_config").Block(outcome).Str("destination")
		if destination == "" {
			continue
		}
		arn, _ := sim.ParseARN(destination)
		if !c.Exists(arn) {
			return c.Refuse("destination_config", "InvalidParameterValueException", "The destination ARN %s is invalid.", destination)
		}
		action := sendActions[arn.Service]
		if !iam.RoleMay(c.Tx, function.Attrs.Str("role"), action[0], destination) {
			return c.Refuse("destination_config", "InvalidParameterValueException",
				"The function's execution role does not have permissions to call %s on %s", action[1], destination)
		}
	}
	return nil
}
