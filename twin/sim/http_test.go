package sim_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/simaws"
)

type server struct {
	*world
	url string
}

func serve(t *testing.T) server {
	t.Helper()
	w := newWorld(t)
	s := httptest.NewServer(simaws.Handler(w.cloud))
	t.Cleanup(s.Close)
	return server{w, s.URL}
}

// ask sends a request and decodes the answer, which must be JSON.
func (s server) ask(method, path string, body, into any) int {
	s.t.Helper()
	raw, ok := body.(string)
	if !ok {
		encoded, err := json.Marshal(body)
		require.NoError(s.t, err)
		raw = string(encoded)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, bytes.NewReader([]byte(raw)))
	require.NoError(s.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	if into != nil {
		require.NoError(s.t, json.Unmarshal(answer, into), "%s", answer)
	}
	return resp.StatusCode
}

func TestHandler_CarriesOutTerraformsOperations(t *testing.T) {
	s := serve(t)
	var made, gone simapi.Response
	create := simapi.Request{Type: "aws_vpc", Region: east, Attrs: attrs{"cidr_block": "10.0.0.0/16"}}
	require.Equal(t, http.StatusOK, s.ask("POST", "/terraform/v1/create", create, &made))
	require.Nil(t, made.Error)
	require.Equal(t, "10.0.0.0/16", made.Attrs["cidr_block"])
	require.Equal(t, http.StatusOK, s.ask("POST", "/terraform/v1/delete", simapi.Request{Type: "aws_vpc", Region: east, ID: made.ID}, &gone))
	require.Nil(t, gone.Error)
	require.Nil(t, gone.Attrs)
	require.Zero(t, s.cloud.Summary().Total)
}

func TestHandler_AnswersARefusalWithStatus200(t *testing.T) {
	s := serve(t)
	var resp simapi.Response
	status := s.ask("POST", "/terraform/v1/create", simapi.Request{Type: "aws_vpc", Region: east, Attrs: attrs{"cidr_block": "10.0.0.0/8"}}, &resp)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, &simapi.Error{
		Service: "EC2", Operation: "CreateVpc", Code: "InvalidVpc.Range", Message: "The CIDR '10.0.0.0/8' is invalid.", Attribute: "cidr_block",
	}, resp.Error)
}

func TestHandler_RefusesABodyThatIsNoRequest(t *testing.T) {
	s := serve(t)
	require.Equal(t, http.StatusBadRequest, s.ask("POST", "/terraform/v1/create", "{", nil))
	require.Equal(t, http.StatusBadRequest, s.ask("POST", "/state/attribute", "{", nil))
	require.Equal(t, http.StatusNotFound, s.ask("POST", "/terraform/v2/create", "{}", nil))
	require.Equal(t, http.StatusMethodNotAllowed, s.ask("GET", "/terraform/v1/create", "", nil))
}

func TestHandler_TellsTheStateAndChangesItBehindTerraformsBack(t *testing.T) {
	s := serve(t)
	vpc := s.create("aws_vpc", east, attrs{"cidr_block": "10.0.0.0/16"})
	var health map[string]string
	require.Equal(t, http.StatusOK, s.ask("GET", "/healthz", "", &health))
	require.Equal(t, account, health["account"])

	change := sim.AttributeChange{Type: "aws_vpc", ID: vpc.id, Attribute: "enable_dns_support", Value: false}
	require.Equal(t, http.StatusOK, s.ask("POST", "/state/attribute", change, nil))
	var resources []sim.Resource
	require.Equal(t, http.StatusOK, s.ask("GET", "/state/resources?type=aws_vpc", "", &resources))
	require.Len(t, resources, 1)
	require.Equal(t, false, resources[0].Attrs["enable_dns_support"])
	require.Equal(t, http.StatusOK, s.ask("GET", "/state/resources?type=aws_subnet", "", &resources))
	require.Empty(t, resources)

	change.ID = "vpc-0"
	require.Equal(t, http.StatusNotFound, s.ask("POST", "/state/attribute", change, nil))
	change.ID, change.Attribute = vpc.id, "colour"
	require.Equal(t, http.StatusBadRequest, s.ask("POST", "/state/attribute", change, nil))

	var summary sim.Summary
	require.Equal(t, http.StatusOK, s.ask("GET", "/state/summary", "", &summary))
	require.Equal(t, map[string]map[string]int{"aws_vpc": {east: 1}}, summary.Resources)
}

func TestHandler_TellsASecretToWhoAsksForItOnly(t *testing.T) {
	s := serve(t)
	secret, _ := s.credentials()
	var answer map[string]string
	require.Equal(t, http.StatusOK, s.ask("GET", "/secrets/value?arn="+url.QueryEscape(secret.arn()), "", &answer))
	require.Equal(t, "first-value", answer["value"])
	require.Equal(t, http.StatusNotFound, s.ask("GET", "/secrets/value?arn=none", "", nil))
	var everything json.RawMessage
	require.Equal(t, http.StatusOK, s.ask("GET", "/state/resources", "", &everything))
	require.NotContains(t, string(everything), "first-value")
}
