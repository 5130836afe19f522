package items

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim/simapi"
)

func s(text string) Value   { return Value{"S": text} }
func n(number string) Value { return Value{"N": number} }

func expressions() *Expressions {
	return NewExpressions(map[string]string{"#v": "version", "#s": "state"}, map[string]Value{":one": n("1"), ":two": n("2.0"), ":a": s("a"), ":b": s("b")})
}

func TestCondition_IsEvaluatedAsDynamoDBDoes(t *testing.T) {
	item := Item{"version": n("2"), "state": s("armed"), "name": s("abc"), "flag": Value{"BOOL": true}}
	for text, want := range map[string]bool{
		"#v = :two": true, "#v = :one": false, "#v <> :one": true, "#v > :one": true, "#v >= :two": true, "#v < :two": false, "#v <= :two": true,
		":one < #v": true, "#s > :a": true, "#s > :one": false, "nothing = :one": false, "nothing <> :one": true, "nothing < :one": false,
		"attribute_exists(#v)": true, "attribute_not_exists(#v)": false, "attribute_not_exists(nothing)": true,
		"begins_with(#s, :a)": true, "begins_with(#s, :b)": false, "begins_with(#v, :a)": false,
		"#v BETWEEN :one AND :two": true, "#s BETWEEN :a AND :b": true, "#v BETWEEN :two AND :one": false,
		"NOT #v = :one": true, "NOT (#v = :two OR #s = :a)": false,
		"#v = :one OR #s > :a": true, "#v = :one AND #s > :a": false, "#v = :two OR #v = :one AND #v = :one": true, "(#v = :two OR #v = :one) AND #v = :one": false,
		"#v = :two and not attribute_exists(nothing)": true,
	} {
		c, err := expressions().Condition(text)
		require.NoError(t, err, text)
		err = c.Check(item)
		require.Equal(t, want, err == nil, "%s: %v", text, err)
		if err != nil {
			var refusal *simapi.Error
			require.ErrorAs(t, err, &refusal)
			require.Equal(t, CodeCondition, refusal.Code)
		}
	}
	var none *Condition
	require.NoError(t, none.Check(nil))
}

func TestCondition_RefusesWhatItCannotRead(t *testing.T) {
	for text, code := range map[string]string{
		"#v =": codeValidation, "= :one": codeValidation, "#v = :nobody": codeValidation, "#nobody = :one": codeValidation, "#v ! :one": codeValidation,
		"(#v = :one": codeValidation, "#v = :one #v": codeValidation, "state = :a": codeValidation, "#v BETWEEN :one": codeValidation, " ": codeValidation,
		"begins_with(#v": codeValidation, "begins_with(#v,": codeValidation, "#v :one :two": codeValidation, "NOT": codeValidation, "(": codeValidation,
		"size(#v)": codeUnknown, "a.b = :one": codeUnknown, "a[0] = :one": codeUnknown,
	} {
		_, err := expressions().Condition(text)
		var refusal *simapi.Error
		require.ErrorAs(t, err, &refusal, text)
		require.Equal(t, code, refusal.Code, text)
	}
}

func TestExpressions_RefuseWhatNobodyUses(t *testing.T) {
	e := expressions()
	_, err := e.Condition("#v = :one")
	require.NoError(t, err)
	require.ErrorContains(t, e.Finish(), "#s")
	e = NewExpressions(nil, map[string]Value{":x": n("1")})
	require.ErrorContains(t, e.Finish(), ":x")
	require.NoError(t, NewExpressions(nil, nil).Finish())
}

func TestKeyCondition_MustNameTheKey(t *testing.T) {
	keys := []string{"pk", "sk"}
	for text, ok := range map[string]bool{
		"pk = :a": true, "pk = :a AND sk > :b": true, "begins_with(sk, :b) AND pk = :a": true, "pk = :a AND sk BETWEEN :a AND :b": true,
		"pk > :a": false, "sk = :a": false, "pk = :a AND other = :b": false, "pk = :a AND sk = :b AND sk = :a": false,
	} {
		c, err := expressions().KeyCondition(text)
		require.NoError(t, err, text)
		require.Equal(t, ok, c.fits(keys) == nil, text)
	}
	for _, text := range []string{"", "pk = :a OR sk = :b", "begins_with(", "pk"} {
		_, err := expressions().KeyCondition(text)
		require.Error(t, err, text)
	}
}

func TestNumbers_AreBounded(t *testing.T) {
	for text, want := range map[string]bool{
		"0": true, "-1.50": true, ".5": true, "1e3": true, "9.9e125": true, "1e-130": true, "12345678901234567890123456789012345678": true,
		"1e126": false, "123456789012345678901234567890123456789": false, "1e1000000000": false, "1e999": false, "x": false, "": false, "1/2": false, "0x10": false, "-": false, "Inf": false,
	} {
		_, ok := parseNumber(text)
		require.Equal(t, want, ok, text)
		require.Equal(t, want, checkNumbers(Item{"a": n(text)}) == nil, text)
		require.Equal(t, want, checkNumbers(Item{"a": Value{"L": []any{n(text)}}}) == nil, text)
	}
}

func FuzzCondition(f *testing.F) {
	for _, text := range []string{"#v = :one", "NOT (a = :a) OR begins_with(#s,:b)", "x BETWEEN :a AND :b", "((", "attribute_exists("} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		c, err := expressions().Condition(text)
		if err == nil {
			_ = c.Check(Item{"version": n("1")})
		}
		if k, err := expressions().KeyCondition(text); err == nil {
			_ = k.fits([]string{"pk"})
		}
	})
}
