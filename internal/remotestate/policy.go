package remotestate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const wantedPolicy = "nothing without TLS"

// inspectPolicy looks for the statement that denies everything without TLS.
// Statements of others stay as they are; ours is added to them.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
func (b *Bootstrap) inspectPolicy(ctx context.Context) (Finding, error) {
	f := Finding{Found: "none", Wanted: wantedPolicy}
	document := map[string]any{"Version": "2012-10-17", "Statement": []any{}}
	out, err := b.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &b.bucket.Name, ExpectedBucketOwner: &b.bucket.Account})
	switch {
	case hasCode(err, "NoSuchBucketPolicy"):
	case err != nil:
		return f, b.unseen("policy", err)
	default:
		if document, err = parsePolicy(aws.ToString(out.Policy)); err != nil {
			return f, b.unseen("policy", err)
		}
	}
	statements := asList(document["Statement"])
	for _, s := range statements {
		if b.deniesWithoutTLS(s) {
			f.Right, f.Found = true, wantedPolicy
			return f, nil
		}
	}
	if n := len(statements); n > 0 {
		f.Found = fmt.Sprintf("%d of others, which stay, and none that denies what comes without TLS", n)
	}
	document["Statement"] = append(statements, b.tlsOnly())
	f.set = func(ctx context.Context) error { return b.putPolicy(ctx, document) }
	return f, nil
}

func (b *Bootstrap) putPolicy(ctx context.Context, document map[string]any) error {
	text, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("write the policy: %w", err)
	}
	_, err = b.s3.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
		Bucket: &b.bucket.Name, ExpectedBucketOwner: &b.bucket.Account, Policy: aws.String(string(text)),
	})
	return err
}

func (b *Bootstrap) resources() []any {
	arn := "arn:aws:s3:::" + b.bucket.Name
	return []any{arn, arn + "/*"}
}

func (b *Bootstrap) tlsOnly() map[string]any {
	return map[string]any{
		"Sid":       "NothingWithoutTLS",
		"Effect":    "Deny",
		"Principal": "*",
		"Action":    "s3:*",
		"Resource":  b.resources(),
		"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
	}
}

// deniesWithoutTLS takes any statement that has the effect of ours, whatever
// its Sid, the order of its resources and the way its lists are written. One
// with a further condition or fewer actions isn't such.
func (b *Bootstrap) deniesWithoutTLS(statement any) bool {
	s, ok := statement.(map[string]any)
	if !ok {
		return false
	}
	for key := range s {
		switch key {
		case "Sid", "Effect", "Principal", "Action", "Resource", "Condition":
		default: // NotPrincipal and the like
			return false
		}
	}
	principal := s["Principal"]
	if m, ok := principal.(map[string]any); ok && len(m) == 1 {
		principal = single(m["AWS"])
	}
	resources := asList(s["Resource"])
	condition, _ := s["Condition"].(map[string]any)
	operator, _ := condition["Bool"].(map[string]any)
	value := single(operator["aws:SecureTransport"])
	return s["Effect"] == "Deny" && principal == "*" && single(s["Action"]) == "s3:*" &&
		sameSet(resources, b.resources()) &&
		len(condition) == 1 && len(operator) == 1 && (value == "false" || value == false)
}

// sameSet compares two lists of texts, whatever their order.
func sameSet(a, b []any) bool {
	texts := func(list []any) []string {
		var found []string
		for _, v := range list {
			found = append(found, fmt.Sprint(v))
		}
		slices.Sort(found)
		return found
	}
	return slices.Equal(texts(a), texts(b))
}

// asList is a policy's "one or several".
func asList(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{value}
}

func single(value any) any {
	if list, ok := value.([]any); ok && len(list) == 1 {
		return list[0]
	}
	return value
}

// parsePolicy keeps numbers as they are written.
func parsePolicy(text string) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var document map[string]any
	if err := decoder.Decode(&document); err != nil {
		return nil, fmt.Errorf("parse the policy: %w", err)
	}
	if document == nil {
		return nil, errors.New("the policy is no object")
	}
	return document, nil
}
