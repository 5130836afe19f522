package stacks

import (
	"strings"

	"github.com/pgdr/pgdr/internal/contract"
)

// guardScope is all that the guard's role may touch, by ARN. Values may be
// tokens.
type guardScope struct {
	account       string
	primaryRegion string
	replicaRegion string

	functionARN string
	roleARN     string
	logGroupARN string

	primaryDatabaseARN   string
	replicaDatabaseARN   string
	primaryParametersARN string
	replicaParametersARN string
	primaryNetworkACLID  string

	zoneID         string
	record         string
	healthCheckID  string
	activeAlarmARN string

	ledgerARN         string
	noticeTopicARN    string
	topicKeyARN       string
	primarySecretARN  string
	regionalSecretARN string
	primaryKeyARN     string
	regionalKeyARN    string
}

// guardPolicies are the role's inline policies by name. Each statement names
// what it is for; those on all resources are in exceptions() alone.
func guardPolicies(g guardScope) map[string]string {
	return map[string]string{
		"run":        policyDocument(g.run()...),
		"observe":    policyDocument(g.observe()...),
		"act":        policyDocument(g.act()...),
		"remember":   policyDocument(g.remember()...),
		"exceptions": policyDocument(g.exceptions()...),
	}
}

// vpcActions are what Lambda itself does in the role's name to put the
// function into the VPC.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
var vpcActions = []string{
	"ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
	"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
}

// run lets the function be in its VPC and write its log. The code itself is
// denied what only Lambda needs, as that page advises.
func (g guardScope) run() []statement {
	owned := "arn:aws:ec2:" + g.replicaRegion + ":" + g.account + ":*/*"
	denied := statement{
		Sid: "NetworkInterfacesNotByCode", Effect: "Deny", Resource: []string{"*"},
		Action: append([]string{"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"}, vpcActions...),
	}.when("ArnEquals", "lambda:SourceFunctionArn", g.functionARN)
	return []statement{
		allow("Log", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, g.logGroupARN+":*"),
		allow("NetworkInterfaces", vpcActions, owned),
		denied,
	}
}

func (g guardScope) observe() []statement {
	return []statement{
		// RDS asks for it on all instances where one is looked up by its resource
		// id: a renamed one has another ARN.
		allow("Databases", []string{"rds:DescribeDBInstances"}, g.anyDatabase(g.primaryRegion), g.anyDatabase(g.replicaRegion)),
		allow("Parameters", []string{"rds:DescribeDBParameters"}, g.primaryParametersARN, g.replicaParametersARN),
		allow("Records", []string{"route53:ListResourceRecordSets"}, g.zoneARN()),
		allow("HealthCheck", []string{"route53:GetHealthCheck"}, "arn:aws:route53:::healthcheck/"+g.healthCheckID),
		allow("ActiveWriterAlarm", []string{"cloudwatch:DescribeAlarms"}, g.activeAlarmARN),
		allow("Keys", []string{"kms:DescribeKey"}, g.primaryKeyARN, g.regionalKeyARN),
		allow("Secrets", []string{"secretsmanager:DescribeSecret"}, g.primarySecretARN, g.regionalSecretARN),
		allow("OwnPermissions", []string{"iam:SimulatePrincipalPolicy"}, g.roleARN),
	}
}

func (g guardScope) anyDatabase(region string) string {
	return "arn:aws:rds:" + region + ":" + g.account + ":db:*"
}

func (g guardScope) act() []statement {
	onlyWriterRecord := allow("Weights", []string{"route53:ChangeResourceRecordSets"}, g.zoneARN()).
		when("ForAllValues:StringEquals", "route53:ChangeResourceRecordSetsNormalizedRecordNames", []string{g.record}).
		when("ForAllValues:StringEquals", "route53:ChangeResourceRecordSetsRecordTypes", []string{"CNAME"}).
		when("ForAllValues:StringEquals", "route53:ChangeResourceRecordSetsActions", []string{"UPSERT"})
	acl := "arn:aws:ec2:" + g.primaryRegion + ":" + g.account + ":network-acl/" + g.primaryNetworkACLID
	return []statement{
		allow("Promote", []string{"rds:PromoteReadReplica", "rds:ModifyDBInstance"}, g.replicaDatabaseARN),
		allow("StopOldPrimary", []string{"rds:StopDBInstance"}, g.primaryDatabaseARN),
		allow("Fence", []string{"ec2:CreateNetworkAclEntry", "ec2:DeleteNetworkAclEntry"}, acl),
		onlyWriterRecord,
		allow("WeightsDone", []string{"route53:GetChange"}, "arn:aws:route53:::change/*"),
		allow("SecretStandalone", []string{"secretsmanager:StopReplicationToReplica"}, g.regionalSecretARN),
		allow("Tell", []string{"sns:Publish"}, g.noticeTopicARN),
		allow("TellEncrypted", []string{"kms:GenerateDataKey", "kms:Decrypt"}, g.topicKeyARN),
	}
}

func (g guardScope) remember() []statement {
	via := func(service string) []string { return []string{service + "." + g.replicaRegion + ".amazonaws.com"} }
	return []statement{
		allow("Ledger", []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"}, g.ledgerARN),
		allow("Credentials", []string{"secretsmanager:GetSecretValue"}, g.regionalSecretARN),
		allow("Decrypt", []string{"kms:Decrypt"}, g.regionalKeyARN).
			when("StringEquals", "kms:ViaService", append(via("secretsmanager"), via("dynamodb")...)),
	}
}

// exceptions are the actions for which AWS has no resource-level permission;
// a condition bounds each as far as AWS lets it.
//
//   - cloudwatch:PutMetricData: by namespace.
//     https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
//   - ec2:Describe*: by region.
//     https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
//   - rds:DescribeEvents: by region.
//     https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
func (g guardScope) exceptions() []statement {
	return []statement{
		allow("Metrics", []string{"cloudwatch:PutMetricData"}, "*").
			when("StringEquals", "cloudwatch:namespace", contract.MetricNamespace),
		allow("NetworkInterfacesRead", []string{"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"}, "*").
			when("StringEquals", "aws:RequestedRegion", g.replicaRegion),
		allow("FenceRead", []string{"ec2:DescribeNetworkAcls"}, "*").
			when("StringEquals", "aws:RequestedRegion", g.primaryRegion),
		allow("DatabaseEvents", []string{"rds:DescribeEvents"}, "*").
			when("StringEquals", "aws:RequestedRegion", []string{g.primaryRegion, g.replicaRegion}),
	}
}

func (g guardScope) zoneARN() string {
	return strings.Join([]string{"arn:aws:route53:::hostedzone/", g.zoneID}, "")
}
