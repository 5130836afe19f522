package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ErrNotSynthesized says that a folder holds no synthesized stacks.
var ErrNotSynthesized = errors.New("no synthesized stacks")

// ErrForeign says that what a folder holds was not synthesized from these
// stacks.
var ErrForeign = errors.New("not the stacks of this project")

const adviceSynth = "run `make synth`, or name the folder with --from"

// suffix of the files of a folder without a manifest.
const suffix = ".tf.json"

// ReadDir reads the stacks in a folder: what cdktf wrote (manifest.json and a
// folder a stack), or one file a stack, NAME.tf.json, as the golden files are.
func ReadDir(dir string) (*Graph, error) {
	files, err := stackFiles(dir)
	if err != nil {
		return nil, fmt.Errorf("read synthesized stacks: %w", err)
	}
	stacks := make([]*stack, 0, len(files))
	for _, file := range files {
		s, err := readStack(file)
		if err != nil {
			return nil, fmt.Errorf("read synthesized stack: %w", err)
		}
		stacks = append(stacks, s)
	}
	g, err := build(stacks)
	if err != nil {
		return nil, fmt.Errorf("read the graph of %s: %w", dir, err)
	}
	return g, nil
}

// stackFiles are the stacks' files in the order of their names.
func stackFiles(dir string) ([]string, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: folder %s does not exist: %s", ErrNotSynthesized, dir, adviceSynth)
	case err != nil:
		return nil, fmt.Errorf("look at folder %s: %w", dir, err)
	case !info.IsDir():
		return nil, fmt.Errorf("%w: %s is a file, a folder is wanted: %s", ErrNotSynthesized, dir, adviceSynth)
	}
	manifest := filepath.Join(dir, "manifest.json")
	raw, err := os.ReadFile(manifest) //nolint:gosec // the user names the folder
	if errors.Is(err, fs.ErrNotExist) {
		return plainFiles(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	return manifestFiles(dir, manifest, raw)
}

func manifestFiles(dir, manifest string, raw []byte) ([]string, error) {
	var m struct {
		Stacks map[string]struct {
			SynthesizedStackPath string `json:"synthesizedStackPath"`
		} `json:"stacks"`
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("%w: %s is not the JSON that cdktf writes (%w): %s", ErrForeign, manifest, err, adviceSynth)
	}
	if len(m.Stacks) == 0 {
		return nil, fmt.Errorf("%w: %s names no stack under \"stacks\": %s", ErrForeign, manifest, adviceSynth)
	}
	var files []string
	for name, s := range m.Stacks {
		if !filepath.IsLocal(s.SynthesizedStackPath) {
			return nil, fmt.Errorf("%w: %s: stacks.%s.synthesizedStackPath is %q, a path inside %s is wanted", ErrForeign, manifest, name, s.SynthesizedStackPath, dir)
		}
		files = append(files, filepath.Join(dir, s.SynthesizedStackPath))
	}
	slices.Sort(files)
	return files, nil
}

func plainFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list folder %s: %w", dir, err)
	}
	var files []string
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), suffix) {
			files = append(files, filepath.Join(dir, entry.Name()))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%w: folder %s holds neither manifest.json nor a file *%s: %s", ErrNotSynthesized, dir, suffix, adviceSynth)
	}
	return files, nil
}

func readStack(file string) (*stack, error) {
	raw, err := os.ReadFile(file) //nolint:gosec // the user names the folder
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: the manifest names %s, which does not exist: %s", ErrNotSynthesized, file, adviceSynth)
	}
	if err != nil {
		return nil, fmt.Errorf("read stack: %w", err)
	}
	s, err := parseStack(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}
