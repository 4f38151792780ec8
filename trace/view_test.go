package trace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"prowtrace/internal/otlpwire"
)

// jobView adds to a set the own spans of a job, in seconds:
//
//	trace 1    |----- a -----|  |- b -|
//	trace 9  |------------ job ------------|     added
//	trace 2       |- c -|
func jobView(t testing.TB, added map[int][]byte) *View {
	t.Helper()
	set := load(t, otel(t, otlp(t, "kops", span(1, 0, "a", 20, 30), span(2, 0, "b", 35, 40), inTrace(2, span(1, 0, "c", 22, 25))))).Set()
	own, err := LoadEncoded(t.Context(), []Source{{Name: "job", Data: otlp(t, "prow", inTrace(9, span(1, 0, "job", 10, 50))), Group: 0}})
	if err != nil {
		t.Fatal(err)
	}
	return NewView(set, Material{
		Own:    own,
		Groups: map[int]Description{0: {Label: "7", Attributes: []Attribute{{"build", "7"}}}},
		Joined: []Joined{{
			ID: TraceID(tid(9)), Rows: []uint32{3, 0, 2, 1}, Parent: []int32{-1, 0, 1, 0}, Inferred: []bool{false, true, true, true},
			Renamed: map[int]uint64{0: 1, 2: 77},
		}},
		Added: added,
	})
}

func TestViewNumbersWhatWasAdded(t *testing.T) {
	v := jobView(t, nil)
	const want = `trace 9 10..50 root=job
  job 10..50 parent=-
trace 1 20..40 root=a
  a 20..30 parent=-
  b 35..40 parent=-
trace 2 22..25 root=c
  c 22..25 parent=-
`
	if got := draw(v); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for i := range v.NumTraces() {
		tr := v.Trace(i)
		if found, ok := v.Lookup(tr.ID); !ok || found != tr {
			t.Errorf("looked up %+v, want %+v", found, tr)
		}
		if part, local := v.PartOf(i); v.TraceIndex(part, local) != i {
			t.Errorf("trace %d is number %d of its part, which is trace %d", i, local, v.TraceIndex(part, local))
		}
		for row := tr.First; row < tr.First+tr.Spans; row++ {
			if got := v.Span(row).Trace; got != i {
				t.Errorf("row %d is of trace %d, want %d", row, got, i)
			}
		}
	}
	if v.Len() != 4 || v.Stats().Spans != 4 || v.Set().Len() != 3 || !v.Added(3) || v.Added(2) {
		t.Errorf("%d rows, %+v", v.Len(), v.Stats())
	}
	if got := fmt.Sprint(v.Services(), v.Operations("prow"), v.Operations("kops@7")); got != "[kops@7 prow] [{job internal}] [{a internal} {b internal} {c internal}]" {
		t.Errorf("services and operations %s", got)
	}
}

func TestJoinedTreeOfView(t *testing.T) {
	event := otlpwire.AppendBytes(nil, 11, otlpwire.AppendBytes(nil, 2, []byte("log")))
	v := jobView(t, map[int][]byte{0: event, 3: otlpwire.AppendText(nil, 9, "mark", "x")})
	job, ok := v.Lookup(TraceID(tid(9)))
	tree := v.Tree(job)
	if !ok || !tree.Joined() || tree.Len() != 4 {
		t.Fatalf("%+v", job)
	}
	var got []string
	for i := range tree.Len() {
		d, err := tree.Detail(i)
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("%s %x below %x of %s, %d events", d.Span.Name, d.Span.SpanId[7:], d.Span.ParentSpanId, tree.Span(i).Service, len(d.Span.Events))
		for _, kv := range d.Span.Attributes {
			line += " " + kv.Key
		}
		got = append(got, line)
	}
	want := []string{
		"job 01 below  of prow, 0 events mark",
		"a 01 below 0000000000000001 of kops, 1 events prowtrace.trace_id prowtrace.span_id prowtrace.inferred",
		"c 4d below 0000000000000001 of kops, 0 events prowtrace.trace_id prowtrace.span_id prowtrace.inferred",
		"b 02 below 0000000000000001 of kops, 0 events prowtrace.trace_id prowtrace.span_id prowtrace.inferred",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// The original trace is as it was.
	original, _ := v.Lookup(TraceID(tid(1)))
	if d, err := v.Tree(original).Detail(0); err != nil || len(d.Span.Events) != 0 || len(d.Span.Attributes) != 0 || len(d.Resource.Attributes) != 3 {
		t.Errorf("%v %v", d, err)
	}
}

// A later view changes neither the view before it nor the set.
func TestViewsOfOneSet(t *testing.T) {
	first := jobView(t, nil)
	second := NewView(first.Set(), Material{})
	if first.Len() != 4 || second.Len() != 3 || second.Service(0) != "kops" || first.Service(0) != "kops@7" {
		t.Errorf("%d and %d spans, services %s and %s", first.Len(), second.Len(), first.Service(0), second.Service(0))
	}
}

// mapped loads a set whose one file is mapped.
func mapped(t testing.TB, name string) *Set {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, otel(t, otlp(t, "kops", span(1, 0, name, 1, 2))), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := Load(t.Context(), []Source{{Name: name, Path: path}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func isOpen(s *Set) bool { return len(s.sources[0].file.Bytes()) > 0 }

func TestSharedClosesBehindTheLastReader(t *testing.T) {
	one, two := mapped(t, "one"), mapped(t, "two")
	releases := 0
	shared := NewShared(Plain(one), func() error {
		releases++
		if isOpen(one) || isOpen(two) {
			t.Error("released before all sets are closed")
		}
		return nil
	})
	old, release := shared.Acquire()
	again, releaseAgain := shared.Acquire()
	if err := shared.Swap(Plain(one)); err != nil { // a newer view of the same set
		t.Fatal(err)
	}
	if err := shared.Swap(Plain(two)); err != nil {
		t.Fatal(err)
	}
	release()
	release() // a second call does nothing
	if !isOpen(one) || old.Span(0).Name != "one" || again.Span(0).Name != "one" {
		t.Fatal("a reader lost its set")
	}
	releaseAgain()
	if isOpen(one) {
		t.Error("a set that nobody reads stays open")
	}
	last, release := shared.Acquire()
	if err := shared.Close(); err != nil {
		t.Fatal(err)
	}
	if v, _ := shared.Acquire(); v != nil {
		t.Error("a view is handed out after Close")
	}
	if !isOpen(two) || last.Span(0).Name != "two" || releases != 0 {
		t.Error("the last reader lost its set")
	}
	release()
	if isOpen(two) {
		t.Error("the last set stays open")
	}
	if err := shared.Close(); err != nil || releases != 1 {
		t.Errorf("released %d times, error %v", releases, err)
	}
}

// A view that is shared after Close does not open anything again.
func TestSwapAfterClose(t *testing.T) {
	one, two := mapped(t, "one"), mapped(t, "two")
	shared := NewShared(Plain(one))
	v, release := shared.Acquire()
	if err := shared.Close(); err != nil {
		t.Fatal(err)
	}
	if err := shared.Swap(Plain(two)); !errors.Is(err, ErrClosed) || isOpen(two) {
		t.Errorf("error %v, the late set is open: %v", err, isOpen(two))
	}
	if err := shared.Swap(Plain(one)); !errors.Is(err, ErrClosed) || !isOpen(one) || v.Span(0).Name != "one" {
		t.Errorf("error %v: a reader lost its set", err)
	}
	if again, _ := shared.Acquire(); again != nil {
		t.Error("a late view is handed out")
	}
	release()
	if isOpen(one) {
		t.Error("the set stays open behind its last reader")
	}
}

// Readers read names, which alias mapped files, while views are swapped. This runs with the
// race detector, and files are unmapped after their last reader.
func TestSharedWhileSwapped(t *testing.T) {
	shared := NewShared(Plain(mapped(t, "0")))
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				v, release := shared.Acquire()
				if name := v.Span(0).Name; strings.Trim(name, "0123456789") != "" {
					t.Errorf("read %q", name)
				}
				release()
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	var sets []*Set
	for i := range 50 {
		set := mapped(t, fmt.Sprint(i+1))
		sets = append(sets, set)
		if err := shared.Swap(Plain(set)); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	readers.Wait()
	if err := shared.Close(); err != nil {
		t.Error(err)
	}
	for i, set := range sets {
		if isOpen(set) {
			t.Errorf("set %d stays open", i)
		}
	}
}
