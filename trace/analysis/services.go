package analysis

import (
	"cmp"
	"iter"
	"net/url"
	"slices"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// A ServiceMap is which service called which, and which hosts and databases they
// called that wrote no traces themselves: in a CI run most are such.
type ServiceMap struct {
	Nodes []ServiceNode // the most spans first
	Calls []ServiceCall
	Left  int // nodes that are left out
}

// A ServiceNode is a service, or a peer that is known by the calls to it only.
type ServiceNode struct {
	Name   string
	Peer   bool
	Key    string // attribute that a peer is known by; the first, where several name it
	Spans  int
	Errors int
	Self   int64 // ns; of a peer the time that it was waited for
	Column int   // where it is drawn, before what it calls; -1 where it is not drawn
}

// A ServiceCall is how often one node called another.
type ServiceCall struct {
	From, To int // indexes of nodes
	Count    int
	Errors   int
	Total    int64 // ns
}

// Bounds on a ServiceMap. The nodes with most spans are kept, and drawn.
const (
	MaxNodes   = 200
	drawnNodes = 40
	columns    = 6
)

type nodeKey struct {
	name string
	peer bool
}

type mapBuilder struct {
	ServiceMap
	nodes map[nodeKey]int
	calls map[[2]int]int
}

// NewServiceMap counts the calls between the services of trees, and from them to
// peers (see Peers). It looks at every span once, and reads those of kind client and
// producer.
func NewServiceMap(trees iter.Seq[trace.Tree]) ServiceMap {
	b := &mapBuilder{nodes: map[nodeKey]int{}, calls: map[[2]int]int{}}
	for t := range trees {
		b.add(t)
	}
	return b.busiest()
}

func (b *mapBuilder) add(t trace.Tree) {
	self := SelfTimes(t)
	for i := range t.Len() {
		s := t.Span(i)
		at := b.node(nodeKey{s.Service, false}, "")
		b.Nodes[at].add(s, self[i])
		if p := t.Parent(i); p >= 0 {
			if caller := serviceOf(t, p); caller != s.Service {
				b.call(b.node(nodeKey{caller, false}, ""), at, s)
			}
		}
	}
	for i, p := range peersOf(t) {
		s := t.Span(i)
		at := b.node(nodeKey{p.name, true}, p.key)
		b.Nodes[at].add(s, s.Duration)
		b.call(b.node(nodeKey{s.Service, false}, ""), at, s)
	}
}

func (b *mapBuilder) node(k nodeKey, attribute string) int {
	at, known := b.nodes[k]
	if !known {
		at = len(b.Nodes)
		b.nodes[k] = at
		b.Nodes = append(b.Nodes, ServiceNode{Name: k.name, Peer: k.peer, Key: attribute})
	}
	return at
}

func (n *ServiceNode) add(s trace.Span, ns int64) {
	n.Spans++
	n.Self = plus(n.Self, ns)
	if s.Status == trace.StatusError {
		n.Errors++
	}
}

func (b *mapBuilder) call(from, to int, s trace.Span) {
	at, known := b.calls[[2]int{from, to}]
	if !known {
		at = len(b.Calls)
		b.calls[[2]int{from, to}] = at
		b.Calls = append(b.Calls, ServiceCall{From: from, To: to})
	}
	c := &b.Calls[at]
	c.Count++
	c.Total = plus(c.Total, s.Duration)
	if s.Status == trace.StatusError {
		c.Errors++
	}
}

// busiest keeps the nodes with most spans, and the calls between them.
func (b *mapBuilder) busiest() (out ServiceMap) {
	order := make([]int, len(b.Nodes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(b.Nodes[y].Spans, b.Nodes[x].Spans) })
	order = order[:min(len(order), MaxNodes)]
	out.Left = len(b.Nodes) - len(order)
	index := map[int]int{}
	for _, i := range order {
		index[i] = len(out.Nodes)
		out.Nodes = append(out.Nodes, b.Nodes[i])
	}
	for _, c := range b.Calls {
		from, ok1 := index[c.From]
		to, ok2 := index[c.To]
		if ok1 && ok2 {
			c.From, c.To = from, to
			out.Calls = append(out.Calls, c)
		}
	}
	out.layOut()
	return out
}

// layOut gives the nodes that are drawn their columns: what calls stands before what
// it calls. A node goes one column to the right of those that call it, again and again
// until nothing moves, as often as there are columns: calls in a circle would go on.
func (m *ServiceMap) layOut() {
	drawn := m.Nodes[:min(len(m.Nodes), drawnNodes)]
	for i := range m.Nodes[len(drawn):] {
		m.Nodes[len(drawn)+i].Column = -1
	}
	for range min(len(drawn), columns) {
		moved := false
		for _, c := range m.Calls {
			if c.From == c.To || c.From >= len(drawn) || c.To >= len(drawn) {
				continue
			}
			if column := min(drawn[c.From].Column+1, columns-1); drawn[c.To].Column < column {
				drawn[c.To].Column = column
				moved = true
			}
		}
		if !moved {
			break
		}
	}
	var used [columns]bool
	for _, n := range drawn {
		used[n.Column] = true
	}
	for i := range drawn { // no column stays empty
		for c := drawn[i].Column - 1; c >= 0; c-- {
			if !used[c] {
				drawn[i].Column--
			}
		}
	}
}

// Peers names what each span of t called that wrote no span itself, "" where it called
// nothing or that is unknown. Such calls are the spans of kind client and producer
// without a child of another service; the best of some attributes names the peer. It
// reads these spans once.
func Peers(t trace.Tree) []string {
	peers := make([]string, t.Len())
	for i, p := range peersOf(t) {
		peers[i] = p.name
	}
	return peers
}

// serviceOf gives the service of span i, as t.Span does.
func serviceOf(t trace.Tree, i int) string { return t.View().ServiceOf(t.Resource(i)) }

// peer is what a call went to, and the attribute that says so.
type peer struct{ name, key string }

// peersOf ranges over the spans of t that have a peer.
func peersOf(t trace.Tree) iter.Seq2[int, peer] {
	return func(yield func(int, peer) bool) {
		answered := make([]bool, t.Len()) // a span of another service is its child
		for i := range t.Len() {
			if p := t.Parent(i); p >= 0 && t.Resource(p) != t.Resource(i) && serviceOf(t, p) != serviceOf(t, i) {
				answered[p] = true
			}
		}
		for i := range t.Len() {
			if k := t.Span(i).Kind; answered[i] || k != trace.KindClient && k != trace.KindProducer {
				continue
			}
			if p := peerOf(t.Encoded(i)); p.name != "" && !yield(i, p) {
				return
			}
		}
	}
}

// peerKeys are the attributes that name what a call went to, the best first. Of the
// last two, which are URLs, it is the host.
var peerKeys = []string{"peer.service", "server.address", "net.peer.name", "rpc.service", "db.system.name", "db.system", "messaging.system", "url.full", "http.url"}

func peerOf(span []byte) (found peer) {
	best := len(peerKeys)
	for num, field := range otlpwire.Messages(span) {
		if num != 9 {
			continue
		}
		k, value := otlpwire.KeyValue(field)
		if i := slices.Index(peerKeys[:best], string(k)); i >= 0 {
			text := trace.EncodedText(value)
			if i >= len(peerKeys)-2 {
				u, err := url.Parse(text)
				if err != nil {
					continue
				}
				text = u.Hostname()
			}
			if text != "" {
				best, found = i, peer{text, peerKeys[i]}
			}
		}
	}
	return found
}
