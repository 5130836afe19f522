package awsapi

import (
	"context"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/pgdr/pgdr/internal/clock"
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
)

// request is one call as it came over the wire.
type request struct {
	// op is the operation, whatever protocol names it.
	op     string
	region string
	host   string
	header http.Header
	// form is the body of the query protocols, body that of the others.
	form url.Values
	body []byte
	path string
}

// response is what the server sends back.
type response struct {
	status int
	header map[string]string
	body   string
	// hang until the client gives up; drop closes the connection instead of
	// answering.
	hang, drop bool
}

// wire is a server that speaks AWS's protocols as far as they are needed to
// find out what is asked; what is answered is up to the test.
type wire struct {
	*httptest.Server
	mu      sync.Mutex
	got     []request
	answers map[string][]response
	done    chan struct{}
}

func newWire(t *testing.T) *wire {
	t.Helper()
	w := &wire{answers: map[string][]response{}, done: make(chan struct{})}
	w.Server = httptest.NewServer(w)
	t.Cleanup(func() {
		close(w.done)
		w.Close()
	})
	return w
}

// answer gives the next answers of an operation; the last one stays.
func (w *wire) answer(op string, all ...response) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers[op] = all
}

// calls of one operation so far.
func (w *wire) calls(op string) []request {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []request
	for _, r := range w.got {
		if r.op == op {
			all = append(all, r)
		}
	}
	return all
}

func (w *wire) next(r request) response {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.got = append(w.got, r)
	list := w.answers[r.op]
	if len(list) == 0 {
		return response{status: http.StatusTeapot}
	}
	if len(list) > 1 {
		w.answers[r.op] = list[1:]
	}
	return list[0]
}

func (w *wire) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return
	}
	answer := w.next(parse(in, body))
	switch {
	case answer.hang:
		select {
		case <-in.Context().Done():
		case <-w.done:
		}
		return
	case answer.drop:
		panic(http.ErrAbortHandler)
	}
	for k, v := range answer.header {
		out.Header().Set(k, v)
	}
	if strings.HasPrefix(in.Header.Get("X-Amz-Target"), "DynamoDB") {
		out.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(answer.body))), 10))
	}
	if answer.status != 0 {
		out.WriteHeader(answer.status)
	}
	_, _ = io.WriteString(out, answer.body)
}

// parse finds out what a request asks for.
func parse(in *http.Request, body []byte) request {
	r := request{header: in.Header, body: body, path: in.URL.Path, host: in.Host}
	if _, scope, ok := strings.Cut(in.Header.Get("Authorization"), "Credential="); ok {
		if parts := strings.Split(scope, "/"); len(parts) > 3 {
			r.region = parts[2]
		}
	}
	_, target, json := strings.Cut(in.Header.Get("X-Amz-Target"), ".")
	_, operation, rpc := strings.Cut(in.URL.Path, "/operation/")
	switch {
	case json:
		r.op = target
	case rpc:
		r.op = operation
	case strings.HasPrefix(in.URL.Path, "/2013-04-01/"):
		r.op = in.Method + " " + in.URL.Path
	default:
		r.form, _ = url.ParseQuery(string(body))
		r.op = r.form.Get("Action")
	}
	return r
}

// cborOf is a body in the protocol of CloudWatch.
func cborOf(v cbor.Map) string { return string(cbor.Encode(v)) }

var cborHeader = map[string]string{"Smithy-Protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}

func xmlError(code string) string {
	return `<ErrorResponse><Error><Type>Sender</Type><Code>` + code + `</Code><Message>said AWS</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`
}

// testConfig is a whole configuration.
func testConfig() contract.Config {
	return contract.Config{
		Environment: "dev",
		Policy:      decide.Policy{},
		Primary:     contract.Instance{Region: "us-east-1", Identifier: primary.Identifier, ResourceID: primary.ResourceID, Endpoint: primaryEndpoint},
		Replica:     contract.Instance{Region: "eu-west-1", Identifier: replica.Identifier, ResourceID: replica.ResourceID, Endpoint: replicaEndpoint},
		Database:    contract.DatabaseConfig{Port: 5432, Name: "app", BackupRetentionDays: 7, MultiAZ: true, DeletionProtection: true, Audit: "pgaudit"},
		DNS:         contract.DNS{ZoneID: zone, RecordName: recordName, HealthCheckID: "11111111-2222-3333-4444-555555555555"},

		PrimaryNetworkACLID: aclID, GuardCIDRs: guardNets,
		SecretARN: regionalSecret, PrimarySecretARN: strings.Replace(regionalSecret, "eu-west-1", "us-east-1", 1),
		ActiveWriterAlarm: "active-writer-dev", LedgerTable: "failover-ledger-dev",
		NoticeTopicARN:  "arn:aws:sns:eu-west-1:123456789012:failover-notices-dev",
		MetricNamespace: "PGDR", WitnessRegions: []string{"us-west-2", "eu-central-1"},
	}
}

// adapters are real clients that talk to the server.
func (w *wire) adapters(t *testing.T) *Adapters {
	t.Helper()
	return adaptersAt(t, func(Service, string) string { return w.URL })
}

func adaptersAt(t *testing.T, endpoint func(Service, string) string) *Adapters {
	t.Helper()
	a, err := New(context.Background(), testConfig(), Options{Clock: clock.System{}, Endpoint: endpoint,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")})
	if err != nil {
		t.Fatalf("new: %v", err)
	}
	return a
}
