package remotestate

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Bucket is what the bucket should be.
type Bucket struct {
	// Name is the bucket's name.
	Name string
	// Region is its region, for example "eu-west-1".
	Region string
	// Account is the 12-digit id of the account that must own it: every call
	// names it, so that S3 refuses a bucket of the same name elsewhere.
	Account string
	// KMSKeyID is the ARN of the key for what is stored without saying how.
	// Empty: SSE-S3 (AES256), which is also what Terraform's backend asks for
	// with `encrypt` and no key. It needs no key that could be lost, disabled
	// or be in the wrong region when the state is needed most.
	KMSKeyID string
}

// S3 is what is needed of the SDK's client, which must be one of the bucket's
// region.
type S3 interface {
	HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error)
	ListBuckets(context.Context, *s3.ListBucketsInput, ...func(*s3.Options)) (*s3.ListBucketsOutput, error)
	CreateBucket(context.Context, *s3.CreateBucketInput, ...func(*s3.Options)) (*s3.CreateBucketOutput, error)
	GetBucketVersioning(context.Context, *s3.GetBucketVersioningInput, ...func(*s3.Options)) (*s3.GetBucketVersioningOutput, error)
	PutBucketVersioning(context.Context, *s3.PutBucketVersioningInput, ...func(*s3.Options)) (*s3.PutBucketVersioningOutput, error)
	GetBucketEncryption(context.Context, *s3.GetBucketEncryptionInput, ...func(*s3.Options)) (*s3.GetBucketEncryptionOutput, error)
	PutBucketEncryption(context.Context, *s3.PutBucketEncryptionInput, ...func(*s3.Options)) (*s3.PutBucketEncryptionOutput, error)
	GetBucketPolicy(context.Context, *s3.GetBucketPolicyInput, ...func(*s3.Options)) (*s3.GetBucketPolicyOutput, error)
	PutBucketPolicy(context.Context, *s3.PutBucketPolicyInput, ...func(*s3.Options)) (*s3.PutBucketPolicyOutput, error)
	GetPublicAccessBlock(context.Context, *s3.GetPublicAccessBlockInput, ...func(*s3.Options)) (*s3.GetPublicAccessBlockOutput, error)
	PutPublicAccessBlock(context.Context, *s3.PutPublicAccessBlockInput, ...func(*s3.Options)) (*s3.PutPublicAccessBlockOutput, error)
	GetBucketOwnershipControls(context.Context, *s3.GetBucketOwnershipControlsInput, ...func(*s3.Options)) (*s3.GetBucketOwnershipControlsOutput, error)
	PutBucketOwnershipControls(context.Context, *s3.PutBucketOwnershipControlsInput, ...func(*s3.Options)) (*s3.PutBucketOwnershipControlsOutput, error)
}

// create makes the bucket. S3 wants us-east-1 to be left out.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
func (b *Bootstrap) create(ctx context.Context) error {
	input := &s3.CreateBucketInput{Bucket: &b.bucket.Name, ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced}
	if b.bucket.Region != "us-east-1" {
		input.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(b.bucket.Region)}
	}
	_, err := b.s3.CreateBucket(ctx, input)
	switch {
	case hasCode(err, "BucketAlreadyExists"):
		return b.refuse(ErrForeignOwner, err)
	case hasCode(err, "BucketAlreadyOwnedByYou"): // another run made it a moment ago
		return b.verifyOwner(ctx)
	case err != nil:
		return fmt.Errorf("make bucket %q in %s: %w", b.bucket.Name, b.bucket.Region, err)
	}
	return nil
}
