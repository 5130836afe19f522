package spec

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// A field of Tags without a key would be read, validated and documented, and
// would tag nothing.
func TestTags_EachFieldHasAKeyOfItsOwn(t *testing.T) {
	var tags Tags
	v := reflect.ValueOf(&tags).Elem()
	for i := range v.NumField() {
		v.Field(i).SetString("x")
	}
	keyed := tags.Keyed()
	require.Len(t, keyed, v.NumField())
	require.NotContains(t, keyed, "", "a field lacks its struct tag")
	require.Empty(t, Tags{}.Keyed(), "what says nothing is no tag")
}
