package sim

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"sync"

	"github.com/pgdr/pgdr/internal/clock"
)

// DefaultAccount is the account id that the simulator has unless told another.
const DefaultAccount = "123456789012"

// Options say which account is simulated.
type Options struct {
	// Account is a 12-digit account id; empty means [DefaultAccount].
	Account string
	// Clock that the account lives by; nil means the machine's.
	Clock Clock
	// Seed makes ids repeatable; 0 means a random seed. A snapshot keeps its
	// own seed.
	Seed uint64
}

// Cloud is one simulated AWS account. It is safe for concurrent use; each
// operation is atomic.
type Cloud struct {
	mu    sync.Mutex
	st    *state
	types Types
	clock Clock
	dir   string
	// evolve brings the account up to date before each access; see Evolve.
	evolve func(*Tx)
}

// AccountPattern matches an account id: 12 digits.
var AccountPattern = regexp.MustCompile(`^[0-9]{12}$`)

// ErrAccountID is returned for an account id that is not 12 digits.
var ErrAccountID = errors.New("account id must be 12 digits")

// ErrOtherAccount is returned when a snapshot belongs to another account.
var ErrOtherAccount = errors.New("snapshot belongs to another account")

// New returns an empty account that lives in memory only and knows these types.
func New(types Types, opts Options) (*Cloud, error) {
	if opts.Account == "" {
		opts.Account = DefaultAccount
	}
	if !AccountPattern.MatchString(opts.Account) {
		return nil, fmt.Errorf("account %q: %w", opts.Account, ErrAccountID)
	}
	if opts.Clock == nil {
		opts.Clock = clock.System{}
	}
	if opts.Seed == 0 {
		var b [8]byte
		if _, err := rand.Read(b[:]); err != nil {
			return nil, fmt.Errorf("make a seed: %w", err)
		}
		opts.Seed = binary.BigEndian.Uint64(b[:])
	}
	return &Cloud{
		clock: opts.Clock,
		types: types,
		st:    &state{Version: snapshotVersion, Account: opts.Account, Seed: opts.Seed, Resources: map[string]*Resource{}},
	}, nil
}

// Open returns the account kept in dir, which is made if it is not there. Every
// change is written to dir before it is answered, so that a process that opens
// the directory later finds the same account.
func Open(dir string, types Types, opts Options) (*Cloud, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make simulator directory: %w", err)
	}
	c, err := New(types, opts)
	if err != nil {
		return nil, err
	}
	c.dir = dir
	st, err := load(dir)
	if err != nil {
		return nil, err
	}
	if st == nil {
		if err := save(dir, c.st); err != nil {
			return nil, err
		}
		return c, nil
	}
	if opts.Account != "" && opts.Account != st.Account {
		return nil, fmt.Errorf("open %s for account %s, it holds account %s: %w", dir, opts.Account, st.Account, ErrOtherAccount)
	}
	c.st = st
	return c, nil
}

// Recall returns the account kept in dir, as it was left there. What happens to
// it from now on happens in memory only, until [Cloud.Keep].
func Recall(dir string, types Types, opts Options) (*Cloud, error) {
	c, err := Open(dir, types, opts)
	if err != nil {
		return nil, err
	}
	c.dir = ""
	return c, nil
}

// Keep writes the account as it is to dir, for [Open] and [Recall].
func (c *Cloud) Keep(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("make simulator directory: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return save(dir, c.st)
}

// View calls fn with the account at rest. What fn changes is taken back.
func (c *Cloud) View(fn func(*Tx) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	tx := newTx(c.st, c.types, c.clock.Now())
	defer tx.rollback()
	c.refresh(tx)
	return fn(tx)
}

// Update calls fn and keeps what it changed, on disk too; if fn fails or the
// snapshot cannot be written nothing is changed.
func (c *Cloud) Update(fn func(*Tx) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	tx := newTx(c.st, c.types, c.clock.Now())
	c.refresh(tx)
	err := fn(tx)
	if err == nil && c.dir != "" && tx.touched() {
		err = save(c.dir, c.st)
	}
	if err != nil {
		tx.rollback()
	}
	return err
}

// Account returns the account id.
func (c *Cloud) Account() string { return c.st.Account }

// Resources returns copies of the resources of a type, or of all for "", with
// what AWS would show of them now.
func (c *Cloud) Resources(typ string) []Resource {
	var out []Resource
	// The function cannot fail, so neither can View.
	_ = c.View(func(tx *Tx) error {
		for _, r := range tx.List(typ, "") {
			shown := r.clone()
			shown.Attrs = tx.Show(r)
			out = append(out, *shown)
		}
		return nil
	})
	return out
}

// Retained returns copies of what is left of deleted things.
func (c *Cloud) Retained() []Retained {
	var out []Retained
	_ = c.View(func(tx *Tx) error {
		for _, r := range tx.st.Retained {
			out = append(out, Retained{*r.clone(), r.Until})
		}
		return nil
	})
	return out
}

// Summary counts what the account holds, by Terraform type and region.
type Summary struct {
	Account   string                    `json:"account"`
	Resources map[string]map[string]int `json:"resources"`
	// Retained counts what is left of deleted things: keys in their waiting
	// period, secrets that can be restored, final snapshots.
	Retained map[string]map[string]int `json:"retained"`
	// Total of Resources, without Retained.
	Total int `json:"total"`
	// Calls are those that leave no other trace, see [Tx.Count].
	Calls map[string]int `json:"calls,omitempty"`
}

// Summary counts the account's resources.
func (c *Cloud) Summary() Summary {
	s := Summary{Account: c.st.Account, Resources: map[string]map[string]int{}, Retained: map[string]map[string]int{}}
	count := func(into map[string]map[string]int, typ, regionName string) {
		if into[typ] == nil {
			into[typ] = map[string]int{}
		}
		into[typ][regionName]++
	}
	_ = c.View(func(tx *Tx) error {
		for _, r := range tx.List("", "") {
			count(s.Resources, r.Type, r.Region)
			s.Total++
		}
		s.Calls = maps.Clone(tx.st.Calls)
		for _, r := range tx.st.Retained {
			count(s.Retained, r.Type, r.Region)
		}
		return nil
	})
	return s
}
