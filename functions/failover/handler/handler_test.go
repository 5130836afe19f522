package handler

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/version"
)

func TestHandle_AnswersVersion(t *testing.T) {
	answer, err := Handle(t.Context(), json.RawMessage(`{"action": "version"}`))
	require.NoError(t, err)
	require.Equal(t, version.Version, answer.Version)
	require.Empty(t, answer.Refusal)
}

func TestHandle_RefusesByNameWhatIsNotThere(t *testing.T) {
	for name, tt := range map[string]struct{ event, refusal string }{
		"another action": {`{"action": "failover"}`, RefusalNotAvailable},
		"a tick":         {`{"source": "aws.events", "detail-type": "Scheduled Event"}`, RefusalNotAvailable},
		"an alarm":       {`{"Records": [{"Sns": {"Message": "{}"}}]}`, RefusalNotAvailable},
		"null":           {`null`, RefusalNotAvailable},
		"a list":         {`[]`, RefusalMalformed},
		"a number":       {`{"action": 1}`, RefusalMalformed},
		"truncated":      {`{"action": "ver`, RefusalMalformed},
		"nothing":        {``, RefusalMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := Handle(t.Context(), json.RawMessage(tt.event))
			require.NoError(t, err, "a refusal must not be retried")
			require.Equal(t, tt.refusal, answer.Refusal)
			require.NotEmpty(t, answer.Reason)
			require.Empty(t, answer.Version)
		})
	}
}
