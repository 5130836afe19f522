// Package guardclient is what a person on call does with the guard: it asks the
// deployed function, tells what it answered in words, and follows a failover
// to its end. It never decides or does anything itself: all of that happens in
// the function.
package guardclient
