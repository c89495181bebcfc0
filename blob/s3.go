package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"ghasi.io/portal/portal"
)

// S3 keeps documents in a bucket. Its links lead to the bucket's server, which people's browsers must reach.
type S3 struct {
	client *minio.Client
	bucket string
	now    func() time.Time
}

// s3Retries bounds the library's own tries: a job that stores a document has its own.
const s3Retries = 3

// NewS3 prepares a bucket named by s3://ACCESS:SECRET@host[:port]/bucket, with ?region= (us-east-1) and ?tls=false for a
// server without TLS. Without ACCESS:SECRET@ the credentials are those of the AWS_* variables, the AWS credentials file
// or the machine's role. It does not connect: see [S3.Check].
func NewS3(rawURL string, now func() time.Time) (*S3, error) {
	u, err := url.Parse(rawURL)
	bucket := ""
	if err == nil {
		bucket = strings.Trim(u.Path, "/")
	}
	if err != nil || u.Scheme != "s3" || u.Host == "" || bucket == "" || strings.Contains(bucket, "/") {
		return nil, errors.New("blob: BLOB_URL is not s3://ACCESS:SECRET@host/bucket") // it holds a secret: not repeated
	}
	creds := credentials.NewChainCredentials([]credentials.Provider{
		&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{},
	})
	if u.User != nil {
		secret, _ := u.User.Password()
		creds = credentials.NewStaticV4(u.User.Username(), secret, "")
	}
	region := u.Query().Get("region")
	if region == "" {
		region = "us-east-1" // asked for by name, else each link would cost a question to the server
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds: creds, Secure: u.Query().Get("tls") != "false", Region: region, MaxRetries: s3Retries,
	})
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return &S3{client: client, bucket: bucket, now: now}, nil
}

// Check asks the server for the bucket. Errors: NotFound when there is none; Unavailable.
func (s *S3) Check(ctx context.Context) error {
	ok, err := s.client.BucketExists(ctx, s.bucket)
	if err != nil {
		return s.failed("look for the bucket", s.bucket, err)
	}
	if !ok {
		return portal.Fail(portal.NotFound, fmt.Errorf("no bucket %s", s.bucket))
	}
	return nil
}

// Put implements [Store].
func (s *S3) Put(ctx context.Context, key, contentType string, r io.Reader, size int64) error {
	t, err := check(key, contentType)
	if err != nil {
		return err
	}
	_, err = s.client.PutObject(ctx, s.bucket, key, &exactly{r: r, left: size}, size, minio.PutObjectOptions{
		ContentType: t, CacheControl: "private, no-store", DisableMultipart: size < 64<<20,
	})
	if err != nil {
		return s.failed("store", key, err)
	}
	return nil
}

// Open implements [Store].
func (s *S3) Open(ctx context.Context, key string) (io.ReadCloser, Info, error) {
	t, err := typeOf(key)
	if err != nil {
		return nil, Info{}, err
	}
	object, err := s.client.GetObject(ctx, s.bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, Info{}, s.failed("open", key, err)
	}
	info, err := object.Stat() // the first that is sent
	if err != nil {
		return nil, Info{}, errors.Join(s.failed("open", key, err), object.Close())
	}
	return object, Info{ContentType: t, Size: info.Size, Modified: info.LastModified}, nil
}

// Delete implements [Store].
func (s *S3) Delete(ctx context.Context, key string) error {
	if _, err := typeOf(key); err != nil {
		return err
	}
	err := s.client.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{})
	if err = s.failed("delete", key, err); portal.CodeOf(err) == portal.NotFound {
		return nil
	}
	return err
}

// SignedURL implements [Store].
func (s *S3) SignedURL(ctx context.Context, key string, o SignOptions) (string, time.Time, error) {
	o, err := o.complete(key)
	if err != nil {
		return "", time.Time{}, err
	}
	expires := s.now().Add(o.TTL).Truncate(time.Second)
	u, err := s.client.PresignedGetObject(ctx, s.bucket, key, o.TTL, url.Values{
		"response-content-disposition": {o.disposition()}, "response-content-type": {o.ContentType},
		"response-cache-control": {"private, no-store"},
	})
	if err != nil {
		return "", time.Time{}, s.failed("sign", key, err)
	}
	return u.String(), expires, nil
}

// failed maps what the server answered: what is not there is NotFound, what it refuses is our fault, all else is its own.
func (s *S3) failed(what, key string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errShort) {
		return fmt.Errorf("%s %s: %w", what, key, err)
	}
	answer := minio.ToErrorResponse(err)
	code := portal.Unavailable
	switch {
	case answer.Code == "NoSuchKey":
		code = portal.NotFound
	case answer.StatusCode >= 400 && answer.StatusCode < 500:
		code = portal.Internal
	}
	return portal.Fail(code, fmt.Errorf("%s %s: %w", what, key, err))
}

// exactly fails when a reader gives another number of bytes than was promised.
type exactly struct {
	r    io.Reader
	left int64
}

func (e *exactly) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.left -= int64(n)
	if e.left < 0 || errors.Is(err, io.EOF) && e.left > 0 {
		return n, errShort
	}
	return n, err
}
