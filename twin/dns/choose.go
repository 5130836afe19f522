package dns

// weighted is the routing policy of weighted records.
const weighted = "weighted_routing_policy"

// candidates are the records of a name and type that may answer, and the sum of
// their weights; 0 means that each answers as often as the others.
//
//   - a record without health check is healthy;
//   - among the healthy ones with a weight each has its share;
//   - those of weight 0 answer only where no healthy one has a weight, each as
//     often as the others;
//   - where none is healthy all count as healthy.
//
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html (Weight)
func candidates(records []record, healthy func(check string) bool) (able []record, total int) {
	for _, r := range records {
		if r.check == "" || healthy(r.check) {
			able = append(able, r)
		}
	}
	if len(able) == 0 {
		able = records
	}
	var heavy []record
	for _, r := range able {
		total += r.weight
		if r.weight > 0 {
			heavy = append(heavy, r)
		}
	}
	if total > 0 {
		able = heavy
	}
	return able, total
}

// choose picks one of several weighted records of a name and type. draw gives a
// number from 0 to below n.
func choose(records []record, healthy func(check string) bool, draw func(n int) int) record {
	able, total := candidates(records, healthy)
	if total == 0 {
		return able[draw(len(able))]
	}
	at := draw(total)
	for _, r := range able {
		if at < r.weight {
			return r
		}
		at -= r.weight
	}
	panic("dns: drew a number that is not below the weights' sum")
}
