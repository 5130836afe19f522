package simapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"os"
	"path/filepath"
)

// maxSocketPath is the longest path that a Unix socket can have everywhere:
// 104 bytes on macOS, 108 on Linux, one of them a closing zero.
const maxSocketPath = 103

// SocketPath is where the simulator of an account directory listens: beside
// its snapshot, or in the temporary directory under a name made from the
// directory's, where the path would be longer than a socket's may be.
// The directory must be absolute.
func SocketPath(dir string) string {
	path := filepath.Join(dir, "socket")
	if Fits(path) {
		return path
	}
	sum := sha256.Sum256([]byte(filepath.Clean(dir)))
	return filepath.Join(os.TempDir(), socketPrefix+hex.EncodeToString(sum[:8])+socketSuffix)
}

// Fits tells whether a socket can have a path.
func Fits(path string) bool { return len(path) <= maxSocketPath }

// Names of sockets in the temporary directory.
const socketPrefix, socketSuffix = "pgdr-", ".sock"

// SocketPattern matches the sockets in the temporary directory.
func SocketPattern() string { return filepath.Join(os.TempDir(), socketPrefix+"*"+socketSuffix) }

// Client speaks HTTP over a Unix socket. It does not connect yet, and the host of
// a URL is never resolved.
func Client(socket string) *http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial}}
}
