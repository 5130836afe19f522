package pgtest

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// Roles of every server.
const (
	// adminUser is the superuser; it signs in through the socket only, whose
	// directory no other user can enter.
	adminUser       = "postgres"
	replicationUser = "pgtest_replication"
)

// writeConfig writes postgresql.conf, pg_hba.conf and the certificate. They
// stand outside the data directory, which a base backup copies.
func (s *Server) writeConfig() error {
	settings := s.settings()
	if s.opts.CA != nil {
		if err := s.writeCertificate(); err != nil {
			return err
		}
		settings["ssl"] = "on"
		settings["ssl_cert_file"] = s.path("server.crt")
		settings["ssl_key_file"] = s.path("server.key")
	}
	maps.Copy(settings, s.opts.Settings)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&b, "%s = '%s'\n", name, strings.ReplaceAll(settings[name], "'", "''"))
	}
	if err := s.write("postgresql.conf", []byte(b.String())); err != nil {
		return err
	}
	return s.write("pg_hba.conf", []byte(s.hba()))
}

// settings make a server that is quick to start and light to keep. Durability
// is off: no test outlives the machine.
func (s *Server) settings() map[string]string {
	return map[string]string{
		"listen_addresses":            s.addr.Addr().String(),
		"port":                        port(s.addr),
		"unix_socket_directories":     s.dir,
		"wal_level":                   "replica",
		"hot_standby":                 "on",
		"max_connections":             "20",
		"max_wal_senders":             "4",
		"shared_buffers":              "16MB",
		"min_wal_size":                "32MB",
		"fsync":                       "off",
		"full_page_writes":            "off",
		"autovacuum":                  "off",
		"wal_retrieve_retry_interval": "200ms",
		"log_line_prefix":             "%m [%p] ",
		"log_timezone":                "UTC",
		"TimeZone":                    "UTC",
	}
}

// hba lets clients in by password, over TLS where the server has it.
func (s *Server) hba() string {
	kind := "host"
	if s.opts.CA != nil && !s.opts.Plaintext {
		kind = "hostssl"
	}
	return strings.Join([]string{
		"local all " + adminUser + " trust",
		kind + " all " + adminUser + " all reject",
		kind + " replication " + replicationUser + " all scram-sha-256",
		kind + " all all all scram-sha-256",
		"",
	}, "\n")
}

func (s *Server) writeCertificate() error {
	c := s.opts.Certificate
	if len(c.Names) == 0 {
		c.Names = []string{s.Host()}
	}
	pair, err := s.opts.CA.Issue(c)
	if err != nil {
		return err
	}
	if err := s.write("server.crt", pair.Certificate); err != nil {
		return err
	}
	return s.write("server.key", pair.Key)
}

// Recertify gives the server another certificate; new connections get it once
// the server has reloaded, which Reload asks for.
func (s *Server) Recertify(c Certificate) error {
	if s.opts.CA == nil {
		return fmt.Errorf("give %s a certificate: it has no TLS", s.opts.Name)
	}
	s.opts.Certificate = c
	if err := s.writeCertificate(); err != nil {
		return err
	}
	return s.Reload()
}

// Configure changes settings in postgresql.conf. They count from the next
// Reload or start, as PostgreSQL has it for each.
func (s *Server) Configure(settings map[string]string) error {
	merged := maps.Clone(s.opts.Settings)
	if merged == nil {
		merged = map[string]string{}
	}
	maps.Copy(merged, settings)
	s.opts.Settings = merged
	return s.writeConfig()
}

// write writes a file that the programs' user owns and no other user reads.
func (s *Server) write(name string, content []byte) error {
	path := s.path(name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return fmt.Errorf("write %s of %s: %w", name, s.opts.Name, err)
	}
	return s.programs.give(path)
}
