// Package objstore is the port of all object stores: what the rest of prowtrace
// asks of one, and how a store answers.
//
// A store implements [Store] in a package of its own. It promises:
//   - It never writes.
//   - Bytes are those that are stored, never inflated on the way.
//   - Every wait and every loop over a server's answers ends.
//   - Errors are of the kinds in this package, so that callers know no provider.
//
// What only some stores can do, a store declares in its [Features]. Names, sizes
// and texts of objects are foreign: a reader bounds and escapes them.
//
// The package makes no requests, knows nothing of Prow, and names no flags.
package objstore

import (
	"context"
	"io"
	"iter"
	"time"
)

// Store reads buckets. It is safe for concurrent use. Every error is one of
// [ErrNotExist], [ErrBucketNotExist], [ErrChecksum], [ErrTooLarge],
// *[AccessError], *[UnreachableError], the context's or the writer's, wrapped, or
// another answer of the server in words.
type Store interface {
	// Features says what the store can do beyond the other methods' least.
	Features() Features

	// List yields the objects whose names begin with prefix, by name. A glob that
	// is not "" asks for those whose whole names also match it: * and ? within a
	// path segment, ** across segments, [a-z], {a,b}. A store may ignore the glob
	// and yield more. Placeholders of directories (empty objects whose names end
	// in "/") are left out. An error is the last element; what came before it is good.
	List(ctx context.Context, bucket, prefix, glob string) iter.Seq2[Object, error]

	// ListDir yields what lies directly in dir, which is "" or ends in a slash, and
	// within the bounds. The order is that of names, but objects and directories
	// can come apart. Errors are as for List.
	ListDir(ctx context.Context, bucket, dir string, within Bounds) iter.Seq2[Entry, error]

	// Read writes the stored bytes of o to w. It checks their number, and their
	// sum if o has one. After an error, what w has got is worthless: it can be
	// complete and wrong.
	Read(ctx context.Context, o Object, w io.Writer) error

	// ReadRange writes length bytes of o from offset to w and checks their number.
	// No store has sums of parts: the caller checks the whole. Only with
	// Features.Ranges.
	ReadRange(ctx context.Context, o Object, offset, length int64, w io.Writer) error

	// ReadAll returns the bytes of the newest version of an object, and its
	// description. One of more than limit bytes is ErrTooLarge.
	ReadAll(ctx context.Context, bucket, name string, limit int64) ([]byte, Object, error)
}

// Features are what a store can do.
type Features struct {
	// Pinned: Read gives exactly o.Version, or ErrNotExist when it is gone. Without
	// it Read gives what is stored now.
	Pinned bool
	// Sums: listed objects have sums. Single objects can still lack one.
	Sums bool
	// Ranges: ReadRange works.
	Ranges bool
	// Described: listed objects have ContentType, ContentEncoding and Metadata.
	Described bool
}

// Common gives the features that two stores have both.
func (f Features) Common(with Features) Features {
	return Features{
		Pinned:    f.Pinned && with.Pinned,
		Sums:      f.Sums && with.Sums,
		Ranges:    f.Ranges && with.Ranges,
		Described: f.Described && with.Described,
	}
}

// Warmer is a Store that can connect ahead of its requests.
type Warmer interface {
	// Warm opens up to n connections for reading a bucket in the background and
	// returns at once.
	Warm(ctx context.Context, bucket string, n int)
}

// Summer is a Store whose listings lack sums that it can tell of one object.
type Summer interface {
	// Sum returns the sum of an object's stored bytes, as the server has it: the zero
	// value if it has none. It costs no request just after Read, else one.
	Sum(ctx context.Context, o Object) (Sum, error)
}

// Object describes one version of an object, as it was listed or read.
type Object struct {
	Bucket, Name string
	Size         int64  // bytes stored
	Version      string // opaque; another one whenever the object is overwritten; "" only if the server gave none
	Sum          Sum    // of the stored bytes
	Updated      time.Time
	ContentType  string
	// ContentEncoding is as it was uploaded and says nothing sure about the bytes.
	ContentEncoding string
	Metadata        map[string]string // the uploader's own; keys in lower case
}

// Entry is what lies directly in a directory: an object, or a directory, of
// which only Bucket and Name are known. A directory's name ends in a slash.
type Entry struct {
	Object
	Dir bool
}

// Bounds limit a listing to names from From on and before To, both whole names
// and compared as bytes; "" is no limit. The server skips what lies outside, so
// the newest of 40,000 directories cost one request.
type Bounds struct{ From, To string }
