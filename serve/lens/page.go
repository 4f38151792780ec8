package lens

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"time"

	"prowtrace/fetch"
	"prowtrace/internal/mask"
	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/prow/runfile"
	"prowtrace/session"
	"prowtrace/triage/report"
)

var (
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

// page is what a frame shows. All texts are plain, masked and of one line.
type page struct {
	State  string
	Again  int64  // ms after which the frame asks again; 0: it does not
	Notice string // what is being done, or why there is nothing to show
	Full   string // address of the full page; "" is none

	Result, Run, Facts string // "failed"; its name; when, and how long
	Headline, About    string
	Said               []string // further sentences
	Chain              []step
	Next               string
	More               []list
	Chart              *chart
	Log                *excerpt
}

// The states of a page.
const (
	reading = "reading" // nothing is known of the run yet
	judging = "judging" // more will be known
	shown   = "shown"
	failed  = "failed"
)

// step is a step of a chain.
type step struct {
	Time, Said string
	At         place
}

// place names where something can be read, and leads there.
type place struct{ Name, URL string }

// list is a list of sentences below a title.
type list struct {
	Title string
	Lines []told
}

type told struct {
	Said string
	At   place
}

// When a frame asks again.
const (
	soon  = 700 * time.Millisecond // for what is on its way
	later = time.Minute            // for a run that goes on, or that could not be read
)

// pageOf is what there is to show. err is why the request could not be read.
func (l *Lens) pageOf(ctx context.Context, host string, req request, err error) *page {
	var ref prow.Ref
	if err == nil {
		ref, err = refOf(l.o.Known, host, req.ArtifactSource)
	}
	if err != nil {
		return &page{State: failed, Notice: whyNot(err)}
	}
	opening := l.runs.Begin(ctx, ref)
	switch {
	case opening.Err != nil:
		return &page{State: failed, Again: later.Milliseconds(), Notice: whyNot(opening.Err), Run: runName(ref.Run), Full: l.full(ref.Run)}
	case opening.Run == nil:
		return &page{State: reading, Again: soon.Milliseconds(), Notice: "Reading the run… " + said(opening.Progress), Run: runName(ref.Run), Full: l.full(ref.Run)}
	}
	defer opening.Run.Release()
	return l.pageOfRun(ctx, opening.Run)
}

// pageOfRun is what there is to show of a run that is open.
func (l *Lens) pageOfRun(ctx context.Context, run Run) *page {
	in := run.Input()
	p := &page{State: judging, Again: soon.Milliseconds(), Run: runName(in.Ref.Run), Full: l.full(in.Ref.Run)}
	now, _, err := run.Judged(ctx, 0)
	var finding *report.Finding
	switch {
	case err != nil:
		p.State, p.Again = shown, later.Milliseconds()
		p.Said = append(p.Said, said("Cannot judge the run: "+err.Error()))
	case now.Summary == nil:
		p.Notice = "Judging the run…"
	default:
		s := now.Summary.Masked()
		p.tell(s)
		if len(s.Findings) > 0 {
			finding = &s.Findings[0]
		}
		if now.Final {
			p.State, p.Again = shown, 0
		} else {
			p.Notice = "More is being read: this may change."
		}
		if s.Verdict.Result == string(runfile.Running) && now.Final {
			p.Again = later.Milliseconds()
		}
	}
	if in.Untraced() != nil {
		p.Said = append(p.Said, "The run left no traces: the picture shows what Prow's files, reports and logs tell.")
	}
	if now.Logs {
		p.Log = excerptOf(ctx, in, finding)
	}
	if p.Chart = l.chartOf(ctx, run, finding); p.Chart == nil && p.State == shown {
		p.State, p.Again, p.Notice = judging, soon.Milliseconds(), "Drawing the run…"
	}
	return p
}

// tell takes over what a Summary says, which is masked.
func (p *page) tell(s *report.Summary) {
	w := s.Words()
	p.Result, p.Headline, p.About = said(s.Verdict.Result), said(w.Headline), said(w.About)
	var facts []string
	if s.Run.Change != "" {
		facts = append(facts, said(s.Run.Change))
	}
	if s.Run.Duration > 0 {
		facts = append(facts, text.Duration(time.Duration(s.Run.Duration)))
	}
	if s.Run.Finished != nil {
		facts = append(facts, "ended "+s.Run.Finished.Format("2006-01-02 15:04 UTC"))
	} else if s.Run.Started != nil {
		facts = append(facts, "started "+s.Run.Started.Format("2006-01-02 15:04 UTC"))
	}
	p.Facts = strings.Join(facts, " · ")
	for _, sentence := range []string{w.Besides, w.Seen, w.Source} {
		if sentence != "" {
			p.Said = append(p.Said, said(sentence))
		}
	}
	p.Next = said(w.Next)
	if len(s.Findings) > 0 {
		for _, one := range s.Findings[0].Chain[:min(len(s.Findings[0].Chain), mostSteps)] {
			at := step{Said: said(one.Text), At: placeOf(one.Evidence)}
			if one.Time != nil {
				at.Time = one.Time.UTC().Format("15:04:05")
			}
			p.Chain = append(p.Chain, at)
		}
	}
	p.list("Also", w.Also, w.Others, w.Known)
	p.list("Waited for", w.Waited)
	p.list("Cut off", w.Cut)
	p.list("Child runs", nil, w.Children...)
	p.list("Not seen", nil, w.Gaps...)
}

// Bounds on what is shown.
const (
	mostSteps = 12 // of a chain
	mostLines = 12 // of a list
	saidBytes = 300
)

// list adds a list, unless it is empty.
func (p *page) list(title string, lines []report.Told, more ...string) {
	out := list{Title: title}
	for _, line := range lines {
		out.Lines = append(out.Lines, told{said(line.Said), placeOf(line.At)})
	}
	for _, line := range more {
		if line != "" {
			out.Lines = append(out.Lines, told{Said: said(line)})
		}
	}
	if left := len(out.Lines) - mostLines; left > 0 {
		out.Lines = append(out.Lines[:mostLines], told{Said: "and " + text.Number(left) + " more"})
	}
	if len(out.Lines) > 0 {
		p.More = append(p.More, out)
	}
}

// said makes a text fit for the page: masked, on one line, bounded.
func said(s string) string {
	head, cut := mask.Cut(s, saidBytes)
	if cut {
		head += "…"
	}
	return text.Clip(mask.Text(head), 2*saidBytes)
}

// placeOf names a place. Its address is that of a web page, or "".
func placeOf(e report.Evidence) place { return place{said(e.Place()), webAddress(e.URL)} }

// webAddress is an address that a click may lead to, else "".
func webAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || len(address) > mostSource {
		return ""
	}
	return u.String()
}

func runName(r prow.Run) string { return said(strings.TrimSpace(r.Job + " " + r.Build)) }

func (l *Lens) full(r prow.Run) string {
	if l.o.Page == nil {
		return ""
	}
	return webAddress(l.o.Page(r))
}

// whyNot says why there is nothing to show.
func whyNot(err error) string {
	var missing *fetch.NotFoundError
	var access *objstore.AccessError
	var unreadable *link.ParseError
	why := "This run cannot be shown"
	switch {
	case errors.As(err, &missing) || objstore.IsAbsent(err):
		why = "This run does not exist, or its files have expired"
	case errors.As(err, &access) || errors.Is(err, fs.ErrPermission):
		why = "This run's bucket may not be read here"
	case errors.As(err, &unreadable):
		return "This is not the page of a run: " + said(unreadable.Missing)
	case errors.Is(err, context.DeadlineExceeded):
		why = "Reading this run took too long"
	}
	return fmt.Sprintf("%s: %s.", why, strings.TrimSuffix(said(err.Error()), "."))
}

// heldLog gives the log of a run with a name, and its lines; nil where it is not held. The
// logs of the run have been read before: this waits for nothing.
func heldLog(ctx context.Context, in *session.Input, name string) (*session.Log, *session.Lines) {
	all, err := in.Logs(ctx)
	if err != nil {
		return nil, nil
	}
	for _, log := range all {
		if log.Name == name || name == "" {
			if lines, err := log.Lines(ctx); err == nil {
				return log, lines
			}
			return nil, nil
		}
	}
	return nil, nil
}
