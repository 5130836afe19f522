package fastsynth_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pgdr/pgdr/internal/tier"
)

// Two things that several tests need and that take long to make: what the
// plain way writes of dev, and a cache after a first run.
var (
	makePlain, makeWarm sync.Once
	plainDev            map[string]string
	warmDir             string
)

func plainFiles(t *testing.T) map[string]string {
	t.Helper()
	makePlain.Do(func() { plainDev = runPlain(t, "dev") })
	if len(plainDev) == 0 {
		t.Fatal("the plain way wrote nothing to compare with")
	}
	return plainDev
}

func runPlain(t *testing.T, environments string) map[string]string {
	t.Helper()
	p := newPlace(t)
	r := p.run(t, "PGDR_FAST_SYNTH=off", raceOfJsii, environmentsVariable+"="+environments)
	if r.err != nil {
		t.Fatalf("synthesize the plain way: %v\n%s", r.err, r.stderr)
	}
	p.wantEmptyTemp(t)
	if entries, _ := os.ReadDir(p.cache()); len(entries) != 0 {
		t.Errorf("switched off, it made %s in the cache", entries[0].Name())
	}
	return r.files
}

func warmCache(t *testing.T) string {
	t.Helper()
	makeWarm.Do(func() {
		p := newPlace(t)
		p.mustRun(t, "")
		dir := filepath.Join(sharedDir, "cache")
		if err := os.CopyFS(dir, os.DirFS(p.cache())); err != nil {
			t.Fatal(err)
		}
		warmDir = dir
	})
	if warmDir == "" {
		t.Fatal("there is no cache after a first run")
	}
	return warmDir
}

func wantPlainFiles(t *testing.T, got map[string]string) {
	t.Helper()
	wantSame(t, got, plainFiles(t))
}

func wantSame(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, hash := range want {
		if got[name] != hash {
			t.Errorf("%s differs from what the plain way writes", name)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is not among what the plain way writes", name)
		}
	}
}

func TestEnable_WritesTheSameBytesWithAnEmptyCacheAndAFullOne(t *testing.T) {
	const both = environmentsVariable + "=dev prod"
	want := runPlain(t, "dev prod")
	for _, name := range []string{"dev/stacks/pgdr-primary-dev/cdk.tf.json", "prod/stacks/pgdr-replica-prod/cdk.tf.json"} {
		if want[filepath.FromSlash(name)] == "" {
			t.Fatalf("%s is not among what was synthesized: %v", name, slices.Sorted(maps.Keys(want)))
		}
	}
	p := newPlace(t)
	wantSame(t, p.mustRun(t, "", both), want)
	types := p.kept(t, "types-")
	before, err := os.Stat(types)
	if err != nil {
		t.Fatal(err)
	}
	if full := int64(100 << 20); before.Size() == 0 || before.Size() > full/50 {
		t.Errorf("kept types are %d bytes; want far fewer than the full description's %d", before.Size(), full)
	}
	wantSame(t, p.mustRun(t, "", both), want)
	if after, err := os.Stat(types); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("a run that learnt nothing rewrote %s (%v)", types, err)
	}
}

func TestEnable_LearnsATypeThatIsMissing(t *testing.T) {
	p := newPlace(t)
	p.warm(t)
	types := p.kept(t, "types-")
	forget(t, types, "@cdktf/provider-aws.dbInstance.DbInstance")

	wantPlainFiles(t, p.mustRun(t, "pgdr: fast synthesis: types of @cdktf/provider-aws are used for the first time; this run is slower, the next is not\n"))
	wantPlainFiles(t, p.mustRun(t, ""))
}

func TestEnable_DoesNotUseAHalfWrittenCache(t *testing.T) {
	tier.Deep(t, "a synthesis for each file; TestPrune and TestCheckRuntime hold what is judged")
	p := newPlace(t)
	p.warm(t)
	for _, prefix := range []string{"types-", "code-"} {
		path := p.kept(t, prefix)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, whole[:len(whole)/2], 0o600); err != nil {
			t.Fatal(err)
		}
		wantPlainFiles(t, p.mustRun(t, ""))
		if repaired, err := os.Stat(path); err != nil || repaired.Size() < int64(len(whole))/2+1 {
			t.Errorf("%s was not written anew: %v", path, err)
		}
	}
}

func TestEnable_WorksWhereNothingCanBeKept(t *testing.T) {
	p := newPlace(t)
	file := filepath.Join(p.root, "a file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := p.run(t, "PGDR_CACHE_DIR="+file)
	if r.err != nil {
		t.Fatalf("synthesize: %v\n%s", r.err, r.stderr)
	}
	if !strings.HasPrefix(r.stderr, "pgdr: fast synthesis: nothing is kept for the next run (set PGDR_CACHE_DIR): ") || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("standard error: %q; want one line that names PGDR_CACHE_DIR", r.stderr)
	}
	wantPlainFiles(t, r.files)
	p.wantEmptyTemp(t)
}

func TestEnable_LoadsEverythingWhereTheBindingsHaveChanged(t *testing.T) {
	tier.Deep(t, "it loads all bindings again; TestEnable_LearnsATypeThatIsMissing has the other way to a stale cache")
	p := newPlace(t)
	packages := bindingsWith(t, filepath.Join(p.root, "packages"), func(index string) string {
		return index + "\nexports.extra = exports.dbInstance;\n"
	})
	const said = "pgdr: fast synthesis: the index of @cdktf/provider-aws has a layout that is not known; loading all of it\n"
	wantPlainFiles(t, p.mustRun(t, said, "JSII_RUNTIME_PACKAGE_CACHE_ROOT="+packages))
}

func TestEnable_RunsSideBySide(t *testing.T) {
	tier.Deep(t, "three more syntheses, for a race that the others do not have")
	p := newPlace(t)
	results := make([]result, 3)
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() { results[i] = p.runInto(t, "out"+string(rune('a'+i))) })
	}
	wg.Wait()
	for _, r := range results {
		if r.err != nil || r.stderr != "" {
			t.Errorf("side by side: %v, standard error %q", r.err, r.stderr)
		}
		wantPlainFiles(t, r.files)
	}
	p.wantEmptyTemp(t)
	p.kept(t, "types-")
	p.kept(t, "code-")
	wantPlainFiles(t, p.mustRun(t, ""))
}

func TestEnable_KeepsTheUsersNodeOptions(t *testing.T) {
	p := newPlace(t)
	p.warm(t)
	seen := filepath.Join(p.root, "seen.txt")
	script := filepath.Join(p.root, "user's own.js")
	if err := os.WriteFile(script, []byte("require('fs').writeFileSync("+quoted(seen)+", 'here')"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.mustRun(t, "", `NODE_OPTIONS=--require "`+script+`"`)
	if _, err := os.Stat(seen); err != nil {
		t.Errorf("what the user's NODE_OPTIONS load was not loaded: %v", err)
	}
}

func TestEnable_LeavesARuntimeOfTheUsersAlone(t *testing.T) {
	p := newPlace(t)
	runtime := unpackedRuntime(t, p.root)
	files := p.run(t, raceOfJsii, `JSII_RUNTIME=exec node "`+filepath.Join(runtime, "bin", "jsii-runtime.js")+`"`, "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=18,20,22,24")
	if files.err != nil {
		t.Fatalf("synthesize: %v\n%s", files.err, files.stderr)
	}
	if want := "pgdr: fast synthesis: off: JSII_RUNTIME is set, and it is used as it is\n"; !strings.HasPrefix(files.stderr, want) {
		t.Errorf("standard error: %q, want %q first", files.stderr, want)
	}
	if entries, _ := os.ReadDir(p.cache()); len(entries) != 0 {
		t.Errorf("it made %s in the cache", entries[0].Name())
	}
	wantPlainFiles(t, files.files)
	p.wantEmptyTemp(t)
}

func TestEnable_SaysWhatTheSwitchMayBe(t *testing.T) {
	p := newPlace(t)
	p.warm(t)
	files := p.mustRun(t, "pgdr: fast synthesis: PGDR_FAST_SYNTH is \"fast\"; want \"on\" or \"off\"; staying on\n", "PGDR_FAST_SYNTH=fast")
	wantPlainFiles(t, files)
}

func TestStop_LeavesNothingAfterAnError(t *testing.T) {
	p := newPlace(t)
	p.warm(t)
	r := p.run(t, faultVariable+"=archive")
	if r.err == nil {
		t.Fatal("a missing archive was synthesized")
	}
	if !strings.Contains(r.stderr, "missing.zip") || strings.Contains(r.stderr, "exited abnormally") {
		t.Errorf("standard error: %q; want the missing archive and nothing of the runtime", r.stderr)
	}
	p.wantEmptyTemp(t)
}

func TestStop_ShowsThatTheRuntimeDied(t *testing.T) {
	p := newPlace(t)
	p.warm(t)
	script := filepath.Join(p.root, "die.js")
	if err := os.WriteFile(script, []byte("setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1)"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := p.run(t, `NODE_OPTIONS=--require "`+script+`"`)
	if r.err == nil {
		t.Fatal("synthesis went on without its runtime")
	}
	if !strings.Contains(r.stderr, "signal: killed") {
		t.Errorf("standard error: %q; want that the runtime was killed", r.stderr)
	}
	p.wantEmptyTemp(t)
}
