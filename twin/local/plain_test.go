package local

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlain_KeepsTheWordsAndDropsWhatIsForATerminal(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"plain text":              {"one\ntwo\n", "one\ntwo\n"},
		"colours":                 {"\x1b[31mError:\x1b[0m no\n", "Error: no\n"},
		"a repainted line":        {"\x1b[2K\x1b[1A\x1b[2K\x1b[Gdone\n", "done\n"},
		"a line returned over":    {" 10%\r 50%\r100%\n", "100%\n"},
		"windows line ends":       {"one\r\ntwo\r\n", "one\ntwo\n"},
		"boxes and other scripts": {"╷\n│ Error: größer\n", "╷\n│ Error: größer\n"},
	} {
		t.Run(name, func(t *testing.T) {
			for size := 1; size <= len(tt.in); size++ { // however the text is cut
				var out bytes.Buffer
				p := newPlain(&out)
				for rest := []byte(tt.in); len(rest) > 0; {
					part := rest[:min(size, len(rest))]
					n, err := p.Write(part)
					require.NoError(t, err)
					require.Equal(t, len(part), n)
					rest = rest[n:]
				}
				require.Equal(t, tt.want, out.String(), "in parts of %d", size)
			}
		})
	}
}
