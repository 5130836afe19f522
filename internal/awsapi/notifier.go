package awsapi

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

// Limits of a message:
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
const (
	// subjectLimit is in characters, which are ASCII.
	subjectLimit = 100
	// bodyLimit is in bytes.
	bodyLimit = 256 * 1024
	cutMark   = "\n[cut: the rest is in the guard's log]"
)

// Notifier is engine.Notifier on an SNS topic.
type Notifier struct {
	sns   snsAPI
	topic string
}

var _ engine.Notifier = (*Notifier)(nil)

// Notify implements engine.Notifier. A notice that SNS would refuse for its
// form is made to fit: people had better get most of it than none.
func (n *Notifier) Notify(ctx context.Context, notice engine.Notice) error {
	_, err := n.sns.Publish(ctx, &sns.PublishInput{
		TopicArn: aws.String(n.topic),
		Subject:  aws.String(fitSubject(notice.Subject)),
		Message:  aws.String(fitBody(notice.Text)),
	})
	if err != nil {
		return explain(err, "publish notice %q", notice.ID)
	}
	return nil
}

// fitSubject makes what SNS takes: printable ASCII on one line that begins with
// a letter, number or punctuation mark.
func fitSubject(subject string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r < ' ' || r > '~':
			return '?'
		default:
			return r
		}
	}, subject)
	plain = strings.TrimSpace(plain)
	if plain == "" {
		return "pgdr notice"
	}
	if len(plain) > subjectLimit {
		plain = plain[:subjectLimit-3] + "..."
	}
	return plain
}

func fitBody(text string) string {
	text = strings.ToValidUTF8(text, "?")
	if strings.TrimSpace(text) == "" {
		return "(no text)"
	}
	if len(text) <= bodyLimit {
		return text
	}
	end := bodyLimit - len(cutMark)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + cutMark
}
