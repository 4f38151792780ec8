package trace

// Columns are the columns of a Set, by row. The Set owns them: they must not be changed.
type Columns struct {
	Trace    []uint32
	ID       []uint64
	Parent   []int32 // row of the parent, or -1
	Start    []int64 // Unix ns
	End      []int64 // Unix ns, never before start
	Name     []uint32
	Resource []uint32
	Scope    []uint32
	Kind     []Kind
	Status   []Status
	Flags    []Flags
}

// Columns gives the columns, for callers that read many rows.
func (s *Set) Columns() Columns {
	return Columns{s.trace, s.id, s.parent, s.start, s.end, s.name, s.resource, s.scope, s.kind, s.status, s.flags}
}

// Names gives the distinct span names, by the numbers of Columns.Name.
func (s *Set) Names() []string { return s.names }

// NumResources counts the distinct resources.
func (s *Set) NumResources() int { return len(s.resources) }

// NumScopes counts the distinct scopes.
func (s *Set) NumScopes() int { return len(s.scopes) }

// TraceID gives the id of trace i.
func (s *Set) TraceID(i int) TraceID { return s.traces.id[i] }

// TraceRows gives the rows of trace i, from first up to but not including behind.
func (s *Set) TraceRows(i int) (first, behind int) {
	return int(s.traces.first[i]), int(s.traces.first[i+1])
}

// TraceExtent gives the start and the end of trace i in Unix ns.
func (s *Set) TraceExtent(i int) (start, end int64) { return s.startOf(i), s.endOf(i) }

// NumSources is the number of files, in the order given to Load.
func (s *Set) NumSources() int { return len(s.sources) }

// Source gives the name and the group of a file.
func (s *Set) Source(i int) (name string, group int) { return s.sources[i].name, s.sources[i].group }

// SourceOf gives the file that a row was read from, or the first of several files.
func (s *Set) SourceOf(row int) int { return s.origin[row].source() }

// Repeats ranges over the rows that were read more than once, ordered by row. It yields each
// further file of a row.
func (s *Set) Repeats(yield func(row, source int) bool) {
	for _, again := range s.sightings {
		if !yield(int(again.row), again.origin.source()) {
			return
		}
	}
}

// ReportedTimes gives the times of a row as its file has them, in Unix ns. A missing time is
// 0.
func (s *Set) ReportedTimes(row int) (start, end int64) {
	flags := s.flags[row]
	switch {
	case flags&(Unfinished|TimeUnknown) == 0:
		return s.start[row], s.end[row]
	case flags.Has(TimeUnknown):
		return 0, s.reportedEnd(row)
	}
	return s.start[row], 0
}
