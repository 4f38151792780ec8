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
}

// A ServiceCall is how often one node called another.
type ServiceCall struct {
	From, To int // indexes of nodes
	Count    int
	Errors   int
	Total    int64 // ns
}

// MaxNodes bounds the nodes of a ServiceMap. Those with most spans are kept.
const MaxNodes = 200

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
			if parent := t.Span(p); parent.Service != s.Service {
				b.call(b.node(nodeKey{parent.Service, false}, ""), at, s)
			}
		}
	}
	for i, peer := range Peers(t) {
		s := t.Span(i)
		at := b.node(nodeKey{peer.Name, true}, peer.Key)
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
	place := map[int]int{}
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

// A Peer is what a call went to.
type Peer struct{ Name, Key string }

// Peers ranges over the spans of t that called something which wrote no span: those
// of kind client or producer without a child of another service. It names what each
// called by the best of some attributes; spans with none of them are left out.
func Peers(t trace.Tree) iter.Seq2[int, Peer] {
	return func(yield func(int, Peer) bool) {
		answered := make([]bool, t.Len()) // a span of another service is its child
		for i := range t.Len() {
			if p := t.Parent(i); p >= 0 && t.Span(p).Service != t.Span(i).Service {
				answered[p] = true
			}
		}
		for i := range t.Len() {
			if k := t.Span(i).Kind; answered[i] || k != trace.KindClient && k != trace.KindProducer {
				continue
			}
			if peer := peerOf(t.Encoded(i)); peer.Name != "" && !yield(i, peer) {
				return
			}
		}
	}
}

// peerKeys are the attributes that name what a call went to, the best first. Of the
// last two, which are URLs, it is the host.
var peerKeys = []string{"peer.service", "server.address", "net.peer.name", "rpc.service", "db.system.name", "db.system", "messaging.system", "url.full", "http.url"}

func peerOf(span []byte) (peer Peer) {
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
				best, peer = i, Peer{text, peerKeys[i]}
			}
		}
	}
	return peer
}
