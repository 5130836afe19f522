package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// digest returns 32 bytes that depend on the account's seed and on the label.
func (s *state) digest(label string) [32]byte {
	buf := binary.BigEndian.AppendUint64(nil, s.Seed)
	return sha256.Sum256(append(buf, label...))
}

// NextBytes returns 32 fresh bytes: the same seed and the same order of calls give the
// same values, before and after a restart.
func (tx *Tx) NextBytes() [32]byte {
	tx.st.Counter++
	return tx.st.digest(fmt.Sprintf("counter/%d", tx.st.Counter))
}

// NewID returns an id as EC2 makes them: prefix, a dash, 17 hexadecimal digits
// of which the first is 0, for example vpc-0123456789abcdef0.
func (tx *Tx) NewID(prefix string) string {
	d := tx.NextBytes()
	return prefix + "-0" + hex.EncodeToString(d[:8])
}

// NewUUID returns a random-looking (version 4) UUID.
func (tx *Tx) NewUUID() string {
	d := tx.NextBytes()
	d[6] = d[6]&0x0f | 0x40
	d[8] = d[8]&0x3f | 0x80
	h := hex.EncodeToString(d[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// NewHex returns n hexadecimal digits, at most 64.
func (tx *Tx) NewHex(n int) string {
	d := tx.NextBytes()
	return hex.EncodeToString(d[:])[:n]
}

// The alphabets of AWS's ids, for NewText and FixedText.
const (
	LowerDigits = "abcdefghijklmnopqrstuvwxyz0123456789"
	UpperDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	UpperBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	MixedAlnum  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// NewText returns n characters of the alphabet, n at most 32.
func (tx *Tx) NewText(alphabet string, n int) string {
	return spell(tx.NextBytes(), alphabet, n)
}

// FixedText returns n characters that are always the same for this account and
// label, for example the middle part of a region's RDS endpoints.
func (tx *Tx) FixedText(label, alphabet string, n int) string {
	return spell(tx.st.digest(label), alphabet, n)
}

func spell(d [32]byte, alphabet string, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = alphabet[int(d[i])%len(alphabet)]
	}
	return string(out)
}
