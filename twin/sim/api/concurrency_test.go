package api_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim/api"
)

func TestHandler_LetsOneOfManyWritersWin(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.put(w.state(1)))
	won := make([]bool, 16)
	var wg sync.WaitGroup
	for i := range won {
		wg.Go(func() { won[i] = w.put(w.state(2), over(1)) == nil })
	}
	wg.Wait()
	n := 0
	for _, ok := range won {
		if ok {
			n++
		}
	}
	require.Equal(t, 1, n)
}

func TestHandler_PromotesOnceHoweverManyAsk(t *testing.T) {
	w := newWorld(t)
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			errs[i] = w.promote(replicaDB)
			w.server.Faults().Add(api.Scope{Service: api.KMS}, api.Throttled())()
			w.server.Calls()
		})
	}
	wg.Wait()
	accepted := 0
	for _, err := range errs {
		if err == nil {
			accepted++
		}
	}
	require.Equal(t, 1, accepted)
	require.Len(t, w.server.Calls(), len(errs))
}
