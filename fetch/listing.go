package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/prow/runfile"
)

// Listed is an object of a run.
type Listed struct {
	Name    string    `json:"name"` // below the run's root; hostile text
	Size    int64     `json:"size"` // bytes as stored
	Updated time.Time `json:"updated"`
}

// maxListed bounds the objects of a run that are listed: the largest known has 56,000.
const maxListed = 200_000

// maxListing bounds the memory of a listing that is read back, in bytes.
const maxListing = 256 << 20

// ListArtifacts returns all objects of a run, by name. A run that has ended is listed
// once; later calls, and offline calls, are answered from the cache. Errors are those of
// the store, ErrOffline and ErrTooManyFiles.
func (c *Cache) ListArtifacts(ctx context.Context, store objstore.Store, res *Result, o ArtifactOptions) ([]Listed, error) {
	d := c.onDemand(store, res, o)
	if have, ok := d.dir.readListing(); ok && (o.Offline || !o.Refresh) {
		return have, nil
	}
	if o.Offline {
		return nil, fmt.Errorf("cannot list the artifacts of %s: %w", d.run.URL(), ErrOffline)
	}
	asked := c.now()
	root := d.run.Root + "/"
	var all []Listed
	d.Progress.listing.Add(1)
	defer d.Progress.listing.Add(-1)
	for o, err := range store.List(ctx, d.run.Bucket, root, "") {
		if err != nil {
			return nil, fmt.Errorf("cannot list the artifacts of %s: %w", d.run.URL(), err)
		}
		if len(all) == maxListed {
			return nil, fmt.Errorf("cannot list the artifacts of %s: %w: more than %s", d.run.URL(), ErrTooManyFiles, text.Number(maxListed))
		}
		if name, ok := strings.CutPrefix(o.Name, root); ok {
			all = append(all, Listed{name, o.Size, o.Updated})
		}
	}
	if final(d.dir.readManifest().Files, asked) {
		d.dir.writeListing(all) // if writing fails, the run is listed again
	}
	return all, nil
}

func (d runDir) listing() string { return filepath.Join(string(d), "listing.json") }

func (d runDir) readListing() (all []Listed, ok bool) {
	if fi, err := os.Stat(d.listing()); err != nil || fi.Size() > maxListing {
		return nil, false
	}
	data, err := os.ReadFile(d.listing())
	return all, err == nil && json.Unmarshal(data, &all) == nil
}

func (d runDir) writeListing(all []Listed) error {
	data, err := json.Marshal(all)
	if err != nil {
		return err
	}
	f, err := d.newPart()
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), d.listing())
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// FetchArtifact fetches one artifact by its name, under the bounds of one log. Of a
// larger artifact it fetches the ends. For a run that has ended, what the cache has costs no
// request. The loss says what is left out. Errors are those of the store, [objstore.ErrNotExist]
// if there is no such name, ErrOffline and the context's.
func (c *Cache) FetchArtifact(ctx context.Context, store objstore.Store, res *Result, name string, o ArtifactOptions) (Artifact, []runfile.Loss, error) {
	d := c.onDemand(store, res, o)
	a, lost, err := d.artifact(ctx, name)
	if err != nil {
		return Artifact{}, nil, fmt.Errorf("cannot fetch %s of %s: %w", text.Name(name), d.run.URL(), err)
	}
	got, ok := d.dir.publish(d.run, a)
	if !ok {
		return Artifact{}, nil, fmt.Errorf("cannot fetch %s of %s: it was removed from the cache", text.Name(name), d.run.URL())
	}
	return got, lost, nil
}

func (d *onDemand) artifact(ctx context.Context, name string) (artifact, []runfile.Loss, error) {
	m := d.dir.readManifest()
	old, known := m.artifactNamed(name)
	known = known && d.dir.holdsArtifact(d.run, &old)
	if known && (d.Offline || !old.Live && !d.Refresh && final(m.Files, d.cache.now())) {
		l, _ := lossOf(old)
		return old, losses(l), nil
	}
	if d.Offline {
		return artifact{}, nil, ErrOffline
	}
	o, err := d.describe(ctx, name)
	if err != nil {
		return artifact{}, nil, err
	}
	a := artifact{entry: newEntry(name, o), Content: o.Size}
	if known && old.Version == a.Version {
		l, _ := lossOf(old)
		return old, losses(l), nil
	}
	r, lost, err := d.receive(ctx, o, a, d.plan(o, d.total))
	if err != nil {
		return artifact{}, nil, err
	}
	m, err = d.commit(ctx, []received{r}, func(*manifest) {})
	a, _ = m.artifactNamed(name)
	return a, lost, err
}

func losses(l runfile.Loss) []runfile.Loss {
	if l.Files == 0 {
		return nil
	}
	return []runfile.Loss{l}
}

// describe asks the bucket what is stored under a name.
func (d *onDemand) describe(ctx context.Context, name string) (objstore.Object, error) {
	whole := d.run.Root + "/" + name
	for o, err := range d.store.List(ctx, d.run.Bucket, whole, "") {
		if err != nil {
			return o, err
		}
		if o.Name == whole {
			return o, nil
		}
		break // the name itself sorts before all names that it is a prefix of
	}
	return objstore.Object{}, objstore.ErrNotExist
}
