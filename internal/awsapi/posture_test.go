package awsapi

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

const regionalSecret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-credentials-dev-AbCdEf"

func postureOn(f *fake) *Posture {
	return &Posture{databases: fleet{engine.SitePrimary: f, engine.SiteReplica: f}, secrets: f, secret: regionalSecret, region: "eu-west-1",
		want: contract.DatabaseConfig{BackupRetentionDays: 7, MultiAZ: true, DeletionProtection: true}}
}

func protected(days int32, multiAZ, deletion bool) func(*rdstypes.DBInstance) {
	return func(db *rdstypes.DBInstance) {
		db.BackupRetentionPeriod, db.MultiAZ, db.DeletionProtection = aws.Int32(days), aws.Bool(multiAZ), aws.Bool(deletion)
	}
}

func TestPosture_AsksOnlyForWhatIsMissing(t *testing.T) {
	pending := func(days int32, multiAZ bool) func(*rdstypes.DBInstance) {
		return func(db *rdstypes.DBInstance) {
			db.PendingModifiedValues = &rdstypes.PendingModifiedValues{BackupRetentionPeriod: aws.Int32(days), MultiAZ: aws.Bool(multiAZ)}
		}
	}
	id, now := aws.String("replica-db-dev"), aws.Bool(true)
	for name, c := range map[string]struct {
		db   rdstypes.DBInstance
		want *rds.ModifyDBInstanceInput
	}{
		"all of it": {dbInstance(replica, protected(1, false, false)), &rds.ModifyDBInstanceInput{DBInstanceIdentifier: id, ApplyImmediately: now,
			BackupRetentionPeriod: aws.Int32(7), MultiAZ: aws.Bool(true), DeletionProtection: aws.Bool(true)}},
		"Multi-AZ":                    {dbInstance(replica, protected(7, false, true)), &rds.ModifyDBInstanceInput{DBInstanceIdentifier: id, ApplyImmediately: now, MultiAZ: aws.Bool(true)}},
		"backups":                     {dbInstance(replica, protected(0, true, true)), &rds.ModifyDBInstanceInput{DBInstanceIdentifier: id, ApplyImmediately: now, BackupRetentionPeriod: aws.Int32(7)}},
		"deletion protection":         {dbInstance(replica, protected(7, true, false)), &rds.ModifyDBInstanceInput{DBInstanceIdentifier: id, ApplyImmediately: now, DeletionProtection: aws.Bool(true)}},
		"nothing":                     {dbInstance(replica, protected(7, true, true)), nil},
		"nothing, a person gave more": {dbInstance(replica, protected(35, true, true)), nil},
		"nothing that is under way":   {dbInstance(replica, protected(1, false, true), pending(7, true)), nil},
		"what is about to go":         {dbInstance(replica, protected(7, true, true), pending(0, true)), &rds.ModifyDBInstanceInput{DBInstanceIdentifier: id, ApplyImmediately: now, BackupRetentionPeriod: aws.Int32(7)}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			shows(f, c.db)
			on(f, func(*rds.ModifyDBInstanceInput) (*rds.ModifyDBInstanceOutput, error) {
				return &rds.ModifyDBInstanceOutput{}, nil
			})
			if err := postureOn(f).Restore(context.Background(), replica); err != nil {
				t.Fatalf("restore: %v", err)
			}
			var got *rds.ModifyDBInstanceInput
			if in := asked[rds.ModifyDBInstanceInput](f); len(in) > 0 {
				got = in[0]
			}
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreUnexported(rds.ModifyDBInstanceInput{})); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPosture_TakesNothingAwayWhereLessIsConfigured(t *testing.T) {
	f := newFake(t)
	shows(f, dbInstance(replica, protected(7, true, true)))
	p := postureOn(f)
	p.want = contract.DatabaseConfig{BackupRetentionDays: 1}
	if err := p.Restore(context.Background(), replica); err != nil {
		t.Errorf("restore: %v, want nothing to be asked", err)
	}
}

func TestPosture_LeavesAnotherInstanceOfTheNameAlone(t *testing.T) {
	other := engine.Member{Site: engine.SiteReplica, Identifier: replica.Identifier, ResourceID: "db-OTHER"}
	f := newFake(t)
	shows(f, dbInstance(other, protected(1, false, false)))
	if err := postureOn(f).Restore(context.Background(), replica); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("restore: got %v, want ErrNotFound and no change", err)
	}
	old := engine.Member{Site: engine.SitePrimary, Identifier: primary.Identifier, ResourceID: "db-REBUILT"}
	shows(f, dbInstance(old))
	if err := postureOn(f).Stop(context.Background(), primary); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("stop: got %v, want ErrNotFound and no stop", err)
	}
}

func TestPosture_SaysThatTheInstanceIsBusy(t *testing.T) {
	f := newFake(t)
	shows(f, dbInstance(replica, protected(1, false, false)))
	fails[rds.ModifyDBInstanceInput](f, apiError(codeInvalidState))
	if err := postureOn(f).Restore(context.Background(), replica); !errors.Is(err, engine.ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
}

func TestPosture_ActsOnTheSideItMayActOn(t *testing.T) {
	p := postureOn(newFake(t))
	if err := p.Restore(context.Background(), primary); err == nil {
		t.Error("restored the primary, want an error")
	}
	if err := p.Stop(context.Background(), replica); err == nil {
		t.Error("stopped the replica, want an error")
	}
}

// secretAt lets Secrets Manager describe the secret.
func secretAt(f *fake, home *string) {
	on(f, func(*secretsmanager.DescribeSecretInput) (*secretsmanager.DescribeSecretOutput, error) {
		return &secretsmanager.DescribeSecretOutput{PrimaryRegion: home}, nil
	})
}

func TestPosture_DetachesTheSecretOnce(t *testing.T) {
	f := newFake(t)
	secretAt(f, aws.String("us-east-1"))
	on(f, func(*secretsmanager.StopReplicationToReplicaInput) (*secretsmanager.StopReplicationToReplicaOutput, error) {
		secretAt(f, aws.String("eu-west-1"))
		return &secretsmanager.StopReplicationToReplicaOutput{}, nil
	})
	for range 2 {
		if err := postureOn(f).DetachSecret(context.Background()); err != nil {
			t.Fatalf("detach: %v", err)
		}
	}
	in := asked[secretsmanager.StopReplicationToReplicaInput](f)
	if len(in) != 1 || aws.ToString(in[0].SecretId) != regionalSecret {
		t.Errorf("asked %v, want one call for %s", in, regionalSecret)
	}
}

func TestPosture_KnowsASecretThatStandsAlone(t *testing.T) {
	for _, home := range []*string{nil, aws.String("eu-west-1")} {
		f := newFake(t)
		secretAt(f, home)
		if err := postureOn(f).DetachSecret(context.Background()); err != nil {
			t.Errorf("home %v: %v, want nothing to do", aws.ToString(home), err)
		}
	}
}

func TestPosture_LooksAgainWhenASecretCanNotBeDetached(t *testing.T) {
	f := newFake(t)
	secretAt(f, aws.String("us-east-1"))
	on(f, func(*secretsmanager.StopReplicationToReplicaInput) (*secretsmanager.StopReplicationToReplicaOutput, error) {
		secretAt(f, nil) // Another was faster.
		return nil, apiError(codeSecretState)
	})
	if err := postureOn(f).DetachSecret(context.Background()); err != nil {
		t.Errorf("detached meanwhile: %v, want nil", err)
	}
	secretAt(f, aws.String("us-east-1"))
	fails[secretsmanager.StopReplicationToReplicaInput](f, apiError(codeSecretState))
	if err := postureOn(f).DetachSecret(context.Background()); err == nil {
		t.Error("still a replica: got nil, want Secrets Manager's refusal")
	}
}

func TestPosture_StopsTheOldPrimaryOnce(t *testing.T) {
	f := newFake(t)
	shows(f, dbInstance(primary))
	on(f, func(*rds.StopDBInstanceInput) (*rds.StopDBInstanceOutput, error) {
		shows(f, dbInstance(primary, func(db *rdstypes.DBInstance) { db.DBInstanceStatus = aws.String("stopping") }))
		return &rds.StopDBInstanceOutput{}, nil
	})
	for range 2 {
		if err := postureOn(f).Stop(context.Background(), primary); err != nil {
			t.Fatalf("stop: %v", err)
		}
	}
	if in := asked[rds.StopDBInstanceInput](f); len(in) != 1 || aws.ToString(in[0].DBInstanceIdentifier) != "primary-db-dev" {
		t.Errorf("asked %v, want one stop of primary-db-dev", in)
	}
}

func TestPosture_StopsARenamedPrimaryByTheNameThatItHas(t *testing.T) {
	f := newFake(t)
	shows(f, dbInstance(primary, func(db *rdstypes.DBInstance) { db.DBInstanceIdentifier = aws.String("primary-old") }))
	on(f, func(*rds.StopDBInstanceInput) (*rds.StopDBInstanceOutput, error) {
		return &rds.StopDBInstanceOutput{}, nil
	})
	require.NoError(t, postureOn(f).Stop(context.Background(), primary))
	in := asked[rds.StopDBInstanceInput](f)
	require.Len(t, in, 1)
	require.Equal(t, "primary-old", aws.ToString(in[0].DBInstanceIdentifier))

	// An operator who stops it by hand ends the pending work.
	shows(f, dbInstance(primary, func(db *rdstypes.DBInstance) {
		db.DBInstanceIdentifier, db.DBInstanceStatus = aws.String("primary-old"), aws.String("stopped")
	}))
	require.NoError(t, postureOn(f).Stop(context.Background(), primary))
	require.Len(t, asked[rds.StopDBInstanceInput](f), 1)
}

func TestPosture_SaysThatTheOldPrimaryHasReplicas(t *testing.T) {
	withReplica := func(db *rdstypes.DBInstance) { db.ReadReplicaDBInstanceIdentifiers = []string{"arn:of:replica"} }
	f := newFake(t)
	shows(f, dbInstance(primary, withReplica))
	if err := postureOn(f).Stop(context.Background(), primary); !errors.Is(err, engine.ErrHasReplicas) {
		t.Errorf("got %v, want ErrHasReplicas without a try", err)
	}
	for _, code := range []string{codeInvalidState, codeInvalidCombo} {
		shows(f, dbInstance(primary))
		on(f, func(*rds.StopDBInstanceInput) (*rds.StopDBInstanceOutput, error) {
			shows(f, dbInstance(primary, withReplica))
			return nil, apiError(code)
		})
		if err := postureOn(f).Stop(context.Background(), primary); !errors.Is(err, engine.ErrHasReplicas) {
			t.Errorf("%s, one made meanwhile: got %v, want ErrHasReplicas", code, err)
		}
	}
}

func TestPosture_SortsAStopThatWasRefused(t *testing.T) {
	f := newFake(t)
	shows(f, dbInstance(primary))
	fails[rds.StopDBInstanceInput](f, apiError(codeInvalidState))
	if err := postureOn(f).Stop(context.Background(), primary); !errors.Is(err, engine.ErrBusy) {
		t.Errorf("busy: got %v, want ErrBusy", err)
	}
	on(f, func(*rds.StopDBInstanceInput) (*rds.StopDBInstanceOutput, error) {
		shows(f, dbInstance(primary, func(db *rdstypes.DBInstance) { db.DBInstanceStatus = aws.String("stopped") }))
		return nil, apiError(codeInvalidState)
	})
	if err := postureOn(f).Stop(context.Background(), primary); err != nil {
		t.Errorf("stopped meanwhile: %v, want nil", err)
	}
	shows(f, dbInstance(primary))
	fails[rds.StopDBInstanceInput](f, silence())
	if err := postureOn(f).Stop(context.Background(), primary); !errors.Is(err, engine.ErrSilent) {
		t.Errorf("silent: got %v, want ErrSilent", err)
	}
}
