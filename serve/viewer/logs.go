package viewer

import (
	"context"
	"math"
	"net/http"
	"sort"
	"strconv"

	"prowtrace/internal/text"
	"prowtrace/joblog"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
	"prowtrace/triage"
)

// Log is a log of a run, which is shown beside its spans. What it holds comes from a
// bucket and is not trusted.
type Log struct {
	Name      string // below the run's root
	URL       string // where it can be opened, as in Link
	Size      int64  // bytes, those in Gaps too
	Gaps      []Gap  // what is not held of it, in order
	Unchecked bool   // some bytes were read without a checked sum

	// Lines gives the lines that are held. The first call may take seconds. They are
	// read only while the View is that was current when they were asked for.
	Lines func(context.Context) (Lines, error)

	// More brings what is missing of size bytes from an offset, so that whoever asks for
	// the logs from then on gets the log with its lines. nil where nothing can be brought.
	More func(ctx context.Context, offset, size int64) error

	// Later gives the log as it is now, of one that is still written; nil: it is not. The
	// log's run gives the longer one from then on. A call may take seconds; it is for the
	// caller to see that its source is not asked too often.
	Later func(context.Context) (Log, error)
}

// Gap is a part of a log that is not held: between whole lines, in bytes.
type Gap struct{ Offset, Size int64 }

// Lines are the lines of a log that are held, as an index over their bytes.
type Lines struct {
	*joblog.Log
	Numbering
	Damaged error // why the log breaks off, where its compressed bytes do
}

// Numbering says where lines are in the whole log. Lines are counted from 0.
type Numbering interface {
	// Number counts from 1; it is not exact where lines before it are missing.
	Number(i int) (number int, exact bool)
	// Place is an offset in bytes.
	Place(i int) int64
	// URL is the address of lines, both included; "" where none is known.
	URL(from, to int) string
}

const (
	maxLogs       = 1000 // of a trace
	maxLosses     = 100  // that are told one by one
	maxGaps       = 1000 // of a log
	maxErrorParts = 4096 // that errors over time are counted in
)

// logs gives the logs of a trace: of several runs only joined traces have some.
func (v *reader) logs(ctx context.Context, of trace.TraceID) ([]Log, error) {
	all, _, err := v.logsAndLosses(ctx, of)
	return all, err
}

// logsAndLosses gives also what of the logs is left out.
func (v *reader) logsAndLosses(ctx context.Context, of trace.TraceID) (all []Log, lost []runfile.Loss, err error) {
	get, getLost := v.info.Logs, v.info.LostLogs
	for _, j := range v.info.Jobs {
		if j.Trace == of && !of.IsZero() {
			get, getLost = j.Logs, j.LostLogs
		}
	}
	if get == nil {
		return nil, nil, nil
	}
	if all, err = get(ctx); err != nil {
		return nil, nil, err
	}
	if getLost != nil {
		lost = getLost()
	}
	if left := len(all) - maxLogs; left > 0 {
		lost = append(lost, runfile.Loss{Kind: runfile.LossTooMany, File: all[maxLogs].Name, Files: left, Why: "the page shows at most " + text.Count(maxLogs, "log")})
		all = all[:maxLogs]
	}
	return all, lost, nil
}

// logAt is a log of a request, with its lines.
type logAt struct {
	Log
	lines Lines
	known *triage.Matcher // or nil
}

// ofLog makes a handler of one that needs the log that its address names.
func ofLog(h func(*reader, *http.Request, drawing, logAt) (any, error)) handler {
	return ofTrace(func(v *reader, r *http.Request, d drawing) (any, error) {
		l, err := v.log(r, d.Tree.Trace)
		if err != nil {
			return nil, err
		}
		// Numbers of lines mean something only to who knows the same gaps.
		if given := r.URL.Query().Get("missing"); given != "" && given != strconv.FormatInt(l.missing(), 10) {
			return nil, &httpError{http.StatusConflict, "More of this log was read: its lines have other numbers now", "Load the page again."}
		}
		return h(v, r, d, l)
	})
}

// log finds the log that a request names.
func (v *reader) log(r *http.Request, of trace.Trace) (logAt, error) {
	return v.logNamed(r.Context(), of, r.URL.Query().Get("log"))
}

// logNamed finds a log by its name, as it is or as the list of logs has it.
func (v *reader) logNamed(ctx context.Context, of trace.Trace, wanted string) (logAt, error) {
	all, err := v.logs(ctx, of.ID)
	if err != nil {
		return logAt{}, err
	}
	for _, l := range all {
		if l.Name == wanted || name(l.Name) == wanted {
			lines, err := l.Lines(ctx)
			at := logAt{Log: l, lines: lines}
			if v.info.Known != nil {
				at.known = v.info.Known()
			}
			return at, err
		}
	}
	return logAt{}, notFound("There is no log "+text.Quote(wanted, nameBytes)+" of this trace", "Choose one of the list: a log that was not uploaded or not fetched is not in it.")
}

// logEntry is a log in the list.
type logEntry struct {
	Name      string `json:"name"`
	URL       string `json:"url,omitempty"`
	Size      int64  `json:"size"`
	Missing   int64  `json:"missing,omitempty"` // bytes of it
	Unchecked bool   `json:"unchecked,omitempty"`
	Growing   bool   `json:"growing,omitempty"` // it is still written
}

func newLogEntry(l Log) logEntry {
	return logEntry{Name: name(l.Name), URL: webAddress(l.URL), Size: l.Size, Unchecked: l.Unchecked, Missing: l.missing(), Growing: l.Later != nil}
}

// missing is how many bytes of a log are not held.
func (l Log) missing() (n int64) {
	for _, g := range l.Gaps {
		n += g.Size
	}
	return n
}

// lostLogs is what is left out of the logs.
type lostLogs struct {
	Name string `json:"name,omitempty"` // the first of them
	Logs int    `json:"logs"`
	Why  string `json:"why"`
}

func (v *reader) getLogs(r *http.Request, d drawing) (any, error) {
	all, losses, err := v.logsAndLosses(r.Context(), d.Tree.Trace.ID)
	if err != nil {
		return nil, err
	}
	logs, lost := []logEntry{}, []lostLogs{}
	for _, l := range all {
		logs = append(logs, newLogEntry(l))
	}
	for _, l := range losses[:min(len(losses), maxLosses)] {
		lost = append(lost, lostLogs{name(l.File), l.Files, text.Clip(l.Why, 500)})
	}
	if left := runfile.CountLost(losses[len(lost):]); left > 0 {
		lost = append(lost, lostLogs{name(losses[len(lost)].File), left, "these are not listed one by one"})
	}
	return map[string]any{"logs": logs, "lost": lost}, nil
}

// logHead is what there is to know of a log besides its lines.
type logHead struct {
	logEntry
	Lines   int       `json:"lines"`
	Errors  int       `json:"errors"`          // lines that call themselves errors, or worse
	First   string    `json:"first,omitempty"` // the earliest time on a line, Unix ns
	Last    string    `json:"last,omitempty"`
	Gaps    []lineGap `json:"gaps"`
	More    bool      `json:"more,omitempty"`    // what is missing can be brought
	Foreign bool      `json:"foreign,omitempty"` // written by another clock than the run's
	Torn    bool      `json:"torn,omitempty"`    // the last line has no end
	Capped  bool      `json:"capped,omitempty"`  // the last line is all the others
	Damaged string    `json:"damaged,omitempty"`
}

// lineGap is a gap by the lines around it.
type lineGap struct {
	Before int   `json:"before"` // the number of the line behind it
	Place  int64 `json:"place"`  // its offset in the log
	Bytes  int64 `json:"bytes"`
}

func (v *reader) getLog(r *http.Request, _ drawing, l logAt) (any, error) {
	if r.URL.Query().Has("later") && l.Later != nil {
		l.grow(r.Context())
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	lines := l.lines
	h := logHead{logEntry: newLogEntry(l.Log), Lines: lines.Len(), Gaps: l.lineGaps(), More: l.More != nil, Foreign: lines.Foreign(), Torn: lines.Torn(), Capped: lines.Capped()}
	for range lines.Errors() {
		h.Errors++
	}
	if first, last, ok := lines.Times(); ok {
		h.First, h.Last = strconv.FormatInt(first.UnixNano(), 10), strconv.FormatInt(last.UnixNano(), 10)
	}
	if lines.Damaged != nil {
		h.Damaged = text.Clip(lines.Damaged.Error(), 300)
	}
	return h, nil
}

// maxMore is how many bytes of a log are brought at once.
const maxMore = 16 << 20

// getMoreOfLog brings what is missing of size bytes from a place, and answers as getLog
// does, of the log that has them.
func (v *reader) getMoreOfLog(r *http.Request, d drawing, l logAt) (any, error) {
	place, err := number(r, "place", 0)
	if err != nil {
		return nil, err
	}
	size, err := number(r, "size", maxMore)
	if err != nil {
		return nil, err
	}
	if l.More == nil {
		return nil, notFound("No more of "+name(l.Name)+" can be read", "The missing part is in no known place.")
	}
	if err := l.More(r.Context(), int64(place), int64(min(size, maxMore))); err != nil {
		return nil, &httpError{http.StatusBadGateway, "Cannot read more of " + name(l.Name) + ": " + text.Clip(err.Error(), 500), "Try again. The parts that were read stay."}
	}
	if l, err = v.log(r, d.Tree.Trace); err != nil {
		return nil, err
	}
	return v.getLog(r, d, l)
}

// grow takes the log as it is now. If it cannot be had, it stays as it is: the page asks
// again.
func (l *logAt) grow(ctx context.Context) {
	later, err := l.Later(ctx)
	if err != nil {
		return
	}
	if lines, err := later.Lines(ctx); err == nil {
		l.Log, l.lines = later, lines
	}
}

func (l logAt) lineGaps() []lineGap {
	out := []lineGap{}
	for _, g := range l.Gaps[:min(len(l.Gaps), maxGaps)] {
		behind := sort.Search(l.lines.Len(), func(i int) bool { return l.lines.Place(i) >= g.Offset+g.Size })
		out = append(out, lineGap{behind + 1, g.Offset, g.Size})
	}
	return out
}

// getLogErrors counts the errors in all logs of a trace over its time, in n parts of
// the same length. What lies outside of the trace is not counted.
func (v *reader) getLogErrors(r *http.Request, d drawing) (any, error) {
	n, err := number(r, "n", 1000)
	if err != nil {
		return nil, err
	}
	all, err := v.logs(r.Context(), d.Tree.Trace.ID)
	if err != nil {
		return nil, err
	}
	counts := make([]int, min(max(n, 1), maxErrorParts))
	part := float64(len(counts)) / float64(max(d.End-d.Start, 1))
	for _, l := range all {
		lines, err := l.Lines(r.Context())
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		if err != nil {
			continue // it is told where the log is shown
		}
		for i := range lines.Errors() {
			line := lines.Line(i)
			at := math.Floor(float64(line.Time.UnixNano()-d.Start) * part)
			if line.Origin == joblog.NoTime || at < 0 || at > float64(len(counts)) {
				continue
			}
			counts[min(int(at), len(counts)-1)]++
		}
	}
	return map[string]any{"errors": counts}, nil
}

// streamLog sends the bytes of a log that are held, or those of one of its lines
// (at=10), as they are.
func (v *reader) streamLog(w http.ResponseWriter, r *http.Request) {
	fail := func(err error) {
		handler(func(*reader, *http.Request) (any, error) { return nil, err }).serve(v, w, r)
	}
	t, err := v.lookup(r.PathValue("trace"))
	if err != nil {
		fail(err)
		return
	}
	l, err := v.log(r, t)
	if err != nil {
		fail(err)
		return
	}
	from, to := 0, l.lines.Len()
	file := "log.txt"
	if r.URL.Query().Has("at") {
		i, err := l.lineAt(r)
		if err != nil {
			fail(err)
			return
		}
		from, to, file = i, i+1, "line.txt"
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+file+`"`)
	for i := from; i < to && r.Context().Err() == nil; i++ {
		if _, err := w.Write(l.lines.Raw(i)); err != nil {
			return // the visitor has left
		}
	}
}
