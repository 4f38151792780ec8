package otelfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"prowtrace/internal/text"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxLayers is how often compression is taken off: once for the exporter or uploader that
// compressed the file, once for the store or proxy that did it again.
const maxLayers = 2

// unpack takes compression off data, going by its magic bytes, and returns data itself when
// there is none. What could be unpacked before an error or the limit is kept. The
// problem, nil if there was none, is that of the outermost layer: those within it
// would only be its consequences.
func unpack(data []byte, limit int64) ([]byte, *Problem) {
	var u unpacker
	return u.unpack(data, limit)
}

// An unpacker is unpack for many pieces of data. A few bytes of zstd can claim that its reader
// must remember maxWindow: it gets that memory once.
type unpacker struct{ zstd *zstd.Decoder }

func (u *unpacker) unpack(data []byte, limit int64) ([]byte, *Problem) {
	var problem *Problem
	for range maxLayers {
		how := packingOf(data)
		if how == nil {
			break
		}
		decoded, err := u.decode(how, data, limit)
		if err != nil && problem == nil {
			problem = unpackProblem(how.name, int64(len(data)), int64(len(decoded)), limit, err)
		}
		data = decoded
	}
	if problem != nil {
		problem.Offset = int64(len(data)) // where the content ends, not that of a layer
	}
	return data, problem
}

var errTooLarge = errors.New("more unpacked bytes than the limit")

// decode returns all that can be unpacked up to limit bytes, also with an error.
func (u *unpacker) decode(how *packing, data []byte, limit int64) ([]byte, error) {
	r, err := u.open(how, bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	out := make([]byte, 0, decodedHint(data, limit))
	for {
		if len(out) == cap(out) {
			out = slices.Grow(out, 64<<10)
		}
		n, err := r.Read(out[len(out):cap(out)])
		out = out[:len(out)+n]
		if int64(len(out)) > limit {
			return out[:limit], errTooLarge
		}
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, err
		}
	}
}

func (u *unpacker) open(how *packing, r io.Reader) (io.ReadCloser, error) {
	if how.name != "zstd" {
		return how.open(r)
	}
	if u.zstd == nil {
		var err error
		if u.zstd, err = newZstd(nil); err != nil {
			return nil, err
		}
	}
	if err := u.zstd.Reset(r); err != nil {
		return nil, err
	}
	return io.NopCloser(u.zstd), nil // it has no goroutines that Close would end
}

// decodedHint guesses the unpacked size from the header or trailer, so that a large file
// is not copied again and again while its buffer grows. They may lie: the
// guess never exceeds 16 times the bytes that are really there.
func decodedHint(data []byte, limit int64) int64 {
	claimed := int64(0)
	var header zstd.Header
	switch {
	case isZstd(data):
		if header.Decode(data) == nil && header.HasFCS {
			claimed = int64(min(header.FrameContentSize, 1<<62))
		}
	case len(data) >= 4:
		claimed = int64(binary.LittleEndian.Uint32(data[len(data)-4:]))
	}
	return min(claimed, 16*int64(len(data)), limit) + 1 // room for the read that finds the end
}

// unpackProblem words why data of a compression was not unpacked whole.
func unpackProblem(name string, stored, decoded, limit int64, err error) *Problem {
	fault := "damaged (" + text.Quote(err.Error(), maxQuoted) + ")"
	switch {
	case errors.Is(err, errTooLarge):
		return &Problem{Kind: ProblemTooLarge, Detail: fmt.Sprintf(
			"the %s data (%d bytes) unpacks to more than %d bytes: the rest was not read", name, stored, limit)}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		fault = "cut off"
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch):
		fault = "damaged (its checksum is wrong)"
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, zstd.ErrMagicMismatch):
		fault = "damaged or followed by other data"
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		fault = "packed with a window of more than " + text.Size(maxWindow)
	}
	return &Problem{Kind: ProblemCompression, Detail: fmt.Sprintf(
		"the %s data (%d bytes) is %s: %s unpacked", name, stored, fault, text.Count(decoded, "byte"))}
}
