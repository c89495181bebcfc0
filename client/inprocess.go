package client

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// InProcess returns a transport that hands every request to h without a network in between: no socket, no copy of the
// answer, the caller's goroutine and context. A handler that panics is an error of the call, as it would be remotely.
func InProcess(h http.Handler) http.RoundTripper { return inProcess{h} }

type inProcess struct{ handler http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	in := r.WithContext(ctx) // a copy: routing writes into it
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:0"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	w := &memoryWriter{header: make(http.Header, 8), buf: buffers.Get().(*bytes.Buffer)}
	err := serve(t.handler, w, in)
	if e := ctx.Err(); e != nil {
		err = e // the handler stopped half-way: its answer is about that
	} else if w.buf.Len() > maxBody {
		err = errTooLarge
	}
	if err != nil {
		release(w.buf)
		return nil, err
	}
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: &memoryBody{buf: w.buf, pooled: true}, ContentLength: int64(w.buf.Len()), Request: r,
	}, nil
}

func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("platform panicked: %v", v)
		}
	}()
	h.ServeHTTP(w, r)
	return nil
}

// memoryWriter keeps an answer. It stops taking bytes soon after maxBody, where the answer is refused anyway.
type memoryWriter struct {
	header http.Header
	status int
	buf    *bytes.Buffer
}

func (w *memoryWriter) Header() http.Header { return w.header }

func (w *memoryWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 { // 1xx are not the answer
		w.status = status
	}
}

func (w *memoryWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.buf.Len() > maxBody {
		return 0, errTooLarge
	}
	return w.buf.Write(p)
}

func (w *memoryWriter) WriteString(s string) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.buf.Len() > maxBody {
		return 0, errTooLarge
	}
	return w.buf.WriteString(s)
}

// memoryBody is a body that is in memory already. Its Bytes are good until Close, which gives a pooled buffer back.
type memoryBody struct {
	buf    *bytes.Buffer
	pooled bool
}

func (b *memoryBody) Bytes() []byte {
	if b.buf == nil {
		return nil
	}
	return b.buf.Bytes()
}

func (b *memoryBody) Read(p []byte) (int, error) {
	if b.buf == nil {
		return 0, io.EOF
	}
	return b.buf.Read(p)
}

func (b *memoryBody) Close() error {
	if b.buf != nil && b.pooled {
		release(b.buf)
	}
	b.buf = nil
	return nil
}

var buffers = sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, 32<<10)) }}

// release gives a buffer back to the pool, unless one large answer has grown it.
func release(b *bytes.Buffer) {
	if b.Cap() > 256<<10 {
		return
	}
	b.Reset()
	buffers.Put(b)
}
