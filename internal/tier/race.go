//go:build race

package tier

// raced: the race detector makes everything several times slower.
const raced = true
