package fastsynth

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/aws/jsii-runtime-go"
	jsiiruntime "github.com/aws/jsii-runtime-go/runtime"
)

const (
	// goodbye is the type that the preload takes for the request to end.
	goodbye = jsiiruntime.FQN("pgdr.fastsynth.Goodbye")
	// patience is how long a runtime may take to end after goodbye.
	patience = 30 * time.Second
	// lastWords is what jsii gets to report why a runtime ended by itself.
	lastWords = 500 * time.Millisecond
	// launch is evaluated by the user's shell, whichever that is: it has
	// nothing that shells read differently.
	launch = `exec /bin/sh "$PGDR_JSII_RUN/node/launch.sh"`
)

// session is one runtime and the folder that is all its own:
//
//	node/      the preload and the launcher
//	runtime/   jsii's runtime
//	tmp/       temporary files of Node, jsii and cdktf
//	owner, pid who made it, and the runtime's process once it has started
type session struct{ dir string }

// newSession makes the folder, and removes those of killed processes.
func newSession() (*session, error) {
	removeStale(os.TempDir())
	dir, err := os.MkdirTemp("", runPrefix)
	if err != nil {
		return nil, fmt.Errorf("make folder for the run: %w", err)
	}
	s := &session{dir: dir}
	if err := s.layOut(); err != nil {
		return nil, errors.Join(err, s.remove())
	}
	return s, nil
}

func (s *session) layOut() error {
	if err := os.WriteFile(filepath.Join(s.dir, ownerFile), []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		return fmt.Errorf("mark folder for the run: %w", err)
	}
	if err := os.Mkdir(s.temp(), 0o700); err != nil {
		return fmt.Errorf("make folder for temporary files: %w", err)
	}
	return nil
}

func (s *session) temp() string { return filepath.Join(s.dir, "tmp") }

// prepare hands jsii the launcher. The environment is changed only while jsii
// takes its copy.
func (s *session) prepare(cache string) error {
	if err := os.CopyFS(s.dir, assets); err != nil {
		return fmt.Errorf("write the preload: %w", err)
	}
	if err := s.takeRuntime(); err != nil {
		return err
	}
	return withEnv(map[string]string{
		"JSII_RUNTIME":    launch,
		"PGDR_JSII_NODE":  node(),
		"PGDR_JSII_RUN":   s.dir,
		"PGDR_JSII_CACHE": cache,
	}, renewClient)
}

// preparePlain leaves everything as it is but for the temporary files.
func (s *session) preparePlain() error {
	return withEnv(map[string]string{"TMPDIR": s.temp()}, renewClient)
}

// takeRuntime gets the files of jsii's runtime, which the module embeds and
// unpacks into the temporary folder for each client.
func (s *session) takeRuntime() error {
	if err := withEnv(map[string]string{"TMPDIR": s.dir}, renewClient); err != nil {
		return err
	}
	unpacked, err := filepath.Glob(filepath.Join(s.dir, "jsii-runtime.*"))
	if err != nil || len(unpacked) != 1 {
		return fmt.Errorf("%w: it unpacks into %d folders, want 1", errLayout, len(unpacked))
	}
	runtime := filepath.Join(s.dir, "runtime")
	if err := os.Rename(unpacked[0], runtime); err != nil {
		return fmt.Errorf("take jsii's runtime: %w", err)
	}
	return checkRuntime(runtime)
}

// expected is what the preload and the launcher count on in the program.
var expected = []string{
	// It talks over descriptor 3.
	"readFD: 3",
	"writeFD: 3",
	// It parses a description in one place and looks its types up in another.
	`JSON.parse(assemblyBuffer.toString("utf-8"))`,
	"const fqnInfo = types[fqn]",
}

// checkRuntime refuses a program in which anything expected is missing.
func checkRuntime(dir string) error {
	program, err := os.ReadFile(filepath.Join(dir, "lib", "program.js")) //nolint:gosec // our own folder
	if err != nil {
		return fmt.Errorf("%w: %w", errLayout, err)
	}
	for _, part := range expected {
		if !bytes.Contains(program, []byte(part)) {
			return fmt.Errorf("%w: lib/program.js has no %q", errLayout, part)
		}
	}
	return nil
}

// renewClient makes jsii drop its client, which every program has from the
// start since the bindings register their types, and set up another from the
// environment as it is. Neither starts a process.
func renewClient() (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("set up jsii: %v", cause)
		}
	}()
	jsii.Close()
	jsiiruntime.IsAnonymousProxy(nil)
	return nil
}

// withEnv runs f with variables set, and puts back what was.
func withEnv(vars map[string]string, f func() error) error {
	for name, value := range vars {
		old, was := os.LookupEnv(name)
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
		defer func() {
			if was {
				_ = os.Setenv(name, old)
			} else {
				_ = os.Unsetenv(name)
			}
		}()
	}
	return f()
}

// stop ends the runtime and removes the folder. A runtime of ours that has
// started is not closed by jsii as well: Close waits for the process beside
// the goroutine that already does, and the one that comes second reports
// "waitid: no child processes" as an abnormal exit.
func (s *session) stop() error {
	if pid, err := readPID(filepath.Join(s.dir, pidFile)); err == nil {
		s.dismiss(pid)
	} else {
		jsii.Close()
	}
	return s.remove()
}

// dismiss asks the runtime to end, waits until it has, and kills it if it
// does not. One that has ended by itself is not spoken to: jsii would close
// it, and the reason would be lost in the same race.
func (s *session) dismiss(pid int) {
	if !running(pid) {
		awaitEnd(pid)
		time.Sleep(lastWords)
		return
	}
	func() {
		// No answer comes to a goodbye, which jsii reports by panic.
		defer func() { _ = recover() }()
		jsiiruntime.StaticInvokeVoid(goodbye, "say", nil)
	}()
	if !awaitEnd(pid) {
		kill(pid)
	}
}

// awaitEnd waits until jsii has taken note that the process has ended.
func awaitEnd(pid int) bool {
	for deadline := time.Now().Add(patience); alive(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

func (s *session) remove() error {
	if err := os.RemoveAll(s.dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove folder of the run: %w", err)
	}
	return nil
}
