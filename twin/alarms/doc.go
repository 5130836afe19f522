// Package alarms evaluates the CloudWatch alarms that were applied to a
// simulated account, over the metrics that were published to it.
//
// Evaluate is the pure core: period, statistic, M of N, comparison and missing
// data as CloudWatch documents them. An Evaluator applies it to every alarm of
// the account once a minute, keeps each alarm's state with the alarm itself
// (where DescribeAlarms shows it) and hands on the actions of a change.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
//
// Where it differs from AWS, or where AWS does not say:
//
//   - The evaluation range is the evaluation periods and two more. CloudWatch
//     says only that it takes more than the periods; its one example takes 5
//     for 3.
//   - All alarms are evaluated in the same second of the minute
//     (Options.Offset). In CloudWatch each has a second of its own.
//   - A value counts from the moment it is in the store. CloudWatch may take
//     longer to show one.
//   - Too few values, all of them breaching, and too young to alarm: the state
//     stays as it is. CloudWatch says only that it does not become ALARM.
//   - Not simulated, and named by Unsupported: metric math, percentiles,
//     anomaly detection, periods below a minute.
package alarms
