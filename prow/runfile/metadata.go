package runfile

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"prowtrace/prow"
	"prowtrace/prow/link"
)

// Metadata is what the small files of a run tell about it. Each file is optional:
// a running job has no finished.json, one that was never scheduled no
// podinfo.json, and parts of what is there may be missing or make no sense. The
// zero value is a run of which nothing is known.
//
// Texts in it are bounded, valid UTF-8 and free of control characters other than
// tab and newline, but otherwise as whoever wrote them liked. The names of
// authors are not kept.
type Metadata struct {
	Run prow.Run

	// AsOf is when the bucket was asked. A run that has not ended is drawn up to
	// then, or to when it was Due. Zero: up to the last thing known.
	AsOf time.Time

	// Instances know the run's page.
	Instances prow.Instances

	Started  *Started          // started.json
	Finished *Finished         // finished.json
	ProwJob  *ProwJob          // prowjob.json
	Pod      *Pod              // podinfo.json; nil also if the pod was gone when it was written
	Clones   []Clone           // clone-records.json
	Upload   *Upload           // sidecar-logs.json
	Steps    []Step            // artifacts/ci-operator-step-graph.json, of OpenShift
	Suites   []Suite           // artifacts/**/junit*.xml
	Versions map[string]string // artifacts/metadata.json: the versions of kubetest2's parts

	cases int   // of all suites
	junit int64 // bytes of the JUnit files that were read, inflated
}

// A wanted file, its largest size as stored and its reader.
type wanted struct {
	limit int64
	read  func(m *Metadata, name string, data []byte) error
}

// The largest of these files seen are single megabytes.
const (
	maxSmall = 1 << 20
	maxLarge = 16 << 20
)

var wantedNames = map[string]wanted{
	"started.json":                          {maxSmall, (*Metadata).readStarted},
	"finished.json":                         {maxSmall, (*Metadata).readFinished},
	"prowjob.json":                          {maxProwJob, (*Metadata).readProwJob},
	"podinfo.json":                          {maxLarge, (*Metadata).readPod},
	"clone-records.json":                    {maxLarge, (*Metadata).readClones},
	"sidecar-logs.json":                     {maxLarge, (*Metadata).readUpload},
	"artifacts/ci-operator-step-graph.json": {maxLarge, (*Metadata).readSteps},
	"artifacts/metadata.json":               {maxSmall, (*Metadata).readVersions},
}

// junitName is where Spyglass looks for JUnit files too.
var junitName = regexp.MustCompile(`^artifacts(/.*/|/)junit[^/]*\.xml$`)

// Where the files that [Metadata.Add] reads are found below a run's root: some by
// their names, see [WantedNames], JUnit files by a pattern.
const (
	// WantedGlob is the pattern, in Google Cloud Storage's syntax. What it matches
	// is for [Wanted] to decide: artifacts/logs/not-junit.xml is not.
	WantedGlob = "artifacts/**junit*.xml"

	// There can be thousands of JUnit files in a run. The first WantedMost, of no
	// more than WantedBytes together as they are stored, say enough.
	WantedMost  = 200
	WantedBytes = 64 << 20
)

// WantedNames are the names, sorted, that are the same in every run.
func WantedNames() []string { return slices.Sorted(maps.Keys(wantedNames)) }

// Wanted reports whether [Metadata.Add] reads the object of this name below a run's
// root, and how many bytes of it at most as it is stored.
func Wanted(name string) (limit int64, ok bool) {
	w, ok := lookup(name)
	return w.limit, ok
}

func lookup(name string) (wanted, bool) {
	if w, ok := wantedNames[name]; ok {
		return w, true
	}
	if junitName.MatchString(name) {
		return wanted{maxLarge, (*Metadata).readJUnit}, true
	}
	return wanted{}, false
}

// Bounds of a file, and of all JUnit files of a run, as they are read, in bytes. A
// small compressed file can become a large one, and a MiB of XML takes some 70 ms.
const (
	maxInflated = 64 << 20
	maxJUnit    = 256 << 20
)

// Add reads one file of the run, named below its root. data is as stored, may be
// gzip, and is not kept. Names that are not [Wanted] are ignored. An error says
// what of the file is missing; what could be read of it has been added.
func (m *Metadata) Add(name string, data []byte) error {
	w, ok := lookup(name)
	if !ok {
		return nil
	}
	if err := m.add(w, name, data); err != nil {
		if m.Run.Bucket != "" {
			return fmt.Errorf("read %s of %s: %w", link.Quote(name), m.Run.URL(), err)
		}
		return fmt.Errorf("read %s: %w", link.Quote(name), err)
	}
	return nil
}

func (m *Metadata) add(w wanted, name string, data []byte) error {
	most := int64(maxInflated)
	_, named := wantedNames[name]
	if !named {
		most = min(most, maxJUnit-m.junit)
	}
	if most <= 0 {
		return fmt.Errorf("left out: the JUnit files before it come to %d bytes", m.junit)
	}
	data, cut := Inflate(data, most)
	if !named {
		m.junit += int64(len(data))
	}
	if err := w.read(m, name, data); err != nil {
		return err
	}
	return cut
}

// State is what became of the run. Prow's controller knows better than the pod
// where they differ: a pod that is being aborted has time to write FAILURE.
func (m *Metadata) State() State {
	s := Unknown
	if m.ProwJob != nil {
		s = m.ProwJob.State
	}
	if (s == Unknown || s == Running) && m.Finished != nil && m.Finished.State != Unknown {
		s = m.Finished.State // the newer of the two
	}
	if s == Unknown && m.Started != nil && m.Finished == nil {
		s = Running
	}
	return s
}

// Bounds of texts, in bytes.
const (
	maxName    = 256
	maxMessage = 4096
)

// clean makes a text harmless and no longer than most bytes, and drops user names
// and passwords of links in it.
func clean(s string, most int) string {
	if len(s) > 4*most {
		s = s[:4*most] // so that the rest of the work is bounded too
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	s = linkLogin.ReplaceAllString(s, "://")
	if len(s) <= most {
		return s
	}
	n := most - len("…")
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

var linkLogin = regexp.MustCompile(`://[^/@\s]+@`)

// Name makes a text harmless that becomes a name: one line of at most 256 bytes.
func Name(s string) string {
	return strings.Join(strings.Fields(clean(s, maxName)), " ")
}

func message(s string) string { return strings.TrimSpace(clean(s, maxMessage)) }

// textMap keeps the strings of a map, bounded.
func textMap(from map[string]any) map[string]string {
	to := map[string]string{}
	for k, v := range from {
		if s, ok := v.(string); ok && len(to) < 100 {
			to[Name(k)] = Name(s)
		}
	}
	if len(to) == 0 {
		return nil
	}
	return to
}

// readVersions reads what kubetest2 says of itself.
func (m *Metadata) readVersions(_ string, data []byte) error {
	var v map[string]any
	err := decode(data, &v)
	m.Versions = versions(v)
	return err
}

// versions keeps what kubetest2 writes into a metadata.json: kubetest-version,
// deployer-version, tester-version. Jobs may write there what they like, also who
// is to blame.
func versions(from map[string]any) map[string]string {
	to := map[string]any{}
	for k, v := range from {
		if versionKey.MatchString(k) {
			to[k] = v
		}
	}
	return textMap(to)
}

var versionKey = regexp.MustCompile(`^[a-z0-9]+(?:-[a-z0-9]+)*-version$`)

// counted words a number: "1 run", "2 runs".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
