package network

import (
	"errors"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/vpc"
)

// errNobody says that no instance has the host name.
var errNobody = errors.New("no instance has this host name")

// opening is the answer to a connection that wants to be opened.
type opening struct {
	path    Path
	verdict vpc.Verdict
	// err is set where no server is there to answer.
	err error
}

// judge asks about all connections at once, those that are to be opened and
// those that are open, and tells them.
func (n *Network) judge(flows []*flow) {
	if len(flows) == 0 {
		return
	}
	openings, fates := map[spot]opening{}, map[string]vpc.Flow{}
	// The function cannot fail, so neither can View.
	_ = n.options.Cloud.View(func(tx *sim.Tx) error {
		networks := vpc.Read(tx)
		for _, f := range flows {
			if path, open := f.route(); open {
				key := path.key()
				if _, asked := fates[key]; !asked {
					fates[key] = networks.Flow(path.From, path.To, path.Port)
				}
			} else if _, asked := openings[f.listener.spot]; !asked {
				openings[f.listener.spot] = ask(tx, networks, f.listener)
			}
		}
		return nil
	})
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, f := range flows {
		if path, open := f.route(); open {
			if fate, asked := fates[path.key()]; asked {
				f.steer(fate, n.isCut(path))
			}
			continue
		}
		o, asked := openings[f.listener.spot]
		if !asked {
			continue // opened meanwhile
		}
		if o.verdict.Allowed && n.isCut(o.path) {
			o.verdict = vpc.Verdict{Because: "the path is cut"}
		}
		if count := n.counts[f.listener.spot]; o.err == nil && !o.verdict.Allowed {
			count.Because = o.verdict.Because
		}
		f.answer(o)
	}
}

// ask asks whether a connection to a listener may be opened now.
func ask(tx *sim.Tx, networks *vpc.Networks, l *listener) opening {
	o := opening{path: Path{Vantage: l.spot.vantage, Host: l.host}}
	db := tx.FindBy("aws_db_instance", "", "address", l.host)
	if db == nil {
		o.err = errNobody
		return o
	}
	o.path.Region, o.path.Identifier, o.path.Port = db.Region, db.Attrs.Str("identifier"), db.Attrs.Int("port")
	var err error
	if o.path.To, err = networks.OfInstance(db); err != nil {
		o.err = err
		return o
	}
	if o.path.From, err = l.vantage.Place(tx); err != nil {
		o.verdict = vpc.Verdict{Because: err.Error()}
		return o
	}
	o.verdict = networks.Connect(o.path.From, o.path.To, o.path.Port)
	return o
}
