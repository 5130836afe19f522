package review

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// List prices of us-east-1 in USD, on demand and without traffic. They are
// here to tell a cent from a salary, and nothing else: regions differ by a
// tenth, and prices change.
// https://aws.amazon.com/rds/postgresql/pricing/, https://aws.amazon.com/vpc/pricing/,
// https://aws.amazon.com/kms/pricing/, https://aws.amazon.com/cloudwatch/pricing/
const (
	hoursAMonth = 730
	// perR6gLarge an hour: db.r6g.large for PostgreSQL in one zone. The sizes
	// of the family are multiples of it.
	perR6gLarge = 0.225
	// perGiB a month of gp3 storage in one zone.
	perGiB = 0.115
	// worthSaying a month: less is not mentioned.
	worthSaying = 1.0
)

// perMonth are prices of what costs the same whatever it holds.
var perMonth = map[string]float64{
	"aws_nat_gateway":             0.045 * hoursAMonth,
	"aws_eip":                     0.005 * hoursAMonth,
	"aws_kms_key":                 1,
	"aws_kms_replica_key":         1,
	"aws_cloudwatch_metric_alarm": 0.10,
	"aws_cloudwatch_dashboard":    3,
	"aws_secretsmanager_secret":   0.40,
	"aws_route53_zone":            0.50,
}

// costOf is what the changes cost a month.
func costOf(doc *Document) Cost {
	c := Cost{Unpriced: []string{}}
	for _, r := range doc.Resources {
		c.Monthly += price(r.Type, expected(r)) - price(r.Type, r.Before)
		if r.Type == database {
			c.Unpriced = append(c.Unpriced, unpriced(r)...)
		}
	}
	return c
}

// costs says what the changes cost a month, in at most a few sentences.
func costs(doc *Document) []string {
	lines, sum := append([]string{}, doc.Cost.Unpriced...), doc.Cost.Monthly
	if math.Abs(sum) >= worthSaying {
		direction := "more"
		if sum < 0 {
			direction = "less"
		}
		line := fmt.Sprintf("about %.0f USD a month %s, at list prices of us-east-1 and without traffic", math.Abs(sum), direction)
		if doc.Cost.Limit > 0 {
			line += fmt.Sprintf(" (limit of a plan: %d)", doc.Cost.Limit)
		}
		lines = append([]string{line}, lines...)
	}
	for _, r := range doc.Resources {
		if r.Type == database && r.Stack == Replica && r.Action == ActionReplace {
			lines = append(lines, "once, the transfer of the whole database between the regions")
		}
	}
	return lines
}

// expected are the attributes after the apply. What is known then only is taken
// to be as before: a replica's storage, say, which is its source's.
func expected(r Resource) map[string]any {
	if r.After == nil {
		return nil
	}
	attributes := maps.Clone(r.After)
	for name, unknown := range r.Unknown {
		if before, was := r.Before[name]; was && marked(unknown) {
			attributes[name] = before
		}
	}
	return attributes
}

// price of one resource a month, 0 where it is not known or not there.
func price(kind string, attributes map[string]any) float64 {
	if attributes == nil {
		return 0
	}
	if kind != "aws_db_instance" {
		return perMonth[kind]
	}
	zones := 1.0
	if multi, _ := attributes["multi_az"].(bool); multi {
		zones = 2
	}
	storage, err := strconv.ParseFloat(fmt.Sprint(attributes["allocated_storage"]), 64)
	if err != nil {
		storage = 0 // not known before the apply
	}
	large, _ := larges(fmt.Sprint(attributes["instance_class"]))
	return zones * (large*perR6gLarge*hoursAMonth + storage*perGiB)
}

// sizes of instance classes as multiples of large.
var sizes = map[string]float64{
	"large": 1, "xlarge": 2, "2xlarge": 4, "4xlarge": 8, "8xlarge": 16, "12xlarge": 24, "16xlarge": 32,
}

// larges is how many db.r6g.large a class costs, if it is of that family.
func larges(class string) (float64, bool) {
	size, ok := strings.CutPrefix(class, "db.r6g.")
	if !ok {
		return 0, false
	}
	n, ok := sizes[size]
	return n, ok
}

// unpriced names what of a database is not in the sum although it changes: a
// class whose price is not known here, and storage that is known after the
// apply only, as a replica's is.
func unpriced(r Resource) []string {
	if r.Before != nil && r.After != nil && r.Action != ActionReplace && !slices.Contains(r.Changed, "instance_class") {
		return nil // costs what it did
	}
	var lines []string
	for _, side := range []map[string]any{r.Before, expected(r)} {
		if side == nil {
			continue
		}
		class := textOr(side["instance_class"], "an unknown class")
		line := fmt.Sprintf("%s: the price of %s is not known here and not in the sum, see https://calculator.aws", r.Name, class)
		if _, known := larges(class); !known && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if after := expected(r); after != nil && after["allocated_storage"] == nil {
		lines = append(lines, fmt.Sprintf("%s: its storage is known after the apply only and not in the sum", r.Name))
	}
	return lines
}

func textOr(value any, otherwise string) string {
	if value == nil {
		return otherwise
	}
	return fmt.Sprint(value)
}
