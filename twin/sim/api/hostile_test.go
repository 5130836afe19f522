package api_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/simaws"
)

// ask sends a signed request straight to a handler.
func ask(h http.Handler, service, method, path, body string, header map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), method, "/", strings.NewReader(body))
	r.URL.Path = path
	r.Header = signed(strings.Replace(wellFormed, "/sts/", "/"+service+"/", 1))
	for k, v := range header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHandler_NamesWhatIsWrongWithARequest(t *testing.T) {
	w := newWorld(t)
	const cborPath = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
	cborHeader := map[string]string{"Smithy-Protocol": "rpc-v2-cbor"}
	for name, c := range map[string]struct {
		service, method, path, body string
		header                      map[string]string
		answer                      string
	}{
		"query string":   {"rds", "POST", "/", "%zz", nil, "MalformedQueryString"},
		"no action":      {"rds", "POST", "/", "Version=2014-10-31", nil, "SimulatorUnsupported"},
		"no identifier":  {"rds", "POST", "/", "Version=2014-10-31&Action=StopDBInstance", nil, "MissingParameter"},
		"not a number":   {"rds", "POST", "/", "Version=2014-10-31&Action=PromoteReadReplica&DBInstanceIdentifier=x&BackupRetentionPeriod=y", nil, "InvalidParameterValue"},
		"not a truth":    {"rds", "POST", "/", "Version=2014-10-31&Action=ModifyDBInstance&DBInstanceIdentifier=x&MultiAZ=y", nil, "InvalidParameterValue"},
		"not a time":     {"rds", "POST", "/", "Version=2014-10-31&Action=DescribeEvents&StartTime=y", nil, "InvalidParameterValue"},
		"no rule":        {"ec2", "POST", "/", "Version=2016-11-15&Action=DeleteNetworkAclEntry&NetworkAclId=acl-1", nil, "MissingParameter"},
		"no XML":         {"route53", "POST", "/2013-04-01/hostedzone/Z1/rrset", "<a", nil, "MalformedInput"},
		"no route":       {"route53", "DELETE", "/2013-04-01/hostedzone/Z1", "", nil, "SimulatorUnsupported"},
		"bad page":       {"route53", "GET", "/2013-04-01/hostedzone/Z1/rrset", "", nil, "AccessDenied"},
		"no operation":   {"dynamodb", "POST", "/", "{}", map[string]string{"X-Amz-Target": "DynamoDB_20120810.UpdateItem"}, "SimulatorUnsupported"},
		"no JSON":        {"dynamodb", "POST", "/", "{", map[string]string{"X-Amz-Target": "DynamoDB_20120810.GetItem"}, "SimulatorUnsupported"},
		"wrong target":   {"dynamodb", "POST", "/", "{}", map[string]string{"X-Amz-Target": "TrentService.DescribeKey"}, "UnknownOperationException"},
		"no CBOR":        {"monitoring", "POST", cborPath, "\xff\xff", cborHeader, "SerializationException"},
		"no CBOR map":    {"monitoring", "POST", cborPath, "\x01", cborHeader, "SerializationException"},
		"no CBOR at all": {"monitoring", "POST", cborPath, "", cborHeader, "AccessDenied"},
		"other protocol": {"monitoring", "POST", "/", "", nil, "UnknownOperationException"},
		"other path":     {"monitoring", "POST", "/service/X/operation/Y", "", cborHeader, "UnknownOperationException"},
		"not packed":     {"rds", "POST", "/", "x", map[string]string{"Content-Encoding": "gzip"}, "SerializationException"},
		"JSON stranger":  {"s3", "POST", "/", "{}", map[string]string{"X-Amz-Target": "a.b"}, "SignatureDoesNotMatch"},
		"CBOR stranger":  {"s3", "POST", "/", "", cborHeader, "SignatureDoesNotMatch"},
		"too much":       {"rds", "POST", "/", strings.Repeat("x", 5<<20), nil, "RequestEntityTooLargeException"},
	} {
		t.Run(name, func(t *testing.T) {
			resp := ask(w.server, c.service, c.method, c.path, c.body, c.header)
			require.GreaterOrEqual(t, resp.Code, 400)
			require.Contains(t, resp.Body.String(), c.answer)
			require.NotEmpty(t, resp.Header().Get("X-Amzn-Requestid"))
		})
	}
}

func TestHandler_WaitsOnTheMachinesClockUnlessToldOtherwise(t *testing.T) {
	cloud, err := simaws.New(sim.Options{})
	require.NoError(t, err)
	s := simaws.API(cloud, api.Options{Principals: map[string]api.Principal{accessKey: {Role: "arn:aws:iam::123456789012:role/x"}}})
	s.Faults().Add(api.Scope{}, api.Slow(time.Millisecond))
	require.Equal(t, http.StatusForbidden, ask(s, "sts", "POST", "/", whoAmI, nil).Code)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s.Faults().Clear()
	s.Faults().Add(api.Scope{}, api.Slow(time.Hour))
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(whoAmI))
	r.Header = signed(wellFormed)
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { s.ServeHTTP(httptest.NewRecorder(), r) }, "a client that is gone is not answered")
	require.PanicsWithValue(t, http.ErrAbortHandler, func() {
		f := api.NewFaults(nil)
		f.Add(api.Scope{}, api.Refused())
		ask(simaws.API(cloud, api.Options{Faults: f, Principals: map[string]api.Principal{accessKey: {}}}), "sts", "POST", "/", whoAmI, nil)
	}, "a connection that cannot be reset is broken off")
}

func FuzzHandler(f *testing.F) {
	cloud, err := simaws.New(sim.Options{Seed: 5})
	if err != nil {
		f.Fatal(err)
	}
	err = cloud.Update(func(tx *sim.Tx) error {
		tx.Put(&sim.Resource{Type: "aws_iam_role", Region: sim.Global, ID: "r", Attrs: sim.Attrs{
			"arn":           "arn:aws:iam::123456789012:role/r",
			"inline_policy": []any{map[string]any{"name": "all", "policy": `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`}},
		}})
		tx.Put(&sim.Resource{Type: "aws_dynamodb_table", Region: "us-east-1", ID: "t", Attrs: sim.Attrs{
			"hash_key": "pk", "attribute": []any{map[string]any{"name": "pk", "type": "S"}},
		}})
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
	s := simaws.API(cloud, api.Options{Principals: map[string]api.Principal{accessKey: {Role: "arn:aws:iam::123456789012:role/r"}}})
	f.Add("dynamodb", "/", "DynamoDB_20120810.PutItem", []byte(`{"TableName":"t","Item":{"pk":{"S":"x"}},"ConditionExpression":"attribute_not_exists(pk)"}`))
	f.Add("dynamodb", "/", "DynamoDB_20120810.Query", []byte(`{"TableName":"t","KeyConditionExpression":"pk = :x","ExpressionAttributeValues":{":x":{"S":"x"}}}`))
	f.Add("monitoring", "/service/GraniteServiceVersion20100801/operation/PutMetricData", "", []byte("\xa1\x69Namespace\x61N"))
	f.Add("route53", "/2013-04-01/hostedzone/Z1/rrset", "", []byte(`<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change><Action>UPSERT</Action></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`))
	f.Add("rds", "/", "", []byte("Version=2014-10-31&Action=DescribeDBInstances&MaxRecords=20"))
	f.Fuzz(func(t *testing.T, service, path, target string, body []byte) {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/", bytes.NewReader(body))
		r.URL.Path = path
		r.Header = signed(strings.Replace(wellFormed, "/sts/", "/"+service+"/", 1))
		if target != "" {
			r.Header.Set("X-Amz-Target", target)
		}
		if strings.HasPrefix(path, "/service/") {
			r.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if _, err := io.ReadAll(w.Body); err != nil || w.Code < 200 {
			t.Fatalf("status %d: %v", w.Code, err)
		}
	})
}
