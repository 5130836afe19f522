package api

import (
	"net/http"

	"github.com/pgdr/pgdr/twin/sim"
)

func stsService() *service {
	return &service{
		name: STS, prefix: "sts", signing: "sts", denied: "AccessDenied",
		protocol:   queryProtocol{namespace: "https://sts.amazonaws.com/doc/2011-06-15/", version: "2011-06-15"},
		throttled:  Error{Code: "Throttling", Message: "Rate exceeded"},
		broken:     Error{Code: "InternalFailure", Message: "The request processing has failed because of an unknown error, exception or failure.", Status: http.StatusInternalServerError},
		operations: map[string]func(*call) (any, error){"GetCallerIdentity": callerIdentity},
	}
}

// callerIdentity needs no permission, and can't even be denied.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func callerIdentity(c *call) (any, error) {
	var unique string
	err := c.view(func(tx *sim.Tx) error {
		if role := tx.FindBy("aws_iam_role", sim.Global, "arn", c.caller.Role); role != nil {
			unique = role.Attrs.Str("unique_id")
			return nil
		}
		return c.service.stranger()
	})
	session := c.caller.Session
	if session == "" {
		session = "session"
	}
	return struct {
		Arn     string
		UserID  string `xml:"UserId"`
		Account string
	}{c.session(), unique + ":" + session, c.cloud.Account()}, err
}
