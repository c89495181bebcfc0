package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	maxAnswer = 32 << 20 // of one response, and of one file in an archive
	tries     = 5
	pollEvery = time.Second
	pollFor   = 5 * time.Minute
)

// api is JSON over HTTP with a token: what both services have in common.
type api struct {
	base   *url.URL
	header http.Header // the token; never logged, never sent to another host
	client *http.Client
	pace   time.Duration // least time between two calls
	last   time.Time
	sleep  func(ctx context.Context, d time.Duration) error
}

func newAPI(base string, header http.Header, pace time.Duration) (*api, error) {
	u, err := url.Parse(strings.TrimSuffix(base, "/"))
	if err != nil || u.Host == "" {
		return nil, usageError("the service's URL is none: " + base)
	}
	if u.Scheme != "https" && u.Hostname() != "127.0.0.1" {
		return nil, usageError("the service's URL must be https: " + base)
	}
	return &api{
		base: u, header: header, pace: pace, sleep: sleep,
		client: &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// statusError is an answer that is no success. Body is the service's own words, cut.
type statusError struct {
	method, path, body string
	status             int
}

func (e *statusError) Error() string {
	return fmt.Sprintf("%s %s: %d %s: %q", e.method, e.path, e.status, http.StatusText(e.status), e.body)
}

func isStatus(err error, status int) bool {
	var e *statusError
	return errors.As(err, &e) && e.status == status
}

// json sends in (nil: no body) as JSON and reads the answer into out (nil: not at all).
func (a *api) json(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	header := http.Header{}
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
		header.Set("Content-Type", "application/json")
	}
	return a.send(ctx, method, path, header, body, out)
}

// send makes one call, waiting out rate limits and trying again after a server's failure. Every call of this command
// may be repeated: it sets something, or reads.
func (a *api) send(ctx context.Context, method, path string, header http.Header, body []byte, out any) error {
	for try := 1; ; try++ {
		answer, wait, err := a.once(ctx, method, path, header, body)
		switch {
		case err == nil && out == nil:
			return nil
		case err == nil:
			if err := json.Unmarshal(answer, out); err != nil {
				return fmt.Errorf("%s %s: unreadable answer: %w", method, path, err)
			}
			return nil
		case wait < 0 || try == tries:
			return err
		}
		if err := a.sleep(ctx, max(wait, time.Duration(try*try)*500*time.Millisecond)); err != nil {
			return err
		}
	}
}

// once makes one call. A wait of 0 or more says that it may be tried again after that long.
func (a *api) once(ctx context.Context, method, path string, header http.Header, body []byte) (answer []byte, wait time.Duration, err error) {
	if rest := a.pace - time.Since(a.last); !a.last.IsZero() && rest > 0 {
		if err := a.sleep(ctx, rest); err != nil {
			return nil, -1, err
		}
	}
	a.last = time.Now()
	req, err := http.NewRequestWithContext(ctx, method, a.base.String()+path, bytes.NewReader(body))
	if err != nil {
		return nil, -1, err
	}
	for _, h := range []http.Header{a.header, header} {
		for name, values := range h {
			req.Header[name] = values
		}
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close() //nolint:errcheck // it has been read
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, 0, err
	case len(answer) > maxAnswer:
		return nil, -1, fmt.Errorf("%s %s: the answer is larger than %d bytes", method, path, maxAnswer)
	case resp.StatusCode >= 200 && resp.StatusCode < 300:
		return answer, 0, nil
	}
	err = &statusError{method: method, path: path, body: string(answer[:min(len(answer), 300)]), status: resp.StatusCode}
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode < 500 {
		return nil, -1, err
	}
	seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After")) // a date, or nothing, waits as long as the try says
	return nil, time.Duration(min(max(seconds, 0), 120)) * time.Second, err
}

// download reads a file from a link that the service gave, without the token. The link must be https, or of the
// service itself.
func (a *api) download(ctx context.Context, link string) ([]byte, error) {
	u, err := url.Parse(link)
	if err != nil || (u.Scheme != "https" && u.Host != a.base.Host) {
		return nil, fmt.Errorf("the service gave a link that is not https: %.100q", link)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return nil, err
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it has been read
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("download: %s", resp.Status)
	}
	file, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(file) > maxAnswer {
		err = fmt.Errorf("download: more than %d bytes", maxAnswer)
	}
	return file, err
}

// poll calls ready until it says so.
func (a *api) poll(ctx context.Context, what string, ready func() (bool, error)) error {
	for waited := time.Duration(0); waited < pollFor; waited += pollEvery {
		done, err := ready()
		if err != nil || done {
			return err
		}
		if err := a.sleep(ctx, pollEvery); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s is not ready after %s", what, pollFor)
}
