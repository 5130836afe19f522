// Package sns is SNS between those who publish to the topics of a
// simulated account and those who subscribed: the topic's policy and its key's
// policy for a service that publishes, deliveries to functions in other
// regions with their permissions, retries and duplicates, and people.
//
// Each message that is not accepted and each that is not delivered is written
// down with its named reason: in AWS most of these fail in silence.
//
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
// https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
//
// Where it differs from AWS, or where AWS does not say:
//
//   - Messages arrive at once and in order.
//   - Topics are simulated as standard ones. Duplicates come where Options.Again
//     asks for them.
//   - A service's use of a key carries no kms:ViaService, which KMS documents
//     for principals of an account.
//   - Retries are not jittered.
//   - Messages are not signed: the signature's fields are there and say so.
//   - A person has a message as soon as the subscription is confirmed
//     (ConfirmPeople); whether it is read is another matter.
//   - Not simulated, and named by Unsupported: filter policies, and the
//     protocols application, firehose, sms and sqs.
package sns
