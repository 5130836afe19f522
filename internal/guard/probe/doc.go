// Package probe looks at the two databases over SQL: at the writer through the
// peering (path 1), and at the replica, whose WAL receiver is a witness that
// does not use the peering (path 2). It also lets a promoted instance prove
// that it takes writes, and prepares a database for all of that.
//
// # What counts as a sign of life
//
// Every byte that comes back does: a refused password, too many connections,
// starting up, an expired certificate. What it was is told by class and
// detail, and none of it is silence. An accepted TCP connection is no reply,
// because the kernel accepts without the database. So the dialler watches the
// bytes, and the class of a failure is taken from SQLSTATE and typed errors,
// never from their text. A look that was cut short by its caller, or that
// failed for a reason of this machine's, says nothing about the other side.
//
// # One connection a look
//
// Each look opens a new connection and closes it. That costs the server a fork
// and a TLS handshake every five seconds and proves each time what a client
// needs: a name, a route, a listener, a certificate, a free slot, a sign-in and
// a write. A connection that was kept would prove that yesterday's session
// still lives, and a half-open one would have to be told from a slow one.
// Nothing is left behind: no connection, no goroutine.
//
// # One clock
//
// Every moment that leaves this package is on the guard's clock. Three clocks
// are involved, and none of them is assumed to agree with another:
//
//   - The replica's. What it knows by its own clock (when the last message
//     came) is read as an age, in the same statement as clock_timestamp(), and
//     taken off the guard's time. The error is the time of one round trip: a
//     sign of life is dated as late, a position as early as that allows.
//   - The primary's. Commit times and send times in the WAL are by its clock.
//     Each heartbeat row holds the same moment twice, by the guard's clock and
//     by the primary's, and is replicated; the replica's last heartbeat
//     converts one into the other, in any process, even when the primary is
//     gone. The error is the time between the guard's reading of its clock and
//     the primary's of its own, under a second as a rule, and always makes the
//     commit look older: the loss is over-, not underestimated. A step of the
//     primary's clock shows for as long as no newer heartbeat is replayed,
//     five seconds as a rule. Without a heartbeat there is no commit time.
package probe
