package viewer

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"prowtrace/internal/text"
	"prowtrace/trace"
	"prowtrace/triage/report"
)

// Judgement is what is said so far of why a run failed. Its texts may come from a bucket
// and are not trusted. They are shown as they are: what others may see is handed over
// masked (report.Summary.Masked).
type Judgement struct {
	Summary   *report.Summary // nil until there is one; it must not change any more
	Compared  int             // passing runs that it was compared with
	ToCompare int             // that it is to be compared with
	Final     bool            // no other one follows
	Failed    string          // why the run could not be judged, or not wholly
}

// Judging holds the judgement of a run while it is made. Its method Next is for
// Info.Judged. Whoever judges has to end with a judgement that is final, whatever
// happens: pages wait for it. The zero value is ready, and safe for concurrent use.
type Judging struct {
	mu      sync.Mutex
	now     Judgement
	version int64
	changed chan struct{} // closed by the next Set
}

// Set takes another judgement. Pages that show the run are told.
func (j *Judging) Set(now Judgement) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.now = now
	j.version++
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
}

// Next gives the current judgement and its version. Where that is the known one, it
// waits for another, but not beyond a final one or the end of ctx.
func (j *Judging) Next(ctx context.Context, known int64) (Judgement, int64) {
	for {
		j.mu.Lock()
		now, version := j.now, j.version
		if j.changed == nil {
			j.changed = make(chan struct{})
		}
		changed := j.changed
		j.mu.Unlock()
		if now.Final || version != known {
			return now, version
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return now, version
		}
	}
}

// noVersion is that of no judgement: whoever knows it gets the current one.
const noVersion = -1

// judgedWait is how long a page waits for another judgement before it asks again.
const judgedWait = 20 * time.Second

// judged gives what judges the run of a trace; nil where nobody does. Of a run with a
// joined trace the others are parts, which are not judged.
func (i Info) judged(view *trace.View, of trace.TraceID) func(context.Context, int64) (Judgement, int64) {
	for _, j := range i.Jobs {
		if j.Trace == of && !of.IsZero() {
			return j.Judged
		}
	}
	jobs := view.Jobs()
	if len(i.Jobs) > 0 || len(jobs) > 0 && !slices.ContainsFunc(jobs, func(t trace.Trace) bool { return t.ID == of }) {
		return nil
	}
	return i.Judged
}

// judgement is the answer: what is said, and where the places of its evidence are shown
// in the trace.
type judgement struct {
	Version   int64           `json:"version"`
	Final     bool            `json:"final"`
	Compared  int             `json:"compared"`
	ToCompare int             `json:"toCompare"`
	Failed    string          `json:"failed,omitempty"`
	Summary   *report.Summary `json:"summary,omitempty"`
	Places    []findingPlaces `json:"places"` // of each finding
}

// waitJudged answers when there is another judgement than the known one. No View is held
// while it waits. Where no trace is named it is that of the only run.
func (v *Viewer) waitJudged(w http.ResponseWriter, r *http.Request) {
	view, release := v.shared.Acquire()
	if view != nil && r.PathValue("trace") == "" && len(view.Jobs()) == 1 {
		r.SetPathValue("trace", view.Jobs()[0].ID.String())
	}
	var next func(context.Context, int64) (Judgement, int64)
	if id, err := parseTraceID(r.PathValue("trace")); view != nil && err == nil {
		next = v.info.Load().judged(view, id)
	}
	release()
	known, err := strconv.ParseInt(r.URL.Query().Get("known"), 10, 64)
	if next != nil && err == nil {
		ctx, cancel := context.WithTimeout(r.Context(), judgedWait)
		next(ctx, known)
		cancel()
	}
	v.reading(func(read *reader, w http.ResponseWriter, r *http.Request) {
		handler(getJudgement).serve(read, w, r)
	})(w, r)
}

var getJudgement = ofTrace((*reader).judgement)

func (v *reader) judgement(r *http.Request, d drawing) (any, error) {
	now, version, err := v.judgementOf(r, d)
	if err != nil {
		return nil, err
	}
	out := judgement{Version: version, Final: now.Final, Compared: now.Compared, ToCompare: now.ToCompare, Failed: text.Clip(now.Failed, 500), Places: []findingPlaces{}}
	if now.Summary == nil {
		return out, nil
	}
	out.Summary = shownSummary(now.Summary)
	out.Places = v.places(r.Context(), d, now.Summary.Findings[:len(out.Summary.Findings)])
	return out, nil
}

// judgementOf is the current one.
func (v *reader) judgementOf(r *http.Request, d drawing) (now Judgement, version int64, err error) {
	next := v.info.judged(v.view, d.Tree.Trace.ID)
	if next == nil {
		return now, 0, notFound("This trace has no findings", "Open the trace of the job, which is first in the list of traces.")
	}
	now, version = next(r.Context(), noVersion)
	return now, version, nil
}

// getIssue sends the judgement as the text of an issue; its secrets are masked.
func (v *reader) getIssue(r *http.Request, d drawing) (any, error) {
	now, _, err := v.judgementOf(r, d)
	if err != nil {
		return nil, err
	}
	if now.Summary == nil {
		return nil, notFound("There are no findings for this run yet", "Try again when the page shows them.")
	}
	var b bytes.Buffer
	if err := now.Summary.Issue(&b); err != nil {
		return nil, err
	}
	return blob{contentType: "text/plain; charset=utf-8", body: b.Bytes()}, nil
}
