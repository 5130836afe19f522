package sim

import "maps"

// kinds holds every managed type that the account knows.
var kinds = map[string]*kind{}

// dataSources and ephemerals fill in the attributes of what is only read.
var (
	dataSources map[string]func(*call) error
	ephemerals  map[string]*kind
)

func init() {
	for _, group := range []map[string]*kind{
		vpcKinds(), gatewayKinds(), routeKinds(), networkACLKinds(), endpointKinds(), peeringKinds(), securityGroupKinds(),
		kmsKinds(), secretKinds(), dbGroupKinds(), dbInstanceKinds(),
		logsKinds(), zoneKinds(), recordKinds(), healthCheckKinds(),
		snsKinds(), sqsKinds(), alarmKinds(), iamKinds(),
		lambdaKinds(), eventKinds(), dynamodbKinds(),
	} {
		maps.Copy(kinds, group)
	}
	dataSources = accountData()
	ephemerals = secretEphemerals()
}
