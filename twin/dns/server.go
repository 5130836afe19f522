package dns

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	miekg "github.com/miekg/dns"

	"github.com/pgdr/pgdr/twin/sim"
)

// ErrClosed is returned once the server is closed.
var ErrClosed = errors.New("name server is closed")

// Server answers for every VPC of an account.
type Server struct {
	options Options
	ctx     context.Context //nolint:containedctx // the server's own life
	end     context.CancelFunc
	done    sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	resolvers map[string]*resolver
	plane     plane
	random    *rand.Rand
	log       []Answer
	// next is where the next answer is put, once the log is full.
	next int
	// leads are where weighted names led, the oldest first; leading where each
	// leads now.
	leads   []Lead
	leading map[string][]string
}

// resolver is what listens for one VPC.
type resolver struct {
	addr     netip.AddrPort
	udp, tcp *miekg.Server
}

// New starts a name server that answers from the account as it is now. Close
// ends it.
func New(o Options) *Server {
	if o.Propagation <= 0 {
		o.Propagation = Propagation
	}
	if o.Interval <= 0 {
		o.Interval = Interval
	}
	if o.Kept <= 0 {
		o.Kept = Kept
	}
	s := &Server{
		options: o, resolvers: map[string]*resolver{}, plane: plane{delay: o.Propagation}, leading: map[string][]string{},
		random: rand.New(rand.NewPCG(o.Seed, 0)), // #nosec G404 -- repeatable on purpose
	}
	s.ctx, s.end = context.WithCancel(context.Background())
	s.read("")
	s.done.Add(1)
	go s.watch()
	return s
}

// watch looks for changes of the control plane, so that each is in force in its
// time, with or without a query.
func (s *Server) watch() {
	defer s.done.Done()
	tick := time.NewTicker(s.options.Interval)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
			v, at := s.read("")
			s.follows(v.zones, at)
		}
	}
}

// read takes in the control plane's state and returns what a VPC's resolver
// goes by now, and when that is.
func (s *Server) read(vpc string) (view, time.Time) {
	var v view
	var at time.Time
	// The function cannot fail, so neither can View.
	_ = s.options.Cloud.View(func(tx *sim.Tx) error {
		v, at = look(tx, vpc), tx.At
		zones := readZones(tx)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.plane.update(at, zones)
		v.zones = s.plane.inForce(at)
		return nil
	})
	return v, at
}

// Resolver is where the resolver of a VPC listens, on UDP and TCP. It is opened
// at the first call and kept until Close, whether or not there is such a VPC.
func (s *Server) Resolver(vpc string) (netip.AddrPort, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return netip.AddrPort{}, fmt.Errorf("listen for the resolver of VPC %s: %w", vpc, ErrClosed)
	}
	if r, ok := s.resolvers[vpc]; ok {
		return r.addr, nil
	}
	packets, stream, err := s.listen()
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("listen for the resolver of VPC %s: %w", vpc, err)
	}
	addr, err := netip.ParseAddrPort(stream.Addr().String())
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("read the address of the resolver of VPC %s: %w", vpc, err)
	}
	handler := miekg.HandlerFunc(func(w miekg.ResponseWriter, query *miekg.Msg) { s.serve(vpc, w, query) })
	r := &resolver{addr, &miekg.Server{PacketConn: packets, Handler: handler}, &miekg.Server{Listener: stream, Handler: handler}}
	s.run(r.udp)
	s.run(r.tcp)
	s.resolvers[vpc] = r
	return addr, nil
}

// tries is how many ports are drawn until UDP and TCP are both free.
const tries = 20

func (s *Server) listen() (net.PacketConn, net.Listener, error) {
	var lc net.ListenConfig
	for try := 1; ; try++ {
		stream, err := lc.Listen(s.ctx, "tcp4", "127.0.0.1:0")
		if err != nil {
			return nil, nil, err
		}
		packets, err := lc.ListenPacket(s.ctx, "udp4", stream.Addr().String())
		if err == nil {
			return packets, stream, nil
		}
		_ = stream.Close() // another port is tried
		if try == tries || !errors.Is(err, syscall.EADDRINUSE) {
			return nil, nil, err
		}
	}
}

// run serves until Close, and returns when it does.
func (s *Server) run(server *miekg.Server) {
	started := make(chan struct{})
	server.NotifyStartedFunc = func() { close(started) }
	s.done.Go(func() { _ = server.ActivateAndServe() }) // fails when it is closed
	<-started
}

// serve answers one query, or lets it go unanswered where the VPC has no
// resolver.
func (s *Server) serve(vpc string, w miekg.ResponseWriter, query *miekg.Msg) {
	v, at := s.read(vpc)
	r := &reply{Msg: new(miekg.Msg)}
	r.SetReply(query)
	r.RecursionAvailable = true
	r.log = Answer{At: at, VPC: vpc}
	if len(query.Question) != 1 || query.Opcode != miekg.OpcodeQuery || query.Question[0].Qclass != miekg.ClassINET {
		r.Rcode = miekg.RcodeNotImplemented
		_ = w.WriteMsg(r.Msg) // a client that is gone does not matter
		return
	}
	q := query.Question[0]
	r.log.Name, r.log.Type = plain(q.Name), miekg.TypeToString[q.Qtype]
	if !v.resolves {
		r.log.Problem = "VPC " + vpc + " has no resolver (enable_dns_support)"
		s.keep(r.log)
		return
	}
	s.resolve(v, r, r.log.Name, q.Qtype, 0)
	r.log.Code = miekg.RcodeToString[r.Rcode]
	s.keep(r.log)
	size := miekg.MinMsgSize
	if opt := query.IsEdns0(); opt != nil {
		size = max(size, int(opt.UDPSize()))
		r.SetEdns0(4096, false)
	}
	if _, stream := w.RemoteAddr().(*net.TCPAddr); stream {
		size = miekg.MaxMsgSize
	}
	r.Truncate(size)
	_ = w.WriteMsg(r.Msg) // a client that is gone does not matter
}

func (s *Server) draw(n int) int {
	if n == 1 {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.random.IntN(n)
}

// keep remembers an answer.
func (s *Server) keep(a Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.log) < s.options.Kept {
		s.log = append(s.log, a)
		return
	}
	s.log[s.next] = a
	s.next = (s.next + 1) % len(s.log)
}

// Answers returns the latest answers, the oldest first.
func (s *Server) Answers() []Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(append([]Answer{}, s.log[s.next:]...), s.log[:s.next]...)
}

// Close ends all listeners and waits until nothing is left.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.end()
	resolvers := s.resolvers
	s.resolvers = map[string]*resolver{}
	s.mu.Unlock()
	var errs []error
	for _, r := range resolvers {
		errs = append(errs, r.udp.Shutdown(), r.tcp.Shutdown())
	}
	s.done.Wait()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close the name server: %w", err)
	}
	return nil
}
