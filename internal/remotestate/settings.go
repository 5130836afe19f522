package remotestate

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// setting is one thing that a state bucket needs.
type setting struct {
	name, wanted string
	inspect      func(context.Context) (Finding, error)
}

// settings are in the order in which they are set: closed to others first.
func (b *Bootstrap) settings() []setting {
	return []setting{
		{"public access block", wantedBlock, b.inspectBlock},
		{"object ownership", wantedOwnership, b.inspectOwnership},
		{"policy", wantedPolicy, b.inspectPolicy},
		{"encryption", b.wantedEncryption(), b.inspectEncryption},
		{"versioning", string(types.BucketVersioningStatusEnabled), b.inspectVersioning},
	}
}

// unseen refuses the bucket because one of its settings can't be read.
func (b *Bootstrap) unseen(what string, err error) error {
	return b.refuse(ErrUnverifiable, fmt.Errorf("read its %s: %w", what, err))
}

const wantedBlock = "everything public blocked"

func (b *Bootstrap) inspectBlock(ctx context.Context) (Finding, error) {
	out, err := b.s3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &b.bucket.Name, ExpectedBucketOwner: &b.bucket.Account})
	f := Finding{Found: "none", Wanted: wantedBlock}
	switch {
	case hasCode(err, "NoSuchPublicAccessBlockConfiguration"):
	case err != nil:
		return f, b.unseen("public access block", err)
	default:
		c := out.PublicAccessBlockConfiguration
		f.Right = aws.ToBool(c.BlockPublicAcls) && aws.ToBool(c.BlockPublicPolicy) && aws.ToBool(c.IgnorePublicAcls) && aws.ToBool(c.RestrictPublicBuckets)
		f.Found = "only a part of it blocked"
		if f.Right {
			f.Found = wantedBlock
		}
	}
	yes := aws.Bool(true)
	f.set = func(ctx context.Context) error {
		_, err := b.s3.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
			Bucket: &b.bucket.Name, ExpectedBucketOwner: &b.bucket.Account,
			PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
				BlockPublicAcls: yes, BlockPublicPolicy: yes, IgnorePublicAcls: yes, RestrictPublicBuckets: yes,
			},
		})
		return err
	}
	return f, nil
}

// wantedOwnership turns ACLs off: one could let another account read, which
// the public access block doesn't stop.
const wantedOwnership = string(types.ObjectOwnershipBucketOwnerEnforced)

func (b *Bootstrap) inspectOwnership(ctx context.Context) (Finding, error) {
	out, err := b.s3.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: &b.bucket.Name, ExpectedBucketOwner: &b.bucket.Account})
	f := Finding{Found: "ACLs in force", Wanted: wantedOwnership}
	switch {
	case hasCode(err, "OwnershipControlsNotFoundError"):
	case err != nil:
		return f, b.unseen("object ownership", err)
	default:
		if rules := out.OwnershipControls.Rules; len(rules) > 0 {
			f.Found = string(rules[0].ObjectOwnership)
		}
		f.Right = f.Found == wantedOwnership
	}
	f.set = func(ctx context.Context) error {
		_, err := b.s3.PutBucketOwnershipControls(ctx, &s3.PutBucketOwnershipControlsInput{
			Bucket: &b.bucket.Name, ExpectedBucketOwner: &b.bucket.Account,
			OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced}}},
		})
		return err
	}
	return f, nil
}

func (b *Bootstrap) wantedEncryption() string {
	if b.bucket.KMSKeyID != "" {
		return "aws:kms with " + b.bucket.KMSKeyID
	}
	return string(types.ServerSideEncryptionAes256)
}

// inspectEncryption: a key that was chosen is never taken away, because
// that would weaken what others store there; nor is it swapped for another.
func (b *Bootstrap) inspectEncryption(ctx context.Context) (Finding, error) {
	out, err := b.s3.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &b.bucket.Name, ExpectedBucketOwner: &b.bucket.Account})
	f := Finding{Found: "none", Wanted: b.wantedEncryption(), set: b.setEncryption}
	switch {
	case hasCode(err, "ServerSideEncryptionConfigurationNotFoundError"):
		return f, nil
	case err != nil:
		return f, b.unseen("encryption", err)
	case len(out.ServerSideEncryptionConfiguration.Rules) == 0 || out.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault == nil:
		return f, nil
	}
	rule := out.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault
	f.Found = string(rule.SSEAlgorithm)
	if rule.SSEAlgorithm == types.ServerSideEncryptionAes256 {
		f.Right = b.bucket.KMSKeyID == ""
		return f, nil
	}
	key := aws.ToString(rule.KMSMasterKeyID)
	if key != "" {
		f.Found += " with " + key
	}
	if b.bucket.KMSKeyID != "" && key != b.bucket.KMSKeyID {
		return f, b.refuse(ErrOtherKey, fmt.Errorf("found %s, wanted %s", f.Found, f.Wanted))
	}
	f.Right = true
	return f, nil
}

// setEncryption turns the bucket key on with a KMS key: one call to KMS serves
// many objects.
func (b *Bootstrap) setEncryption(ctx context.Context) error {
	rule := types.ServerSideEncryptionRule{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAes256}}
	if b.bucket.KMSKeyID != "" {
		rule.BucketKeyEnabled = aws.Bool(true)
		rule.ApplyServerSideEncryptionByDefault = &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAwsKms, KMSMasterKeyID: &b.bucket.KMSKeyID}
	}
	_, err := b.s3.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
		Bucket: &b.bucket.Name, ExpectedBucketOwner: &b.bucket.Account,
		ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{rule}},
	})
	return err
}

// inspectVersioning: a state that was lost or spoilt is had back from its last
// version.
func (b *Bootstrap) inspectVersioning(ctx context.Context) (Finding, error) {
	out, err := b.s3.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &b.bucket.Name, ExpectedBucketOwner: &b.bucket.Account})
	f := Finding{Found: "never enabled", Wanted: string(types.BucketVersioningStatusEnabled)}
	if err != nil {
		return f, b.unseen("versioning", err)
	}
	if out.Status != "" {
		f.Found = string(out.Status)
	}
	f.Right = out.Status == types.BucketVersioningStatusEnabled
	f.set = func(ctx context.Context) error {
		_, err := b.s3.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
			Bucket: &b.bucket.Name, ExpectedBucketOwner: &b.bucket.Account,
			VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
		})
		return err
	}
	return f, nil
}
