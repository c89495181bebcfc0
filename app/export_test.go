package app

import (
	"context"
	"net"
	"reflect"
	"slices"
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
