package graph

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const golden = "../../stacks/testdata/golden"

// input is the two golden stacks, to be changed by a test before they are
// read.
type input struct {
	primary, replica object
}

// edit is an input in the hands of a test's case.
type edit struct {
	input
	t *testing.T
}

func goldenInput(t *testing.T) input {
	t.Helper()
	read := func(name string) object {
		raw, err := os.ReadFile(filepath.Join(golden, name))
		require.NoError(t, err)
		var body object
		require.NoError(t, json.Unmarshal(raw, &body))
		return body
	}
	return input{read("primary.tf.json"), read("replica.tf.json")}
}

// write puts the stacks in a folder of their own.
func (in input) write(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range map[string]object{"primary.tf.json": in.primary, "replica.tf.json": in.replica} {
		raw, err := json.Marshal(body)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), raw, 0o600))
	}
	return dir
}

func (in input) read(t *testing.T) *Graph {
	t.Helper()
	g, err := ReadDir(in.write(t))
	require.NoError(t, err)
	return g
}

// blocks returns the resources of a kind; the key is the name.
func blocks(t *testing.T, stack object, kind string) object {
	t.Helper()
	found, ok := stack["resource"].(object)[kind].(object)
	require.True(t, ok, "the golden stack has no %s", kind)
	return found
}

// block is the one resource of a kind whose name begins so.
func block(t *testing.T, stack object, kind, prefix string) object {
	t.Helper()
	name := blockName(t, stack, kind, prefix)
	return blocks(t, stack, kind)[name].(object)
}

func blockName(t *testing.T, stack object, kind, prefix string) string {
	t.Helper()
	var names []string
	for name := range blocks(t, stack, kind) {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	require.Len(t, names, 1, "%s.%s*", kind, prefix)
	return names[0]
}

// remove takes the one resource out whose name begins so.
func remove(t *testing.T, stack object, kind, prefix string) {
	t.Helper()
	delete(blocks(t, stack, kind), blockName(t, stack, kind, prefix))
}

// moveGuard moves the guard and what belongs to it to the primary's region.
func moveGuard(t *testing.T, in input) {
	t.Helper()
	for kind, prefix := range map[string]string{
		"aws_lambda_function":         "guard_function",
		"aws_cloudwatch_event_rule":   "guard_schedule",
		"aws_cloudwatch_event_target": "guard_schedule-target",
		"aws_dynamodb_table":          "ledger",
		"aws_sns_topic":               "notice-topic",
	} {
		block(t, in.replica, kind, prefix)["provider"] = "aws.primary"
	}
	for name, alarm := range blocks(t, in.replica, "aws_cloudwatch_metric_alarm") {
		if strings.HasPrefix(name, "guard-alarms") {
			alarm.(object)["provider"] = "aws.primary"
		}
	}
	var subnets []any
	for _, zone := range []string{"1", "2", "3"} {
		subnets = append(subnets, "${aws_subnet."+blockName(t, in.primary, "aws_subnet", "network_private-subnet-"+zone)+".id}")
	}
	in.primary["output"].(object)["private_subnets"] = object{"value": subnets}
	function := block(t, in.replica, "aws_lambda_function", "guard_function")
	function["vpc_config"].(object)["subnet_ids"] = "${data.terraform_remote_state.primary.outputs.private_subnets}"
}

// addEmail subscribes an address to both alarm topics and the notices.
func addEmail(t *testing.T, in input, address string) {
	t.Helper()
	subscriptions := blocks(t, in.replica, "aws_sns_topic_subscription")
	for name := range blocks(t, in.replica, "aws_sns_topic") {
		subscriptions["mail-"+name+address] = object{
			"provider": "aws.replica", "protocol": "email", "endpoint": address,
			"topic_arn": "${aws_sns_topic." + name + ".arn}",
		}
	}
	subscriptions["mail-primary"+address] = object{
		"provider": "aws.primary", "protocol": "email", "endpoint": address,
		"topic_arn": "${data.terraform_remote_state.primary.outputs.primary_alarm_topic_arn}",
	}
}

// moreGateways gives the primary a NAT gateway a zone.
func moreGateways(t *testing.T, in input) {
	t.Helper()
	gateways := blocks(t, in.primary, "aws_nat_gateway")
	for _, zone := range []string{"2", "3"} {
		subnet := blockName(t, in.primary, "aws_subnet", "network_public-subnet-"+zone)
		gateways["network_nat-gateway-"+zone] = object{
			"provider": "aws.primary", "subnet_id": "${aws_subnet." + subnet + ".id}",
		}
	}
}

// rename replaces a text everywhere in both stacks.
func rename(t *testing.T, in input, from, to string) input {
	t.Helper()
	replace := func(stack object) object {
		raw, err := json.Marshal(stack)
		require.NoError(t, err)
		var out object
		require.NoError(t, json.Unmarshal([]byte(strings.ReplaceAll(string(raw), from, to)), &out))
		return out
	}
	return input{replace(in.primary), replace(in.replica)}
}
