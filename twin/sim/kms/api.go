package kms

import (
	"net/http"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
)

// API is the face of the service for SDKs.
func API() *api.Service {
	return &api.Service{
		Name: api.KMS, Prefix: "kms", Signing: "kms", Denied: "AccessDeniedException",
		Protocol:   api.JSONProtocol{Version: "1.1", Target: "TrentService"},
		Throttled:  api.Error{Code: "ThrottlingException", Message: "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."},
		Broken:     api.Error{Code: "KMSInternalException", Message: "The request was rejected because an internal exception occurred. The request can be retried.", Status: http.StatusInternalServerError},
		Operations: map[string]func(*api.Call) (any, error){"DescribeKey": describeKey},
	}
}

type keyMetadata struct {
	KeyID                    string `json:"KeyId"`
	Arn                      string
	AWSAccountID             string `json:"AWSAccountId"`
	CreationDate             *api.Epoch
	DeletionDate             *api.Epoch `json:",omitempty"`
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

func describeKey(c *api.Call) (any, error) {
	var in struct{ KeyID string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	var out struct{ KeyMetadata keyMetadata }
	err := c.View(func(tx *sim.Tx) error {
		key, state := FindKey(tx, c.Region, in.KeyID)
		if key == nil {
			// Who may see no key of that name is not told that there is none.
			if err := c.Authorize(tx, "kms:DescribeKey", c.ARN("kms", "key/"+in.KeyID), nil); err != nil {
				return err
			}
			return api.Refuse("NotFoundException", "Key '%s' does not exist", in.KeyID)
		}
		v, r, err := keyVerdict(c, tx, key, "kms:DescribeKey", nil)
		if err == nil {
			err = c.Judge(v, r)
		}
		if err == nil {
			out.KeyMetadata = viewKey(tx, key, state)
		}
		return err
	})
	return out, err
}

func viewKey(tx *sim.Tx, key *sim.Resource, state KeyState) keyMetadata {
	a := key.Attrs
	spec := a.Str("customer_master_key_spec") + a.Str("key_spec") // a key has the one, a replica key the other
	m := keyMetadata{
		KeyID: a.Str("key_id"), Arn: key.ARN(), AWSAccountID: tx.Account(), CreationDate: api.EpochOf(key.Created), Description: a.Str("description"),
		Enabled: state == KeyUsable, KeyState: "Enabled", KeyManager: "CUSTOMER", KeyUsage: a.Str("key_usage"), KeySpec: spec,
		CustomerMasterKeySpec: spec, Origin: "AWS_KMS", MultiRegion: a.Bool("multi_region") || a.Has("primary_key_arn"),
	}
	if spec == "SYMMETRIC_DEFAULT" {
		m.EncryptionAlgorithms = []string{spec}
	}
	switch state {
	case KeyDisabled:
		m.KeyState = "Disabled"
	case KeyPending:
		m.KeyState = "PendingDeletion"
		if kept := tx.FindRetained(key.Type, key.Region, func(o sim.Attrs) bool { return o.Str("arn") == key.ARN() }); kept != nil {
			m.DeletionDate = api.EpochOf(kept.Until)
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
