package cli

import (
	"errors"
	"fmt"
	"time"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/runfile"
	"prowtrace/session"
	"prowtrace/trace"
)

// hear words the events of a session for standard error.
func (r *request) hear(e session.Event) {
	switch e := e.(type) {
	case session.Chosen:
		r.note("%s", chosen(e))
	case session.ChoiceIgnored:
		r.note("%s %s is one run: the choice has no effect", e.Run.Job, e.Run.Build)
	case session.PatternDropped:
		r.note("wildcards are ignored: using all trace files of %s, not only %s", wildcardScope(e.Ref), e.Ref.Pattern)
	case session.InputAwaited:
		r.note("reading standard input; Ctrl-C ends it")
	case session.Duplicate:
		r.note("%s is named more than once: it is used once", e.Input.Title())
	case session.CacheOpened:
		r.detail("cache: %s", e.Dir)
	case session.CacheUnusable:
		r.note("downloading to a temporary directory: %v; set PROWTRACE_CACHE to use another directory", e.Err)
	case session.FetchStarted:
		r.shown.start(e.Counts, r.retries)
	case session.FetchEnded:
		r.shown.stop()
	case session.Waiting:
		r.shown.wait(e.Run.Job+" "+e.Run.Build, e.Progress, time.Now())
	case session.Waited:
		name := e.Run.Job + " " + e.Run.Build
		r.shown.waited(name, time.Now())
		if e.State != runfile.Unknown && e.State != runfile.Running {
			r.note("%s has ended: %s", name, e.State)
		}
	case session.Found:
		if e.Detail {
			r.detail("%s", e.Text)
			break
		}
		r.note("%s", found(e.Notice))
	case session.Notice:
		if e.Refresh {
			e.Text += "; --refresh tries again"
		}
		r.note("%s", e.Text)
	case session.Fetched:
		if r.logs { // its traces are not what was asked for
			r.detail("%s: %s", e.Input.Title(), fetched(e.Input))
			break
		}
		r.note("%s: %s", e.Input.Title(), fetched(e.Input))
	case session.LeftOut:
		r.note("%v", e.Err)
	case session.CopyFound:
		r.note("%s: %s in %s", e.Input.Title(), text.Count(len(e.Input.Sources), "trace file"), e.Where)
	case session.ArchiveDamaged:
		r.note("%q: %v", e.Name, e.Err)
	case session.MetadataLost:
		r.lost(e)
	case session.Labelled:
		if r.reported {
			break
		}
		r.note("adding @%s to the service names of %s", e.Label, e.Title)
	case session.UntracedShown:
		r.note("%s", untraced(e))
	case session.HistoryStarted:
		if e.Runs > 0 {
			r.note("%s", historyStarted(e))
		}
		r.toRead = e.Runs
	case session.HistoryRead:
		if r.reading != nil {
			r.reading.counted("reading runs", r.toRead)
		}
		if e.Run.Gap != "" {
			r.detail("%s %s: %s", e.Run.Job, e.Run.Build, e.Run.Gap)
		}
	case session.ForeignFiles:
		r.note("%s of other kinds, such as %q", text.Count(len(e.Names), "file"), e.Names[0])
	case session.HiddenLeftOut:
		what := fmt.Sprintf("hidden directory %q", e.Names[0])
		if len(e.Names) > 1 {
			what = fmt.Sprintf("%d hidden directories, such as %q", len(e.Names), e.Names[0])
		}
		r.note("left out: %s", what)
	case session.ProblemsFound:
		if !r.onlyLogs {
			r.problems(e.Problems)
		}
	}
}

// found says how runs were chosen, and how to look further.
func found(n find.Notice) string {
	if n.Limited {
		return n.Text + "; " + olderHint(n.Oldest)
	}
	return n.Text
}

// wildcardScope names what is used instead of the files that a pattern selects.
func wildcardScope(ref prow.Ref) string {
	if part := (&session.Input{Ref: ref}).Part(); part != "" {
		return part
	}
	return "the run"
}

func chosen(e session.Chosen) string {
	newest := ""
	if e.Cached > 1 {
		newest = fmt.Sprintf(", the newest of %d in the cache", e.Cached)
	}
	return fmt.Sprintf("run %s of %s%s: %s", e.Run.Build, e.Run.Job, newest, e.Run.URL())
}

// fetched says what a fetch brought.
func fetched(in *session.Input) string {
	var bytes int64
	for _, f := range in.Fetched.Files {
		bytes += f.Size
	}
	what := fmt.Sprintf("%s, %s", text.Count(len(in.Fetched.Files), "trace file"), text.Size(bytes))
	switch {
	case in.Fetched.FromCache:
		what += ", from the cache"
	case in.Fetched.Run.Bucket != in.Ref.Bucket:
		what += ", from bucket " + in.Fetched.Run.Bucket
	}
	if only := in.Part(); only != "" {
		what += "\nShowing only " + only + ". Paste the run's link for everything."
	}
	return what
}

// untraced says why a run is shown by what Prow's files tell alone, and what Prow itself
// says of it.
func untraced(e session.UntracedShown) string {
	said := e.Input.Title() + " wrote no traces"
	var none *session.NoSpansError
	var going *session.NotUploadedError
	switch {
	case errors.As(e.Err, &none) && none.Sources > 0:
		said = none.Error()
	case errors.As(e.Err, &going) && (going.State != runfile.Running || going.Overdue):
		said = going.Error()
	case errors.As(e.Err, &going):
		said = e.Input.Title() + " has no traces yet"
	}
	if f := e.Input.Fetched; f != nil && f.FromCache {
		said += " (from the cache)"
	}
	return said + ": showing only Prow's files" + prowSays("; Prow says: %s", e.Input)
}

// prowSays is Prow's own description of how a run went, in words around it; "" where
// there is none.
func prowSays(words string, in *session.Input) string {
	m := in.Metadata()
	if m == nil || m.ProwJob == nil || m.ProwJob.Description == "" {
		return ""
	}
	return fmt.Sprintf(words, text.Line(m.ProwJob.Description))
}

// untracedNote is what the pages say of a run that is shown without traces.
func untracedNote(in *session.Input) string {
	if in.Untraced() == nil {
		return ""
	}
	return "This run has no traces: the page shows Prow's files." + prowSays(" Prow says: %s", in)
}

// unfinished says that a run had not ended when its bucket was asked, "" if it
// had: then there can be more by now.
func unfinished(in *session.Input) string {
	u, ok := in.Unfinished()
	if !ok {
		return ""
	}
	said := "The run was still running"
	if !u.AsOf.IsZero() {
		said += " at " + u.AsOf.UTC().Format(time.DateTime) + " UTC"
	}
	if !u.Since.IsZero() {
		said += ", since " + u.Since.UTC().Format(time.DateTime) + " UTC"
	}
	if u.Overdue {
		return said + ", past its timeout: its pod was probably deleted, so artifacts may be missing."
	}
	said += ". Prow uploads artifacts at the end, so some may be missing."
	if in.Fetched == nil {
		return said
	}
	return said + " Run this again later, or add --watch to wait for the end."
}

// problems prints what was wrong with files, the first ones in full.
func (r *request) problems(problems []trace.Problem) {
	const shown = 10
	for i, p := range problems {
		if i == shown && !r.verbose {
			r.note("and %s more; --verbose lists them", text.Count(len(problems)-shown, "problem"))
			return
		}
		r.note("%s", p)
	}
}

// lost says which small files of a run could not be read whole: in one line, and each
// with details.
func (r *request) lost(e session.MetadataLost) {
	first, n := e.Losses[0], runfile.CountLost(e.Losses)
	what, more := text.Count(n, "file"), ""
	if n > 1 && !r.verbose {
		more = "; --verbose lists them"
	}
	if n == 1 {
		what = "a file"
	}
	r.note("cannot read %s of %s completely: %v%s", what, e.Input.Title(), first, more)
	if r.verbose {
		for _, l := range e.Losses[1:] {
			r.note("  %v", l)
		}
	}
}

// summarize says what was loaded.
func (r *request) summarize(l *session.Loaded) {
	what := l.Reported
	if said, ok := jobSummary(l); ok && what.Spans == 0 {
		r.note("%s: no traces, %s", said, text.Count(what.Errors, "error"))
	} else if ok {
		r.note("%s: %s of %s, %s", said, text.Count(what.Spans, "span"), text.Count(len(l.Inputs[0].Sources), "trace file"), text.Count(what.Errors, "error"))
	} else {
		r.note("%s in %s from %s", text.Count(what.Spans, "span"), text.Count(what.Traces, "trace"), text.Period(what.Start, what.End))
	}
	for _, in := range l.Inputs {
		u, _ := in.Unfinished()
		if said := unfinished(in); said != "" && !(u.Overdue && in.Untraced() != nil) { // there it was said already
			r.note("%s", said)
		}
	}
}

// jobSummary is what became of the only job and how long it took, as its trace and the list
// of runs have it; not ok where that is not known.
func jobSummary(l *session.Loaded) (said string, ok bool) {
	view, release := l.Acquire()
	defer release()
	jobs := view.Jobs()
	if len(l.Inputs) != 1 || len(jobs) != 1 || l.Inputs[0].Metadata() == nil {
		return "", false
	}
	root := view.Span(jobs[0].Root)
	state := l.Inputs[0].Metadata().State()
	if state == runfile.Unknown || root.End() <= root.Start {
		return "", false
	}
	return fmt.Sprintf("%s, %s", state, text.Period(time.Unix(0, root.Start), time.Unix(0, root.End()))), true
}
