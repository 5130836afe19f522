package dns

import (
	"net"
	"net/netip"
	"strings"

	miekg "github.com/miekg/dns"

	"github.com/pgdr/pgdr/twin/sim"
)

// maxChain is how many CNAMEs are followed.
const maxChain = 8

// view is what a query is answered from.
type view struct {
	zones []zone
	vpc   string
	// resolves: the VPC has a resolver; private: it sees private zones.
	resolves, private bool
	// endpoints are the host names of the account's instances.
	endpoints map[string]bool
}

// look reads what a VPC's resolver goes by. The zones are filled in later.
func look(tx *sim.Tx, vpc string) view {
	v := view{vpc: vpc, endpoints: map[string]bool{}}
	// https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
	if network := tx.Find("aws_vpc", "", func(a sim.Attrs) bool { return a.Str("id") == vpc }); network != nil {
		v.resolves = network.Attrs.Bool("enable_dns_support")
		v.private = v.resolves && network.Attrs.Bool("enable_dns_hostnames")
	}
	for _, db := range tx.List("aws_db_instance", "") {
		v.endpoints[plain(db.Attrs.Str("address"))] = true
	}
	return v
}

// reply is an answer on its way to a client.
type reply struct {
	*miekg.Msg
	log Answer
}

// fail ends the answer with a code and the reason for it.
func (r *reply) fail(code int, problem string) {
	r.Rcode, r.log.Problem = code, problem
}

// resolve adds what there is of a type at a name to an answer.
func (s *Server) resolve(v view, r *reply, name string, typ uint16, depth int) {
	r.log.Host = name
	if z, ok := zoneFor(v.zones, v.vpc, name); ok && v.private {
		s.fromZone(v, r, z, name, typ, depth)
		return
	}
	switch {
	case v.endpoints[name]:
		s.endpoint(v, r, name, typ)
	case within(name, "amazonaws.com"), !strings.Contains(name, "."):
		// There are none of these but those that the account has.
		r.fail(miekg.RcodeNameError, "there is no "+name)
	case depth > 0:
		r.fail(miekg.RcodeServerFailure, name+" is outside: it is not asked for")
	default:
		r.fail(miekg.RcodeRefused, name+" is outside: it is not asked for")
	}
}

// endpoint answers for a database instance's own name, which leads to its
// private address from everywhere.
func (s *Server) endpoint(v view, r *reply, name string, typ uint16) {
	if typ != miekg.TypeA {
		return // there is nothing else at it
	}
	addr, err := s.options.Address(v.vpc, name)
	if err != nil {
		r.fail(miekg.RcodeServerFailure, err.Error())
		return
	}
	r.log.Addr = addr
	r.Answer = append(r.Answer, &miekg.A{Hdr: header(name, miekg.TypeA, endpointTTL), A: net.IP(addr.AsSlice())})
}

// fromZone answers from a private zone. A name that it does not have is not
// asked for elsewhere.
func (s *Server) fromZone(v view, r *reply, z zone, name string, typ uint16, depth int) {
	if name == z.name && (typ == miekg.TypeSOA || typ == miekg.TypeNS) {
		r.Answer = append(r.Answer, z.own(typ)...)
		return
	}
	wanted, exists := z.find(name, miekg.TypeToString[typ])
	if len(wanted) == 0 {
		r.Ns = append(r.Ns, z.soa())
		if !exists {
			r.fail(miekg.RcodeNameError, "zone "+z.name+" has no "+name)
		}
		return
	}
	rec, problem := s.pick(wanted)
	if problem != "" {
		r.fail(miekg.RcodeServerFailure, problem)
		return
	}
	r.log.Set = rec.set
	r.Answer = append(r.Answer, rec.answers()...)
	if rec.typ == "CNAME" {
		s.follow(v, r, rec, typ, depth)
	} else if addr, err := netip.ParseAddr(rec.values[0]); err == nil {
		r.log.Addr = addr
	}
}

// find returns the records of a name that answer a question about a type, and
// whether there is anything at the name or below it.
func (z zone) find(name, typ string) (wanted []record, exists bool) {
	exists = name == z.name
	var alias []record
	for _, r := range z.records {
		exists = exists || within(r.name, name)
		switch {
		case r.name != name:
		case r.typ == typ:
			wanted = append(wanted, r)
		case r.typ == "CNAME":
			alias = append(alias, r)
		}
	}
	if len(wanted) == 0 {
		wanted = alias
	}
	return wanted, exists
}

// follow goes where a CNAME points.
func (s *Server) follow(v view, r *reply, rec record, typ uint16, depth int) {
	target := plain(rec.values[0])
	r.log.Host = target
	switch {
	case typ == miekg.TypeCNAME:
	case depth >= maxChain:
		r.fail(miekg.RcodeServerFailure, "a chain of more than 8 CNAMEs")
	default:
		s.resolve(v, r, target, typ, depth+1)
	}
}

// pick chooses a record of a name and type, or says why that can't be done.
func (s *Server) pick(records []record) (record, string) {
	if problem := unsupported(records); problem != "" {
		return record{}, problem
	}
	if records[0].policy == "" {
		return records[0], ""
	}
	return choose(records, s.options.Healthy, s.draw), ""
}

// unsupported says what of records of a name and type is not simulated.
func unsupported(records []record) string {
	for _, r := range records {
		switch {
		case r.alias:
			return r.name + ": alias records are not simulated"
		case r.policy != "" && r.policy != weighted:
			return r.name + ": " + r.policy + " is not simulated"
		case len(r.values) == 0 || r.typ != "A" && r.typ != "AAAA" && r.typ != "CNAME":
			return r.name + ": records of type " + r.typ + " are not simulated"
		}
	}
	return ""
}

func header(name string, typ uint16, ttl uint32) miekg.RR_Header {
	return miekg.RR_Header{Name: miekg.Fqdn(name), Rrtype: typ, Class: miekg.ClassINET, Ttl: ttl}
}

// answers are a record's values as the protocol writes them.
func (r record) answers() []miekg.RR {
	var out []miekg.RR
	for _, value := range r.values {
		switch r.typ {
		case "CNAME":
			out = append(out, &miekg.CNAME{Hdr: header(r.name, miekg.TypeCNAME, r.ttl), Target: miekg.Fqdn(value)})
		case "A":
			out = append(out, &miekg.A{Hdr: header(r.name, miekg.TypeA, r.ttl), A: net.ParseIP(value)})
		case "AAAA":
			out = append(out, &miekg.AAAA{Hdr: header(r.name, miekg.TypeAAAA, r.ttl), AAAA: net.ParseIP(value)})
		}
	}
	return out
}

// soa is the start of authority that Route 53 gives each zone; its fields are
// in seconds.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/SOA-NSrecords.html
func (z zone) soa() miekg.RR {
	return &miekg.SOA{
		Hdr: header(z.name, miekg.TypeSOA, 900), Ns: miekg.Fqdn(z.server), Mbox: "awsdns-hostmaster.amazon.com.",
		Serial: 1, Refresh: 7200, Retry: 900, Expire: 1209600, Minttl: 86400,
	}
}

// own are the records that every zone has.
func (z zone) own(typ uint16) []miekg.RR {
	if typ == miekg.TypeSOA {
		return []miekg.RR{z.soa()}
	}
	var out []miekg.RR
	for _, name := range z.servers {
		out = append(out, &miekg.NS{Hdr: header(z.name, miekg.TypeNS, 172800), Ns: miekg.Fqdn(name)})
	}
	return out
}
