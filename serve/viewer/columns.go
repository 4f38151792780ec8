package viewer

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"net/http"

	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

// columnsHead opens an answer with columns, as JSON behind its length.
type columnsHead struct {
	From    int          `json:"from"` // the first line in the answer
	To      int          `json:"to"`   // one after the last
	Lines   int          `json:"lines"`
	Columns []columnHead `json:"columns"`
}

type columnHead struct {
	Name   string `json:"name"`
	Type   string `json:"type"`   // u8, u16, u32 or f32, little-endian
	Offset int    `json:"offset"` // from the end of the head, a multiple of 8
}

// getColumns sends a range of lines as columns, at most pieceOfColumns of them. Each column has the narrowest
// type that holds its values, and is left out where they are 0: a line costs 10 to 25 bytes.
func (v *reader) getColumns(r *http.Request, d drawing) (any, error) {
	n := len(d.Layout.Lines)
	from, err := number(r, "from", 0)
	if err != nil {
		return nil, err
	}
	to, err := number(r, "to", n)
	if err != nil {
		return nil, err
	}
	from = min(from, n)
	to = max(from, min(to, n, from+pieceOfColumns))
	return blob{contentType: "application/octet-stream", body: d.columns(from, to), dense: true}, nil
}

// Bits in the column of kinds beside a span's kind and status.
const (
	recoveredBit = 1 << 6 // an error that was made good
	closedBit    = 1 << 7 // a line that is closed when the trace is first shown
)

func (d drawing) columns(from, to int) []byte {
	n := to - from
	depth, name, service := make([]uint32, n), make([]uint32, n), make([]uint32, n)
	kind, flags := make([]uint32, n), make([]uint32, n)
	start, duration := newWide(n), newWide(n)
	self := make([]float32, n)
	for i, l := range d.Layout.Lines[from:to] {
		depth[i], name[i], service[i] = uint32(l.Depth), l.Name, l.Service
		begin, end := d.Extent(from + i)
		start.set(i, begin-d.Start)
		duration.set(i, end-begin)
		kind[i], flags[i] = d.marks(from + i)
		if l.Group == analysis.NoGroup {
			self[i] = float32(d.Self[l.Span])
		}
	}
	w := &columnsWriter{head: columnsHead{From: from, To: to, Lines: len(d.Layout.Lines)}}
	w.add("depth", depth)
	w.add("start", start.low)
	w.add("startHigh", start.high)
	w.add("duration", duration.low)
	w.add("durationHigh", duration.high)
	w.addFloats("self", self)
	w.add("name", name)
	w.add("service", service)
	w.add("kind", kind)
	w.add("flags", flags)
	return w.bytes()
}

// marks gives what the columns of kinds and flags say of a line.
func (d drawing) marks(line int) (kind, flags uint32) {
	l := d.Layout.Lines[line]
	if d.Closed()[line] {
		kind = closedBit
	}
	switch l.Group {
	case analysis.Missing:
		return kind, uint32(trace.MissingParent)
	case analysis.Fold:
		return kind, uint32(trace.Folded)
	}
	of, status, marks := d.Tree.Marks(int(l.Span))
	kind |= uint32(of) | uint32(status)<<4
	if d.Recovered()[l.Span] {
		kind |= recoveredBit
	}
	flags = uint32(marks &^ (trace.Linked | trace.Eventful))
	if d.Tree.Inferred(int(l.Span)) {
		flags |= uint32(trace.Inferred)
	}
	return kind, flags
}

// wide is a column of ns in two halves: few traces last longer than the 4.3
// seconds of the lower one, and fewer the 13 days that an upper u16 adds.
type wide struct{ low, high []uint32 }

func newWide(n int) wide { return wide{make([]uint32, n), make([]uint32, n)} }

func (w wide) set(i int, ns int64) {
	ns = max(ns, 0)
	w.low[i], w.high[i] = uint32(ns), uint32(ns>>32)
}

type columnsWriter struct {
	head columnsHead
	body []byte
}

func (w *columnsWriter) begin(name, typ string) {
	for len(w.body)%8 != 0 {
		w.body = append(w.body, 0)
	}
	w.head.Columns = append(w.head.Columns, columnHead{name, typ, len(w.body)})
}

func (w *columnsWriter) add(name string, values []uint32) {
	largest := uint32(0)
	for _, v := range values {
		largest = max(largest, v)
	}
	switch {
	case largest == 0: // what is not there is 0
	case largest <= math.MaxUint8:
		w.begin(name, "u8")
		for _, v := range values {
			w.body = append(w.body, byte(v))
		}
	case largest <= math.MaxUint16:
		w.begin(name, "u16")
		for _, v := range values {
			w.body = binary.LittleEndian.AppendUint16(w.body, uint16(v))
		}
	default:
		w.begin(name, "u32")
		for _, v := range values {
			w.body = binary.LittleEndian.AppendUint32(w.body, v)
		}
	}
}

func (w *columnsWriter) addFloats(name string, values []float32) {
	w.begin(name, "f32")
	for _, v := range values {
		w.body = binary.LittleEndian.AppendUint32(w.body, math.Float32bits(v))
	}
}

func (w *columnsWriter) bytes() []byte {
	head, err := json.Marshal(w.head)
	if err != nil {
		return nil // plain numbers and our own words are always JSON
	}
	for (4+len(head))%8 != 0 {
		head = append(head, ' ')
	}
	out := make([]byte, 0, 4+len(head)+len(w.body))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(head)))
	return append(append(out, head...), w.body...)
}
