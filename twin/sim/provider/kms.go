package provider

import (
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// kmsTraits are of internal/service/kms: key.go, alias.go, replica_key.go.
func kmsTraits() map[string]*traits {
	return map[string]*traits{
		"aws_kms_key": {
			replace: words("custom_key_store_id customer_master_key_spec key_usage multi_region xks_key_id"),
			defaults: map[string]any{
				"bypass_policy_lockout_safety_check": false, "customer_master_key_spec": "SYMMETRIC_DEFAULT",
				"enable_key_rotation": false, "is_enabled": true, "key_usage": "ENCRYPT_DECRYPT",
			},
			local: words("bypass_policy_lockout_safety_check deletion_window_in_days"),
			same:  map[string]sameFunc{"policy": samePolicy},
			checks: []check{
				between("deletion_window_in_days", 7, 30), between("rotation_period_in_days", 90, 2560),
				together("rotation_period_in_days", "enable_key_rotation"),
				oneOf("key_usage", "SIGN_VERIFY", "ENCRYPT_DECRYPT", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"),
				oneOf("customer_master_key_spec", "RSA_2048", "RSA_3072", "RSA_4096", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521",
					"ECC_SECG_P256K1", "SYMMETRIC_DEFAULT", "HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512", "SM2"),
				isJSON("policy"), length("description", 0, 8192),
			},
		},
		"aws_kms_alias": {
			replace: words("name name_prefix"),
			same:    map[string]sameFunc{"target_key_id": sameKey},
			checks: []check{
				conflicts("name", "name_prefix"), conflicts("name_prefix", "name"),
				matches("name", aliasPattern, "must begin with 'alias/' and be comprised of only [0-9A-Za-z_/-]"),
				matches("name_prefix", aliasPattern, "must begin with 'alias/' and be comprised of only [0-9A-Za-z_/-]"),
				without("name", regexp.MustCompile(`^alias/aws/`), "must not begin with the reserved 'alias/aws/'"),
			},
		},
		"aws_kms_replica_key": {
			replace:  words("primary_key_arn"),
			defaults: map[string]any{"bypass_policy_lockout_safety_check": false, "enabled": true},
			local:    words("bypass_policy_lockout_safety_check deletion_window_in_days"),
			same:     map[string]sameFunc{"policy": samePolicy},
			checks: []check{
				between("deletion_window_in_days", 7, 30), isARN("primary_key_arn"), isJSON("policy"), length("description", 0, 8192),
			},
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
