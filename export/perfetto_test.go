package export

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/internal/otlptest"
	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// A wireField is a field of a message, decoded by protowire alone.
type wireField struct {
	num     protowire.Number
	value   uint64
	content []byte
}

// decodedFields decodes a message, and fails if it is broken.
func decodedFields(t testing.TB, b []byte) (fields []wireField) {
	t.Helper()
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatalf("broken tag: %v", protowire.ParseError(n))
		}
		b = b[n:]
		f := wireField{num: num}
		switch typ {
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			f.value, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			f.content, n = protowire.ConsumeBytes(b)
		default:
			t.Fatalf("field %d has wire type %d", num, typ)
		}
		if n < 0 {
			t.Fatalf("broken field %d: %v", num, protowire.ParseError(n))
		}
		b = b[n:]
		fields = append(fields, f)
	}
	return fields
}

// field gives the last field with a number, or zero if there is none.
func field(fields []wireField, num protowire.Number) (f wireField) {
	for _, other := range fields {
		if other.num == num {
			f = other
		}
	}
	return f
}

// A perfettoSlice is what Perfetto shows for a span.
type perfettoSlice struct {
	name       string
	start, end uint64 // ns
	track      uint64
	parent     string // the span id of the slice that contains it
	notes      map[string]string
}

// perfettoSlices reads a trace as Perfetto's trace processor does, and checks its rules. A
// track is described before its use, below a process that was described. A number was given
// a name before. Events of a track are sorted by time, and equal ones keep their order. An
// end ends the innermost slice, and every slice has one.
func perfettoSlices(t testing.TB, data []byte) (slicesOf map[string]perfettoSlice, processes map[uint64]string, instants int) {
	t.Helper()
	type event struct {
		at, kind, track uint64
		name            string
		notes           map[string]string
	}
	processes, tracks := map[uint64]string{}, map[uint64]bool{}
	names, keys := map[uint64]string{}, map[uint64]string{}
	pids := map[uint64]bool{}
	var events []event
	for i, f := range decodedFields(t, data) {
		packet := decodedFields(t, f.content)
		if f.num != 1 || field(packet, 10).value != 1 {
			t.Fatalf("packet %d is in field %d, of sequence %d", i, f.num, field(packet, 10).value)
		}
		if cleared := field(packet, 13).value == 1; cleared != (i == 0) {
			t.Fatalf("packet %d has flags %d", i, field(packet, 13).value)
		}
		interned := decodedFields(t, field(packet, 12).content)
		for _, entry := range interned {
			pair := decodedFields(t, entry.content)
			into := map[protowire.Number]map[uint64]string{2: names, 3: keys}[entry.num]
			into[field(pair, 1).value] = string(field(pair, 2).content)
		}
		if d := field(packet, 60).content; d != nil {
			track := decodedFields(t, d)
			id := field(track, 1).value
			if tracks[id] || id == 0 {
				t.Fatalf("track %d is described twice", id)
			}
			tracks[id] = true
			if p := field(track, 3).content; p != nil {
				process := decodedFields(t, p)
				pid := field(process, 1).value
				if pid == 0 || pids[pid] {
					t.Fatalf("two processes have the pid %d", pid)
				}
				pids[pid] = true
				processes[id] = string(field(process, 6).content)
			} else if _, known := processes[field(track, 5).value]; !known {
				t.Fatalf("track %d is below %d, which is not a process", id, field(track, 5).value)
			}
		}
		if e := field(packet, 11).content; e != nil {
			fields := decodedFields(t, e)
			ev := event{at: field(packet, 8).value, kind: field(fields, 9).value, track: field(fields, 11).value, name: string(field(fields, 23).content), notes: map[string]string{}}
			if n := field(fields, 10).value; n > 0 {
				ev.name = names[n]
			}
			for _, f := range fields {
				if f.num == 4 {
					note := decodedFields(t, f.content)
					key := string(field(note, 10).content)
					if n := field(note, 1).value; n > 0 {
						key = keys[n]
					}
					ev.notes[key] = string(field(note, 6).content)
				}
			}
			if !tracks[ev.track] || processes[ev.track] != "" {
				t.Fatalf("an event is on track %d", ev.track)
			}
			events = append(events, ev)
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	slicesOf = map[string]perfettoSlice{}
	open := map[uint64][]string{} // by track, keys of slicesOf
	for _, e := range events {
		stack := open[e.track]
		switch e.kind {
		case 1:
			s := perfettoSlice{name: e.name, start: e.at, track: e.track, notes: e.notes}
			if len(stack) > 0 {
				s.parent = slicesOf[stack[len(stack)-1]].notes["span id"]
			}
			key := fmt.Sprint(len(slicesOf))
			slicesOf[key] = s
			open[e.track] = append(stack, key)
		case 2:
			if len(stack) == 0 {
				t.Fatalf("a slice ends on track %d at %d, where none is open", e.track, e.at)
			}
			s := slicesOf[stack[len(stack)-1]]
			s.end = e.at
			slicesOf[stack[len(stack)-1]] = s
			open[e.track] = stack[:len(stack)-1]
		case 3:
			instants++
		default:
			t.Fatalf("an event has type %d", e.kind)
		}
	}
	for track, stack := range open {
		if len(stack) > 0 {
			t.Fatalf("%d slices of track %d have no end", len(stack), track)
		}
	}
	return slicesOf, processes, instants
}

// Every span is a slice with its name and its times in nanoseconds. It is in a lane of its
// process, and only its parent may contain it.
func TestPerfettoRules(t *testing.T) {
	for name, files := range samples(t) {
		for kind, selected := range map[string]func(*trace.View) Selection{"joined": joined, "all": everything} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				view := joinedView(t, files)
				data, report := written(t, WritePerfetto, selected(view))
				got, processes, instants := perfettoSlices(t, data)
				want, wantInstants := map[string]int{}, 0
				parents := map[string]map[string]bool{}
				for tree := range selected(view).Trees {
					for i := range tree.Len() {
						start, end := tree.Times(i)
						if !tree.chooses(i) || end == 0 {
							continue
						}
						d, err := tree.Detail(i)
						if err != nil {
							t.Fatal(err)
						}
						if !tree.Joined() { // as in files
							exact, _ := tree.Exact(i)
							d.Span.Events = nil
							decodedAs(part{wire: exact}, otlpwire.Span, d.Span)
						}
						want[fmt.Sprintf("%s %d-%d of %s in %v", tree.ID(i), start, end, d.Span.GetName(), tree.Trace.ID)]++
						wantInstants += len(d.Span.GetEvents())
						key := tree.Trace.ID.String() + tree.ID(i).String()
						if parents[key] == nil {
							parents[key] = map[string]bool{}
						}
						if p := tree.Parent(i); p >= 0 {
							parents[key][tree.ID(p).String()] = true
						}
					}
				}
				drawn := map[string]int{}
				for _, s := range got {
					drawn[fmt.Sprintf("%s %d-%d of %s in %s", s.notes["span id"], s.start, s.end, s.name, s.notes["trace id"])]++
					if s.parent != "" && !parents[s.notes["trace id"]+s.notes["span id"]][s.parent] {
						t.Fatalf("%q %s lies in %s, which is not its parent", s.name, s.notes["span id"], s.parent)
					}
				}
				same(t, drawn, want)
				if instants != wantInstants || len(processes) == 0 && len(want) > 0 {
					t.Errorf("%d instants, want %d; %d processes", instants, wantInstants, len(processes))
				}
				if lost := report.Spans - len(got); lost != lostOf(report, lossTime) {
					t.Errorf("%d spans are not drawn, %v are said", lost, report.Losses)
				}
			})
		}
	}
}

func lostOf(r Report, what string) int {
	for _, l := range r.Losses {
		if l.What == what {
			return l.Spans
		}
	}
	return 0
}

// Overlapping siblings, and children that outlast their parents, have lanes of their own:
//
//	a |----------------|
//	b   |-----|                lane of a
//	c      |-----|             overlaps b
//	d                |---|     outlasts a
//	e          |-|             lane of a: b has ended
//	f                      |-| lane of a, which has ended
func TestPerfettoLanes(t *testing.T) {
	span := func(id, parent uint64, name string, start, end float64) *tracepb.Span {
		s := &tracepb.Span{TraceId: otlptest.TraceID(1), SpanId: otlptest.SpanID(id), Name: name, StartTimeUnixNano: otlptest.At(start), EndTimeUnixNano: otlptest.At(end)}
		if parent > 0 {
			s.ParentSpanId = otlptest.SpanID(parent)
		}
		return s
	}
	view := otlptest.Load(t, otlptest.File(t, "lanes", otlptest.Under("shop",
		span(1, 0, "a", 0, 17), span(2, 1, "b", 2, 8), span(3, 1, "c", 5, 11), span(4, 1, "d", 15, 19), span(5, 1, "e", 9, 11), span(6, 0, "f", 21, 23))))
	data, _ := written(t, WritePerfetto, everything(view))
	got, processes, _ := perfettoSlices(t, data)
	lane := map[string]uint64{}
	for _, s := range got {
		lane[s.name] = s.track & 0xffff
	}
	want := map[string]uint64{"a": 1, "b": 1, "c": 2, "d": 2, "e": 1, "f": 1}
	for name, n := range want {
		if lane[name] != n {
			t.Errorf("%s is in lane %d, want %d", name, lane[name], n)
		}
	}
	if len(processes) != 1 || processes[1<<32] != "shop" {
		t.Errorf("processes %v", processes)
	}
}

// Lanes nest strictly, whatever the intervals are and in whatever order their traces come.
func TestLanesNest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		l := &lanes{}
		type placedSpan struct{ start, end int64 }
		var all []placedSpan
		in := map[int][]placedSpan{} // by lane
		for range 3 {                // overlapping traces
			lane, first := []int{}, len(all)
			for i, start := range sorted(rng, 40) {
				s := placedSpan{start, start + rng.Int64N(30)}
				parent := rng.IntN(i+2) - 1
				at := -1
				if parent >= 0 && parent < i {
					at = lane[parent]
				} else {
					parent = -1
				}
				all = append(all, s)
				n := l.place(first+i, first+parent, at, s.start, s.end)
				lane = append(lane, n)
				in[n] = append(in[n], s)
			}
		}
		for n, spans := range in {
			for i, a := range spans {
				for _, b := range spans[:i] {
					if apart := a.end <= b.start || b.end <= a.start; !apart && !(a.start >= b.start && a.end <= b.end) && !(b.start >= a.start && b.end <= a.end) {
						t.Fatalf("lane %d has %v and %v", n, a, b)
					}
				}
			}
		}
	}
}

func sorted(rng *rand.Rand, n int) []int64 {
	all := make([]int64, n)
	for i := range all {
		all[i] = rng.Int64N(100)
	}
	slices.Sort(all)
	return all
}
