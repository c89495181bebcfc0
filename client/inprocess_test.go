package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"ghasi.io/portal/client"
	"ghasi.io/portal/portal"
)

func TestInProcess_Panic(t *testing.T) {
	c := newClient(t, "https://api.example.af", client.InProcess(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic("boom")
	})))
	if _, err := c.APIKeys(context.Background(), token); portal.CodeOf(err) != portal.Unavailable {
		t.Errorf("err = %v, want unavailable", err)
	}
}

func TestInProcess_Huge(t *testing.T) {
	var stopped error
	c := newClient(t, "https://api.example.af", client.InProcess(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for range 1000 {
			if _, stopped = w.Write(bytes.Repeat([]byte(" "), 64<<10)); stopped != nil {
				return
			}
		}
	})))
	if _, err := c.APIKeys(context.Background(), token); portal.CodeOf(err) != portal.Unavailable {
		t.Errorf("err = %v, want unavailable", err)
	}
	if stopped == nil {
		t.Error("the handler was let to write 64 MB")
	}
}

// TestInProcess_SeenByTheHandler: the handler sees what a server would give it.
func TestInProcess_SeenByTheHandler(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/things/{id}", func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%s %s %s %q %v", r.PathValue("id"), r.Host, r.RequestURI, b, err)
	})
	r, err := http.NewRequest(http.MethodGet, "https://api.example.af/v1/things/7?x=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.InProcess(mux).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if want := `7 api.example.af /v1/things/7?x=1 "" <nil>`; string(got) != want || res.StatusCode != http.StatusOK {
		t.Errorf("%d %s, want 200 %s", res.StatusCode, got, want)
	}
	if r.PathValue("id") != "" {
		t.Error("the caller's request was changed")
	}
}

// TestInProcess_BuffersAreNotShared: answers of calls at the same time, and answers kept after Close, stay apart.
func TestInProcess_BuffersAreNotShared(t *testing.T) {
	c := newClient(t, "https://api.example.af", client.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m := item()
		m.MessageID = strings.TrimPrefix(r.URL.Path, "/v1/messages/")
		m.Body = strings.Repeat(m.MessageID, 20)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(m)
	})))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				id := portal.NewID("msg", at)
				m, err := c.Message(context.Background(), token, id)
				if err != nil || m.Body != strings.Repeat(id, 20) {
					t.Errorf("%s: %v, body %q", id, err, m.Body)
					return
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkMessages(b *testing.B) {
	var page portal.MessagePage
	for range 50 {
		page.Items = append(page.Items, item())
	}
	body, err := json.Marshal(page)
	if err != nil {
		b.Fatal(err)
	}
	c, err := client.New(client.Options{
		BaseURL: "https://api.example.af",
		Transport: client.InProcess(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(body)
		})),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := c.Messages(context.Background(), token, portal.MessageFilter{}); err != nil {
			b.Fatal(err)
		}
	}
}
