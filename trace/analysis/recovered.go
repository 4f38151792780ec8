package analysis

import (
	"maps"
	"strings"
	"sync"

	"prowtrace/trace"
)

// Recovered says which spans with an error recovered. An error recovers if the same
// operation on the same target succeeded later in the same loop, under the same parent. It
// also recovers if a span above it did: everything that failed in an attempt recovers with
// the next attempt.
//
// The target is the span's name, method, URL without ids and task, and its host. The host
// does not count if the URL names a file or an image, because another mirror has the same
// one. An error 404 (looked for and not there) recovers when the object is created: by a
// POST, PUT or PATCH to the same URL, or to the collection that it is in. Success of a
// different operation under the same parent does not count: releasing a lock does not make
// the failed deployment before it a success.
//
// Errors in Prow's own files, such as a failed phase or test, never recover here. It takes
// time in proportion to the spans. It reads, on all processors, the attributes of spans
// whose siblings failed under the same name.
func Recovered(t trace.Tree) []bool {
	s := spansOf(t)
	r := recovery{spans: s, plain: map[uint32]uint32{}, loops: map[uint64]bool{}, searched: map[int32]bool{}, succeeded: map[attempt]int64{}}
	good := make([]bool, s.len())
	failures := r.collectFailures()
	if len(failures) == 0 {
		return good
	}
	r.findSuccesses()
	for _, f := range failures {
		for _, a := range f.attempts {
			good[f.span] = good[f.span] || r.succeeded[a] >= s.end[f.span]
		}
	}
	r.spread(good)
	return good
}

// recovery is what Recovered collects.
type recovery struct {
	*spans
	plain     map[uint32]uint32 // by the number of a name, the number of the first name that is the same without ids
	writes    map[uint32]bool   // names of spans that create or change something
	loops     map[uint64]bool   // parents and plain names under which something failed
	searched  map[int32]bool    // parents under which something was looked for and not there
	succeeded map[attempt]int64 // the latest start in Unix ns, or -1 if none is known
}

// An attempt is one operation on one target under a parent.
type attempt struct {
	parent int32
	name   uint32 // plain; 0 means any
	target string
}

// failure is a span with an error, and the attempts that would make it recover.
type failure struct {
	span     int
	attempts []attempt
}

// failed reports whether span i has an error that it can recover from.
func (r *recovery) failed(i int) bool {
	return r.status[i] == trace.StatusError && r.parentOf(i) >= 0 && (r.tree == nil || !r.tree.Own(i))
}

// loop identifies where an operation is tried again: its parent and its name without ids.
func (r *recovery) loop(i int) uint64 { return pair(uint32(r.parentOf(i)), r.plain[r.name[i]]) }

// collectFailures lists the errors, and prepares the maps, which do not change afterwards.
func (r *recovery) collectFailures() (all []failure) {
	for i := range r.len() {
		if r.failed(i) {
			all = append(all, failure{span: i})
		}
	}
	if len(all) == 0 {
		return nil
	}
	r.numberNames()
	for k := range all {
		f := &all[k]
		i, t := f.span, targetOf(r.encoded(f.span))
		r.loops[r.loop(i)] = true
		f.attempts = []attempt{{r.parentOf(i), 1 + r.plain[r.name[i]], t.text()}}
		if t.missing {
			r.searched[r.parentOf(i)] = true
			for _, place := range t.places() {
				f.attempts = append(f.attempts, attempt{parent: r.parentOf(i), target: place})
			}
		}
		for _, a := range f.attempts {
			r.succeeded[a] = -1
		}
	}
	return all
}

// numberNames finds the names that differ only by ids, and the names of writing operations.
func (r *recovery) numberNames() {
	r.writes = map[uint32]bool{}
	first := map[string]uint32{}
	for i := range r.len() {
		name := r.name[i]
		if _, known := r.plain[name]; known {
			continue
		}
		text := r.text(name)
		plain := withoutIDs(text)
		if _, known := first[plain]; !known {
			first[plain] = name
		}
		r.plain[name] = first[plain]
		for _, method := range []string{"POST", "PUT", "PATCH"} {
			r.writes[name] = r.writes[name] || strings.Contains(text, method)
		}
	}
}

// findSuccesses notes the latest success of each attempt.
func (r *recovery) findSuccesses() {
	var mu sync.Mutex
	found := map[attempt]int64{}
	inRanges(r.len(), func(lo, hi int) {
		own := map[attempt]int64{}
		for i := lo; i < hi; i++ {
			if r.status[i] == trace.StatusError || r.flags[i].Has(trace.Unfinished) || r.parentOf(i) < 0 {
				continue
			}
			again, made := r.loops[r.loop(i)], r.writes[r.name[i]] && r.searched[r.parentOf(i)]
			if !again && !made {
				continue
			}
			t := targetOf(r.encoded(i))
			for _, a := range []attempt{{r.parentOf(i), 1 + r.plain[r.name[i]], t.text()}, {parent: r.parentOf(i), target: t.place()}} {
				if _, wanted := r.succeeded[a]; wanted && (a.name > 0 || made) {
					own[a] = max(own[a], r.start[i])
				}
			}
		}
		mu.Lock()
		defer mu.Unlock()
		for a, start := range own {
			found[a] = max(found[a], start)
		}
	})
	maps.Copy(r.succeeded, found)
}

// spread marks errors below recovered spans as recovered.
func (r *recovery) spread(good []bool) {
	const unknown, no, yes = 0, 1, 2
	under := make([]uint8, len(good)) // the span recovered, or is below one that did
	var way []int32
	for i := range good {
		way = way[:0]
		at, found := int32(i), uint8(no)
		for ; at >= 0; at = r.parentOf(int(at)) {
			if under[at] != unknown {
				found = under[at]
				break
			}
			way = append(way, at)
		}
		for k := len(way) - 1; k >= 0; k-- {
			if good[way[k]] {
				found = yes
			}
			under[way[k]] = found
		}
	}
	for i := range good {
		good[i] = under[i] == yes && r.failed(i)
	}
}
