// Package world brings an applied account to life on this machine, and nothing
// beside it: database instances become PostgreSQL servers, the network's rules
// are enforced on every connection, zones are served over DNS, alarms are
// evaluated, topics deliver, schedules tick, and functions run behind a local
// Lambda Runtime API. There is no second description of the system: what
// Terraform did not wire is not wired here.
//
// All of it lives by one scaled clock. Each region can be lost and each path
// cut; see the methods of World in faults.go.
package world
