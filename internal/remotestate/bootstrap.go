package remotestate

import (
	"context"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Bootstrap looks at one bucket and makes it what it should be.
type Bootstrap struct {
	s3     S3
	bucket Bucket
}

// New is a Bootstrap of a bucket. The client must be one of its region.
func New(client S3, bucket Bucket) *Bootstrap {
	return &Bootstrap{s3: client, bucket: bucket}
}

// Finding is one setting of the bucket as it was found.
type Finding struct {
	// Setting is what it is about: "bucket", "versioning" …
	Setting string
	// Found is how it is, Wanted how it should be. They are equal, or the
	// same in effect, where Right.
	Found, Wanted string
	// Right says that nothing has to be changed.
	Right bool

	set func(context.Context) error
}

// Inspect looks and changes nothing. Without a bucket all that it would be
// given is wanted.
//
// Errors: [*RefusalError].
func (b *Bootstrap) Inspect(ctx context.Context) ([]Finding, error) {
	there, err := b.exists(ctx)
	if err != nil {
		return nil, err
	}
	existence := Finding{Setting: "bucket", Found: "not there", Wanted: "in " + b.bucket.Region + ", owned by " + b.bucket.Account, Right: there, set: b.create}
	if there {
		existence.Found = existence.Wanted
	}
	findings := []Finding{existence}
	for _, s := range b.settings() {
		f := Finding{Setting: s.name, Found: "not there", Wanted: s.wanted}
		if there {
			if f, err = s.inspect(ctx); err != nil {
				return nil, err
			}
			f.Setting = s.name
		}
		findings = append(findings, f)
	}
	return findings, nil
}

// Apply makes what isn't right what it should be, and returns that. After an
// error the findings before it were applied; a second run goes on from there.
//
// Errors: [*RefusalError] before anything was changed.
func (b *Bootstrap) Apply(ctx context.Context) (changed []Finding, err error) {
	findings, err := b.Inspect(ctx)
	if err != nil {
		return nil, err
	}
	if first := findings[0]; !first.Right {
		if err := first.set(ctx); err != nil {
			return nil, err
		}
		changed = append(changed, first)
		// S3 gives a new bucket some of what is wanted: look again.
		if findings, err = b.inspectSettings(ctx); err != nil {
			return changed, err
		}
	}
	for _, f := range findings {
		if f.Right {
			continue
		}
		if err := f.set(ctx); err != nil {
			return changed, fmt.Errorf("set %s of bucket %q: %w", f.Setting, b.bucket.Name, err)
		}
		changed = append(changed, f)
	}
	return changed, nil
}

func (b *Bootstrap) inspectSettings(ctx context.Context) ([]Finding, error) {
	var findings []Finding
	for _, s := range b.settings() {
		f, err := s.inspect(ctx)
		if err != nil {
			return nil, err
		}
		f.Setting = s.name
		findings = append(findings, f)
	}
	return findings, nil
}

// exists tells whether the bucket is there, and refuses it where it isn't
// ours, isn't in its region, or can't be seen.
func (b *Bootstrap) exists(ctx context.Context) (bool, error) {
	out, err := b.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &b.bucket.Name, ExpectedBucketOwner: &b.bucket.Account})
	if err == nil {
		return true, b.checkRegion(aws.ToString(out.BucketRegion))
	}
	status, region := answer(err)
	switch status {
	case http.StatusNotFound:
		return false, nil
	case http.StatusForbidden:
		return false, b.refuseUnseen(ctx, err)
	case http.StatusMovedPermanently, http.StatusBadRequest: // where S3 sends who asks in another region
		if region != "" && region != b.bucket.Region {
			return false, b.checkRegion(region)
		}
	}
	return false, b.refuse(ErrUnverifiable, err)
}

func (b *Bootstrap) checkRegion(found string) error {
	if found == b.bucket.Region {
		return nil
	}
	return b.refuse(ErrOtherRegion, fmt.Errorf("it is in %q, wanted is %q", found, b.bucket.Region))
}

// refuseUnseen tells a bucket of another account from one of ours that these
// credentials may not see: S3 answers 403 to both.
func (b *Bootstrap) refuseUnseen(ctx context.Context, cause error) error {
	ours, err := b.listed(ctx)
	switch {
	case err != nil, ours:
		return b.refuse(ErrUnverifiable, cause)
	default:
		return b.refuse(ErrForeignOwner, cause)
	}
}

// listed tells whether the account's own list of buckets has the name.
func (b *Bootstrap) listed(ctx context.Context) (bool, error) {
	pages := s3.NewListBucketsPaginator(b.s3, &s3.ListBucketsInput{Prefix: &b.bucket.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, fmt.Errorf("list own buckets: %w", err)
		}
		for _, bucket := range page.Buckets {
			if aws.ToString(bucket.Name) == b.bucket.Name {
				return true, nil
			}
		}
	}
	return false, nil
}

// verifyOwner is for a bucket that appeared between the look and the making.
func (b *Bootstrap) verifyOwner(ctx context.Context) error {
	there, err := b.exists(ctx)
	if err == nil && !there {
		err = b.refuse(ErrUnverifiable, nil)
	}
	return err
}
