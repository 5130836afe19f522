package tests

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/tier"
)

// moving is an environment whose state moves. Its file is one of the project
// for the time of the test, since that is where the backend is named.
type moving struct {
	*remote
	// file is relative to the project, content without the backend.
	file, content string
}

const (
	inFiles = "backend:\n  type: local\n"
	inS3    = "backend:\n  type: s3\n  bucket: " + stateBucket + "\n  kms_key_id: " + stateKey + "\n"
)

func newMoving(t *testing.T) *moving {
	t.Helper()
	project, err := filepath.Abs("..")
	require.NoError(t, err)
	folder := filepath.Join(project, ".twin") // ignored by git
	require.NoError(t, os.MkdirAll(folder, 0o750))
	folder, err = os.MkdirTemp(folder, "moving-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	file, err := filepath.Rel(project, filepath.Join(folder, "environment.yaml"))
	require.NoError(t, err)
	content, err := os.ReadFile("../environments/dev.yaml")
	require.NoError(t, err)
	m := &moving{file: file, content: string(content)}
	m.remote = newRemoteOf(t, "moving", "PGDR_ENVIRONMENT_FILE="+file)
	states := filepath.Join(project, "state", m.suffix) // ignored by git, and no other test's
	require.NoError(t, os.RemoveAll(states))
	t.Cleanup(func() { _ = os.RemoveAll(states) })
	m.name(t, inFiles)
	return m
}

// name writes the environment's file with a backend.
func (m *moving) name(t *testing.T, backend string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(m.project, m.file), []byte(m.content+"\n"+backend), 0o600))
}

// move runs the commands of docs/state.md, From files to S3 and back, as they
// stand there, but for names and folders. Without the bucket's step it is the
// way back. The editor is a program that names the new backend.
func (m *moving) move(t *testing.T, to string, bucket bool) string {
	t.Helper()
	raw, err := os.ReadFile("../docs/state.md")
	require.NoError(t, err)
	match := regexp.MustCompile("(?s)```sh\n(export ENVIRONMENT_SUFFIX=prod\n[^`]*)```").FindSubmatch(raw)
	require.NotNil(t, match)
	text := string(match[1])
	if !bucket {
		line := regexp.MustCompile(`(?m)^go run ./cmd/drctl state bootstrap .*\n`)
		require.Regexp(t, line, text)
		text = line.ReplaceAllString(text, "")
	}
	dir := t.TempDir()
	for _, step := range [][2]string{
		{"environments/prod.yaml", m.file}, {"prod", m.suffix}, {"cdktf.out/stacks", m.outdir + "/stacks"},
		{"--bucket acme-terraform-state", "--bucket " + stateBucket + " --kms-key-id " + stateKey},
		{"cdktf synth", "cdktf synth --output " + m.outdir}, {"> $stack", "> " + dir + "/$stack"},
		{"drctl plan", "drctl plan --plans " + m.plans},
	} {
		require.True(t, strings.Contains(text, step[0]) || !bucket, step[0])
		text = strings.ReplaceAll(text, step[0], step[1])
	}
	editor := filepath.Join(dir, "editor")
	require.NoError(t, os.WriteFile(editor, []byte("#!/bin/sh\ncp "+filepath.Join(dir, "new")+" \"$1\"\n"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "new"), []byte(m.content+"\n"+to), 0o600))
	cmd := m.command(t, "bash", "-euo", "pipefail", "-c", text)
	cmd.Env = append(cmd.Env, "EDITOR="+editor)
	out, code := run(t, cmd)
	require.Zero(t, code, out)
	return out
}

// TestState_MovesToS3AndBackWithoutLosingAnything deploys with state in files,
// moves it to S3 as docs/state.md says, and moves it back.
func TestState_MovesToS3AndBackWithoutLosingAnything(t *testing.T) {
	tier.Deep(t, "the page's commands; TestState_OnS3 has the backend")
	t.Parallel()
	m := newMoving(t)
	m.plan(t, 2)
	m.apply(t, 2)
	m.plan(t, 2)
	m.apply(t, 0)
	files := map[string]tfstate{}
	for _, role := range []string{"primary", "replica"} {
		files[role] = m.pull(t, role)
		require.Greater(t, len(files[role].Resources), 30)
	}
	require.Empty(t, m.s3.Requests(), "so far the state is in files")

	t.Run("to S3", func(t *testing.T) {
		out := m.move(t, inS3, true)
		require.Contains(t, out, "aws:kms with "+stateKey)
		require.Equal(t, 2, lines(out, "No changes. Your infrastructure matches the configuration."))
		for role, before := range files {
			require.FileExists(t, m.stateFile(role), "the old copy stays")
			// Terraform begins a new lineage in the new place; all else is as it was.
			require.Equal(t, before.Content, m.pull(t, role).Content, role)
			require.Len(t, m.puts("pgdr/moving/pgdr-"+role+"-moving.tfstate"), 1)
		}
	})

	t.Run("what is written there is encrypted with the key", func(t *testing.T) {
		require.NotEmpty(t, m.puts(".tfstate"))
		require.NotEmpty(t, m.puts(".tflock"))
		for _, put := range m.puts("") {
			require.Equal(t, "aws:kms", put.Header.Get("X-Amz-Server-Side-Encryption"), put.Key)
			require.Equal(t, stateKey, put.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"), put.Key)
		}
	})

	t.Run("and back", func(t *testing.T) {
		for role := range files {
			require.NoError(t, os.Remove(m.stateFile(role))) // put away, as the document says
		}
		out := m.move(t, inFiles, false)
		require.Equal(t, 2, lines(out, "No changes. Your infrastructure matches the configuration."))
		for role, before := range files {
			require.FileExists(t, m.stateFile(role))
			require.Equal(t, before.Content, m.pull(t, role).Content, role)
		}
		m.s3.Forget()
		require.Equal(t, 2, lines(m.plan(t, 0), "No changes. Your infrastructure matches the configuration."))
		require.Empty(t, m.s3.Requests(), "the bucket is not needed any more")
	})
}

// stateFile is a stack's state with the backend local.
func (m *moving) stateFile(role string) string {
	return filepath.Join(m.project, "state", m.suffix, "pgdr-"+role+"-"+m.suffix+".tfstate")
}
