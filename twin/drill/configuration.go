package drill

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/twin/drill/scenario"
)

// errChange is wrapped by what is wrong with a change to the configuration.
var errChange = errors.New("configuration cannot be changed")

// change changes a synthesized stack as a scenario says, in its folder.
func change(stackDir string, c scenario.Change) error {
	file := filepath.Join(stackDir, "cdk.tf.json")
	text, err := os.ReadFile(file) // #nosec G304 -- the drill's own folder
	if err != nil {
		return fmt.Errorf("read the synthesized stack: %w", err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	resources, _ := doc["resource"].(map[string]any)
	if err := changeIn(resources, c); err != nil {
		return fmt.Errorf("%s stack, %s: %w", c.Stack, strings.Join(c.Path, "."), err)
	}
	text, err = json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return fmt.Errorf("write the changed stack: %w", err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return fmt.Errorf("write the changed stack: %w", err)
	}
	return nil
}

// changeIn walks to the argument and changes it.
func changeIn(resources map[string]any, c scenario.Change) error {
	at := resources
	for i, part := range c.Path {
		key, err := keyLike(at, part, i == 1)
		if i == len(c.Path)-1 && err != nil && c.Set != nil {
			key, err = part, nil // a new argument
		}
		if err != nil {
			return err
		}
		if i == len(c.Path)-1 {
			return changeAt(at, key, c)
		}
		next, ok := at[key].(map[string]any)
		if !ok {
			return fmt.Errorf("%q holds no arguments: %w", key, errChange)
		}
		at = next
	}
	return nil
}

// keyLike finds a key by its name or, where part says so, by a part that only
// one has: the names of resources end in a hash.
func keyLike(at map[string]any, name string, part bool) (string, error) {
	if _, ok := at[name]; ok {
		return name, nil
	}
	var found []string
	for key := range at {
		if part && strings.Contains(key, name) {
			found = append(found, key)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	slices.Sort(found)
	return "", fmt.Errorf("found %d of %q (%s), want one: %w", len(found), name, strings.Join(found, ", "), errChange)
}

func changeAt(at map[string]any, key string, c scenario.Change) error {
	switch {
	case c.Remove:
		delete(at, key)
	case c.Replace != "":
		text, ok := at[key].(string)
		if !ok || !strings.Contains(text, c.Replace) {
			return fmt.Errorf("%q does not hold %q: %w", key, c.Replace, errChange)
		}
		at[key] = strings.ReplaceAll(text, c.Replace, c.With)
	default:
		at[key] = c.Set
	}
	return nil
}
