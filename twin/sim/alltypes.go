package sim

func AllTypes() Types {
	t := Types{Resources: map[string]*Kind{}, Ephemerals: secretEphemerals(), Data: stsTypes().Data}
	for _, g := range []map[string]*Kind{
		vpcKinds(), gatewayKinds(), routeKinds(), networkACLKinds(), endpointKinds(), peeringKinds(), securityGroupKinds(),
		kmsKinds(), secretKinds(), dbGroupKinds(), dbInstanceKinds(),
		logsKinds(), zoneKinds(), recordKinds(), healthCheckKinds(),
		snsKinds(), sqsKinds(), alarmKinds(), iamKinds(),
		lambdaKinds(), eventKinds(), dynamodbKinds(),
	} {
		for k, v := range g {
			t.Resources[k] = v
		}
	}
	return t
}
