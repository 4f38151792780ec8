package trace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"prowtrace/otelfile"
)

// A Source is one file to load: its content is Data if that is set, and the file at Path
// otherwise.
type Source struct {
	Name string // shown in problems and locations
	Path string
	Data []byte // must not change afterwards

	// Group tells the sources of one run from those of other runs. Two groups share no
	// resource, and no file even if the names are equal, so a View can describe each group
	// in its own way.
	Group int
}

// ErrTooManySources is returned for more files than an origin can number.
var ErrTooManySources = fmt.Errorf("more than %d files", maxSources)

// Options say what resources loading may use. The zero value is right for most callers.
type Options struct {
	// Scratch takes what is converted from other formats, for as long as the Set is open. If
	// it is nil, some GiB in the system's directory for temporary files are used.
	Scratch *otelfile.Scratch

	// Unpacked bounds how many bytes all compressed files together may take in memory once
	// they are unpacked. 0 means 4 GiB. A file beyond the bound is a Problem.
	Unpacked int64
}

// Load is Options.Load with the default Options.
func Load(ctx context.Context, sources []Source) (*Set, error) {
	return Options{}.Load(ctx, sources)
}

// Load reads all sources and merges them into one Set, on all processors. A file that cannot
// be opened or understood is a Problem of the set, not an error. Load fails only if ctx ends
// or there are too many sources or spans.
//
// Rules of merging: the key of a span is its trace id and span id. Spans with the same key
// and the same bytes are one span with several locations. Spans with the same key and
// different bytes are two spans, and the later one is flagged. Spans without a trace id are
// never merged between files. Parents are linked across files.
func (o Options) Load(ctx context.Context, sources []Source) (*Set, error) {
	return o.loadWithin(ctx, sources, cmp.Or(o.Unpacked, maxUnpacked))
}

// maxConverted bounds how many bytes on disk all files together may be converted to.
const maxConverted = 32 << 30

// loadWithin is Load with another bound than maxUnpacked.
func (o Options) loadWithin(ctx context.Context, sources []Source, room int64) (*Set, error) {
	if len(sources) > maxSources {
		return nil, fmt.Errorf("loading %d files: %w", len(sources), ErrTooManySources)
	}
	s := &Set{sources: make([]source, len(sources))}
	r := newReader(s, sources, room)
	if r.scratch = o.Scratch; r.scratch == nil {
		r.scratch = otelfile.NewScratch("", maxConverted)
	}
	shards, err := r.scan(ctx)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.merge(ctx, shards); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// LoadEncoded is Load for sources whose Data are encoded TracesData: spans that were made
// rather than read from a file.
func LoadEncoded(ctx context.Context, sources []Source) (*Set, error) {
	if len(sources) > maxSources {
		return nil, fmt.Errorf("loading %d sources: %w", len(sources), ErrTooManySources)
	}
	s := &Set{}
	sh := newShard(len(sources))
	for i, src := range sources {
		s.sources = append(s.sources, source{name: src.Name, group: src.Group, data: src.Data})
		sh.record(&input{source: i, group: src.Group, name: src.Name, file: src.Data, data: src.Data}, 0, len(src.Data))
	}
	if err := s.merge(ctx, []*shard{sh}); err != nil {
		return nil, err
	}
	return s, nil
}

// merge turns shards into the columns of the set.
func (s *Set) merge(ctx context.Context, shards []*shard) error {
	total := 0
	for _, sh := range shards {
		total += sh.spans.len()
	}
	if total > maxRows {
		return fmt.Errorf("merging: %d spans are more than the %d that a set can hold", total, maxRows)
	}
	numbers, extents := s.mergeTables(shards)
	if err := newLinker(s, shards, numbers, extents, total).run(ctx); err != nil {
		return err
	}
	s.collectProblems(shards)
	return nil
}

// maxRows leaves room for -1 in an int32 column of rows.
const maxRows = 1<<31 - 1

// numbering maps the numbers of a shard to the numbers in the set.
type numbering struct {
	traces, names, resources, scopes []uint32
}

// mergeTables merges the tables of the shards into one table of each kind.
func (s *Set) mergeTables(shards []*shard) ([]numbering, []extent) {
	var names, services interner[string]
	var resources, scopes interner[described]
	numbers := make([]numbering, len(shards))
	for i, sh := range shards {
		n := &numbers[i]
		n.names = renumber(&names, sh.names.values)
		n.resources = renumber(&resources, sh.resources.values)
		n.scopes = renumber(&scopes, sh.scopes.values)
	}
	s.names = names.values
	for _, d := range resources.values {
		s.resources = append(s.resources, newResource(d, &services))
	}
	for _, d := range scopes.values {
		s.scopes = append(s.scopes, newScope(d))
	}
	s.services = services.values
	return numbers, s.mergeTraces(shards, numbers)
}

func renumber[T comparable](in *interner[T], values []T) []uint32 {
	numbers := make([]uint32, len(values))
	for i, v := range values {
		numbers[i] = in.number(v)
	}
	return numbers
}

func (s *Set) collectProblems(shards []*shard) {
	kept := map[fileKey]int{}
	for _, sh := range shards {
		s.problems = append(s.problems, sh.problems...)
		for source, n := range sh.kept {
			src := &s.sources[source]
			kept[fileKey{src.name, src.group}] += n
		}
	}
	for i := range s.problems {
		s.problems[i].Kept = kept[fileKey{s.problems[i].Source, s.problems[i].Group}]
	}
	slices.SortFunc(s.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.What, b.What))
	})
}
