package guardclient

import (
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
)

// answerWithin bounds one call: the function's time-out, and Lambda's own start
// of it, which comes before.
const answerWithin = contract.GuardTimeout + 20*time.Second

// Target is the guard of an environment.
type Target struct {
	// Environment is the suffix of its names, for example "prod".
	Environment string
	// Region that the function is in: the replica's.
	Region string
	// Account of the environment, twelve digits; "" is that of the credentials.
	Account string
	// Flags are what was typed to choose the target, to be typed again.
	Flags []string
}

// Function is the function's name.
func (t Target) Function() string { return contract.Name(contract.FunctionName, t.Environment) }

// reference names the function to Lambda. With the account in it the
// credentials of another account are refused, whatever it has of that name.
func (t Target) reference() string {
	if t.Account == "" {
		return t.Function()
	}
	return t.Account + ":function:" + t.Function()
}

func (t Target) String() string {
	s := t.Function() + " in " + t.Region
	if t.Account != "" {
		s += ", account " + t.Account
	}
	return s
}

// Type is what to type for a command on the same target.
func (t Target) Type(command string, flags ...string) string {
	words := append([]string{"drctl guard", command}, t.Flags...)
	return strings.Join(append(words, flags...), " ")
}

// Quote writes a word as a shell reads it.
func Quote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./@:+", r)
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
