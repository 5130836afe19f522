package network

import (
	"errors"
	"io"
	"net"
)

// held is how many bytes wait in one direction before the sender is no longer
// read from, as if the receiver's window were full.
const held = 64 << 10

// ending is how one side of a connection ended.
type ending int

const (
	going ending = iota
	finished
	broken
)

// pipe is one direction of a connection.
type pipe struct {
	buf   []byte
	ended ending
	// shut: nothing gets through, not even the end.
	shut bool
	// done: the end was passed on, or the receiver is gone.
	done bool
}

// fill takes what a side sends.
func (f *flow) fill(p *pipe, from *net.TCPConn) {
	chunk := make([]byte, 32<<10)
	for {
		f.wait(func() bool { return len(p.buf) < held || p.done })
		n, err := from.Read(chunk)
		f.mu.Lock()
		if !p.done {
			p.buf = append(p.buf, chunk[:n]...)
		}
		switch {
		case errors.Is(err, io.EOF):
			p.ended = finished
		case err != nil:
			p.ended = broken
		}
		over := p.ended != going || f.dead
		f.changed.Broadcast()
		f.mu.Unlock()
		if over {
			return
		}
	}
}

// drain passes it on, while the direction is not shut.
func (f *flow) drain(p *pipe, to *net.TCPConn) {
	for {
		f.wait(func() bool { return !p.shut && (len(p.buf) > 0 || p.ended != going) })
		f.mu.Lock()
		buf, ended, dead := p.buf, p.ended, f.dead
		p.buf = nil
		f.mu.Unlock()
		if dead {
			return
		}
		_, err := to.Write(buf)
		if err == nil && ended == going {
			f.mu.Lock()
			f.changed.Broadcast() // there is room again
			f.mu.Unlock()
			continue
		}
		switch {
		case ended == finished && err == nil:
			_ = to.CloseWrite() // the receiver may be gone already
		default:
			reset(to)
		}
		f.mu.Lock()
		p.done = true
		f.changed.Broadcast()
		f.mu.Unlock()
		return
	}
}
