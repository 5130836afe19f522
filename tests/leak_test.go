package tests

import (
	"archive/zip"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The search is worth nothing unless it finds: each way to leak, once.
func TestLeaks_FindsTheSecretInEveryForm(t *testing.T) {
	const secret = `p<a>&s$w"o;r+d=%4{2}`
	quoted, err := json.Marshal(map[string]any{"attributes": map[string]string{"password": secret}})
	require.NoError(t, err)
	for name, content := range map[string]string{
		"state.json": string(quoted),
		"plan.log":   "password = " + secret + "\n",
		"url.log":    "https://host/?p=" + url.QueryEscape(secret),
		"b64-0.json": base64.StdEncoding.EncodeToString([]byte(secret + "tail")),
		"b64-1.json": base64.StdEncoding.EncodeToString([]byte("x" + secret + "tail")),
		"b64-2.json": base64.URLEncoding.EncodeToString([]byte("xy" + secret + "tail")),
		"hex.log":    "7b" + hexOf(secret),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
			found, err := Leaks(secret, dir)
			require.NoError(t, err)
			require.NotEmpty(t, found)
		})
	}
}

func TestLeaks_LooksIntoArchives(t *testing.T) {
	dir := t.TempDir()
	file, err := os.Create(filepath.Join(dir, "plan"))
	require.NoError(t, err)
	archive := zip.NewWriter(file)
	entry, err := archive.Create("tfplan")
	require.NoError(t, err)
	_, err = entry.Write([]byte("... hunter2hunter2 ..."))
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	require.NoError(t, file.Close())

	found, err := Leaks("hunter2hunter2", dir)
	require.NoError(t, err)
	require.Contains(t, found, filepath.Join(dir, "plan")+"!tfplan (raw)")
}

func TestLeaks_FindsNothingWhereThereIsNothing(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "state"), []byte(`{"password_wo": null}`), 0o600))
	found, err := Leaks("hunter2hunter2", dir)
	require.NoError(t, err)
	require.Empty(t, found)
}

func hexOf(s string) string {
	const digits = "0123456789abcdef"
	var out []byte
	for _, b := range []byte(s) {
		out = append(out, digits[b>>4], digits[b&15])
	}
	return string(out)
}
