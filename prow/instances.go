package prow

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
)

// Instance is one Prow installation: where the runs of its jobs are stored by
// default. It is asked only about links that carry no bucket, about the owner of
// a pull request, and about buckets whose runs were moved.
type Instance struct {
	Decks  []string // hosts of its Deck; the first is the one that links are made with
	Gcsweb []string // hosts of its gcsweb

	Provider string   // "gs" or "s3"
	Bucket   string   // where new runs are stored; "" if it is not known
	Former   []string // where they were before, newest first; a run lies under the same root in each
	Closed   []string // likewise, before those: given up, so being refused there says nothing of a run

	// Path strategy of its buckets: how pr-logs/pull/… names the repository.
	Strategy                Strategy
	DefaultOrg, DefaultRepo string

	Orgs []string // GitHub organisations whose pull requests it tests
	Jobs []string // how names of its jobs begin, where that tells it from others

	Default bool // stands for a link or a name that says no host
}

// Strategy is Prow's path_strategy: which part of ORG_REPO a presubmit's path holds.
type Strategy int

const (
	Explicit Strategy = iota // always ORG_REPO
	Legacy                   // nothing for the default repository, REPO in the default organisation, else ORG_REPO
	Single                   // nothing for the default repository, else ORG_REPO
)

// Instances are the Prows that are known. The zero value knows those that are
// built in. It does not change, and is safe for concurrent use.
type Instances struct {
	own []Instance
}

// NewInstances adds a user's own instances, which come before those built in.
// The error is about the instance of the index, and says what is wrong with it.
func NewInstances(own []Instance) (known Instances, index int, err error) {
	var defaults int
	for i, in := range own {
		if err := in.check(); err != nil {
			return Instances{}, i, err
		}
		if in.Default {
			defaults++
		}
		if defaults > 1 {
			return Instances{}, i, errors.New("it is the second default: only one instance can be meant where nothing says which")
		}
	}
	return Instances{own: slices.Clone(own)}, 0, nil
}

func (in Instance) check() error {
	if len(in.Decks) == 0 {
		return errors.New("it has no Deck; give the host of its pages, such as prow.example.com")
	}
	for _, host := range slices.Concat(in.Decks, in.Gcsweb) {
		if host == "" || host != strings.ToLower(host) || strings.ContainsFunc(host, func(c rune) bool { return !isAlnum(c) && !strings.ContainsRune("-._", c) }) {
			return fmt.Errorf("%s is no host name; give it in lower case, without https:// and without a port", show(host))
		}
	}
	if in.Provider != "gs" && in.Provider != "s3" {
		return fmt.Errorf("%s is no object store that is known; give gs or s3", show(in.Provider))
	}
	for _, bucket := range in.buckets() {
		if e := checkBucket(in.Provider, bucket); e != nil {
			return fmt.Errorf("%s is no bucket name; give it without %s://", show(bucket), in.Provider)
		}
	}
	if (in.Strategy != Explicit) != (in.DefaultOrg != "" && in.DefaultRepo != "") {
		return errors.New("the path strategies legacy and single, and only they, have a default repository; give it as ORG/REPO")
	}
	if slices.Contains(in.Jobs, "") {
		return errors.New("an empty beginning of job names would claim all jobs; make it the default instance instead")
	}
	return nil
}

// buckets are all buckets of the instance, newest first.
func (in Instance) buckets() []string {
	return slices.Concat([]string{in.Bucket}, in.Former, in.Closed)
}

func (t Instances) all() []Instance { return append(slices.Clone(t.own), builtin()...) }

// Default stands for a link or a name that says no host: prow.k8s.io, unless one
// of the user's own does.
func (t Instances) Default() Instance {
	if i := slices.IndexFunc(t.own, func(in Instance) bool { return in.Default }); i >= 0 {
		return t.own[i]
	}
	return builtin()[0]
}

// At returns the instance whose Deck or gcsweb has the given host name, and the
// default for "". A port is ignored.
func (t Instances) At(host string) (Instance, bool) {
	if host == "" {
		return t.Default(), true
	}
	host, _, _ = strings.Cut(host, ":")
	return t.find(func(in Instance) bool {
		return slices.Contains(in.Decks, host) || slices.Contains(in.Gcsweb, host)
	})
}

func (t Instances) find(is func(Instance) bool) (Instance, bool) {
	all := t.all()
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], true
	}
	return Instance{}, false
}

// deckOf returns the Deck host of the instance that tests an organisation's pull
// requests, "" for the default instance, which also stands for unknown ones.
func (t Instances) deckOf(org string) string {
	in, ok := t.find(func(in Instance) bool { return slices.Contains(in.Orgs, org) })
	if !ok || in.Decks[0] == t.Default().Decks[0] {
		return ""
	}
	return in.Decks[0]
}

// of returns the instances that may run a job of this name, the likeliest first.
// A name that the user's own claim stays with them: the names of a private Prow's
// jobs are no business of public buckets. Else the default instance is among them.
func (t Instances) of(job string) []Instance {
	if own := claiming(t.own, job); len(own) > 0 {
		return own
	}
	in := claiming(builtin(), job)
	if fallback := t.Default(); !fallback.claims(job) {
		in = append(in, fallback)
	}
	return in
}

func claiming(all []Instance, job string) []Instance {
	return slices.DeleteFunc(slices.Clone(all), func(in Instance) bool { return !in.claims(job) })
}

// claims reports whether the name of a job begins as those of the instance do.
func (in Instance) claims(job string) bool {
	return slices.ContainsFunc(in.Jobs, func(prefix string) bool { return strings.HasPrefix(job, prefix) })
}

// from says, in a note, whose bucket is meant where only a job's name tells.
func (t Instances) from(job string) string {
	own := claiming(t.own, job)
	if len(own) == 0 {
		return "bucket from the default instance"
	}
	var decks []string
	for _, in := range own {
		decks = append(decks, in.Decks[0])
	}
	return "bucket from " + strings.Join(decks, ", then ")
}

// storing returns the instance whose runs are, or were, in a bucket.
func (t Instances) storing(bucket string) (Instance, bool) {
	return t.find(func(in Instance) bool { return bucket != "" && slices.Contains(in.buckets(), bucket) })
}

// A Place is a bucket that may have a run.
type Place struct {
	Bucket string
	Newer  bool // took over from the bucket that was asked about
	Closed bool // given up: being refused there says nothing
}

// Places are the buckets that may have what a link promises to be in one: that
// one itself, then those that its installation moved to or from, newest first.
func (t Instances) Places(bucket string) []Place {
	places := []Place{{Bucket: bucket}}
	in, _ := t.storing(bucket)
	newer := true
	for _, b := range in.buckets() {
		closed := slices.Contains(in.Closed, b)
		switch b {
		case "":
		case bucket:
			newer, places[0].Closed = false, closed
		default:
			places = append(places, Place{b, newer, closed})
		}
	}
	return places
}

// siblings are the buckets of Places but the one asked about.
func (t Instances) siblings(bucket string) []string {
	var others []string
	for _, p := range t.Places(bucket)[1:] {
		others = append(others, p.Bucket)
	}
	return others
}

// refuses reports an error by which a bucket may have what was looked for in it.
// One that was given up refuses everybody.
func (t Instances) refuses(bucket string, err error) bool {
	return errors.Is(err, fs.ErrPermission) && !t.Places(bucket)[0].Closed
}

// Page returns the run's page in Prow, where the Prow of its bucket is known,
// else the URL of its root; "" for a run that lies nowhere.
func (t Instances) Page(r Run) string {
	if r.Bucket == "" {
		return ""
	}
	in, ok := t.storing(r.Bucket)
	if !ok || len(in.Decks) == 0 {
		return r.URL()
	}
	return webLink(in.Decks[0], "/view/"+r.Provider+"/"+r.Bucket+"/"+r.Root)
}

// Artifacts returns the page of gcsweb that lists the run's artifacts, where the
// gcsweb of its bucket is known.
func (t Instances) Artifacts(r Run) (string, bool) {
	in, _ := t.storing(r.Bucket)
	if len(in.Gcsweb) == 0 {
		return "", false
	}
	store := "gcs"
	if r.Provider == "s3" {
		store = "s3"
	}
	return webLink(in.Gcsweb[0], "/"+store+"/"+r.Bucket+"/"+r.Root+"/artifacts/"), true
}

func webLink(host, path string) string {
	return (&url.URL{Scheme: "https", Host: host, Path: path}).String()
}

// owner tells whose pull requests lie under a repository segment ("" if the
// path has none). It depends on the bucket alone, so that a run has the same
// identity through whichever link it is reached.
func (t Instances) owner(bucket, segment string) (org, repo string) {
	if org, repo, ok := strings.Cut(segment, "_"); ok {
		return org, repo // GitHub organisations cannot hold "_"; Gerrit's host cannot either
	}
	in, _ := t.storing(bucket)
	switch {
	case segment == "":
		return in.DefaultOrg, in.DefaultRepo
	case in.Strategy == Legacy:
		return in.DefaultOrg, segment
	}
	return "", segment
}

// pullDirs are where the runs of a pull request lie in a bucket: the inverse of
// owner. In a bucket of unknown strategy there is a second guess.
func (t Instances) pullDirs(bucket string, ref Ref) []string {
	dir := func(repo string) string {
		if repo != "" {
			repo += "/"
		}
		return "pr-logs/pull/" + repo + ref.Pull
	}
	in, known := t.storing(bucket)
	full := ref.Repo
	if ref.Org != "" {
		full = strings.ReplaceAll(strings.TrimPrefix(ref.Org, "https://"), "/", "_") + "_" + strings.ReplaceAll(ref.Repo, "/", "_")
	}
	switch {
	case !known:
		return []string{dir(full), dir(ref.Repo)}
	case in.Strategy != Explicit && ref.Repo == in.DefaultRepo && ref.Org == in.DefaultOrg:
		return []string{dir("")}
	case in.Strategy == Legacy && ref.Org == in.DefaultOrg:
		return []string{dir(ref.Repo)}
	}
	return []string{dir(full)}
}
