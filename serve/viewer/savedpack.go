package viewer

import (
	"bytes"
	"encoding/binary"

	"github.com/klauspost/compress/gzip"
)

// A bundle is some answers of a page in a file, which are compressed together: of each the
// length of its path and its own in bytes as little-endian u32, then both. Paths are those
// of docs/api.md, without what the page works out itself (ui/saved/source.js).
type bundle struct {
	bytes.Buffer
	err error // of the first answer that could not be encoded
}

// json adds an answer without its secrets.
func (p *bundle) json(path string, answer any) {
	body, err := maskedJSON(answer)
	if err != nil && p.err == nil {
		p.err = err
	}
	p.raw(path, body)
}

// raw adds an answer as it is.
func (p *bundle) raw(path string, body []byte) {
	var head []byte
	head = binary.LittleEndian.AppendUint32(head, uint32(len(path)))
	head = binary.LittleEndian.AppendUint32(head, uint32(len(body)))
	p.Write(head)
	p.WriteString(path)
	p.Write(body)
}

// A pack holds bundles: of each its length in bytes as little-endian u32, and itself
// compressed by gzip.
type pack struct {
	data  []byte
	limit int // bytes
}

// put adds a bundle if no more than a share of the pack is full then.
func (p *pack) put(some *bundle, share float64) bool {
	if some.err != nil {
		return false
	}
	var z bytes.Buffer
	w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression) // only an unknown level fails
	_, _ = w.Write(some.Bytes())                          // and a buffer takes everything
	_ = w.Close()
	if float64(len(p.data)+4+z.Len()) > float64(p.limit)*share {
		return false
	}
	p.data = binary.LittleEndian.AppendUint32(p.data, uint32(z.Len()))
	p.data = append(p.data, z.Bytes()...)
	return true
}
