package probe

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// GuardPassword is the password that follows from the administrator's, for
// tests that look for it where it must not be.
func GuardPassword(t *testing.T, admin Credentials) string {
	t.Helper()
	c, err := guardCredentials(admin)
	require.NoError(t, err)
	return c.Password
}

func TestGuardCredentials_FollowFromTheAdministratorsPasswordAlone(t *testing.T) {
	first := GuardPassword(t, Credentials{User: "dbadmin", Password: "one"})
	require.Equal(t, first, GuardPassword(t, Credentials{User: "renamed", Password: "one"}))
	require.NotEqual(t, first, GuardPassword(t, Credentials{User: "dbadmin", Password: "two"}))
	require.Len(t, first, 43, "256 bits")
	// Pinned: another value would lock out every guard that is deployed.
	require.Equal(t, "jGrJb7yt1q0ErqdA7-pGyQWE6dDxMXxXJGYuEPQhyuY", first)
}

func TestVerifier_IsSaltedAnewEachTime(t *testing.T) {
	a, err := verifier("secret")
	require.NoError(t, err)
	b, err := verifier("secret")
	require.NoError(t, err)
	require.NotEqual(t, a, b)
	require.Regexp(t, `^SCRAM-SHA-256\$4096:[A-Za-z0-9+/=]{24}\$[A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44}$`, a)
}
