package local

import (
	"bytes"
	"io"
	"regexp"
	"sync"
)

// escapes are the terminal sequences that move the cursor, erase or colour.
var escapes = regexp.MustCompile(`\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-Z\\-_]`)

// plain passes whole lines on, without what is meant for a terminal: in a
// log, the escapes of a repainted line hide the words.
type plain struct {
	mu      sync.Mutex
	out     io.Writer
	pending []byte
}

func newPlain(out io.Writer) *plain { return &plain{out: out} }

// Write takes any part of a text. An unfinished line is kept for the next.
func (p *plain) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pending = append(p.pending, text...)
	for {
		end := bytes.IndexByte(p.pending, '\n')
		if end < 0 {
			return len(text), nil
		}
		line := cleaned(p.pending[:end])
		p.pending = p.pending[end+1:]
		if _, err := p.out.Write(append(line, '\n')); err != nil {
			return 0, err
		}
	}
}

// cleaned is what a reader would see of a line at last: no escapes, and of
// text that was returned over only the end.
func cleaned(line []byte) []byte {
	line = bytes.TrimRight(escapes.ReplaceAll(line, nil), "\r ")
	if again := bytes.LastIndexByte(line, '\r'); again >= 0 {
		line = line[again+1:]
	}
	return bytes.Clone(line)
}
