package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"
)

// RotateKeys makes the embedded platform sign with a new key.
func (a *App) RotateKeys(ctx context.Context) error { return a.platform.RotateKeys(ctx) }

// ServiceToken is what the staff side's calls are made with.
func (a *App) ServiceToken() string { return a.serviceToken }

// Listener is the portal's own.
func (a *App) Listener() net.Listener { return a.listener }

// Routes are the portal's own, "GET /messages/:messageId".
func (a *App) Routes() (routes []string) {
	for _, r := range a.router.Routes() {
		routes = append(routes, r.Method+" "+r.Path)
	}
	slices.Sort(routes)
	return routes
}

// PlatformRoutes are the embedded platform's, "GET /v1/messages/{messageId}". net/http has no list of a mux's patterns, so
// this one is read from its insides.
func (a *App) PlatformRoutes() (routes []string) {
	index := reflect.ValueOf(a.platform.Mux()).Elem().FieldByName("index")
	add := func(patterns reflect.Value) {
		for i := range patterns.Len() {
			routes = append(routes, patterns.Index(i).Elem().FieldByName("str").String())
		}
	}
	for _, patterns := range index.FieldByName("segments").Seq2() {
		add(patterns)
	}
	add(index.FieldByName("multis"))
	slices.Sort(routes)
	return slices.Compact(routes)
}

// demoFolder is a data folder with the demo in it, made once. Tests that want the demo, not its making, begin with a copy:
// seeding takes a second, ten under the race detector.
var demoFolder = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "portal-app-")
	if err != nil {
		return "", err
	}
	made = dir
	a, err := New(context.Background(), settings(dir), Options{Log: slog.New(slog.DiscardHandler), Now: time.Now, Build: "test"})
	if err != nil {
		return "", err
	}
	// Else every copy would make ninety days of scores behind its test's back.
	return dir, errors.Join(a.health.CatchUp(context.Background(), a.health.Yesterday()), a.Close())
})

// made is the folder to be removed at the end.
var made string

func TestMain(m *testing.M) {
	code := m.Run()
	if made != "" {
		_ = os.RemoveAll(made)
	}
	os.Exit(code)
}

// WithDemo makes dir, which must be empty, a data folder that holds the demo.
func WithDemo(t *testing.T, dir string) {
	t.Helper()
	demo, err := demoFolder()
	if err == nil {
		err = os.CopyFS(dir, os.DirFS(demo))
	}
	if err != nil {
		t.Fatal(err)
	}
}
