package viewer

import (
	"encoding/binary"
	"errors"
	"net/http"

	"prowtrace/trace"
	"prowtrace/trace/analysis"
	"prowtrace/trace/query"
)

// filterOf reads the search of a request, and says what is wrong with it.
func filterOf(r *http.Request) (query.Filter, error) {
	f, err := query.Parse(r.URL.Query().Get("q"))
	var wrong *query.SyntaxError
	if errors.As(err, &wrong) {
		return nil, badRequest(wrong.Problem, wrong.Hint)
	}
	return f, err
}

// derived gives a search what follows from the tree of a drawing.
func (d drawing) derived() query.Derived {
	return query.Derived{Self: func(trace.Tree) []int64 { return d.Self }, Peer: analysis.Peers}
}

// derivedOfAll does so for any tree.
var derivedOfAll = query.Derived{Self: analysis.SelfTimes, Peer: analysis.Peers}

// getFound sends the numbers of the lines that match, in order, as u32.
func (v *reader) getFound(r *http.Request, d drawing) (any, error) {
	f, err := filterOf(r)
	if err != nil {
		return nil, err
	}
	hit, err := query.InTree(r.Context(), d.Tree, f, d.derived())
	if err != nil {
		return nil, err
	}
	out := []byte{}
	for i, l := range d.Layout.Lines {
		if l.Group == analysis.NoGroup && hit[l.Span] {
			out = binary.LittleEndian.AppendUint32(out, uint32(i))
		}
	}
	return blob{contentType: "application/octet-stream", body: out}, nil
}
