package session

import (
	"errors"
	"path/filepath"

	"prowtrace/fetch"
	"prowtrace/prow/runfile"
	"prowtrace/prow/timeline"
	"prowtrace/trace"
)

// Untraced says why a run is shown by its own spans alone: the error that this is where
// traces are demanded. It is nil for all other inputs, and before Load.
func (in *Input) Untraced() error { return in.untraced }

// standsAlone reports whether an input can be shown without a span of its files, by
// what Prow's files tell of its run. Of a part of a run, or one of which trace files
// are known to be missing here, that would say too much.
func (s *Session) standsAlone(in *Input) bool {
	if !s.o.Untraced || s.o.Join == "" || s.o.Choice.WithTraces || in.Part() != "" || len(in.leftOut) > 0 {
		return false
	}
	m := in.Metadata()
	return m != nil && timeline.Draws(m)
}

// withoutTraces reports an error of a fetch that says that a run has no trace files: that
// the listing is complete and has none, whatever became of the small files.
func withoutTraces(err error) bool {
	if errors.Is(err, fetch.ErrNoTraces) {
		return true
	}
	var partial *fetch.PartialError
	if !errors.As(err, &partial) || partial.Listed != nil || partial.Untried > 0 || len(partial.Result.Files) > 0 {
		return false
	}
	for _, f := range partial.Failed {
		if kind, _ := runfile.KindOf(f.Name); !kind.IsMetadata() {
			return false
		}
	}
	return true
}

// partUntraced parts the inputs of which no file gave a span: those that stand alone, and
// those that have nothing to show.
func (s *Session) partUntraced(view *trace.View, inputs []*Input) (alone, empty []*Input) {
	for _, in := range withoutSpans(view, inputs) {
		if s.standsAlone(in) {
			alone = append(alone, in)
		} else {
			empty = append(empty, in)
		}
	}
	return alone, empty
}

// tellUntraced tells of the inputs that stand alone.
func (s *Session) tellUntraced(alone []*Input, problems []trace.Problem) {
	for _, in := range alone {
		if in.untraced == nil {
			in.untraced = noSpans([]*Input{in}, problems)
		}
		s.tell(UntracedShown{in, in.untraced})
	}
}

// place tells a run without trace files from others: by where its files are.
func (in *Input) place() string {
	dir := in.Ref.Path
	if in.Fetched != nil {
		dir = in.Fetched.Dir
	}
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return dir + "\x00" + in.Ref.Run.URL()
}
