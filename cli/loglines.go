package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"

	"prowtrace/internal/mask"
	"prowtrace/internal/text"
	"prowtrace/joblog"
	"prowtrace/prow"
	"prowtrace/session"
	"prowtrace/trace"
)

// moment is what --at means: one time, or how long a span lasted.
type moment struct {
	from, to time.Time // to is zero for one time
}

// momentOf reads --at. A time of the day is one of the run's.
func (l *logCommand) momentOf(view *trace.View, in *session.Input) (m moment, err error) {
	for _, layout := range []string{time.RFC3339, time.DateTime, "2006-01-02T15:04:05"} {
		if m.from, err = time.Parse(layout, l.at); err == nil {
			return m, nil
		}
	}
	for _, layout := range []string{time.TimeOnly, "15:04"} {
		if t, err := time.Parse(layout, l.at); err == nil {
			m.from = onDayOf(view, in, t)
			return m, nil
		}
	}
	if row, ok := spanNamed(view, in, l.at); ok {
		s := view.Span(row)
		return moment{time.Unix(0, s.Start).UTC(), time.Unix(0, s.End()).UTC()}, nil
	}
	return m, usageError{fmt.Errorf("invalid --at %s: neither a time nor a span of the run", text.Quote(l.at, maxQuoted)),
		"write 01:51:11, 2025-03-13T01:51:11Z, the id of a span, or the name of a phase or step"}
}

// onDayOf gives a time of the day its day: the first on which it lies in the run.
func onDayOf(view *trace.View, in *session.Input, t time.Time) time.Time {
	var start time.Time
	if m := in.Metadata(); m != nil {
		start, _ = m.Span()
	}
	if start.IsZero() && view.NumTraces() > 0 {
		start = time.Unix(0, view.Trace(0).Start)
	}
	start = start.UTC()
	at := time.Date(start.Year(), start.Month(), start.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	if at.Before(start.Add(-time.Minute)) {
		at = at.AddDate(0, 0, 1)
	}
	return at
}

// elsewhere says where to look for lines if none is of a moment: beside a span, which few
// programs log of, or at another time.
func (m moment) elsewhere() string {
	const exact = "15:04:05.000"
	switch {
	case m.from.IsZero():
		return ""
	case m.to.IsZero():
		return " at " + m.from.UTC().Format(time.DateTime) + " UTC"
	}
	return fmt.Sprintf(": the span lasted from %s to %s UTC; --at %s shows the lines around it", m.from.UTC().Format(exact), m.to.UTC().Format(exact), m.from.UTC().Format(time.TimeOnly))
}

// spanNamed finds a span by its id, or one of the job's own by its name.
func spanNamed(view *trace.View, in *session.Input, name string) (row int, ok bool) {
	for row := range view.Len() {
		if view.Span(row).ID.String() == strings.ToLower(name) {
			return row, true
		}
	}
	if t, ok := view.Lookup(in.Trace); ok {
		for row := t.First; row < t.First+t.Spans; row++ {
			if strings.EqualFold(view.Span(row).Name, name) {
				return row, true
			}
		}
	}
	return 0, false
}

// logPrinter prints lines of logs.
type logPrinter struct {
	*logCommand
	out    *bufio.Writer
	phases *session.Phases
	at     moment
	around int
	prow.Lines
	printed int
	upTo    map[string]int64 // where in a log that is followed the next line begins
	text    []byte
	secrets *mask.Lines // of what JSON hands over,
	behind  logPlace    // behind the last line of it
}

// print prints the lines that are asked for.
func (l *logCommand) print(ctx context.Context, loaded *session.Loaded, ref prow.Ref) error {
	view, release := loaded.Acquire()
	defer release()
	in := loaded.Inputs[0]
	p := &logPrinter{logCommand: l, out: bufio.NewWriter(l.streams.Out), phases: session.PhasesOf(view, in), around: l.around, upTo: map[string]int64{}}
	if l.at != "" {
		var err error
		if p.at, err = l.momentOf(view, in); err != nil {
			return err
		}
		if p.at.to.IsZero() && !l.given("around") {
			p.around = aroundTime
		}
	}
	if l.file == "" && l.at == "" && l.part.to == 0 {
		p.Lines = ref.Lines
	}
	logs, err := l.logsOf(ctx, in, ref)
	if err != nil {
		return err
	}
	if l.part.to > 0 && len(logs) > 1 {
		return usageError{fmt.Errorf("--bytes needs one log, but there are %d", len(logs)), "name it: --file " + text.Name(logs[0].Name)}
	}
	for _, log := range logs {
		if err := p.log(ctx, in, log); err != nil {
			return errors.Join(err, p.out.Flush())
		}
	}
	if l.follow {
		if err := p.followLogs(ctx, in, logs); err != nil {
			return err
		}
	}
	if p.printed == 0 {
		l.note("no line matches in %s%s", text.Count(len(logs), "log"), p.at.elsewhere())
	}
	if err := p.out.Flush(); err != nil {
		return fmt.Errorf("cannot write the output: %w", err)
	}
	return nil
}

// log prints lines of one log.
func (p *logPrinter) log(ctx context.Context, in *session.Input, log *session.Log) error {
	if p.part.to > 0 {
		more, err := in.MoreOfLog(ctx, log, p.part.from, p.part.to-p.part.from)
		if err != nil {
			return err
		}
		log = more
	}
	if p.logCommand.at != "" {
		more, err := in.LogAt(ctx, log, p.at.from)
		switch {
		case err == nil:
			log = more
		case ctx.Err() != nil:
			return err
		default: // what is held tells of the gap
			p.note("%s: %s", text.Name(log.Name), oneLine(err))
		}
	}
	lines, err := log.Lines(ctx)
	if err != nil {
		return err
	}
	if lines.Damaged != nil {
		p.note("%s: %v", text.Name(log.Name), lines.Damaged)
	}
	if lines.Foreign() {
		p.note("the clock of %s differs from the run's: its times are as written", text.Name(log.Name))
	}
	if p.Lines.To > lines.Len() {
		p.note("%s has %s", text.Name(log.Name), text.Count(lines.Len(), "line"))
	}
	done, end := p.unseen(log, lines) // lines before are printed, or not wanted
	for i, err := range p.wanted(ctx, lines, done) {
		if err != nil {
			return err
		}
		if i >= end {
			break
		}
		from := max(done, i-p.around)
		if p.around > 0 && from > done && p.printed > 0 && !p.asJSON {
			fmt.Fprintln(p.out, "--")
		}
		for ; from < i; from++ {
			p.line(log, lines, from, false)
		}
		if i >= done { // else it was printed behind another
			p.line(log, lines, i, true)
		}
		done = max(done, i+1)
		for next := p.next(ctx, lines, i); done <= i+p.around && done < min(end, next); done++ {
			p.line(log, lines, done, false)
		}
	}
	if missing := lines.Before(lines.Len()); missing > 0 && p.everything() {
		p.gap(log, lines, lines.Len())
	}
	return nil
}

// next is the next wanted line behind i, as far as lines around i reach.
func (p *logPrinter) next(ctx context.Context, lines *session.Lines, i int) int {
	if p.logCommand.at != "" && p.at.to.IsZero() {
		return math.MaxInt // there is one
	}
	for n := i + 1; n <= i+p.around && n < lines.Len(); n++ {
		if p.fits(lines, n) && (p.grep == "" || p.found(ctx, lines, n)) {
			return n
		}
	}
	return math.MaxInt
}

func (p *logPrinter) found(ctx context.Context, lines *session.Lines, i int) bool {
	for n, err := range lines.Find(ctx, p.search, i) {
		return err == nil && n == i
	}
	return false
}

// everything reports whether no line is left out.
func (p *logPrinter) everything() bool {
	return !p.errors && p.grep == "" && p.logCommand.at == "" && p.Lines.File == "" && p.part.to == 0
}

// wanted gives the lines that are asked for, from a line on.
func (p *logPrinter) wanted(ctx context.Context, lines *session.Lines, from int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		if p.logCommand.at != "" && p.at.to.IsZero() {
			if i, ok := p.atTime(lines); ok {
				yield(i, nil)
			}
			return
		}
		all := lines.Find(ctx, p.search, from)
		for i, err := range all {
			if err != nil {
				yield(i, err)
				return
			}
			if p.fits(lines, i) && !yield(i, nil) {
				return
			}
		}
	}
}

// atTime is the line at the time of --at that fits, if the log was written then.
func (p *logPrinter) atTime(lines *session.Lines) (int, bool) {
	first, last, ok := lines.Times()
	if !ok || p.at.from.Before(first.Add(-time.Second)) || p.at.from.After(last.Add(time.Second)) {
		return 0, false
	}
	return min(lines.At(p.at.from), lines.Len()-1), true
}

// fits reports whether a line is asked for, --grep aside.
func (p *logPrinter) fits(lines *session.Lines, i int) bool {
	if p.Lines.File != "" && (i+1 < p.Lines.From || i+1 > p.Lines.To) {
		return false
	}
	if place := lines.Place(i); p.part.to > 0 && (place < p.part.from || place >= p.part.to) {
		return false
	}
	line := lines.Line(i)
	if p.errors && line.Severity < joblog.Error && !p.knownWarning(lines, i, line) {
		return false
	}
	if !p.at.to.IsZero() && (line.Origin == joblog.NoTime || line.Time.Before(p.at.from) || line.Time.After(p.at.to)) {
		return false
	}
	return true
}

// knownWarning reports a warning that a signature knows as an error: programs warn of what they
// try again, also where it is what the job fails of in the end.
func (p *logPrinter) knownWarning(lines *session.Lines, i int, line joblog.Line) bool {
	if line.Severity != joblog.Warning {
		return false
	}
	p.text = lines.Text(p.text[:0], i, maxShownLine)
	_, known := p.knownErrors().Line(p.text)
	return known
}

// maxShownLine is how much of a line is printed, in bytes.
const maxShownLine = 64 << 10

// line prints a line; wanted tells it from those around.
func (p *logPrinter) line(log *session.Log, lines *session.Lines, i int, wanted bool) {
	if lines.Before(i) > 0 {
		p.gap(log, lines, i)
	}
	p.printed++
	line := lines.Line(i)
	p.text = lines.Text(p.text[:0], i, maxShownLine+1)
	cut := len(p.text) > maxShownLine
	if cut { // before a secret, and not within it
		said, _ := mask.Cut(string(lines.Text(p.text[:0], i, maxShownLine+mask.Beyond)), maxShownLine)
		p.text = append(p.text[:0], said...)
	}
	phase := p.phaseOf(log, line)
	if p.asJSON {
		p.json(log, lines, i, line, phase, cut, wanted)
		return
	}
	number, exact := lines.Number(i)
	mark := ":"
	if !wanted {
		mark = "-"
	}
	place := text.Line(log.Name) + mark + strconv.Itoa(number)
	if !exact {
		place = text.Line(log.Name) + mark + "@" + strconv.FormatInt(lines.Place(i), 10)
	}
	if phase != "" {
		place += "  [" + text.Line(phase) + "]"
	}
	end := ""
	if cut {
		end = "…"
	}
	fmt.Fprintf(p.out, "%s  %s  %s%s\n", timeOf(line), place, printable(p.text), end)
}

// timeOf is the time of a line, as wide for each.
func timeOf(line joblog.Line) string {
	const layout = "2006-01-02 15:04:05.000"
	switch line.Origin {
	case joblog.NoTime:
		return strings.Repeat(" ", len(layout)) + "-"
	case joblog.Read:
		return " " + line.Time.Format(layout)
	}
	return "~" + line.Time.Format(layout)
}

// printable makes the text of a line safe, but keeps its tabs.
func printable(line []byte) string {
	parts := strings.Split(string(line), "\t")
	for i, s := range parts {
		parts[i] = text.Line(s)
	}
	return strings.Join(parts, "\t")
}

// phaseOf is what the job was doing when a line was written: for the log of a step, the
// step.
func (p *logPrinter) phaseOf(log *session.Log, line joblog.Line) string {
	switch {
	case log.Of.Step != "" && log.Of.Test != "":
		return log.Of.Test + "-" + log.Of.Step
	case log.Of.Step != "":
		return log.Of.Step
	case line.Origin == joblog.NoTime:
		return ""
	}
	return p.phases.At(line.Time)
}

// logRow is a line as --json prints it.
type logRow struct {
	File      string `json:"file"`
	Line      int    `json:"line,omitempty"` // from 1; left out where lines before it are not held
	Byte      int64  `json:"byte"`
	Time      string `json:"time,omitempty"`
	Origin    string `json:"time_origin"`
	Severity  string `json:"severity"`
	Phase     string `json:"phase,omitempty"`
	Text      string `json:"text"`
	Cut       bool   `json:"cut,omitempty"`
	Around    bool   `json:"around,omitempty"`
	Signature string `json:"signature,omitempty"`
	Known     string `json:"known,omitempty"` // what the signature says
	URL       string `json:"url,omitempty"`
}

// A logPlace is a line of a log.
type logPlace struct {
	lines *session.Lines
	line  int
}

// secretless hides the secrets of a line, also those that lines began which are not printed.
func (p *logPrinter) secretless(lines *session.Lines, i int, line string) string {
	if p.behind != (logPlace{lines, i}) {
		p.secrets = mask.Before(i, func(k int) string { return string(lines.Raw(k)) })
	}
	p.behind = logPlace{lines, i + 1}
	return p.secrets.Line(line)
}

func (p *logPrinter) json(log *session.Log, lines *session.Lines, i int, line joblog.Line, phase string, cut, wanted bool) {
	row := logRow{
		File: log.Name, Byte: lines.Place(i), Origin: line.Origin.String(), Severity: line.Severity.String(), Phase: phase,
		Text: p.secretless(lines, i, string(bytes.ToValidUTF8(p.text, []byte("\uFFFD")))), Cut: cut, Around: !wanted, URL: lines.URL(i, i),
	}
	if number, exact := lines.Number(i); exact {
		row.Line = number
	}
	if m, ok := p.knownErrors().Line(p.text); ok {
		row.Signature, row.Known = m.ID, mask.Text(m.Title)
	}
	if line.Origin != joblog.NoTime {
		row.Time = line.Time.Format(time.RFC3339Nano)
	}
	p.encode(row)
}

func (p *logPrinter) encode(row any) {
	e := json.NewEncoder(p.out)
	e.SetEscapeHTML(false)
	e.Encode(row) // an error of writing comes again with Flush
}

// gap prints that lines before line i are not held.
func (p *logPrinter) gap(log *session.Log, lines *session.Lines, i int) {
	missing := lines.Before(i)
	end := log.Size
	if i < lines.Len() {
		end = lines.Place(i)
	}
	if p.asJSON {
		p.encode(struct {
			File    string `json:"file"`
			Missing int64  `json:"missing_bytes"`
			Byte    int64  `json:"byte"`
		}{log.Name, missing, end - missing})
		return
	}
	fmt.Fprintf(p.out, "-- %s of %s not fetched: --bytes %d-%d --file %s fetches them\n",
		text.Size(missing), text.Line(log.Name), end-missing, end, text.Name(log.Name))
}

// printList prints the artifacts of a run.
func (l *logCommand) printList(ctx context.Context, in *session.Input) error {
	all, err := l.matching(ctx, in, orAll(l.file))
	if err != nil {
		return err
	}
	if l.asJSON {
		e := json.NewEncoder(l.streams.Out)
		e.SetEscapeHTML(false)
		for _, f := range all {
			if err := e.Encode(f); err != nil {
				return fmt.Errorf("cannot write the output: %w", err)
			}
		}
		return nil
	}
	var t text.Table
	t.Row("SIZE", "UPDATED (UTC)", "NAME")
	for _, f := range all {
		t.Row(text.Size(f.Size), f.Updated.UTC().Format(time.DateTime), text.Name(f.Name))
	}
	return l.streams.table(&t)
}

func orAll(pattern string) string {
	if pattern == "" {
		return "**"
	}
	return pattern
}
