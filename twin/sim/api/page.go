package api

import "strconv"

// pageSize is how many elements RDS answers with unless asked for fewer.
const pageSize = 100

// page cuts a list as MaxRecords and Marker say, and returns the marker of the
// next page, "" after the last.
func page[T any](c *call, all []T) (part []T, next string, err error) {
	size, err := c.number("MaxRecords")
	if err != nil {
		return nil, "", err
	}
	n := pageSize
	if size != nil {
		if n = *size; n < 20 || n > pageSize {
			return nil, "", refuse("InvalidParameterValue", "MaxRecords: found %d, want 20 to %d", n, pageSize)
		}
	}
	from := 0
	if marker := c.text("Marker"); marker != "" {
		if from, err = strconv.Atoi(marker); err != nil || from < 0 || from > len(all) {
			return nil, "", refuse("InvalidParameterValue", "Marker: found %q, want one that an earlier answer gave", marker)
		}
	}
	to := min(from+n, len(all))
	if to < len(all) {
		next = strconv.Itoa(to)
	}
	return all[from:to], next, nil
}
