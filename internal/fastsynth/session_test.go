package fastsynth

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// program writes a runtime with everything expected but the parts given.
func program(t *testing.T, missing string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "lib"), 0o750); err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(strings.Join(expected, "\n"), missing, "something else")
	if err := os.WriteFile(filepath.Join(dir, "lib", "program.js"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCheckRuntime_RefusesWhenAnythingExpectedIsMissing(t *testing.T) {
	if err := checkRuntime(program(t, "\x00")); err != nil {
		t.Fatalf("a runtime as expected is refused: %v", err)
	}
	for _, part := range expected {
		if err := checkRuntime(program(t, part)); !errors.Is(err, errLayout) {
			t.Errorf("without %q: %v, want %v", part, err, errLayout)
		}
	}
	if err := checkRuntime(t.TempDir()); !errors.Is(err, errLayout) {
		t.Errorf("without a program: %v, want %v", err, errLayout)
	}
}

func TestPossible_RefusesWithoutNode(t *testing.T) {
	t.Setenv("JSII_RUNTIME", "")
	t.Setenv("JSII_NODE", filepath.Join(t.TempDir(), "no-node"))
	if err := possible(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("possible() = %v, want %v", err, os.ErrNotExist)
	}
}

func TestRunning_TellsAProcessThatHasEndedFromOneThatRuns(t *testing.T) {
	if pid := os.Getpid(); !alive(pid) || !running(pid) {
		t.Errorf("this process: alive %v, running %v; want both", alive(pid), running(pid))
	}
	ended := exec.CommandContext(t.Context(), "true")
	out, err := ended.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := ended.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(out); err != nil { // it has closed its output
		t.Fatal(err)
	}
	pid := ended.Process.Pid
	for deadline := time.Now().Add(patience); running(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a process that has ended is taken to run")
		}
	}
	if !alive(pid) {
		t.Error("a process that nobody has waited for is gone")
	}
	if err := ended.Wait(); err != nil {
		t.Fatal(err)
	}
	if alive(pid) {
		t.Error("a process is alive after it was waited for")
	}
}

func TestRemoveStale_RemovesOnlyFoldersOfProcessesThatAreGone(t *testing.T) {
	gone := exec.CommandContext(t.Context(), "true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	owners := map[string]string{
		runPrefix + "gone":   strconv.Itoa(gone.Process.Pid),
		runPrefix + "alive":  strconv.Itoa(os.Getpid()),
		runPrefix + "broken": "?",
		"another":            strconv.Itoa(gone.Process.Pid),
	}
	for name, owner := range owners {
		if err := os.Mkdir(filepath.Join(temp, name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(temp, name, ownerFile), []byte(owner), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(temp, runPrefix+"new"), 0o750); err != nil {
		t.Fatal(err)
	}
	removeStale(temp)
	want := []string{"another", runPrefix + "alive", runPrefix + "broken", runPrefix + "new"}
	if got := names(t, temp); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("left: %q, want %q", got, want)
	}
}

func TestPrune_RemovesWhatWasNotUsedSinceTheCutoff(t *testing.T) {
	dir := t.TempDir()
	cutoff := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for name, used := range map[string]time.Time{
		"old-version/types.json": cutoff.Add(-time.Second),
		"version/old.json":       cutoff.Add(-time.Hour),
		"version/used.json":      cutoff.Add(time.Second),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, used, used); err != nil {
			t.Fatal(err)
		}
	}
	for name, made := range map[string]time.Time{"empty": cutoff.Add(-time.Second), "version": cutoff.Add(-time.Hour)} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(path, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, made, made); err != nil {
			t.Fatal(err)
		}
	}
	prune(dir, cutoff)
	if got := names(t, dir); len(got) != 1 || got[0] != "version" {
		t.Errorf("folders left: %q, want only %q", got, "version")
	}
	if got := names(t, filepath.Join(dir, "version")); len(got) != 1 || got[0] != "used.json" {
		t.Errorf("files left: %q, want only %q", got, "used.json")
	}
}

func TestCacheRoot_TakesTheOptionThenTheVariableThenTheUsers(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "/users/cache")
	t.Setenv("HOME", "/users/home")
	user, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ option, variable, want string }{
		{"/option", "/variable", "/option"},
		{"", "/variable", "/variable"},
		{"", "", filepath.Join(user, "pgdr")},
	} {
		t.Setenv(CacheDirVariable, c.variable)
		if got, err := cacheRoot(c.option); err != nil || got != c.want {
			t.Errorf("option %q, variable %q: %q, %v; want %q", c.option, c.variable, got, err, c.want)
		}
	}
}

func TestCacheDir_SaysThatNothingIsKeptWithoutAHome(t *testing.T) {
	for _, name := range []string{CacheDirVariable, "XDG_CACHE_HOME", "HOME", "LocalAppData"} {
		t.Setenv(name, "")
	}
	var said []any
	if dir := cacheDir("", func(reason any) { said = append(said, reason) }); dir != "" || len(said) != 1 {
		t.Errorf("cacheDir = %q, said %v; want none and one line", dir, said)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	return found
}
