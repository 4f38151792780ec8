package mcp

import (
	"bytes"
	"context"
	"errors"

	"prowtrace/internal/mask"
	"prowtrace/internal/text"
	"prowtrace/joblog"
	"prowtrace/objstore"
	"prowtrace/session"
	"prowtrace/trace"
)

// lineReader reads lines of the logs of a run for answers.
type lineReader struct {
	run     *openRun
	phases  *session.Phases
	places  *trace.Places // for searching
	secrets *mask.Lines
	behind  lineAt // behind the last line that was read
	text    []byte
}

// lineAt is a line of a log.
type lineAt struct {
	lines *session.Lines
	line  int
}

// words gives the text of a line, its secrets hidden, also those that began on lines before.
func (r *lineReader) words(lines *session.Lines, i int) Text {
	if r.behind != (lineAt{lines, i}) {
		r.secrets = mask.Before(i, func(k int) string { return string(first(lines.Raw(k), longText)) })
	}
	r.behind = lineAt{lines, i + 1}
	r.text = lines.Text(r.text[:0], i, longText+mask.Beyond)
	head, cut := mask.Cut(string(bytes.ToValidUTF8(r.text, []byte("\uFFFD"))), longText)
	out := said(r.secrets.Line(head), longText)
	if cut {
		out += "…"
	}
	return out
}

// phase is what the job was doing when a line was written: for the log of a step, the step.
func (r *lineReader) phase(log *session.Log, line joblog.Line) Text {
	switch {
	case log.Of.Step != "" && log.Of.Test != "":
		return name(log.Of.Test + "-" + log.Of.Step)
	case log.Of.Step != "":
		return name(log.Of.Step)
	case line.Origin == joblog.NoTime:
		return ""
	}
	return name(r.phases.At(line.Time))
}

// reading joins the logs of a run and begins to read lines. Lines are valid until release.
func (r *openRun) reading(ctx context.Context) (*lineReader, func(), error) {
	if err := r.Loaded().JoinLogs(ctx); err != nil {
		return nil, nil, err
	}
	view, release := r.Loaded().Acquire()
	if view == nil {
		release()
		return nil, nil, session.ErrLogClosed
	}
	return &lineReader{run: r, phases: session.PhasesOf(view, r.in), places: view.Places()}, release, nil
}

// mostFiles bounds the artifacts that a pattern reads.
const mostFiles = 100

// logs gives the logs of all containers and steps, or the artifacts that a pattern fits.
func (r *openRun) logs(ctx context.Context, pattern string) (logs []*session.Log, err error) {
	if pattern == "" {
		return r.allLogs(ctx)
	}
	names := []string{pattern}
	if isPattern(pattern) {
		if names, err = r.matching(ctx, pattern); err != nil {
			return nil, err
		}
		if len(names) > mostFiles {
			return nil, &callError{what: text.Count(len(names), "artifact") + " match " + text.Quote(pattern, 100), why: "that is more than are read at once", next: "Write a path_glob that fits " + text.Count(mostFiles, "artifact") + " at most; without text_regex it lists them."}
		}
	}
	for _, name := range names {
		log, _, err := r.in.Artifact(ctx, name)
		if err != nil {
			return nil, err
		}
		logs = append(logs, log)
	}
	return logs, nil
}

func (r *openRun) allLogs(ctx context.Context) ([]*session.Log, error) {
	logs, err := r.in.Logs(ctx)
	if err != nil || len(logs) > 0 {
		return logs, err
	}
	if !r.in.IsRun() { // it was named: any file may be a log
		if files, err := r.in.Artifacts(ctx); err == nil && len(files) == 1 {
			log, _, err := r.in.Artifact(ctx, files[0].Name)
			return []*session.Log{log}, err
		}
	}
	if _, running := r.in.Unfinished(); running {
		return nil, &callError{what: "the run has no log yet", why: "it has not ended", next: "Ask again when it has; get_run_summary says since when it runs."}
	}
	return nil, &callError{what: "the run has no log", next: "search_evidence with path_glob ** and without text_regex lists the files that there are."}
}

func isPattern(s string) bool { return bytes.ContainsAny([]byte(s), "*?[{") }

// matching gives the names of the artifacts that a pattern fits, in order.
func (r *openRun) matching(ctx context.Context, pattern string) (names []string, err error) {
	fits, err := objstore.CompileGlob(pattern)
	if err != nil {
		return nil, &callError{what: "cannot read path_glob " + text.Quote(pattern, 100), next: "* and ? stand for letters of a name, ** for directories too, {a,b} for a or b: artifacts/**/*.log"}
	}
	all, err := r.in.Artifacts(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		if fits.MatchString(f.Name) {
			names = append(names, f.Name)
		}
	}
	if len(names) == 0 {
		return nil, &session.NoArtifactError{Name: pattern, Input: r.in}
	}
	return names, nil
}

// missing is how many bytes of a log are not held.
func missing(log *session.Log) (n int64) {
	for _, g := range log.Gaps {
		n += g.Size
	}
	return n
}

// notes says what is odd about a log.
func notes(log *session.Log, lines *session.Lines) Text {
	var all error
	if lines.Damaged != nil {
		all = errors.Join(all, lines.Damaged)
	}
	if lines.Foreign() {
		all = errors.Join(all, errors.New("it was written by another clock than the run's: times are as written"))
	}
	if log.Live {
		all = errors.Join(all, errors.New("the run has not ended: there will be more"))
	}
	if all == nil {
		return ""
	}
	return said(all.Error(), 500)
}
