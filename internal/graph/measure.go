package graph

import "strings"

// Advance widths of Helvetica's printable ASCII, in thousandths of an em, from
// Adobe's font metrics. The fonts that viewers have instead are near enough
// once widened by slack.
var advance = [...]int{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, // space to /
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, // 0 to ?
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, // @ to O
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, // P to _
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, // ` to o
	556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, // p to ~
}

// slackPercent widens Helvetica to what other system fonts take, bold more.
const (
	slackPercent     = 106
	slackBoldPercent = 114
	widestAdvance    = 1015
)

// width of a text in pixels, rounded up.
func width(s string, f font) int {
	sum := 0
	for _, r := range s {
		if i := int(r) - ' '; i >= 0 && i < len(advance) {
			sum += advance[i]
			continue
		}
		switch r {
		case '·', '’':
			sum += 278
		case '–', '…', '→':
			sum += 1000
		default:
			sum += widestAdvance
		}
	}
	slack := slackPercent
	if f.bold {
		slack = slackBoldPercent
	}
	return (sum*f.size*slack + 99999) / 100000
}

// fit shortens a text until it is no wider than the room, in pixels.
func fit(s string, f font, room int) string {
	if width(s, f) <= room {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 {
		runes = runes[:len(runes)-1]
		if short := strings.TrimRight(string(runes), " ,-") + "…"; width(short, f) <= room {
			return short
		}
	}
	return ""
}

// wrap breaks a text at spaces into at most so many lines; what does not fit
// into the last is cut there.
func wrap(s string, f font, room, lines int) []string {
	var out []string
	words := strings.Fields(s)
	for len(words) > 0 {
		if len(out) == lines-1 {
			return append(out, fit(strings.Join(words, " "), f, room))
		}
		n := 1
		for n < len(words) && width(strings.Join(words[:n+1], " "), f) <= room {
			n++
		}
		out = append(out, fit(strings.Join(words[:n], " "), f, room))
		words = words[n:]
	}
	return out
}
