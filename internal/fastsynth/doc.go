// Package fastsynth makes synthesis with prebuilt bindings fast, without
// anything to declare or to keep up.
//
// Nearly all of a plain synthesis is spent on what the program never uses:
// Node loads the two thousand modules that the AWS bindings' index names, and
// parses a description of 119 MB. Here the index is lazy, and the description
// holds the types that were asked for before; a type that is new is taken
// from the full one and remembered. jsii's relay process is left out as well.
// What is synthesized is the same to the byte.
//
// # Use
//
// Call Enable before the first construct and the function that it returns
// after the last, in main as in a TestMain:
//
//	func TestMain(m *testing.M) {
//		stop := fastsynth.Enable(fastsynth.Options{})
//		code := m.Run()
//		if err := stop(); err != nil {
//			fmt.Fprintln(os.Stderr, err)
//		}
//		os.Exit(code)
//	}
//
// # When it stands back
//
// Where the runtime or the bindings do not look as expected, synthesis goes
// the plain way, and one line on standard error says why. PGDR_FAST_SYNTH=off
// turns everything off. PGDR_CACHE_DIR moves the cache (default: pgdr in the
// user's cache folder); the cache may be deleted at any time.
//
// # Temporary files
//
// Everything that Node, jsii and cdktf write on the way goes into one folder
// that is removed at the end, after an error too. What a killed process left
// is removed by the next one.
package fastsynth
