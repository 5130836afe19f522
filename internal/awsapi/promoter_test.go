package awsapi

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

func promoterOn(f *fake) *Promoter {
	return &Promoter{databases: fleet{engine.SiteReplica: f}, retention: 7}
}

func TestPromoter_PromotesWithTheConfiguredRetention(t *testing.T) {
	f := newFake(t)
	on(f, func(*rds.PromoteReadReplicaInput) (*rds.PromoteReadReplicaOutput, error) {
		return &rds.PromoteReadReplicaOutput{}, nil
	})
	if err := promoterOn(f).Promote(context.Background(), replica); err != nil {
		t.Fatalf("promote: %v", err)
	}
	in := asked[rds.PromoteReadReplicaInput](f)
	if len(in) != 1 || aws.ToString(in[0].DBInstanceIdentifier) != "replica-db-dev" || aws.ToInt32(in[0].BackupRetentionPeriod) != 7 {
		t.Errorf("asked %+v, want one promotion of replica-db-dev with 7 days", in)
	}
}

func TestPromoter_SaysWhatARefusedPromotionMeans(t *testing.T) {
	rebuilt := engine.Member{Site: engine.SiteReplica, Identifier: replica.Identifier, ResourceID: "db-OTHER"}
	for name, c := range map[string]struct {
		answer error
		shown  []rdstypes.DBInstance
		look   error
		want   error
		never  error
	}{
		"an earlier try has succeeded":      {answer: apiError(codeInvalidState), shown: []rdstypes.DBInstance{dbInstance(replica)}, want: engine.ErrNotReplica, never: engine.ErrBusy},
		"the replica is backing up":         {answer: apiError(codeInvalidState), shown: []rdstypes.DBInstance{dbInstance(replica, ofSource)}, want: engine.ErrBusy, never: engine.ErrNotReplica},
		"which state it was can not be had": {answer: apiError(codeInvalidState), look: silence(), want: engine.ErrBusy, never: engine.ErrNotReplica},
		"another instance has the name":     {answer: apiError(codeInvalidState), shown: []rdstypes.DBInstance{dbInstance(rebuilt)}, want: engine.ErrBusy, never: engine.ErrNotReplica},
		"there is no such instance":         {answer: apiError(codeNoInstance), want: engine.ErrNotFound},
		"throttled":                         {answer: apiError("Throttling"), want: engine.ErrThrottled},
		"denied":                            {answer: apiError("AccessDenied"), want: engine.ErrDenied},
		"nobody answers":                    {answer: silence(), want: engine.ErrSilent},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			fails[rds.PromoteReadReplicaInput](f, c.answer)
			shows(f, c.shown...)
			if c.look != nil {
				fails[rds.DescribeDBInstancesInput](f, c.look)
			}
			err := promoterOn(f).Promote(context.Background(), replica)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if c.never != nil && errors.Is(err, c.never) {
				t.Errorf("got %v, must not be %v", err, c.never)
			}
		})
	}
}

func TestPromoter_RefusesToPromoteThePrimary(t *testing.T) {
	p := &Promoter{databases: fleet{engine.SitePrimary: newFake(t)}, retention: 7}
	if err := p.Promote(context.Background(), primary); err == nil {
		t.Error("promoted the primary, want an error and no call")
	}
}

func TestPromoter_InspectsByIdentifier(t *testing.T) {
	f := newFake(t)
	shows(f, dbInstance(replica, ofSource, func(db *rdstypes.DBInstance) { db.DBInstanceStatus = aws.String("backing-up") }))
	got, err := promoterOn(f).Inspect(context.Background(), replica)
	want := engine.Instance{Exists: true, ResourceID: "db-REPLICA", Status: "backing-up", IsReplica: true}
	if err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	if in := asked[rds.DescribeDBInstancesInput](f); len(in) != 1 || aws.ToString(in[0].DBInstanceIdentifier) != "replica-db-dev" {
		t.Errorf("asked %+v, want replica-db-dev alone", in)
	}
}

func TestPromoter_SaysThatAnInstanceDoesNotExist(t *testing.T) {
	f := newFake(t)
	fails[rds.DescribeDBInstancesInput](f, apiError(codeNoInstance))
	if _, err := promoterOn(f).Inspect(context.Background(), replica); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	shows(f)
	if _, err := promoterOn(f).Inspect(context.Background(), replica); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("empty answer: got %v, want ErrNotFound", err)
	}
}

func TestPromoter_NamesASiteThatItDoesNotKnow(t *testing.T) {
	for _, m := range []engine.Member{{Identifier: "x"}, {Site: engine.SiteReplica}} {
		if _, err := promoterOn(newFake(t)).Inspect(context.Background(), m); err == nil || errors.Is(err, engine.ErrNotFound) {
			t.Errorf("%+v: got %v, want an error that is not ErrNotFound", m, err)
		}
	}
}
