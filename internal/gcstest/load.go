package gcstest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"strings"
)

// LoadDir stores every file DIR/<bucket>/<object path> as an object. In the
// path %XX stands for a byte that some file system cannot hold in a name
// (kOps puts ':' into its file names: "%3A"); a name holding a plain ':' works
// where the file system allows it.
//
// A file of a text format that holds gzip is stored with that content encoding, as
// Prow stores files of the kinds that it is told to compress.
//
// Generations come from the contents, so that a server started again on the
// same files offers the same generations.
func (s *Server) LoadDir(dir string) error {
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		bucket, name, ok := strings.Cut(file, "/")
		if !ok {
			return nil // a README beside the buckets
		}
		if name, err = url.PathUnescape(name); err != nil {
			return fmt.Errorf("load %s: a %% in a file name must begin %%XX: %w", file, err)
		}
		data, err := fs.ReadFile(root, file)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		s.Put(Object{
			Bucket: bucket, Name: name, Data: data, ContentType: contentType(name), ContentEncoding: contentEncoding(name, data),
			Generation: int64(1_000_000_000_000_000 + binary.BigEndian.Uint64(sum[:])%1_000_000_000_000_000),
		})
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no directory of buckets: %w", err)
	}
	return err
}

func contentEncoding(name string, data []byte) string {
	if contentType(name) != anyType && bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return "gzip"
	}
	return ""
}

const anyType = "application/octet-stream"

func contentType(name string) string {
	switch path.Ext(name) {
	case ".json":
		return "application/json"
	case ".txt", ".log":
		return "text/plain; charset=utf-8"
	case ".xml":
		return "application/xml"
	default:
		return anyType
	}
}
