package probe

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// Role is the guard's own role. It may sign in, read statistics, and write its
// heartbeats; nothing else.
//
// Its password is derived from the administrator's (HKDF-SHA256) and kept
// nowhere. A random one that each process sets anew was the alternative, but a
// process that starts while the primary is lost could not set it, and would
// be blind in the one moment that counts. A derived password is the same in
// every process, on both sites, and before and after a promotion. Knowing it
// does not give the administrator's away, and the server is given a SCRAM
// verifier, never the password: statements, logs and audit trails don't hold
// it. When the administrator's password changes, this one does, and the next
// Prepare sets it.
const Role = "pgdr_guard"

// scramIterations is PostgreSQL's own number. More would slow down every
// sign-in and add nothing to a password of 256 random bits.
const scramIterations = 4096

// guardCredentials are the guard's own, as they follow from the administrator's.
func guardCredentials(admin Credentials) (Credentials, error) {
	key, err := hkdf.Key(sha256.New, []byte(admin.Password), nil, "pgdr role "+Role+" v1", sha256.Size)
	if err != nil {
		return Credentials{}, fmt.Errorf("derive the password of %s: %w", Role, err)
	}
	return Credentials{User: Role, Password: base64.RawURLEncoding.EncodeToString(key)}, nil
}

// verifier is what PostgreSQL stores in place of a password: enough to check a
// sign-in, not enough to make one (RFC 5803, RFC 5802). The password must be
// ASCII, which needs no normalisation.
func verifier(password string) (string, error) {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("draw a salt: %w", err)
	}
	salted, err := pbkdf2.Key(sha256.New, password, salt, scramIterations, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("salt the password: %w", err)
	}
	stored := sha256.Sum256(mac(salted, "Client Key"))
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", scramIterations, b64(salt), b64(stored[:]), b64(mac(salted, "Server Key"))), nil
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text)) // a hash takes everything
	return h.Sum(nil)
}
