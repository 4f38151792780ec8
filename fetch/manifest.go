package fetch

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
)

// A manifest says what a run's bucket held when it was listed, and which blobs
// the cache should have of it. It is written after the blobs. A process that
// dies in between leaves blobs without an entry, never the reverse.
type manifest struct {
	Version  int       `json:"version"`
	Run      prow.Run  `json:"run"`
	Listings []listing `json:"listings"`
	Files    []entry   `json:"files"` // by name

	Logs      *logListing `json:"logs,omitempty"`      // the last listing of the logs
	Artifacts []artifact  `json:"artifacts,omitempty"` // by name
}

const manifestVersion = 1

// A listing records one complete listing of a part of the run.
type listing struct {
	Scope scope     `json:"scope"`
	At    time.Time `json:"at"`
	Final bool      `json:"final"`           // the run had ended: nothing will come after it
	Other int       `json:"other,omitempty"` // files seen that cannot be traces

	Lost []runfile.Loss `json:"lost,omitempty"` // small files that were left out at that time
}

// An entry is one object of the run.
type entry struct {
	Name            string    `json:"name"` // below the run's root
	Version         version   `json:"generation"`
	Size            int64     `json:"size"`   // bytes as stored
	CRC32C          uint32    `json:"crc32c"` // 0 if the store gave no such sum; see sum
	Updated         time.Time `json:"updated"`
	ContentType     string    `json:"content_type,omitempty"`
	ContentEncoding string    `json:"content_encoding,omitempty"`
	ModTime         int64     `json:"mod_time,omitempty"` // of the blob when it was last checked, Unix ns; 0: never

	Sum objstore.Sum `json:"sum,omitzero"` // of a kind other than CRC-32C
}

func newEntry(name string, o objstore.Object) entry {
	e := entry{
		Name: name, Version: version(o.Version), Size: o.Size, Updated: o.Updated,
		ContentType: o.ContentType, ContentEncoding: o.ContentEncoding,
	}
	e.setSum(o.Sum)
	return e
}

func (e *entry) setSum(sum objstore.Sum) {
	crc, ok := sum.CRC32C()
	if e.CRC32C = crc; !ok {
		e.Sum = sum
	}
}

// sum returns the checksum that the store gave, if any.
func (e entry) sum() objstore.Sum {
	switch {
	case e.Sum != objstore.Sum{}:
		return e.Sum
	case e.CRC32C == 0 && e.Size != 0:
		return objstore.Sum{}
	}
	return objstore.NewCRC32C(e.CRC32C)
}

// replacedBy reports whether the object is a newer version of the one that was listed
// under its name. Versions have no order, so the times decide. If the
// times are equal, the larger version wins, so that the choice is not random.
func (e entry) replacedBy(o objstore.Object) bool {
	v := version(o.Version)
	return v != e.Version && cmp.Or(o.Updated.Compare(e.Updated), cmp.Compare(len(v), len(e.Version)), cmp.Compare(v, e.Version)) > 0
}

// version is an object's version. In a manifest, a decimal number (as in Google Cloud
// Storage) is written as a number, and 0 stands for no version.
type version string

func (v version) number() (n int64, ok bool) {
	if v == "" {
		return 0, true
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	return n, err == nil && n > 0 && strconv.FormatInt(n, 10) == string(v)
}

// key returns the part of a blob's key that stands for the version.
func (v version) key() string { return cmp.Or(string(v), "0") }

func (v version) MarshalJSON() ([]byte, error) {
	if n, ok := v.number(); ok {
		return strconv.AppendInt(nil, n, 10), nil
	}
	return json.Marshal(string(v))
}

func (v *version) UnmarshalJSON(data []byte) error {
	var n int64
	if json.Unmarshal(data, &n) == nil {
		if *v = ""; n != 0 {
			*v = version(strconv.FormatInt(n, 10))
		}
		return nil
	}
	return json.Unmarshal(data, (*string)(v))
}

// maxManifest bounds what is read back: 100,000 entries of 2 kB, the longest names.
const maxManifest = 256 << 20

// readManifest returns an empty manifest if there is none or if it cannot
// be parsed: a listing restores it, and the blobs are found by their names.
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
		return fmt.Errorf("cannot encode the manifest: %w", err)
	}
	f, err := os.CreateTemp(d.tmp(), "manifest-*")
	if err != nil {
		return fmt.Errorf("cannot write the manifest: %w", err)
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

// within returns the entries that answer a request for s: the trace
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

// update enters a new listing of a scope. A complete listing replaces everything that
// was known of the scope. An incomplete one only adds, so the results of an earlier listing
// stay useful. Files that could not be fetched are entered like the others: the disk shows
// whether the cache holds a file.
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
