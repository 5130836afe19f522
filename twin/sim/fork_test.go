package sim_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestFork_SharesNothingThatChanges(t *testing.T) {
	w := newWorld(t)
	w.full()
	before := w.cloud.Resources("")
	clock := newClock()
	other := &world{t: t, cloud: w.cloud.Fork(clock), clock: clock}
	require.Empty(t, cmp.Diff(before, other.cloud.Resources("")))

	vpc := other.create("aws_vpc", east, attrs{"cidr_block": "10.9.0.0/16"})
	other.gone(other.create("aws_kms_key", east, attrs{}))
	require.Empty(t, cmp.Diff(before, w.cloud.Resources("")), "what is done to the fork does not show")
	require.Empty(t, w.cloud.Retained())
	require.Equal(t, vpc.id, w.create("aws_vpc", east, attrs{"cidr_block": "10.9.0.0/16"}).id, "both go on with the ids from where they parted")
}

func TestFork_LivesByItsOwnClock(t *testing.T) {
	w := newWorld(t)
	clock := newClock()
	fork := w.cloud.Fork(clock)
	clock.Advance(time.Hour)
	require.Equal(t, time.Hour, fork.Now().Sub(w.cloud.Now()))
	require.Equal(t, w.cloud.Now(), w.cloud.Fork(nil).Now())
}
