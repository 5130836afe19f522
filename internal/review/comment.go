package review

import (
	"strings"
)

// longestComment in bytes. GitHub refuses one of more than 65,536 characters;
// the rest is for who posts it to say of which commit it is.
const longestComment = 60000

// comment is the page as a comment on a pull request: the verdict always, then
// each section that fits, whole. What is cut in the middle could hide what
// follows it; what is left out is named.
func comment(r *Review) string {
	p := &page{}
	p.head(r)
	var kept []section
	var left []string
	room := longestComment - len(p.text)
	for _, s := range sections(r) {
		need := len(s.text) + len(s.title) + len("\n### \n")
		if reserve := 200 + len(strings.Join(append(left, s.what), ", ")); need+reserve > room {
			left = append(left, s.what)
			continue
		}
		room -= need
		kept = append(kept, s)
	}
	p.sections(kept)
	if len(left) > 0 {
		p.line("\n**Left out, because a comment on GitHub is limited:** %s.", strings.Join(left, ", "))
	}
	if len(others(r)) > 0 || len(left) > 0 {
		p.line("\n<sub>%sThe run's summary, and `review.md` among its artifacts, have all of it.</sub>", allChanges(len(r.Changes)))
	}
	return string(p.text)
}

func allChanges(n int) string {
	if n == 0 {
		return ""
	}
	return plural(n, "change") + " in all. "
}
