package s3test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
)

// callerIdentity answers STS's GetCallerIdentity, the only call without a
// bucket that comes by POST.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func callerIdentity(w http.ResponseWriter, body string) {
	form, err := url.ParseQuery(body)
	if err != nil || form.Get("Action") != "GetCallerIdentity" {
		refuse(w, http.StatusBadRequest, "InvalidAction", "this server knows GetCallerIdentity only")
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	_, _ = fmt.Fprintf(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>`+
		`<Arn>arn:aws:iam::%[1]s:user/operator</Arn><UserId>AIDATEST</UserId><Account>%[1]s</Account>`+
		`</GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>`, Account)
}

// refuse answers as S3 does when it won't.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	answer := struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: code, Message: message}
	_ = xml.NewEncoder(w).Encode(answer) // the client is gone if it fails
}
