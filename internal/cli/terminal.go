package cli

import (
	"os"

	"github.com/mattn/go-isatty"
)

// IsTerminal tells whether a stream is a terminal. A stream that is no file is
// none.
func IsTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}
