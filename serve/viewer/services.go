package viewer

import (
	"net/http"

	"prowtrace/trace/analysis"
)

// serviceMap is an analysis.ServiceMap as it is sent.
type serviceMap struct {
	Nodes []serviceNode `json:"nodes"`
	Calls []serviceCall `json:"calls"`
	Links []serviceLink `json:"links"`
	Left  int           `json:"left"` // nodes that are not sent
}

type serviceNode struct {
	Name   string `json:"name"`
	Peer   bool   `json:"peer"`  // known by the calls to it only
	Key    string `json:"key"`   // attribute that a peer is known by
	Query  string `json:"query"` // finds exactly these spans
	Spans  int    `json:"spans"`
	Errors int    `json:"errors"`
	Self   int64  `json:"self"`   // ns; of a peer, the time it was waited for
	Column int    `json:"column"` // of the drawing; -1 is not drawn
}

type serviceCall struct {
	From   int   `json:"from"` // index of a node
	To     int   `json:"to"`
	Count  int   `json:"count"`
	Errors int   `json:"errors"`
	Total  int64 `json:"total"` // ns
}

// serviceLink is for the spans of a service that link to spans of another one.
type serviceLink struct {
	serviceCall
	Query string `json:"query"` // finds exactly these spans
}

func (v *reader) getAllServices(*http.Request) (any, error) {
	return shownServices(v.cache.Services()), nil
}

func (v *reader) getServices(_ *http.Request, d drawing) (any, error) {
	return shownServices(d.Services()), nil
}

func shownServices(m analysis.ServiceMap) serviceMap {
	out := serviceMap{Nodes: []serviceNode{}, Calls: []serviceCall{}, Links: []serviceLink{}, Left: m.Left}
	for _, n := range m.Nodes {
		q := ofService(n.Name)
		if n.Peer {
			q = ofPeer(n.Name)
		}
		out.Nodes = append(out.Nodes, serviceNode{name(n.Name), n.Peer, n.Key, q, n.Spans, n.Errors, n.Self, n.Column})
	}
	for _, c := range m.Calls {
		out.Calls = append(out.Calls, serviceCall(c))
	}
	for _, l := range m.Links {
		out.Links = append(out.Links, serviceLink{serviceCall(l), ofLink(m.Nodes[l.From].Name, m.Nodes[l.To].Name)})
	}
	return out
}
