package review

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// Byte order marks, with which a file says how its text is encoded.
var (
	markUTF8    = []byte("\xef\xbb\xbf")
	markUTF16LE = []byte("\xff\xfe")
	markUTF16BE = []byte("\xfe\xff")
)

// inUTF8 returns the text of a file as UTF-8 and without a byte order mark.
// PowerShell's `>` writes UTF-16 (5.1) or UTF-8 with a mark; JSON may have
// neither (RFC 8259, section 8.1). The fault is "" if the text can be read.
func inUTF8(raw []byte) (text []byte, fault string) {
	if text, marked := bytes.CutPrefix(raw, markUTF8); marked {
		return text, ""
	}
	order, text := utf16Order(raw)
	if order == nil {
		return raw, ""
	}
	if len(text)%2 != 0 {
		return nil, "is UTF-16 text that ends in the middle of a character: it is truncated"
	}
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = order.Uint16(text[2*i:])
	}
	return []byte(string(utf16.Decode(units))), ""
}

// utf16Order is the byte order of UTF-16, with or without a mark, and the text
// without it. The order is nil for any other text: JSON begins with ASCII, of
// which UTF-16 makes a zero byte and another.
func utf16Order(raw []byte) (binary.ByteOrder, []byte) {
	switch {
	case bytes.HasPrefix(raw, markUTF16LE):
		return binary.LittleEndian, raw[2:]
	case bytes.HasPrefix(raw, markUTF16BE):
		return binary.BigEndian, raw[2:]
	case len(raw) < 2 || bytes.HasPrefix(raw, []byte("PK")):
		return nil, raw
	case raw[0] != 0 && raw[1] == 0:
		return binary.LittleEndian, raw
	case raw[0] == 0 && raw[1] != 0:
		return binary.BigEndian, raw
	default:
		return nil, raw
	}
}
