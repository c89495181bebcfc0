package blob

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
	"time"

	"ghasi.io/portal/portal"
)

// tempDir holds what is being written. Keys cannot begin with a dot.
const tempDir = ".writing"

// staleAfter is when a file in tempDir is what a killed process left.
const staleAfter = time.Hour

// Files keeps documents as files below one folder, and serves the links to them itself.
type Files struct {
	root    *os.Root
	baseURL string // origin
	key     []byte
	now     func() time.Time
	expired http.Handler
	onFault func(error)
}

// Option changes how [Files] serves.
type Option func(*Files)

// Expired answers for links that have expired, were tampered with, or whose document is gone; without it that is a bare
// 403. Headers that forbid keeping the answer are set already.
func Expired(h http.Handler) Option { return func(f *Files) { f.expired = h } }

// OnFault is told why a document that is there could not be served: who asked for it is only answered 500. It is called
// by many requests at once.
func OnFault(tell func(error)) Option { return func(f *Files) { f.onFault = tell } }

// NewFiles opens dir, which it makes when absent (mode 0700). baseURL is the origin that [Files.Handler] is reached at,
// key the secret that links are signed with, at least 32 bytes. Close it at the end.
func NewFiles(dir, baseURL string, key []byte, now func() time.Time, options ...Option) (*Files, error) {
	if len(key) < 32 {
		return nil, errors.New("blob: the key is shorter than 32 bytes")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("documents: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("documents: %w", err)
	}
	f := &Files{root: root, baseURL: strings.TrimSuffix(baseURL, "/"), key: key, now: now, onFault: func(error) {}}
	f.expired = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "This link has expired.", http.StatusForbidden)
	})
	for _, o := range options {
		o(f)
	}
	if err := f.tidy(); err != nil {
		return nil, errors.Join(fmt.Errorf("documents: %w", err), root.Close())
	}
	return f, nil
}

// Close closes the folder.
func (f *Files) Close() error { return f.root.Close() }

// tidy makes tempDir and removes what killed processes left there.
func (f *Files) tidy() error {
	if err := f.root.MkdirAll(tempDir, 0o700); err != nil {
		return err
	}
	entries, err := fs.ReadDir(f.root.FS(), tempDir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || f.now().Sub(info.ModTime()) < staleAfter {
			continue // gone meanwhile, or another process writes it
		}
		if err := f.root.Remove(path.Join(tempDir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Put implements [Store]. The document is on the disk when it returns.
func (f *Files) Put(_ context.Context, key, contentType string, r io.Reader, size int64) error {
	if _, err := check(key, contentType); err != nil {
		return err
	}
	var token [12]byte
	_, _ = rand.Read(token[:]) // never fails (Go 1.24)
	temp := path.Join(tempDir, hex.EncodeToString(token[:]))
	err := f.write(temp, r, size)
	if err == nil {
		err = f.root.MkdirAll(path.Dir(key), 0o700)
	}
	if err == nil {
		err = f.root.Rename(temp, key)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("store %s: %w", key, err), ignoreAbsent(f.root.Remove(temp)))
	}
	return f.syncDir(path.Dir(key))
}

func (f *Files) write(name string, r io.Reader, size int64) error {
	file, err := f.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(file, io.LimitReader(r, size+1))
	if err == nil && n != size {
		err = errShort
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// syncDir makes a rename last through a loss of power.
func (f *Files) syncDir(dir string) error {
	d, err := f.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open implements [Store].
func (f *Files) Open(_ context.Context, key string) (io.ReadCloser, Info, error) {
	file, info, err := f.open(key)
	if err != nil {
		return nil, Info{}, err
	}
	return file, info, nil
}

func (f *Files) open(key string) (*os.File, Info, error) {
	t, err := typeOf(key)
	if err != nil {
		return nil, Info{}, err
	}
	file, err := f.root.Open(key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Info{}, notFound(key)
	}
	if err != nil {
		return nil, Info{}, fmt.Errorf("open %s: %w", key, err)
	}
	stat, err := file.Stat()
	if err == nil && !stat.Mode().IsRegular() {
		err = notFound(key)
	}
	if err != nil {
		return nil, Info{}, errors.Join(err, file.Close())
	}
	return file, Info{ContentType: t, Size: stat.Size(), Modified: stat.ModTime()}, nil
}

// Delete implements [Store].
func (f *Files) Delete(_ context.Context, key string) error {
	if _, err := typeOf(key); err != nil {
		return err
	}
	if err := ignoreAbsent(f.root.Remove(key)); err != nil {
		return portal.Fail(portal.Internal, fmt.Errorf("delete %s: %w", key, err))
	}
	return nil
}

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
