package fastsynth

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"

	"github.com/aws/jsii-runtime-go"
)

// Switch is the environment variable that turns the package off ("off"; the
// default is "on").
const Switch = "PGDR_FAST_SYNTH"

// Reasons to go the plain way.
var (
	errPlatform = errors.New("it needs a POSIX shell")
	errRuntime  = errors.New("JSII_RUNTIME is set, and it is used as it is")
	errLayout   = errors.New("the jsii runtime has a layout that is not known")
)

// Options of Enable. The zero value is right for programs and tests.
type Options struct {
	// CacheDir is the folder for what is learnt, absolute. Empty: that of
	// PGDR_CACHE_DIR, else pgdr in the user's cache folder.
	CacheDir string
	// Stderr is where one line tells of a fallback. Nil: os.Stderr.
	Stderr io.Writer
}

// Enable prepares the fast way. It must be called before the process uses
// jsii and from one goroutine; objects made before are lost. It never fails:
// what stands in its way is said on stderr, and synthesis goes the plain way.
//
// The function that it returns ends the runtime and removes its temporary
// files, in either way. It must be called once jsii is no longer used; more
// calls do nothing. After it, jsii works again only after another Enable.
func Enable(o Options) (stop func() error) {
	if o.Stderr == nil {
		o.Stderr = os.Stderr
	}
	say := func(reason any) { _, _ = fmt.Fprintf(o.Stderr, "pgdr: fast synthesis: %v\n", reason) }
	s, err := newSession()
	if err != nil {
		say(fmt.Errorf("off: %w", err))
		return func() error { jsii.Close(); return nil }
	}
	if wanted(say) {
		if err = possible(); err == nil {
			err = s.prepare(cacheDir(o.CacheDir, say))
		}
		if err == nil {
			return sync.OnceValue(s.stop)
		}
		say(fmt.Errorf("off: %w", err))
	}
	if err := s.preparePlain(); err != nil {
		say(err)
	}
	return sync.OnceValue(s.stop)
}

// wanted reads the switch.
func wanted(say func(any)) bool {
	switch value := os.Getenv(Switch); value {
	case "off":
		return false
	case "", "on":
	default:
		say(fmt.Sprintf("%s is %q; want \"on\" or \"off\"; staying on", Switch, value))
	}
	return true
}

// possible refuses where the launcher cannot work or the user has a runtime
// of their own.
func possible() error {
	if runtime.GOOS == "windows" {
		return errPlatform
	}
	if os.Getenv("JSII_RUNTIME") != "" {
		return errRuntime
	}
	if _, err := exec.LookPath(node()); err != nil {
		return fmt.Errorf("find Node: %w", err)
	}
	return nil
}

// node is the Node program that jsii would use.
func node() string {
	if path := os.Getenv("JSII_NODE"); path != "" {
		return path
	}
	return "node"
}
