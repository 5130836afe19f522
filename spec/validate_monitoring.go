package spec

import (
	"fmt"
	"net/mail"
	"strings"
)

func checkMonitoring(fs *Faults, c Config) {
	checkEmails(fs, c.Monitoring.Emails)
	const free, slot = "monitoring.free_storage_gib", "monitoring.slot_lag_mib"
	if most := c.Database.AllocatedStorage / 2; c.Monitoring.FreeStorage > most &&
		!fs.has(free) && !fs.has("database.allocated_storage_gib") {
		fs.add(free, fmt.Sprint(c.Monitoring.FreeStorage),
			fmt.Sprintf("give at most %d, half of database.allocated_storage_gib: the alarm would be on from the first day", most))
	}
	if keep := c.Database.MaxSlotWALKeep; c.Monitoring.SlotLag >= keep &&
		!fs.has(slot) && !fs.has("database.max_slot_wal_keep_mib") {
		fs.add(slot, fmt.Sprint(c.Monitoring.SlotLag),
			fmt.Sprintf("give less than the %d of database.max_slot_wal_keep_mib: the alarm must come before the slot is given up", keep))
	}
}

// checkEmails wants bare addresses, each once: SNS makes one subscription of
// each, and its answer to a display name is an error at apply.
func checkEmails(fs *Faults, emails []string) {
	seen := map[string]bool{}
	for i, email := range emails {
		path := indexed("monitoring.emails", i)
		parsed, err := mail.ParseAddress(email)
		folded := strings.ToLower(email)
		switch {
		case err != nil || parsed.Address != email:
			fs.add(path, quoted(email), "give a bare address, such as ops@your-company.tld")
		case !strings.Contains(email[strings.LastIndex(email, "@"):], "."):
			fs.add(path, quoted(email), "give an address with a full domain: SNS sends over the internet")
		case seen[folded]:
			fs.add(path, quoted(email)+" a second time", "give each address once")
		}
		seen[folded] = true
	}
}
