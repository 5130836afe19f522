package handler_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/functions/failover/handler"
	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/internal/version"
)

type echo struct{}

func (echo) Handle(_ context.Context, raw []byte) command.Answer {
	return command.Answer{Action: string(raw)}
}

func TestHandle_PassesEventsToTheGuard(t *testing.T) {
	answer, err := handler.Function{Guard: echo{}}.Handle(t.Context(), json.RawMessage(`{}`))
	require.NoError(t, err)
	require.Equal(t, "{}", answer.Action)
}

func TestHandle_FailsAloudWhereTheFunctionWasDeployedWrongly(t *testing.T) {
	wrong := handler.Function{Fault: errors.New("PGDR_LEDGER_TABLE: missing")}
	for _, event := range []string{`{"source":"aws.events","detail-type":"Scheduled Event"}`, `{"action":"status"}`, `{}`, `[`, ``} {
		_, err := wrong.Handle(t.Context(), json.RawMessage(event))
		require.ErrorContains(t, err, "PGDR_LEDGER_TABLE", event)
	}
}

func TestHandle_SaysItsVersionEvenWhereItWasDeployedWrongly(t *testing.T) {
	wrong := handler.Function{Fault: errors.New("PGDR_LEDGER_TABLE: missing")}
	answer, err := wrong.Handle(t.Context(), json.RawMessage(`{"action": "version"}`))
	require.NoError(t, err)
	require.Equal(t, version.Version, answer.Build.Version)
}

func TestInvocation_IsLambdasRequestIDAndUniqueWithoutOne(t *testing.T) {
	one := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "4f2c"})
	require.Equal(t, "4f2c", handler.Invocation(one))
	nameless := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{})
	for _, ctx := range []context.Context{nameless, t.Context()} {
		require.NotEmpty(t, handler.Invocation(ctx))
		require.NotEqual(t, handler.Invocation(ctx), handler.Invocation(ctx))
	}
}
