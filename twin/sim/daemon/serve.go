package daemon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/simaws"
)

// Serve opens the account in the directory and serves it until the context
// ends, then lets requests under way finish and removes socket and pid file.
func Serve(ctx context.Context, place Place, opts sim.Options) (err error) {
	if err := os.MkdirAll(place.Dir, 0o750); err != nil {
		return fmt.Errorf("make simulator directory: %w", err)
	}
	lock, err := place.take()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := place.sweep(); err != nil {
		return err
	}
	cloud, err := simaws.Open(place.Dir, opts)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, place)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, place.sweep()) }()
	build, err := buildID()
	if err != nil {
		return err
	}
	server := &http.Server{Handler: withHealth(cloud, build), ReadHeaderTimeout: askWithin}
	return run(ctx, server, listener)
}

// listen opens the socket for the owner only and says who listens.
func listen(ctx context.Context, place Place) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "unix", place.Socket())
	if err != nil {
		return nil, fmt.Errorf("listen at %s: %w", place.Socket(), err)
	}
	err = os.Chmod(place.Socket(), 0o600)
	if err == nil {
		err = os.WriteFile(place.pidFile(), []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare socket and pid file: %w", err), listener.Close())
	}
	return listener, nil
}

func run(ctx context.Context, server *http.Server, listener net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin/2)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		return fmt.Errorf("finish requests: %w", errors.Join(err, server.Close()))
	}
	return nil
}

// health is what GET /healthz answers.
type health struct {
	Status  string `json:"status"`
	Account string `json:"account"`
	PID     int    `json:"pid"`
	Build   string `json:"build"`
}

func withHealth(cloud *sim.Cloud, build string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", simaws.Handler(cloud))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		// A caller that has hung up cannot be told.
		_ = json.NewEncoder(w).Encode(health{Status: "ok", Account: cloud.Account(), PID: os.Getpid(), Build: build})
	})
	return mux
}

// buildID is a hash of the running program, so that a start after a rebuild
// replaces the process that still runs the old one.
func buildID() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find own program: %w", err)
	}
	file, err := os.Open(path) // #nosec G304 -- this very program
	if err != nil {
		return "", fmt.Errorf("read own program: %w", err)
	}
	defer func() { _ = file.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", fmt.Errorf("read own program: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// ask sends a GET request to the place's socket and decodes the answer.
func ask(ctx context.Context, place Place, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	client := simapi.Client(place.Socket())
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://simulator"+path, nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", path, err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ask %s: %w", path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ask %s: %s: %w", path, resp.Status, ErrNoAnswer)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("read answer of %s: %w", path, err)
	}
	return nil
}

// wait sleeps between two tries.
func wait(ctx context.Context) error {
	timer := time.NewTimer(pollEvery)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
