package api

import (
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/clock"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// The services, by the names that [Scope] and [Record] use.
const (
	CloudWatch     = "cloudwatch"
	DynamoDB       = "dynamodb"
	EC2            = "ec2"
	IAM            = "iam"
	KMS            = "kms"
	RDS            = "rds"
	Route53        = "route53"
	SecretsManager = "secretsmanager"
	SNS            = "sns"
	STS            = "sts"
)

// Principal is who signs with an access key.
type Principal struct {
	// Role is the ARN of a role of the account.
	Role string
	// Session is the name of the role's session; Lambda takes the function's
	// name. Empty means "session".
	Session string
	// Function is the ARN of the Lambda function whose code calls, "" if no
	// function does. It is the condition key lambda:SourceFunctionArn.
	Function string
}

// Staleness bounds how old an answer may be where AWS is eventually
// consistent; the simulator then answers as late as that permits. 0 means that
// every answer is current.
type Staleness struct {
	// DynamoDB's reads that do not ask for consistency.
	DynamoDB time.Duration
	// EC2's descriptions.
	EC2 time.Duration
}

// Options say how the face behaves. The zero value refuses every caller: there is no
// principal.
type Options struct {
	// Clock that faults are scheduled by and waited on; nil is the machine's.
	Clock clock.Clock
	// Principals by access key id.
	Principals map[string]Principal
	// Faults to inject; nil means none.
	Faults *Faults
	// Timing of what RDS does; the zero value is [lifecycle.DefaultTiming].
	Timing lifecycle.Timing
	// Propagation is how long a Route 53 change is PENDING; 0 means 30 s.
	Propagation time.Duration
	Staleness   Staleness
	// TLS says that requests count as sent over TLS though the listener's
	// connection is none, for example behind a proxy or on loopback.
	TLS bool
	// OnPublish is called with each message that SNS accepted, after the call
	// has had its effect; nil means that messages are only recorded.
	OnPublish func(Message)
	// OnCall is called with each call that was performed, after it has had its
	// effect and before it is answered; nil means that calls are only recorded.
	OnCall func(Record)
}

// Server serves one account. It is safe for concurrent use.
type Server struct {
	Cloud    *sim.Cloud
	Options  Options
	services map[string]*Service
	metrics  *metrics.Store

	mu         sync.Mutex
	principals map[string]Principal
	calls      []Record
	messages   []Message
}

var _ http.Handler = (*Server)(nil)

// defaultPropagation of Route 53's changes: "generally within 60 seconds".
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
const defaultPropagation = 30 * time.Second

// Handler serves these services of the account. Time-driven state advances from
// now on.
func Handler(cloud *sim.Cloud, services []*Service, o Options) *Server {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Faults == nil {
		o.Faults = NewFaults(o.Clock)
	}
	if o.Timing == (lifecycle.Timing{}) {
		o.Timing = lifecycle.DefaultTiming()
	}
	if o.Propagation == 0 {
		o.Propagation = defaultPropagation
	}
	cloud.Evolve(lifecycle.Settle)
	s := &Server{
		Cloud: cloud, Options: o, metrics: &metrics.Store{},
		principals: map[string]Principal{},
	}
	maps.Copy(s.principals, o.Principals)
	s.services = map[string]*Service{}
	for _, sv := range services {
		s.services[sv.Signing] = sv
	}
	return s
}

// Admit lets a principal in by an access key from now on, in the place of the
// one that had it.
func (s *Server) Admit(accessKey string, p Principal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.principals[accessKey] = p
}

func (s *Server) principal(accessKey string) (Principal, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, known := s.principals[accessKey]
	return p, known
}

// Faults of the server, to be added to and cleared at any time.
func (s *Server) Faults() *Faults { return s.Options.Faults }

// Metrics that were published.
func (s *Server) Metrics() *metrics.Store { return s.metrics }
