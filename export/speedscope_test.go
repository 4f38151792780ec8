package export

import (
	"encoding/json"
	"math"
	"testing"

	"prowtrace/internal/otlptest"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

// speedscopeFile has the fields of speedscope's file-format-schema.json.
type speedscopeFile struct {
	Schema string `json:"$schema"`
	Shared struct {
		Frames []struct{ Name *string }
	}
	Profiles []struct {
		Type, Name, Unit     string
		StartValue, EndValue int64
		Events               []struct {
			Type  string
			Frame int
			At    int64
		}
	}
}

// A profile is well formed, and its frames add up to the self times of its process.
func TestSpeedscope(t *testing.T) {
	for name, files := range samples(t) {
		for kind, selected := range map[string]func(*trace.View) Selection{"joined": joined, "all": everything} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				view := joinedView(t, files)
				data, report := written(t, WriteSpeedscope, selected(view))
				var got speedscopeFile
				if err := json.Unmarshal(data, &got); err != nil {
					t.Fatal(err)
				}
				spans, total, centuries := 0, int64(0), false
				self := map[string]int64{} // by name
				for _, p := range got.Profiles {
					if p.Type != "evented" || p.Unit != "nanoseconds" || p.StartValue != 0 {
						t.Fatalf("profile %q: %s, %s from %d", p.Name, p.Type, p.Unit, p.StartValue)
					}
					var open []int
					at := int64(0)
					for i, e := range p.Events {
						if e.At < at || e.At > p.EndValue {
							t.Fatalf("profile %q: event %d is at %d behind %d of %d", p.Name, i, e.At, at, p.EndValue)
						}
						if len(open) > 0 {
							self[*got.Shared.Frames[open[len(open)-1]].Name] += e.At - at
						}
						at = e.At
						switch last := len(open) - 1; {
						case e.Type == "O":
							open = append(open, e.Frame)
							spans++
						case e.Type == "C" && last >= 0 && open[last] == e.Frame:
							open = open[:last]
						default:
							t.Fatalf("profile %q: event %d is %v within %v", p.Name, i, e, open)
						}
					}
					if len(open) > 0 || at != p.EndValue {
						t.Fatalf("profile %q ends at %d with %d frames, not at %d", p.Name, at, len(open), p.EndValue)
					}
					total, centuries = total+p.EndValue, centuries || p.EndValue == math.MaxInt64
				}
				want, wantTotal := map[string]int64{}, int64(0)
				for tree := range selected(view).Trees {
					selves := analysis.SelfTimes(tree.Tree)
					for i := range tree.Len() {
						if tree.chooses(i) {
							want[tree.Span(i).Name] += selves[i]
							wantTotal += selves[i]
						}
					}
				}
				if centuries { // they are cut off
					return
				}
				if spans != report.Spans || total != wantTotal {
					t.Errorf("%d frames of %d spans; %d ns, want %d", spans, report.Spans, total, wantTotal)
				}
				for name, ns := range want {
					if self[name] != ns && json.Valid([]byte(name)) {
						t.Errorf("%q: %d ns, want %d", name, self[name], ns)
					}
				}
			})
		}
	}
}

// A child in another process is not a frame in its parent's process. A span that was not
// chosen leaves its children to its own parent.
func TestSpeedscopeNests(t *testing.T) {
	view := otlptest.Load(t, otlptest.Made(t))
	s := everything(view)
	_, all := written(t, WriteSpeedscope, s)
	s.Trees = func(yield func(Tree) bool) {
		for tree := range All(view) {
			tree.Chosen = func(row int) bool { return row%2 == 0 }
			if !yield(tree) {
				return
			}
		}
	}
	data, half := written(t, WriteSpeedscope, s)
	if half.Spans == 0 || half.Spans*2 > all.Spans+1 {
		t.Errorf("%d of %d spans were chosen", half.Spans, all.Spans)
	}
	var got speedscopeFile
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	deepest := 0
	for _, p := range got.Profiles {
		depth := 0
		for _, e := range p.Events {
			depth += map[string]int{"O": 1, "C": -1}[e.Type]
			deepest = max(deepest, depth)
		}
	}
	if deepest < 20 { // of a chain of 40 in which every other span is left out
		t.Errorf("the deepest frame is in %d others", deepest-1)
	}
}
