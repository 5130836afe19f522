package review

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWithoutKeys_LeavesTheAddressInTheConfiguration(t *testing.T) {
	for address, want := range map[string]string{
		"aws_vpc.a":                         "aws_vpc.a",
		"aws_vpc.a[0]":                      "aws_vpc.a",
		`aws_vpc.a["b"]`:                    "aws_vpc.a",
		`aws_vpc.a["a]b"]`:                  "aws_vpc.a",
		`aws_vpc.a["[[x.y"]`:                "aws_vpc.a",
		`aws_vpc.a["q\"]"]`:                 "aws_vpc.a",
		`aws_vpc.a["q\\"].id`:               "aws_vpc.a.id",
		`module.m["a.b"].aws_vpc.a["c"].id`: "module.m.aws_vpc.a.id",
		`aws_vpc.a[each.key].id`:            "aws_vpc.a.id",
		`aws_vpc.a["never closed`:           "aws_vpc.a",
		"aws_vpc.a[":                        "aws_vpc.a",
		"":                                  "",
	} {
		require.Equal(t, want, withoutKeys(address), address)
	}
}
