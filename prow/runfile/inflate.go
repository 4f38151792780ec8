package runfile

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
)

// Inflate undoes gzip, recognised by content, up to limit bytes. For a damaged
// stream it returns what could be inflated, and the error.
func Inflate(data []byte, limit int64) ([]byte, error) {
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return data, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("inflate it: %w", err)
	}
	data, err = io.ReadAll(io.LimitReader(z, limit+1))
	if int64(len(data)) > limit {
		return data[:limit], fmt.Errorf("inflate it: more than %d bytes", limit)
	}
	if err != nil {
		return data, fmt.Errorf("inflate it: %w", err)
	}
	return data, nil
}
