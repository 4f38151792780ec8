package find

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"prowtrace/prow/runfile"
)

// Store is what [Resolve] and [Runs] ask of an object store. It must be safe for
// concurrent use. Of its errors those that mean an absent bucket or object must
// match [fs.ErrNotExist], and refusals [fs.ErrPermission], by errors.Is: the
// search goes on after them where there are other places to look at.
type Store interface {
	// List yields what the listing selects. An error is the last element.
	List(ctx context.Context, bucket string, l Listing) iter.Seq2[Entry, error]

	// Read returns the stored bytes and the metadata of an object of at most
	// limit bytes.
	Read(ctx context.Context, bucket, object string, limit int64) ([]byte, map[string]string, error)
}

// Listing selects names in a bucket.
type Listing struct {
	Prefix string // a directory: ends in a slash

	// From and To limit whole names to From ≤ name < To, compared as bytes; ""
	// is no limit.
	From, To string

	// Glob, if set, asks for all objects below Prefix whose whole names match,
	// instead of what lies directly in it: * within a segment, ** across
	// segments. The store may ignore it and yield more.
	Glob string
}

// Entry is one result of a listing: an object, or a directory whose Name ends in
// a slash.
type Entry struct {
	Name     string            // whole
	Metadata map[string]string // the uploader's own, keys in lower case
}

// readSmall reads an object and inflates it if it is compressed, whatever its
// headers say: Prow can be told to store JSON so. ok is false where there is none.
func readSmall(ctx context.Context, store Store, bucket, object string, limit int64) (data []byte, ok bool, err error) {
	data, _, err = store.Read(ctx, bucket, object, limit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err == nil {
		data, err = runfile.Inflate(data, limit)
	}
	if err != nil {
		return nil, false, fmt.Errorf("read gs://%s/%s: %w", bucket, object, err)
	}
	return data, true, nil
}

// exists reports whether there is anything in a directory.
func exists(ctx context.Context, store Store, bucket, dir string) (bool, error) {
	for _, err := range store.List(ctx, bucket, Listing{Prefix: dir + "/"}) {
		return err == nil, absentIsNil(err)
	}
	return false, nil
}

func absentIsNil(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
