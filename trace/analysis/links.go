package analysis

import (
	"slices"
	"sort"

	"prowtrace/trace"
)

// Links gives, by the number of a span in t, the services that the span links to. These are
// the services of spans in any trace, each once and without the span's own service. Spans
// without such links are not in the map. A link to the span's own parent is a call and does
// not count. It looks at every span of t; the links of the View are read once.
func Links(t trace.Tree) map[int][]string {
	all := map[int][]string{}
	if len(linksOf(t.View())) == 0 {
		return all
	}
	s := spansOf(t)
	for i := range s.len() {
		for _, service := range s.linkedServices(i) {
			all[i] = append(all[i], s.services[service])
		}
	}
	return all
}

// linkedServices gives the numbers of the services that span i links to, in order.
func (s *spans) linkedServices(i int) (services []uint32) {
	if !s.flags[i].Has(trace.Linked) {
		return nil
	}
	number := s.service
	if s.tree != nil && s.tree.Joined() {
		number = s.reported
	}
	links, row := linksOf(s.view), s.row(i)
	at := sort.Search(len(links), func(i int) bool { return int(links[i].from) >= row })
	for ; at < len(links) && int(links[at].from) == row; at++ {
		if service := number[s.view.Set().Columns().Resource[links[at].to]]; service != s.serviceOf(i) {
			services = append(services, service)
		}
	}
	slices.Sort(services)
	return slices.Compact(services)
}

type linksKey struct{}

// linksOf gives the links between spans of the files of a View. See findLinks.
func linksOf(v *trace.View) []spanLink {
	return v.Kept(linksKey{}, func() any { return findLinks(v.Set()) }).([]spanLink)
}
