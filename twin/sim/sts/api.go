package sts

import (
	"net/http"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
)

// API is the face of the service for SDKs.
func API() *api.Service {
	return &api.Service{
		Name: api.STS, Prefix: "sts", Signing: "sts", Denied: "AccessDenied",
		Protocol:   api.QueryProtocol{Namespace: "https://sts.amazonaws.com/doc/2011-06-15/", Version: "2011-06-15"},
		Throttled:  api.Error{Code: "Throttling", Message: "Rate exceeded"},
		Broken:     api.Error{Code: "InternalFailure", Message: "The request processing has failed because of an unknown error, exception or failure.", Status: http.StatusInternalServerError},
		Operations: map[string]func(*api.Call) (any, error){"GetCallerIdentity": callerIdentity},
	}
}

// callerIdentity needs no permission, and can't even be denied.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func callerIdentity(c *api.Call) (any, error) {
	var unique string
	err := c.View(func(tx *sim.Tx) error {
		if role := tx.FindBy("aws_iam_role", sim.Global, "arn", c.Caller.Role); role != nil {
			unique = role.Attrs.Str("unique_id")
			return nil
		}
		return c.Service.Stranger()
	})
	session := c.Caller.Session
	if session == "" {
		session = "session"
	}
	return struct {
		Arn     string
		UserID  string `xml:"UserId"`
		Account string
	}{c.Session(), unique + ":" + session, c.Cloud.Account()}, err
}
