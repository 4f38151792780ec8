package analysis

import "prowtrace/trace"

// CallPaths puts the calls of several trees together by their paths. The trees may be of
// different Views. A path is identified by its name, the service that its file names, its
// kind and the path that it is in. It must not be used concurrently. Its texts must not be
// used after the Views of the trees are closed.
type CallPaths struct {
	name  func(string) string
	texts numbered
	names numbering // names with services
	kinds numbering // names with kinds
	index numbering // paths, by the one that they are in, their name and their kind
}

// A CallPath identifies a path.
type CallPath struct {
	Under         int // number of an earlier path
	Name, Service string
	Kind          trace.Kind
}

// PathSums are the sums over the spans of one path in one tree. Errors counts only errors
// that did not recover (see Recovered).
type PathSums struct {
	Sums
	First, FirstError int   // numbers of spans in the tree, or -1
	End               int64 // the last one, Unix ns
}

// NewCallPaths makes an empty table. name gives the form in which names of spans are
// compared: it can remove ids from them.
func NewCallPaths(name func(string) string) *CallPaths { return &CallPaths{name: name} }

// Add sums up the spans of a tree by their paths, and gives the sums by the number of the
// path. Paths that are not known yet are added. Spans for which skip returns true are in no
// path: the spans in them take their place. It looks at every span, parents first.
func (c *CallPaths) Add(t trace.Tree, skip func(i int) bool) []PathSums {
	s := spansOf(t)
	self, recovered := s.selfTimes(), Recovered(t)
	services, names := c.numbersOf(s.services), c.namesOf(s)
	sums := make([]PathSums, len(c.index.keys))
	of := make([]int32, s.len())
	for i := range s.parentsFirst {
		under := int32(-1)
		if p := s.parentOf(i); p >= 0 {
			under = of[p]
		}
		if of[i] = under; skip(i) {
			continue
		}
		called, _ := c.names.number(pair(names(i), services[s.reported[s.resource[i]]]))
		kind, _ := c.kinds.number(pair(uint32(called), uint32(s.kind[i])))
		at, fresh := c.index.number(pair(uint32(under), uint32(kind)))
		if fresh {
			sums = append(sums, PathSums{})
		}
		of[i] = at
		sums[at].add(s, i, self[i], recovered[i])
	}
	return sums
}

func (sums *PathSums) add(s *spans, i int, self int64, recovered bool) {
	if sums.Count == 0 {
		sums.First, sums.FirstError, sums.End = i, -1, s.end[i]
	}
	errors := sums.Errors
	sums.Sums.add(s, i, self)
	if recovered {
		sums.Errors = errors
	}
	if sums.Errors > errors && (sums.FirstError < 0 || s.start[i] < s.start[sums.FirstError]) {
		sums.FirstError = i
	}
	if s.start[i] < s.start[sums.First] {
		sums.First = i
	}
	sums.End = max(sums.End, s.end[i])
}

// Paths gives all paths that were added, each after the one that it is in.
func (c *CallPaths) Paths() []CallPath {
	all := make([]CallPath, len(c.index.keys))
	for i, key := range c.index.keys {
		under, kind := parts(key)
		called, k := parts(c.kinds.keys[kind])
		name, service := parts(c.names.keys[called])
		all[i] = CallPath{int(int32(under)), c.texts.values[name], c.texts.values[service], trace.Kind(k)}
	}
	return all
}

// numbersOf numbers texts.
func (c *CallPaths) numbersOf(texts []string) []uint32 {
	all := make([]uint32, len(texts))
	for i, s := range texts {
		all[i] = c.texts.number(s)
	}
	return all
}

// namesOf gives the numbers of the compared forms of span names. It calls the name function
// once for each name.
func (c *CallPaths) namesOf(s *spans) func(i int) uint32 {
	known := map[uint32]uint32{}
	return func(i int) uint32 {
		n, ok := known[s.name[i]]
		if !ok {
			n = c.texts.number(c.name(s.text(s.name[i])))
			known[s.name[i]] = n
		}
		return n
	}
}
