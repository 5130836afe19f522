package spec

import (
	"net/netip"
	"path/filepath"
	"regexp"
	"strings"
)

func checkBackend(fs *Faults, c Config) {
	switch {
	case c.UsesTwin():
		checkTwinBackend(fs, c)
	case c.Backend.Type == "s3":
		checkS3Backend(fs, c.Backend)
	case c.Backend.Type == "local":
		checkLocalBackend(fs, c.Backend)
	}
}

// checkTwinBackend holds fast what [Config.forceTwin] did: nothing local may
// reach real state.
func checkTwinBackend(fs *Faults, c Config) {
	if c.Backend != twinBackend(c.TwinDir, c.Environment) {
		fs.add("backend", "a backend that isn't the twin's", "leave the backend alone while PGDR_TWIN_DIR is set")
	}
}

// checkLocalBackend also refuses what belongs to s3: a bucket in the file
// suggests that the state is in it.
func checkLocalBackend(fs *Faults, b Backend) {
	for path, value := range map[string]string{
		"backend.bucket": b.Bucket, "backend.kms_key_id": b.KMSKeyID, "backend.region": b.Region,
	} {
		if value != "" {
			fs.add(path, quoted(value)+" with backend.type local, which doesn't use it", "set backend.type to s3, or leave it out")
		}
	}
	const path = "backend.path"
	clean := filepath.ToSlash(filepath.Clean(b.Path))
	first, _, _ := strings.Cut(clean, "/")
	switch {
	case b.Path == "" || clean == "." || !filepath.IsLocal(b.Path):
		fs.add(path, quoted(b.Path), `give a folder inside the project, relative to it, such as "state"`)
	case first == "cdktf.out" || first == ".terraform" || first == "node_modules":
		fs.add(path, quoted(b.Path), "give a folder that isn't made anew and deleted: the state would be lost with it")
	case first == ".twin":
		fs.add(path, quoted(b.Path), "give another folder: .twin is for the local simulation, and real state never meets it")
	}
}

var (
	bucketPattern    = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	keyPrefixPattern = regexp.MustCompile(`^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$`)
	kmsKeyPattern    = regexp.MustCompile(`^arn:aws:kms:([a-z0-9-]+):[0-9]{12}:key/(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$`)
)

func checkS3Backend(fs *Faults, b Backend) {
	checkBucket(fs, b.Bucket)
	regionOK := checkRegion(fs, "backend.region", b.Region)
	if b.KeyPrefix != "" && !keyPrefixPattern.MatchString(b.KeyPrefix) {
		fs.add("backend.key_prefix", quoted(b.KeyPrefix), `give words between single slashes, none first or last, such as "teams/pgdr"`)
	}
	if b.KMSKeyID == "" {
		return
	}
	match := kmsKeyPattern.FindStringSubmatch(b.KMSKeyID)
	switch {
	case match == nil:
		fs.add("backend.kms_key_id", quoted(b.KMSKeyID), "give the ARN of a key: arn:aws:kms:REGION:ACCOUNT:key/ID")
	case regionOK && match[1] != b.Region:
		fs.add("backend.kms_key_id", quoted(b.KMSKeyID), "give a key in "+b.Region+", where the bucket is: S3 takes no key of another region")
	}
}

// checkBucket knows S3's naming rules, see
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
func checkBucket(fs *Faults, bucket string) {
	const path = "backend.bucket"
	if bucket == "" {
		fs.add(path, nothing, "name an existing bucket: backend.type is s3")
		return
	}
	_, notAddress := netip.ParseAddr(bucket)
	reserved := false
	for _, prefix := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		reserved = reserved || strings.HasPrefix(bucket, prefix)
	}
	for _, suffix := range []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		reserved = reserved || strings.HasSuffix(bucket, suffix)
	}
	if !bucketPattern.MatchString(bucket) || strings.Contains(bucket, "..") || notAddress == nil || reserved {
		fs.add(path, quoted(bucket), "give a name that S3 takes: 3 to 63 lower-case letters, digits, hyphens and dots, a letter or digit first and last, no address, no prefix or suffix that S3 keeps for itself")
	}
}
