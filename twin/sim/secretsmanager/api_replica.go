package secretsmanager

import (
	"slices"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
)

// stopReplication makes the replica in the call's region a secret of its own.
// It must be called in the replica's region.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_StopReplicationToReplica.html
func stopReplication(c *api.Call) (any, error) {
	var in struct{ SecretID string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	var out struct{ ARN string }
	err := c.Update(func(tx *sim.Tx) error {
		r, deleted, err := secret(c, tx, "secretsmanager:StopReplicationToReplica", in.SecretID)
		switch {
		case err != nil:
			return err
		case !deleted.IsZero():
			return api.Refuse("InvalidRequestException", markedForDeletion)
		case r.Region == c.Region:
			return api.Refuse("InvalidRequestException", "You can't stop replication of secret %s in %s: it is not a replica secret.", r.Attrs.Str("name"), c.Region)
		}
		out.ARN = secretARN(c, r)
		standAlone(c, tx, r, out.ARN)
		return nil
	})
	return out, err
}

// standAlone makes a secret of the replica: with the versions, key and name
// that it had as one.
func standAlone(c *api.Call, tx *sim.Tx, source *sim.Resource, arn string) {
	a := source.Attrs.Clone()
	a.Set(sim.Attrs{"id": arn, "arn": arn, "kms_key_id": SecretKey(source, c.Region), "replica": []any{}})
	tx.Put(&sim.Resource{Type: typeSecret, Region: c.Region, ID: arn, Attrs: a})
	for _, v := range SecretVersions(tx, source) {
		va := v.Attrs.Clone()
		id := arn + "|" + v.Attrs.Str("version_id")
		va.Set(sim.Attrs{"id": id, "secret_id": arn, "arn": arn})
		tx.Put(&sim.Resource{Type: typeSecretVersion, Region: c.Region, ID: id, Attrs: va, Hidden: v.Hidden.Clone(), Created: v.Created})
	}
	left := slices.DeleteFunc(source.Attrs.Blocks("replica"), func(b sim.Attrs) bool { return b.Str("region") == c.Region })
	tx.Edit(source).Attrs.Set(sim.Attrs{"replica": left})
}
