package policy

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	account = "123456789012"
	role    = "arn:aws:iam::123456789012:role/guard"
	replica = "arn:aws:rds:eu-west-1:123456789012:db:replica"
)

func parse(t *testing.T, statement string) Document {
	t.Helper()
	d, err := Parse("p", `{"Version":"2012-10-17","Statement":[`+statement+`]}`)
	require.NoError(t, err)
	return d
}

func request(action, resource string, ctx Context) Request {
	return Request{Principal: role, Account: account, Action: action, Resource: resource, Context: ctx}
}

func TestIdentity_MatchesActionsAndResources(t *testing.T) {
	cases := []struct {
		name, statement, action, resource string
		want                              Effect
	}{
		{"exact", `{"Effect":"Allow","Action":"rds:StopDBInstance","Resource":"` + replica + `"}`, "rds:StopDBInstance", replica, Allow},
		{"case of the action", `{"Effect":"Allow","Action":"RDS:stopdbinstance","Resource":"*"}`, "rds:StopDBInstance", replica, Allow},
		{"case of the resource", `{"Effect":"Allow","Action":"rds:*","Resource":"arn:aws:rds:eu-west-1:123456789012:db:REPLICA"}`, "rds:StopDBInstance", replica, ImplicitDeny},
		{"another action", `{"Effect":"Allow","Action":"rds:Describe*","Resource":"*"}`, "rds:StopDBInstance", replica, ImplicitDeny},
		{"another resource", `{"Effect":"Allow","Action":"rds:*","Resource":"arn:aws:rds:us-east-1:*:db:*"}`, "rds:StopDBInstance", replica, ImplicitDeny},
		{"one character", `{"Effect":"Allow","Action":"rds:?topDBInstance","Resource":"*"}`, "rds:StopDBInstance", replica, Allow},
		{"no resource stands for all only in a star", `{"Effect":"Allow","Action":"rds:DescribeEvents","Resource":"` + replica + `"}`, "rds:DescribeEvents", "*", ImplicitDeny},
		{"all but", `{"Effect":"Allow","NotAction":"rds:Stop*","Resource":"*"}`, "rds:StopDBInstance", replica, ImplicitDeny},
		{"all but another", `{"Effect":"Allow","NotAction":"rds:Start*","Resource":"*"}`, "rds:StopDBInstance", replica, Allow},
		{"not this resource", `{"Effect":"Allow","Action":"rds:*","NotResource":"` + replica + `"}`, "rds:StopDBInstance", replica, ImplicitDeny},
		{"a denial wins", `{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"rds:Stop*","Resource":"*"}`, "rds:StopDBInstance", replica, ExplicitDeny},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, Identity([]Document{parse(t, c.statement)}, request(c.action, c.resource, nil)).Effect)
		})
	}
}

func TestIdentity_EvaluatesConditions(t *testing.T) {
	cases := []struct {
		name, condition string
		ctx             Context
		want            bool
	}{
		{"equal", `{"StringEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1"]}}`, Context{"aws:requestedregion": {"us-east-1"}}, true},
		{"not equal", `{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}`, Context{"aws:requestedregion": {"us-east-1"}}, false},
		{"absent", `{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}`, nil, false},
		{"absent if exists", `{"StringEqualsIfExists":{"aws:RequestedRegion":"eu-west-1"}}`, nil, true},
		{"absent negation", `{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}}`, nil, true},
		{"negation", `{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}}`, Context{"aws:requestedregion": {"eu-west-1"}}, false},
		{"no values are as none", `{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}}`, Context{"aws:requestedregion": {}}, true},
		{"like", `{"StringLike":{"kms:ViaService":"sns.*.amazonaws.com"}}`, Context{"kms:viaservice": {"sns.eu-west-1.amazonaws.com"}}, true},
		{"equal is not like", `{"StringEquals":{"kms:ViaService":"sns.*.amazonaws.com"}}`, Context{"kms:viaservice": {"sns.eu-west-1.amazonaws.com"}}, false},
		{"case matters", `{"StringEquals":{"cloudwatch:namespace":"PGDR"}}`, Context{"cloudwatch:namespace": {"pgdr"}}, false},
		{"bool", `{"Bool":{"aws:SecureTransport":"false"}}`, Context{"aws:securetransport": {"False"}}, true},
		{"ARN by parts", `{"ArnLike":{"aws:SourceArn":"arn:aws:lambda:*:*:function:f*"}}`, Context{"aws:sourcearn": {"arn:aws:lambda:eu-west-1:1:function:fail"}}, true},
		{"ARN of too few parts", `{"ArnEquals":{"lambda:SourceFunctionArn":"arn:*"}}`, Context{"lambda:sourcefunctionarn": {"arn:aws:lambda:eu-west-1:1:function:fail"}}, false},
		{"all values", `{"ForAllValues:StringEquals":{"route53:ChangeResourceRecordSetsActions":["UPSERT"]}}`, Context{"route53:changeresourcerecordsetsactions": {"UPSERT", "UPSERT"}}, true},
		{"all values but one", `{"ForAllValues:StringEquals":{"route53:ChangeResourceRecordSetsActions":["UPSERT"]}}`, Context{"route53:changeresourcerecordsetsactions": {"UPSERT", "DELETE"}}, false},
		{"all values of none", `{"ForAllValues:StringEquals":{"route53:ChangeResourceRecordSetsActions":["UPSERT"]}}`, nil, true},
		{"any value", `{"ForAnyValue:StringEquals":{"route53:ChangeResourceRecordSetsActions":["UPSERT"]}}`, Context{"route53:changeresourcerecordsetsactions": {"UPSERT", "DELETE"}}, true},
		{"any value of none", `{"ForAnyValue:StringEquals":{"route53:ChangeResourceRecordSetsActions":["UPSERT"]}}`, nil, false},
		{"all conditions", `{"StringEquals":{"aws:RequestedRegion":"eu-west-1","cloudwatch:namespace":"PGDR"}}`, Context{"aws:requestedregion": {"eu-west-1"}}, false},
		{"encryption context", `{"StringEquals":{"kms:EncryptionContext:aws:sns:topicArn":"t"}}`, Context{"kms:encryptioncontext:aws:sns:topicarn": {"t"}}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := parse(t, `{"Effect":"Allow","Action":"*","Resource":"*","Condition":`+c.condition+`}`)
			require.Equal(t, c.want, Identity([]Document{d}, request("kms:Decrypt", "*", c.ctx)).Effect == Allow)
		})
	}
}

func TestParse_NamesWhatIsNotSimulated(t *testing.T) {
	for name, c := range map[string]struct{ statement, names string }{
		"operator":       {`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateGreaterThan":{"aws:RequestedRegion":"x"}}}`, `"DateGreaterThan"`},
		"set operator":   {`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForSome:StringEquals":{"aws:RequestedRegion":"x"}}}`, `"ForSome:StringEquals"`},
		"key":            {`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:MultiFactorAuthPresent":"true"}}}`, `"aws:MultiFactorAuthPresent"`},
		"bare prefix":    {`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"kms:EncryptionContext:":"true"}}}`, `"kms:EncryptionContext:"`},
		"variable":       {`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}"}`, "variables"},
		"not principal":  {`{"Effect":"Deny","NotPrincipal":{"AWS":"x"},"Action":"*"}`, "NotPrincipal"},
		"principal kind": {`{"Effect":"Allow","Principal":{"Federated":"x"},"Action":"*"}`, `"Federated"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("act", `{"Statement":[`+c.statement+`]}`)
			require.ErrorIs(t, err, ErrUnknown)
			require.ErrorContains(t, err, c.names)
			require.ErrorContains(t, err, `"act"`)
		})
	}
}

func TestParse_RefusesWhatIsNoPolicy(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":       `{`,
		"no statement":  `{}`,
		"effect":        `{"Statement":[{"Effect":"Maybe","Action":"*","Resource":"*"}]}`,
		"no action":     `{"Statement":[{"Effect":"Allow","Resource":"*"}]}`,
		"both actions":  `{"Statement":[{"Effect":"Allow","Action":"a:b","NotAction":"a:c","Resource":"*"}]}`,
		"two resources": `{"Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*","NotResource":"*"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("p", text)
			require.ErrorIs(t, err, ErrMalformed)
		})
	}
}

func TestResource_DelegatesToTheAccountButDoesNotLetItIn(t *testing.T) {
	root := parse(t, `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"}`)
	v := Resource(root, request("kms:Decrypt", "arn:aws:kms:eu-west-1:123456789012:key/k", nil))
	require.Equal(t, Verdict{Effect: ImplicitDeny, Delegated: true}, v)

	named := parse(t, `{"Sid":"Me","Effect":"Allow","Principal":{"AWS":"`+role+`"},"Action":"kms:Decrypt"}`)
	require.Equal(t, Verdict{Effect: Allow, Policy: "p", Sid: "Me"}, Resource(named, request("kms:Decrypt", "k", nil)))
	require.Equal(t, ImplicitDeny, Resource(named, request("kms:Encrypt", "k", nil)).Effect)

	service := parse(t, `{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"kms:*","Resource":"*"}`)
	require.Equal(t, Verdict{}, Resource(service, request("kms:Decrypt", "k", nil)))

	shut := parse(t, `{"Effect":"Deny","Principal":{"AWS":"123456789012"},"Action":"kms:*","Resource":"*"}`)
	require.Equal(t, ExplicitDeny, Resource(shut, request("kms:Decrypt", "k", nil)).Effect, "a denial of the account is one of everybody in it")

	denied := parse(t, `{"Sid":"No","Effect":"Deny","Principal":"*","Action":"sns:Publish","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`)
	require.Equal(t, ExplicitDeny, Resource(denied, request("sns:Publish", "t", Context{"aws:securetransport": {"false"}})).Effect)
	require.Equal(t, ImplicitDeny, Resource(denied, request("sns:Publish", "t", Context{"aws:securetransport": {"true"}})).Effect)
}

func TestMissing_NamesKeysThatStatementsAskFor(t *testing.T) {
	d := parse(t, `{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"x","aws:RequestedRegion":"y"}}},
		{"Effect":"Allow","Action":"kms:Encrypt","Resource":"*","Condition":{"StringEquals":{"kms:CallerAccount":"x"}}}`)
	require.Equal(t, []string{"kms:viaservice"}, Missing([]Document{d}, request("kms:Decrypt", "k", Context{"aws:requestedregion": {"y"}})))
}

func TestMatches_AsAnyPatternWould(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"*", "", true}, {"**", "ab", true}, {"a*b*c", "axxbyyc", true}, {"a*b*c", "axxbyy", false},
		{"?", "", false}, {"a?c", "abc", true}, {"*ab", "aab", true}, {"*a", "ab", false}, {"ab", "a", false}, {"a", "ab", false},
	} {
		require.Equal(t, c.want, Matches(c.pattern, c.text), "%q %q", c.pattern, c.text)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	f.Add(`{"Statement":[{"Effect":"Deny","Principal":"*","Action":["a:b"],"Condition":{"Bool":{"aws:SecureTransport":true}}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse("f", text)
		if err != nil {
			return
		}
		if !json.Valid([]byte(text)) {
			t.Fatalf("accepted %q", text)
		}
		Identity([]Document{d}, request("a:b", "*", nil))
	})
}
