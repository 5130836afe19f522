package world

import (
	"archive/zip"
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/sim/simstacks"
)

// signed is a request as the SDK signs it.
func signed(t *testing.T, region, service string) *http.Request {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	t.Cleanup(cancel)
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", nil)
	r.Header.Set("X-Amz-Date", "20261123T000000Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIATEST/20261123/"+region+"/"+service+
		"/aws4_request, SignedHeaders=host;x-amz-date, Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
	return r
}

// calls tells whether a call of the guard's gets through.
func calls(t *testing.T, cloud *sim.Cloud, arn, region, service string) bool {
	t.Helper()
	reached := false
	e := &egress{cloud: cloud, arn: arn, seen: map[string]verdict{}, aws: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true })}
	func() {
		defer func() { _ = recover() }() // a call that is dropped ends with its request
		e.ServeHTTP(httptest.NewRecorder(), signed(t, region, service))
	}()
	return reached
}

func TestEgress_LeadsOnlyWhereTheAppliedNetworkDoes(t *testing.T) {
	documents, err := simstacks.Load("../../stacks/testdata/golden")
	require.NoError(t, err)
	cloud, err := simaws.New(sim.Options{Seed: 1})
	require.NoError(t, err)
	stacks, err := documents.Apply(t.Context(), cloud, emptyArchive(t))
	require.NoError(t, err)
	arn := stacks.FunctionARN()

	require.True(t, calls(t, cloud, arn, "eu-west-1", "dynamodb"))
	require.True(t, calls(t, cloud, arn, "us-east-1", "rds"))
	require.False(t, calls(t, cloud, arn+"-gone", "us-east-1", "rds"))

	// Without the NAT gateways' routes only the endpoint's service is left.
	require.NoError(t, cloud.Update(func(tx *sim.Tx) error {
		for _, r := range tx.List("aws_route", "eu-west-1") {
			if r.Attrs.Has("nat_gateway_id") {
				tx.Remove(r)
			}
		}
		return nil
	}))
	require.False(t, calls(t, cloud, arn, "us-east-1", "rds"), "no way out")
	require.True(t, calls(t, cloud, arn, "eu-west-1", "dynamodb"), "over the gateway endpoint")
	require.False(t, calls(t, cloud, arn, "us-east-1", "dynamodb"), "an endpoint serves its own region")
}

// emptyArchive is a ZIP file that is never run.
func emptyArchive(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "failover.zip")
	var content bytes.Buffer
	z := zip.NewWriter(&content)
	_, err := z.Create("bootstrap")
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.NoError(t, os.WriteFile(file, content.Bytes(), 0o600))
	return file
}
