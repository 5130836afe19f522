package remotestate

import (
	"errors"
	"fmt"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Reasons to leave a bucket alone.
var (
	// ErrForeignOwner says that the bucket belongs to another account.
	ErrForeignOwner = errors.New("another account owns it: choose another name")
	// ErrOtherRegion says that the bucket is in another region than wanted.
	ErrOtherRegion = errors.New("a bucket can't move to another region: name its own as backend.region, or choose another name")
	// ErrOtherKey says that what is stored there is encrypted with another
	// key: to change it could lock others out of what they store.
	ErrOtherKey = errors.New("its default encryption uses another key: name that key as backend.kms_key_id, or change the bucket's yourself")
	// ErrUnverifiable says that something of the bucket can't be seen, and so
	// nothing of it is changed.
	ErrUnverifiable = errors.New("it can't be verified, so nothing was changed")
)

// RefusalError is a bucket that is left alone.
type RefusalError struct {
	// Bucket is its name.
	Bucket string
	// Reason is one of the errors above.
	Reason error
	// Cause is what was seen; nil where the reason says it all.
	Cause error
}

// Error names the bucket, the reason and what was seen.
func (e *RefusalError) Error() string {
	text := fmt.Sprintf("refuse bucket %q: %v", e.Bucket, e.Reason)
	if e.Cause != nil {
		text += fmt.Sprintf(" (%v)", e.Cause)
	}
	return text
}

// Unwrap gives the reason and the cause.
func (e *RefusalError) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Reason}
	}
	return []error{e.Reason, e.Cause}
}

func (b *Bootstrap) refuse(reason, cause error) error {
	return &RefusalError{Bucket: b.bucket.Name, Reason: reason, Cause: cause}
}

// hasCode tells whether S3 answered with one of the codes.
func hasCode(err error, codes ...string) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	for _, code := range codes {
		if api.ErrorCode() == code {
			return true
		}
	}
	return false
}

// answer is the HTTP status of a failed call, and the bucket's region if S3
// named it; 0 where there was no answer.
func answer(err error) (status int, region string) {
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) || response.Response == nil {
		return 0, ""
	}
	return response.HTTPStatusCode(), response.Response.Header.Get("X-Amz-Bucket-Region")
}
