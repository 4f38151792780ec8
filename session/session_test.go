package session_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"prowtrace/fetch"
	"prowtrace/gcs"
	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/link"
	"prowtrace/session"
	"prowtrace/trace/join"
)

const (
	failing = "gs://kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
	passing = "gs://kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002"
)

// heard are the events of a session, in order.
type heard struct {
	mu     sync.Mutex
	events []session.Event
}

func (h *heard) add(e session.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

// names are the types of the events.
func (h *heard) names() string {
	var names []string
	for _, e := range h.events {
		names = append(names, strings.TrimPrefix(fmt.Sprintf("%T", e), "session."))
	}
	return strings.Join(names, " ")
}

// sample serves the sample bucket, and gives options to read it with an empty cache.
func sample(t *testing.T) (session.Options, *heard, *gcstest.Server) {
	t.Helper()
	server := gcstest.New(t)
	if err := server.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PROWTRACE_CACHE", t.TempDir())
	client, err := gcs.New(t.Context(), gcs.Options{Auth: gcs.AuthAnonymous, Endpoint: server.Host, Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	h := &heard{}
	return session.Options{Stores: map[string]objstore.Store{"gs": client}, Events: h.add, Join: join.ByTime}, h, server
}

// load carries out a whole request.
func load(t *testing.T, o session.Options, args ...string) (*session.Loaded, error) {
	t.Helper()
	s := session.New(o)
	refs, err := s.Parse(args)
	if err != nil {
		return nil, err
	}
	c, err := s.Collect(t.Context(), refs)
	if err != nil {
		return nil, err
	}
	return s.Load(t.Context(), c)
}

func TestEventsOfARequest(t *testing.T) {
	o, h, _ := sample(t)
	l, err := load(t, o, "e2e-kops-aws-distro-deb13", failing, failing+"/artifacts/otlp")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const want = "CacheOpened FetchStarted Chosen Duplicate FetchEnded Fetched Fetched Labelled Labelled ProblemsFound"
	if got := h.names(); got != want {
		t.Fatalf("events\n%s, want\n%s", got, want)
	}
	if run := h.events[2].(session.Chosen).Run; run.URL() != passing {
		t.Errorf("chosen %s", run.URL())
	}
	if n := len(h.events[5].(session.Fetched).Input.Fetched.Files); n != 18 {
		t.Errorf("fetched %d files", n)
	}
	if label := h.events[7].(session.Labelled).Label; label != "e2e-kops-aws-distro-deb13" {
		t.Errorf("label %q", label)
	}
	counts := h.events[1].(session.FetchStarted).Counts()
	if counts.Done != counts.Files || counts.Files == 0 {
		t.Errorf("counts %+v", counts)
	}
	view, release := l.Acquire()
	defer release()
	if len(l.Inputs) != 2 || len(view.Jobs()) != 2 || l.Inputs[0].Trace == l.Inputs[1].Trace || l.Inputs[0].Trace.IsZero() {
		t.Errorf("%d inputs, joined traces %v", len(l.Inputs), view.Jobs())
	}
	if l.Reported.Spans == 0 || l.Reported.Spans >= view.Len() || !l.Reported.Start.Before(l.Reported.End) {
		t.Errorf("reported %+v of %d spans", l.Reported, view.Len())
	}
}

// What a run says about itself is read once, however often it is asked for.
func TestMetadataIsReadOnce(t *testing.T) {
	o, h, server := sample(t)
	server.PutBytes("kubernetes-ci-logs", "logs/e2e-kops-aws-distro-deb13/1900000000000000002/artifacts/junit_torn.xml", []byte("<testsuite"))
	l, err := load(t, o, passing)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	in := l.Inputs[0]
	first, again := in.Metadata(), in.Metadata()
	if first == nil || first != again {
		t.Error("metadata is read again")
	}
	if n := strings.Count(h.names(), "MetadataLost"); n != 1 {
		t.Errorf("events %s", h.names())
	}
	if _, unfinished := in.Unfinished(); unfinished || !in.Located() || !in.IsRun() {
		t.Errorf("unfinished %v, located %v", unfinished, in.Located())
	}
}

func TestErrorsHaveFacts(t *testing.T) {
	is := func(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }
	for _, tt := range []struct {
		name string
		args []string
		with func(*session.Options)
		want func(error) bool
		text string // of the error, a part
	}{
		{"no meaning", []string{"https://example.com/x"}, nil, func(err error) bool {
			var a *session.ArgumentError
			var p *link.ParseError
			return errors.As(err, &a) && a.Argument == "https://example.com/x" && errors.As(err, &p)
		}, "(in: host"},
		{"no directory", []string{"otlp/"}, nil, func(err error) bool { return errors.As(err, new(*session.ArgumentError)) }, "cannot use \"otlp/\": neither a directory nor a complete link"},
		{"no path", []string{"./missing"}, nil, func(err error) bool {
			var m *session.MissingPathError
			return errors.As(err, &m) && m.Path == "./missing" && errors.Is(err, os.ErrNotExist)
		}, "no such file"},
		{"another store", []string{"s3://bucket/logs/job/1900000000000000001"}, nil, func(err error) bool {
			var u *session.UnsupportedStoreError
			return errors.As(err, &u) && u.Run.Bucket == "bucket"
		}, "s3://bucket"},
		{"a job in another store", []string{"s3://bucket/logs/job"}, nil, func(err error) bool { return errors.As(err, new(*session.UnsupportedStoreError)) }, ""},
		{"no such run", []string{"gs://kubernetes-ci-logs/logs/e2e/1"}, nil, is(fetch.ErrNotFound), ""},
		{"no such job", []string{"e2e"}, nil, func(err error) bool {
			return errors.As(err, new(*session.ChoiceError)) && errors.Is(err, find.ErrNoRun)
		}, "e2e"},
		{"not in the cache", []string{passing}, func(o *session.Options) { o.Offline = true }, is(fetch.ErrOffline), ""},
		{"no run in the cache", []string{"e2e@1900000000000000002"}, func(o *session.Options) { o.Offline = true }, func(err error) bool {
			var n *session.NotCachedError
			return errors.As(err, &n) && n.Input == "e2e@1900000000000000002" && errors.Is(err, fetch.ErrOffline)
		}, ""},
		{"a choice offline", []string{"e2e"}, func(o *session.Options) { o.Offline, o.Choice.Want = true, find.WantFailed }, is(session.ErrOfflineChoice), ""},
		{"a cache that cannot be used", []string{passing}, func(o *session.Options) { o.Cache = session.CacheRequired }, func(err error) bool {
			return errors.As(err, new(*session.CacheError))
		}, ""},
		{"no spans", []string{"session.go"}, nil, func(err error) bool {
			var n *session.NoSpansError
			return errors.As(err, &n) && n.Sources == 1 && len(n.Inputs) == 1 && n.Foreign
		}, "cannot find trace files in session.go"},
		{"no files", []string{"."}, func(o *session.Options) { t.Chdir(t.TempDir()) }, func(err error) bool {
			return errors.As(err, new(*session.NoSpansError))
		}, "cannot find files"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, _, _ := sample(t)
			if strings.Contains(tt.name, "cannot be used") {
				file := filepath.Join(t.TempDir(), "file")
				if err := os.WriteFile(file, nil, 0o600); err != nil {
					t.Fatal(err)
				}
				t.Setenv("PROWTRACE_CACHE", filepath.Join(file, "below"))
			}
			if tt.with != nil {
				tt.with(&o)
			}
			_, err := load(t, o, tt.args...)
			if err == nil || !tt.want(err) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %T: %v", err, err)
			}
		})
	}
}

// Without a cache that can be used, runs open all the same.
func TestCacheIsNotNeeded(t *testing.T) {
	o, h, _ := sample(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PROWTRACE_CACHE", filepath.Join(file, "below"))
	t.Setenv("TMPDIR", t.TempDir())
	l, err := load(t, o, passing)
	if err != nil {
		t.Fatal(err)
	}
	dir := h.events[1].(session.CacheOpened).Dir
	if !strings.HasPrefix(h.names(), "CacheUnusable CacheOpened FetchStarted") || !strings.HasPrefix(dir, os.TempDir()) {
		t.Errorf("events %s, cache %s", h.names(), dir)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the temporary cache is left behind: %v", err)
	}
}

func TestKeepGoing(t *testing.T) {
	for _, keep := range []bool{false, true} {
		o, h, server := sample(t)
		o.KeepGoing = keep
		for _, dir := range []string{"artifacts/", "artifacts/otlp/"} { // both are listed, at the same time
			server.Fault(gcstest.Match{Op: gcstest.List, Object: "logs/e2e-kops-aws-distro-deb13/1900000000000000002/" + dir}, gcstest.Status(403))
		}
		l, err := load(t, o, passing, failing)
		if !keep {
			if !errors.As(err, new(*objstore.AccessError)) {
				t.Errorf("error %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if len(l.Inputs) != 1 || l.Inputs[0].Ref.Run.URL() != failing || !strings.Contains(h.names(), "LeftOut Fetched") {
			t.Errorf("%d inputs, events %s", len(l.Inputs), h.names())
		}
	}
}

func TestOffline(t *testing.T) {
	o, _, server := sample(t)
	l, err := load(t, o, passing)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	server.ResetLog()
	o.Offline = true
	h := &heard{}
	o.Events = h.add
	if l, err = load(t, o, "e2e-kops-aws-distro-deb13"); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if chosen := h.events[2].(session.Chosen); chosen.Run.URL() != passing || chosen.Cached != 1 || !l.Inputs[0].Fetched.FromCache {
		t.Errorf("events %+v", h.events)
	}
	if n := len(server.Requests()); n > 0 {
		t.Errorf("%d requests", n)
	}
}

// Of local files the copies of runs are told, with what is wrong with archives.
func TestLocalFiles(t *testing.T) {
	otlp := "../testdata/bucket/kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002"
	o, h, _ := sample(t)
	l, err := load(t, o, otlp, otlp)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	copied := h.events[0].(session.CopyFound)
	if len(l.Inputs) != 1 || copied.Input.Title() != "e2e-kops-aws-distro-deb13 1900000000000000002" || copied.Where != otlp || len(copied.Input.Sources) != 18 {
		t.Errorf("%d inputs; copy %+v", len(l.Inputs), copied)
	}
}

func TestStandardInput(t *testing.T) {
	files, err := filepath.Glob("../testdata/bucket/kubernetes-ci-logs/logs/*/*/artifacts/otlp/*.otel")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	o, _, _ := sample(t)
	o.Input = bytes.NewReader(data)
	l, err := load(t, o, "-")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if in := l.Inputs[0]; in.Title() != "standard input" || in.IsRun() || in.Located() || in.Metadata() != nil || l.Reported.Spans == 0 {
		t.Errorf("%+v", in)
	}
	o.Input = io.MultiReader(bytes.NewReader(data), failingReader{})
	if _, err := load(t, o, "-"); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("error %v", err)
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

// Runs are listed with a caller's choice, clock and events.
func TestRuns(t *testing.T) {
	o, _, _ := sample(t)
	o.Now = func() time.Time { return time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) }
	s := session.New(o)
	ref, err := link.Parse(prow.Instances{}, "e2e-kops-aws-distro-deb13")
	if err != nil {
		t.Fatal(err)
	}
	runs, err := s.Runs(t.Context(), ref, 5)
	if err != nil || len(runs) == 0 || runs[0].Build != "1900000000000000002" {
		t.Errorf("runs %+v, error %v", runs, err)
	}
	ref.Job = "missing"
	if _, err := s.Runs(t.Context(), ref, 5); !errors.As(err, new(*session.ChoiceError)) {
		t.Errorf("error %v", err)
	}
}
