package prow

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"prowtrace/internal/text"
)

// Instance is one Prow installation: where the runs of its jobs are stored by
// default. It is used only for links that carry no bucket, for the owner of
// a pull request, and for buckets whose runs were moved.
type Instance struct {
	Decks  []string // hosts of its Deck, with a port if it is not that of the scheme; links are made with the first
	Gcsweb []string // hosts of its gcsweb, likewise

	// ThroughGcsweb: its buckets refuse anonymous readers, but the first gcsweb shows them.
	// Objects read there cannot be verified.
	ThroughGcsweb bool

	Provider string   // "gs" or "s3"
	Bucket   string   // where new runs are stored; "" if it is not known
	Former   []string // buckets before that, newest first; a run has the same root in each
	Closed   []string // buckets before those, now given up: a refusal there says nothing about a run

	// Where the buckets are on an S3 server other than Amazon's. All are "" for gs.
	Endpoint   string // http(s)://host[:port]
	Region     string // "": the server tells
	Addressing string // "path" or "virtual": where requests name the bucket; "": as is usual for the server

	// Path strategy of its buckets: how pr-logs/pull/… names the repository.
	Strategy                Strategy
	DefaultOrg, DefaultRepo string

	Orgs []string // GitHub organisations whose pull requests it tests
	Jobs []string // prefixes of its jobs' names that tell them from others

	Private bool // not everybody can read its buckets

	Default bool // used for a link or a name without a host
}

// Strategy is Prow's path_strategy: which part of ORG_REPO a presubmit's path holds.
type Strategy int

const (
	Explicit Strategy = iota // always ORG_REPO
	Legacy                   // nothing for the default repository, REPO in the default organisation, else ORG_REPO
	Single                   // nothing for the default repository, else ORG_REPO
)

// Instances are the known Prows. The zero value knows those that are
// built in. It does not change, and is safe for concurrent use.
type Instances struct {
	own []Instance
}

// NewInstances adds a user's own instances, which come before those built in.
// The error says what is wrong with the instance at the returned index.
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
			return Instances{}, i, errors.New("duplicate default: only one instance can be the default")
		}
	}
	return Instances{own: slices.Clone(own)}, 0, nil
}

// maxQuoted is how many bytes of a value an error shows.
const maxQuoted = 120

func (in Instance) check() error {
	if len(in.Decks) == 0 {
		return errors.New("missing deck: write the host of its pages, such as prow.example.com")
	}
	for _, host := range slices.Concat(in.Decks, in.Gcsweb) {
		if !isHost(host) {
			return fmt.Errorf("invalid host %s: write HOST or HOST:PORT in lower case, without https://", text.Quote(host, maxQuoted))
		}
	}
	if in.Provider != "gs" && in.Provider != "s3" {
		return fmt.Errorf("unknown provider %s: use gs or s3", text.Quote(in.Provider, maxQuoted))
	}
	for _, bucket := range in.Buckets() {
		if !IsBucket(in.Provider, bucket) {
			return fmt.Errorf("invalid bucket %s: write its name without %s://", text.Quote(bucket, maxQuoted), in.Provider)
		}
	}
	if in.ThroughGcsweb && len(in.Gcsweb) == 0 {
		return errors.New("missing gcsweb: through-gcsweb needs the host of one")
	}
	if err := in.checkPlace(); err != nil {
		return err
	}
	if (in.Strategy != Explicit) != (in.DefaultOrg != "" && in.DefaultRepo != "") {
		return errors.New("missing or needless default-repo: paths legacy and single need ORG/REPO, explicit has none")
	}
	if slices.Contains(in.Jobs, "") {
		return errors.New("empty name in jobs: it would claim all jobs; use default instead")
	}
	return nil
}

// isHost reports HOST or HOST:PORT.
func isHost(s string) bool {
	name, port, hasPort := strings.Cut(s, ":")
	if hasPort {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
	}
	return name != "" && name == strings.ToLower(name) && !strings.ContainsFunc(name, func(c rune) bool { return !isLetterOrDigit(c) && !strings.ContainsRune("-._", c) })
}

// checkPlace checks the settings for the place of an S3 server.
func (in Instance) checkPlace() error {
	if in.Provider != "s3" && in.Endpoint+in.Region+in.Addressing != "" {
		return errors.New("needless endpoint, region or addressing: only provider s3 has them")
	}
	if u, err := url.Parse(in.Endpoint); in.Endpoint != "" &&
		(err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery+u.Fragment != "") {
		return fmt.Errorf("invalid endpoint %s: write https://HOST or https://HOST:PORT", text.Quote(in.Endpoint, maxQuoted))
	}
	if strings.ContainsFunc(in.Region, func(c rune) bool { return !isLetterOrDigit(c) && c != '-' }) {
		return fmt.Errorf("invalid region %s: write its name, such as eu-central-1", text.Quote(in.Region, maxQuoted))
	}
	if in.Addressing != "" && in.Addressing != "path" && in.Addressing != "virtual" {
		return fmt.Errorf("unknown addressing %s: use path or virtual", text.Quote(in.Addressing, maxQuoted))
	}
	return nil
}

// Buckets returns all buckets of the instance, newest first.
func (in Instance) Buckets() []string {
	return slices.Concat([]string{in.Bucket}, in.Former, in.Closed)
}

func (t Instances) all() []Instance { return append(slices.Clone(t.own), builtin()...) }

// DefaultFirst returns all instances: the default, then the user's own, then those built in. It
// leaves out an instance if another one stands for its pages.
func (t Instances) DefaultFirst() []Instance {
	first, _ := t.At(t.Default().Decks[0])
	all := []Instance{first}
	for _, in := range t.all() {
		at, _ := t.At(in.Decks[0])
		known := slices.ContainsFunc(all, func(other Instance) bool { return slices.Contains(other.Decks, in.Decks[0]) })
		if at.Decks[0] == in.Decks[0] && !known {
			all = append(all, in)
		}
	}
	return all
}

// Default returns the instance for a link or a name without a host: prow.k8s.io, unless one
// of the user's own is the default.
func (t Instances) Default() Instance {
	if i := slices.IndexFunc(t.own, func(in Instance) bool { return in.Default }); i >= 0 {
		return t.own[i]
	}
	return builtin()[0]
}

// At returns the instance whose Deck or gcsweb has the given host name, and the
// default for "". A port only chooses among those that have the name.
func (t Instances) At(host string) (Instance, bool) {
	if host == "" {
		return t.Default(), true
	}
	if in, ok := t.find(func(in Instance) bool { return slices.Contains(in.Decks, host) || slices.Contains(in.Gcsweb, host) }); ok {
		return in, true
	}
	return t.find(func(in Instance) bool { return hasName(in.Decks, host) || hasName(in.Gcsweb, host) })
}

// HasDeck reports whether a Deck of the instance has the given host name. A port is ignored.
func (in Instance) HasDeck(host string) bool { return hasName(in.Decks, host) }

// MayAsk reports whether a request may be sent to a host, possibly with a port, because a link
// names it. A known instance must have the host, with that port if one is given. The writer of
// a link must not choose which servers this machine contacts.
func (t Instances) MayAsk(host string) bool {
	_, ok := t.find(func(in Instance) bool {
		return slices.Contains(in.Decks, host) || slices.Contains(in.Gcsweb, host) ||
			!strings.Contains(host, ":") && (hasName(in.Decks, host) || hasName(in.Gcsweb, host))
	})
	return ok
}

// hasName reports whether one of the hosts has the name of host, whatever the ports are.
func hasName(hosts []string, host string) bool {
	return slices.ContainsFunc(hosts, func(own string) bool { return HostName(own) == HostName(host) })
}

// HostName returns a host without its port.
func HostName(host string) string {
	name, _, _ := strings.Cut(host, ":")
	return name
}

func (t Instances) find(is func(Instance) bool) (Instance, bool) {
	all := t.all()
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], true
	}
	return Instance{}, false
}

// DeckOf returns the Deck host of the instance that tests an organisation's pull
// requests; "" for the default instance, which is also used for unknown organisations.
func (t Instances) DeckOf(org string) string {
	in, ok := t.find(func(in Instance) bool { return slices.Contains(in.Orgs, org) })
	if !ok || in.Decks[0] == t.Default().Decks[0] {
		return ""
	}
	return in.Decks[0]
}

// ForJob returns the instances that may run a job of this name, the likeliest first.
// If the user's own instances claim a name, only they are returned: the names of a private
// Prow's jobs must not reach public buckets. Otherwise the default instance is among them.
func (t Instances) ForJob(job string) []Instance {
	if own := t.OwnForJob(job); len(own) > 0 {
		return own
	}
	in := claiming(builtin(), job)
	if fallback := t.Default(); !fallback.claims(job) {
		in = append(in, fallback)
	}
	return in
}

// OwnForJob returns the user's own instances whose job prefixes match this
// name.
func (t Instances) OwnForJob(job string) []Instance { return claiming(t.own, job) }

func claiming(all []Instance, job string) []Instance {
	return slices.DeleteFunc(slices.Clone(all), func(in Instance) bool { return !in.claims(job) })
}

// claims reports whether the name of a job begins with a prefix of the instance's jobs.
func (in Instance) claims(job string) bool {
	return slices.ContainsFunc(in.Jobs, func(prefix string) bool { return strings.HasPrefix(job, prefix) })
}

// AtEndpoint returns an instance whose S3 server has the given host name; a port is
// ignored.
func (t Instances) AtEndpoint(host string) (Instance, bool) {
	return t.find(func(in Instance) bool {
		u, err := url.Parse(in.Endpoint)
		return host != "" && err == nil && u.Hostname() == host
	})
}

// OfBucket returns the instance whose runs are, or were, in a bucket.
func (t Instances) OfBucket(bucket string) (Instance, bool) {
	return t.find(func(in Instance) bool { return bucket != "" && slices.Contains(in.Buckets(), bucket) })
}

// A Bucket is a bucket that may have a run.
type Bucket struct {
	Name   string
	Newer  bool // took over from the bucket in question
	Closed bool // given up: a refusal there says nothing
}

// Buckets returns the buckets that may have what a link says is in a bucket: that bucket
// first, then those that its installation moved to or from, newest first.
func (t Instances) Buckets(bucket string) []Bucket {
	all := []Bucket{{Name: bucket}}
	in, _ := t.OfBucket(bucket)
	newer := true
	for _, b := range in.Buckets() {
		closed := slices.Contains(in.Closed, b)
		switch b {
		case "":
		case bucket:
			newer, all[0].Closed = false, closed
		default:
			all = append(all, Bucket{b, newer, closed})
		}
	}
	return all
}
