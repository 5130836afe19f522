// Package vpc works out, from what an account holds, who reaches whom over the
// network: route tables, peering connections, security groups, network ACLs,
// gateways. It moves no packet and remembers nothing; asked twice about the
// same account it says the same.
//
// Two rules of AWS carry the guard's fence, and so are kept apart here:
//
//   - A security group is stateful: it decides when a connection is opened, and
//     a tracked connection goes on when the rule that let it in is removed.
//     https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html
//   - A network ACL is stateless: it decides about every packet that enters or
//     leaves a subnet, those of open connections included.
//     https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html
//
// So [Networks.Connect] asks everything, and [Networks.Flow] asks routes and
// network ACLs only.
//
// Known differences: every connection counts as tracked (AWS does not track
// those that a rule for all traffic lets in and another for all traffic lets
// out); TCP over IPv4 only; the policies of endpoints are not read; "public"
// is one address that stands for all of them, so that a rule for some public
// ranges does not count as a way out.
package vpc

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// ErrNoPlace says that something has no place in a network: no subnet, no VPC.
var ErrNoPlace = errors.New("no place in a network")

// Interface is a network interface: where packets start and end.
type Interface struct {
	Region, VPC, Subnet string
	// Addr is a private IPv4 address of the subnet.
	Addr netip.Addr
	// Groups are the ids of its security groups. Nil is an application's
	// interface whose own group lets everything out and nothing in.
	Groups []string
}

// Key tells interfaces apart.
func (i Interface) Key() string {
	return strings.Join([]string{i.Region, i.VPC, i.Subnet, i.Addr.String(), strings.Join(i.Groups, "+")}, " ")
}

// Verdict says whether packets get through, and what decides that: the resource
// or rule to look at, in a sentence without full stop.
type Verdict struct {
	Allowed bool
	Because string
}

func allow(format string, args ...any) Verdict { return Verdict{true, fmt.Sprintf(format, args...)} }
func deny(format string, args ...any) Verdict  { return Verdict{false, fmt.Sprintf(format, args...)} }

// Flow is the fate of the packets of an open connection, each way by itself.
type Flow struct {
	// There is from the one who connected to the one who accepted, Back is the
	// other way.
	There, Back Verdict
}
