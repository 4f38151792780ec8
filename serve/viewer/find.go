package viewer

import (
	"encoding/binary"
	"errors"
	"net/http"
	"sync"

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

// derived gives a search what follows from the tree of a drawing. What is not kept is
// computed once.
func (d drawing) derived() query.Derived {
	peers := sync.OnceValue(func() []string { return analysis.Peers(d.Tree) })
	paths := sync.OnceValue(func() []string { return analysis.Paths(d.Tree) })
	links := sync.OnceValue(func() map[int][]string { return analysis.Links(d.Tree) })
	return query.Derived{
		Self: func(trace.Tree) []int64 { return d.Self },
		Peer: func(trace.Tree) []string { return peers() },
		Path: func(trace.Tree) []string { return paths() },
		Link: func(trace.Tree) map[int][]string { return links() },
	}
}

// derivedOfAll does so for any tree.
var derivedOfAll = query.Derived{Self: analysis.SelfTimes, Peer: analysis.Peers, Path: analysis.Paths, Link: analysis.Links}

// Searches that find exactly the spans that were counted. With a number an answer
// sends the search that leads to them, made of the whole values and not of those that
// are shown.

func ofService(service string) string { return query.Exact("service", service) }
func ofPeer(peer string) string       { return query.Exact("peer", peer) }

// ofLink is for the spans of a service that link to another one.
func ofLink(from, to string) string { return query.Exact("link", to) + " " + ofService(from) }

func ofOperation(name, service string) string {
	return query.Exact("name", name) + " " + ofService(service)
}

// ofValue is for spans that were summed up by an attribute.
func ofValue(key, value, service string) string {
	return query.ExactAttribute(key, value) + " " + ofService(service)
}

func ofFrame(f analysis.Frame) string {
	return ofOperation(f.Name, f.Service) + " " + query.Exact("path", f.Path)
}

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
