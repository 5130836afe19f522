package drill

import (
	"encoding/json"
	"fmt"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/dynamodb/items"
)

// readLedger reads the guard's record where the account keeps it, without a
// call that the guard or a fault could notice. ok is false while there is none.
func readLedger(cloud *sim.Cloud, region, table string) (state engine.State, ok bool, err error) {
	err = cloud.View(func(tx *sim.Tx) error {
		t, err := items.Find(tx, region, table)
		if err != nil {
			return fmt.Errorf("find the ledger: %w", err)
		}
		item, err := t.Get(items.Item{contract.LedgerPartitionKey: items.Value{"S": contract.LedgerStatePartition}, contract.LedgerSortKey: items.Value{"S": contract.LedgerStateSort}})
		if err != nil || item == nil {
			return err
		}
		value, _ := item["state"].(items.Value)
		text, _ := value["S"].(string)
		if err := json.Unmarshal([]byte(text), &state); err != nil {
			return fmt.Errorf("read the ledger: %w", err)
		}
		ok = true
		return nil
	})
	return state, ok, err
}
