//go:build !linux

package pgtest

import (
	"errors"
	"fmt"
)

// children is known on Linux only.
func children(int) ([]int, error) {
	return nil, fmt.Errorf("list the server's processes: %w", errors.ErrUnsupported)
}
