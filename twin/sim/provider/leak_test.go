package provider_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// spellings are the forms in which a secret could be written to a file.
func spellings(t *testing.T, secret string) [][]byte {
	t.Helper()
	once, err := json.Marshal(secret)
	require.NoError(t, err)
	escaped := once[1 : len(once)-1]
	twice, err := json.Marshal(string(escaped))
	require.NoError(t, err)
	out := [][]byte{[]byte(secret), escaped, twice[1 : len(twice)-1], []byte(url.QueryEscape(secret))}
	// Base64 of something longer that holds the secret: three ways to align,
	// without the characters that depend on the neighbours.
	for shift := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte("xxx"[:shift] + secret))
		start := (shift*8 + 5) / 6
		out = append(out, []byte(encoded[start:len(encoded)-4]))
	}
	return out
}

// leaks lists the files below a directory that hold a secret, in any
// spelling, looking into archives such as Terraform's plan files.
func leaks(t *testing.T, dir, secret string) []string {
	t.Helper()
	require.GreaterOrEqual(t, len(secret), 8, "too short to search for")
	forms := spellings(t, secret)
	var found []string
	look := func(name string, content []byte) {
		for _, form := range forms {
			if bytes.Contains(content, form) {
				found = append(found, name)
				return
			}
		}
	}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		look(name, content)
		if archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content))); err == nil {
			return lookInto(archive, name, look)
		}
		return nil
	}))
	return found
}

func lookInto(archive *zip.Reader, name string, look func(string, []byte)) error {
	for _, file := range archive.File {
		opened, err := file.Open()
		if err != nil {
			return err
		}
		content, err := io.ReadAll(opened)
		if err != nil {
			return err
		}
		look(name+"/"+file.Name, content)
	}
	return nil
}

func TestLeaks_FindsASecretInEverySpelling(t *testing.T) {
	const secret = `p"a<ss>&w\ord?12345`
	for name, content := range map[string]string{
		"raw":           "x" + secret + "y",
		"json":          `{"a":"p\"a\u003css\u003e\u0026w\\ord?12345"}`,
		"base64":        base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64-inside": base64.StdEncoding.EncodeToString([]byte("z" + secret + "later")),
		"base64-deep":   base64.StdEncoding.EncodeToString([]byte(`{"p":"` + secret + `"}`)),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), []byte(content), 0o600))
			require.Equal(t, []string{"file"}, leaks(t, dir, secret))
		})
	}
}
