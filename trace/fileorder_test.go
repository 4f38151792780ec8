package trace

import (
	"slices"
	"testing"
)

func TestFileOrderHasEachRowOnce(t *testing.T) {
	const sources, spans = 3, 500
	set := &Set{}
	for i := range sources {
		set.sources = append(set.sources, source{data: make([]byte, 100_000*(i+1))})
		for k := range spans {
			set.origin = append(set.origin, originAt(i, int64(100_000*(i+1)-1-k*150)))
		}
	}
	for _, rows := range [][2]int{{0, len(set.origin)}, {700, 1400}, {2, 3}, {2, 2}} {
		order := set.FileOrder(rows[0], rows[1])
		last := origin(0)
		for _, i := range order {
			o := set.origin[rows[0]+int(i)]
			if o.source() < last.source() {
				t.Errorf("rows %v: source %d comes behind source %d", rows, o.source(), last.source())
			}
			last = o
		}
		slices.Sort(order)
		for i, row := range order {
			if int(row) != i {
				t.Fatalf("rows %v: row %d stands at %d", rows, row, i)
			}
		}
		if len(order) != rows[1]-rows[0] {
			t.Errorf("rows %v: got %d", rows, len(order))
		}
	}
}
