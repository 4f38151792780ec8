package fetch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
)

// An Artifact is a file of a run that does not come with its traces, such as a log. The cache
// holds it whole, or in parts that are whole lines. Its bytes are a text,
// inflated if the bucket stores it with gzip.
type Artifact struct {
	Name      string // below the run's root; hostile text
	Path      string // file on disk with its parts, one after the other
	Size      int64  // bytes of the whole artifact, inflated
	Parts     []Part // parts that are held, in order
	Unchecked bool   // some of it was read by range, or from Deck, without a sum to check
	Live      bool   // not an object yet: what a running container has written so far
	Updated   time.Time
}

// Part is a piece of an artifact.
type Part struct {
	Offset int64 `json:"offset"` // in the inflated artifact
	Size   int64 `json:"size"`   // bytes
}

// Whole reports whether the whole artifact is held.
func (a Artifact) Whole() bool {
	return a.Size == 0 || len(a.Parts) == 1 && a.Parts[0] == Part{0, a.Size}
}

// ArtifactOptions adjust how artifacts are fetched. The zero value is good.
type ArtifactOptions struct {
	// Offline forbids every request: only the cache is read. The store may be nil.
	Offline bool

	// Refresh asks the bucket even for a run that had ended.
	Refresh bool

	// Order says which logs come first if not all may be fetched: those with a lower
	// number. Nil: by name.
	Order func(name string) int

	// Compared says that the logs are only wanted to compare another run with. They are
	// removed first when the cache is too large.
	Compared bool

	// Pool and Progress are those of Options.
	Pool     *Pool
	Progress *Progress
}

// artifact is an artifact in a manifest.
type artifact struct {
	entry            // the object as it was listed
	Content   int64  `json:"content"` // bytes, inflated
	Parts     []Part `json:"parts"`
	Unchecked bool   `json:"unchecked,omitempty"`
	Live      bool   `json:"live,omitempty"`
	Held      held   `json:"held"`
}

// held is the file on disk that the parts are in.
type held struct {
	Size    int64  `json:"size"`
	CRC32C  uint32 `json:"crc32c"`
	ModTime int64  `json:"mod_time"`
}

// logListing remembers a listing of a run's logs.
type logListing struct {
	At    time.Time      `json:"at"`
	Final bool           `json:"final"` // the run had ended, and nothing needs to be requested again
	Lost  []runfile.Loss `json:"lost,omitempty"`

	Compared bool `json:"compared,omitempty"` // so far the logs were only wanted to compare another run with
}

// artifactDir returns where a run's artifacts are. They are not blobs: each can be removed
// without making the run incomplete.
func (d runDir) artifactDir() string { return filepath.Join(string(d), "artifacts") }

func (d runDir) artifactPath(run prow.Run, a *artifact) string {
	return filepath.Join(d.artifactDir(), a.fileName(run))
}

// fileName depends on the parts: a caller who knows some parts never reads others.
func (a *artifact) fileName(run prow.Run) string {
	return key(run, &a.entry) + "-" + hash(fmt.Sprint(a.Parts))[:8]
}

// holdsArtifact reports whether the file of an artifact exists and is unchanged.
func (d runDir) holdsArtifact(run prow.Run, a *artifact) bool {
	path := d.artifactPath(run, a)
	fi, err := os.Lstat(path)
	if err != nil || !fi.Mode().IsRegular() || fi.Size() != a.Held.Size {
		return false
	}
	if a.Held.ModTime == fi.ModTime().UnixNano() {
		return true
	}
	e := entry{Size: a.Held.Size, CRC32C: a.Held.CRC32C}
	if e.check(path) != nil {
		return false
	}
	a.Held.ModTime = fi.ModTime().UnixNano()
	return true
}

// artifactNamed finds an artifact in a manifest.
func (m manifest) artifactNamed(name string) (a artifact, ok bool) {
	i := slices.IndexFunc(m.Artifacts, func(a artifact) bool { return a.Name == name })
	if i < 0 {
		return artifact{}, false
	}
	return m.Artifacts[i], true
}

// onDemand fetches artifacts of a run.
type onDemand struct {
	ArtifactOptions
	cache *Cache
	store objstore.Store
	run   prow.Run
	dir   runDir

	whole, edge, total int64 // bytes: of a log held whole; of each end of a larger log; of all logs

	lane  *logLane // fetches logs beside traces
	place *place   // of the log that is being fetched
}

func (c *Cache) onDemand(store objstore.Store, res *Result, o ArtifactOptions) *onDemand {
	if o.Pool == nil {
		o.Pool = NewPool(DefaultParallel)
	}
	if o.Progress == nil {
		o.Progress = new(Progress)
	}
	if o.Order == nil {
		o.Order = func(string) int { return 0 }
	}
	kind, _ := runfile.KindOf("build-log.txt")
	return &onDemand{
		ArtifactOptions: o, cache: c, store: store, run: res.Run, dir: runDir(res.Dir),
		whole: kind.Limit, edge: edgeSize, total: kind.Total,
	}
}

// publish makes an Artifact of one in the manifest. ok is false if the cache does not
// hold its file.
func (d runDir) publish(run prow.Run, a artifact) (Artifact, bool) {
	if !d.holdsArtifact(run, &a) {
		return Artifact{}, false
	}
	return Artifact{
		Name: a.Name, Path: d.artifactPath(run, &a), Size: a.Content, Parts: slices.Clone(a.Parts),
		Unchecked: a.Unchecked, Live: a.Live, Updated: a.Updated,
	}, true
}

// received is an artifact whose file is complete, but does not have its name yet.
type received struct {
	artifact
	part string // the file
}

// discard removes the files of artifacts that are not kept, and returns err.
func discard(files []received, err error) error {
	for _, r := range files {
		os.Remove(r.part)
	}
	return err
}

// commit gives complete files their names and changes the manifest. It keeps what another
// process has fetched in the meantime.
func (d *onDemand) commit(ctx context.Context, files []received, change func(*manifest)) (manifest, error) {
	defer discard(files, nil) // files that were taken are no longer there
	unlock, err := d.cache.lockWork(ctx, d.dir.id(), func(int) {})
	if unlock == nil {
		return manifest{}, fmt.Errorf("cannot wait for the cache: %w", err)
	}
	defer unlock()
	m := d.dir.readManifest()
	if m.Run.Bucket == "" {
		m.Run = d.run
	}
	for _, r := range files {
		if err := d.dir.take(d.run, &r); err != nil {
			return m, err
		}
		m.Artifacts = slices.DeleteFunc(m.Artifacts, func(a artifact) bool { return a.Name == r.Name })
		m.Artifacts = append(m.Artifacts, r.artifact)
	}
	slices.SortFunc(m.Artifacts, func(a, b artifact) int { return strings.Compare(a.Name, b.Name) })
	change(&m)
	if err := d.dir.writeManifest(m); err != nil {
		return m, err
	}
	d.dir.sweepArtifacts(m, d.cache.now())
	return m, nil
}

// take gives the file of an artifact its name.
func (d runDir) take(run prow.Run, r *received) error {
	sum, err := sumOfFile(r.part)
	if err != nil {
		return fmt.Errorf("finish a file in the cache: %w", err)
	}
	r.Held.CRC32C = sum
	path := d.artifactPath(run, &r.artifact)
	err = os.Chmod(r.part, 0o400)
	if err == nil {
		os.Remove(path) // Windows does not rename over a read-only file
		err = os.Rename(r.part, path)
	}
	var fi os.FileInfo
	if err == nil {
		fi, err = os.Lstat(path)
	}
	if err != nil {
		return fmt.Errorf("finish a file in the cache: %w", err)
	}
	r.Held.Size, r.Held.ModTime = fi.Size(), fi.ModTime().UnixNano()
	return nil
}

func sumOfFile(path string) (uint32, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	h := objstore.NewCRC32C(0).NewHash()
	if _, err := f.WriteTo(h); err != nil {
		return 0, err
	}
	return h.(interface{ Sum32() uint32 }).Sum32(), nil
}

// partSuffix is the suffix of incomplete files.
const partSuffix = ".part"

// newPart makes a file for an artifact that is being fetched.
func (d runDir) newPart() (*os.File, error) {
	if err := os.MkdirAll(d.artifactDir(), 0o700); err != nil {
		return nil, &CacheError{Op: "write to", Dir: d.cacheDir(), Err: err}
	}
	f, err := os.CreateTemp(d.artifactDir(), "*"+partSuffix)
	if err != nil {
		return nil, fmt.Errorf("write to the cache: %w", err)
	}
	return f, nil
}

// sweepArtifacts removes files that the manifest does not name: those of older versions of
// objects, and those that killed processes left.
func (d runDir) sweepArtifacts(m manifest, now time.Time) {
	keep := map[string]bool{}
	for _, a := range m.Artifacts {
		keep[a.fileName(m.Run)] = true
	}
	have, _ := os.ReadDir(d.artifactDir())
	for _, f := range have {
		fi, err := f.Info()
		underWay := strings.HasSuffix(f.Name(), partSuffix) && err == nil && now.Sub(fi.ModTime()) < 24*time.Hour
		if !keep[f.Name()] && !underWay {
			os.Remove(filepath.Join(d.artifactDir(), f.Name()))
		}
	}
}
