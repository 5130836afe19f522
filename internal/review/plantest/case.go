package plantest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Case is one change to a stack, and what the review has to say about it.
type Case struct {
	// Name of the file, with its folder: "bad/public".
	Name string `json:"-"`
	// Title says what the pull request does.
	Title string `json:"title"`
	// Stack that is changed, "primary" or "replica".
	Stack string `json:"stack"`
	// Situation in which it is planned; empty: as deployed.
	Situation string `json:"situation,omitempty"`
	// Arguments of terraform plan, beyond the usual.
	Arguments []string `json:"arguments,omitempty"`
	// Secret that the change brings in: the review must not show it.
	Secret string `json:"secret,omitempty"`
	// Edit of the stack's configuration as it is synthesized.
	Edit []Edit `json:"edit"`
	// Expect is what must be found; nil: nothing that needs a human.
	Expect *Expectation `json:"expect,omitempty"`
}

// Expectation names the policy that has to find the change, and its severity.
type Expectation struct {
	Policy   string `json:"policy"`
	Severity string `json:"severity"`
}

// Situations in which changes are planned.
const (
	// AsDeployed: nothing has happened since.
	AsDeployed = ""
	// FailedOver: the replica was promoted and the old primary fenced.
	FailedOver = "failed-over"
	// PrimaryGone: failed over, and the old primary deleted.
	PrimaryGone = "primary-gone"
	// MovedBack: the data was moved back to a rebuilt primary, which was
	// imported, and the instance at the replica site deleted.
	MovedBack = "moved-back"
)

// Cases reads the cases below a folder, in the order of their names.
func Cases(folder string) ([]Case, error) {
	var cases []Case
	err := filepath.WalkDir(folder, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := os.ReadFile(file) //nolint:gosec // test data of this repository
		if err != nil {
			return err
		}
		var c Case
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		dec.DisallowUnknownFields()
		if err := dec.Decode(&c); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		name, err := filepath.Rel(folder, file)
		if err != nil {
			return err
		}
		c.Name = filepath.ToSlash(strings.TrimSuffix(name, ".json"))
		cases = append(cases, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the cases: %w", err)
	}
	slices.SortFunc(cases, func(a, b Case) int { return strings.Compare(a.Name, b.Name) })
	return cases, nil
}

// Recording holds the plans of both stacks as edits of the unchanged ones.
type Recording map[string][]Edit

// Recordings is a folder of recorded plans: the unchanged ones as NAME.json,
// and for each case what is different.
type Recordings string

// Base returns the recorded plan of an unchanged stack, condensed.
func (r Recordings) Base(stack string) (map[string]any, error) {
	raw, err := os.ReadFile(filepath.Join(string(r), stack+".json")) //nolint:gosec // test data of this repository
	if err != nil {
		return nil, fmt.Errorf("read the recorded plan: %w", err)
	}
	document, err := Decode(raw)
	if err != nil {
		return nil, err
	}
	return document.(map[string]any), nil
}

// WriteBase records the plan of an unchanged stack: a line a resource, so that
// a difference can be read.
func (r Recordings) WriteBase(stack string, condensed map[string]any) error {
	return writeJSON(filepath.Join(string(r), stack+".json"), condensed)
}

// Write records the plans of a case.
func (r Recordings) Write(name string, rec Recording) error {
	return writeJSON(filepath.Join(string(r), filepath.FromSlash(name)+".json"), rec)
}

// Read returns the recorded plans of a case as Terraform would print them.
func (r Recordings) Read(name string, stacks ...string) (map[string][]byte, error) {
	raw, err := os.ReadFile(filepath.Join(string(r), filepath.FromSlash(name)+".json")) //nolint:gosec // test data of this repository
	if err != nil {
		return nil, fmt.Errorf("read the recording: %w", err)
	}
	var rec Recording
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&rec); err != nil {
		return nil, fmt.Errorf("read the recording of %s: %w", name, err)
	}
	plans := map[string][]byte{}
	for _, stack := range stacks {
		base, err := r.Base(stack)
		if err != nil {
			return nil, err
		}
		var changed any = base // read just now, and not shared
		for _, e := range rec[stack] {
			if changed, err = e.apply(changed, e.At); err != nil {
				return nil, fmt.Errorf("the recording of %s does not fit the recorded plan: at %v: %w", name, e.At, err)
			}
		}
		if plans[stack], err = Expand(changed.(map[string]any)); err != nil {
			return nil, err
		}
	}
	return plans, nil
}

// lineDepth is how deep the recorded JSON has lines of its own: a line is then a
// resource, or an edit.
const lineDepth = 2

func writeJSON(file string, value any) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	document, err := plain(value)
	if err != nil {
		return fmt.Errorf("record %s: %w", file, err)
	}
	var out bytes.Buffer
	if err := writeLines(&out, document, lineDepth); err != nil {
		return fmt.Errorf("record %s: %w", file, err)
	}
	out.WriteByte('\n')
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return nil
}

// writeLines writes objects and arrays down to a depth with a line for each of
// what is in them.
func writeLines(out *bytes.Buffer, value any, depth int) error {
	object, isObject := value.(map[string]any)
	list, isList := value.([]any)
	if depth == 0 || len(object)+len(list) == 0 {
		return writeLine(out, value)
	}
	if isList {
		out.WriteByte('[')
		for i, v := range list {
			out.WriteString([]string{"\n", ",\n"}[min(i, 1)])
			if err := writeLines(out, v, depth-1); err != nil {
				return err
			}
		}
		out.WriteString("\n]")
	}
	if isObject {
		out.WriteByte('{')
		for i, name := range slices.Sorted(maps.Keys(object)) {
			out.WriteString([]string{"\n", ",\n"}[min(i, 1)])
			if err := writeLine(out, name); err != nil {
				return err
			}
			out.WriteByte(':')
			if err := writeLines(out, object[name], depth-1); err != nil {
				return err
			}
		}
		out.WriteString("\n}")
	}
	return nil
}

func writeLine(out *bytes.Buffer, value any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	out.Truncate(out.Len() - 1) // the encoder's line break
	return nil
}
