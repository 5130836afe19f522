// Package health evaluates the Route 53 health checks that follow a CloudWatch
// alarm.
//
// Route 53 looks neither at the alarm's state nor at its settings of today: it
// keeps a copy of the settings and holds them against the metric's data, in
// the alarm's region. What it finds is used by its data plane, which runs in
// no region of the account: so answers go on whatever region is lost, as long
// as the metrics can be read.
//
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-creating-values.html
//
// Where it differs from AWS, or where AWS does not say:
//
//   - Each check is made every 30 s (Options.Every). AWS names no interval for
//     checks of this kind; it is the one of its other checks.
//   - A check on data that is missing goes by its insufficient data status,
//     whatever the alarm itself makes of missing data, which Route 53 does not
//     copy.
//   - A status counts everywhere at once; AWS's takes some seconds to spread.
//   - A check that records name and that is gone counts as healthy. AWS says
//     that it cannot be predicted.
//   - Not simulated, and named by Unsupported: every other type.
package health
