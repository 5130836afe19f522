package api

import (
	"net/http"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/kms"
)

func kmsService() *service {
	return &service{
		name: KMS, prefix: "kms", signing: "kms", denied: "AccessDeniedException",
		protocol:   jsonProtocol{version: "1.1", target: "TrentService"},
		throttled:  Error{Code: "ThrottlingException", Message: "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."},
		broken:     Error{Code: "KMSInternalException", Message: "The request was rejected because an internal exception occurred. The request can be retried.", Status: http.StatusInternalServerError},
		operations: map[string]func(*call) (any, error){"DescribeKey": describeKey},
	}
}

// epoch is a moment as the JSON protocols have it: seconds since 1970.
type epoch float64

func epochOf(t time.Time) *epoch {
	if t.IsZero() {
		return nil
	}
	e := epoch(float64(t.UnixMilli()) / 1000)
	return &e
}

type keyMetadata struct {
	KeyID                    string `json:"KeyId"`
	Arn                      string
	AWSAccountID             string `json:"AWSAccountId"`
	CreationDate             *epoch
	DeletionDate             *epoch `json:",omitempty"`
	Description              string
	Enabled                  bool
	KeyState                 string
	KeyManager               string
	KeyUsage                 string
	KeySpec                  string
	CustomerMasterKeySpec    string
	Origin                   string
	EncryptionAlgorithms     []string `json:",omitempty"`
	MultiRegion              bool
	MultiRegionConfiguration *multiRegion `json:",omitempty"`
}

type multiRegion struct {
	MultiRegionKeyType string
	PrimaryKey         keyPlace
	ReplicaKeys        []keyPlace
}

type keyPlace struct{ Arn, Region string }

func describeKey(c *call) (any, error) {
	var in struct{ KeyID string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	var out struct{ KeyMetadata keyMetadata }
	err := c.view(func(tx *sim.Tx) error {
		key, state := kms.FindKey(tx, c.region, in.KeyID)
		if key == nil {
			// Who may see no key of that name is not told that there is none.
			if err := c.authorize(tx, "kms:DescribeKey", c.arn("kms", "key/"+in.KeyID), nil); err != nil {
				return err
			}
			return refuse("NotFoundException", "Key '%s' does not exist", in.KeyID)
		}
		v, r, err := c.keyVerdict(tx, key, "kms:DescribeKey", nil)
		if err == nil {
			err = c.judge(v, r)
		}
		if err == nil {
			out.KeyMetadata = viewKey(tx, key, state)
		}
		return err
	})
	return out, err
}

func viewKey(tx *sim.Tx, key *sim.Resource, state kms.KeyState) keyMetadata {
	a := key.Attrs
	spec := a.Str("customer_master_key_spec") + a.Str("key_spec") // a key has the one, a replica key the other
	m := keyMetadata{
		KeyID: a.Str("key_id"), Arn: key.ARN(), AWSAccountID: tx.Account(), CreationDate: epochOf(key.Created), Description: a.Str("description"),
		Enabled: state == kms.KeyUsable, KeyState: "Enabled", KeyManager: "CUSTOMER", KeyUsage: a.Str("key_usage"), KeySpec: spec,
		CustomerMasterKeySpec: spec, Origin: "AWS_KMS", MultiRegion: a.Bool("multi_region") || a.Has("primary_key_arn"),
	}
	if spec == "SYMMETRIC_DEFAULT" {
		m.EncryptionAlgorithms = []string{spec}
	}
	switch state {
	case kms.KeyDisabled:
		m.KeyState = "Disabled"
	case kms.KeyPending:
		m.KeyState = "PendingDeletion"
		if kept := tx.FindRetained(key.Type, key.Region, func(o sim.Attrs) bool { return o.Str("arn") == key.ARN() }); kept != nil {
			m.DeletionDate = epochOf(kept.Until)
		}
	}
	if m.MultiRegion {
		m.MultiRegionConfiguration = relatives(tx, key)
	}
	return m
}

// relatives are the primary key and its replicas, whichever of them is asked.
func relatives(tx *sim.Tx, key *sim.Resource) *multiRegion {
	out := &multiRegion{MultiRegionKeyType: "PRIMARY", ReplicaKeys: []keyPlace{}}
	primary := key.ARN()
	if of := key.Attrs.Str("primary_key_arn"); of != "" {
		out.MultiRegionKeyType, primary = "REPLICA", of
	}
	arn, _ := sim.ParseARN(primary)
	out.PrimaryKey = keyPlace{primary, arn.Region}
	for _, r := range tx.List("aws_kms_replica_key", "") {
		if r.Attrs.Str("primary_key_arn") == primary {
			out.ReplicaKeys = append(out.ReplicaKeys, keyPlace{r.ARN(), r.Region})
		}
	}
	return out
}
