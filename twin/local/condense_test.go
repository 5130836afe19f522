package local

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

const longPlan = `Terraform will perform the following actions:
pgdr-primary-dev  # aws_vpc.a (network/vpc) will be created
                    + resource "aws_vpc" "a" {
                        + arn  = (known after apply)
                        + metric_name = "Errors"
                        + description = "Warning: none of Error: kind"
                        + tags = {
                            + "Name" = "x"
                          }
                        + policy = jsonencode(
                            {
                              + Statement = [
                                  + {
                                      + Action = []
                                    },
                                ]
                            }
                          )
pgdr-primary-dev  }

                    # aws_eip.b will be destroyed
                    # (because aws_eip.b is not in configuration)
                    - resource "aws_eip" "b" {
                        - id = "1" -> null
                      }
                    # aws_db_instance.c will be updated in-place
                    ~ resource "aws_db_instance" "c" {
                        ~ backup_retention_period = 1 -> 7
                      }
                    # aws_db_instance.d must be replaced
                  -/+ resource "aws_db_instance" "d" {
                        ~ arn = "x" -> (known after apply) # forces replacement
                      }
Plan: 2 to add, 1 to change, 2 to destroy.
pgdr-primary-dev  ╷
pgdr-primary-dev  │ Error: creating x
                    {
`

const shortPlan = `Terraform will perform the following actions:
pgdr-primary-dev  # aws_vpc.a (network/vpc) will be created
                    # aws_eip.b will be destroyed
                    # (because aws_eip.b is not in configuration)
                    # aws_db_instance.c will be updated in-place
                    ~ resource "aws_db_instance" "c" {
                        ~ backup_retention_period = 1 -> 7
                      }
                    # aws_db_instance.d must be replaced
                  -/+ resource "aws_db_instance" "d" {
                        ~ arn = "x" -> (known after apply) # forces replacement
                      }
Plan: 2 to add, 1 to change, 2 to destroy.
pgdr-primary-dev  ╷
pgdr-primary-dev  │ Error: creating x
                    {
`

func TestCondensed_LeavesOutOnlyWhatIsCreatedOrDestroyedAsAWhole(t *testing.T) {
	var out bytes.Buffer
	_, err := newPlain(&condensed{out: &out}).Write([]byte(longPlan))
	require.NoError(t, err)
	require.Equal(t, shortPlan, out.String())
}

func TestCondensed_LosesNothingAfterAMiscountedBracket(t *testing.T) {
	var out bytes.Buffer
	_, err := newPlain(&condensed{out: &out}).Write([]byte("  # x.y will be created\n  + resource \"x\" \"y\" {\n + a = \"{\n + b = [\nPlan: 1 to add\nError: no\n"))
	require.NoError(t, err)
	require.Equal(t, "  # x.y will be created\nPlan: 1 to add\nError: no\n", out.String())
}
