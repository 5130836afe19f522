package diagnose

import (
	"encoding/json"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/secretsmanager"
)

// lookAtLogin: the secret opens the database.
func (s *survey) lookAtLogin(name string, secret *sim.Resource) {
	version := secretsmanager.SecretVersion(s.tx, secret, "", "AWSCURRENT")
	if version == nil {
		s.find("secret-login", name, "it has no value")
		return
	}
	var login struct{ Username, Password string }
	if err := json.Unmarshal([]byte(version.Hidden.Str("secret_string")), &login); err != nil {
		s.find("secret-login", name, "its value is no JSON with a username and a password")
		return
	}
	db := s.primary.db
	if login.Username != db.Attrs.Str("username") {
		s.find("secret-login", name, "its user is %q, the primary's %q", login.Username, db.Attrs.Str("username"))
	}
	if login.Password != db.Hidden.Str("password") {
		s.find("secret-login", name, "its password is not the primary's")
	}
}
