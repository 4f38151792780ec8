package viewer

import (
	"cmp"
	"iter"
	"net/url"
	"slices"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

// serviceMap is which service called which, and which hosts and databases they
// called that wrote no traces themselves: in a CI run most are such.
type serviceMap struct {
	Nodes []serviceNode `json:"nodes"`
	Calls []serviceCall `json:"calls"`
	Left  int           `json:"left"` // nodes that are not sent
}

type serviceNode struct {
	Name   string `json:"name"`
	Peer   bool   `json:"peer"` // known by the calls to it only
	Key    string `json:"key"`  // attribute that a peer is known by
	Spans  int    `json:"spans"`
	Errors int    `json:"errors"`
	Self   int64  `json:"self"` // ns; of a peer, the time it was waited for
}

type serviceCall struct {
	From   int   `json:"from"` // index of a node
	To     int   `json:"to"`
	Count  int   `json:"count"`
	Errors int   `json:"errors"`
	Total  int64 `json:"total"` // ns
}

const maxNodes = 200

type nodeKey struct {
	name string
	peer bool
}

type mapBuilder struct {
	serviceMap
	nodes map[nodeKey]int
	calls map[[2]int]int
}

func newServiceMap(trees iter.Seq[trace.Tree]) serviceMap {
	b := &mapBuilder{nodes: map[nodeKey]int{}, calls: map[[2]int]int{}}
	b.Nodes, b.Calls = []serviceNode{}, []serviceCall{}
	for t := range trees {
		b.add(t)
	}
	return b.busiest()
}

func (b *mapBuilder) add(t trace.Tree) {
	self := analysis.SelfTimes(t)
	answered := make([]bool, t.Len()) // calls that a span of another service is a child of
	for i := range t.Len() {
		s := t.Span(i)
		at := b.node(nodeKey{s.Service, false}, "")
		b.Nodes[at].add(s, self[i])
		if p := t.Parent(i); p >= 0 {
			if parent := t.Span(p); parent.Service != s.Service {
				answered[p] = true
				b.call(b.node(nodeKey{parent.Service, false}, ""), at, s)
			}
		}
	}
	for i := range t.Len() {
		s := t.Span(i)
		if answered[i] || s.Kind != trace.KindClient && s.Kind != trace.KindProducer {
			continue
		}
		if peer, key := peerOf(t.Encoded(i)); peer != "" {
			at := b.node(nodeKey{peer, true}, key)
			b.Nodes[at].add(s, s.Duration)
			b.call(b.node(nodeKey{s.Service, false}, ""), at, s)
		}
	}
}

func (b *mapBuilder) node(k nodeKey, attribute string) int {
	at, known := b.nodes[k]
	if !known {
		at = len(b.Nodes)
		b.nodes[k] = at
		b.Nodes = append(b.Nodes, serviceNode{Name: name(k.name), Peer: k.peer, Key: attribute})
	}
	return at
}

func (n *serviceNode) add(s trace.Span, ns int64) {
	n.Spans++
	n.Self = sum(n.Self, ns)
	if s.Status == trace.StatusError {
		n.Errors++
	}
}

func (b *mapBuilder) call(from, to int, s trace.Span) {
	at, known := b.calls[[2]int{from, to}]
	if !known {
		at = len(b.Calls)
		b.calls[[2]int{from, to}] = at
		b.Calls = append(b.Calls, serviceCall{From: from, To: to})
	}
	c := &b.Calls[at]
	c.Count++
	c.Total = sum(c.Total, s.Duration)
	if s.Status == trace.StatusError {
		c.Errors++
	}
}

// busiest keeps the nodes with most spans, and the calls between them.
func (b *mapBuilder) busiest() serviceMap {
	order := make([]int, len(b.Nodes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(b.Nodes[y].Spans, b.Nodes[x].Spans) })
	order = order[:min(len(order), maxNodes)]
	place := map[int]int{}
	out := serviceMap{Nodes: []serviceNode{}, Calls: []serviceCall{}, Left: len(b.Nodes) - len(order)}
	for _, i := range order {
		place[i] = len(out.Nodes)
		out.Nodes = append(out.Nodes, b.Nodes[i])
	}
	for _, c := range b.Calls {
		from, ok1 := place[c.From]
		to, ok2 := place[c.To]
		if ok1 && ok2 {
			c.From, c.To = from, to
			out.Calls = append(out.Calls, c)
		}
	}
	return out
}

// peers are the attributes that name what a call went to, the best first.
var peers = []string{"peer.service", "server.address", "net.peer.name", "rpc.service", "db.system.name", "db.system", "messaging.system", "url.full", "http.url"}

func peerOf(span []byte) (peer, key string) {
	best := len(peers)
	for num, field := range otlpwire.Messages(span) {
		if num != 9 {
			continue
		}
		k, value := otlpwire.KeyValue(field)
		if i := slices.Index(peers[:best], string(k)); i >= 0 {
			text := textValue(value)
			if i >= len(peers)-2 { // of a URL the host
				u, err := url.Parse(text)
				if err != nil {
					continue
				}
				text = u.Hostname()
			}
			if text != "" {
				best, peer, key = i, text, peers[i]
			}
		}
	}
	return peer, key
}
