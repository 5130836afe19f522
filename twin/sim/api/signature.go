package api

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// credentialScope is what a signature says of a request.
type credentialScope struct {
	accessKey, region, service string
}

var (
	credentialPattern = regexp.MustCompile(`^([A-Za-z0-9]{1,128})/(\d{8})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request$`)
	signaturePattern  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	datePattern       = regexp.MustCompile(`^\d{8}T\d{6}Z$`)
)

const algorithm = "AWS4-HMAC-SHA256"

// parseSignature reads the header of Signature Version 4. It checks the form,
// not the signature itself.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func parseSignature(h http.Header) (credentialScope, *Error) {
	header := h.Get("Authorization")
	if header == "" {
		return credentialScope{}, Refuse("MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	kind, rest, _ := strings.Cut(header, " ")
	if kind != algorithm {
		return credentialScope{}, Refuse("IncompleteSignature", "Unsupported authentication algorithm: found %q, want %s", kind, algorithm)
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[name] = value
	}
	credential := credentialPattern.FindStringSubmatch(fields["Credential"])
	signed := strings.Split(fields["SignedHeaders"], ";")
	switch {
	case credential == nil:
		return credentialScope{}, Refuse("IncompleteSignature", "Credential must have the form KEY/DATE/REGION/SERVICE/aws4_request: found %q", fields["Credential"])
	case !slices.Contains(signed, "host") || !slices.Contains(signed, "x-amz-date"):
		return credentialScope{}, Refuse("IncompleteSignature", "SignedHeaders must name host and x-amz-date: found %q", fields["SignedHeaders"])
	case !signaturePattern.MatchString(fields["Signature"]):
		return credentialScope{}, Refuse("IncompleteSignature", "Signature must be 64 hexadecimal digits: found %q", fields["Signature"])
	case !datePattern.MatchString(h.Get("X-Amz-Date")):
		return credentialScope{}, Refuse("IncompleteSignature", "X-Amz-Date must have the form YYYYMMDDTHHMMSSZ: found %q", h.Get("X-Amz-Date"))
	case !strings.HasPrefix(h.Get("X-Amz-Date"), credential[2]):
		return credentialScope{}, Refuse("SignatureDoesNotMatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: %q and %q", credential[2], h.Get("X-Amz-Date"))
	}
	return credentialScope{accessKey: credential[1], region: credential[3], service: credential[4]}, nil
}

// Addressed tells which service's endpoint of which region a signed request is
// for, by the names of its signature; ok is false for one that is not signed.
func Addressed(h http.Header) (region, service string, ok bool) {
	scope, e := parseSignature(h)
	return scope.region, scope.service, e == nil
}
