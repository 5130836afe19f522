// Package pgtest runs real PostgreSQL servers (15 or newer) in temporary
// directories: with TLS from an authority of its own, with streaming replicas,
// and with the faults that a database has in earnest: stopped in every way,
// suspended, out of connections, cut off, promoted, its replay held up.
//
// Each server listens on a loopback address and port of its own and keeps both
// when it is restarted. Nothing stays behind: servers die with the process
// that started them (Linux), Close removes a server's files, Cleanup what the
// servers shared, and what a killed process left is removed by the next one.
//
// PostgreSQL refuses to run as root; then its programs are run as the system
// user postgres.
package pgtest
