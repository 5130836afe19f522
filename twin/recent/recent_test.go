package recent_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/recent"
)

func TestAppend_ForgetsTheOlderHalfOfWhatIsTooMuch(t *testing.T) {
	var list []int
	for i := range 6 {
		list = recent.Append(list, 6, i)
	}
	require.Equal(t, []int{0, 1, 2, 3, 4, 5}, list, "as many as may be")
	require.Equal(t, []int{4, 5, 6}, recent.Append(list, 6, 6))
	require.Equal(t, []int{7, 8, 9}, recent.Append(list, 6, 6, 7, 8, 9), "several at once")
	require.Equal(t, []int{2}, recent.Append([]int{1}, 1, 2), "never nothing")
	require.Nil(t, recent.Append[int](nil, 6))
}
