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
	spareInflated      = 64 << 20  // any log may inflate to this many bytes,
	maxRatio           = 256       // and to this many times its size: repeated lines do
	inflateStep        = 256 << 10 // bytes between two checks of the context
)

// ErrTooLarge is returned by [Inflate] if the limit was reached. The bytes up to the limit were
// inflated.
var ErrTooLarge = errors.New("more inflated bytes than the limit")

// Inflate removes up to two layers of gzip from data, recognised by content: uploaders give
// logs no suffix. Data that is not gzip is returned as it is. limit bounds the result
// in bytes; 0 means 4 GiB. A second bound is the sum of 64 MiB and 256 times the size of data.
//
// An error says that the log is cut off, damaged, or larger than the limit ([ErrTooLarge]).
// What could be inflated is returned with it, and its lines are worth reading. Only
// the error of ctx comes without data.
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

// gunzip returns all that can be inflated up to limit bytes, even with an error. Memory
// grows with the actual data, never with the size that the data claims.
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
