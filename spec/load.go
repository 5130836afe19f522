package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pgdr/pgdr/internal/nearest"
)

// Names of what Load reads.
const (
	// contextFile holds the cdktf context, key "context".
	contextFile = "cdktf.json"
	// environmentsDir holds one file an environment.
	environmentsDir = "environments"
	// fileExtension is that of an environment's file.
	fileExtension = ".yaml"
	// DefaultEnvironment is the environment when nothing names one.
	DefaultEnvironment = "dev"
	// ourContext is the key of the cdktf context that holds a part of the
	// configuration, in the same shape as an environment's file.
	ourContext = "pgdr"
	// suffixContext is the key of the cdktf context that names the environment.
	suffixContext = "environmentSuffix"
)

// LoadOptions say where a configuration is read from.
type LoadOptions struct {
	// Dir is the project's root, with cdktf.json and environments/.
	Dir string
	// Env returns the value of an environment variable, "" if it isn't set:
	// os.Getenv in the program, a map in tests. Nil: no variable is set.
	Env func(string) string
	// Environment is the suffix that a command was given; it wins over
	// ENVIRONMENT_SUFFIX. Empty: none was given.
	Environment string
	// TwinDir is the folder of the local simulation, relative to Dir or
	// absolute; empty: what PGDR_TWIN_DIR says, and if that is empty too, the
	// target is AWS.
	TwinDir string
}

// loader carries one Load through its layers.
type loader struct {
	root    *os.Root
	dir     string
	env     func(string) string
	given   string
	config  Config
	origins map[string]string
	faults  Faults
}

// Load reads the configuration of one environment and validates it. Later
// layers win: [Default], the cdktf context of cdktf.json, that of
// CDKTF_CONTEXT_JSON (which the cdktf command sets), the environment's file,
// environment variables.
//
// Errors: [Faults] with every fault of every layer at once;
// [*UnknownEnvironmentError] where the environment has no file; otherwise that
// of a file which can't be read or parsed.
func Load(opts LoadOptions) (Config, error) {
	c, _, err := LoadWithOrigins(opts)
	return c, err
}

// LoadWithOrigins is [Load], and says by the path of each field where its value
// was given: "environments/prod.yaml:14", or the name of a variable. A field that
// has its default has no origin.
func LoadWithOrigins(opts LoadOptions) (Config, map[string]string, error) {
	root, err := os.OpenRoot(opts.Dir)
	if err != nil {
		return Config{}, nil, fmt.Errorf("open project folder: %w", err)
	}
	defer func() { _ = root.Close() }() // it was only read from
	env := opts.Env
	if env == nil {
		env = func(string) string { return "" }
	}
	l := &loader{
		root: root, dir: opts.Dir, given: opts.Environment, config: Default(), origins: map[string]string{},
		env: func(name string) string { return strings.TrimSpace(env(name)) },
	}
	if err := l.layers(); err != nil {
		return Config{}, nil, err
	}
	if err := l.validate(); err != nil {
		return Config{}, nil, err
	}
	if dir := firstOf(opts.TwinDir, l.env(TwinDirVariable)); dir != "" {
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(opts.Dir, dir)
		}
		if dir, err = filepath.Abs(dir); err != nil {
			return Config{}, nil, fmt.Errorf("find the folder of %s: %w", TwinDirVariable, err)
		}
		l.config.forceTwin(dir)
	}
	return l.config.Derived(), l.places(), nil
}

// places are the origins as editors and terminals take them: FILE:LINE.
func (l *loader) places() map[string]string {
	places := make(map[string]string, len(l.origins))
	for path, origin := range l.origins {
		places[path] = strings.Replace(origin, ", line ", ":", 1)
	}
	return places
}

// layers applies every layer in order.
func (l *loader) layers() error {
	l.config.Environment = DefaultEnvironment
	if err := l.contextFile(); err != nil {
		return err
	}
	if text := l.env(ContextVariable); text != "" {
		if err := l.context([]byte(text), ContextVariable); err != nil {
			return err
		}
	}
	if suffix := l.env(SuffixVariable); suffix != "" {
		l.config.Environment = suffix
		l.origins["environment"] = SuffixVariable
	}
	if l.given != "" {
		l.config.Environment = l.given
		l.origins["environment"] = "--environment"
	}
	// A suffix that is wrong can't name a file (it might even lead out of the
	// folder); its fault is reported together with those of the other layers.
	if SuffixFault(l.config.Environment) == "" {
		if err := l.environmentFile(); err != nil {
			return err
		}
	}
	l.variables()
	return nil
}

// validate reports the faults of reading and those of the values together,
// the latter with the place where the value was given.
func (l *loader) validate() error {
	err := l.config.validate(l.faults)
	var faults Faults
	if !errors.As(err, &faults) {
		return err
	}
	for i, f := range faults {
		if f.Source != "" {
			continue
		}
		path, _, _ := strings.Cut(f.Path, "[")
		faults[i].Source = firstOf(l.origins[f.Path], l.origins[path])
	}
	return faults
}

// contextFile applies the context of cdktf.json, if there is one.
func (l *loader) contextFile() error {
	text, err := l.root.ReadFile(contextFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", contextFile, err)
	}
	var project struct {
		Context json.RawMessage `json:"context"`
	}
	if err := json.Unmarshal(text, &project); err != nil {
		return fmt.Errorf("parse %s: %w", contextFile, err)
	}
	if len(project.Context) == 0 {
		return nil
	}
	return l.context(project.Context, contextFile)
}

// context applies a cdktf context. Keys that aren't ours are others' business,
// unless they are a misspelling of ours.
func (l *loader) context(text []byte, source string) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var values map[string]any
	if err := decoder.Decode(&values); err != nil {
		return fmt.Errorf("parse the context of %s: %w", source, err)
	}
	l.misspelled(values, source)
	if suffix, ok := values[suffixContext]; ok && suffix != nil {
		text, ok := suffix.(string)
		if !ok {
			l.fault("context."+suffixContext, describe(jsonNode(suffix)), "give a text, in quotes", source)
		} else if text = strings.TrimSpace(text); text != "" {
			l.config.Environment = text
			l.origins["environment"] = source + ", context." + suffixContext
		}
	}
	ours := jsonNode(values[ourContext])
	layer := l.layer(source)
	if !isNull(ours) {
		layer.decode(ours, &l.config, "context."+ourContext)
	}
	return nil
}

// misspelled reports context keys that were meant for us: cdktf would ignore
// them, and so would we.
func (l *loader) misspelled(values map[string]any, source string) {
	for _, name := range sortedKeys(values) {
		if name == ourContext || name == suffixContext {
			continue
		}
		if near := nearest.To(name, []string{ourContext, suffixContext}); near != "" {
			l.fault("context."+name, "an unknown key", "did you mean "+near+"?", source)
		}
	}
}

// environmentFile applies the file of the environment.
func (l *loader) environmentFile() error {
	name := environmentsDir + "/" + l.config.Environment + fileExtension
	text, err := l.root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		lent := l.env(FileVariable)
		if lent == "" {
			return l.unknownEnvironment(name)
		}
		name = lent
		if text, err = l.root.ReadFile(filepath.Clean(name)); err != nil {
			return fmt.Errorf("read the file that %s names, a path inside the project: %w", FileVariable, err)
		}
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	node, err := parseYAML(text)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	l.layer(name).decode(node, &l.config, "")
	return nil
}

func (l *loader) layer(source string) *layer {
	return &layer{source: source, origins: l.origins, faults: &l.faults}
}

func (l *loader) fault(path, found, want, source string) {
	l.faults = append(l.faults, Fault{Path: path, Found: found, Want: want, Source: source})
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			return v
		}
	}
	return ""
}
