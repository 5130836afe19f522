package sim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// keyPolicy lets the account administer a key and services use it.
func keyPolicy(admin string, services ...string) string {
	more := ""
	for _, s := range services {
		more += `,{"Effect":"Allow","Principal":{"Service":"` + s + `"},"Action":["kms:Decrypt","kms:GenerateDataKey*"],"Resource":"*"}`
	}
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + admin + `"},"Action":"kms:*","Resource":"*"}` + more + `]}`
}

const accountRoot = "arn:aws:iam::123456789012:root"

func TestKey_RefusesPoliciesThatLockOutOrCannotBeRead(t *testing.T) {
	newWorld(t).refusesEach("aws_kms_key", east, attrs{"policy": keyPolicy(accountRoot)}, []refusal{
		{"locks the caller out", attrs{"policy": keyPolicy("arn:aws:iam::999999999999:root")}, "MalformedPolicyDocumentException"},
		{"no JSON", attrs{"policy": "{"}, "MalformedPolicyDocumentException"},
		{"no statement", attrs{"policy": `{"Version":"2012-10-17"}`}, "MalformedPolicyDocumentException"},
		{"no principal", attrs{"policy": permit("*", "kms:*")}, "MalformedPolicyDocumentException"},
		{"window too short", attrs{"deletion_window_in_days": 6}, "ValidationException"},
		{"window too long", attrs{"deletion_window_in_days": 31}, "ValidationException"},
		{"rotation too often", attrs{"enable_key_rotation": true, "rotation_period_in_days": 89}, "ValidationException"},
	})
}

func TestKey_TakesALockingPolicyWhenToldTo(t *testing.T) {
	w := newWorld(t)
	w.create("aws_kms_key", east, attrs{"policy": keyPolicy("arn:aws:iam::999999999999:root"), "bypass_policy_lockout_safety_check": true})
	key := w.create("aws_kms_key", east, attrs{})
	require.Contains(t, key.str("policy"), accountRoot)
	w.refusedUpdate(key, attrs{"policy": keyPolicy("arn:aws:iam::999999999999:root")}, "MalformedPolicyDocumentException")
	rotated := w.update(key, attrs{"enable_key_rotation": true})
	require.InDelta(t, 365, rotated.attrs["rotation_period_in_days"], 0)
}

func TestReplicaKey_SharesTheKeyIDAndRotationOfItsPrimary(t *testing.T) {
	w := newWorld(t)
	key, replica := w.keys()
	require.Equal(t, key.str("key_id"), replica.str("key_id"))
	require.Equal(t, strings.Replace(key.arn(), east, west, 1), replica.arn())
	require.Equal(t, true, replica.attrs["key_rotation_enabled"])
	w.update(key, attrs{"enable_key_rotation": false})
	require.Equal(t, false, w.read(replica)["key_rotation_enabled"])
}

func TestReplicaKey_RefusesAWrongPrimary(t *testing.T) {
	w := newWorld(t)
	key := w.create("aws_kms_key", east, attrs{"multi_region": true})
	single := w.create("aws_kms_key", east, attrs{})
	pending := w.create("aws_kms_key", east, attrs{"multi_region": true})
	w.gone(pending)
	w.refusesEach("aws_kms_replica_key", west, attrs{"primary_key_arn": key.arn()}, []refusal{
		{"no ARN", attrs{"primary_key_arn": key.id}, "InvalidArnException"},
		{"ARN of something else", attrs{"primary_key_arn": "arn:aws:sns:us-east-1:123456789012:topic"}, "InvalidArnException"},
		{"no such key", attrs{"primary_key_arn": "arn:aws:kms:us-east-1:123456789012:key/mrk-0"}, "NotFoundException"},
		{"key of one region", attrs{"primary_key_arn": single.arn()}, "UnsupportedOperationException"},
		{"pending deletion", attrs{"primary_key_arn": pending.arn()}, "KMSInvalidStateException"},
		{"window", attrs{"deletion_window_in_days": 3}, "ValidationException"},
		{"policy", attrs{"policy": "{"}, "MalformedPolicyDocumentException"},
	})
	w.refused("aws_kms_replica_key", west, attrs{"primary_key_arn": key.arn()}, "AlreadyExistsException")
	w.refused("aws_kms_replica_key", east, attrs{"primary_key_arn": key.arn()}, "AlreadyExistsException")
}

func TestKey_IsKeptUntilItsWindowIsOver(t *testing.T) {
	w := newWorld(t)
	key, replica := w.keys()
	w.gone(replica)
	w.refused("aws_kms_replica_key", west, attrs{"primary_key_arn": key.arn()}, "AlreadyExistsException")
	require.Zero(t, w.cloud.Summary().Resources["aws_kms_replica_key"][west])
	require.Equal(t, 1, w.cloud.Summary().Retained["aws_kms_replica_key"][west])
	w.clock.Advance(7*24*time.Hour - time.Second)
	require.Equal(t, 1, w.cloud.Summary().Retained["aws_kms_replica_key"][west])
	w.clock.Advance(time.Second)
	require.Empty(t, w.cloud.Summary().Retained)
	w.create("aws_kms_replica_key", west, attrs{"primary_key_arn": key.arn()})
}

func TestAlias_IsUniqueInItsRegionAndNeedsAKeyThere(t *testing.T) {
	w := newWorld(t)
	key, replica := w.keys()
	pending := w.create("aws_kms_key", east, attrs{})
	w.gone(pending)
	good := attrs{"name": "alias/db", "target_key_id": key.id}
	w.refusesEach("aws_kms_alias", east, good, []refusal{
		{"no prefix", attrs{"name": "db"}, "ValidationException"},
		{"only the prefix", attrs{"name": "alias/"}, "ValidationException"},
		{"reserved", attrs{"name": "alias/aws/db"}, "NotAuthorizedException"},
		{"no such key", attrs{"target_key_id": "mrk-0"}, "NotFoundException"},
		{"key of another region", attrs{"target_key_id": replica.arn()}, "NotFoundException"},
		{"pending deletion", attrs{"target_key_id": pending.arn()}, "KMSInvalidStateException"},
	})
	w.refused("aws_kms_alias", east, good, "AlreadyExistsException")
	alias := w.create("aws_kms_alias", west, good)
	require.Equal(t, replica.arn(), alias.str("target_key_arn"))
	require.Regexp(t, `^alias/[0-9a-f]{26}$`, w.create("aws_kms_alias", west, attrs{"target_key_id": key.id}).str("name"))
	w.refusedUpdate(alias, attrs{"target_key_id": "mrk-0"}, "NotFoundException")
}
