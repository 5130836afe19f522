package api

import (
	"math"
	"slices"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// Reader reads the members of a CBOR map. A member that is not there, or is of
// another type, reads as nothing.
type Reader struct{ cbor.Map }

// Only refuses members that the simulator does not know; the error names one.
func (r Reader) Only(names ...string) error {
	for name := range r.Map {
		if !slices.Contains(names, name) {
			return Refuse(CodeUnsupported, "the simulator does not know the member %s", name)
		}
	}
	return nil
}

// Text reads a string.
func (r Reader) Text(name string) string {
	s, _ := r.Map[name].(cbor.String)
	return string(s)
}

// Texts reads a list of strings; elements of another type are left out.
func (r Reader) Texts(name string) []string {
	list, _ := r.Map[name].(cbor.List)
	var out []string
	for _, v := range list {
		if s, ok := v.(cbor.String); ok {
			out = append(out, string(s))
		}
	}
	return out
}

// List reads a list of maps; elements of another type are left out.
func (r Reader) List(name string) []Reader {
	list, _ := r.Map[name].(cbor.List)
	var out []Reader
	for _, v := range list {
		if m, ok := v.(cbor.Map); ok {
			out = append(out, Reader{m})
		}
	}
	return out
}

// Number reads an integer or a float, and tells whether there is one.
func (r Reader) Number(name string) (float64, bool) { return numberOf(r.Map[name]) }

// Numbers reads a list of integers and floats; elements of another type are left
// out.
func (r Reader) Numbers(name string) []float64 {
	list, _ := r.Map[name].(cbor.List)
	var out []float64
	for _, v := range list {
		if n, ok := numberOf(v); ok {
			out = append(out, n)
		}
	}
	return out
}

func numberOf(v cbor.Value) (float64, bool) {
	switch n := v.(type) {
	case cbor.Float64:
		return float64(n), true
	case cbor.Float32:
		return float64(n), true
	case cbor.Uint:
		return float64(n), true
	case cbor.NegInt:
		return -float64(n), true
	}
	return 0, false
}

// epochTag marks a number as seconds since 1970.
const epochTag = 1

// Moment reads a time that is tagged as seconds since 1970, as UTC, and tells
// whether there is one.
func (r Reader) Moment(name string) (time.Time, bool) {
	tag, ok := r.Map[name].(*cbor.Tag)
	if !ok || tag.ID != epochTag {
		return time.Time{}, false
	}
	seconds, ok := numberOf(tag.Value)
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*1e9)).UTC(), ok
}

// CBORTime is a moment as CBOR has it: tagged, in seconds since 1970, to the
// millisecond.
func CBORTime(t time.Time) cbor.Value {
	return &cbor.Tag{ID: epochTag, Value: cbor.Float64(float64(t.UnixMilli()) / 1000)}
}

// CBORTexts is a list of strings as CBOR has it, empty for none.
func CBORTexts(list []string) cbor.List {
	out := cbor.List{}
	for _, s := range list {
		out = append(out, cbor.String(s))
	}
	return out
}
