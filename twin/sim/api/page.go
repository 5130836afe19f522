package api

import "strconv"

// pageSize is how many elements RDS answers with unless asked for fewer.
const pageSize = 100

// Page cuts a list as MaxRecords and Marker say, and returns the marker of the
// next page, "" after the last.
func Page[T any](c *Call, all []T) (part []T, next string, err error) {
	size, err := c.Number("MaxRecords")
	if err != nil {
		return nil, "", err
	}
	n := pageSize
	if size != nil {
		if n = *size; n < 20 || n > pageSize {
			return nil, "", Refuse("InvalidParameterValue", "MaxRecords: found %d, want 20 to %d", n, pageSize)
		}
	}
	from := 0
	if marker := c.Text("Marker"); marker != "" {
		if from, err = strconv.Atoi(marker); err != nil || from < 0 || from > len(all) {
			return nil, "", Refuse("InvalidParameterValue", "Marker: found %q, want one that an earlier answer gave", marker)
		}
	}
	to := min(from+n, len(all))
	if to < len(all) {
		next = strconv.Itoa(to)
	}
	return all[from:to], next, nil
}
