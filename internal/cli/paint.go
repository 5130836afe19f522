package cli

// Paint colours words for a terminal; the zero value leaves them as they are.
type Paint bool

// SGR parameters of ECMA-48.
const (
	sgrRed    = "31"
	sgrGreen  = "32"
	sgrYellow = "33"
)

// PaintFor says whether to colour what is written to a stream: on a terminal that
// can, unless NO_COLOR is set. https://no-color.org
func PaintFor(getenv func(string) string, terminal bool) Paint {
	return Paint(terminal && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb")
}

func (p Paint) in(colour, text string) string {
	if !p {
		return text
	}
	return "\x1b[1;" + colour + "m" + text + "\x1b[0m"
}

// Red is for what is bad, or needs a person now.
func (p Paint) Red(text string) string { return p.in(sgrRed, text) }

// Green is for what is well.
func (p Paint) Green(text string) string { return p.in(sgrGreen, text) }

// Yellow is for what is neither.
func (p Paint) Yellow(text string) string { return p.in(sgrYellow, text) }
