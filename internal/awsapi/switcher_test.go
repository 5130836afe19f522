package awsapi

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

const (
	zone            = "Z0123456789ABCDEFGHIJ"
	recordName      = "db.db-dev.internal"
	primaryEndpoint = "primary-db-dev.abc.us-east-1.rds.amazonaws.com"
	replicaEndpoint = "replica-db-dev.abc.eu-west-1.rds.amazonaws.com"
)

func record(set, target string, weight int64, healthCheck *string) types.ResourceRecordSet {
	return types.ResourceRecordSet{
		Name: aws.String(recordName + "."), Type: types.RRTypeCname, SetIdentifier: aws.String(set), Weight: aws.Int64(weight),
		TTL: aws.Int64(5), ResourceRecords: []types.ResourceRecord{{Value: aws.String(target)}}, HealthCheckId: healthCheck,
	}
}

// dnsZone is a hosted zone that keeps what is upserted.
type dnsZone struct {
	*fake
	records []types.ResourceRecordSet
	status  types.ChangeStatus
}

func newZone(t *testing.T, records ...types.ResourceRecordSet) *dnsZone {
	t.Helper()
	z := &dnsZone{fake: newFake(t), records: records, status: types.ChangeStatusInsync}
	on(z.fake, func(*route53.ListResourceRecordSetsInput) (*route53.ListResourceRecordSetsOutput, error) {
		return &route53.ListResourceRecordSetsOutput{ResourceRecordSets: z.records}, nil
	})
	on(z.fake, func(in *route53.ChangeResourceRecordSetsInput) (*route53.ChangeResourceRecordSetsOutput, error) {
		for _, c := range in.ChangeBatch.Changes {
			for i, r := range z.records {
				if aws.ToString(r.SetIdentifier) == *c.ResourceRecordSet.SetIdentifier {
					z.records[i] = *c.ResourceRecordSet
				}
			}
		}
		return &route53.ChangeResourceRecordSetsOutput{ChangeInfo: &types.ChangeInfo{Id: aws.String("/change/C123"), Status: z.status}}, nil
	})
	on(z.fake, func(*route53.GetChangeInput) (*route53.GetChangeOutput, error) {
		return &route53.GetChangeOutput{ChangeInfo: &types.ChangeInfo{Status: z.status}}, nil
	})
	return z
}

func atBirth() []types.ResourceRecordSet {
	return []types.ResourceRecordSet{
		record("primary-dev", primaryEndpoint, 100, aws.String("check-1")),
		record("replica-dev", replicaEndpoint, 0, nil),
		{Name: aws.String("other.db-dev.internal."), Type: types.RRTypeCname},
	}
}

func switcherOn(z *dnsZone) *Switcher {
	return &Switcher{dns: z, zone: zone, name: recordName,
		endpoints: map[engine.Site]string{engine.SitePrimary: primaryEndpoint, engine.SiteReplica: replicaEndpoint}}
}

func agrees(t *testing.T, s *Switcher, m engine.Member) bool {
	t.Helper()
	yes, err := s.Agrees(context.Background(), m)
	if err != nil {
		t.Fatalf("agrees: %v", err)
	}
	return yes
}

func TestSwitcher_MovesTheWeightAndNothingElse(t *testing.T) {
	z := newZone(t, atBirth()...)
	s := switcherOn(z)
	if !agrees(t, s, primary) || agrees(t, s, replica) {
		t.Fatal("at birth the weights must point at the primary alone")
	}
	if err := s.SetWeights(context.Background(), replica); err != nil {
		t.Fatalf("set weights: %v", err)
	}
	in := asked[route53.ChangeResourceRecordSetsInput](z.fake)
	if len(in) != 1 {
		t.Fatalf("%d changes, want one batch", len(in))
	}
	own, other := record("replica-dev", replicaEndpoint, 100, nil), record("primary-dev", primaryEndpoint, 0, aws.String("check-1"))
	want := &route53.ChangeResourceRecordSetsInput{HostedZoneId: aws.String(zone), ChangeBatch: &types.ChangeBatch{
		Comment: aws.String("pgdr: the writer is replica-db-dev"),
		Changes: []types.Change{{Action: types.ChangeActionUpsert, ResourceRecordSet: &own}, {Action: types.ChangeActionUpsert, ResourceRecordSet: &other}},
	}}
	ignore := cmpopts.IgnoreUnexported(route53.ChangeResourceRecordSetsInput{}, types.ChangeBatch{}, types.Change{}, types.ResourceRecordSet{}, types.ResourceRecord{})
	if diff := cmp.Diff(want, in[0], ignore); diff != "" {
		t.Errorf("change (-want +got):\n%s", diff)
	}
	if !agrees(t, s, replica) || agrees(t, s, primary) {
		t.Error("after the change the weights must point at the replica alone")
	}
}

func TestSwitcher_AgreesOnlyWhenTheOtherRecordHasNoWeight(t *testing.T) {
	for name, c := range map[string]struct {
		primary, replica int64
		want             bool
	}{
		"as it should be": {0, 100, true},
		"another weight":  {0, 1, true},
		"both":            {1, 100, false},
		"none":            {0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := switcherOn(newZone(t, record("primary-dev", primaryEndpoint, c.primary, nil), record("replica-dev", replicaEndpoint, c.replica, nil)))
			if got := agrees(t, s, replica); got != c.want {
				t.Errorf("agrees: %t, want %t", got, c.want)
			}
		})
	}
}

func TestSwitcher_DoesNotAgreeBeforeItsChangeIsInSync(t *testing.T) {
	z := newZone(t, atBirth()...)
	z.status = types.ChangeStatusPending
	s := switcherOn(z)
	if err := s.SetWeights(context.Background(), replica); err != nil {
		t.Fatal(err)
	}
	if agrees(t, s, replica) {
		t.Error("agrees while the change is pending")
	}
	if in := asked[route53.GetChangeInput](z.fake); len(in) == 0 || *in[0].Id != "C123" {
		t.Errorf("asked for change %v, want C123", in)
	}
	z.status = types.ChangeStatusInsync
	if !agrees(t, s, replica) {
		t.Error("does not agree though the change is in sync")
	}
	before := len(asked[route53.GetChangeInput](z.fake))
	if !agrees(t, s, replica) || len(asked[route53.GetChangeInput](z.fake)) != before {
		t.Error("asks again for a change that was in sync")
	}
}

func TestSwitcher_SetsNothingThatIsSetAlready(t *testing.T) {
	z := newZone(t, atBirth()...)
	z.status = types.ChangeStatusPending
	s := switcherOn(z)
	for range 3 {
		if err := s.SetWeights(context.Background(), replica); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(asked[route53.ChangeResourceRecordSetsInput](z.fake)); n != 1 {
		t.Errorf("%d changes, want one", n)
	}
	if agrees(t, s, replica) {
		t.Error("forgot the change that is pending")
	}
}

func TestSwitcher_ForgetsAChangeThatRoute53HasForgotten(t *testing.T) {
	z := newZone(t, atBirth()...)
	z.status = types.ChangeStatusPending
	s := switcherOn(z)
	if err := s.SetWeights(context.Background(), replica); err != nil {
		t.Fatal(err)
	}
	fails[route53.GetChangeInput](z.fake, apiError(codeNoChange))
	if !agrees(t, s, replica) {
		t.Error("waits for a change that does not exist")
	}
}

func TestSwitcher_RefusesRecordsThatAreNotAsDeployed(t *testing.T) {
	third := record("stranger", "db.example.com", 50, nil)
	unweighted := record("replica-dev", replicaEndpoint, 0, nil)
	unweighted.Weight = nil
	for name, records := range map[string][]types.ResourceRecordSet{
		"none":                   nil,
		"one":                    {record("primary-dev", primaryEndpoint, 100, nil)},
		"a third":                {record("primary-dev", primaryEndpoint, 100, nil), record("replica-dev", replicaEndpoint, 0, nil), third},
		"a stranger's":           {record("primary-dev", primaryEndpoint, 100, nil), third},
		"two of the same":        {record("primary-dev", primaryEndpoint, 100, nil), record("replica-dev", primaryEndpoint, 0, nil)},
		"one without any weight": {record("primary-dev", primaryEndpoint, 100, nil), unweighted},
	} {
		t.Run(name, func(t *testing.T) {
			z := newZone(t, records...)
			if err := switcherOn(z).SetWeights(context.Background(), replica); !errors.Is(err, ErrRecords) {
				t.Errorf("set weights: got %v, want ErrRecords", err)
			}
			if n := len(asked[route53.ChangeResourceRecordSetsInput](z.fake)); n != 0 {
				t.Errorf("%d changes, want none", n)
			}
		})
	}
}

func TestSwitcher_KnowsNamesWhateverTheirCase(t *testing.T) {
	z := newZone(t, record("a", strings.ToUpper(primaryEndpoint)+".", 100, nil), record("b", replicaEndpoint, 0, nil))
	if !agrees(t, switcherOn(z), primary) {
		t.Error("does not know the endpoint in capitals with a trailing dot")
	}
}

func TestSwitcher_ReadsOnWhereThereIsAnotherPage(t *testing.T) {
	z := newZone(t)
	all := atBirth()
	on(z.fake, func(in *route53.ListResourceRecordSetsInput) (*route53.ListResourceRecordSetsOutput, error) {
		if in.StartRecordIdentifier == nil {
			return &route53.ListResourceRecordSetsOutput{ResourceRecordSets: all[:1], IsTruncated: true,
				NextRecordName: all[1].Name, NextRecordType: all[1].Type, NextRecordIdentifier: all[1].SetIdentifier}, nil
		}
		return &route53.ListResourceRecordSetsOutput{ResourceRecordSets: all[1:]}, nil
	})
	if !agrees(t, switcherOn(z), primary) {
		t.Error("does not agree, want both records found")
	}
}

func TestSwitcher_TellsHowRoute53Failed(t *testing.T) {
	z := newZone(t, atBirth()...)
	s := switcherOn(z)
	fails[route53.ChangeResourceRecordSetsInput](z.fake, apiError("PriorRequestNotComplete"))
	if err := s.SetWeights(context.Background(), replica); !errors.Is(err, engine.ErrThrottled) {
		t.Errorf("set weights: got %v, want ErrThrottled", err)
	}
	fails[route53.ListResourceRecordSetsInput](z.fake, silence())
	if _, err := s.Agrees(context.Background(), replica); !errors.Is(err, engine.ErrSilent) {
		t.Errorf("agrees: got %v, want ErrSilent", err)
	}
}

func TestSwitcher_TellsWhereTheAlarmLeads(t *testing.T) {
	for state, want := range map[cwtypes.StateValue][2]bool{
		cwtypes.StateValueAlarm: {true, true}, cwtypes.StateValueOk: {false, true}, cwtypes.StateValueInsufficientData: {false, false},
	} {
		f := newFake(t)
		on(f, func(in *cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error) {
			require.Equal(t, []string{"active-writer-dev"}, in.AlarmNames)
			return &cloudwatch.DescribeAlarmsOutput{MetricAlarms: []cwtypes.MetricAlarm{{StateValue: state}}}, nil
		})
		s := &Switcher{alarms: f, alarm: "active-writer-dev"}
		diverted, known, err := s.Diverted(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, [2]bool{diverted, known}, state)
	}
}

func TestSwitcher_AnAlarmThatIsGoneSaysNothing(t *testing.T) {
	f := newFake(t)
	on(f, func(*cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error) {
		return &cloudwatch.DescribeAlarmsOutput{}, nil
	})
	_, known, err := (&Switcher{alarms: f, alarm: "active-writer-dev"}).Diverted(t.Context())
	require.ErrorIs(t, err, ErrMissing)
	require.False(t, known)
}
