package review

import (
	"regexp"
	"strings"
)

// markup are characters by which a value could become markup: names and tags
// come from the author of the pull request.
var markup = strings.NewReplacer(
	"\\", "\\\\", "|", "\\|", "<", "&lt;", ">", "&gt;", "`", "'", "*", "\\*", "[", "\\[", "]", "\\]", "\r", " ", "\n", " ",
)

// acting are words that GitHub makes a mention, a link, a reference or a formula
// of: @team, https://example.com, #1, $x$. In code it leaves them as they are.
var acting = regexp.MustCompile(`\S*(?:@|#|\$|://|(?i:www\.)|(?i:gh-)[0-9])\S*`)

// safe is a text in which nothing is markup.
func safe(text string) string {
	var b strings.Builder
	from := 0
	for _, word := range acting.FindAllStringIndex(text, -1) {
		b.WriteString(markup.Replace(text[from:word[0]]))
		b.WriteString("`" + code(text[word[0]:word[1]]) + "`")
		from = word[1]
	}
	b.WriteString(markup.Replace(text[from:]))
	return b.String()
}

// verbatim are those that end code, or a table's cell: code knows no escapes.
var verbatim = strings.NewReplacer("`", "'", "<", "‹", ">", "›", "|", "¦", "\r", " ", "\n", " ")

func code(text string) string { return verbatim.Replace(text) }

func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
