package joblog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/gzip"
)

const (
	defaultMaxInflated = 4 << 30
	maxLayers          = 2         // the uploader's and the store's
	spareInflated      = 64 << 20  // any log may inflate to as much,
	maxRatio           = 256       // and to so many times its size: repeated lines do
	inflateStep        = 256 << 10 // bytes between two looks at the context
)

// ErrTooLarge is returned by [Inflate] if the limit was met. What lies before it was
// inflated.
var ErrTooLarge = errors.New("more inflated bytes than the limit")

// Inflate takes up to two layers of gzip off data, going by content: uploaders give
// logs no suffix. Data that is not gzip is returned as it is. limit bounds the result
// in bytes, 0 for 4 GiB; so do 64 MiB and 256 times the size of data. What could be inflated is returned also with an error, which
// says that the log is cut off, damaged, or larger than the limit ([ErrTooLarge]); the
// lines that are there are worth reading. Only the error of ctx leaves nothing.
func Inflate(ctx context.Context, data []byte, limit int64) ([]byte, error) {
	if limit <= 0 {
		limit = defaultMaxInflated
	}
	var fault error
	for layer := 0; layer < maxLayers && isGzip(data); layer++ {
		inflated, err := gunzip(ctx, data, min(limit, spareInflated+maxRatio*int64(len(data))))
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil && fault == nil {
			fault = fmt.Errorf("cannot inflate all of the log: %d bytes of gzip gave %d: %w", len(data), len(inflated), err)
		}
		data = inflated
	}
	return data, fault
}

func isGzip(data []byte) bool { return bytes.HasPrefix(data, []byte{0x1f, 0x8b, 0x08}) }

// gunzip returns all that can be inflated up to limit bytes, also with an error. Memory
// grows with what is really there, never by what the data claims.
func gunzip(ctx context.Context, data []byte, limit int64) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	out := make([]byte, 0, min(8*int64(len(data)), limit)+1) // one more: the read that finds the end
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out = slices.Grow(out, 1)
		n, err := r.Read(out[len(out):min(cap(out), len(out)+inflateStep)])
		out = out[:len(out)+n]
		switch {
		case int64(len(out)) > limit:
			return out[:limit], ErrTooLarge
		case err == io.EOF:
			return out, nil
		case err != nil:
			return out, err
		}
	}
}
