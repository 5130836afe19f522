package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// snapshotName is the file in the state directory that holds the account.
const snapshotName = "state.json"

// snapshotVersion is raised when an older snapshot can no longer be read.
const snapshotVersion = 1

type snapshot struct {
	Version   int         `json:"version"`
	Account   string      `json:"account"`
	Seed      uint64      `json:"seed"`
	Counter   uint64      `json:"counter"`
	Resources []*Resource `json:"resources"`
	Retained  []Retained  `json:"retained,omitempty"`
}

// load reads the snapshot in dir; it returns nil if there is none yet.
func load(dir string) (*state, error) {
	path := filepath.Join(dir, snapshotName)
	raw, err := os.ReadFile(path) // #nosec G304 -- the directory is the caller's own
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read simulator snapshot: %w", err)
	}
	var snap snapshot
	if err := json.Unmarshal(raw, &snap); err != nil {
		return nil, fmt.Errorf("parse simulator snapshot %s: %w", path, err)
	}
	if snap.Version != snapshotVersion {
		return nil, fmt.Errorf("simulator snapshot %s: version is %d, this program reads %d; remove the directory to start with an empty account",
			path, snap.Version, snapshotVersion)
	}
	st := &state{
		Version: snap.Version, Account: snap.Account, Seed: snap.Seed, Counter: snap.Counter,
		Resources: make(map[string]*Resource, len(snap.Resources)), Retained: snap.Retained,
	}
	for _, r := range snap.Resources {
		if r.Hidden == nil {
			r.Hidden = Attrs{}
		}
		st.Resources[r.storeKey()] = r
	}
	return st, nil
}

// save writes the snapshot so that a reader finds either the old one or the
// new one whole, readable by the owner only: it holds secrets.
func save(dir string, st *state) error {
	raw, err := json.Marshal(snapshot{
		Version: snapshotVersion, Account: st.Account, Seed: st.Seed, Counter: st.Counter,
		Resources: st.list(""), Retained: st.Retained,
	})
	if err != nil {
		return fmt.Errorf("encode simulator snapshot: %w", err)
	}
	file, err := os.CreateTemp(dir, snapshotName+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("write simulator snapshot: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }() // gone already if the rename worked
	_, err = file.Write(raw)
	// Not synced: a snapshot outlives the process, and need not outlive a power
	// cut; syncing each change would double the time of a deployment.
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), filepath.Join(dir, snapshotName))
	}
	if err != nil {
		return fmt.Errorf("write simulator snapshot: %w", err)
	}
	return nil
}
