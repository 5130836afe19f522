package s3test

import (
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// settings is the fake of what gofakes3 doesn't know of a bucket.
type settings struct {
	mu     sync.Mutex
	byName map[string]*Bucket
	denied map[string]bool
}

// Bucket is one bucket with its settings, each in the form in which it was
// sent ("" if there is none): XML, the policy JSON.
type Bucket struct {
	// Owner is an account id; empty is [Account].
	Owner string
	// Region is for example "eu-west-1".
	Region string

	Encryption, Policy, PublicAccessBlock, OwnershipControls string
}

// What S3 gives every new bucket since April 2023.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
const (
	newEncryption = `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`
	newBlock      = `<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>`
	newOwnership  = `<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>`
)

// AddBucket makes a bucket with settings that others may have chosen.
func (s *Server) AddBucket(tb testing.TB, name string, b Bucket) {
	tb.Helper()
	if b.Owner == "" {
		b.Owner = Account
	}
	answer := httptest.NewRecorder()
	s.objects.ServeHTTP(answer, httptest.NewRequestWithContext(tb.Context(), http.MethodPut, "/"+name, nil))
	if answer.Code != http.StatusOK {
		tb.Fatalf("make bucket %s: %s", name, answer.Body)
	}
	s.buckets.mu.Lock()
	defer s.buckets.mu.Unlock()
	s.buckets.byName[name] = &b
}

// Bucket is a copy of a bucket's settings; false if there is no such bucket.
func (s *Server) Bucket(name string) (Bucket, bool) {
	s.buckets.mu.Lock()
	defer s.buckets.mu.Unlock()
	b := s.buckets.byName[name]
	if b == nil {
		return Bucket{}, false
	}
	return *b, true
}

// Deny answers AccessDenied to a method on a sub-resource ("GET policy"), on
// the bucket itself ("HEAD") or to the list of buckets ("GET").
func (s *Server) Deny(what string) {
	s.buckets.mu.Lock()
	defer s.buckets.mu.Unlock()
	s.buckets.denied[what] = true
}

// Allow takes a [Server.Deny] back.
func (s *Server) Allow(what string) {
	s.buckets.mu.Lock()
	defer s.buckets.mu.Unlock()
	delete(s.buckets.denied, what)
}

// answers tells whether it answered the request: what is left is gofakes3's.
func (st *settings) answers(w http.ResponseWriter, r Request) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	part := st.part(r)
	bucket := st.byName[r.Bucket]
	switch {
	case st.denied[strings.TrimSpace(r.Method+" "+part)] && r.Key == "":
		refuse(w, http.StatusForbidden, "AccessDenied", "Access Denied")
		return true
	case r.Bucket == "":
		st.list(w, r.Query.Get("prefix"))
		return true
	case r.Method == http.MethodPut && r.Key == "" && part == "":
		return st.create(w, r, bucket)
	}
	return bucket.outOfReach(w, r) || r.Key == "" && bucket.setting(w, r, part)
}

// outOfReach tells whether the request was refused because of the bucket.
func (b *Bucket) outOfReach(w http.ResponseWriter, r Request) bool {
	switch {
	case b == nil:
		refuse(w, http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
		return true
	case b.Owner != Account || r.expectsAnother(b.Owner):
		refuse(w, http.StatusForbidden, "AccessDenied", "Access Denied")
		return true
	}
	w.Header().Set("X-Amz-Bucket-Region", b.Region)
	if b.Region != r.region() {
		refuse(w, http.StatusMovedPermanently, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.")
		return true
	}
	return false
}

// setting reads or writes a sub-resource, and tells whether it is one.
func (b *Bucket) setting(w http.ResponseWriter, r Request, part string) bool {
	field, missing := b.field(part)
	switch {
	case field == nil:
		return false
	case r.Method == http.MethodPut:
		*field = r.Body
	case r.Method == http.MethodGet && *field == "":
		refuse(w, http.StatusNotFound, missing, "The bucket has none")
	case r.Method == http.MethodGet:
		_, _ = io.WriteString(w, *field) // the client is gone if it fails
	default:
		refuse(w, http.StatusMethodNotAllowed, "MethodNotAllowed", r.Method)
	}
	return true
}

// part is the sub-resource that a request is about.
func (*settings) part(r Request) string {
	for _, name := range []string{"encryption", "policy", "publicAccessBlock", "ownershipControls", "versioning", "versions", "location", "list-type"} {
		if r.Query.Has(name) {
			return name
		}
	}
	return ""
}

// field is where a sub-resource is kept, and S3's error where there is none.
func (b *Bucket) field(part string) (*string, string) {
	switch part {
	case "encryption":
		return &b.Encryption, "ServerSideEncryptionConfigurationNotFoundError"
	case "policy":
		return &b.Policy, "NoSuchBucketPolicy"
	case "publicAccessBlock":
		return &b.PublicAccessBlock, "NoSuchPublicAccessBlockConfiguration"
	case "ownershipControls":
		return &b.OwnershipControls, "OwnershipControlsNotFoundError"
	}
	return nil, ""
}

// create tells whether the bucket is refused; gofakes3 makes it otherwise.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
func (st *settings) create(w http.ResponseWriter, r Request, old *Bucket) bool {
	var wanted struct{ LocationConstraint string }
	if r.Body != "" && xml.Unmarshal([]byte(r.Body), &wanted) != nil {
		refuse(w, http.StatusBadRequest, "MalformedXML", r.Body)
		return true
	}
	region := wanted.LocationConstraint
	if region == "" {
		region = "us-east-1"
	}
	switch {
	case old != nil && old.Owner != Account:
		refuse(w, http.StatusConflict, "BucketAlreadyExists", "The requested bucket name is not available.")
		return true
	case old != nil:
		refuse(w, http.StatusConflict, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.")
		return true
	case wanted.LocationConstraint == "us-east-1" || region != r.region():
		refuse(w, http.StatusBadRequest, "IllegalLocationConstraintException", "The location constraint is incompatible for the region specific endpoint this request was sent to.")
		return true
	}
	st.byName[r.Bucket] = &Bucket{Owner: Account, Region: region, Encryption: newEncryption, PublicAccessBlock: newBlock, OwnershipControls: newOwnership}
	return false
}

func (st *settings) list(w http.ResponseWriter, prefix string) {
	type entry struct{ Name, BucketRegion string }
	answer := struct {
		XMLName xml.Name `xml:"ListAllMyBucketsResult"`
		Buckets []entry  `xml:"Buckets>Bucket"`
	}{}
	for _, name := range slices.Sorted(maps.Keys(st.byName)) {
		if b := st.byName[name]; b.Owner == Account && strings.HasPrefix(name, prefix) {
			answer.Buckets = append(answer.Buckets, entry{name, b.Region})
		}
	}
	_ = xml.NewEncoder(w).Encode(answer) // the client is gone if it fails
}

// region is the one that the request is signed for.
func (r Request) region() string {
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	parts := strings.Split(scope, "/")
	if len(parts) < 3 {
		return ""
	}
	return parts[2]
}

func (r Request) expectsAnother(owner string) bool {
	expected := r.Header.Get("X-Amz-Expected-Bucket-Owner")
	return expected != "" && expected != owner
}
