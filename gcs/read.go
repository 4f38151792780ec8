package gcs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"time"

	"cloud.google.com/go/storage"

	"prowtrace/internal/storehttp"
	"prowtrace/objstore"
)

// Read implements objstore.Store. A connection that breaks is resumed where it broke.
func (c *Client) Read(ctx context.Context, o objstore.Object, w io.Writer) error {
	sum, err := c.copyRange(ctx, o, 0, o.Size, w)
	if err != nil {
		return err
	}
	if listed, ok := o.Sum.CRC32C(); ok && sum != listed {
		return fmt.Errorf("read %s: %w: CRC32C %08x, listed %08x", where(o.Bucket, o.Name), objstore.ErrChecksum, sum, listed)
	}
	return nil
}

// ReadRange implements objstore.Store.
func (c *Client) ReadRange(ctx context.Context, o objstore.Object, offset, length int64, w io.Writer) error {
	if offset < 0 || length < 0 || length > o.Size-offset {
		return fmt.Errorf("read %s: invalid range: %d bytes from %d of %d", where(o.Bucket, o.Name), length, offset, o.Size)
	}
	if length == 0 {
		return nil
	}
	_, err := c.copyRange(ctx, o, offset, length, w)
	return err
}

// lowestRate is the slowest transfer that is still worth waiting for, in bytes
// a second. It is far below what one reader should accept, because 64 parallel readers
// share a line: 16 KiB/s each is 1 MiB/s.
const lowestRate = 16 << 10

func (c *Client) copyRange(ctx context.Context, o objstore.Object, offset, length int64, w io.Writer) (sum uint32, err error) {
	rctx, cancel := c.deadline(ctx, length)
	defer cancel()

	checked := &checkedWriter{w: w, left: length}
	r, err := c.open(rctx, o, offset, length)
	if err == nil {
		defer closeReader(r)
		buf := c.buffers.Get().(*[]byte)
		_, err = io.CopyBuffer(checked, struct{ io.Reader }{r}, *buf)
		c.buffers.Put(buf)
	}
	place := where(o.Bucket, o.Name)
	switch {
	case checked.err != nil:
		return 0, fmt.Errorf("write the bytes of %s: %w", place, checked.err)
	case errors.Is(err, errLonger):
		return 0, fmt.Errorf("read %s: %w: more bytes than the %d listed", place, objstore.ErrChecksum, length)
	case err != nil:
		return 0, c.explainRead(ctx, rctx, o.Bucket, o.Name, err)
	case checked.left > 0:
		return 0, fmt.Errorf("read %s: %w: %d bytes instead of the %d listed", place, objstore.ErrChecksum, length-checked.left, length)
	}
	return checked.sum, nil
}

// deadline bounds the time for reading length bytes.
func (c *Client) deadline(ctx context.Context, length int64) (context.Context, context.CancelFunc) {
	limit := c.opts.Patience + time.Duration(float64(length)/lowestRate*float64(time.Second))
	return context.WithTimeoutCause(ctx, limit, &slowError{limit, length})
}

// slowError says that an object's deadline is over.
type slowError struct {
	limit time.Duration
	want  int64
}

func (e *slowError) Error() string {
	return fmt.Sprintf("%d bytes not received within %s", e.want, e.limit.Round(time.Millisecond))
}

// explainRead is explain for a read with its own deadline.
func (c *Client) explainRead(ctx, rctx context.Context, bucket, object string, err error) error {
	var slow *slowError
	if ctx.Err() == nil && errors.As(context.Cause(rctx), &slow) {
		return fmt.Errorf("read %s: %w", where(bucket, object), c.unreachable(slow))
	}
	return c.explain(ctx, "read", bucket, object, err)
}

// open starts a read. A whole object is requested without a range, because
// only then is the server's own checksum header that of the body.
func (c *Client) open(ctx context.Context, o objstore.Object, offset, length int64) (r *storage.Reader, err error) {
	if err := checkBucket(o.Bucket); err != nil {
		return nil, err
	}
	generation, err := generationOf(o)
	if err != nil {
		return nil, err
	}
	if offset == 0 && length == o.Size {
		length = -1
	}
	ctx = storehttp.WithOperation(withReading(ctx))
	err = c.try(ctx, "read", o.Bucket, func(b *storage.BucketHandle) (err error) {
		h := b.Object(o.Name).ReadCompressed(true)
		if generation > 0 {
			h = h.Generation(generation)
		}
		r, err = h.NewRangeReader(ctx, offset, length)
		return err
	})
	return r, err
}

// closeReader closes the body. If the server announced no length, the library
// would write to the process's standard log that there are too many bytes. In that case
// the end of the context closes the body instead.
func closeReader(r *storage.Reader) {
	if r.Attrs.Size >= 0 {
		r.Close()
	}
}

// ReadAll implements objstore.Store. The bytes are compared with the server's checksum.
func (c *Client) ReadAll(ctx context.Context, bucket, object string, limit int64) ([]byte, objstore.Object, error) {
	data, o, err := c.readAll(ctx, bucket, object, limit)
	if errors.Is(err, objstore.ErrChecksum) {
		c.retries.Add(1)
		data, o, err = c.readAll(ctx, bucket, object, limit)
	}
	return data, o, err
}

func (c *Client) readAll(ctx context.Context, bucket, object string, limit int64) ([]byte, objstore.Object, error) {
	rctx, cancel := c.deadline(ctx, limit)
	defer cancel()
	o := objstore.Object{Bucket: bucket, Name: object, Size: -1}
	r, err := c.open(rctx, o, 0, -1)
	if err != nil {
		return nil, objstore.Object{}, c.explainRead(ctx, rctx, bucket, object, err)
	}
	defer closeReader(r)
	var buf bytes.Buffer
	if r.Attrs.Size <= limit {
		_, err = io.Copy(&buf, io.LimitReader(struct{ io.Reader }{r}, limit+1))
	}
	if err == nil && max(int64(buf.Len()), r.Attrs.Size) > limit {
		return nil, objstore.Object{}, fmt.Errorf("read %s: %w: more than %d bytes", where(bucket, object), objstore.ErrTooLarge, limit)
	}
	if err != nil {
		return nil, objstore.Object{}, c.explainRead(ctx, rctx, bucket, object, err)
	}
	o.Size, o.Version = int64(buf.Len()), versionOf(r.Attrs.Generation)
	o.Sum = sumOf(o.Size, r.Attrs.CRC32C)
	o.Updated, o.ContentType, o.ContentEncoding = r.Attrs.LastModified, r.Attrs.ContentType, r.Attrs.ContentEncoding
	o.Metadata = lowerKeys(r.Metadata())
	return buf.Bytes(), o, nil
}

// checkedWriter counts and sums the bytes it passes on, and passes on no more than were listed.
type checkedWriter struct {
	w    io.Writer
	left int64
	sum  uint32
	err  error // error of w
}

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	errLonger  = errors.New("longer than listed")
)

func (c *checkedWriter) Write(p []byte) (int, error) {
	if int64(len(p)) > c.left {
		return 0, errLonger
	}
	n, err := c.w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	c.left -= int64(n)
	c.sum = crc32.Update(c.sum, castagnoli, p[:n])
	c.err = err
	return n, err
}

// isBadCRC recognises the library's untyped error for a body that does not match
// the server's checksum header.
func isBadCRC(err error) bool {
	return strings.Contains(err.Error(), "storage: bad CRC on read")
}
