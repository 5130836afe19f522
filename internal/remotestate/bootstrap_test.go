package remotestate_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/remotestate"
	"github.com/pgdr/pgdr/internal/remotestate/s3test"
)

const (
	west  = "eu-west-1"
	key   = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-96ef-1234567890ab"
	aes   = `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`
	kms   = `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>arn:aws:kms:eu-west-1:123456789012:key/theirs</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`
	state = "acme-state"
)

func client(s *s3test.Server, region string) *s3.Client {
	return s3.New(s3.Options{
		Region: region, HTTPClient: s.Client(), BaseEndpoint: aws.String(s.Endpoint()), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIATEST000000000001", "not-a-secret", ""),
	})
}

func bucket() remotestate.Bucket {
	return remotestate.Bucket{Name: state, Region: west, Account: s3test.Account}
}

func bootstrap(s *s3test.Server, b remotestate.Bucket) *remotestate.Bootstrap {
	return remotestate.New(client(s, b.Region), b)
}

// sent are the requests that change something, as "PUT policy".
func sent(s *s3test.Server) []string {
	var found []string
	for _, r := range s.Mutations() {
		for part := range r.Query {
			if part != "x-id" {
				found = append(found, r.Method+" "+part)
			}
		}
		if len(r.Query) == 0 {
			found = append(found, r.Method)
		}
	}
	return found
}

func settings(findings []remotestate.Finding) []string {
	var names []string
	for _, f := range findings {
		names = append(names, f.Setting)
	}
	return names
}

func TestApply_MakesABucketThatIsVersionedEncryptedAndPrivate(t *testing.T) {
	s := s3test.New(t)
	changed, err := bootstrap(s, bucket()).Apply(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"bucket", "policy", "versioning"}, settings(changed), "the rest S3 gives every new bucket")

	made, ok := s.Bucket(state)
	require.True(t, ok)
	require.Equal(t, west, made.Region)
	require.Contains(t, made.Encryption, "AES256")
	require.Equal(t, 4, strings.Count(made.PublicAccessBlock, ">true<"))
	require.Contains(t, made.OwnershipControls, "BucketOwnerEnforced")
	require.JSONEq(t, `{"Version":"2012-10-17","Statement":[{
		"Sid":"NothingWithoutTLS","Effect":"Deny","Principal":"*","Action":"s3:*",
		"Resource":["arn:aws:s3:::acme-state","arn:aws:s3:::acme-state/*"],
		"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`, made.Policy)
	out, err := client(s, west).GetBucketVersioning(t.Context(), &s3.GetBucketVersioningInput{Bucket: aws.String(state)})
	require.NoError(t, err)
	require.EqualValues(t, "Enabled", out.Status)

	create := s.Mutations()[0]
	require.Equal(t, "BucketOwnerEnforced", create.Header.Get("X-Amz-Object-Ownership"))
	require.Contains(t, create.Body, "<LocationConstraint>eu-west-1</LocationConstraint>")
}

func TestApply_LeavesTheLocationOutInUsEast1(t *testing.T) {
	s := s3test.New(t)
	b := bucket()
	b.Region = "us-east-1"
	_, err := bootstrap(s, b).Apply(t.Context())
	require.NoError(t, err)
	made, _ := s.Bucket(state)
	require.Equal(t, "us-east-1", made.Region)
	require.Empty(t, s.Mutations()[0].Body)
}

func TestApply_ASecondTimeChangesNothing(t *testing.T) {
	for name, b := range map[string]remotestate.Bucket{
		"without key": bucket(),
		"with a key":  {Name: state, Region: west, Account: s3test.Account, KMSKeyID: key},
	} {
		t.Run(name, func(t *testing.T) {
			s := s3test.New(t)
			_, err := bootstrap(s, b).Apply(t.Context())
			require.NoError(t, err)
			before, _ := s.Bucket(state)
			s.Forget()
			changed, err := bootstrap(s, b).Apply(t.Context())
			require.NoError(t, err)
			require.Empty(t, changed)
			require.Empty(t, s.Mutations())
			after, _ := s.Bucket(state)
			require.Equal(t, before, after)
		})
	}
}

func TestApply_SetsOnlyWhatABucketLacks(t *testing.T) {
	s := s3test.New(t)
	s.AddBucket(t, state, s3test.Bucket{
		Region: west, Encryption: aes,
		PublicAccessBlock: `<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>`,
		OwnershipControls: `<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>`,
		Policy:            `{"Version":"2012-10-17","Id":"theirs","Statement":{"Sid":"Audit","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/audit"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-state/*","Condition":{"NumericLessThan":{"s3:max-keys":10000000000000001}}}}`,
	})
	changed, err := bootstrap(s, bucket()).Apply(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"public access block", "object ownership", "policy", "versioning"}, settings(changed))
	require.Equal(t, []string{"PUT publicAccessBlock", "PUT ownershipControls", "PUT policy", "PUT versioning"}, sent(s))
	for _, r := range s.Requests() {
		require.Equal(t, s3test.Account, r.Header.Get("X-Amz-Expected-Bucket-Owner"), "%s %v", r.Method, r.Query)
	}
	made, _ := s.Bucket(state)
	require.Contains(t, made.Policy, `"Id":"theirs"`)
	require.Contains(t, made.Policy, `"Sid":"Audit"`, "the statement of others stays")
	require.Contains(t, made.Policy, "10000000000000001", "to the digit")
	require.Contains(t, made.Policy, "NothingWithoutTLS")
}

func TestApply_SetsTheKeyThatIsWanted(t *testing.T) {
	s := s3test.New(t)
	s.AddBucket(t, state, s3test.Bucket{Region: west, Encryption: aes})
	b := bucket()
	b.KMSKeyID = key
	_, err := bootstrap(s, b).Apply(t.Context())
	require.NoError(t, err)
	made, _ := s.Bucket(state)
	require.Contains(t, made.Encryption, "<SSEAlgorithm>aws:kms</SSEAlgorithm>")
	require.Contains(t, made.Encryption, "<KMSMasterKeyID>"+key+"</KMSMasterKeyID>")
	require.Contains(t, made.Encryption, "<BucketKeyEnabled>true</BucketKeyEnabled>")
}

func TestApply_NeverTakesAKeyAway(t *testing.T) {
	s := s3test.New(t)
	s.AddBucket(t, state, s3test.Bucket{Region: west, Encryption: kms})
	changed, err := bootstrap(s, bucket()).Apply(t.Context())
	require.NoError(t, err)
	require.NotContains(t, settings(changed), "encryption")
	made, _ := s.Bucket(state)
	require.Equal(t, kms, made.Encryption)
}

func TestInspect_ChangesNothingAndSaysWhatIsMissing(t *testing.T) {
	s := s3test.New(t)
	findings, err := bootstrap(s, bucket()).Inspect(t.Context())
	require.NoError(t, err)
	require.Len(t, findings, 6)
	for _, f := range findings {
		require.False(t, f.Right, f.Setting)
	}
	require.Empty(t, s.Mutations())
	_, there := s.Bucket(state)
	require.False(t, there)
}

func TestApply_RefusesByNameAndChangesNothing(t *testing.T) {
	withKey := bucket()
	withKey.KMSKeyID = key
	for name, tt := range map[string]struct {
		bucket remotestate.Bucket
		there  s3test.Bucket
		deny   []string
		reason error
		says   string
	}{
		"of another account":         {bucket(), s3test.Bucket{Region: west, Owner: "999999999999"}, nil, remotestate.ErrForeignOwner, "another account owns it"},
		"in another region":          {bucket(), s3test.Bucket{Region: "us-east-1"}, nil, remotestate.ErrOtherRegion, `it is in "us-east-1", wanted is "eu-west-1"`},
		"with another key":           {withKey, s3test.Bucket{Region: west, Encryption: kms}, nil, remotestate.ErrOtherKey, "key/theirs"},
		"of ours, but hidden":        {bucket(), s3test.Bucket{Region: west}, []string{"HEAD"}, remotestate.ErrUnverifiable, "acme-state"},
		"of nobody knows whom":       {bucket(), s3test.Bucket{Region: west, Owner: "999999999999"}, []string{"GET"}, remotestate.ErrUnverifiable, "acme-state"},
		"with a hidden policy":       {bucket(), s3test.Bucket{Region: west}, []string{"GET policy"}, remotestate.ErrUnverifiable, "read its policy"},
		"with a hidden block":        {bucket(), s3test.Bucket{Region: west}, []string{"GET publicAccessBlock"}, remotestate.ErrUnverifiable, "read its public access block"},
		"with a hidden ownership":    {bucket(), s3test.Bucket{Region: west}, []string{"GET ownershipControls"}, remotestate.ErrUnverifiable, "read its object ownership"},
		"with hidden encryption":     {bucket(), s3test.Bucket{Region: west}, []string{"GET encryption"}, remotestate.ErrUnverifiable, "read its encryption"},
		"with hidden versioning":     {bucket(), s3test.Bucket{Region: west}, []string{"GET versioning"}, remotestate.ErrUnverifiable, "read its versioning"},
		"with a policy that is none": {bucket(), s3test.Bucket{Region: west, Policy: "null"}, nil, remotestate.ErrUnverifiable, "the policy is no object"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s3test.New(t)
			s.AddBucket(t, state, tt.there)
			for _, what := range tt.deny {
				s.Deny(what)
			}
			_, err := bootstrap(s, tt.bucket).Apply(t.Context())
			var refusal *remotestate.RefusalError
			require.ErrorAs(t, err, &refusal)
			require.Equal(t, state, refusal.Bucket)
			require.ErrorIs(t, err, tt.reason)
			require.ErrorContains(t, err, tt.says)
			require.ErrorContains(t, err, `"acme-state"`)
			require.Empty(t, s.Mutations())
		})
	}
}

func TestApply_RefusesANameThatWasTakenAMomentAgo(t *testing.T) {
	s := s3test.New(t)
	hold := s.Hold(http.MethodPut, "")
	done := make(chan error, 1)
	go func() {
		_, err := bootstrap(s, bucket()).Apply(t.Context())
		done <- err
	}()
	<-hold.Caught()
	s.AddBucket(t, state, s3test.Bucket{Region: west, Owner: "999999999999"})
	hold.Release()
	require.ErrorIs(t, <-done, remotestate.ErrForeignOwner)
}

func TestApply_GoesOnWithABucketOfOursThatWasMadeAMomentAgo(t *testing.T) {
	s := s3test.New(t)
	hold := s.Hold(http.MethodPut, "")
	done := make(chan error, 1)
	go func() {
		_, err := bootstrap(s, bucket()).Apply(t.Context())
		done <- err
	}()
	<-hold.Caught()
	s.AddBucket(t, state, s3test.Bucket{Region: west})
	hold.Release()
	require.NoError(t, <-done)
	made, _ := s.Bucket(state)
	require.Contains(t, made.Policy, "NothingWithoutTLS")
}

func TestApply_SaysWhichSettingWasRefusedAndASecondRunGoesOn(t *testing.T) {
	s := s3test.New(t)
	s.Deny("PUT policy")
	changed, err := bootstrap(s, bucket()).Apply(t.Context())
	require.ErrorContains(t, err, `set policy of bucket "acme-state"`)
	require.Equal(t, []string{"bucket"}, settings(changed))
	s.Allow("PUT policy")
	changed, err = bootstrap(s, bucket()).Apply(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"policy", "versioning"}, settings(changed))
}

func TestApply_KnowsAStatementThatDeniesWithoutTLSHoweverItIsWritten(t *testing.T) {
	const ours = `{"Sid":"x","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::acme-state","arn:aws:s3:::acme-state/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
	for name, tt := range map[string]struct {
		old, new string
		known    bool
	}{
		"as it is":             {"", "", true},
		"another Sid":          {`"Sid":"x",`, ``, true},
		"a principal in a map": {`"Principal":"*"`, `"Principal":{"AWS":["*"]}`, true},
		"an action in a list":  {`"s3:*"`, `["s3:*"]`, true},
		"a boolean":            {`"false"`, `false`, true},
		"another order":        {`["arn:aws:s3:::acme-state","arn:aws:s3:::acme-state/*"]`, `["arn:aws:s3:::acme-state/*","arn:aws:s3:::acme-state"]`, true},
		"allowed":              {`"Deny"`, `"Allow"`, false},
		"one principal":        {`"Principal":"*"`, `"Principal":{"AWS":"arn:aws:iam::123456789012:root"}`, false},
		"reading only":         {`"s3:*"`, `"s3:GetObject"`, false},
		"the objects only":     {`["arn:aws:s3:::acme-state","arn:aws:s3:::acme-state/*"]`, `"arn:aws:s3:::acme-state/*"`, false},
		"another bucket":       {`acme-state"`, `acme-stage"`, false},
		"with TLS":             {`"false"`, `"true"`, false},
		"a further condition":  {`{"Bool":{`, `{"StringEquals":{"aws:PrincipalAccount":"1"},"Bool":{`, false},
		"but not for some":     {`"Principal":"*"`, `"NotPrincipal":{"AWS":"x"},"Principal":"*"`, false},
		"no condition":         {`,"Condition":{"Bool":{"aws:SecureTransport":"false"}}`, ``, false},
	} {
		t.Run(name, func(t *testing.T) {
			statement := strings.Replace(ours, tt.old, tt.new, 1)
			require.Equal(t, tt.old == "", statement == ours, "the case replaces something")
			s := s3test.New(t)
			s.AddBucket(t, state, s3test.Bucket{Region: west, Policy: `{"Version":"2012-10-17","Statement":[` + statement + `]}`})
			findings, err := bootstrap(s, bucket()).Inspect(t.Context())
			require.NoError(t, err)
			require.Equal(t, tt.known, findings[3].Right, findings[3].Found)
		})
	}
}
