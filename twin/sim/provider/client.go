package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/pgdr/pgdr/twin/sim/simapi"
)

// ErrNoSimulator means that the environment names no simulator, or that
// nothing answers where it should be.
var ErrNoSimulator = errors.New("this is the local stand-in for the AWS provider: it works only beside the simulated account that `make deploy-local` starts, and never reaches AWS")

// client speaks to the simulator over its Unix socket.
type client struct {
	socket string
	http   *http.Client
}

// newClient makes a client of the simulator that listens at the socket's
// path. It doesn't connect yet.
func newClient(socket string) (*client, error) {
	if socket == "" {
		return nil, fmt.Errorf("%w; %s is not set", ErrNoSimulator, simapi.SocketEnv)
	}
	return &client{socket: socket, http: simapi.Client(socket)}, nil
}

// do asks for one operation. A refusal by the simulated AWS comes back as the
// response's Error, with what the operation left behind beside it.
func (c *client) do(ctx context.Context, op string, request simapi.Request) (*simapi.Response, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("encode %s of %s: %w", op, request.Type, err)
	}
	url := "http://simulator/terraform/v1/" + op
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask the simulator for %s of %s: %w", op, request.Type, err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w; %s of %s at %s: %w", ErrNoSimulator, op, request.Type, c.socket, err)
	}
	defer func() { _ = resp.Body.Close() }()
	return readResponse(resp, op, request.Type)
}

// readResponse takes any answer that is of the agreed form, whatever its
// status, and says what else came otherwise.
func readResponse(resp *http.Response, op, typeName string) (*simapi.Response, error) {
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("read the simulator's answer to %s of %s: %w", op, typeName, err)
	}
	var out simapi.Response
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&out); err != nil {
		return nil, fmt.Errorf("simulator answered %s to %s of %s: %q", resp.Status, op, typeName, raw)
	}
	if resp.StatusCode != http.StatusOK && out.Error == nil {
		return nil, fmt.Errorf("simulator answered %s to %s of %s: %q", resp.Status, op, typeName, raw)
	}
	return &out, nil
}
