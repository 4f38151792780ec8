package fetch

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"prowtrace/gcs"
	"prowtrace/prow"
)

// A manifest says what a run's bucket held when it was listed, and which blobs
// the cache should have of it. It is written after the blobs, so a process that
// dies in between leaves blobs without an entry, never the reverse.
type manifest struct {
	Version  int       `json:"version"`
	Run      prow.Run  `json:"run"`
	Listings []listing `json:"listings"`
	Files    []entry   `json:"files"` // by name
}

const manifestVersion = 1

// A listing is the memory of one complete look at a part of the run.
type listing struct {
	Scope scope     `json:"scope"`
	At    time.Time `json:"at"`
	Final bool      `json:"final"`           // the run had ended: nothing will come after it
	Other int       `json:"other,omitempty"` // files seen that cannot be traces
}

// An entry is one object of the run.
type entry struct {
	Name            string    `json:"name"` // below the run's root
	Generation      int64     `json:"generation"`
	Size            int64     `json:"size"` // bytes as stored
	CRC32C          uint32    `json:"crc32c"`
	Updated         time.Time `json:"updated"`
	ContentType     string    `json:"content_type,omitempty"`
	ContentEncoding string    `json:"content_encoding,omitempty"`
	ModTime         int64     `json:"mod_time,omitempty"` // of the blob when it was last checked, Unix ns; 0: never
}

func newEntry(name string, o gcs.Object) entry {
	return entry{
		Name: name, Generation: o.Generation, Size: o.Size, CRC32C: o.CRC32C, Updated: o.Updated,
		ContentType: o.ContentType, ContentEncoding: o.ContentEncoding,
	}
}

// maxManifest bounds what is read back: 100,000 entries of 2 kB, the longest names.
const maxManifest = 256 << 20

// readManifest returns an empty manifest when there is none or when it cannot
// be understood: a listing brings it back, and the blobs are found by their names.
func (d runDir) readManifest() manifest {
	fi, err := os.Stat(d.manifest())
	if err != nil || fi.Size() > maxManifest {
		return manifest{}
	}
	data, err := os.ReadFile(d.manifest())
	if err != nil {
		return manifest{}
	}
	var m manifest
	if json.Unmarshal(data, &m) != nil || m.Version != manifestVersion {
		return manifest{}
	}
	return m
}

// writeManifest replaces the manifest. It alone is synced to the disk: a blob torn by a
// power cut is found by its size and checksum, a torn manifest would cost the listing.
func (d runDir) writeManifest(m manifest) error {
	if err := d.make(); err != nil {
		return err
	}
	m.Version = manifestVersion
	slices.SortFunc(m.Files, func(a, b entry) int { return strings.Compare(a.Name, b.Name) })
	data, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return fmt.Errorf("encode the manifest: %w", err)
	}
	f, err := os.CreateTemp(d.tmp(), "manifest-*")
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	_, err = f.Write(append(data, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), d.manifest())
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("write %s: %w", filepath.Base(d.manifest()), err)
	}
	return nil
}

// covering returns the newest listing that included all of s.
func (m manifest) covering(s scope) (listing, bool) {
	var best listing
	found := false
	for _, l := range m.Listings {
		if l.Scope.covers(s) && (!found || l.At.After(best.At)) {
			best, found = l, true
		}
	}
	return best, found
}

// within returns the entries that a request for s is answered with: the trace
// files in s and all of the metadata.
func (m manifest) within(s scope) []entry {
	var out []entry
	for _, e := range m.Files {
		if isMetadata(e.Name) || s.contains(e.Name) {
			out = append(out, e)
		}
	}
	return out
}

// update enters a new look at a scope. A complete one takes the place of all that
// was known of the scope; any other only adds, so what an earlier look has found
// stays of use. Files that could not be had are entered like the others: whether
// the cache holds a file is seen on the disk.
func (m *manifest) update(l listing, files []entry, complete bool) {
	names := map[string]bool{}
	for _, e := range files {
		names[e.Name] = true
	}
	merged := slices.Clone(files)
	for _, e := range m.Files {
		replaced := names[e.Name] || complete && (isMetadata(e.Name) || l.Scope.contains(e.Name))
		if !replaced {
			merged = append(merged, e)
		}
	}
	m.Files = merged
	if !complete {
		return
	}
	listings := []listing{l}
	for _, old := range m.Listings {
		if !l.Scope.covers(old.Scope) {
			listings = append(listings, old)
		}
	}
	m.Listings = listings
}
