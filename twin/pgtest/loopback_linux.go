package pgtest

import (
	"crypto/rand"
	"fmt"
)

// loopback draws an address of this machine from 127.64.0.0/10.
func loopback() string {
	var b [3]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return fmt.Sprintf("127.%d.%d.%d", 64+b[0]%64, b[1], 1+b[2]%254)
}
