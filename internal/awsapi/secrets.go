package awsapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// ErrSecretShape says that the secret does not hold what it should. The error
// names the field at fault, never what is in it.
var ErrSecretShape = errors.New("the secret is not as deployed")

// Credentials are the database administrator's. They print, log and marshal
// without the password.
type Credentials struct {
	Username string
	Password string
}

const redacted = "(redacted)"

// String, Format, MarshalJSON and LogValue keep the password to themselves.
func (c Credentials) String() string { return c.Username + ":" + redacted }

// Format is what every verb of fmt prints.
func (c Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// MarshalJSON leaves the password out.
func (c Credentials) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"username": c.Username, "password": redacted})
}

// LogValue is what slog writes.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Secrets reads the credentials from the secret of the guard's own region.
type Secrets struct {
	secrets secretsAPI
	arn     string
}

// Credentials reads the secret: JSON with username and password.
func (s *Secrets) Credentials(ctx context.Context) (Credentials, error) {
	out, err := s.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(s.arn)})
	if err != nil {
		return Credentials{}, explain(err, "read secret %s", s.arn)
	}
	var v struct {
		Username string `json:"username"`
		Password string `json:"password"`
	}
	// The decoder's own error may quote the secret.
	if json.Unmarshal([]byte(aws.ToString(out.SecretString)), &v) != nil {
		return Credentials{}, fmt.Errorf("read secret %s: found no JSON object of strings, want username and password: %w", s.arn, ErrSecretShape)
	}
	for field, value := range map[string]string{"username": v.Username, "password": v.Password} {
		if value == "" {
			return Credentials{}, fmt.Errorf("read secret %s: %s: found nothing, want text: %w", s.arn, field, ErrSecretShape)
		}
	}
	return Credentials{Username: v.Username, Password: v.Password}, nil
}
