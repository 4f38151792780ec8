package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"prowtrace/internal/storehttp"
	"prowtrace/objstore"
)

// Read implements objstore.Store. A connection that breaks is resumed where it broke.
func (c *Client) Read(ctx context.Context, o objstore.Object, w io.Writer) error {
	r := &reading{client: c, bucket: o.Bucket, name: o.Name, version: o.Version, etag: etagOf(o.Version), end: o.Size, sum: o.Sum}
	return r.copy(ctx, w, o.Size)
}

// ReadRange implements objstore.Store.
func (c *Client) ReadRange(ctx context.Context, o objstore.Object, offset, length int64, w io.Writer) error {
	if offset < 0 || length < 0 || length > o.Size-offset {
		return fmt.Errorf("read %s: invalid range: %d bytes from %d of %d", where(o.Bucket, o.Name), length, offset, o.Size)
	}
	if length == 0 {
		return nil
	}
	r := &reading{client: c, bucket: o.Bucket, name: o.Name, version: o.Version, etag: etagOf(o.Version), at: offset, end: offset + length, part: true}
	return r.copy(ctx, w, length)
}

// ReadAll implements objstore.Store. The bytes are compared with the server's sum.
func (c *Client) ReadAll(ctx context.Context, bucket, name string, limit int64) ([]byte, objstore.Object, error) {
	data, o, err := c.readAll(ctx, bucket, name, limit)
	if errors.Is(err, objstore.ErrChecksum) {
		c.retries.Add(1)
		data, o, err = c.readAll(ctx, bucket, name, limit)
	}
	return data, o, err
}

func (c *Client) readAll(ctx context.Context, bucket, name string, limit int64) ([]byte, objstore.Object, error) {
	var buf bytes.Buffer
	r := &reading{client: c, bucket: bucket, name: name, end: -1, limit: limit}
	if err := r.copy(ctx, &buf, limit); err != nil {
		return nil, objstore.Object{}, err
	}
	o := objectOf(bucket, r.info)
	o.Name, o.Size, o.Sum = name, int64(buf.Len()), r.sum
	o.ContentType, o.ContentEncoding = r.info.ContentType, encodingOf(r.info.Metadata.Get("Content-Encoding"))
	for key, value := range r.info.UserMetadata {
		if o.Metadata == nil {
			o.Metadata = map[string]string{}
		}
		o.Metadata[strings.ToLower(key)] = value
	}
	return buf.Bytes(), o, nil
}

// encodingOf removes the encoding of the upload from an object's encodings. Some servers
// keep it.
func encodingOf(header string) string {
	var all []string
	for encoding := range strings.SplitSeq(header, ",") {
		if encoding = strings.TrimSpace(encoding); encoding != "" && encoding != "aws-chunked" {
			all = append(all, encoding)
		}
	}
	return strings.Join(all, ",")
}

// reading is the read of one object or a part of it. Only one goroutine uses it.
type reading struct {
	client       *Client
	bucket, name string
	version      string // the wanted version; "": any
	etag         string // "": that of the first answer, if it has one
	at, end      int64  // the range to read; end -1: to the end of the object
	part         bool   // only a part of the object is requested
	limit        int64  // of the object's size, if end is -1

	info minio.ObjectInfo // of the first answer
	sum  objstore.Sum     // the sum that the object should have
	hash hash.Hash        // of the bytes received, of sum's kind; nil: there is nothing to compare
}

// lowestRate is the slowest transfer that is still worth waiting for, in bytes a
// second. It is far below what one reader should accept, because 64 parallel readers share a
// line: 16 KiB/s each is 1 MiB/s.
const lowestRate = 16 << 10

// copy reads everything, and checks it. expected is the approximate number of bytes.
func (r *reading) copy(ctx context.Context, w io.Writer, expected int64) error {
	limit := r.client.opts.Patience + time.Duration(float64(expected)/lowestRate*float64(time.Second))
	rctx, cancel := context.WithTimeoutCause(ctx, limit, &slowError{limit, expected})
	defer cancel()
	err := r.attempts(rctx, w)
	place := where(r.bucket, r.name)
	var local *writeError
	var slow *slowError
	switch {
	case errors.As(err, &local):
		return fmt.Errorf("write the bytes of %s: %w", place, local.err)
	case errors.Is(err, objstore.ErrChecksum), errors.Is(err, objstore.ErrTooLarge):
		return fmt.Errorf("read %s: %w", place, err)
	case err != nil && ctx.Err() == nil && errors.As(context.Cause(rctx), &slow):
		return fmt.Errorf("read %s: %w", place, r.client.unreachable(r.bucket, slow))
	case err != nil:
		return r.client.explain(ctx, "read", r.bucket, r.name, err)
	}
	if r.hash == nil {
		return nil
	}
	if got := r.sum.Kind.Of(r.hash); got != r.sum {
		return fmt.Errorf("read %s: %w: %s %s, the server says %s", place, objstore.ErrChecksum, got.Kind, got.Value, r.sum.Value)
	}
	return nil
}

// attempts continues where a body broke, as long as each attempt brings new bytes.
func (r *reading) attempts(ctx context.Context, w io.Writer) error {
	ctx, _ = withOperation(ctx)
	for fruitless := 0; ; {
		from := r.at
		err := r.receive(ctx, w)
		if err == nil {
			return nil
		}
		var broken *brokenError
		if !errors.As(err, &broken) || ctx.Err() != nil || r.at > from && r.etag == "" {
			return err
		}
		if fruitless++; r.at > from {
			fruitless = 0
		}
		var silent *storehttp.SilentError
		if fruitless >= r.client.opts.Attempts || errors.As(err, &silent) && !silent.Temporary() {
			return err
		}
		r.client.retries.Add(1)
		r.client.opts.Logf("resume after a broken connection: %v", err)
		if err := storehttp.Sleep(ctx, pauseBefore(fruitless+1, r.client.opts.RetryPause)); err != nil {
			return err
		}
	}
}

// receive makes one request and copies what it brings.
func (r *reading) receive(ctx context.Context, w io.Writer) error {
	body, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer body.Close()
	if r.end < 0 && r.info.Size > r.limit {
		return fmt.Errorf("%w: more than %d bytes", objstore.ErrTooLarge, r.limit)
	}
	buf := r.client.buffers.Get().(*[]byte)
	defer r.client.buffers.Put(buf)
	_, err = io.CopyBuffer(&checkedWriter{r, w}, struct{ io.Reader }{body}, *buf)
	var known *writeError
	switch {
	case errors.As(err, &known), errors.Is(err, objstore.ErrChecksum), errors.Is(err, objstore.ErrTooLarge):
		return err
	case err != nil:
		return &brokenError{err}
	case r.end >= 0 && r.at < r.end:
		return fmt.Errorf("%w: %d bytes fewer than the %d listed", objstore.ErrChecksum, r.end-r.at, r.end)
	}
	return nil
}

// open requests what is missing. A whole object is requested without a range, because
// only then does the server send its sum.
func (r *reading) open(ctx context.Context) (body io.ReadCloser, err error) {
	if len(r.name) == 0 || len(r.name) > 1024 {
		return nil, fmt.Errorf("%w: a name has 1 to 1024 bytes", objstore.ErrNotExist)
	}
	ranged := r.part || r.at > 0
	var o minio.GetObjectOptions
	if ranged && r.end < 0 {
		o.Set("Range", fmt.Sprintf("bytes=%d-", r.at))
	} else if ranged {
		o.Set("Range", fmt.Sprintf("bytes=%d-%d", r.at, r.end-1))
	} else {
		o.Set("X-Amz-Checksum-Mode", "ENABLED")
	}
	if r.etag != "" {
		o.Set("If-Match", `"`+r.etag+`"`)
	}
	var info minio.ObjectInfo
	var header http.Header
	err = r.client.try(ctx, "read", r.bucket, func(ctx context.Context, lib *library) (err error) {
		body, info, header, err = lib.GetObject(ctx, r.bucket, r.name, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := r.accept(info, header, ranged); err != nil {
		body.Close()
		return nil, err
	}
	return body, nil
}

// accept checks the header of an answer.
func (r *reading) accept(info minio.ObjectInfo, header http.Header, ranged bool) error {
	switch {
	case ranged && !strings.HasPrefix(header.Get("Content-Range"), fmt.Sprintf("bytes %d-", r.at)):
		return fmt.Errorf("%w (not the requested range)", errForeign)
	case r.etag != "" && info.ETag != "" && info.ETag != r.etag, r.version != "" && info.ETag == "" && versionOf(info) != r.version:
		return fmt.Errorf("%w: a different version than listed", objstore.ErrNotExist)
	case r.end >= 0 && info.Size >= 0 && info.Size != r.end-r.at:
		return fmt.Errorf("%w: it has %d bytes, listed %d", objstore.ErrChecksum, info.Size, r.end-r.at)
	}
	if ranged {
		return nil
	}
	r.info = info
	if r.etag == "" {
		r.etag = info.ETag
	}
	told := sumOf(info, header)
	if told.Kind != "" && r.end >= 0 {
		r.client.sums.put(r.bucket, r.name, versionOf(info), told)
	}
	if r.sum.Kind == "" {
		r.sum = told
	}
	r.hash = r.sum.NewHash()
	return nil
}

// checkedWriter counts and sums the bytes it passes on, and passes on no more than expected.
type checkedWriter struct {
	r *reading
	w io.Writer
}

func (c *checkedWriter) Write(p []byte) (int, error) {
	r := c.r
	switch after := r.at + int64(len(p)); {
	case r.end >= 0 && after > r.end:
		return 0, fmt.Errorf("%w: more bytes than the %d listed", objstore.ErrChecksum, r.end)
	case r.end < 0 && after > r.limit:
		return 0, fmt.Errorf("%w: more than %d bytes", objstore.ErrTooLarge, r.limit)
	}
	n, err := c.w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	r.at += int64(n)
	if r.hash != nil {
		r.hash.Write(p[:n])
	}
	if err != nil {
		return n, &writeError{err}
	}
	return n, nil
}

// writeError is an error of the caller's writer.
type writeError struct{ err error }

func (e *writeError) Error() string { return e.err.Error() }

// brokenError means that a body broke off before its end.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return "the connection broke: " + e.err.Error() }
func (e *brokenError) Unwrap() error { return e.err }

// slowError says that an object's deadline is over.
type slowError struct {
	limit time.Duration
	want  int64
}

func (e *slowError) Error() string {
	return fmt.Sprintf("%d bytes not received within %s", e.want, e.limit.Round(time.Millisecond))
}
