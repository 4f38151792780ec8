// Package report writes the results of triage for a run: in the schema prowtrace.summary/v1,
// for a terminal, as Markdown and as the text of an issue.
//
// What it promises: fields of the schema may be added and never change. The same judgement
// gives the same bytes. Secrets are masked in all output except the terminal's text. Texts
// of files are quoted.
//
// What it never does: judge, read files, know flags or the network.
package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"time"

	"prowtrace/internal/text"
	"prowtrace/joblog"
	"prowtrace/prow/runfile"
	"prowtrace/triage"
)

// Schema names the form of a Summary.
const Schema = "prowtrace.summary/v1"

// Summary is the result for a run. Times are RFC 3339, durations in ns.
type Summary struct {
	Schema     string       `json:"schema"`
	Run        Run          `json:"run"`
	Verdict    Verdict      `json:"verdict"`
	Findings   []Finding    `json:"findings"`
	Time       []Phase      `json:"time"`
	Waits      []Wait       `json:"waits"`
	Retries    []Retry      `json:"retries"`
	Unfinished []Unfinished `json:"unfinished"`
	Gaps       []Gap        `json:"gaps"`

	Children []Child `json:"children,omitempty"` // runs that the run waited for

	Seen *Seen `json:"seen,omitempty"` // whether the first finding was seen before

	Tests []string `json:"tests,omitempty"` // names of tests that failed, at most 20

	Others int `json:"other_findings"` // number of findings that are left out: consequences, and those after the failure

	Known int `json:"known_findings,omitempty"` // number of findings that are left out because they were reported before; see News
}

// Run identifies the run.
type Run struct {
	Job      string     `json:"job"`
	Build    string     `json:"build"`
	URL      string     `json:"url,omitempty"`
	Result   string     `json:"result"`
	Started  *time.Time `json:"started,omitempty"`
	Finished *time.Time `json:"finished,omitempty"`
	Duration int64      `json:"duration_ns"`
	Baseline []Compared `json:"baseline"`

	Change string `json:"change,omitempty"` // "kubernetes/kops#18000"

	Unverified *Unverified `json:"unverified,omitempty"` // nil: all bytes match the checksums of their store
}

// Unverified says that the bytes of some files could not be compared with a checksum.
// Anybody between the store and this program could have changed them.
type Unverified struct {
	Files   int    `json:"files"`             // number of trace files and small files; logs are not counted
	Through string `json:"through,omitempty"` // the host of the gcsweb whose pages were read
	Text    string `json:"text"`
}

// Seen says whether the first finding was seen in other known runs.
type Seen struct {
	Known    int        `json:"known_runs"` // other runs of the job
	Times    int        `json:"times"`      // of Known, plus this run
	First    string     `json:"first,omitempty"`
	Since    *time.Time `json:"since,omitempty"`
	Others   []string   `json:"other_jobs,omitempty"` // that have had it since the same hour
	PassedIn string     `json:"passed_in,omitempty"`  // a later run of the same commit
	Text     string     `json:"text"`
}

// Compared is a passing run that the run was compared with.
type Compared struct {
	Build string `json:"build"`
	URL   string `json:"url,omitempty"`
}

// Verdict is the result in a sentence.
type Verdict struct {
	Result     string   `json:"result"` // passed, failed, aborted, error, running
	Category   string   `json:"category"`
	Phase      string   `json:"phase,omitempty"`
	Text       string   `json:"text"`
	Confidence string   `json:"confidence"`
	Because    []string `json:"because"`

	// NotTheChange means that the run tests a change, but the change is probably not the
	// cause. Either no change can cause the finding, such as a quota, or a run of another
	// change has the same one.
	NotTheChange bool `json:"not_the_change,omitempty"`
}

// Finding is a cause, or something else that went wrong.
type Finding struct {
	Rank       int        `json:"rank"`
	ID         string     `json:"id"`
	Category   string     `json:"category"`
	Title      string     `json:"title"`
	Text       string     `json:"text"`
	Signature  string     `json:"signature,omitempty"`
	Next       string     `json:"next,omitempty"`
	Confidence string     `json:"confidence"`
	First      *time.Time `json:"first,omitempty"`
	Last       *time.Time `json:"last,omitempty"`
	Count      int        `json:"count"`
	Passing    *int       `json:"in_passing_runs,omitempty"` // absent if none has the source
	Chain      []Step     `json:"chain"`
	Explains   int        `json:"explains"`
	Evidence   []Evidence `json:"evidence"`

	Number int `json:"-"` // its number among the findings of the Judgement
}

// Step is a link of a chain.
type Step struct {
	Text string `json:"text"`
	Evidence
}

// Evidence is a place where something can be read.
type Evidence struct {
	Source  string     `json:"source"`
	File    string     `json:"file,omitempty"`
	Line    int        `json:"line,omitempty"`
	Time    *time.Time `json:"time,omitempty"`
	Said    string     `json:"said,omitempty"`
	TraceID string     `json:"trace_id,omitempty"`
	SpanID  string     `json:"span_id,omitempty"`
	URL     string     `json:"url,omitempty"`
}

// Phase is a part of the run, and the time that it took.
type Phase struct {
	Phase    string    `json:"phase"`
	Start    time.Time `json:"start"`
	Duration int64     `json:"duration_ns"`
	Critical int64     `json:"critical_ns"`
	Usual    int64     `json:"usual_ns,omitempty"`
	Failed   bool      `json:"failed,omitempty"`
	Unusual  bool      `json:"unusual,omitempty"` // it took much more or much less time than usual
}

// Wait is a wait in vain.
type Wait struct {
	Text     string     `json:"text"` // who waited, and for what
	For      string     `json:"for"`  // what is known about it, such as the last state
	Start    *time.Time `json:"start,omitempty"`
	Duration int64      `json:"duration_ns"`
	Tries    int        `json:"tries"`
	Outcome  string     `json:"outcome"` // gave up, still waiting
	Evidence
}

// Retry is something that was tried repeatedly.
type Retry struct {
	Text    string     `json:"text"`
	Tries   int        `json:"tries"`
	Outcome string     `json:"outcome"` // won, lost, unfinished
	First   *time.Time `json:"first,omitempty"`
	Last    *time.Time `json:"last,omitempty"`
	Evidence
}

// Unfinished is something that was running at the end.
type Unfinished struct {
	Text  string     `json:"text"`
	Start *time.Time `json:"start,omitempty"`
	Evidence
}

// Gap is something that was not seen.
type Gap struct {
	What string `json:"what"`
	Why  string `json:"why"`
	Next string `json:"next,omitempty"`
}

// Context is what a judgement does not know about its run.
type Context struct {
	Job, Build, URL, Change string
	Presubmit               bool // the run tests a change
	Overdue                 bool // the run has not ended, but should have long ago
	Baseline                []Compared
	Gaps                    []Gap
	Unverified              int    // files without a checksum
	Through                 string // the gcsweb through which they were read, if any

	// Address gives the URL at which evidence can be opened, for a file and a line or 0. It
	// is "" if none is known.
	Address func(file string, line int) string
}

// PassingRuns is the name of the gap if there are no passing runs.
const PassingRuns = "passing runs"

// mostFindings bounds the findings of a Summary.
const mostFindings = 6

// New makes a Summary.
func New(j *triage.Judgement, e *triage.Evidence, of Context) *Summary {
	s := &Summary{Schema: Schema, Findings: []Finding{}, Time: []Phase{}, Waits: []Wait{}, Retries: []Retry{}, Unfinished: []Unfinished{}, Gaps: append([]Gap{}, of.Gaps...)}
	start, end := e.Metadata.Span()
	s.Run = Run{Job: of.Job, Build: of.Build, URL: of.URL, Result: cmp.Or(string(j.State), "unknown"), Started: moment(start), Finished: moment(end), Change: of.Change, Baseline: append([]Compared{}, of.Baseline...)}
	if of.Unverified > 0 {
		s.Run.Unverified = &Unverified{of.Unverified, of.Through, unverified(of)}
	}
	if !start.IsZero() && end.After(start) {
		s.Run.Duration = int64(end.Sub(start))
	}
	w := writer{e, of}
	for i := range j.Findings {
		f := &j.Findings[i]
		if i > 0 && (j.Minor(f) || slices.Contains(j.Findings[0].Follows, f.Fact)) || len(s.Findings) == mostFindings {
			s.Others++
			continue
		}
		s.Findings = append(s.Findings, w.finding(j, i))
	}
	for i := range s.Findings {
		s.Findings[i].Rank = i + 1
	}
	s.Verdict = verdict(j, s)
	if of.Overdue && j.State == runfile.Running {
		s.Verdict.Text = "The run has not ended, long past its timeout: its pod was probably deleted"
	}
	s.Verdict.NotTheChange = of.Presubmit && len(s.Findings) > 0 && slices.Contains(nobodysFault, j.Category)
	for _, p := range triage.Phases(e) {
		s.Time = append(s.Time, Phase{p.Name, p.Start, int64(p.Duration), int64(p.Critical), int64(p.Usual), p.Failed, p.Usual > 0 && unusual(p)})
	}
	for _, f := range j.Waits(e) {
		said := f.Text
		if f.Waiter != "" {
			said = text.Line(f.Waiter) + " waited: " + said
		}
		s.Waits = append(s.Waits, Wait{said, f.Text, moment(f.From), int64(f.Took), f.Count, "gave up", w.evidence(f.Place, f.Time, "")})
	}
	s.Tests = failedTests(e.Metadata)
	for _, u := range j.Unfinished(e) {
		s.Unfinished = append(s.Unfinished, Unfinished{u.Text, moment(u.Time), w.evidence(u.Place, u.Time, "")})
	}
	for _, f := range j.Retries() {
		s.Retries = append(s.Retries, Retry{f.Text, f.Count, "lost", moment(f.Time), moment(f.Last), w.evidence(f.Place, f.Time, "")})
	}
	quiet := j.State == runfile.Running && len(j.Findings) == 0
	if len(e.Passing) == 0 && !quiet && j.State != runfile.Passed && j.State != runfile.Unknown && !slices.ContainsFunc(s.Gaps, func(g Gap) bool { return g.What == PassingRuns }) {
		s.Gaps = append(s.Gaps, Gap{What: PassingRuns, Why: "none compared, so nothing can be called new"})
	}
	return s
}

// unverified says what could not be compared with a checksum.
func unverified(of Context) string {
	if of.Through != "" {
		return "not verified: the run was read through the pages of " + text.Name(of.Through) + ", which have no checksums"
	}
	return fmt.Sprintf("not verified: the bucket has no checksum of %s", text.Count(of.Unverified, "file"))
}

// unusual reports whether a phase took much more or much less time than usual.
func unusual(p triage.Phase) bool {
	const least = 30 * time.Second
	off := (p.Duration - p.Usual).Abs()
	return off > max(least, p.Usual/4)
}

// failedTests names the first failed cases. It skips those of a runner, because they are its
// phases.
func failedTests(m *runfile.Metadata) (names []string) {
	const most = 20
	for _, suite := range m.Suites {
		for _, c := range suite.Cases {
			if c.Outcome == runfile.CaseFailed && path.Base(suite.File) != "junit_runner.xml" && len(names) < most {
				names = append(names, c.Name)
			}
		}
	}
	return names
}

// nobodysFault are the categories whose cause is seldom the change under test.
var nobodysFault = []triage.Category{triage.Quota, triage.Capacity, triage.Throttling, triage.Infra}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// writer writes what is in a run's evidence.
type writer struct {
	e  *triage.Evidence
	of Context
}

func (w writer) finding(j *triage.Judgement, i int) Finding {
	f := &j.Findings[i]
	out := Finding{
		Number: i, Rank: i + 1, ID: id(f, j.Phase), Category: string(f.Category), Title: f.Title, Text: f.Text, Next: f.Next, Confidence: string(f.Confidence),
		First: moment(f.Time), Last: moment(f.Last), Count: f.Count, Explains: len(f.Follows), Chain: []Step{},
		Evidence: []Evidence{w.evidence(f.Place, f.Time, f.Text)},
	}
	if f.Match.Signature != nil {
		out.Signature = f.Match.ID
	}
	if f.Passing >= 0 {
		out.Passing = &f.Passing
	}
	for _, l := range j.Chain(w.e, f) {
		out.Chain = append(out.Chain, Step{l.Text, w.evidence(l.Place, l.Time, "")})
	}
	return out
}

// evidence gives a place as Evidence.
func (w writer) evidence(p triage.Place, at time.Time, said string) Evidence {
	out := Evidence{Source: string(p.Source), File: p.File, Line: p.Line, Time: moment(at), Said: said}
	if p.Span >= 0 && w.e.Tree != nil {
		out.TraceID, out.SpanID = w.e.Tree.Trace.ID.String(), w.e.Tree.ID(p.Span).String()
	}
	if p.File != "" && w.of.Address != nil {
		out.URL = w.of.Address(p.File, p.Line)
	}
	return out
}

// id is the same for the same cause in other runs. It is a hash of the version of
// fingerprints, the signature or else the fingerprint, the category and the phase.
func id(f *triage.Finding, phase string) string {
	what := fmt.Sprintf("%016x", f.Print())
	if f.Match.Signature != nil {
		what = f.Match.ID
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s\x00%s\x00%s", joblog.FingerprintVersion, what, f.Category, phase))
	return hex.EncodeToString(sum[:6])
}

// verdict says the result in a sentence.
func verdict(j *triage.Judgement, s *Summary) Verdict {
	v := Verdict{Result: cmp.Or(string(j.State), "unknown"), Category: string(j.Category), Phase: j.Phase, Confidence: string(triage.Low), Because: []string{}}
	switch {
	case j.State == runfile.Passed:
		v.Text, v.Confidence = "The run passed", string(triage.High)
	case j.State == runfile.Running:
		v.Text = "The run has not ended"
	case len(s.Findings) > 0:
		v.Text, v.Confidence = s.Findings[0].Title, s.Findings[0].Confidence
		v.Because = append(v.Because, slices.Clone(j.Findings[0].Because)...)
	case j.State == runfile.Aborted:
		v.Text = "The run was aborted"
	case j.State == runfile.Unknown:
		v.Text = "The result of the run is unknown, and no error was found"
	default:
		v.Text = "There is not enough evidence to say why the run failed"
	}
	return v
}
