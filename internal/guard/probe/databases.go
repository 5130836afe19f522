package probe

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// Times, on the guard's clock unless a server measures them. Credentials, look
// and goodbye have to be over before the next look is due, 5 s later; from
// eu-west-1 to us-east-1 a round trip takes some 70 ms, and a look ten of them.
const (
	// lookTime bounds one path's look as a whole.
	lookTime = 3500 * time.Millisecond
	// connectTime bounds opening the TCP connection.
	connectTime = 2500 * time.Millisecond
	// resolveTime bounds asking DNS.
	resolveTime = time.Second
	// statementTime is after how long the server gives a statement up: before
	// the look is over, so that there is an answer to classify.
	statementTime = 2 * time.Second
	lockTime      = time.Second
	// credentialsTime bounds asking for the administrator's credentials.
	credentialsTime = time.Second
	// prepareTime bounds one Prepare, of two sessions and some twenty
	// statements. It is shorter than retryPrepare, so there is never a second.
	prepareTime = 20 * time.Second
	// closeTime bounds saying goodbye.
	closeTime = 250 * time.Millisecond
	// retryAdmin is how often credentials are asked for that could not be had,
	// so that a secret that hangs does not take its time off every look.
	retryAdmin = 10 * time.Second
	// retryCredentials and retryPrepare are how often either is tried again
	// while sign-ins are refused.
	retryCredentials = 30 * time.Second
	retryPrepare     = time.Minute
)

// Databases are the two instances, seen over SQL. It is safe for concurrent
// use.
type Databases struct {
	cfg   Config
	base  *pgx.ConnConfig
	names *names

	mu sync.Mutex
	// admin are the administrator's credentials, once they are known.
	admin *Credentials
	// askedAt is when they were last asked for and failed why that failed;
	// refused tells whether a sign-in was refused since.
	askedAt    time.Time
	failed     error
	refused    bool
	preparedAt time.Time
	// extensionsAt is when the writer's extensions were last looked at,
	// extensionFaults why each could not be created.
	extensionsAt    time.Time
	extensionFaults map[string]string
}

// New checks the configuration; its error lists every fault by field.
func New(cfg Config) (*Databases, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("configure the SQL paths: %w", err)
	}
	base, err := baseConfig(cfg.Database)
	if err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	return &Databases{
		cfg:   cfg,
		base:  base,
		names: &names{clock: cfg.Clock, resolve: cfg.Resolve, last: map[string][]string{}},

		extensionFaults: map[string]string{},
	}, nil
}

// Sample looks at both databases at once, each path within lookTime, and fills
// in SQL, WAL, Acked and Standby. A database that turns out not to be prepared
// is prepared, at most once a minute and only where a heartbeat was asked for;
// see [Within] for how long that may take.
func (d *Databases) Sample(ctx context.Context, t engine.Target) engine.Samples {
	admin, err := d.credentials(ctx)
	var out engine.Samples
	var paths sync.WaitGroup
	paths.Go(func() { out.SQL, out.Acked = d.sampleWriter(ctx, t, admin, err) })
	if t.Replica != (engine.Member{}) {
		paths.Go(func() { out.WAL, out.Standby = d.sampleReplica(ctx, t, admin, err) })
	}
	paths.Wait()
	return out
}

// credentials returns the administrator's credentials, from memory if it can.
func (d *Databases) credentials(ctx context.Context) (Credentials, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.cfg.Clock.Now()
	pause := retryAdmin
	if d.admin != nil {
		pause = retryCredentials
	}
	settled := d.admin != nil && !d.refused
	if recent := !d.askedAt.IsZero() && now.Sub(d.askedAt) < pause; !settled && !recent {
		d.askedAt = now
		d.askAdmin(ctx)
	}
	if d.admin == nil {
		return Credentials{}, d.failed
	}
	return *d.admin, nil // when newer ones can't be had, these may be right after all
}

// askAdmin asks for the administrator's credentials and notes the answer.
func (d *Databases) askAdmin(ctx context.Context) {
	ctx, cancel := d.cfg.Clock.WithDeadline(ctx, d.cfg.Clock.Now().Add(credentialsTime))
	defer cancel()
	admin, err := d.cfg.Admin(ctx)
	if err == nil && (admin.User == "" || admin.Password == "") {
		err = errors.New("found an empty user or password")
	}
	if err != nil {
		d.failed = fmt.Errorf("get the administrator's credentials: %w", err)
		return
	}
	d.admin, d.failed, d.refused = &admin, nil, false
}

// noteRefusal makes the next look ask for the credentials again.
func (d *Databases) noteRefusal(err error) {
	if authFailed(err) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.refused = true
	}
}

func (d *Databases) endpoint(m engine.Member) (Endpoint, error) {
	e, known := d.cfg.Endpoints[m.Site]
	if !known {
		return Endpoint{}, fmt.Errorf("site: found %q, want %q or %q", m.Site, engine.SitePrimary, engine.SiteReplica)
	}
	return e, nil
}

// session runs do in one new session, and closes it. heard is when the last
// byte came from the server, whatever became of the session.
func (d *Databases) session(ctx context.Context, e Endpoint, as Credentials, do func(context.Context, *pgx.Conn) error) (heard time.Time, notice string, err error) {
	l := &line{to: e, roots: d.cfg.Roots, clock: d.cfg.Clock, names: d.names, open: d.cfg.Dial}
	cfg := d.base.Copy()
	cfg.Host, cfg.Port = e.Host, e.Port
	cfg.User, cfg.Password = as.User, as.Password
	// A server that asks for the password itself does not get it. The
	// guard's role is known to have a SCRAM verifier.
	cfg.RequireAuth = "scram-sha-256"
	if as.User != Role {
		cfg.RequireAuth += ",md5"
	}
	cfg.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	cfg.DialFunc = l.dial

	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err == nil {
		err = do(ctx, conn)
	}
	goodbye, cancel := d.cfg.Clock.WithDeadline(context.WithoutCancel(ctx), d.cfg.Clock.Now().Add(closeTime))
	defer cancel()
	l.close(goodbye, conn)
	d.noteRefusal(err)
	return l.heardAt(), l.notice(), err
}

// sampled makes a sample of a look's outcome.
func (d *Databases) sampled(from time.Time, class decide.Class, detail string) decide.Sample {
	return decide.Sample{From: from, At: d.cfg.Clock.Now(), Class: class, Detail: detail}
}

var (
	_ engine.Observer = (*Databases)(nil)
	_ engine.Prover   = (*Databases)(nil)
)
