package guardclient

// Paint colours words for a terminal; the zero value leaves them as they are.
type Paint bool

// SGR parameters of ECMA-48.
const (
	sgrRed    = "31"
	sgrGreen  = "32"
	sgrYellow = "33"
)

func (p Paint) in(colour, text string) string {
	if !p {
		return text
	}
	return "\x1b[1;" + colour + "m" + text + "\x1b[0m"
}

func (p Paint) red(text string) string { return p.in(sgrRed, text) }

func (p Paint) verdict(v Verdict) string {
	colour := map[Level]string{LevelOK: sgrGreen, LevelAction: sgrRed}[v.Level]
	if colour == "" {
		colour = sgrYellow
	}
	return p.in(colour, v.String())
}
