package awsapi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// recordPages bounds the search for the records, which are a page at most.
const recordPages = 3

// ErrRecords says that the name's records are not the two that were deployed.
var ErrRecords = errors.New("the writer's records are not as deployed")

// Switcher is engine.WriterSwitcher by the weights of two CNAME records. Which
// record is whose is told by what it points to.
type Switcher struct {
	dns  route53API
	zone string
	// name of the records, without a trailing dot.
	name      string
	endpoints map[engine.Site]string
	// alarms has the alarm that Route 53 follows, in the guard's region.
	alarms cloudwatchAPI
	alarm  string

	mu sync.Mutex
	// pending is the last change of this process that was not seen to be in
	// sync.
	pending string
}

var _ engine.WriterSwitcher = (*Switcher)(nil)

// Agrees implements engine.WriterSwitcher: the member's record has all the
// weight, and Route 53's servers have been told of the last change made here.
func (s *Switcher) Agrees(ctx context.Context, m engine.Member) (bool, error) {
	pair, err := s.find(ctx, m)
	if err != nil {
		return false, err
	}
	if !pair.point() {
		return false, nil
	}
	return s.inSync(ctx)
}

// Diverted implements engine.WriterSwitcher by the alarm's state.
func (s *Switcher) Diverted(ctx context.Context) (diverted, known bool, err error) {
	a, err := describeAlarm(ctx, s.alarms, s.alarm)
	if err != nil {
		return false, false, err
	}
	switch a.StateValue {
	case cwtypes.StateValueAlarm:
		return true, true, nil
	case cwtypes.StateValueOk:
		return false, true, nil
	default:
		return false, false, nil
	}
}

// SetWeights implements engine.WriterSwitcher. Both records change in one batch
// or not at all; of each only the weight does. Records that point there already
// are left alone: setting them again would only start another wait.
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
func (s *Switcher) SetWeights(ctx context.Context, m engine.Member) error {
	pair, err := s.find(ctx, m)
	if err != nil || pair.point() {
		return err
	}
	out, err := s.dns.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: aws.String(s.zone),
		ChangeBatch: &types.ChangeBatch{
			Comment: aws.String("pgdr: the writer is " + m.Identifier),
			Changes: []types.Change{upsert(pair.own, contract.WeightWriter), upsert(pair.other, contract.WeightOther)},
		},
	})
	if err != nil {
		return explain(err, "point %s at %q: change record weights", s.name, m.Identifier)
	}
	if out.ChangeInfo != nil && out.ChangeInfo.Status != types.ChangeStatusInsync {
		s.remember(aws.ToString(out.ChangeInfo.Id))
	}
	return nil
}

// upsert is a change of the weight alone: whatever else the record has stays.
func upsert(r types.ResourceRecordSet, weight int64) types.Change {
	r.Weight = aws.Int64(weight)
	return types.Change{Action: types.ChangeActionUpsert, ResourceRecordSet: &r}
}

// recordPair are the two records, seen from one member.
type recordPair struct{ own, other types.ResourceRecordSet }

func (p recordPair) point() bool {
	return aws.ToInt64(p.own.Weight) > contract.WeightOther && aws.ToInt64(p.other.Weight) == contract.WeightOther
}

// find picks the two records, and refuses anything else under the name:
// weights of three records or of strangers are not ours to set.
func (s *Switcher) find(ctx context.Context, m engine.Member) (recordPair, error) {
	if s.endpoints[m.Site] == "" {
		return recordPair{}, fmt.Errorf("records of %s: site: found %q, want %q or %q", s.name, m.Site, engine.SitePrimary, engine.SiteReplica)
	}
	records, err := s.list(ctx)
	if err != nil {
		return recordPair{}, err
	}
	bySite := map[engine.Site]types.ResourceRecordSet{}
	for _, r := range records {
		for site, endpoint := range s.endpoints {
			if pointsTo(r, endpoint) && r.Weight != nil && r.SetIdentifier != nil {
				bySite[site] = r
			}
		}
	}
	if len(records) != 2 || len(bySite) != 2 {
		return recordPair{}, fmt.Errorf("records of %s: found %s, want two weighted CNAME records for %s and %s: %w", s.name,
			describeRecords(records), s.endpoints[engine.SitePrimary], s.endpoints[engine.SiteReplica], ErrRecords)
	}
	p := recordPair{own: bySite[m.Site]}
	for site, r := range bySite {
		if site != m.Site {
			p.other = r
		}
	}
	return p, nil
}

// list gives all CNAME records of the name.
func (s *Switcher) list(ctx context.Context) ([]types.ResourceRecordSet, error) {
	in := &route53.ListResourceRecordSetsInput{
		HostedZoneId: aws.String(s.zone), StartRecordName: aws.String(s.name), StartRecordType: types.RRTypeCname,
	}
	var records []types.ResourceRecordSet
	for range recordPages {
		out, err := s.dns.ListResourceRecordSets(ctx, in)
		if err != nil {
			return nil, explain(err, "list records of %s", s.name)
		}
		for _, r := range out.ResourceRecordSets {
			if !sameName(aws.ToString(r.Name), s.name) || r.Type != types.RRTypeCname {
				return records, nil // Sorted: what follows is of other names.
			}
			records = append(records, r)
		}
		if !out.IsTruncated {
			return records, nil
		}
		in.StartRecordName, in.StartRecordType, in.StartRecordIdentifier = out.NextRecordName, out.NextRecordType, out.NextRecordIdentifier
	}
	return nil, fmt.Errorf("list records of %s: found more than %d, want two: %w", s.name, len(records), ErrRecords)
}

// inSync asks for the last change made here, if it was not in sync yet.
func (s *Switcher) inSync(ctx context.Context) (bool, error) {
	s.mu.Lock()
	id := s.pending
	s.mu.Unlock()
	if id == "" {
		return true, nil
	}
	out, err := s.dns.GetChange(ctx, &route53.GetChangeInput{Id: aws.String(id)})
	if err != nil && !hasCode(err, codeNoChange) {
		return false, explain(err, "see whether change %s of %s is in sync", id, s.name)
	}
	if err == nil && (out.ChangeInfo == nil || out.ChangeInfo.Status != types.ChangeStatusInsync) {
		return false, nil
	}
	s.remember("")
	return true, nil
}

func (s *Switcher) remember(change string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = strings.TrimPrefix(change, "/change/")
}

func pointsTo(r types.ResourceRecordSet, endpoint string) bool {
	return len(r.ResourceRecords) == 1 && sameName(aws.ToString(r.ResourceRecords[0].Value), endpoint)
}

// sameName compares DNS names: case and a trailing dot mean nothing.
func sameName(a, b string) bool {
	return strings.EqualFold(strings.TrimSuffix(a, "."), strings.TrimSuffix(b, "."))
}

func describeRecords(records []types.ResourceRecordSet) string {
	if len(records) == 0 {
		return "none"
	}
	var each []string
	for _, r := range records {
		target := "?"
		if len(r.ResourceRecords) > 0 {
			target = aws.ToString(r.ResourceRecords[0].Value)
		}
		weight := "no weight"
		if r.Weight != nil {
			weight = fmt.Sprintf("weight %d", *r.Weight)
		}
		each = append(each, fmt.Sprintf("%q for %s with %s", aws.ToString(r.SetIdentifier), target, weight))
	}
	return strings.Join(each, ", ")
}
