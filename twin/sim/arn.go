package sim

import (
	"fmt"
	"strings"
)

// ARN is an Amazon resource name in its parts.
type ARN struct {
	Partition, Service, Region, Account, Resource string
}

// String joins the parts.
func (a ARN) String() string {
	return strings.Join([]string{"arn", a.Partition, a.Service, a.Region, a.Account, a.Resource}, ":")
}

// ParseARN splits an ARN; ok is false if the text is not one.
func ParseARN(text string) (arn ARN, ok bool) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[1] == "" || parts[2] == "" || parts[5] == "" {
		return ARN{}, false
	}
	return ARN{parts[1], parts[2], parts[3], parts[4], parts[5]}, true
}

// ARN builds an ARN of this account. Global services pass an empty region.
func (tx *Tx) ARN(service, region, format string, args ...any) string {
	return ARN{Partition, service, region, tx.st.Account, fmt.Sprintf(format, args...)}.String()
}

// Exists tells whether the thing is there that a message can be sent to:
// topic, queue or function.
func (tx *Tx) Exists(arn ARN) bool {
	typ := map[string]string{"sns": "aws_sns_topic", "sqs": "aws_sqs_queue", "lambda": "aws_lambda_function"}[arn.Service]
	text := arn.String()
	if arn.Service == "lambda" { // without alias or version
		if parts := strings.SplitN(arn.Resource, ":", 3); len(parts) == 3 {
			arn.Resource = parts[0] + ":" + parts[1]
			text = arn.String()
		}
	}
	return typ != "" && tx.FindBy(typ, arn.Region, "arn", text) != nil
}
