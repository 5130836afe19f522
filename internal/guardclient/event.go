package guardclient

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/pgdr/pgdr/internal/guard/event"
)

// Event is a command as the function reads it: zero fields are left out.
func Event(c event.Command) ([]byte, error) {
	fields := map[string]any{"action": c.Action}
	for name, value := range map[string]string{"by": c.By, "reason": c.Reason, "writer": c.Writer} {
		if value != "" {
			fields[name] = value
		}
	}
	for name, on := range map[string]bool{
		"dry_run": c.DryRun, "force": c.Force, "allow_data_loss": c.AllowDataLoss, "unfenced": c.Unfenced, "unproven": c.Unproven,
	} {
		if on {
			fields[name] = true
		}
	}
	if c.For != 0 {
		fields["seconds"] = int(c.For / time.Second)
	}
	if c.Limit != 0 {
		fields["limit"] = c.Limit
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("write the command %s: %w", c.Action, err)
	}
	return raw, nil
}

// repeatable tells whether a command may be sent again when it was not
// answered: it changes nothing, or the same as before.
func repeatable(c event.Command) bool {
	switch c.Action {
	case event.Version, event.Status, event.Check, event.History:
		return true
	case event.Failover:
		return c.DryRun
	default:
		return false
	}
}
