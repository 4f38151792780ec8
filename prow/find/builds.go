package find

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/link"
)

// A directory of a bucket holds runs of one job: either directories BUILD/, or
// pointers BUILD.txt to the runs.
type directory struct {
	provider, bucket, path string // path without a slash at its end
	pointers               bool
}

// A build is a run as the listing of a directory shows it.
type build struct {
	id   string
	in   directory
	link string // a pointer's target, if the listing told it
}

func (d directory) String() string { return d.url(d.path) + "/" }

// url names an object of the bucket.
func (d directory) url(object string) string { return d.provider + "://" + d.bucket + "/" + object }

// maxBuilds bounds one listing. Jobs with 40,000 builds exist.
const maxBuilds = 1_000_000

// list returns the builds whose names lie between from and to. Both
// are ids, compared as text; "" is no limit. A directory that does not exist is empty.
// With first, one build is enough.
func (d directory) list(ctx context.Context, store objstore.Store, from, to string, first bool) ([]build, error) {
	prefix := d.path + "/"
	var within objstore.Bounds
	if from != "" {
		within.From = prefix + from
	}
	if to != "" {
		within.To = prefix + to
	}
	var found []build
	for e, err := range store.ListDir(ctx, d.bucket, prefix, within) {
		if err != nil {
			return nil, err // it names the directory
		}
		id, ok := strings.CutPrefix(e.Name, prefix)
		if d.pointers {
			id, ok = strings.CutSuffix(id, ".txt")
		} else if ok {
			id, ok = strings.CutSuffix(id, "/")
		}
		if !ok || !prow.IsBuild(id) {
			continue // latest-build.txt and other files
		}
		if len(found) == maxBuilds {
			return nil, &TooManyError{d.String(), "build", maxBuilds}
		}
		found = append(found, build{id: id, in: d, link: linkOf(e.Metadata)})
		if first {
			break
		}
	}
	return found, nil
}

// linkOf returns a pointer's target from its metadata. Prow writes the key with
// the prefix that the bucket's XML API would add itself.
func linkOf(metadata map[string]string) string {
	if link := metadata["x-goog-meta-link"]; link != "" {
		return link
	}
	return metadata["link"]
}

// maxPointer is how much of a pointer is read, in bytes. Deck reads as much.
const maxPointer = 4096

// run finds the files of the build. If a pointer leads nowhere, the
// error is objstore.ErrNotExist.
func (b build) run(ctx context.Context, store objstore.Store, known prow.Instances) (prow.Run, error) {
	if !b.in.pointers {
		ref, e := link.Locate(known, b.in.provider, b.in.bucket, b.in.path+"/"+b.id)
		if e != nil || ref.Kind != prow.KindRun {
			return prow.Run{}, &pointerError{b.in.String() + b.id + " is not a run"}
		}
		return ref.Run, nil
	}
	object := b.in.path + "/" + b.id + ".txt"
	if run, ok := b.in.target(known, b.link); ok {
		return run, nil
	}
	body, o, err := store.ReadAll(ctx, b.in.bucket, object, maxPointer)
	if err != nil {
		return prow.Run{}, err // it names the pointer
	}
	for _, to := range []string{string(body), linkOf(o.Metadata)} {
		if run, ok := b.in.target(known, to); ok {
			return run, nil
		}
	}
	what := "is empty"
	if len(body) > 0 {
		what = "holds " + quote(string(body)) + ", which does not name a run"
	}
	return prow.Run{}, &pointerError{"the pointer " + b.in.url(object) + " " + what}
}

// pointerError is the error of a pointer that does not lead to a run.
type pointerError struct{ text string }

func (e *pointerError) Error() string { return e.text }

// Is makes it match objstore.ErrNotExist.
func (e *pointerError) Is(target error) bool { return target == objstore.ErrNotExist }

// target reads the text of a pointer in the directory. Pointers copied from a former bucket
// still name the former bucket; the runs were copied with them.
func (d directory) target(known prow.Instances, text string) (prow.Run, bool) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(text), "://")
	if !strings.EqualFold(scheme, d.provider) {
		return prow.Run{}, false
	}
	to, name, _ := strings.Cut(rest, "/")
	if slices.Contains(siblings(known, to), d.bucket) {
		to = d.bucket
	}
	ref, e := link.Locate(known, d.provider, to, name)
	return ref.Run, e == nil && ref.Kind == prow.KindRun
}

// isAway reports errors after which it is worth looking elsewhere.
func isAway(err error) bool {
	return objstore.IsAbsent(err) || errors.Is(err, fs.ErrPermission)
}

func lastSegment(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
