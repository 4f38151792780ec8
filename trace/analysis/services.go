package analysis

import (
	"cmp"
	"maps"
	"slices"

	"prowtrace/trace"
)

// A ServiceMap says which service called which, and which hosts and databases without traces
// of their own they called. Most nodes of a CI run are such hosts.
type ServiceMap struct {
	Nodes []ServiceNode // the most spans first
	Calls []ServiceCall
	Links []ServiceCall // how many spans of a service link to spans of another one
	Left  int           // how many nodes are left out
}

// A ServiceNode is a service, or a peer that is known only by the calls to it.
type ServiceNode struct {
	Name   string
	Peer   bool
	Key    string // attribute that names a peer; the first, if several name it
	Spans  int
	Errors int
	Self   int64 // ns; for a peer the time that callers waited for it
	Column int   // where it is drawn, to the left of what it calls; -1 if it is not drawn
}

// A ServiceCall is how often one node called another.
type ServiceCall struct {
	From, To int // indexes of nodes
	Count    int
	Errors   int
	Total    int64 // ns
}

// Bounds on a ServiceMap. The nodes with the most spans are kept and drawn.
const (
	MaxNodes   = 200
	drawnNodes = 40
	columns    = 6
)

// NewServiceMap counts the calls between the services of traces, the calls from them to
// peers (see Peers), and the links between services (see Links). It looks at every span
// once, and reads those of kind client and producer, on all processors.
func NewServiceMap(of Traces) ServiceMap {
	pieces := of.pieces()
	answered := answeredSpans(pieces)
	counts := make([]serviceCounts, len(pieces))
	each(len(pieces), func(i int) {
		counts[i].addServices(&pieces[i])
		counts[i].addPeers(&pieces[i], answered[pieces[i].at])
		counts[i].addLinks(&pieces[i])
	})
	all := &serviceCounts{}
	for i := range counts {
		all.merge(&counts[i])
	}
	return all.busiest()
}

// serviceCounts are the nodes and calls of some spans. A ServiceMap has them in the order of
// counting trace by trace: for each trace first the services, then the peers and links. So
// each is kept with its first occurrence.
type serviceCounts struct {
	nodes map[nodeKey]*countedNode
	calls map[edgeKey]*countedCall
}

// nodeKey is a service by its number, or a peer by its name.
type nodeKey struct {
	service uint32
	peer    string
}

// edgeKey is a call or a link from a node to another.
type edgeKey struct {
	from, to nodeKey
	link     bool
}

type countedNode struct {
	ServiceNode
	first turn
}

type countedCall struct {
	ServiceCall // without From and To
	first       turn
}

// turn is the position at which a span is counted if traces are counted one by one.
type turn struct {
	trace int
	peers bool
	span  int
}

func (a turn) compare(b turn) int {
	if a.trace != b.trace {
		return cmp.Compare(a.trace, b.trace)
	}
	if a.peers != b.peers {
		if b.peers {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.span, b.span)
}

// turnOf gives the turn of span i of a piece. behind gives a turn just after the span.
func (p *piece) turnOf(i int, peers, behind bool) turn {
	t := turn{trace: p.at << 32, peers: peers, span: 2 * i}
	if p.tree == nil {
		t.trace += int(p.traces[i])
	}
	if behind {
		t.span++
	}
	return t
}

// addServices counts the services of a piece and the calls between them.
func (c *serviceCounts) addServices(p *piece) {
	self := p.self()
	nodes := make(map[uint32]*countedNode)
	calls := make(map[uint64]*countedCall)
	var last *countedNode // of the previous span: most spans are of the same service
	var of uint32
	node := func(service uint32, i int, behind bool) *countedNode {
		if last != nil && of == service {
			return last
		}
		n := nodes[service]
		if n == nil {
			n = c.node(nodeKey{service: service}, ServiceNode{Name: p.services[service]}, p.turnOf(i, false, behind))
			nodes[service] = n
		}
		last, of = n, service
		return n
	}
	for i := p.lo; i < p.hi; i++ {
		service := p.serviceOf(i)
		node(service, i, false).add(p.spans, i, self[i])
		parent := p.parentOf(i)
		if parent < 0 {
			continue
		}
		if caller := p.serviceOf(int(parent)); caller != service {
			node(caller, i, true)
			call := calls[pair(caller, service)]
			if call == nil {
				call = c.call(edgeKey{from: nodeKey{service: caller}, to: nodeKey{service: service}}, p.turnOf(i, false, false))
				calls[pair(caller, service)] = call
			}
			call.add(p.spans, i)
		}
	}
}

// addPeers counts the calls of a piece to peers, which wrote no spans.
func (c *serviceCounts) addPeers(p *piece, answered []bool) {
	var hosts hostNames
	var peers numbered
	var nodes []countedPeer // by the number of a peer
	var pairs numbering     // of services and peers
	var calls []*countedCall
	for i := range p.inFileOrder() {
		found := p.peerOf(i, answered, &hosts)
		if found.name == "" {
			continue
		}
		to, service := peers.number(found.name), p.serviceOf(i)
		if int(to) == len(nodes) {
			at := p.turnOf(i, true, false)
			nodes = append(nodes, countedPeer{c.node(nodeKey{peer: found.name}, ServiceNode{Name: found.name, Peer: true, Key: found.key}, at), i})
		}
		node := &nodes[to]
		node.add(p.spans, i, p.duration(i))
		if i < node.span {
			node.span, node.first, node.Key = i, p.turnOf(i, true, false), found.key
		}
		at, fresh := pairs.number(pair(service, to))
		if fresh {
			calls = append(calls, c.call(edgeKey{from: nodeKey{service: service}, to: nodeKey{peer: found.name}}, p.turnOf(i, true, false)))
		}
		call := calls[at]
		call.add(p.spans, i)
		if 2*i < call.first.span {
			call.first = p.turnOf(i, true, false)
		}
	}
}

// countedPeer is a peer, and the first span of a piece that called it.
type countedPeer struct {
	*countedNode
	span int
}

// addLinks counts the spans of a piece that link to other services. The target of a link may
// be in another trace: then its service is a node without spans.
func (c *serviceCounts) addLinks(p *piece) {
	if len(linksOf(p.view)) == 0 {
		return
	}
	for i := p.lo; i < p.hi; i++ {
		for _, service := range p.linkedServices(i) {
			from, to, at := nodeKey{service: p.serviceOf(i)}, nodeKey{service: service}, p.turnOf(i, true, true)
			c.node(to, ServiceNode{Name: p.services[service]}, at)
			c.call(edgeKey{from, to, true}, at).add(p.spans, i)
		}
	}
}

// node gives the node with a key, and adds fresh if there is none.
func (c *serviceCounts) node(k nodeKey, fresh ServiceNode, at turn) *countedNode {
	n := c.nodes[k]
	if n == nil {
		if c.nodes == nil {
			c.nodes = map[nodeKey]*countedNode{}
		}
		n = &countedNode{fresh, at}
		c.nodes[k] = n
	}
	return n
}

func (c *serviceCounts) call(k edgeKey, at turn) *countedCall {
	call := c.calls[k]
	if call == nil {
		if c.calls == nil {
			c.calls = map[edgeKey]*countedCall{}
		}
		call = &countedCall{first: at}
		c.calls[k] = call
	}
	return call
}

func (n *ServiceNode) add(s *spans, i int, ns int64) {
	n.Spans++
	n.Self = plus(n.Self, ns)
	if s.status[i] == trace.StatusError {
		n.Errors++
	}
}

func (c *ServiceCall) add(s *spans, i int) {
	c.Count++
	c.Total = plus(c.Total, s.duration(i))
	if s.status[i] == trace.StatusError {
		c.Errors++
	}
}

// merge adds what was counted of other spans.
func (c *serviceCounts) merge(more *serviceCounts) {
	for k, m := range more.nodes {
		n := c.node(k, ServiceNode{Name: m.Name, Peer: m.Peer, Key: m.Key}, m.first)
		if m.first.compare(n.first) < 0 {
			n.first, n.Key = m.first, m.Key
		}
		n.Spans += m.Spans
		n.Errors += m.Errors
		n.Self = plus(n.Self, m.Self)
	}
	for k, m := range more.calls {
		n := c.call(k, m.first)
		if m.first.compare(n.first) < 0 {
			n.first = m.first
		}
		n.Count += m.Count
		n.Errors += m.Errors
		n.Total = plus(n.Total, m.Total)
	}
}

// busiest keeps the nodes with the most spans, and the calls between them.
func (c *serviceCounts) busiest() (out ServiceMap) {
	nodes := slices.SortedFunc(maps.Keys(c.nodes), func(a, b nodeKey) int {
		x, y := c.nodes[a], c.nodes[b]
		return cmp.Or(cmp.Compare(y.Spans, x.Spans), x.first.compare(y.first), cmp.Compare(a.service, b.service)) // one span may link to several
	})
	out.Left = max(0, len(nodes)-MaxNodes)
	index := map[nodeKey]int{}
	for i, k := range nodes[:len(nodes)-out.Left] {
		index[k] = i
		out.Nodes = append(out.Nodes, c.nodes[k].ServiceNode)
	}
	out.Calls, out.Links = c.between(index, false), c.between(index, true)
	out.layOut()
	return out
}

// between gives the calls, or the links, between nodes that are kept.
func (c *serviceCounts) between(index map[nodeKey]int, links bool) (list []ServiceCall) {
	var calls []*countedCall
	for k, call := range c.calls {
		from, ok1 := index[k.from]
		to, ok2 := index[k.to]
		if ok1 && ok2 && k.link == links {
			call.From, call.To = from, to
			calls = append(calls, call)
		}
	}
	slices.SortFunc(calls, func(a, b *countedCall) int {
		return cmp.Or(a.first.compare(b.first), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	for _, call := range calls {
		list = append(list, call.ServiceCall)
	}
	return list
}

// layOut gives columns to the nodes that are drawn: a node comes before the nodes that it
// calls. Each pass moves a node one column to the right of its callers, until nothing moves
// or there were as many passes as there are columns. Calls in a circle would never end
// otherwise.
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
