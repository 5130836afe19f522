package kms

import (
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// The traits below are of internal/service/kms: key.go, alias.go, replica_key.go.

func kmsKeyTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("custom_key_store_id customer_master_key_spec key_usage multi_region xks_key_id"),
		Defaults: map[string]any{
			"bypass_policy_lockout_safety_check": false, "customer_master_key_spec": "SYMMETRIC_DEFAULT",
			"enable_key_rotation": false, "is_enabled": true, "key_usage": "ENCRYPT_DECRYPT",
		},
		Local: tf.Words("bypass_policy_lockout_safety_check deletion_window_in_days"),
		Same:  map[string]tf.SameFunc{"policy": tf.SamePolicy},
		Checks: []tf.Check{
			tf.Between("deletion_window_in_days", 7, 30), tf.Between("rotation_period_in_days", 90, 2560),
			tf.Together("rotation_period_in_days", "enable_key_rotation"),
			tf.OneOf("key_usage", "SIGN_VERIFY", "ENCRYPT_DECRYPT", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"),
			tf.OneOf("customer_master_key_spec", "RSA_2048", "RSA_3072", "RSA_4096", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521",
				"ECC_SECG_P256K1", "SYMMETRIC_DEFAULT", "HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512", "SM2"),
			tf.IsJSON("policy"), tf.Length("description", 0, 8192),
		},
	}
}

func kmsAliasTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("name name_prefix"),
		Same:    map[string]tf.SameFunc{"target_key_id": sameKey},
		Checks: []tf.Check{
			tf.Conflicts("name", "name_prefix"), tf.Conflicts("name_prefix", "name"),
			tf.Matches("name", aliasPattern, "must begin with 'alias/' and be comprised of only [0-9A-Za-z_/-]"),
			tf.Matches("name_prefix", aliasPattern, "must begin with 'alias/' and be comprised of only [0-9A-Za-z_/-]"),
			tf.Without("name", regexp.MustCompile(`^alias/aws/`), "must not begin with the reserved 'alias/aws/'"),
		},
	}
}

func kmsReplicaKeyTraits() *tf.Traits {
	return &tf.Traits{
		Replace:  tf.Words("primary_key_arn"),
		Defaults: map[string]any{"bypass_policy_lockout_safety_check": false, "deletion_window_in_days": 30, "enabled": true},
		Local:    tf.Words("bypass_policy_lockout_safety_check deletion_window_in_days"),
		Same:     map[string]tf.SameFunc{"policy": tf.SamePolicy},
		Checks: []tf.Check{
			tf.Between("deletion_window_in_days", 7, 30), tf.IsARN("primary_key_arn"), tf.IsJSON("policy"), tf.Length("description", 0, 8192),
		},
	}
}

var aliasPattern = regexp.MustCompile(`^alias/[0-9A-Za-z_/-]+$`)

// sameKey: a key's id and its ARN mean the same (suppressEquivalentKeyARNOrID).
func sameKey(old, updated cty.Value) bool {
	id := func(v cty.Value) string {
		s := v.AsString()
		return s[strings.LastIndex(s, "/")+1:]
	}
	return id(old) == id(updated)
}
