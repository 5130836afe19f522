package awsapi

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// These tests run the SDK's real clients against a server that speaks each
// service's protocol: what a fake at the level of Go can't show.

func wantForm(t *testing.T, r request, want map[string]string) {
	t.Helper()
	for k, v := range want {
		if got := r.form.Get(k); got != v {
			t.Errorf("%s: field %s is %q, want %q", r.op, k, got, v)
		}
	}
}

func instanceXML(m engine.Member, status, source string) string {
	if source != "" {
		source = "<ReadReplicaSourceDBInstanceIdentifier>" + source + "</ReadReplicaSourceDBInstanceIdentifier>"
	}
	return `<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>` +
		`<DBInstanceIdentifier>` + m.Identifier + `</DBInstanceIdentifier><DbiResourceId>` + m.ResourceID + `</DbiResourceId>` +
		`<DBInstanceStatus>` + status + `</DBInstanceStatus>` + source +
		`</DBInstance></DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>`
}

func TestWire_RDSPromotesInTheReplicasRegion(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.answer("PromoteReadReplica",
		response{body: `<PromoteReadReplicaResponse><PromoteReadReplicaResult><DBInstance/></PromoteReadReplicaResult></PromoteReadReplicaResponse>`},
		response{status: 400, body: xmlError("InvalidDBInstanceState")})
	w.answer("DescribeDBInstances", response{body: instanceXML(replica, "available", "")})
	p := w.adapters(t).Promoter
	if err := p.Promote(context.Background(), replica); err != nil {
		t.Fatalf("promote: %v", err)
	}
	if err := p.Promote(context.Background(), replica); !errors.Is(err, engine.ErrNotReplica) {
		t.Errorf("promote again: got %v, want ErrNotReplica", err)
	}
	calls := w.calls("PromoteReadReplica")
	if len(calls) != 2 || calls[0].region != "eu-west-1" {
		t.Fatalf("%d calls, first signed for %q; want 2 for eu-west-1", len(calls), calls[0].region)
	}
	wantForm(t, calls[0], map[string]string{"DBInstanceIdentifier": "replica-db-dev", "BackupRetentionPeriod": "7"})
}

func TestWire_RDSTellsOfThePrimaryAndItsEvents(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.answer("DescribeDBInstances", response{body: instanceXML(primary, "available", "")})
	w.answer("DescribeEvents", response{body: `<DescribeEventsResponse><DescribeEventsResult><Events>` +
		`<Event><Date>2026-01-02T03:04:05.678Z</Date><EventCategories><EventCategory>failover</EventCategory></EventCategories></Event>` +
		`<Event><Date>2026-01-02T03:05:00Z</Date><EventCategories><EventCategory>backup</EventCategory></EventCategories></Event>` +
		`</Events></DescribeEventsResult></DescribeEventsResponse>`})
	s, seen := w.adapters(t).Liveness.RDS(context.Background(), primary)
	if s.Class != decide.ClassOK || seen == nil {
		t.Fatalf("sample %+v, instance %v; want ok and the instance", s, seen)
	}
	want := engine.Instance{Exists: true, ResourceID: "db-PRIMARY", Status: "available", RecoveryAt: time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)}
	if *seen != want {
		t.Errorf("got %+v, want %+v", *seen, want)
	}
	events := w.calls("DescribeEvents")
	if len(events) != 1 || events[0].region != "us-east-1" {
		t.Fatalf("%d calls for events, want 1 in us-east-1", len(events))
	}
	wantForm(t, events[0], map[string]string{"SourceIdentifier": "primary-db-dev", "SourceType": "db-instance", "Duration": "15",
		"EventCategories.EventCategory.1": "availability", "EventCategories.EventCategory.2": "failover", "EventCategories.EventCategory.3": "recovery"})
}

func TestWire_RDSRestoresAndStops(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.answer("DescribeDBInstances", response{body: instanceXML(replica, "available", "")})
	w.answer("ModifyDBInstance", response{body: `<ModifyDBInstanceResponse><ModifyDBInstanceResult/></ModifyDBInstanceResponse>`})
	w.answer("StopDBInstance", response{status: 400, body: xmlError("InvalidDBInstanceState")})
	p := w.adapters(t).Posture
	if err := p.Restore(context.Background(), replica); err != nil {
		t.Fatalf("restore: %v", err)
	}
	wantForm(t, w.calls("ModifyDBInstance")[0], map[string]string{"DBInstanceIdentifier": "replica-db-dev", "ApplyImmediately": "true",
		"BackupRetentionPeriod": "7", "MultiAZ": "true", "DeletionProtection": "true"})
	w.answer("DescribeDBInstances", response{body: instanceXML(primary, "modifying", "")})
	if err := p.Stop(context.Background(), primary); !errors.Is(err, engine.ErrBusy) {
		t.Errorf("stop: got %v, want ErrBusy", err)
	}
	if c := w.calls("StopDBInstance"); len(c) != 1 || c[0].region != "us-east-1" {
		t.Errorf("stop: %+v, want one call in us-east-1", c)
	}
}

func TestWire_EC2SetsTheFence(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.answer("DescribeNetworkAcls", response{body: `<DescribeNetworkAclsResponse><networkAclSet><item><networkAclId>` + aclID + `</networkAclId><entrySet>` +
		`<item><ruleNumber>100</ruleNumber><protocol>6</protocol><ruleAction>allow</ruleAction><egress>false</egress><cidrBlock>10.0.0.0/16</cidrBlock>` +
		`<portRange><from>5432</from><to>5432</to></portRange></item></entrySet></item></networkAclSet></DescribeNetworkAclsResponse>`})
	w.answer("CreateNetworkAclEntry", response{body: `<CreateNetworkAclEntryResponse><return>true</return></CreateNetworkAclEntryResponse>`})
	f := w.adapters(t).Fencer
	if err := f.Fence(context.Background(), primary); err != nil {
		t.Fatalf("fence: %v", err)
	}
	calls := w.calls("CreateNetworkAclEntry")
	if len(calls) != 6 || calls[0].region != "us-east-1" {
		t.Fatalf("%d calls, first signed for %q; want 6 for us-east-1", len(calls), calls[0].region)
	}
	wantForm(t, calls[4], map[string]string{"NetworkAclId": aclID, "RuleNumber": "90", "RuleAction": "deny", "Protocol": "6",
		"CidrBlock": "0.0.0.0/0", "Egress": "false", "PortRange.From": "5432", "PortRange.To": "5432"})
	if holds, err := f.Fenced(context.Background(), primary); err != nil || holds {
		t.Errorf("fenced: %t, %v; want false, as the server shows no rule", holds, err)
	}
	w.answer("DescribeNetworkAcls", response{status: 403, body: `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors><RequestID>r</RequestID></Response>`})
	if err := f.Unfence(context.Background(), primary); !errors.Is(err, engine.ErrDenied) {
		t.Errorf("unfence: got %v, want ErrDenied", err)
	}
}

const listXML = `<ListResourceRecordSetsResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ResourceRecordSets>` +
	`<ResourceRecordSet><Name>db.db-dev.internal.</Name><Type>CNAME</Type><SetIdentifier>primary-dev</SetIdentifier><Weight>100</Weight><TTL>5</TTL>` +
	`<ResourceRecords><ResourceRecord><Value>` + primaryEndpoint + `</Value></ResourceRecord></ResourceRecords><HealthCheckId>check-1</HealthCheckId></ResourceRecordSet>` +
	`<ResourceRecordSet><Name>db.db-dev.internal.</Name><Type>CNAME</Type><SetIdentifier>replica-dev</SetIdentifier><Weight>0</Weight><TTL>5</TTL>` +
	`<ResourceRecords><ResourceRecord><Value>` + replicaEndpoint + `</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>` +
	`</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>300</MaxItems></ListResourceRecordSetsResponse>`

func TestWire_Route53SwitchesBothRecordsInOneBatch(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	records := "GET /2013-04-01/hostedzone/" + zone + "/rrset"
	change := "POST /2013-04-01/hostedzone/" + zone + "/rrset"
	w.answer(records, response{body: listXML})
	w.answer(change, response{body: `<ChangeResourceRecordSetsResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeInfo>` +
		`<Id>/change/C42</Id><Status>PENDING</Status><SubmittedAt>2026-01-02T03:04:05Z</SubmittedAt></ChangeInfo></ChangeResourceRecordSetsResponse>`})
	w.answer("GET /2013-04-01/change/C42", response{body: `<GetChangeResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeInfo>` +
		`<Id>/change/C42</Id><Status>PENDING</Status><SubmittedAt>2026-01-02T03:04:05Z</SubmittedAt></ChangeInfo></GetChangeResponse>`})
	s := w.adapters(t).Switcher
	if err := s.SetWeights(context.Background(), replica); err != nil {
		t.Fatalf("set weights: %v", err)
	}
	calls := w.calls(change)
	if len(calls) != 1 || calls[0].region != "us-east-1" {
		t.Fatalf("%d changes, want 1 signed for us-east-1", len(calls))
	}
	body := string(calls[0].body)
	for _, want := range []string{
		`<Action>UPSERT</Action><ResourceRecordSet><Name>db.db-dev.internal.</Name><ResourceRecords><ResourceRecord><Value>` + replicaEndpoint,
		`<SetIdentifier>replica-dev</SetIdentifier><TTL>5</TTL><Type>CNAME</Type><Weight>100</Weight>`,
		`<HealthCheckId>check-1</HealthCheckId><Name>db.db-dev.internal.</Name>`,
		`<SetIdentifier>primary-dev</SetIdentifier><TTL>5</TTL><Type>CNAME</Type><Weight>0</Weight>`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("change lacks %s in\n%s", want, body)
		}
	}
	if yes, err := s.Agrees(context.Background(), primary); err != nil || yes {
		t.Errorf("agrees: %t, %v; want false while the change is pending", yes, err)
	}
	w.answer(change, response{status: 400, body: xmlError("PriorRequestNotComplete")})
	if err := s.SetWeights(context.Background(), replica); !errors.Is(err, engine.ErrThrottled) {
		t.Errorf("set weights again, not shown yet: got %v, want ErrThrottled", err)
	}
}

func TestWire_CloudWatchTakesTheGauges(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.answer("PutMetricData", response{header: cborHeader, body: cborOf(cbor.Map{})},
		response{status: 400, header: cborHeader, body: cborOf(cbor.Map{"__type": cbor.String("com.amazonaws.cloudwatch#InvalidParameterValueException"), "message": cbor.String("no")})})
	m := w.adapters(t).Metrics
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := m.Put(context.Background(), at, map[contract.Metric]float64{contract.ActiveWriter: 1}); err != nil {
		t.Fatalf("put: %v", err)
	}
	calls := w.calls("PutMetricData")
	if len(calls) != 1 || calls[0].region != "eu-west-1" {
		t.Fatalf("%d calls, want 1 in eu-west-1", len(calls))
	}
	v, err := cbor.Decode(calls[0].body)
	if err != nil {
		t.Fatalf("body is no CBOR: %v", err)
	}
	top := v.(cbor.Map)
	datum := top["MetricData"].(cbor.List)[0].(cbor.Map)
	dimension := datum["Dimensions"].(cbor.List)[0].(cbor.Map)
	if top["Namespace"] != cbor.String("PGDR") || datum["MetricName"] != cbor.String("ActiveWriter") ||
		dimension["Name"] != cbor.String("Environment") || dimension["Value"] != cbor.String("dev") {
		t.Errorf("put %+v, want ActiveWriter of dev in PGDR", top)
	}
	if err := m.Put(context.Background(), at, map[contract.Metric]float64{contract.ActiveWriter: 1}); !errors.Is(err, engine.ErrRejected) {
		t.Errorf("put again: got %v, want that it is rejected", err)
	}
}

func TestWire_DynamoDBKeepsTheLedger(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	jsonHeader := map[string]string{"Content-Type": "application/x-amz-json-1.0"}
	w.answer("PutItem", response{header: jsonHeader, body: `{}`},
		response{status: 400, header: jsonHeader, body: `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}`})
	w.answer("GetItem", response{header: jsonHeader, body: `{"Item":{"pk":{"S":"guard"},"sk":{"S":"state"},"format":{"N":"1"},"version":{"N":"9"},"state":{"S":"{\"version\":9,\"epoch\":4}"}}}`})
	w.answer("Query", response{header: jsonHeader, body: `{"Items":[{"format":{"N":"1"},"entry":{"S":"{\"id\":\"failover-4\"}"}}],"Count":1}`})
	l := w.adapters(t).Ledger
	s, err := l.Read(context.Background())
	if err != nil || s.Version != 9 || s.Epoch != 4 {
		t.Fatalf("read %+v, %v; want version 9 of epoch 4", s, err)
	}
	if err := l.Write(context.Background(), s); err != nil {
		t.Fatalf("write: %v", err)
	}
	if err := l.Write(context.Background(), s); !errors.Is(err, engine.ErrConflict) {
		t.Errorf("write again: got %v, want ErrConflict", err)
	}
	var in map[string]any
	if err := json.Unmarshal(w.calls("PutItem")[0].body, &in); err != nil {
		t.Fatal(err)
	}
	item := in["Item"].(map[string]any)
	if in["ConditionExpression"] != "#v = :before" || item["version"].(map[string]any)["N"] != "10" || item["pk"].(map[string]any)["S"] != "guard" {
		t.Errorf("put %v, want version 10 on the condition of the one before", in)
	}
	h, err := l.History(context.Background(), 5)
	if err != nil || len(h) != 1 || h[0].ID != "failover-4" {
		t.Errorf("history %+v, %v; want failover-4", h, err)
	}
}

func TestWire_SNSTellsPeople(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.answer("Publish", response{body: `<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>`},
		response{status: 400, body: xmlError("KMSAccessDenied")})
	n := w.adapters(t).Notifier
	if err := n.Notify(context.Background(), engine.Notice{Subject: "s", Text: "t"}); err != nil {
		t.Fatalf("notify: %v", err)
	}
	wantForm(t, w.calls("Publish")[0], map[string]string{"TopicArn": testConfig().NoticeTopicARN, "Subject": "s", "Message": "t"})
	if err := n.Notify(context.Background(), engine.Notice{}); !errors.Is(err, engine.ErrDenied) {
		t.Errorf("notify again: got %v, want ErrDenied", err)
	}
}

func TestWire_SecretsManagerReadsAndDetaches(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.answer("GetSecretValue", response{body: `{"SecretString":"{\"username\":\"admin\",\"password\":\"hunter2\"}"}`})
	w.answer("DescribeSecret", response{body: `{"PrimaryRegion":"us-east-1","ReplicationStatus":[{"Region":"eu-west-1","Status":"InSync"}]}`})
	w.answer("StopReplicationToReplica", response{status: 400, body: `{"__type":"InvalidRequestException","Message":"no"}`})
	a := w.adapters(t)
	c, err := a.Secrets.Credentials(context.Background())
	if err != nil || c.Password != "hunter2" {
		t.Errorf("credentials of %s, %v; want admin's", c, err)
	}
	s, err := a.Readiness.PrimarySecret(context.Background())
	if err != nil || s.Replicas["eu-west-1"] != "InSync" {
		t.Errorf("secret %+v, %v; want it in sync in eu-west-1", s, err)
	}
	if err := a.Posture.DetachSecret(context.Background()); err == nil {
		t.Error("detached, want the refusal")
	}
	describes := w.calls("DescribeSecret")
	if len(describes) != 3 || describes[0].region != "us-east-1" || describes[1].region != "eu-west-1" {
		t.Errorf("described in %v, want first us-east-1, then twice eu-west-1", describes)
	}
}

func TestWire_KMSDescribesAKeyInItsOwnRegion(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	arn := "arn:aws:kms:us-east-1:123456789012:key/mrk-1"
	w.answer("DescribeKey", response{body: `{"KeyMetadata":{"Arn":"` + arn + `","Enabled":true,"KeyState":"Enabled","MultiRegion":true,"KeyId":"mrk-1",` +
		`"MultiRegionConfiguration":{"PrimaryKey":{"Arn":"` + arn + `","Region":"us-east-1"}}}}`},
		response{status: 400, body: `{"__type":"NotFoundException","message":"no"}`})
	r := w.adapters(t).Readiness
	k, err := r.Key(context.Background(), arn)
	if want := (facts.Key{ARN: arn, Enabled: true, State: "Enabled", MultiRegion: true, PrimaryARN: arn}); err != nil || k != want {
		t.Errorf("key %+v, %v; want %+v", k, err, want)
	}
	if calls := w.calls("DescribeKey"); calls[0].region != "us-east-1" {
		t.Errorf("asked in %s, want us-east-1", calls[0].region)
	}
	if _, err := r.Key(context.Background(), arn); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v, want ErrMissing", err)
	}
}

func TestWire_IAMSimulatesTheRoleBehindTheSession(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.answer("GetCallerIdentity", response{body: `<GetCallerIdentityResponse><GetCallerIdentityResult>` +
		`<Arn>arn:aws:sts::123456789012:assumed-role/failover-function-role-dev/run</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`})
	w.answer("GetTopicAttributes", response{body: `<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes>` +
		`<entry><key>KmsMasterKeyId</key><value>arn:aws:kms:eu-west-1:123456789012:key/topics</value></entry></Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>`})
	w.answer("SimulatePrincipalPolicy", response{body: `<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults>` +
		`<member><EvalActionName>rds:PromoteReadReplica</EvalActionName><EvalDecision>allowed</EvalDecision></member>` +
		`<member><EvalActionName>rds:ModifyDBInstance</EvalActionName><EvalDecision>implicitDeny</EvalDecision></member>` +
		`</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`})
	all, err := w.adapters(t).Readiness.Permissions(context.Background(), facts.Database{}, facts.Database{})
	if err != nil {
		t.Fatalf("permissions: %v", err)
	}
	for action, want := range map[string]bool{"rds:PromoteReadReplica": true, "rds:ModifyDBInstance": false, "sns:Publish": false} {
		i := slices.IndexFunc(all, func(p facts.Permission) bool { return p.Action == action })
		if i < 0 || all[i].Allowed != want {
			t.Errorf("%s: %+v, want allowed %t", action, all, want)
		}
	}
	calls := w.calls("SimulatePrincipalPolicy")
	if calls[0].region != "us-east-1" {
		t.Errorf("asked in %s, want us-east-1", calls[0].region)
	}
	i := slices.IndexFunc(calls, func(r request) bool { return r.form.Get("ActionNames.member.1") == "rds:PromoteReadReplica" })
	if i < 0 {
		t.Fatal("nobody asked about the promotion")
	}
	wantForm(t, calls[i], map[string]string{"PolicySourceArn": "arn:aws:iam::123456789012:role/failover-function-role-dev",
		"ActionNames.member.2": "rds:ModifyDBInstance", "ResourceArns.member.1": "arn:aws:rds:eu-west-1:123456789012:db:replica-db-dev"})
}

func TestWire_STSAnswersInEachRegion(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.answer("GetCallerIdentity", response{body: `<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>`})
	l := w.adapters(t).Liveness
	if s := l.Other(context.Background(), engine.SitePrimary); s.Class != decide.ClassOK {
		t.Errorf("other API: %+v, want ok", s)
	}
	if got := w.calls("GetCallerIdentity"); len(got) != 1 || got[0].region != "us-east-1" {
		t.Errorf("asked %+v, want once in us-east-1", got)
	}
	if s := l.Witness(context.Background()); s.Class != decide.ClassOK {
		t.Errorf("witness: %+v, want ok", s)
	}
}
