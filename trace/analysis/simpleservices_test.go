package analysis

import (
	"cmp"
	"iter"
	"net/url"
	"slices"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

type simpleNode struct {
	name string
	peer bool
}

type simpleMap struct {
	ServiceMap
	nodes map[simpleNode]int
	calls map[[2]int]int
}

// simpleServiceMap counts the calls between the services of trees, and from them to
// peers (see Peers). It looks at every span once, and reads those of kind client and
// producer.
func simpleServiceMap(trees iter.Seq[trace.Tree]) ServiceMap {
	b := &simpleMap{nodes: map[simpleNode]int{}, calls: map[[2]int]int{}}
	for t := range trees {
		b.add(t)
	}
	return b.busiest()
}

func (b *simpleMap) add(t trace.Tree) {
	self := simpleSelfTimes(t)
	for i := range t.Len() {
		s := t.Span(i)
		at := b.node(simpleNode{s.Service, false}, "")
		b.Nodes[at].simpleAdd(s, self[i])
		if p := t.Parent(i); p >= 0 {
			if caller := simpleServiceOf(t, p); caller != s.Service {
				b.call(b.node(simpleNode{caller, false}, ""), at, s)
			}
		}
	}
	for i, p := range simplePeersOf(t) {
		s := t.Span(i)
		at := b.node(simpleNode{p.name, true}, p.key)
		b.Nodes[at].simpleAdd(s, s.Duration)
		b.call(b.node(simpleNode{s.Service, false}, ""), at, s)
	}
}

func (b *simpleMap) node(k simpleNode, attribute string) int {
	at, known := b.nodes[k]
	if !known {
		at = len(b.Nodes)
		b.nodes[k] = at
		b.Nodes = append(b.Nodes, ServiceNode{Name: k.name, Peer: k.peer, Key: attribute})
	}
	return at
}

func (n *ServiceNode) simpleAdd(s trace.Span, ns int64) {
	n.Spans++
	n.Self = plus(n.Self, ns)
	if s.Status == trace.StatusError {
		n.Errors++
	}
}

func (b *simpleMap) call(from, to int, s trace.Span) {
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

// busiest keeps the nodes with the most spans, and the calls between them.
func (b *simpleMap) busiest() (out ServiceMap) {
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

// simpleServiceOf gives the service of span i, as t.Span does.
func simpleServiceOf(t trace.Tree, i int) string { return t.View().ServiceOf(t.Resource(i)) }

// simplePeersOf ranges over the spans of t that have a peer.
func simplePeersOf(t trace.Tree) iter.Seq2[int, peer] {
	return func(yield func(int, peer) bool) {
		answered := make([]bool, t.Len()) // a span of another service is its child
		for i := range t.Len() {
			if p := t.Parent(i); p >= 0 && t.Resource(p) != t.Resource(i) && simpleServiceOf(t, p) != simpleServiceOf(t, i) {
				answered[p] = true
			}
		}
		for i := range t.Len() {
			if k := t.Span(i).Kind; answered[i] || k != trace.KindClient && k != trace.KindProducer {
				continue
			}
			if p := simplePeerOf(t.Encoded(i)); p.name != "" && !yield(i, p) {
				return
			}
		}
	}
}

func simplePeerOf(span []byte) (found peer) {
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

func (s *Sums) simpleAdd(span trace.Span, self int64) {
	s.Count++
	s.Total = plus(s.Total, span.Duration)
	s.Self = plus(s.Self, self)
	if span.Status == trace.StatusError {
		s.Errors++
	}
}

func simpleCompareOperations(here, there *Drawing) (all []ComparedOperation) {
	type key struct{ name, service string }
	index := map[key]int{}
	for side, d := range []*Drawing{here, there} {
		for i := range d.Tree.Len() {
			s := d.Tree.Span(i)
			k := key{s.Name, d.Tree.ReportedService(i)}
			at, known := index[k]
			if !known {
				at = len(all)
				index[k] = at
				all = append(all, ComparedOperation{Name: k.name, Service: k.service, HereService: k.service, ThereService: k.service})
			}
			o := &all[at]
			if side == 0 {
				o.HereService = s.Service
				o.Here.simpleAdd(s, d.Self[i])
			} else {
				o.ThereService = s.Service
				o.There.simpleAdd(s, d.Self[i])
			}
		}
	}
	slices.SortStableFunc(all, func(a, b ComparedOperation) int {
		return cmp.Compare(apart(b.Here.Self, b.There.Self), apart(a.Here.Self, a.There.Self))
	})
	return all
}

func simpleComparePaths(here, there *Drawing) (paths []ComparedPath, left int) {
	index := map[simpleFrameKey]int32{}
	var all []ComparedPath
	for side, d := range []*Drawing{here, there} {
		of := make([]int32, d.Tree.Len()) // the path of each span
		for _, i := range simpleParentsFirst(d.Tree) {
			s := d.Tree.Span(int(i))
			service := d.Tree.ReportedService(int(i))
			k := simpleFrameKey{-1, s.Name, service}
			if p := d.Tree.Parent(int(i)); p >= 0 {
				k.parent = of[p]
			} else if s.Row == d.Tree.Trace.Root {
				k = simpleFrameKey{parent: -2}
			}
			at, known := index[k]
			if !known {
				at = int32(len(all))
				index[k] = at
				all = append(all, ComparedPath{Parent: max(int(k.parent), -1), Name: s.Name, Service: service})
			}
			of[i] = at
			if side == 0 {
				all[at].Here.simpleAdd(s, d.Self[i])
			} else {
				all[at].There.simpleAdd(s, d.Self[i])
			}
		}
	}
	kept, left := simpleMostDifferent(all)
	paths = inOrder(kept)
	markLeads(paths)
	return paths, left
}

func simpleTotals(v *trace.View) (all Totals) {
	for i := range v.NumTraces() {
		t := v.Trace(i)
		if t.Start == 0 {
			continue
		}
		if all.Start == 0 {
			all.Start = t.Start // traces are ordered by start
		}
		all.End = max(all.End, t.End)
		all.Errors += t.Errors
	}
	byName := map[string]int{}
	for _, s := range v.Services() {
		byName[s] = len(all.Services)
		all.Services = append(all.Services, ServiceTotal{Name: s})
	}
	for row := range v.Len() {
		s := v.Span(row)
		t := &all.Services[byName[s.Service]]
		t.Spans++
		if s.Status == trace.StatusError {
			t.Errors++
		}
	}
	slices.SortStableFunc(all.Services, func(a, b ServiceTotal) int { return cmp.Compare(b.Spans, a.Spans) })
	return all
}

func simplePeers(t trace.Tree) []string {
	peers := make([]string, t.Len())
	for i, p := range simplePeersOf(t) {
		peers[i] = p.name
	}
	return peers
}

func simpleMostDifferent(all []ComparedPath) (kept []ComparedPath, left int) {
	weight := make([]int64, len(all))
	for i := len(all) - 1; i >= 0; i-- {
		weight[i] = plus(weight[i], apart(all[i].Here.Self, all[i].There.Self))
		if p := all[i].Parent; p >= 0 {
			weight[p] = plus(weight[p], weight[i])
		}
	}
	index := map[int]int{-1: -1}
	for _, i := range simpleHeaviest(len(all), MaxCompared, func(i int) int64 { return weight[i] }) {
		index[i] = len(kept)
		p := all[i]
		p.Parent = index[p.Parent]
		kept = append(kept, p)
	}
	return kept, len(all) - len(kept)
}
