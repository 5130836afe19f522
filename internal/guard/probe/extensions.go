package probe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// retryExtensions is how often a process looks whether its writer has the
// configured extensions, and tries to create those that it lacks: the
// parameter group that permits it may come, or come into force, later.
const retryExtensions = 10 * time.Minute

// createExtensions creates each on its own: one that fails leaves the others
// and the heartbeats be.
func (d *Databases) createExtensions(ctx context.Context, conn *pgx.Conn) error {
	var faults []error
	for _, name := range d.cfg.Extensions {
		err := createExtension(ctx, conn, name)
		d.noteExtension(name, err)
		if err != nil {
			faults = append(faults, fmt.Errorf("%w: %s: %w", ErrExtension, name, err))
		}
	}
	return errors.Join(faults...)
}

func createExtension(ctx context.Context, conn *pgx.Conn, name string) error {
	e, err := lookFor(ctx, conn, name)
	switch {
	case err != nil:
		return err
	case e.Created:
		return nil
	case !e.Installed:
		return errors.New("the server does not have it")
	}
	// The session's search_path names no schema that objects may be made in.
	_, err = conn.Exec(ctx, `CREATE EXTENSION IF NOT EXISTS `+pgx.Identifier{name}.Sanitize()+` SCHEMA public`)
	return err
}

func lookFor(ctx context.Context, conn *pgx.Conn, name string) (facts.Extension, error) {
	e := facts.Extension{Name: name}
	err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_extension WHERE extname = $1),
		EXISTS (SELECT FROM pg_available_extensions WHERE name = $1)`, name).Scan(&e.Created, &e.Installed)
	if err != nil {
		return e, fmt.Errorf("look for extension %s: %w", name, err)
	}
	return e, nil
}

// Extensions tells of each configured extension whether the member's database
// has it, and changes nothing. Why one can't be created it knows from the last
// time that this process tried.
func (d *Databases) Extensions(ctx context.Context, m engine.Member) ([]facts.Extension, error) {
	found, err := d.extensions(ctx, m)
	if err != nil {
		return nil, fmt.Errorf("look for the extensions of %q: %w", m.Identifier, err)
	}
	return found, nil
}

func (d *Databases) extensions(ctx context.Context, m engine.Member) ([]facts.Extension, error) {
	if len(d.cfg.Extensions) == 0 {
		return nil, nil
	}
	e, err := d.endpoint(m)
	if err != nil {
		return nil, err
	}
	admin, err := d.credentials(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := d.cfg.Clock.WithDeadline(ctx, d.cfg.Clock.Now().Add(lookTime))
	defer cancel()
	var found []facts.Extension
	_, _, err = d.eitherSession(ctx, e, admin, func(ctx context.Context, conn *pgx.Conn) error {
		found = nil
		for _, name := range d.cfg.Extensions {
			x, err := lookFor(ctx, conn, name)
			if err != nil {
				return err
			}
			if !x.Created {
				x.Fault = d.extensionFault(name)
			}
			found = append(found, x)
		}
		return nil
	})
	return found, err
}

// lacking names the configured extensions that the writer does not have, where
// it is time to look. What goes wrong with that is no fault of the heartbeat's.
func (d *Databases) lacking(ctx context.Context, conn *pgx.Conn) []string {
	if !d.mayLookForExtensions() {
		return nil
	}
	var names []string
	for _, name := range d.cfg.Extensions {
		if e, err := lookFor(ctx, conn, name); err == nil && !e.Created {
			names = append(names, name)
		}
	}
	return names
}

func (d *Databases) mayLookForExtensions() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.cfg.Clock.Now()
	if len(d.cfg.Extensions) == 0 || !d.extensionsAt.IsZero() && now.Sub(d.extensionsAt) < retryExtensions {
		return false
	}
	d.extensionsAt = now
	return true
}

// provide prepares a writer that lacks extensions, and words what came of it.
func (d *Databases) provide(ctx context.Context, m engine.Member, names []string) string {
	if err := d.prepareBeside(ctx, m); err != nil {
		return detailOf(err)
	}
	return "created " + strings.Join(names, ", ")
}

func (d *Databases) noteExtension(name string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		delete(d.extensionFaults, name)
		return
	}
	d.extensionFaults[name] = detailOf(err)
}

func (d *Databases) extensionFault(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.extensionFaults[name]
}
