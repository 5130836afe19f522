package items

import (
	"math/big"
	"regexp"
	"strings"
)

// Bounds of a number.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
const (
	maxDigits   = 38
	maxExponent = 125
)

// numberPattern bounds the exponent too: a number of a billion digits is not
// even read.
var numberPattern = regexp.MustCompile(`^[+-]?([0-9]{1,200}(\.[0-9]{0,200})?|\.[0-9]{1,200})([eE][+-]?[0-9]{1,3})?$`)

// parseNumber reads a number of DynamoDB; ok is false if it is none, or out of
// bounds.
func parseNumber(text string) (r *big.Rat, ok bool) {
	if !numberPattern.MatchString(text) {
		return nil, false
	}
	if r, ok = new(big.Rat).SetString(text); !ok || !inBounds(r) {
		return nil, false
	}
	return r, true
}

var largest = new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(maxExponent+1), nil))

// inBounds tells whether a number has no more digits than DynamoDB keeps and
// is not too large.
func inBounds(r *big.Rat) bool {
	if new(big.Rat).Abs(r).Cmp(largest) >= 0 {
		return false
	}
	digits := strings.Trim(strings.Replace(decimal(r), ".", "", 1), "-0")
	return len(digits) <= maxDigits
}

// decimalPlaces is how far behind the point the smallest number reaches.
const decimalPlaces = 130 + maxDigits

// decimal writes a number without an exponent.
func decimal(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	return strings.TrimRight(r.FloatString(decimalPlaces), "0")
}

// checkNumbers refuses an item with a number that DynamoDB could not keep.
func checkNumbers(v any) error {
	switch x := v.(type) {
	case map[string]any:
		if text, ok := x["N"].(string); ok && len(x) == 1 {
			if _, ok := parseNumber(text); !ok {
				return invalid("The parameter cannot be converted to a numeric value: %s", text)
			}
		}
		for _, e := range x {
			if err := checkNumbers(e); err != nil {
				return err
			}
		}
	case []any:
		for _, e := range x {
			if err := checkNumbers(e); err != nil {
				return err
			}
		}
	}
	return nil
}
