// Package eventbridge is the EventBridge rules of a simulated account that run on
// a schedule: at each due time every target is given its event, with the
// target's permission and its retry policy.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
//
// Where it differs from AWS, or where AWS does not say:
//
//   - A rate counts from the moment at which the rule was made, to the
//     nanosecond. In AWS it may be some seconds off, each time.
//   - What was due while the region was lost is not made up for.
//   - Retries wait 1 s, then twice as long each time, up to 5 minutes; AWS says
//     that they back off exponentially.
//   - Not simulated, and named by Unsupported: cron expressions, event
//     patterns, targets other than functions, paths into the event and
//     transformers of it, dead-letter queues.
package eventbridge
